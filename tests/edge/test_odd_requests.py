"""Requests that no usual client sends, and answers that no usual origin gives: the gate never fails them as if the origin
were at fault."""

from pathlib import Path

import pytest

from aged import mint_aged
from bare import BareGate
from clients import curl, exchange, parse_response
from gate import Gate
from witness import Witness

DAY = 24 * 60 * 60


def _ask(gate: BareGate | Gate, *lines: str) -> tuple[int, str | None]:
    request = "\r\n".join([*lines, "Connection: close", "", ""])
    head, _, body = exchange(gate.host, request.encode()).partition(b"\r\n\r\n")
    answer = parse_response(head, body)
    return answer.status, answer.code


@pytest.mark.parametrize("length", [2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, 2**64, 10**30])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_length_that_cannot_be_counted_is_the_callers_fault(bare: BareGate, method: str, length: int) -> None:
    lines = [f"{method} /sink HTTP/1.1", f"Host: {bare.host}", f"Authorization: Bearer {bare.mint('write')}"]
    status, code = _ask(bare, *lines, f"Content-Length: {length}")
    # From 2^64 - 1 on workerd itself refuses.
    assert (status, code) in [(413, "body_too_large"), (400, None), (431, None)]
    assert _ask(bare, *lines, "Content-Length: 0") == (200, None)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("version", ["HTTP/1.1", "HTTP/1.0"])
@pytest.mark.parametrize(
    ("field", "body", "code"),
    [
        ("Content-Length: 0", b"", None),
        ("Content-Length: 2", b"{}", "body_unexpected"),
        ("Transfer-Encoding: chunked", b"0\r\n\r\n", None),
        ("Transfer-Encoding: chunked", b"2\r\n{}\r\n0\r\n\r\n", "body_unexpected"),
        ("Content-Length: 2097152", b"x" * 2097152, "body_unexpected"),
    ],
)
def test_a_get_goes_on_without_a_body_and_is_told_of_one(
    bare: BareGate, witness: Witness, method: str, version: str, field: str, body: bytes, code: str | None
) -> None:
    if version == "HTTP/1.0" and "chunked" in field:
        pytest.skip("HTTP/1.0 has no chunks")
    mark, reached = bare.log_mark(), len(witness.seen)
    lines = [f"{method} /api/models/acme/widget {version}", f"Host: {bare.host}", f"Authorization: Bearer {bare.mint('read')}"]
    request = "\r\n".join([*lines, "Content-Type: application/json", field, "Connection: close", "", ""]).encode() + body
    head, _, rest = exchange(bare.host, request).partition(b"\r\n\r\n")
    answer = parse_response(head, rest)
    assert (answer.status, answer.code) == ((200, None) if code is None else (400, code))
    assert len(witness.seen) == reached + (code is None)
    if code is None:
        seen = witness.last()
        assert (seen.method, seen.body) == (method, b"")
        assert not {"content-length", "content-type", "transfer-encoding"} & seen.names()
    assert "failed" not in [line["event"] for line in bare.log_lines_since(mark)]


HOSTS = [
    "hub.example:1337", "hub.example:8443", "hub.example:443", "hub.example.", "hub.example.:80", "203.0.113.5.",
    "u@evil.example", "u:p@evil.example", "evil.example#", "evil.example?", "evil.example\\x", "evil.example,hub.example",
    "evil..example", ".", "evil.example:99999", "evil.example:x", "evil%2eexample", "[::1", "256.1.1.1", "a_b@c", "-@-",
]


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_that_is_no_host_is_refused(bare: BareGate, witness: Witness, host: str) -> None:
    token = bare.mint("write")
    reached = len(witness.seen)
    for line in ["GET /acme/widget HTTP/1.1", "OPTIONS /acme/widget HTTP/1.1", "GET /-/api/health HTTP/1.1", "GET /-/ HTTP/1.1"]:
        status, code = _ask(bare, line, f"Host: {host}", f"Authorization: Bearer {token}")
        assert (status, code) in [(400, "target_ambiguous"), (400, None)], line
    assert len(witness.seen) == reached


@pytest.mark.parametrize(
    ("host", "arrives"),
    [
        ("hub.example", "hub.example"), ("HUB.example:80", "hub.example"), ("203.0.113.5:8787", "203.0.113.5:8787"),
        ("[2001:db8::5]:80", "[2001:db8::5]"), ("my_hub:8787", "my_hub:8787"), ("hub.localhost:1", "hub.localhost:1"),
    ],
)  # fmt: skip
def test_a_host_that_is_one_goes_on_in_one_spelling(bare: BareGate, witness: Witness, host: str, arrives: str) -> None:
    token = bare.mint("read")
    assert _ask(bare, "GET /acme/widget HTTP/1.1", f"Host: {host}", f"Authorization: Bearer {token}") == (200, None)
    assert witness.last().all("X-Forwarded-Host") == [arrives]


def test_a_deployment_says_by_which_addresses_it_may_be_asked(workshop: Path, keys: str, witness: Witness) -> None:
    gate = BareGate(
        workshop / "own-origins", keys,
        {"ORIGIN_URL": witness.url, "ANONYMOUS": "reads", "GATE_ORIGINS": "http://hub.example, http://HUB.example:8080"},
    )  # fmt: skip
    for host in ("hub.example", "hub.example:8080", "Hub.Example:80"):
        assert _ask(gate, "GET /acme/widget HTTP/1.1", f"Host: {host}") == (200, None)
    for host in ("hub.example:8443", "www.hub.example", "hub.example.", gate.host):
        for target in ("/acme/widget", "/oauth/userinfo", "/-/api/health"):
            assert _ask(gate, f"GET {target} HTTP/1.1", f"Host: {host}") == (400, "target_ambiguous")
    gate.stop()


def test_another_host_in_the_target_never_arrives(bare: BareGate, witness: Witness) -> None:
    for authority in ("evil.example", "u@evil.example", "evil.example:99"):
        lines = [f"GET http://{authority}/ HTTP/1.1", f"Host: {bare.host}", f"Authorization: Bearer {bare.mint('read')}"]
        assert _ask(bare, *lines) == (200, None)
        assert witness.last().target == "/" and witness.last().all("X-Forwarded-Host") == [bare.host]


@pytest.mark.parametrize("target", ["*", "http://evil.example@/"])
def test_a_target_without_a_path_or_host_is_refused(bare: BareGate, witness: Witness, target: str) -> None:
    reached = len(witness.seen)
    for method in ("OPTIONS", "GET"):
        status, _ = _ask(bare, f"{method} {target} HTTP/1.1", f"Host: {bare.host}", f"Authorization: Bearer {bare.mint('read')}")
        assert status == 400
    assert len(witness.seen) == reached


@pytest.mark.parametrize("status", [299, 418, 451, 599, 600, 799, 999])
def test_any_status_is_passed_on_whatever_the_token(bare: BareGate, witness: Witness, status: int) -> None:
    witness.answer(f"/status/{status}", f"{status} Odd", "X-Own: yes", body=b"own")
    mark = bare.log_mark()
    answers = []
    for token in (bare.mint("read"), mint_aged(bare.keys, "read", 90 * DAY, DAY)):
        answer = curl(f"{bare.url}/status/{status}", token=token)
        answers.append((answer.status, answer.body, answer.header("X-Own")))
    assert answers == [(status, b"own", "yes")] * 2
    assert bare.log_lines_since(mark) == []
