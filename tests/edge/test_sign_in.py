"""People at the page: a sign-in assertion of the hub signs them in for their own tokens only, and they can sign out."""

import json
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import secrets_used
import tool
from bare_ledger_gate import BareLedgerGate, NewBareLedgerGate
from clients import curl
from ledger_gate import LedgerGate, issued
from origin import Origin
from visitor import HOST_ONLY, PLAIN, Visitor, sign_in_assertion, key_of, post


@pytest.fixture(scope="module")
def paged(workshop: Path, keys: str, origin: Origin) -> Iterator[LedgerGate]:
    """A gate with a ledger and the page as wrangler.toml configures them, with separate hosts for hub and page."""
    variables = {"ORIGIN_URL": origin.url, "PAGE_HOST": "localhost", "HUB_HOST": "127.0.0.1"}
    running = LedgerGate(workshop / "paged", keys, variables, with_page=True)
    yield running
    running.stop()


@pytest.fixture
def somebody(paged: LedgerGate, hub_key: bytes) -> Visitor:
    return Visitor(paged, hub_key, f"somebody-{secrets.token_hex(6)}")


def test_a_sign_in_assertion_opens_a_session_of_twelve_hours(paged: LedgerGate, hub_key: bytes, somebody: Visitor) -> None:
    flags = somebody.set_cookie.split("; ")[1:]
    assert somebody.cookie.startswith(f"{PLAIN}=")
    assert sorted(flags) == ["HttpOnly", "Max-Age=43200", "Path=/", "SameSite=Strict"]
    facts = somebody.get("session")
    assert facts["subject"] == somebody.subject
    assert abs(facts["expires_at"] - time.time() - 43_200) < 30
    # The same session again says the same.
    assert somebody.get("session") == facts


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"exp": int(time.time()) - 1, "iat": int(time.time()) - 50}, "sign_in_assertion_expired"),
        ({"iat": int(time.time()) - 50, "exp": int(time.time()) + 3600}, "sign_in_assertion_invalid"),
        ({"iat": int(time.time()) + 3600, "exp": int(time.time()) + 3650}, "sign_in_assertion_invalid"),
        ({"aud": "https://other.example"}, "sign_in_assertion_invalid"),
        ({"aud": None}, "sign_in_assertion_invalid"),
        ({"jti": None}, "sign_in_assertion_invalid"),
        ({"jti": "short"}, "sign_in_assertion_invalid"),
        ({"exp": None}, "sign_in_assertion_invalid"),
        ({"sub": "not a name"}, "sign_in_assertion_invalid"),
        ({"role": "admin"}, "sign_in_assertion_invalid"),
        ({"header": {"alg": "none"}}, "sign_in_assertion_invalid"),
        ({"header": {"alg": "HS512"}}, "sign_in_assertion_invalid"),
        ({"header": {"kid": "9"}}, "sign_in_assertion_invalid"),
    ],
)
def test_refuses_an_invalid_sign_in_assertion(
    paged: LedgerGate, hub_key: bytes, claims: dict[str, Any], code: str
) -> None:
    answer = post(paged, sign_in_assertion(hub_key, **({"audience": paged.page} | claims)), "Accept: text/html")
    assert (answer.status, answer.code) == (403, code)
    assert answer.header("Set-Cookie") is None
    # A page that says what to do.
    assert (answer.header("Content-Type") or "").startswith("text/html")
    assert "Go back to your hub" in answer.text


def test_nobody_spends_anothers_idempotency_key(paged: LedgerGate, hub_key: bytes) -> None:
    key = f"Idempotency-Key: {secrets_used.marker('idempotency')}"
    body = {"name": "laptop", "role": "read", "expires_in": 1000}
    alice, bob = (Visitor(paged, hub_key, f"somebody-{secrets.token_hex(6)}") for _ in range(2))
    first = alice.call("POST", alice.own(), body, key)
    assert issued(first) == issued(alice.call("POST", alice.own(), body, key))
    assert alice.call("POST", alice.own(), body | {"name": "x"}, key).code == "idempotency_key_reused"
    assert issued(bob.call("POST", bob.own(), body, key)).id != issued(first).id
    for subject in (alice.subject, bob.subject):
        answer = paged.call("POST", f"subjects/{subject}/tokens", body | {"name": "of the hub"}, headers=[key])
        # The hub's backend, too, has keys of its own, one for all subjects.
        expected = (201, None) if subject == alice.subject else (422, "idempotency_key_reused")
        assert (answer.status, answer.code) == expected
        if answer.status == 201:
            issued(answer)


def test_refuses_another_key_no_signature_and_no_assertion(paged: LedgerGate, keys: str, hub_key: bytes) -> None:
    for key in (key_of(keys, "assertion"), key_of(tool.new_keys())):
        assert post(paged, sign_in_assertion(key, paged.page)).code == "sign_in_assertion_invalid"
    good = sign_in_assertion(hub_key, paged.page)
    for wrong in (good.rpartition(".")[0] + ".", good[:-8], "x"):
        assert post(paged, secrets_used.remember(wrong) if len(wrong) > 40 else wrong).code == "sign_in_assertion_invalid"
    assert curl(f"{paged.page}/-/sign-in", "--data-raw", "other=1").code == "body_malformed"
    assert curl(f"{paged.page}/-/sign-in", "--data-raw", "assertion=" + "x" * 20_000).status == 413
    assert curl(f"{paged.page}/-/sign-in").status == 405
    # None of this has used it up.
    assert post(paged, good).status == 303


def test_a_sign_in_assertion_works_once(paged: LedgerGate, hub_key: bytes) -> None:
    once = sign_in_assertion(hub_key, paged.page)
    assert post(paged, once).status == 303
    for _ in range(2):
        answer = post(paged, once)
        assert (answer.status, answer.code, answer.header("Set-Cookie")) == (403, "sign_in_assertion_used", None)


def test_somebody_manages_their_own_tokens_and_nobody_elses(
    paged: LedgerGate, hub_key: bytes, somebody: Visitor
) -> None:
    other = Visitor(paged, hub_key, f"other-{somebody.subject}")
    mine, theirs = somebody.create("laptop"), other.create("laptop", "write")
    listed = json.loads(somebody.call("GET", somebody.own()).body)["tokens"]
    assert [token["id"] for token in listed] == [mine.id]
    calls = [
        ("GET", other.own(), None),
        ("POST", other.own(), {"name": "x", "role": "read"}),
        ("DELETE", other.own(), None),
        ("DELETE", other.own(f"/{theirs.id}"), None),
        ("POST", other.own(f"/{theirs.id}/refresh"), None),
        ("GET", other.own(f"/{theirs.id}/revocation-status"), None),
    ]
    for method, path, body in calls:
        answer = somebody.call(method, path, body)
        assert (answer.status, answer.code) == (403, "subject_mismatch"), path
    for method, path in (
        ("DELETE", f"/{theirs.id}"),
        ("POST", f"/{theirs.id}/refresh"),
        ("GET", f"/{theirs.id}/revocation-status"),
    ):
        assert somebody.call(method, somebody.own(path)).code == "not_found"
    for token in (theirs.id, f"{theirs.id}9"):
        assert somebody.call("GET", somebody.own(f"/{token}/revocation-status")).code == "not_found"
    assert [token["id"] for token in paged.tokens(other.subject, "live")] == [theirs.id]

    refreshed = somebody.call("POST", somebody.own(f"/{mine.id}/refresh"))
    assert refreshed.status == 201
    new = issued(refreshed)
    limits = [{"repositories": ["acme/widget"]}]
    limited = somebody.call("POST", somebody.own(), {"name": "ci", "role": "read", "restrictions": limits})
    for answer in (limited, somebody.call("POST", somebody.own(f"/{issued(limited).id}/refresh"))):
        assert (answer.status, json.loads(answer.body)["restrictions"]) == (201, limits)
    somebody.call("DELETE", somebody.own(f"/{issued(answer).id}"))
    assert somebody.call("DELETE", somebody.own(f"/{new.id}?wait=10")).status == 200
    deadline = time.monotonic() + 15
    while not (status := json.loads(somebody.call("GET", somebody.own(f"/{new.id}/revocation-status")).body))["refused_here"]:
        assert time.monotonic() < deadline, status
        time.sleep(0.2)
    assert status["list_version"] > 0
    assert paged.use(new).code == "token_revoked"
    somebody.create("again")
    assert somebody.call("DELETE", somebody.own()).status in (200, 202)
    assert paged.tokens(somebody.subject, "live") == []


@pytest.mark.parametrize("path", ["api/audit", "api/introspect"])
def test_what_is_the_admins_stays_the_admins(somebody: Visitor, path: str) -> None:
    method = "GET" if path == "api/audit" else "POST"
    assert somebody.call(method, path).code == "admin_required"


def test_a_write_needs_the_sessions_own_csrf_token(paged: LedgerGate, hub_key: bytes, somebody: Visitor) -> None:
    token = somebody.create("kept")
    again = Visitor(paged, hub_key, somebody.subject)
    for csrf in ("", again.csrf, somebody.csrf[:-2], "x"):
        for method, path, body in (
            ("POST", somebody.own(), {"name": "forged", "role": "write"}),
            ("DELETE", somebody.own(f"/{token.id}"), None),
            ("DELETE", somebody.own(), None),
            ("POST", somebody.own(f"/{token.id}/refresh"), None),
            ("POST", "sign-out", None),
        ):
            answer = somebody.call(method, path, body, csrf=csrf)
            assert (answer.status, answer.code) == (403, "csrf_invalid"), path
    assert [record["id"] for record in paged.tokens(somebody.subject, "live")] == [token.id]


@pytest.mark.parametrize(
    "header", ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site", "Origin: https://evil.example", "Origin: null"]
)
def test_nothing_is_taken_from_another_site(new_ledger_gate: NewBareLedgerGate, hub_key: bytes, header: str) -> None:
    visitor = Visitor(new_ledger_gate(), hub_key, "alice")
    answer = visitor.call("POST", visitor.own(), {"name": "x", "role": "write"}, header)
    assert (answer.status, answer.code) == (403, "cross_site")
    own = (f"Origin: {visitor.gate.url}", "Sec-Fetch-Site: same-origin")
    assert visitor.call("POST", visitor.own(), {"name": "x", "role": "read"}, *own).status == 201


def test_the_page_itself_may_write_through_wrangler(paged: LedgerGate, somebody: Visitor) -> None:
    own = (f"Origin: {paged.page}", "Sec-Fetch-Site: same-origin")
    answer = somebody.call("POST", somebody.own(), {"name": "x", "role": "read"}, *own)
    assert answer.status == 201, answer
    issued(answer)


def test_credentials_outrank_a_cookie(paged: LedgerGate, somebody: Visitor) -> None:
    token = somebody.create("held", "write")
    assert somebody.call("GET", somebody.own(), token=token).code == "admin_required"
    assert somebody.call("GET", "api/subjects/anybody/tokens", token=paged.admin_key).status == 200


def test_no_cookie_or_a_forged_one_opens_nothing(paged: LedgerGate, somebody: Visitor) -> None:
    url = f"{paged.page}/-/api/session"
    assert (curl(url).status, curl(url).code) == (401, "session_required")
    name, _, value = somebody.cookie.partition("=")
    changed = secrets_used.remember(value[:-2] + ("A" if value[-2] != "A" else "B") + value[-1])
    for cookie in (f"{name}=x", f"{name}={changed}", f"{HOST_ONLY}={value}", f"{somebody.cookie}; {somebody.cookie}"):
        answer = curl(url, headers=[f"Cookie: {cookie}"])
        assert (answer.status, answer.code) == (401, "session_required")
    assert curl(url, headers=[f"Cookie: {somebody.cookie}"]).status == 200


def test_signing_out_takes_the_cookie_back(somebody: Visitor) -> None:
    answer = somebody.call("POST", "sign-out")
    assert answer.status == 204
    assert answer.header("Set-Cookie") == f"{PLAIN}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict"
    assert somebody.call("GET", "sign-out").code == "method_not_allowed"


def test_rotating_the_keys_ends_sessions(ledger_gate: BareLedgerGate, keys: str, hub_key: bytes) -> None:
    visitor = Visitor(ledger_gate, hub_key, "alice")
    rotated = tool.run_lychgate("keys", "rotate", keys=keys).strip()
    for key in json.loads(rotated)["keys"].values():
        secrets_used.remember(key)
    ledger_gate.stop_only()
    ledger_gate.keys = rotated
    ledger_gate.start_again()
    for path in ("api/session", visitor.own()):
        answer = visitor.call("GET", path)
        assert (answer.status, answer.code) == (401, "session_expired"), path
    assert visitor.call("POST", "sign-out").code == "session_expired"


def test_the_cookie_is_for_this_host_alone_where_it_is_no_local_one(
    new_ledger_gate: NewBareLedgerGate, hub_key: bytes
) -> None:
    gate = new_ledger_gate(PAGE_HOST="tokens.hub.example", HUB_HOST="hub.example")
    for host in ("tokens.hub.example", "tokens.hub.example:80"):
        assertion = sign_in_assertion(hub_key, "http://tokens.hub.example")
        answer = curl(f"{gate.url}/-/sign-in", "--data-raw", f"assertion={assertion}", headers=[f"Host: {host}"])
        assert answer.status == 303, answer
        name, *flags = (answer.header("Set-Cookie") or "").split("; ")
        secrets_used.remember(name.partition("=")[2])
        assert name.startswith(f"{HOST_ONLY}=")
        assert sorted(flags) == ["HttpOnly", "Max-Age=43200", "Path=/", "SameSite=Strict", "Secure"]


def test_serves_the_page_under_its_own_path_with_its_headers(paged: LedgerGate) -> None:
    page = curl(f"{paged.page}/-/")
    assert page.status == 200
    assert (page.header("Content-Type") or "").startswith("text/html")
    for path in ("", "lychgate.js", "lychgate_bg.wasm"):
        answer = curl(f"{paged.page}/-/{path}")
        assert answer.status == 200, path
        policy = dict(part.strip().split(" ", 1) for part in (answer.header("Content-Security-Policy") or "").split(";"))
        assert "unsafe-inline" not in str(policy)
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert policy["connect-src"] == f"'self' {paged.url}"
        assert policy["script-src"] == "'self' 'wasm-unsafe-eval'"
        assert answer.header("Referrer-Policy") == "no-referrer"
        assert answer.header("X-Content-Type-Options") == "nosniff"
        assert answer.header("Cross-Origin-Opener-Policy") == "same-origin"
        assert answer.header("X-Frame-Options") == "DENY"
        assert answer.header("Cache-Control") == "no-cache"
        again = curl(f"{paged.page}/-/{path}", headers=[f"If-None-Match: {answer.header('ETag')}"])
        assert (again.status, again.body) == (304, b""), path
    assert curl(f"{paged.page}/-/lychgate_bg.wasm").header("Content-Type") == "application/wasm"


def test_what_the_page_does_not_have_stays_reserved(paged: LedgerGate, gate: Any) -> None:
    for path in ("-/nothing.js", "-/a/b", "-/index", "-/.env", "-"):
        answer = curl(f"{paged.page}/{path}")
        assert (answer.status, answer.code) == (404, "path_reserved"), path
    assert curl(f"{paged.page}/-/", "--request", "POST").code == "path_reserved"
    # Files of the page lie nowhere else.
    for path in ("index.html", "lychgate_bg.wasm"):
        assert curl(f"{paged.url}/{path}").code == "token_required", path
    # Without the binding and the ledger there is none of it.
    for path in ("-/", "-/sign-in", "-/index.html"):
        assert curl(f"{gate.url}/{path}").code == "path_reserved", path
