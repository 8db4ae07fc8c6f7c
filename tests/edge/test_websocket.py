"""WebSockets through the gate."""

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from conftest import Tokens
from gate import Gate


def _address(gate: Gate) -> str:
    return f"ws://{gate.host}/live"


def test_passes_messages_on_in_both_directions(gate: Gate, tokens: Tokens) -> None:
    authorization = {"Authorization": f"Bearer {tokens.read}"}
    with connect(_address(gate), additional_headers=authorization, proxy=None, open_timeout=20) as socket:
        for message in ("hello", "ünïcode", b"\x00\xff" * 1000, "x" * 100_000):
            socket.send(message)
            assert socket.recv(timeout=20) == message
        # Several under way at once arrive in order.
        for number in range(50):
            socket.send(str(number))
        assert [socket.recv(timeout=20) for _ in range(50)] == [str(number) for number in range(50)]


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        (None, 401, "token_required"),
        ("forged", 401, "token_invalid"),
        ("revoked", 401, "token_revoked"),
        ("listless", 503, "revocations_unavailable"),
    ],
)
def test_refuses_the_upgrade(gate: Gate, tokens: Tokens, name: str | None, status: int, code: str) -> None:
    headers = {"Authorization": f"Bearer {tokens.named(name)}"} if name else {}
    with pytest.raises(InvalidStatus) as refused:
        connect(_address(gate), additional_headers=headers, proxy=None, open_timeout=20).__enter__()
    answer = refused.value.response
    assert (answer.status_code, answer.headers["X-Error-Code"]) == (status, code)
