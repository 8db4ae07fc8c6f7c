"""Workers KV loses membership records that it had confirmed, or goes back to older ones: the ledger's heartbeat finds and
repairs them, without anybody's change."""

import time
from collections.abc import Callable

from bare_ledger_gate import BareLedgerGate, NewBareLedgerGate
from waiting import wait_for

# Heartbeats come every third of that.
LIST_VALID_SECONDS = 6

# More than one heartbeat looks at: src/service/durable_object/publishing_members.rs.
SUBJECTS = [f"user-{number}" for number in range(120)]
RECORDS_A_HEARTBEAT = 100

# Two rounds of heartbeats, and the writes, twenty at a time and each subject's a second apart.
REPAIRED_WITHIN_SECONDS = 40


# What may still be under way once all is there.
SETTLED_SECONDS = 2


def _key(subject: str) -> str:
    return f"members/{subject}"


def _version(gate: BareLedgerGate, subject: str) -> int:
    """The version of the record in KV (docs/formats.md)."""
    sealed = gate.store.values.get(_key(subject))
    return 0 if sealed is None else int.from_bytes(sealed[6:14])


def _said(sealed: bytes | None) -> bytes | None:
    """A record without its expiry, which differs each time that the ledger writes it."""
    return sealed and sealed[:18] + sealed[22:-32]


def test_what_kv_has_lost_is_written_again(
    new_ledger_gate: NewBareLedgerGate, note_figure: Callable[[str], None]
) -> None:
    gate = new_ledger_gate(MEMBERSHIP="kv", MEMBERSHIP_SECONDS="2", LIST_VALID_SECONDS=str(LIST_VALID_SECONDS))
    gate.await_lists()
    api = gate.api
    for subject in SUBJECTS:
        api.set_membership(subject, {"acme": "write"}, wait=0).expect(200, 202)
    wait_for(lambda: all(_version(gate, subject) == 1 for subject in SUBJECTS), 40, "all records to be published")
    older = gate.store.values[_key(SUBJECTS[0])]
    api.set_membership(SUBJECTS[0], {"acme": "no_access"}).expect(200)
    wanted = {subject: _said(gate.store.values[_key(subject)]) for subject in SUBJECTS}
    assert wanted[SUBJECTS[0]] != _said(older)

    # Lost, gone back to, and broken.
    with gate.store.lock:
        for subject in SUBJECTS:
            del gate.store.values[_key(subject)]
        gate.store.values[_key(SUBJECTS[0])] = older
        gate.store.values[_key(SUBJECTS[1])] = older[:-1] + bytes([older[-1] ^ 1])
    began = time.monotonic()

    def are_back() -> bool:
        return {subject: _said(gate.store.values.get(_key(subject))) for subject in SUBJECTS} == wanted

    wait_for(are_back, REPAIRED_WITHIN_SECONDS, "the records to be written again")
    took = time.monotonic() - began
    note_figure(f"KV lost {len(SUBJECTS)} membership records that it had confirmed: all written again, in {took:.0f} s")

    # Then there is nothing to do: what is there is looked at, so many at a heartbeat, and left alone.
    time.sleep(SETTLED_SECONDS)
    with gate.store.lock:
        gate.store.written.clear()
    mark = gate.store.asked
    time.sleep(LIST_VALID_SECONDS)
    heartbeats = sum(key.startswith("revocations/") for key, _ in gate.store.written)
    looked_at = sum(key.startswith("members/") for key in gate.store.asked_for[mark:])
    assert heartbeats >= 2
    assert 0 < looked_at <= (heartbeats + 1) * RECORDS_A_HEARTBEAT
    assert not [key for key, _ in gate.store.written if key.startswith("members/")]
