"""The time from a change of membership until the edge enforces it, on this machine."""

import statistics
import time
from collections.abc import Callable

import pytest

from bare_ledger_gate import BareLedgerGate, NewBareLedgerGate
from clients import curl
from management import Answer
from tool import Token

CHANGES = 30
POLL_SECONDS = 0.02

# What the fixture's gates are set to.
MEMBERSHIP_SECONDS = 2
# For a request on its way, on a machine that is busy.
SLACK_SECONDS = 1

PUSH = "/acme/widget/git-receive-pack"


def _push(gate: BareLedgerGate, token: Token) -> Answer:
    return gate.api.connections.exchange("POST", PUSH, {"Authorization": f"Bearer {token}"}, "0000")


def _may_push(gate: BareLedgerGate, token: Token) -> bool:
    answer = _push(gate, token)
    if answer.status == 200:
        return True
    assert (answer.status, answer.code) == (403, "membership_insufficient"), answer
    return False


@pytest.mark.alone
def test_a_change_is_in_force_within_the_configured_time(
    membership_gate: BareLedgerGate, note_figure: Callable[[str], None]
) -> None:
    gate, token = membership_gate, membership_gate.create("alice", "write")
    from_answer, from_kv = [], []
    assert not _may_push(gate, token)
    for number in range(CHANGES):
        role = ["write", "read"][number % 2]
        before = gate.store.values.get("members/alice")
        gate.api.set_membership("alice", {"acme": role}, wait=0).expect(200, 202)
        answered = time.monotonic()
        shown = None
        while _may_push(gate, token) != (role == "write"):
            if shown is None and gate.store.values.get("members/alice") != before:
                shown = time.monotonic()
            assert time.monotonic() - answered < 30, f"change {number} is still not in force"
            time.sleep(POLL_SECONDS)
        now = time.monotonic()
        from_answer.append(now - answered)
        from_kv.append(now - (shown or now))
    note_figure(
        f"set to in force, {CHANGES} changes of membership, MEMBERSHIP_SECONDS = {MEMBERSHIP_SECONDS}: median "
        f"{statistics.median(from_answer):.2f} s, worst {max(from_answer):.2f} s; from its being in KV: median "
        f"{statistics.median(from_kv):.2f} s, worst {max(from_kv):.2f} s"
    )
    assert max(from_kv) <= MEMBERSHIP_SECONDS + SLACK_SECONDS
    # A ledger publishes once a second at most.
    assert max(from_answer) <= 1 + MEMBERSHIP_SECONDS + SLACK_SECONDS


def test_after_a_pause_the_first_request_is_judged_by_what_is_in_force(membership_gate: BareLedgerGate) -> None:
    gate, token = membership_gate, membership_gate.create("alice", "write")
    for role in ["write", "read", "admin", "no_access"]:
        gate.api.set_membership("alice", {"acme": role}).expect(200)
        time.sleep(MEMBERSHIP_SECONDS)
        assert _may_push(gate, token) == (role in ("write", "admin")), role


def test_whoever_is_unknown_becomes_a_member(membership_gate: BareLedgerGate) -> None:
    """The absence of a record is cached for as long as a record."""
    gate, token = membership_gate, membership_gate.create("alice", "write")
    assert not _may_push(gate, token)
    gate.api.set_membership("alice", {"acme": "write"}).expect(200)
    time.sleep(MEMBERSHIP_SECONDS)
    assert _may_push(gate, token)


def test_reads_ask_for_no_record(membership_gate: BareLedgerGate) -> None:
    gate, token = membership_gate, membership_gate.create("alice", "write")
    asked = gate.store.asked
    for path in ("/acme/widget", "/alice/mine"):
        assert curl(gate.url + path, token=token).status == 200
    keys = [key for key in gate.store.asked_for[asked:] if key.startswith("members/")]
    assert keys == []
    assert not _may_push(gate, token)
    assert gate.store.asked_for[-1] == "members/alice"


def test_a_record_says_first_whose_the_namespace_of_a_name_is(
    membership_gate: BareLedgerGate, new_ledger_gate: NewBareLedgerGate
) -> None:
    """A user with the name of an organization may not push to it, neither by default nor against the record."""
    by_record = membership_gate
    by_name = new_ledger_gate(MEMBERSHIP="kv", MEMBERSHIP_SECONDS="2", OWN_NAMESPACE="by-name")
    by_name.await_lists()

    def push(gate: BareLedgerGate, token: Token, namespace: str) -> int:
        return curl(f"{gate.url}/{namespace}/mine/git-receive-pack", "--request", "POST", token=token).status

    acme, alice = by_record.create("acme", "write"), by_record.create("alice", "write")
    assert push(by_record, acme, "acme") == 403
    by_record.api.set_membership("alice", {"alice": "admin"}).expect(200)
    assert push(by_record, alice, "alice") == 200

    acme, alice = by_name.create("acme", "write"), by_name.create("alice", "write")
    assert (push(by_name, alice, "alice"), push(by_name, alice, "Alice")) == (200, 403)
    by_name.api.set_membership("acme", {"acme": "read"}).expect(200)
    assert push(by_name, acme, "acme") == 403
    by_name.api.set_membership("alice", {"Alice": "no_access"}).expect(200)
    time.sleep(MEMBERSHIP_SECONDS)
    assert push(by_name, alice, "alice") == 403
