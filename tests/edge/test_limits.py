"""How much of a request the gate reads: it judges a request at each limit as usual, and refuses one past it for that reason.
The platform itself limits the head as a whole."""

import json

import pytest

from bare import BareGate
from clients import Response, exchange, parse_response
from gate import Gate
from test_answers import READ
from tool import Token
from witness import Witness

MAXIMUM_TARGET = 8192
MAXIMUM_AUTHORIZATION = 4096

# More than the platform reads of a head, here as in the cloud.
TOO_MUCH = 1024 * 1024


@pytest.fixture
def token(front: Gate | BareGate) -> Token:
    return front.mint("read")


def _get(gate: Gate | BareGate, target: str, *headers: str) -> Response:
    """The request is written by hand, because clients have their own limits."""
    lines = [f"GET {target} HTTP/1.1", f"Host: {gate.host}", "Connection: close", *headers, "", ""]
    head, _, body = exchange(gate.host, "\r\n".join(lines).encode()).partition(b"\r\n\r\n")
    return parse_response(head, body)


def _bearer(token: object) -> str:
    return f"Authorization: Bearer {token}"


@pytest.mark.parametrize("start", [f"{READ}?q=", "/acme/widget/resolve/main/"], ids=["query", "path"])
def test_reads_targets_of_8_kib(front: Gate | BareGate, witness: Witness, token: Token, start: str) -> None:
    longest = start.ljust(MAXIMUM_TARGET, "x")
    assert _get(front, longest, _bearer(token)).status == 200
    assert witness.last().target == longest
    reached = len(witness.seen)
    for bytes_past in (1, 50_000):
        target = longest + "x" * bytes_past
        answer = _get(front, target, _bearer(token))
        assert (answer.status, answer.code) == (414, "target_too_long")
        assert f"have {len(target)} bytes; at most {MAXIMUM_TARGET} are read" in answer.text
    assert len(witness.seen) == reached


@pytest.mark.parametrize("scheme", ["Bearer ", "Basic "])
def test_reads_credentials_of_4_kib(front: Gate | BareGate, witness: Witness, scheme: str) -> None:
    reached = len(witness.seen)
    # In base64 it is a user name without a colon.
    longest = scheme.ljust(MAXIMUM_AUTHORIZATION, "a")
    within = _get(front, READ, f"Authorization: {longest}")
    if scheme == "Bearer ":
        assert (within.status, within.code) == (401, "token_invalid")
    else:
        assert (within.status, within.code) == (400, "credentials_malformed")
        assert "too long" not in within.text
    for bytes_past in (1, 50_000):
        past = _get(front, READ, f"Authorization: {longest}{'a' * bytes_past}")
        assert (past.status, past.code) == (400, "credentials_malformed")
        assert "the Authorization header is too long to hold a token" in json.loads(past.text)["detail"]
    assert len(witness.seen) == reached


def test_passes_large_and_many_headers_on(front: Gate | BareGate, witness: Witness, token: Token) -> None:
    cookie = "a=" + "c" * 100_000
    many = {f"X-Stainless-Number-{number}": str(number) for number in range(500)}
    headers = [f"Cookie: {cookie}", *(f"{name}: {value}" for name, value in many.items())]
    assert _get(front, READ, _bearer(token), *headers).status == 200
    seen = witness.last()
    assert seen.all("Cookie") == [cookie]
    assert {name: seen.all(name) for name in many} == {name: [value] for name, value in many.items()}
    # They change nothing for a caller without a token, and neither do those that the gate itself reads.
    wordy = [f"User-Agent: {'u' * 50_000}", f"Accept: {'a/b, ' * 10_000}"]
    for answer in (_get(front, READ, *headers), _get(front, READ, *wordy)):
        assert (answer.status, answer.code) == (401, "token_required")


@pytest.mark.parametrize("header", ["Cookie: a=", "Authorization: Bearer ", "X-Number: ", "CF-Connecting-IP: "])
def test_a_head_too_large_for_the_platform_is_told_so(
    front: Gate | BareGate, witness: Witness, token: Token, header: str
) -> None:
    reached, mark = len(witness.seen), front.log_mark()
    assert _get(front, READ, _bearer(token), header + "c" * TOO_MUCH).status == 431
    assert _get(front, f"{READ}?{'q' * TOO_MUCH}", _bearer(token)).status in (414, 431)
    assert len(witness.seen) == reached
    assert front.log_lines_since(mark) == []
    assert _get(front, READ, _bearer(token)).status == 200
