"""Who may do what at the management API: every route of docs/openapi.yaml, by every kind of caller."""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

import secrets_used
import tool
from clients import Response, basic
from contract import CONTRACT, METHODS, OPERATIONS
from ledger_gate import FORM, JSON, LedgerGate, issued
from tool import Token
from waiting import wait_for

CALLERS = ["nobody", "wrong key", "read token", "write token", "admin"]

# Status and code for each of CALLERS.
Answers = tuple[tuple[int, str | None], ...]

DENIED = (401, "admin_required")
TOKEN_DENIED = (403, "admin_required")


def admin_only(status: int) -> Answers:
    return (DENIED, DENIED, TOKEN_DENIED, TOKEN_DENIED, (status, None))


def anyone(status: int, code: str | None = None) -> Answers:
    return ((status, code),) * len(CALLERS)


@dataclass(frozen=True)
class Row:
    """The status for each caller of a route, and the body to send."""

    answers: Answers
    headers: list[str] = field(default_factory=list)
    body: str | None = None


ROWS = {
    "listTokens": Row(admin_only(200)),
    "createToken": Row(admin_only(201), [JSON], '{"name": "made by user", "role": "read"}'),
    "revokeAllTokens": Row(admin_only(200)),
    "revokeToken": Row(admin_only(200)),
    "refreshToken": Row(admin_only(201)),
    "revokeTokens": Row(anyone(200), [FORM], "token=what-nobody-holds"),
    "introspectToken": Row(admin_only(200), [FORM], "token=what-nobody-holds"),
    "whoami": Row(
        ((401, "token_required"), (401, "token_invalid"), (200, None), (200, None), (401, "token_invalid"))
    ),
    "health": Row(anyone(200)),
    "audit": Row(admin_only(200)),
    "exportRecords": Row(admin_only(200)),
    "importRecords": Row(admin_only(200), [JSON], '{"records": []}'),
    "tokenRevocationStatus": Row(admin_only(200)),
    "readMembership": Row(admin_only(200)),
    "setMembership": Row(admin_only(200), [JSON], '{"acme": "write"}'),
    "removeMembership": Row(admin_only(200)),
    "readBlock": Row(admin_only(200)),
    "blockSubject": Row(admin_only(200)),
    "unblockSubject": Row(admin_only(200)),
    "hub": Row(anyone(200)),
    # Credentials are no session.
    "session": Row(anyone(401, "session_required")),
    # The signature alone decides.
    "githubSecretScanning": Row(anyone(401, "signature_invalid"), [JSON], "[]"),
}


@dataclass(frozen=True)
class User:
    """A subject with one token for each role, and one that may be revoked."""

    name: str
    read: Token
    write: Token
    target: Token


@pytest.fixture
def user(managed: LedgerGate) -> User:
    return create_user(managed, f"user-{secrets.token_hex(6)}")


def create_user(gate: LedgerGate, name: str) -> User:
    return User(
        name, gate.create(name, "reads", "read"), gate.create(name, "writes", "write"), gate.create(name, "target")
    )


def credentials(caller: str, user: User) -> dict[str, object]:
    return {
        "nobody": {"anonymous": True},
        "wrong key": {"key": secrets_used.marker("wrong")},
        "read token": {"key": user.read},
        "write token": {"key": user.write},
        "admin": {},
    }[caller]


def send(gate: LedgerGate, operation_id: str, subject: str, id: str, **caller: object) -> Response:
    operation, row = OPERATIONS[operation_id], ROWS[operation_id]
    path = operation.path.replace("{subject}", subject).replace("{id}", id).replace("{shard}", "0")
    waits = operation.method in ("DELETE", "PUT") and not path.endswith("/block")
    path += "?wait=10" if waits else ""
    stdin = None if row.body is None else row.body.encode()
    return gate.call(operation.method, path, headers=row.headers, stdin=stdin, **caller)


def ledger_of(gate: LedgerGate, subject: str) -> object:
    return gate.tokens(subject), gate.audit(subject)


def test_the_table_has_every_route_and_no_other() -> None:
    assert set(ROWS) == set(OPERATIONS)
    for name, operation in OPERATIONS.items():
        is_for_admins = ROWS[name].answers[:4] == admin_only(0)[:4]
        assert ("adminKey" in operation.security) == is_for_admins, name


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("operation_id", sorted(OPERATIONS))
def test_every_route_lets_through_whom_it_says_and_nobody_else(
    managed: LedgerGate, user: User, operation_id: str, caller: str
) -> None:
    before = ledger_of(managed, user.name)
    status, code = ROWS[operation_id].answers[CALLERS.index(caller)]
    if operation_id in ("whoami", "health") and status == 200:
        # A new ledger's first list takes a moment to be published and read.
        wait_for(
            lambda: send(managed, operation_id, user.name, "", **credentials(caller, user)).status == 200,
            15,
            "the lists to be in force",
        )
    answer = send(managed, operation_id, user.name, user.target.id, **credentials(caller, user))
    assert (answer.status, answer.code) == (status, code), answer
    if answer.status == 201:
        issued(answer)
    if code is not None:
        assert answer.header("Content-Type") == "application/problem+json"
        assert json.loads(answer.body)["code"] == code
    if caller != "admin" or OPERATIONS[operation_id].method == "GET":
        assert ledger_of(managed, user.name) == before
    if status == 401 and "adminKey" in OPERATIONS[operation_id].security:
        assert (answer.header("WWW-Authenticate") or "").startswith("Bearer")


# A list says the same of an id, whoever owns the token.
ON_A_TOKEN = sorted(
    name for name, operation in OPERATIONS.items() if "{id}" in operation.path and name != "tokenRevocationStatus"
)
OF_A_SUBJECT = sorted(name for name, operation in OPERATIONS.items() if "{subject}" in operation.path)


@pytest.mark.parametrize("operation_id", ON_A_TOKEN)
def test_another_subjects_id_is_not_found(managed: LedgerGate, user: User, operation_id: str) -> None:
    before = ledger_of(managed, user.name)
    answer = send(managed, operation_id, f"not-{user.name}", user.target.id)
    assert (answer.status, answer.code) == (404, "not_found")
    assert user.name not in answer.text
    for id in ("0-4294967294", "1-4294967294", "7-1"):
        answer = send(managed, operation_id, user.name, id)
        assert (answer.status, answer.code) == (404, "not_found"), id
    assert ledger_of(managed, user.name) == before


def test_revocation_status_tells_what_the_list_says_of_a_subjects_own_tokens(managed: LedgerGate, user: User) -> None:
    for id in (user.target.id, user.read.id):
        # An edge may have cached the list before the one that the ledger has just published.
        assert json.loads(send(managed, "tokenRevocationStatus", user.name, id).body)["refused_here"] is False
        assert send(managed, "tokenRevocationStatus", f"not-{user.name}", id).code == "not_found"
    for id in ("0-4294967294", "7-1"):
        assert send(managed, "tokenRevocationStatus", user.name, id).code == "not_found"


@pytest.mark.parametrize("operation_id", OF_A_SUBJECT)
def test_a_token_reaches_neither_its_own_subjects_tokens_nor_anothers(
    managed: LedgerGate, user: User, operation_id: str
) -> None:
    other = create_user(managed, f"other-{user.name}")
    before = ledger_of(managed, other.name), ledger_of(managed, user.name)
    for key in (user.read, user.write):
        for subject, id in (
            (user.name, key.id),
            (other.name, other.target.id),
            (user.name, other.target.id),
            ("nobody-at-all", "0-4294967294"),
        ):
            answer = send(managed, operation_id, subject, id, key=key)
            # The same whether it is there or not: nothing can be found out.
            assert (answer.status, answer.code) == TOKEN_DENIED
    assert (ledger_of(managed, other.name), ledger_of(managed, user.name)) == before


def test_only_the_admin_key_as_bearer_opens(managed: LedgerGate, user: User, keys: str) -> None:
    path, key = f"subjects/{user.name}/tokens", managed.admin_key
    for header, status in (
        (f"Authorization: Bearer {key}", 200),
        (f"Authorization: bearer {key}", 200),
        (basic("admin", key), 401),
        (basic(key, ""), 401),
        (f"Authorization: {key}", 401),
        (f"Authorization: Digest {key}", 401),
        (f"Authorization: Bearer {secrets_used.remember(key[:-1])}", 401),
        (f"Authorization: Bearer {secrets_used.remember(key + '0')}", 401),
        (f"Authorization: Bearer {secrets_used.remember(key.upper())}", 401),
        ("Authorization: Bearer", 401),
        (f"Cookie: token={key}", 401),
        (f"X-Api-Key: {key}", 401),
        (basic("alice", user.write), 403),
        (f"Authorization: Bearer {tool.mint(tool.new_keys(), 'write')}", 401),
        (f"Authorization: Bearer {tool.mint(keys, 'write', shard=9)}", 403),
    ):
        answer = managed.call("GET", path, headers=[header], anonymous=True)
        assert answer.status == status, header.replace(key, "KEY")
        assert answer.code == (None if status == 200 else "admin_required")
    # Nor in the query, where logs would show it.
    assert managed.call("GET", f"{path}?access_token={key}", anonymous=True).status == 401


def test_checks_the_caller_before_anything_that_was_sent(managed: LedgerGate, user: User) -> None:
    """A caller without authorization learns nothing of what exists, and the gate reads no body for it."""
    for method, path, stdin in (
        ("GET", "subjects/a%20b/tokens", None),
        ("GET", f"subjects/{user.name}/tokens?limit=x", None),
        ("DELETE", f"subjects/{user.name}/tokens/x", None),
        ("POST", f"subjects/{user.name}/tokens", b"{" * 20_000),
        ("POST", "introspect", b"x" * 20_000),
    ):
        for caller, expected in ((({"anonymous": True}), DENIED), ({"key": user.write}, TOKEN_DENIED)):
            answer = managed.call(method, path, stdin=stdin, **caller)
            assert (answer.status, answer.code) == expected, path


@pytest.mark.parametrize("path", sorted(CONTRACT["paths"]))
def test_a_path_has_its_documented_methods_and_no_other(managed: LedgerGate, path: str) -> None:
    there = {method for method in CONTRACT["paths"][path] if method in METHODS}
    filled = path.removeprefix("/-/api/").replace("{subject}", "alice").replace("{id}", "0-1")
    for method in ("GET", "PUT", "POST", "DELETE", "PATCH"):
        if method.lower() not in there:
            answer = managed.call(method, filled)
            assert (answer.status, answer.code) == (405, "method_not_allowed"), method
            allowed = (answer.header("Allow") or "").lower().split(", ")
            assert set(allowed) == there, method
    assert managed.call("GET", f"{filled}/", anonymous=True).code == "not_found"
    assert managed.call("GET", f"{filled}x/y").code == "not_found"


def _form(gate: LedgerGate, text: str) -> Response:
    return gate.form("revoke", text, anonymous=True)


def _list(gate: LedgerGate, text: str) -> Response:
    return gate.call("POST", "revoke", [text], anonymous=True)


@pytest.mark.parametrize(("revoke", "status", "reason"), [(_form, 200, "requested"), (_list, 202, "reported")])
def test_a_token_revokes_itself_and_nothing_else(
    managed: LedgerGate,
    user: User,
    revoke: Callable[[LedgerGate, str], Response],
    status: int,
    reason: str,
) -> None:
    target = user.target
    # Neither a name for it nor anything near it is the token.
    near = [
        target.id,
        target.subject,
        target.text[:-1],
        target.text + "A",
        target.text[:-1] + ("A" if target.text[-1] != "A" else "B"),
        "hub" + target.text[3:].swapcase(),
        str(tool.mint(tool.new_keys(), "write", subject=target.subject)),
    ]
    before = ledger_of(managed, user.name)
    for text in near:
        answer = revoke(managed, secrets_used.remember(text) if len(text) > 40 else text)
        assert (answer.status, answer.body) == (status, b"")
    assert ledger_of(managed, user.name) == before

    answer = revoke(managed, target.text)
    assert (answer.status, answer.body) == (status, b"")
    managed.await_code(target, "token_revoked")
    assert managed.record(target)["revocation_reason"] == reason
    states = {record["id"]: record["state"] for record in managed.tokens(user.name)}
    assert states == {target.id: "revoked", user.read.id: "live", user.write.id: "live"}
    for other in (user.read, user.write):
        assert managed.use(other).status == 200
