"""People whom an operator shuts out: their sessions end with their tokens, and who is blocked comes in no more."""

import json
import time

import pytest

import secrets_used
from bare_ledger_gate import BareLedgerGate, NewBareLedgerGate
from clients import curl
from visitor import Visitor, post, sign_in_assertion


def audited(gate: BareLedgerGate, subject: str) -> list[tuple[str, str]]:
    """The actor and action of each audit entry, oldest first."""
    return [(entry["actor"], entry["action"]) for entry in gate.api.audit(subject)][::-1]


def test_revoking_all_tokens_revokes_the_sessions_that_could_make_new_ones(
    ledger_gate: BareLedgerGate, hub_key: bytes
) -> None:
    intruder = Visitor(ledger_gate, hub_key, "alice")
    other = Visitor(ledger_gate, hub_key, "bob")
    token = intruder.create("stolen", "write")
    assert ledger_gate.api.call("DELETE", "/subjects/alice/tokens?wait=10").expect(200).body["revoked"] == 1
    for method, path, body in (
        ("POST", intruder.own(), {"name": "again", "role": "write"}),
        ("POST", intruder.own(f"/{token.id}/refresh"), None),
        ("GET", intruder.own(), None),
        ("DELETE", intruder.own(), None),
        ("GET", "api/session", None),
    ):
        answer = intruder.call(method, path, body)
        assert (answer.status, answer.code) == (401, "session_expired"), path
    assert ledger_gate.api.tokens("alice") == {}
    # Nobody else's session is touched, and alice signs in again in the same second.
    other.create("laptop")
    back = Visitor(ledger_gate, hub_key, "alice")
    back.create("new")
    # Revoking one token, or all of one's own, ends no session.
    ledger_gate.api.call("DELETE", f"/subjects/alice/tokens/{token.id}").expect(200, 202)
    assert back.call("DELETE", back.own()).status in (200, 202)
    back.create("newer")
    assert audited(ledger_gate, "alice") == [
        ("session", "signed_in"),
        ("session", "created"),
        ("admin", "sessions_revoked"),
        ("admin", "revoked"),
        ("session", "signed_in"),
        ("session", "created"),
        ("session", "revoked"),
        ("session", "created"),
    ]


def test_a_session_that_begins_right_after_a_revocation_is_revoked_by_the_next(
    ledger_gate: BareLedgerGate, hub_key: bytes
) -> None:
    """Within one second, a session is dated ahead of the clock, so that the first revocation does not cover it."""
    revoke_all = ("DELETE", "/subjects/quick/tokens")
    block = ("PUT", "/subjects/quick/block")
    for method, path in (revoke_all, block):
        for _ in range(3):
            ledger_gate.api.call(*revoke_all).expect(200, 202)
            somebody = Visitor(ledger_gate, hub_key, "quick")
            ledger_gate.api.call(method, path).expect(200, 202)
            ledger_gate.api.call("DELETE", "/subjects/quick/block").expect(200)
            answer = somebody.call("GET", "api/session")
            assert (answer.status, answer.code) == (401, "session_expired"), path


def test_who_is_blocked_neither_signs_in_nor_gets_a_token(ledger_gate: BareLedgerGate, hub_key: bytes) -> None:
    gate = ledger_gate
    somebody = Visitor(gate, hub_key, "mallory")
    token = somebody.create("kept", "read")
    before = gate.api.call("GET", "/subjects/mallory/block").expect(200).body
    nobody = {"blocked_at": None, "sessions_revoked_at": None, "unanswered_shards": []}
    assert before == {"subject": "mallory"} | nobody
    blocked = gate.api.call("PUT", "/subjects/mallory/block").expect(200).body
    assert abs(blocked["blocked_at"] - time.time()) < 30
    assert gate.api.call("PUT", "/subjects/mallory/block").expect(200).body == blocked
    assert gate.api.call("GET", "/subjects/mallory/block").expect(200).body == blocked
    refused = post(gate, sign_in_assertion(hub_key, gate.page, "mallory"), "Accept: text/html")
    assert (refused.status, refused.code, refused.header("Set-Cookie")) == (403, "subject_blocked", None)
    assert "blocked" in refused.text
    for answer in (
        somebody.call("POST", somebody.own(), {"name": "x", "role": "read"}),
        somebody.call("POST", somebody.own(f"/{token.id}/refresh")),
        somebody.call("GET", "api/session"),
    ):
        assert (answer.status, answer.code) == (403, "subject_blocked")
    # Nor does the hub's backend make tokens for them by mistake.
    assert gate.api.create("mallory", "y").expect(403).code == "subject_blocked"
    assert gate.api.refresh("mallory", token.id).expect(403).code == "subject_blocked"
    # A block takes no token away. That is a call of its own.
    assert gate.api.is_accepted(token.text)
    Visitor(gate, hub_key, "alice").create("laptop")
    unblocked = gate.api.call("DELETE", "/subjects/mallory/block").expect(200).body
    assert unblocked == blocked | {"blocked_at": None}
    # The session from before the block stays revoked.
    assert somebody.call("GET", "api/session").code == "session_expired"
    Visitor(gate, hub_key, "mallory").create("new")
    assert audited(gate, "mallory") == [
        ("session", "signed_in"),
        ("session", "created"),
        ("admin", "sessions_revoked"),
        ("admin", "blocked"),
        ("session", "sign_in_refused"),
        ("admin", "unblocked"),
        ("session", "signed_in"),
        ("session", "created"),
    ]


def test_a_block_holds_whatever_the_number_of_shards(new_ledger_gate: NewBareLedgerGate, hub_key: bytes) -> None:
    gate = new_ledger_gate()
    gate.await_lists()
    # Some of these have another home once there are four.
    names = [f"user-{number}" for number in range(6)]
    sessions = [Visitor(gate, hub_key, name) for name in names]
    for name in names[:5]:
        gate.api.call("PUT", f"/subjects/{name}/block").expect(200)
    gate.api.call("DELETE", f"/subjects/{names[5]}/tokens").expect(200, 202)
    gate.stop_only()
    gate.start_again(SHARDS="4")
    gate.await_lists(4)
    for name, session in zip(names, sessions):
        code = "session_expired" if name == names[5] else "subject_blocked"
        assert session.call("POST", session.own(), {"name": "x", "role": "read"}).code == code
    for name in names[:5]:
        assert gate.api.create(name, "y").code == "subject_blocked", name
        assert post(gate, sign_in_assertion(hub_key, gate.page, name)).code == "subject_blocked"
        gate.api.call("DELETE", f"/subjects/{name}/block").expect(200)
        gate.api.create(name, "y").expect(201)


def test_sign_ins_fill_no_audit(ledger_gate: BareLedgerGate, hub_key: bytes) -> None:
    once = sign_in_assertion(hub_key, ledger_gate.page)
    for _ in range(30):
        answer = post(ledger_gate, sign_in_assertion(hub_key, ledger_gate.page))
        assert answer.status == 303
        secrets_used.remember((answer.header("Set-Cookie") or "").split(";")[0].partition("=")[2])
    answer = post(ledger_gate, once)
    secrets_used.remember((answer.header("Set-Cookie") or "").split(";")[0].partition("=")[2])
    for _ in range(30):
        assert post(ledger_gate, once).code == "sign_in_assertion_used"
    # Nobody's word stands for nothing: such tries are in the log alone.
    post(ledger_gate, sign_in_assertion(b"0" * 32, ledger_gate.page))
    actions = [action for _, action in audited(ledger_gate, "alice")]
    assert actions == ["signed_in"] * 31 + ["sign_in_refused"] * 19


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_block_is_the_admins_alone(ledger_gate: BareLedgerGate, hub_key: bytes, method: str) -> None:
    somebody = Visitor(ledger_gate, hub_key, "alice")
    assert somebody.call(method, "api/subjects/alice/block").code == "admin_required"
    assert somebody.call(method, "api/subjects/bob/block").code == "admin_required"
    token = somebody.create("laptop", "write")
    refused = curl(f"{ledger_gate.url}/-/api/subjects/bob/block", "--request", method, token=token)
    assert (refused.status, refused.code) == (403, "admin_required")
    assert json.loads(refused.body)["code"] == "admin_required"
