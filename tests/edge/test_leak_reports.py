"""Reports of leaks, which anybody can send: what is known to be dead costs nothing, and nobody keeps others waiting."""

import concurrent.futures
import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from bare_ledger_gate import BareLedgerGate, NewBareLedgerGate
from clients import Response, curl
from ledger_gate import JSON
from scanner import PATH, Scanner, report_of

COPIES = 1_000


def report(gate: BareLedgerGate, texts: list[str], address: str = "192.0.2.1") -> Response:
    headers = [JSON, f"CF-Connecting-IP: {address}"]
    url = f"{gate.url}/-/api/revoke"
    return curl(url, "--data-binary", "@-", headers=headers, stdin=json.dumps(texts).encode())


def test_a_thousand_copies_of_one_token_cost_what_one_does(
    ledger_gate: BareLedgerGate, note_figure: Callable[[str], None]
) -> None:
    gate = ledger_gate
    token = gate.create("alice", "write")
    assert report(gate, [token.text] * COPIES).status == 202
    assert [entry["action"] for entry in gate.api.audit("alice")] == ["revoked", "created"]
    gate.api.is_accepted(gate.create("bob", "read").text)
    deadline = time.monotonic() + 15
    while gate.api.is_accepted(token.text):
        assert time.monotonic() < deadline
        time.sleep(0.1)

    def cost(texts: list[str], reports: int) -> float:
        before = gate.processor_seconds()
        for number in range(reports):
            assert report(gate, texts, f"198.51.100.{number}").status == 202
        return (gate.processor_seconds() - before) / reports

    cost([token.text] * COPIES, 5)
    one, many = cost([token.text], 40), cost([token.text] * COPIES, 40)
    note_figure(f"CPU of a report of one revoked token {one * 1000:.1f} ms, of {COPIES} copies {many * 1000:.1f} ms")
    # The list is 130 KB of JSON to read. It was 37 ms in the ledger besides.
    assert many - one < 0.015


def test_reports_of_an_address_are_limited_and_those_of_others_are_not(ledger_gate: BareLedgerGate) -> None:
    statuses = [report(ledger_gate, ["x"]).status for _ in range(62)]
    assert statuses == [202] * 60 + [429] * 2
    refused = report(ledger_gate, ["x"])
    assert (refused.code, refused.header("Retry-After")) == ("too_many_reports", "60")
    assert report(ledger_gate, ["x"], "192.0.2.2").status == 202
    # Whoever holds one token revokes it as ever.
    token = ledger_gate.create("alice", "read")
    form = curl(
        f"{ledger_gate.url}/-/api/revoke", "--data-raw", f"token={token}", headers=["CF-Connecting-IP: 192.0.2.1"]
    )
    assert form.status == 200
    assert ledger_gate.api.tokens("alice") == {}


def test_forms_of_an_address_are_limited_where_a_ledger_is_asked(ledger_gate: BareLedgerGate) -> None:
    """No list contains an expired token, so each form with one reaches the ledger."""
    gate = ledger_gate
    expired = gate.mint("read", expires_in="1s")
    time.sleep(max(0, expired.expires_at + 1 - time.time()))

    def post(text: object, address: str = "192.0.2.1") -> tuple[int, str | None]:
        headers = [f"CF-Connecting-IP: {address}"]
        answer = curl(f"{gate.url}/-/api/revoke", "--data-raw", f"token={text}", headers=headers)
        return answer.status, answer.code

    # Whoever has no token is told nothing, and uses up nobody's number.
    assert {post(f"{expired}x") for _ in range(70)} == {(200, None)}
    assert [post(expired) for _ in range(62)] == [(200, None)] * 60 + [(429, "too_many_reports")] * 2
    assert post(expired, "192.0.2.2") == (200, None)
    assert report(gate, [expired.text]).status == 202


@dataclass
class KeyServer:
    """Serves the public keys of secret scanning, or whatever a test sets."""

    scanner: Scanner
    status: int = 200
    delay: float = 0
    asked: list[float] = field(default_factory=list)
    url: str = ""

    def serve(self) -> http.server.ThreadingHTTPServer:
        keys = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                keys.asked.append(time.monotonic())
                time.sleep(keys.delay)
                body = keys.scanner.public_keys().encode()
                self.send_response(keys.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{server.server_address[1]}/keys"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server


@pytest.fixture
def key_server() -> Iterator[KeyServer]:
    keys = KeyServer(Scanner())
    server = keys.serve()
    yield keys
    server.shutdown()
    server.server_close()


def reports_at_once(gate: BareLedgerGate, scanner: Scanner, count: int) -> list[tuple[int, str | None]]:
    body = report_of("x")

    def send(_: int) -> tuple[int, str | None]:
        headers = [JSON, *scanner.headers(body)]
        answer = curl(f"{gate.url}/-/api/{PATH}", "--data-binary", "@-", headers=headers, stdin=body)
        return answer.status, answer.code

    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return list(pool.map(send, range(count)))


def test_keys_that_cannot_be_fetched_are_asked_for_once(
    new_ledger_gate: NewBareLedgerGate, key_server: KeyServer
) -> None:
    key_server.status, key_server.delay = 500, 0.5
    gate = new_ledger_gate(GITHUB_KEYS_URL=key_server.url)
    forger = Scanner()
    assert reports_at_once(gate, forger, 12) == [(503, "github_keys_unavailable")] * 12
    for _ in range(3):
        assert reports_at_once(gate, forger, 4) == [(503, "github_keys_unavailable")] * 4
    assert len(key_server.asked) == 1


def test_keys_are_fetched_once_for_all_who_wait(new_ledger_gate: NewBareLedgerGate, key_server: KeyServer) -> None:
    key_server.delay = 0.5
    gate = new_ledger_gate(GITHUB_KEYS_URL=key_server.url)
    assert reports_at_once(gate, key_server.scanner, 8) == [(200, None)] * 8
    # An unknown identifier has them fetched again, but not at will.
    forger = Scanner()
    forger.identifier = "0" * 64
    assert {code for _, code in reports_at_once(gate, forger, 4)} == {"signature_invalid"}
    assert len(key_server.asked) == 1
