"""The session cookie: over https with a client that keeps cookies, and sealed by somebody else who has the key."""

import base64
import hashlib
import hmac
import json
import secrets
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import secrets_used
from bare_ledger_gate import BareLedgerGate
from clients import Response, curl
from tls_gate import NAME, TlsGate
from visitor import HOST_ONLY, PLAIN, sign_in_assertion, key_of

HOUR = 3600


@pytest.fixture
def tls_gate(tmp_path: Path, keys: str, witness: object) -> Iterator[TlsGate]:
    variables = {"ORIGIN_URL": witness.url, "PAGE_HOST": NAME, "HUB_HOST": "other.example"}
    running = TlsGate(tmp_path / "tls-gate", keys, variables)
    running.await_lists()
    yield running
    running.stop()


def test_over_https_a_client_keeps_the_cookie_for_this_host_and_https_alone(
    tls_gate: TlsGate, hub_key: bytes, tmp_path: Path
) -> None:
    jar = tmp_path / "cookies"
    assertion = sign_in_assertion(hub_key, tls_gate.secure)
    # The same assertion is not valid for the same host over http.
    refused = tls_gate.curl(f"{tls_gate.insecure}/-/sign-in", "--data-raw", f"assertion={assertion}")
    assert refused.code == "sign_in_assertion_invalid"
    answer = tls_gate.curl(
        f"{tls_gate.secure}/-/sign-in", "--cookie-jar", str(jar), "--data-raw", f"assertion={assertion}"
    )
    assert answer.status == 303, answer
    cookie, *flags = (answer.header("Set-Cookie") or "").split("; ")
    value = secrets_used.remember(cookie.removeprefix(f"{HOST_ONLY}="))
    assert value != cookie
    assert sorted(flags) == ["HttpOnly", "Max-Age=43200", "Path=/", "SameSite=Strict", "Secure"]

    kept = ("--cookie", str(jar))
    signed_in = tls_gate.curl(f"{tls_gate.secure}/-/api/session", *kept)
    assert (signed_in.status, json.loads(signed_in.body)["subject"]) == (200, "alice")
    secrets_used.remember(json.loads(signed_in.body)["csrf"])
    assert tls_gate.curl(f"{tls_gate.insecure}/-/api/session", *kept).code == "session_required"
    # Without the prefix, a neighbour's host could have set it.
    plain = tls_gate.curl(f"{tls_gate.secure}/-/api/session", headers=[f"Cookie: {PLAIN}={value}"])
    assert plain.code == "session_required"


def test_over_http_a_client_of_another_host_keeps_no_cookie(
    tls_gate: TlsGate, hub_key: bytes, tmp_path: Path
) -> None:
    jar = tmp_path / "cookies"
    assertion = sign_in_assertion(hub_key, tls_gate.insecure)
    answer = tls_gate.curl(
        f"{tls_gate.insecure}/-/sign-in", "--cookie-jar", str(jar), "--data-raw", f"assertion={assertion}"
    )
    cookie = (answer.header("Set-Cookie") or "").split(";")[0]
    secrets_used.remember(cookie.partition("=")[2])
    assert cookie.startswith(f"{HOST_ONLY}=")
    assert HOST_ONLY not in jar.read_text()


def sealed(keys: str, subject: str, issued_at: int, expires_at: int) -> str:
    """A session in the format of docs/formats.md, sealed by this test."""
    active = json.loads(keys)["active"]
    signed = struct.pack(">BBII", 1, active, issued_at, expires_at) + secrets.token_bytes(16) + subject.encode()
    tag = hmac.digest(key_of(keys, "session"), b"lychgate session seal v1 " + signed, hashlib.sha256)
    return secrets_used.remember(base64.urlsafe_b64encode(signed + tag).decode().rstrip("="))


def test_a_session_expires_at_its_time(ledger_gate: BareLedgerGate, keys: str) -> None:
    now = int(time.time())

    def ask(path: str, value: str) -> Response:
        return curl(f"{ledger_gate.url}/-/{path}", headers=[f"Cookie: {PLAIN}={value}"])

    # That this one is taken shows that the next is refused for its time alone.
    running = ask("api/session", sealed(keys, "alice", now - HOUR, now + HOUR))
    assert (running.status, json.loads(running.body)["expires_at"]) == (200, now + HOUR)
    secrets_used.remember(json.loads(running.body)["csrf"])
    over = sealed(keys, "alice", now - 13 * HOUR, now - HOUR)
    for path in ("api/session", "api/subjects/alice/tokens", "api/subjects/bob/tokens"):
        answer = ask(path, over)
        assert (answer.status, answer.code) == (401, "session_expired"), path


def test_a_session_is_found_where_a_browser_writes_it_and_nowhere_else(ledger_gate: BareLedgerGate, keys: str) -> None:
    """A page on a sibling host can set cookies whose values look like other cookies."""
    now = int(time.time())
    session = f"{PLAIN}={sealed(keys, 'alice', now - HOUR, now + HOUR)}"
    planted = f"{PLAIN}={sealed(keys, 'mallory', now - HOUR, now + HOUR)}"
    for lines in (
        [session],
        [session, "a=1; b=2"],
        ["a=1; b=2", f"c=3; {session}", "d=4"],
        [f"{session}; a=1, {planted}"],
        [f"a=1, {planted}; {session}"],
        [session, planted],
    ):
        headers = [f"Cookie: {line}" for line in lines]
        answer = curl(f"{ledger_gate.url}/-/api/session", headers=headers)
        assert (answer.status, json.loads(answer.body)["subject"]) == (200, "alice")
        secrets_used.remember(json.loads(answer.body)["csrf"])
    for line in (f"{session}; {session}", f"a=1, {planted}", f"a={planted}"):
        refused = curl(f"{ledger_gate.url}/-/api/session", headers=[f"Cookie: {line}"])
        assert refused.code == "session_required", line
