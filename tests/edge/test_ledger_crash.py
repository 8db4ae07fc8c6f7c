"""The Worker is killed between the ledger's commit and the publication: no confirmed revocation is lost."""

import http.client
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bare import OnWrite
from bare_ledger_gate import BareLedgerGate
from waiting import wait_for

CRASHES = 20
REVOKERS = 4
SUBJECTS = [f"user-{number}" for number in range(4)]
TOKENS_OF_A_SUBJECT = 95


@dataclass
class Confirmed:
    """The confirmed revocations, each with the version in which it takes effect."""

    versions: dict[str, int] = field(default_factory=dict)
    # Revoked without an answer: either result is right.
    unanswered: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)


def revoke_until_it_dies(gate: BareLedgerGate, left: list[tuple[str, str]], confirmed: Confirmed, dies_at: float, seed: str) -> None:
    dice = random.Random(seed)
    while time.monotonic() < dies_at:
        with confirmed.lock:
            if not left:
                return
            subject, id = left.pop()
            confirmed.unanswered.add(id)
        try:
            answer = gate.api.revoke(subject, id)
        except (OSError, http.client.HTTPException):
            return
        version = answer.expect(200, 202).body["lists"][0]["version"]
        with confirmed.lock:
            confirmed.unanswered.remove(id)
            confirmed.versions[id] = version
        # So that the tokens last for all crashes, and some answers come just before the end.
        time.sleep(dice.uniform(0, 0.5))


def test_killed_before_the_publication(ledger_gate: BareLedgerGate, note_figure: Callable[[str], None]) -> None:
    gate, dice, confirmed = ledger_gate, random.Random("crashes"), Confirmed()
    texts: dict[str, str] = {}
    left: list[tuple[str, str]] = []
    for subject in SUBJECTS:
        for number in range(TOKENS_OF_A_SUBJECT):
            made = gate.api.create(subject, f"token {number}").expect(201).body
            texts[made["id"]] = made["token"]
            left.append((subject, made["id"]))
    dice.shuffle(left)
    # KV takes its time on either side of a write's effect, so that the kill falls there too.
    gate.store.on_write = lambda: OnWrite(
        seconds_before=random.uniform(0, 0.3), seconds_after=random.uniform(0, 0.3)
    )

    def missing() -> set[str]:
        published = gate.published()
        return set(confirmed.versions) - (published.revoked if published else frozenset())

    unpublished_at_kill = 0
    for crash in range(CRASHES):
        dies_at = time.monotonic() + dice.uniform(0, 1.5)
        revokers = [
            threading.Thread(target=revoke_until_it_dies, args=(gate, left, confirmed, dies_at + 0.2, f"{crash} {number}"))
            for number in range(REVOKERS)
        ]
        for revoker in revokers:
            revoker.start()
        time.sleep(max(0, dies_at - time.monotonic()))
        gate.kill()
        for revoker in revokers:
            revoker.join()
        unpublished_at_kill += bool(missing())
        gate.start_again()
        # Every other time it is killed again before anybody has seen that it caught up.
        if crash % 2:
            # Nobody asks the ledger for anything: it comes back by itself.
            wait_for(lambda: not missing(), 30, f"the list to hold what was answered before crash {crash}")

    assert left, "the tokens did not last"
    assert len(confirmed.versions) > 3 * CRASHES
    assert unpublished_at_kill > CRASHES // 4, "too few kills fell between commit and publication"
    wait_for(lambda: not missing(), 30, "the list to hold everything that was answered")
    gate.assert_versions_only_grew()
    # An answer names the version from which on every list holds the revocation.
    for listed in gate.all_published():
        for id, version in confirmed.versions.items():
            assert listed.version < version or id in listed.revoked, f"{id} of {version} in {listed.version}"
    # Nothing is revoked that nobody asked to revoke, and what is revoked is refused.
    published = gate.published()
    assert published is not None and published.revoked <= set(confirmed.versions) | confirmed.unanswered
    last = max(confirmed.versions.values())
    wait_for(lambda: gate.api.health().get(0, {}).get("version", 0) >= last, 20, f"version {last} to be in force")
    assert not [id for id in confirmed.versions if gate.api.is_accepted(texts[id])]
    assert all(gate.api.is_accepted(texts[id]) for _, id in left)
    note_figure(
        f"{CRASHES} crashes: {len(confirmed.versions)} revocations answered, none lost; {unpublished_at_kill} kills fell "
        f"before the publication; {len(gate.all_published())} lists written"
    )
