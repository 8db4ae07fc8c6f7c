"""Tokens from their creation to their revocation, by command line and by HTTP."""

import json
import secrets
import time
from typing import Any

import pytest

import secrets_used
from clients import Outcome, Person, create_repository
from ledger_gate import FORM, JSON, LedgerGate, issued
from problem import problem
from tool import Token
from waiting import wait_for

MAXIMUM_BODY = 16 * 1024
MAXIMUM_REPORT = 256 * 1024


@pytest.fixture
def subject() -> str:
    return f"user-{secrets.token_hex(6)}"


# The whole way


class ByCommandLine:
    """`lychgate tokens …`, which prints a token alone on standard output."""

    def __init__(self, gate: LedgerGate) -> None:
        self.gate = gate

    def create(self, subject: str, name: str, role: str) -> Token:
        ran = self.gate.lychgate("tokens", "create", "--subject", subject, "--name", name, "--role", role)
        return self._printed(ran, subject)

    def refresh(self, token: Token) -> Token:
        return self._printed(
            self.gate.lychgate("tokens", "refresh", token.id, "--subject", token.subject), token.subject
        )

    def _printed(self, ran: Outcome, subject: str) -> Token:
        text, end, rest = ran.succeeded().output.partition("\n")
        assert (end, rest) == ("\n", "")
        assert text not in ran.errors
        facts = json.loads(self.gate.form("introspect", secrets_used.remember(text)).body)
        return Token(text, facts["jti"], subject, facts["exp"])

    def revoke(self, token: Token) -> None:
        self.gate.lychgate("tokens", "revoke", token.id, "--subject", token.subject, "--wait", "20").succeeded()

    def listed(self, subject: str) -> dict[str, str]:
        ran = self.gate.lychgate("tokens", "list", "--subject", subject, "--all", "--json").succeeded()
        records = [json.loads(line) for line in ran.output.splitlines()]
        return {record["id"]: record["state"] for record in records if record["subject"] == subject}

    def actions(self, subject: str) -> list[tuple[str, str]]:
        ran = self.gate.lychgate("audit", "--subject", subject, "--json").succeeded()
        entries = [json.loads(line) for line in ran.output.splitlines()]
        return [(entry["action"], entry["token"]) for entry in reversed(entries)]


class ByHttp:
    """The same with curl."""

    def __init__(self, gate: LedgerGate) -> None:
        self.gate = gate

    def create(self, subject: str, name: str, role: str) -> Token:
        return self.gate.create(subject, name, role, expires_in=7776000)

    def refresh(self, token: Token) -> Token:
        answer = self.gate.refresh(token)
        assert answer.status == 201, answer
        return issued(answer)

    def revoke(self, token: Token) -> None:
        assert self.gate.revoke(token, "?wait=20").status == 200

    def listed(self, subject: str) -> dict[str, str]:
        return {record["id"]: record["state"] for record in self.gate.tokens(subject)}

    def actions(self, subject: str) -> list[tuple[str, str]]:
        return [(entry["action"], entry["token"]) for entry in self.gate.audit(subject)]


@pytest.mark.parametrize("way", [ByCommandLine, ByHttp])
def test_a_token_is_created_used_with_git_refreshed_and_revoked(
    managed: LedgerGate, person: Person, way: type[ByCommandLine] | type[ByHttp]
) -> None:
    manage = way(managed)
    name = f"laptop-{secrets.token_hex(4)}"
    first = manage.create("alice", name, "write")
    managed.await_code(first, None)
    url = create_repository(managed.url, first, f"managed-{secrets.token_hex(4)}")
    person.store_password(managed.url, first)
    person.git("clone", "--quiet", url, "mine").succeeded()
    clone = person.home / "mine"
    (clone / "file").write_text("content\n")
    person.git("add", "file", cwd=clone).succeeded()
    person.git("commit", "--quiet", "--message", "Add a file", cwd=clone).succeeded()
    person.git("push", "--quiet", "origin", "HEAD:main", cwd=clone).succeeded()

    second = manage.refresh(first)
    assert (second.subject, second.id != first.id, second.text != first.text) == ("alice", True, True)
    managed.await_code(first, "token_revoked")
    refused = managed.use(first)
    assert (refused.status, refused.code) == (401, "token_revoked")
    outcome = person.git("fetch", cwd=clone)
    assert outcome.status != 0
    assert managed.use(second).status == 200
    person.store_password(managed.url, second)
    person.git("fetch", "--quiet", cwd=clone).succeeded()

    manage.revoke(second)
    managed.await_code(second, "token_revoked")
    assert managed.use(second).status == 401
    assert person.git("fetch", cwd=clone).status != 0

    states = manage.listed("alice")
    assert (states[first.id], states[second.id]) == ("revoked", "revoked")
    changes = [
        (action, id)
        for action, id in manage.actions("alice")
        if id in (first.id, second.id) and action != "used_after_revocation"
    ]
    assert changes == [
        ("created", first.id),
        ("refreshed", second.id),
        ("revoked", first.id),
        ("revoked", second.id),
    ]


def test_the_command_line_revokes_all_tokens_of_a_subject_and_only_theirs(managed: LedgerGate, subject: str) -> None:
    mine = [managed.create(subject, f"token {number}") for number in range(3)]
    other = managed.create(f"{subject}-other", "token")
    for token in (*mine, other):
        managed.await_code(token, None)
    asked = managed.lychgate("tokens", "revoke-all", "--subject", subject)
    assert asked.status == 2
    assert all(token.id in asked.output for token in mine)
    assert len(managed.tokens(subject, "live")) == 3
    managed.lychgate("tokens", "revoke-all", "--subject", subject, "--yes", "--wait", "20").succeeded()
    assert managed.tokens(subject, "live") == []
    for token in mine:
        managed.await_code(token, "token_revoked")
    assert managed.use(other).status == 200


def test_the_command_line_says_what_the_gate_objects_to(managed: LedgerGate, subject: str) -> None:
    managed.create(subject, "taken")
    outcome = managed.lychgate("tokens", "create", "--subject", subject, "--name", "taken", "--role", "read")
    assert outcome.status != 0
    assert outcome.output == ""
    assert "name" in outcome.errors
    outcome = managed.lychgate("tokens", "revoke", "0-4294967294", "--subject", subject)
    assert (outcome.status != 0, outcome.output) == (True, "")


def test_what_is_created_is_what_was_asked_for(managed: LedgerGate, subject: str) -> None:
    before = int(time.time())
    answer = managed.call(
        "POST", f"subjects/{subject}/tokens", {"name": "Wörter & 🔑", "role": "write", "expires_in": 3600}
    )
    token = issued(answer)
    made = json.loads(answer.body)
    assert answer.header("Cache-Control") == "no-store"
    assert before <= made["issued_at"] <= time.time() + 1
    assert made["expires_at"] == made["issued_at"] + 3600
    assert made.pop("token") == token.text
    assert made == managed.record(token)
    assert {key: made[key] for key in ("subject", "name", "role", "state")} == {
        "subject": subject,
        "name": "Wörter & 🔑",
        "role": "write",
        "state": "live",
    }
    assert managed.create(subject, "for ever").expires_at is None
    # Never again, anywhere.
    shown = json.dumps([managed.tokens(subject), managed.audit(subject)])
    assert token.text not in shown and token.text[4:] not in shown


# Refresh


def test_a_refreshed_token_works_until_its_grace_is_over(managed: LedgerGate, subject: str) -> None:
    old = managed.create(subject, "laptop")
    answer = managed.refresh(old, "?grace=4")
    new = issued(answer)
    replaces = json.loads(answer.body)["replaces"]
    assert (replaces["id"], replaces["list"]) == (old.id, None)
    managed.await_code(old, None)
    assert managed.use(old).status == 200
    record = managed.record(old)
    assert (record["state"], record["replaced_by"], record["revoked_at"]) == ("in_grace", new.id, replaces["revoked_at"])
    managed.await_code(old, "token_revoked")
    record = managed.record(old)
    assert (record["state"], record["revocation_reason"]) == ("revoked", "refreshed")


def test_using_the_new_token_revokes_the_refreshed_one(managed: LedgerGate, subject: str) -> None:
    old = managed.create(subject, "laptop")
    new = issued(managed.refresh(old, "?grace=600"))
    managed.await_code(old, None)
    assert managed.use(new).status == 200
    managed.await_code(old, "token_revoked")
    assert managed.record(old)["revocation_reason"] == "replaced"
    assert managed.use(new).status == 200


def test_a_revoked_token_is_not_refreshed(managed: LedgerGate, subject: str) -> None:
    token = managed.create(subject, "laptop")
    managed.revoke(token)
    problem(managed.refresh(token), 409, "already_revoked")
    replaced = managed.create(subject, "desktop")
    issued(managed.refresh(replaced, "?grace=600"))
    problem(managed.refresh(replaced), 409, "already_revoked")


def test_a_refreshed_token_lives_as_long_as_the_old_one_was_made_to(managed: LedgerGate, subject: str) -> None:
    old = managed.create(subject, "laptop", "write", expires_in=500)
    made = json.loads(managed.refresh(old).body)
    secrets_used.remember(made["token"])
    assert (made["name"], made["role"], made["expires_at"] - made["issued_at"]) == ("laptop", "write", 500)
    other = managed.create(subject, "desktop", expires_in=500)
    made = json.loads(managed.refresh(other, body={"expires_in": 900}).body)
    secrets_used.remember(made["token"])
    assert made["expires_at"] - made["issued_at"] == 900


def test_an_expired_token_may_be_refreshed_while_its_name_is_free(managed: LedgerGate, subject: str) -> None:
    expired = managed.create(subject, "laptop", expires_in=1)
    taken = managed.create(subject, "desktop", expires_in=1)
    time.sleep(2)
    assert managed.record(expired)["state"] == "expired"
    managed.create(subject, "desktop")
    problem(managed.refresh(taken), 409, "name_taken")
    answer = managed.refresh(expired, body={"expires_in": 60})
    new = issued(answer)
    assert json.loads(answer.body)["replaces"]["list"] is None
    managed.await_code(new, None)


# Revocation


def test_a_revocation_says_in_which_list_it_takes_effect(managed: LedgerGate, subject: str) -> None:
    token = managed.create(subject, "laptop")
    managed.await_code(token, None)
    answer = managed.revoke(token)
    revocation = json.loads(answer.body)
    (promised,) = revocation["lists"]
    assert revocation["revoked"] == 1
    assert answer.status == (200 if promised["published"] else 202)
    assert promised["shard"] == int(token.id.partition("-")[0])
    managed.await_code(token, "token_revoked")
    (in_force,) = (
        listed for listed in managed.get("health")["lists"] if listed["shard"] == promised["shard"]
    )
    assert in_force["version"] >= promised["version"]

    again = managed.revoke(token, "?wait=20")
    assert again.status == 200
    in_force = promised | {"published": True}
    assert json.loads(again.body) == {"revoked": 0, "more": False, "lists": [in_force], "unanswered_shards": []}


def test_wait_answers_once_the_list_is_published(managed: LedgerGate, subject: str) -> None:
    tokens = [managed.create(subject, f"token {number}") for number in range(3)]
    for token in tokens[:2]:
        answer = managed.revoke(token, "?wait=30")
        revocation = json.loads(answer.body)
        assert (answer.status, revocation["revoked"]) == (200, 1)
        assert all(listed["published"] for listed in revocation["lists"])
    answer = managed.call("DELETE", f"subjects/{subject}/tokens?wait=30")
    revocation = json.loads(answer.body)
    assert (answer.status, revocation["revoked"]) == (200, 1)
    assert all(listed["published"] for listed in revocation["lists"])
    # A subject without tokens is answered at once.
    answer = managed.call("DELETE", f"subjects/{subject}-nobody/tokens?wait=30")
    assert (answer.status, json.loads(answer.body)) == (
        200,
        {"revoked": 0, "more": False, "lists": [], "unanswered_shards": []},
    )


@pytest.mark.parametrize(
    ("method", "query"),
    [
        *(("DELETE", query) for query in ("wait=31", "wait=-1", "wait=x", "wait=", "wait=1&wait=1", "wiat=5")),
        *(("GET", query) for query in ("limit=0", "limit=101", "cursor=!", "cursor=", "state=dead", "x=y")),
    ],
)
def test_parameters_that_are_wrong_or_unknown_do_nothing(
    managed: LedgerGate, subject: str, method: str, query: str
) -> None:
    managed.create(subject, "laptop")
    detail = problem(managed.call(method, f"subjects/{subject}/tokens?{query}"), 400, "parameter_invalid")
    assert "parameter" in detail
    assert len(managed.tokens(subject, "live")) == 1


# Names and limits


def test_names_are_unique_among_live_tokens_of_a_subject(managed: LedgerGate, subject: str) -> None:
    path = f"subjects/{subject}/tokens"
    first = managed.create(subject, "laptop")
    detail = problem(managed.call("POST", path, {"name": "laptop", "role": "write"}), 409, "name_taken")
    assert "name" in detail
    managed.create(subject, "Laptop")
    managed.create(f"{subject}-other", "laptop")
    managed.revoke(first)
    managed.create(subject, "laptop", expires_in=1)
    time.sleep(2)
    managed.create(subject, "laptop")


def test_names_have_1_to_96_characters(managed: LedgerGate, subject: str) -> None:
    for name in ("n", "n" * 96, "🔑" * 96, " "):
        managed.create(subject, name)
    for name in ("", "n" * 97, "🔑" * 97, "a\nb", "a\u0000b", "a\u007fb", "a\u0085b"):
        answer = managed.call("POST", f"subjects/{subject}/tokens", {"name": name, "role": "read"})
        assert "96" in problem(answer, 400, "body_malformed")
    assert len(managed.tokens(subject)) == 4


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"name":"x"}',
        b'{"role":"read"}',
        b'{"name":"x","role":"admin"}',
        b'{"name":"x","role":"read","expires_in":0}',
        b'{"name":"x","role":"read","expires_in":-1}',
        b'{"name":"x","role":"read","expires_in":null}',
        b'{"name":"x","role":"read","expires_in":315360001}',
        b'{"name":"x","role":"read","admin":true}',
        b'{"name":"x","name":"y","role":"read"}',
        b'{"name":"\xff","role":"read"}',
    ],
)
def test_bodies_that_are_no_token_make_none(managed: LedgerGate, subject: str, body: bytes) -> None:
    answer = managed.call("POST", f"subjects/{subject}/tokens", headers=[JSON], stdin=body)
    problem(answer, 400, "body_malformed")
    assert managed.tokens(subject) == []


def test_a_subject_has_at_most_100_live_tokens(managed: LedgerGate, subject: str) -> None:
    tokens = [managed.create(subject, f"token {number}") for number in range(100)]
    path = f"subjects/{subject}/tokens"
    detail = problem(managed.call("POST", path, {"name": "one more", "role": "read"}), 409, "limit_reached")
    assert "100" in detail
    # A refreshed token takes the place of the old one; a revoked one frees its place.
    issued(managed.refresh(tokens[0]))
    problem(managed.call("POST", path, {"name": "one more", "role": "read"}), 409, "limit_reached")
    managed.revoke(tokens[1])
    managed.create(subject, "one more")
    problem(managed.call("POST", path, {"name": "and another", "role": "read"}), 409, "limit_reached")

    # All of them, page by page.
    shown: list[str] = []
    cursor, pages = "", 0
    while True:
        page = managed.get(f"{path}?limit=30{cursor}")
        assert len(page["tokens"]) <= 30
        shown += [record["id"] for record in page["tokens"]]
        pages += 1
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert pages == 4
    assert shown == [record["id"] for record in managed.tokens(subject, "live")]
    assert len(set(shown)) == 100
    assert len(managed.get(path)["tokens"]) == 50
    # The audit too, newest first.
    entries: list[str] = []
    cursor = ""
    while True:
        page = managed.get(f"audit?subject={subject}&limit=40{cursor}")
        entries += [entry["id"] for entry in page["entries"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    numbers = [int(entry.partition("-")[2]) for entry in entries]
    # 101 created, 1 refreshed, 2 revoked.
    assert len(entries) == 104
    assert numbers == sorted(set(numbers), reverse=True)


def test_bodies_have_a_limit(managed: LedgerGate, subject: str) -> None:
    path = f"subjects/{subject}/tokens"
    body = json.dumps({"name": "laptop", "role": "read"}).encode()
    detail = problem(
        managed.call("POST", path, headers=[JSON], stdin=body.ljust(MAXIMUM_BODY + 1)), 413, "body_too_large"
    )
    assert "16 KiB" in detail
    assert managed.tokens(subject) == []
    made = managed.call("POST", path, headers=[JSON], stdin=body.ljust(MAXIMUM_BODY))
    assert made.status == 201
    token = issued(made)
    problem(
        managed.call("POST", f"{path}/{token.id}/refresh", headers=[JSON], stdin=b"{}".ljust(MAXIMUM_BODY + 1)),
        413,
        "body_too_large",
    )
    for route in ("revoke", "introspect"):
        form = b"token=" + b"x" * MAXIMUM_BODY
        problem(managed.call("POST", route, headers=[FORM], stdin=form), 413, "body_too_large")
    detail = problem(
        managed.call("POST", "revoke", headers=[JSON], stdin=b"[]".ljust(MAXIMUM_REPORT + 1)), 413, "body_too_large"
    )
    assert "256 KiB" in detail
    assert managed.record(token)["state"] == "live"


def test_bodies_of_another_type_are_refused(managed: LedgerGate, subject: str) -> None:
    body = b'{"name":"laptop","role":"read"}'
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""):
        answer = managed.call(
            "POST", f"subjects/{subject}/tokens", headers=[f"Content-Type: {content_type}"], stdin=body
        )
        problem(answer, 415, "media_type_unsupported")
    answer = managed.call("POST", "revoke", headers=["Content-Type: text/plain"], stdin=b"[]")
    problem(answer, 415, "media_type_unsupported")
    problem(managed.call("POST", "introspect", headers=[JSON], stdin=b"[]"), 415, "media_type_unsupported")
    assert managed.tokens(subject) == []
    headers = ["Content-Type: Application/JSON; charset=utf-8"]
    issued(managed.call("POST", f"subjects/{subject}/tokens", headers=headers, stdin=body))


# Idempotency


def _idempotent() -> list[str]:
    return [f"Idempotency-Key: {secrets_used.marker('idempotency')}"]


def test_a_repeated_creation_gives_the_same_token_again(managed: LedgerGate, subject: str) -> None:
    headers = _idempotent()
    path, body = f"subjects/{subject}/tokens", {"name": "laptop", "role": "read", "expires_in": 600}
    first = managed.call("POST", path, body, headers=headers)
    token = issued(first)
    assert first.header("Idempotency-Replayed") is None
    time.sleep(1.1)
    # The same request, if not the same bytes.
    again = managed.call("POST", path, dict(reversed(body.items())), headers=headers)
    assert (again.status, again.header("Idempotency-Replayed")) == (201, "true")
    assert again.body == first.body
    assert len(managed.tokens(subject)) == 1
    assert [entry["action"] for entry in managed.audit(subject)] == ["created"]

    for other in (body | {"name": "desktop"}, body | {"role": "write"}, body | {"expires_in": 601}):
        problem(managed.call("POST", path, other, headers=headers), 422, "idempotency_key_reused")
    problem(managed.refresh(token, headers=headers), 422, "idempotency_key_reused")
    assert len(managed.tokens(subject)) == 1
    managed.revoke(token)
    problem(managed.call("POST", path, body, headers=headers), 409, "already_revoked")


def test_an_idempotency_key_is_one_for_all_subjects(managed: LedgerGate, subject: str) -> None:
    """A call for another subject is another request, even if its tokens are in another shard."""
    headers = _idempotent()
    body = {"name": "laptop", "role": "read"}
    issued(managed.call("POST", f"subjects/{subject}/tokens", body, headers=headers))
    for number in range(6):
        answer = managed.call("POST", f"subjects/{subject}-{number}/tokens", body, headers=headers)
        problem(answer, 422, "idempotency_key_reused")


def test_a_repeated_refresh_gives_the_same_token_again(managed: LedgerGate, subject: str) -> None:
    old = managed.create(subject, "laptop")
    headers = _idempotent()
    first = managed.refresh(old, headers=headers)
    new = issued(first)
    again = managed.refresh(old, headers=headers)
    assert (again.status, again.header("Idempotency-Replayed")) == (201, "true")
    assert issued(again) == new
    assert json.loads(again.body)["replaces"]["id"] == old.id
    problem(managed.refresh(old, "?grace=5", headers=headers), 422, "idempotency_key_reused")
    problem(managed.refresh(old, body={"expires_in": 5}, headers=headers), 422, "idempotency_key_reused")
    assert {record["id"] for record in managed.tokens(subject)} == {old.id, new.id}


@pytest.mark.parametrize("key", ["x" * 256, "a b"])
def test_idempotency_keys_have_a_form(managed: LedgerGate, subject: str, key: str) -> None:
    answer = managed.call(
        "POST", f"subjects/{subject}/tokens", {"name": "x", "role": "read"}, headers=[f"Idempotency-Key: {key}"]
    )
    assert "Idempotency-Key" in problem(answer, 400, "parameter_invalid")
    assert managed.tokens(subject) == []


# Audit


def test_the_audit_holds_each_change_and_who_made_it(managed: LedgerGate, subject: str) -> None:
    before = int(time.time())
    revoked = managed.create(subject, "revoked")
    managed.revoke(revoked)
    managed.revoke(revoked)
    refreshed = managed.create(subject, "refreshed")
    new = issued(managed.refresh(refreshed))
    assert managed.form("revoke", new, anonymous=True).status == 200
    reported = managed.create(subject, "reported")
    assert managed.call("POST", "revoke", [str(reported)], anonymous=True).status == 202
    managed.call("DELETE", f"subjects/{subject}/tokens")

    entries = managed.audit(subject)
    assert all(before <= entry["at"] <= time.time() + 1 for entry in entries)
    assert {entry["subject"] for entry in entries} == {subject}

    def facts(entry: dict[str, Any]) -> tuple[str, ...]:
        return tuple(entry[name] for name in ("actor", "action", "token", "replaces", "reason"))

    assert sorted(map(facts, entries), key=str) == sorted(
        [
            ("admin", "created", revoked.id, None, None),
            ("admin", "revoked", revoked.id, None, "requested"),
            ("admin", "created", refreshed.id, None, None),
            ("admin", "refreshed", new.id, refreshed.id, None),
            ("admin", "revoked", refreshed.id, None, "refreshed"),
            ("holder", "revoked", new.id, None, "requested"),
            ("admin", "created", reported.id, None, None),
            ("report", "revoked", reported.id, None, "reported"),
            ("admin", "sessions_revoked", None, None, None),
        ],
        key=str,
    )


def test_the_use_of_a_revoked_token_is_recorded_and_revokes_nothing_else(managed: LedgerGate, subject: str) -> None:
    revoked, other = managed.create(subject, "revoked"), managed.create(subject, "other")
    managed.revoke(revoked, "?wait=20")
    managed.await_code(revoked, "token_revoked")

    def noted() -> list[str]:
        return [entry["token"] for entry in managed.audit(subject) if entry["action"] == "used_after_revocation"]

    wait_for(lambda: noted() == [revoked.id], 20, "the ledger to note the use")
    for _ in range(3):
        assert managed.use(revoked).code == "token_revoked"
    assert managed.record(other)["state"] == "live"
    assert managed.use(other).status == 200
