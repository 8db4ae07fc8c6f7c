"""The Worker is killed between the ledger's commit and the publication: no confirmed change of membership is lost."""

import http.client
import random
import threading
import time
from collections.abc import Callable

from bare import OnWrite
from bare_ledger_gate import BareLedgerGate
from waiting import wait_for

CRASHES = 10
SUBJECTS = [f"user-{number}" for number in range(4)]
ROLES = ["read", "contributor", "write", "admin", "no_access"]


def _published_version(gate: BareLedgerGate, subject: str) -> int:
    """The version of the record in KV (docs/formats.md)."""
    sealed = gate.store.values.get(f"members/{subject}")
    return 0 if sealed is None else int.from_bytes(sealed[6:14])


def _set_until_it_dies(gate: BareLedgerGate, subject: str, told: dict[str, tuple[int, str]], dies_at: float) -> None:
    dice = random.Random(f"{subject} {dies_at}")
    while time.monotonic() < dies_at:
        role = dice.choice([role for role in ROLES if role != told.get(subject, (0, ""))[1]])
        try:
            answer = gate.api.set_membership(subject, {"acme": role}, wait=0)
        except (OSError, http.client.HTTPException):
            return
        told[subject] = (answer.expect(200, 202).body["version"], role)
        time.sleep(dice.uniform(0, 0.3))


def test_killed_before_the_publication(membership_gate: BareLedgerGate, note_figure: Callable[[str], None]) -> None:
    gate, dice = membership_gate, random.Random("memberships")
    told: dict[str, tuple[int, str]] = {}
    gate.store.on_write = lambda: OnWrite(seconds_before=random.uniform(0, 0.3), seconds_after=random.uniform(0, 0.3))

    def is_published(subject: str) -> bool:
        return _published_version(gate, subject) >= told[subject][0]

    unpublished_at_kill = 0
    for crash in range(CRASHES):
        dies_at = time.monotonic() + dice.uniform(0.2, 1.5)
        setters = [
            threading.Thread(target=_set_until_it_dies, args=(gate, subject, told, dies_at + 0.2)) for subject in SUBJECTS
        ]
        for setter in setters:
            setter.start()
        time.sleep(max(0, dies_at - time.monotonic()))
        gate.kill()
        for setter in setters:
            setter.join()
        unpublished_at_kill += not all(map(is_published, told))
        gate.start_again()
        # Nobody asks the ledger for anything: it comes back by itself.
        wait_for(lambda: all(map(is_published, told)), 30, f"the records answered before crash {crash}")

    assert set(told) == set(SUBJECTS)
    assert unpublished_at_kill > CRASHES // 4, "too few kills fell between commit and publication"
    for subject, (version, role) in told.items():
        held = gate.api.membership(subject)
        # A change that was killed before its answer may have been made.
        assert held["version"] >= version
        assert held["version"] > version or held["memberships"] == {"acme": role}
    note_figure(
        f"{CRASHES} crashes: {sum(version for version, _ in told.values())} changes of membership, none lost; "
        f"{unpublished_at_kill} kills fell before the publication"
    )


def test_versions_in_kv_only_grow(membership_gate: BareLedgerGate) -> None:
    """Whatever happens to writes, no edge sees an older record after a newer one."""
    gate = membership_gate
    dice = random.Random("writes")

    def random_effect() -> OnWrite:
        # What KV confirms is there; what it does not confirm may be there all the same.
        takes_effect = dice.random() < 0.7
        return OnWrite(takes_effect=takes_effect, succeeds=takes_effect and dice.random() < 0.7)

    gate.store.on_write = random_effect
    for number in range(20):
        gate.api.set_membership("alice", {"acme": ROLES[number % 2]}, wait=0).expect(200, 202)
        time.sleep(0.1)
    gate.kill()
    gate.store.on_write = lambda: OnWrite()
    gate.start_again()
    wait_for(lambda: _published_version(gate, "alice") == 20, 60, "the last version to be in KV")
    with gate.store.lock:
        written = [int.from_bytes(value[6:14]) for key, value in gate.store.written if key == "members/alice"]
    assert written == sorted(written)
