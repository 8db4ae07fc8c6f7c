"""When the module traps: the gate answers that request with 503, and a fresh instance serves the next one."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

import words
from bare import BareGate
from clients import curl
from gate import Gate
from meanwhile import meanwhile
from origin import Origin
from surroundings import TRAP_WORKER_DIR
from tool import Token
from waiting import wait_for

WHOAMI = "/api/whoami-v2"

# How often the Worker breaks down among many requests.
TRAPS = 10


@pytest.fixture(scope="module", params=["wrangler", "bare"])
def trap_gate(request: pytest.FixtureRequest, workshop: Path, keys: str, origin: Origin) -> Iterator[Gate | BareGate]:
    """Gates whose module traps on a request for /-/trap."""
    kind = Gate if request.param == "wrangler" else BareGate
    running = kind(workshop / f"trap-{request.param}", keys, {"ORIGIN_URL": origin.url}, worker=TRAP_WORKER_DIR)
    running.publish("--new")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def token(trap_gate: Gate | BareGate) -> Token:
    return trap_gate.mint("write")


def _spring(gate: Gate | BareGate) -> None:
    answer = curl(f"{gate.url}/-/trap")
    assert (answer.status, answer.code) == (503, "gate_trapped")
    assert answer.header("Retry-After") == "5"
    assert json.loads(answer.text)["detail"] == words.TRAPPED


def test_answers_503_and_serves_the_next_request(trap_gate: Gate | BareGate, token: Token) -> None:
    for _ in range(5):
        assert curl(trap_gate.url + WHOAMI, token=token).status == 200
        mark = trap_gate.log_mark()
        _spring(trap_gate)
        assert trap_gate.log_lines_since(mark) == [
            {"event": "failed", "code": "gate_trapped", "status": 503, "method": "GET", "detail": "unreachable"}
        ]
        assert curl(trap_gate.url + WHOAMI, token=token).status == 200
    # What was refused before is refused afterwards.
    assert curl(trap_gate.url + WHOAMI).code == "token_required"
    assert curl(trap_gate.url + WHOAMI, token="nonsense").code == "token_invalid"
    assert curl(f"{trap_gate.url}/-/other").code == "path_reserved"


def test_a_stack_that_is_used_up_is_a_trap(trap_gate: Gate | BareGate, token: Token) -> None:
    answer = curl(f"{trap_gate.url}/-/overflow")
    assert (answer.status, answer.code) == (503, "gate_trapped")
    assert curl(trap_gate.url + WHOAMI, token=token).status == 200


def test_a_range_error_of_the_platforms_is_none(trap_gate: Gate | BareGate, token: Token) -> None:
    """Other requests that wait on the same instance get their usual responses."""
    answers: list[int] = []
    waiting = threading.Thread(
        target=lambda: answers.append(curl(f"{trap_gate.url}/slow?seconds=2", token=token).status), daemon=True
    )
    waiting.start()
    mark = trap_gate.log_mark()
    for _ in range(3):
        answer = curl(f"{trap_gate.url}/-/range-error")
        assert (answer.status, answer.code) == (502, "origin_unreachable")
    assert [(line["code"], line["detail"]) for line in trap_gate.log_lines_since(mark)] == [
        ("origin_unreachable", "RangeError")
    ] * 3
    waiting.join(20)
    assert answers == [200]


def test_requests_that_are_at_the_origin_come_back(trap_gate: Gate | BareGate, token: Token) -> None:
    answers: list[int] = []

    def ask(path: str) -> None:
        answers.append(curl(trap_gate.url + path, token=token).status)

    threads = [threading.Thread(target=ask, args=[path]) for path in ["/slow?seconds=5"] * 3]
    for thread in threads:
        thread.start()
    # Until they are at the origin: what the gate still decides when it traps is answered 503.
    time.sleep(1.5)
    _spring(trap_gate)
    assert curl(trap_gate.url + WHOAMI, token=token).status == 200
    _spring(trap_gate)
    assert not answers, "the slow requests were to be under way"
    for thread in threads:
        thread.join(30)
    assert answers == [200] * 3


def test_a_request_that_waited_on_the_broken_instance_is_refused(trap_gate: Gate | BareGate, token: Token) -> None:
    """A batch whose body was half read when the module trapped. Nobody knows what it asked for."""
    body = b'{"operation":"download","objects":[]}'
    head = (
        f"POST /acme/widget.git/info/lfs/objects/batch HTTP/1.1\r\nHost: {trap_gate.host}\r\n"
        f"Authorization: Bearer {token}\r\nContent-Type: application/vnd.git-lfs+json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", trap_gate.port), timeout=20) as connection:
        connection.sendall(head.encode() + body[:20])
        # The gate has begun to read once it has answered another request of the same connection pool.
        assert curl(trap_gate.url + WHOAMI, token=token).status == 200
        _spring(trap_gate)
        connection.sendall(body[20:])
        received = b""
        while chunk := connection.recv(4096):
            received += chunk
    assert received.startswith(b"HTTP/1.1 503 ")
    assert b"gate_trapped" in received
    assert curl(trap_gate.url + WHOAMI, token=token).status == 200


def test_stays_of_one_mind_under_load(
    trap_gate: Gate | BareGate, token: Token, note_figure: Callable[[str], None]
) -> None:
    """With traps among many requests, each gets its own response or a 503, and none that must be refused gets through."""
    seen: dict[str, set[tuple[int, str | None]]] = {"good": set(), "none": set(), "bad": set()}
    counted = {"good": 0, "none": 0, "bad": 0}

    def ask(kind: str, sent: object | None) -> None:
        answer = curl(trap_gate.url + WHOAMI, token=sent)
        seen[kind].add((answer.status, answer.code))
        if answer.status == 200 or kind != "good":
            counted[kind] += 1

    asked = (("good", token), ("good", token), ("none", None), ("bad", "nonsense"))
    with meanwhile(*(partial(ask, kind, sent) for kind, sent in asked)):
        for _ in range(TRAPS):
            _spring(trap_gate)
            before = counted["good"]
            wait_for(lambda: counted["good"] > before + 2, 20, "requests to be served after the trap")
    trapped = (503, "gate_trapped")
    assert seen["good"] - {trapped} == {(200, None)}
    assert seen["none"] - {trapped} == {(401, "token_required")}
    assert seen["bad"] - {trapped} == {(401, "token_invalid")}
    note_figure(
        f"{TRAPS} traps under load: {counted['none'] + counted['bad']} requests that must be refused, none let through; "
        f"{counted['good']} others served"
    )
