"""Twenty clients at once: every serial is given once, revoked tokens are refused, and live ones are accepted."""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from bare_ledger_gate import BareLedgerGate
from management import Answer, Management
from waiting import wait_for

CLIENTS = 20
OPERATIONS = 2_000
SUBJECTS = [f"user-{number}" for number in range(20)]


@dataclass
class Known:
    """What the responses to the clients say about a token."""

    subject: str
    id: str
    text: str
    # The version of the list that revokes it, once an answer named it.
    revoked_in: int | None = None
    refreshed: bool = False


@dataclass
class TokenRegistry:
    """What all clients together know."""

    tokens: dict[str, Known] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    # Refreshes that came after the token's revocation.
    too_late: list[str] = field(default_factory=list)

    def add(self, subject: str, answer: Answer) -> None:
        made = answer.body
        with self.lock:
            assert made["id"] not in self.tokens, f"{made['id']} was given twice"
            assert all(made["token"] != known.text for known in self.tokens.values())
            self.tokens[made["id"]] = Known(subject, made["id"], made["token"])

    def revoke(self, id: str, version: int) -> None:
        with self.lock:
            known = self.tokens[id]
            known.revoked_in = version if known.revoked_in is None else min(known.revoked_in, version)

    def pick(self, dice: random.Random, subject: str) -> Known | None:
        """Any token of the subject; at times one that is revoked, or that another client is about to revoke."""
        with self.lock:
            ours = [known for known in self.tokens.values() if known.subject == subject]
            live = [known for known in ours if known.revoked_in is None]
        choice = live if live and dice.random() < 0.9 else ours
        return dice.choice(choice) if choice else None

    def all(self) -> list[Known]:
        with self.lock:
            return list(self.tokens.values())


def client(api: Management, registry: TokenRegistry, number: int) -> int:
    dice = random.Random(number)
    for operation in range(OPERATIONS // CLIENTS):
        subject = dice.choice(SUBJECTS)
        known = registry.pick(dice, subject)
        what = dice.choices(["create", "refresh", "revoke"], [45, 30, 25])[0]
        if known is None or what == "create":
            registry.add(subject, api.create(subject, f"token {number} {operation}").expect(201))
        elif what == "refresh":
            answer = api.refresh(subject, known.id).expect(201, 409)
            if answer.status == 409:
                assert answer.code == "already_revoked", answer
                registry.too_late.append(known.id)
                continue
            with registry.lock:
                assert not known.refreshed, f"{known.id} was refreshed twice"
                known.refreshed = True
            assert answer.body["replaces"]["id"] == known.id
            registry.revoke(known.id, answer.body["replaces"]["list"]["version"])
            registry.add(subject, answer)
        else:
            answer = api.revoke(subject, known.id).expect(200, 202)
            registry.revoke(known.id, answer.body["lists"][0]["version"])
    return OPERATIONS // CLIENTS


def watch(api: Management, registry: TokenRegistry, is_over: threading.Event) -> int:
    """Looks for tokens that are accepted although a list in force revokes them. Returns how many it checked."""
    dice = random.Random("watch")
    looked_at = 0
    while not is_over.is_set():
        in_force = api.health().get(0, {}).get("version", 0)
        revoked = [known for known in registry.all() if known.revoked_in is not None and known.revoked_in <= in_force]
        for known in dice.sample(revoked, min(5, len(revoked))):
            assert not api.is_accepted(known.text), f"{known.id} was accepted after version {known.revoked_in}"
            looked_at += 1
        time.sleep(0.05)
    return looked_at


def test_twenty_clients_at_once(ledger_gate: BareLedgerGate, note_figure: Callable[[str], None]) -> None:
    api, registry, is_over = ledger_gate.api, TokenRegistry(), threading.Event()
    began = time.monotonic()
    with ThreadPoolExecutor(CLIENTS + 1) as pool:
        watching = pool.submit(watch, api, registry, is_over)
        try:
            done = sum(pool.map(lambda number: client(api, registry, number), range(CLIENTS)))
        finally:
            is_over.set()
        looked_at = watching.result()
    took = time.monotonic() - began
    assert done == OPERATIONS
    assert looked_at > 0

    tokens = registry.all()
    revoked = [known for known in tokens if known.revoked_in is not None]
    live = [known for known in tokens if known.revoked_in is None]
    assert len(revoked) > 200 and len(live) > 200
    serials = [known.id for known in tokens]
    assert len(set(serials)) == len(serials)
    # A refresh is refused for one reason only.
    assert set(registry.too_late) <= {known.id for known in revoked}

    last = max(known.revoked_in or 0 for known in revoked)
    wait_for(lambda: api.health()[0].get("version", 0) >= last, 20, f"version {last} to be in force")
    with ThreadPoolExecutor(CLIENTS) as pool:
        accepted = list(pool.map(lambda known: api.is_accepted(known.text), tokens))
    assert {known.id for known, yes in zip(tokens, accepted) if yes} == {known.id for known in live}

    # The ledger's records and the list agree with the ledger's answers.
    for subject in SUBJECTS:
        assert set(api.tokens(subject)) == {known.id for known in live if known.subject == subject}
        assert set(api.tokens(subject, "all")) == {known.id for known in tokens if known.subject == subject}
    published = ledger_gate.published()
    assert published is not None and published.revoked == {known.id for known in revoked}
    ledger_gate.assert_versions_only_grew()
    for known in revoked:
        for listed in ledger_gate.all_published():
            assert listed.version < known.revoked_in or known.id in listed.revoked, f"{known.id} in {listed.version}"
    note_figure(
        f"{CLIENTS} clients: {OPERATIONS} operations in {took:.1f} s, {len(live)} tokens live, {len(revoked)} revoked, "
        f"{len(registry.too_late)} refreshes too late, {len(ledger_gate.all_published())} lists written"
    )
