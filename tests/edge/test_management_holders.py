"""The calls of the management API for whoever holds a token: introspection, whoami, revocation, reports of leaks, health."""

import base64
import json
import secrets
import time

import pytest

import secrets_used
import tool
from clients import curl
from ledger_gate import FORM, JSON, LedgerGate
from problem import problem
from tool import Token
from waiting import wait_for


@pytest.fixture
def subject() -> str:
    return f"user-{secrets.token_hex(6)}"


def test_introspection_tells_what_the_ledger_knows(managed: LedgerGate, subject: str) -> None:
    read, write = managed.create(subject, "reads"), managed.create(subject, "writes", "write", expires_in=600)
    answer = managed.form("introspect", write)
    assert answer.header("Cache-Control") == "no-store"
    assert json.loads(answer.body) == {
        "active": True,
        "sub": subject,
        "scope": "read write",
        "token_type": "Bearer",
        "iat": managed.record(write)["issued_at"],
        "exp": write.expires_at,
        "jti": write.id,
        "restrictions": [],
    }
    facts = json.loads(managed.form("introspect", read).body)
    assert (facts["active"], facts["scope"], "exp" in facts) == (True, "read", False)
    # At once: what the ledger says, not what is published.
    managed.revoke(read)
    expired = managed.create(subject, "expired", expires_in=1)
    time.sleep(2)
    forged = tool.mint(tool.new_keys(), "write", subject=subject)
    for text in (read, expired, forged, "junk", read.id):
        answer = managed.form("introspect", text)
        assert (answer.status, json.loads(answer.body)) == (200, {"active": False})


def test_whoami_tells_a_token_what_it_is(managed: LedgerGate, subject: str) -> None:
    token = managed.create(subject, "laptop", "write", expires_in=600)
    managed.await_code(token, None)
    assert managed.get("whoami", key=token) == {
        "id": token.id,
        "subject": subject,
        "role": "write",
        "issued_at": managed.record(token)["issued_at"],
        "expires_at": token.expires_at,
        "restrictions": [],
    }
    lasting = managed.create(subject, "for ever")
    assert managed.get("whoami", key=lasting)["expires_at"] is None
    managed.revoke(token)
    managed.await_code(token, "token_revoked")
    problem(managed.call("GET", "whoami", key=token), 401, "token_revoked")
    expired = managed.create(subject, "expired", expires_in=1)
    time.sleep(2)
    problem(managed.call("GET", "whoami", key=expired), 401, "token_expired")


@pytest.mark.parametrize("what", ["live", "revoked", "expired", "forged", "junk", "id", "not even text"])
def test_revocation_answers_the_same_whatever_it_was(managed: LedgerGate, subject: str, what: str) -> None:
    token = managed.create(subject, "laptop", **({"expires_in": 1} if what == "expired" else {}))
    if what == "revoked":
        managed.revoke(token)
    if what == "expired":
        time.sleep(2)
    text = {
        "forged": str(tool.mint(tool.new_keys(), "write", subject=subject)),
        "junk": "junk",
        "id": token.id,
        "not even text": "%ff%00",
    }.get(what, token.text)
    for _ in range(2):
        answer = managed.form("revoke", text, anonymous=True)
        assert (answer.status, answer.body) == (200, b"")
    form = f"token_type_hint=access_token&token={text}".encode()
    assert managed.call("POST", "revoke", headers=[FORM], stdin=form, anonymous=True).status == 200
    expected = "revoked" if what in ("live", "revoked", "expired") else "live"
    assert managed.record(token)["state"] == expected


@pytest.mark.parametrize("form", ["", "token=", "tokn=x", "token=a&token=b", "token"])
def test_a_form_without_one_token_is_no_request(managed: LedgerGate, form: str) -> None:
    for route in ("revoke", "introspect"):
        problem(managed.call("POST", route, headers=[FORM], stdin=form.encode()), 400, "body_malformed")


def _junk(number: int, genuine: Token) -> str:
    """Texts that resemble a token more and more."""
    random = base64.urlsafe_b64encode(secrets.token_bytes(60)).decode().rstrip("=")
    return [
        "",
        secrets.token_hex(20),
        f"hub_{random}",
        genuine.text[:40] + random[:20],
        genuine.text[:-1] + ("A" if genuine.text[-1] != "A" else "B"),
    ][number % 5]


def test_a_leak_report_revokes_genuine_tokens_and_tells_nobody(managed: LedgerGate, subject: str) -> None:
    tokens = [managed.create(subject, f"token {number}") for number in range(4)]
    forged = str(tool.mint(tool.new_keys(), "write", subject=subject))
    junk = [_junk(number, tokens[0]) for number in range(996)] + [forged]
    for text in (text for text in junk if len(text) > 30):
        secrets_used.remember(text)
    before = managed.rows()
    assert managed.call("POST", "revoke", junk, anonymous=True).status == 202
    assert managed.call("POST", "revoke", [], anonymous=True).status == 202
    assert managed.rows() == before

    answers = [
        managed.call("POST", "revoke", texts, anonymous=True)
        for texts in (
            junk,
            [*junk[:500], *map(str, tokens[:3]), *junk[500:]],
            [str(tokens[0])] * 1000,
        )
    ]
    assert {(answer.status, answer.body) for answer in answers} == {(202, b"")}
    shown = [{name for name, _ in answer.headers} for answer in answers]
    assert shown[0] == shown[1] == shown[2]
    assert {record["id"]: record["revocation_reason"] for record in managed.tokens(subject)} == {
        **{token.id: "reported" for token in tokens[:3]},
        tokens[3].id: None,
    }
    # Each genuine token adds one line to the audit, once.
    after = managed.rows()
    assert after.pop("audit") == before.pop("audit") + 3
    assert after == before
    for token in tokens[:3]:
        managed.await_code(token, "token_revoked")
    assert managed.use(tokens[3]).status == 200

    problem(managed.call("POST", "revoke", ["x"] * 1001, anonymous=True), 400, "body_malformed")
    for body in ({"tokens": []}, [1], "x"):
        problem(managed.call("POST", "revoke", body, anonymous=True), 400, "body_malformed")


# Logs


def test_what_is_refused_is_logged_by_its_code_and_nothing_of_what_was_sent(
    managed: LedgerGate, subject: str
) -> None:
    """At the end of the run, test_logs.py searches the logs for everything that is remembered here."""
    token = managed.create(subject, secrets_used.marker("name"))
    mark = managed.log_mark()
    name = secrets_used.marker("name")
    managed.call("POST", f"subjects/{subject}/tokens", {"name": name, "role": name})
    managed.call("GET", f"subjects/{subject}/tokens?cursor={secrets_used.marker('query')}")
    managed.call("GET", "audit", key=token)
    managed.call("GET", "audit", key=secrets_used.marker("key"))
    managed.call("POST", "revoke", headers=[JSON], stdin=f'["{token}", {name}'.encode())
    lines = [
        (line["code"], line["status"], line["method"])
        for line in managed.log_lines_since(mark)
        if line["event"] == "management"
    ]
    assert lines == [
        ("body_malformed", 400, "POST"),
        ("parameter_invalid", 400, "GET"),
        ("admin_required", 403, "GET"),
        ("admin_required", 401, "GET"),
        ("body_malformed", 400, "POST"),
    ]
    for secret in (token.text, name, managed.admin_key):
        assert secret not in managed.log()


def test_health_tells_the_lists_in_force(managed: LedgerGate, subject: str) -> None:
    for number in range(4):
        managed.create(f"{subject}-{number}", "laptop")
    wait_for(lambda: curl(f"{managed.url}/-/api/health").status == 200, 15, "both lists to be in force")
    health = managed.get("health", anonymous=True)
    assert health["status"] == "ok"
    assert [(listed["shard"], listed["state"]) for listed in health["lists"]] == [(0, "in_force"), (1, "in_force")]
