"""Membership records that are missing, not genuine, or unreachable: the gate permits no change because of them, and reads
go on."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import secrets_used
import tool
import words
from bare_ledger_gate import BareLedgerGate, NewBareLedgerGate
from management import Answer
from tool import Token
from waiting import wait_for
from witness import Witness

PUSH = "/acme/widget/git-receive-pack"
PROPOSE = "/api/models/acme/widget/commit/main?create_pr=1"
OWN_PUSH = "/{}/mine/git-receive-pack"

# A refresh after a response, and the time to read what it returned.
REFRESHED_SECONDS = 3

# More than a ledger writes in one turn, and a time in which it would take none but the first turn.
RECORDS = 65
HEARTBEAT = 20


@pytest.fixture(scope="module")
def gate(workshop: Path, keys: str, witness: Witness) -> Iterator[BareLedgerGate]:
    variables = {"ORIGIN_URL": witness.url, "MEMBERSHIP": "kv", "MEMBERSHIP_SECONDS": "2"}
    running = BareLedgerGate(workshop / "records", keys, variables)
    running.await_lists()
    yield running
    running.stop()


def _ask(gate: BareLedgerGate, token: Token, method: str, path: str) -> Answer:
    headers, body = {"Authorization": f"Bearer {token}"}, None
    if method == "POST":
        # A body of lines of JSON leaves it to the query whether it is a pull request.
        headers, body = headers | {"Content-Type": "application/x-ndjson"}, '{"key":"header"}\n'
    return gate.api.connections.exchange(method, path, headers, body)


def _key(token: Token) -> str:
    return f"members/{token.subject}"


def _member(gate: BareLedgerGate, subject: str, role: str) -> Token:
    """A subject whose record this isolate has not read yet."""
    gate.api.set_membership(subject, {"acme": role}).expect(200)
    return gate.create(subject, "write")


def _assert_nothing_is_changed(gate: BareLedgerGate, token: Token, origin: Witness) -> None:
    """Writes are refused even in the user's own namespace, because the record may say otherwise. Reads go on."""
    before = len(origin.seen)
    for path in (PUSH, PROPOSE, OWN_PUSH.format(token.subject)):
        answer = _ask(gate, token, "POST", path)
        assert (answer.status, answer.code) == (503, "memberships_unavailable")
        # Hub clients read `error`, and end the sentence themselves.
        said = answer.body.get("error") or answer.body["detail"]
        assert said.removesuffix(".") == words.MEMBERSHIPS_UNAVAILABLE.removesuffix(".")
    assert len(origin.seen) == before
    for method, path in (
        ("GET", "/acme/widget"),
        ("POST", "/acme/widget/git-upload-pack"),
    ):
        assert _ask(gate, token, method, path).status == 200
    assert len(origin.seen) == before + 2


def _faults_since(gate: BareLedgerGate, mark: int) -> list[dict[str, Any]]:
    return [line for line in gate.log_lines()[mark:] if line["event"] == "memberships"]


def test_without_a_record_one_is_in_no_organization(gate: BareLedgerGate) -> None:
    token = gate.create("nobody", "write")
    mark = gate.log_mark()
    refused = _ask(gate, token, "POST", PUSH)
    assert (refused.status, refused.code) == (403, "membership_insufficient")
    assert refused.body["detail"] == words.membership_insufficient("none")
    assert _ask(gate, token, "POST", PROPOSE).status == 200
    [line] = gate.log_lines_since(mark)
    assert (line["event"], line["code"], line["status"]) == ("refused", "membership_insufficient", 403)
    assert line["token"] == token.id and "git-receive-pack" in line["route"]


@pytest.mark.parametrize(
    ("fault", "change"),
    [
        ("membership_seal", lambda sealed: sealed[:-1] + bytes([sealed[-1] ^ 1])),
        ("membership_seal", lambda sealed: sealed.replace(b"\x02\x04acme", b"\x05\x04acme")),
        ("membership_short", lambda sealed: sealed[:20]),
        ("membership_short", lambda _sealed: b""),
        ("membership_magic", lambda sealed: b"LYRL" + sealed[4:]),
        ("membership_unknown_key", lambda sealed: sealed[:5] + b"\x63" + sealed[6:]),
        ("membership_long", lambda sealed: sealed + bytes(100_000)),
    ],
    ids=["seal", "role-raised", "cut", "empty", "magic", "key", "long"],
)
def test_a_changed_record_counts_for_nothing(
    request: pytest.FixtureRequest, gate: BareLedgerGate, witness: Witness, fault: str, change: Any
) -> None:
    token = _member(gate, request.node.callspec.id, "read")
    genuine = gate.store.values[_key(token)]
    changed = change(genuine)
    assert changed != genuine
    gate.store.values[_key(token)] = changed
    mark = gate.log_mark()
    _assert_nothing_is_changed(gate, token, witness)
    [line, *_again] = _faults_since(gate, mark)
    assert line["code"] == fault and line["detail"]
    gate.await_log_line(mark, event="failed", code="memberships_unavailable", status=503, token=token.id)
    # The gate recovers once the record is right again.
    gate.store.values[_key(token)] = genuine
    time.sleep(REFRESHED_SECONDS)
    assert _ask(gate, token, "POST", PUSH).code == "membership_insufficient"


def test_another_subjects_record_counts_for_nothing(gate: BareLedgerGate, witness: Witness) -> None:
    gate.api.set_membership("owner-of-it", {"acme": "admin"}).expect(200)
    token = gate.create("thief", "write")
    gate.store.values[_key(token)] = gate.store.values["members/owner-of-it"]
    mark = gate.log_mark()
    _assert_nothing_is_changed(gate, token, witness)
    assert {line["code"] for line in _faults_since(gate, mark)} == {"membership_subject"}


@pytest.mark.parametrize("what", ["rolled_back", "gone", "seal"])
def test_a_cached_record_outlasts_a_worse_one(gate: BareLedgerGate, what: str) -> None:
    """The older record says write; the cached one does not."""
    token = _member(gate, f"outlasts-{what}", "write")
    older = gate.store.values[_key(token)]
    gate.api.set_membership(token.subject, {"acme": "read"}).expect(200)
    assert _ask(gate, token, "POST", PUSH).code == "membership_insufficient"
    match what:
        case "rolled_back":
            gate.store.values[_key(token)] = older
        case "gone":
            del gate.store.values[_key(token)]
        case "seal":
            gate.store.values[_key(token)] = older[:-1] + bytes([older[-1] ^ 1])
    mark = gate.log_mark()
    until = time.monotonic() + 2 * REFRESHED_SECONDS
    while time.monotonic() < until:
        refused = _ask(gate, token, "POST", PUSH)
        assert (refused.status, refused.code) == (403, "membership_insufficient")
        assert refused.body["detail"] == words.membership_insufficient("read")
        time.sleep(0.2)
    faults = _faults_since(gate, mark)
    # What is gone from KV, the ledger has.
    assert {line["code"] for line in faults} == (set() if what == "gone" else {f"membership_{what}"})
    # A newer one is taken again, though not by the first request: after a failure none waits for KV.
    gate.api.set_membership(token.subject, {"acme": "admin"}).expect(200)
    wait_for(lambda: _ask(gate, token, "POST", PUSH).status == 200, 2 * REFRESHED_SECONDS, "the newer record")


def test_all_records_are_sealed_anew_after_a_rotation(
    new_ledger_gate: NewBareLedgerGate, keys: str, note_figure: Callable[[str], None]
) -> None:
    """All records are sealed anew within one heartbeat. Then the old key can be removed."""
    gate = new_ledger_gate(MEMBERSHIP="kv", MEMBERSHIP_SECONDS="2", LIST_VALID_SECONDS=str(3 * HEARTBEAT))
    gate.await_lists()
    subjects = [f"member-{number}" for number in range(RECORDS)]
    for subject in subjects:
        gate.api.set_membership(subject, {"acme": "read"}, wait=0).expect(200, 202)
    wait_for(lambda: _sealed_with(gate, 1) == RECORDS, 30, "the records to be published")
    rotated = tool.run_lychgate("keys", "rotate", keys=keys).strip()
    for key in json.loads(rotated)["keys"].values():
        secrets_used.remember(key)
    gate.stop_only()
    gate.start_again(LYCHGATE_KEYS=rotated)
    began = time.monotonic()

    def reports_no_old_seals() -> bool:
        is_done = gate.lychgate("ledger", "sealed-with", "1").status == 0
        # What the operator goes by before the old key goes.
        assert not is_done or _sealed_with(gate, 1) == 0
        return is_done

    assert not reports_no_old_seals()
    wait_for(reports_no_old_seals, HEARTBEAT + 10, "the gate to tell that nothing is sealed with the old key")
    assert _sealed_with(gate, 2) == RECORDS
    seconds = time.monotonic() - began
    note_figure(f"{RECORDS} membership records sealed anew {seconds:.1f} s after a rotation, at heartbeats of {HEARTBEAT} s")


def _sealed_with(gate: BareLedgerGate, key_id: int) -> int:
    """The number of records in KV that are sealed with this key."""
    records = [value for key, value in list(gate.store.values.items()) if key.startswith("members/")]
    return sum(record[:4] == b"LYMR" and record[5] == key_id for record in records)


def test_cached_records_hold_while_kv_is_out_of_reach(gate: BareLedgerGate, witness: Witness) -> None:
    writer, reader = _member(gate, "kv-writer", "write"), _member(gate, "kv-reader", "read")
    unread = _member(gate, "kv-unread", "write")
    nobody = gate.create("kv-nobody", "write")
    assert _ask(gate, writer, "POST", PUSH).status == 200
    for token in (reader, nobody):
        assert _ask(gate, token, "POST", PUSH).code == "membership_insufficient"
    mark = gate.log_mark()
    gate.store.fails = True
    try:
        until = time.monotonic() + 2 * REFRESHED_SECONDS
        while time.monotonic() < until:
            assert _ask(gate, writer, "POST", PUSH).status == 200
            for token in (reader, nobody):
                refused = _ask(gate, token, "POST", PUSH)
                assert (refused.status, refused.code) == (403, "membership_insufficient")
            time.sleep(0.2)
        _assert_nothing_is_changed(gate, unread, witness)
    finally:
        gate.store.fails = False
    assert {line["code"] for line in _faults_since(gate, mark)} == {"membership_unreadable"}
    time.sleep(REFRESHED_SECONDS)
    assert _ask(gate, unread, "POST", PUSH).status == 200


def test_a_kv_that_never_answers_holds_up_no_read(gate: BareLedgerGate) -> None:
    token = _member(gate, "kv-slow", "write")
    assert _ask(gate, token, "GET", "/acme/widget").status == 200
    gate.store.answers.clear()
    try:
        began = time.monotonic()
        assert _ask(gate, token, "GET", "/acme/widget").status == 200
        assert time.monotonic() - began < 3
        # A write waits for the record and for the list, five seconds each.
        answer = _ask(gate, token, "POST", PUSH)
        assert (answer.status, answer.code) == (503, "memberships_unavailable")
        assert time.monotonic() - began < 15
    finally:
        gate.store.answers.set()
