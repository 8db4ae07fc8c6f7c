"""Near the end of a token's life the gate tells its holder: by a date for everyone, by a warning for Hub clients."""

import logging
from email.utils import formatdate
from pathlib import Path

import pytest
from huggingface_hub import HfApi
from huggingface_hub.utils import _http as hub_http
from websockets.sync.client import connect

from aged import mint_aged
from bare import BareGate
from clients import curl
from gate import Gate
from witness import Witness

DAY = 24 * 60 * 60
EXPIRES = "X-Lychgate-Token-Expires"


@pytest.mark.parametrize(
    ("age", "remaining", "is_told"),
    [
        (90 * DAY, 6 * DAY, True),  # the last week of a long life
        (90 * DAY, 8 * DAY, False),
        (DAY, 3600, True),  # the last tenth of a short one
        (DAY, 4 * 3600, False),
    ],
)
def test_tells_in_the_last_week_or_tenth(bare: BareGate, age: int, remaining: int, is_told: bool) -> None:
    token = mint_aged(bare.keys, "read", age, remaining)
    answer = curl(f"{bare.url}/api/models/acme/widget", token=token)
    assert answer.status == 200
    expected = formatdate(token.expires_at, usegmt=True) if is_told else None
    assert answer.header(EXPIRES) == expected


def test_leaves_the_rest_of_the_answer_as_it_was(bare: BareGate, witness: Witness) -> None:
    token = mint_aged(bare.keys, "read", 90 * DAY, DAY)
    fresh = bare.mint("read")
    bodies = {"200 OK": b"x" * 100_000, "404 Not Found": b"none", "204 No Content": b"", "302 Found": b""}
    for number, (status, body) in enumerate(bodies.items()):
        path = f"/told/{number}"
        headers = ["Set-Cookie: a=1", "Set-Cookie: b=2", "Content-Type: text/odd", 'ETag: "e"', "Location: /elsewhere"]
        witness.answer(path, status, *headers, body=body, length=status != "204 No Content")
        told, untold = (curl(bare.url + path, token=who) for who in (token, fresh))
        assert told.header(EXPIRES) and untold.header(EXPIRES) is None
        assert (told.status, told.body) == (untold.status, untold.body)
        kept = [(name, value) for name, value in told.headers if name != EXPIRES]
        assert sorted(kept) == sorted(untold.headers)


def test_a_hub_client_logs_a_warning_once(
    gate: Gate, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_http, "_WARNED_TOPICS", set())
    monkeypatch.setattr(logging.getLogger("huggingface_hub"), "propagate", True)
    token = mint_aged(gate.keys, "read", 90 * DAY, DAY)
    api = HfApi(endpoint=gate.url, token=token.text)
    with caplog.at_level(logging.WARNING):
        api.model_info("acme/widget")
        api.model_info("acme/widget")
    date = formatdate(token.expires_at, usegmt=True)
    warning = f"Your access token expires on {date}. Refresh it, or create a new one."
    assert [record.getMessage() for record in caplog.records if "expires on" in record.getMessage()] == [warning]
    assert curl(f"{gate.url}/api/models/acme/widget", token=token).header("X-HF-Warning") is None


def test_does_not_disturb_a_websocket(gate: Gate) -> None:
    token = mint_aged(gate.keys, "read", 90 * DAY, DAY)
    authorization = {"Authorization": f"Bearer {token}"}
    with connect(f"ws://{gate.host}/live", additional_headers=authorization, proxy=None, open_timeout=20) as socket:
        socket.send("hello")
        assert socket.recv(timeout=20) == "hello"
