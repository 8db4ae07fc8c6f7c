"""`make soak`: a long run of mixed traffic in which tokens are created, refreshed with and without a grace, and revoked one by
one and all at once, people sign in and are blocked, roles change, a million forged tokens arrive, the gate restarts, and its
ledger's storage is restored from an older copy or lost. Exits with 1 if a response was wrong, a revocation was lost, or memory
or open files grew.

SOAK_SECONDS (1800) may be set. It is the shortest time: a run goes on until the forged tokens have arrived, for at most twice as
long. A run of another length sends as many of them as are its share of the million. The first third has a restart every now and
then; the rest has none, so one process grows as old as possible.
"""

import os
import random
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import machine
import tool
from bare_ledger_gate import BareLedgerGate
from lives import COMMIT, Life, MemberLife, Observations, TokenLife
from load_generator import Class, CountingOrigin, LoadGenerator, Report
from outages import Outages
from pause import Pause
from people import PersonLife
from restores import Restores
from visitor import key_of

SECONDS = float(os.environ.get("SOAK_SECONDS", "1800"))

# How many forged tokens are refused: a million in the half hour that a whole soak takes.
WHOLE_SECONDS = 1800
FORGED = round(1_000_000 * SECONDS / WHOLE_SECONDS)

# How long a soak goes on until they are, on a machine that has other work.
MOST_SECONDS = 2 * SECONDS

# How long a process runs between two restarts, less in a short soak: every kind of restart comes at least once.
SHORTEST_LIFE, LONGEST_LIFE = min(8.0, SECONDS / 60), min(25.0, SECONDS / 20)

# What the report adds if a soak took longer. One whose last response came this late did not.
WENT_ON = f"instead of {SECONDS:.0f}, until {FORGED:,} forged tokens were refused"
LATE_SECONDS = 30

SAMPLE_SECONDS = 1.0

# By how much memory and open files may differ between the second and the last quarter of the long life. In a shorter life,
# V8's heap still grows to its size during all of it.
LONG_SECONDS = 240
GROWTH = 1.10
SLACK_BYTES = 24 * 1024 * 1024
SLACK_FILES = 20

TOKEN_LIVES, MEMBER_LIVES, PERSON_LIVES = 6, 3, 3
TOKENS = 20
CONNECTIONS = 48

# How many connections a restart may break. A process that exits normally closes its connection, and the next one may be
# waiting to be accepted at that time.
BREAKS = 2

# How long a life may take to finish.
PATIENCE_SECONDS = 120

MIB = 1024 * 1024


@dataclass
class Samples:
    """What the process used, second by second."""

    resident: list[int] = field(default_factory=list)
    files: list[int] = field(default_factory=list)

    def take(self, gate: BareLedgerGate) -> None:
        self.resident.append(gate.resident_bytes())
        self.files.append(gate.open_files())

    def suffice(self) -> bool:
        return len(self.resident) * SAMPLE_SECONDS >= LONG_SECONDS

    @staticmethod
    def quarters(samples: list[int]) -> tuple[float, float]:
        """The medians of the second and of the last quarter. In the first one, everything still grows to its size."""
        quarter = len(samples) // 4
        return statistics.median(samples[quarter : 2 * quarter]), statistics.median(samples[-quarter:])


def plan(gate: BareLedgerGate) -> list[Class]:
    """Traffic whose responses must not depend on the changes made during it."""
    readers = tuple(gate.create(f"good-{number}", "read").text for number in range(TOKENS))
    writers = tuple(gate.create(f"good-{number}", "write").text for number in range(TOKENS))
    gone = [gate.create(f"gone-{number}", "read") for number in range(TOKENS)]
    expired = [gate.mint("read", shard=0, expires_in="1s") for _ in range(TOKENS)]
    for number in range(TOKENS):
        gate.api.set_membership(f"good-{number}", {"acme": "write", "closed": "read"}).expect(200)
    for token in gone:
        gate.api.revoke(token.subject, token.id, wait=10).expect(200)
        while gate.api.use(token.text).status == 200:
            time.sleep(0.1)
    time.sleep(max(0, expired[-1].expires_at - time.time()))
    closed, fetch = COMMIT.replace("acme", "closed"), "/acme/w.git/info/refs?service=git-upload-pack"
    anywhere = "/api/models/org-{number}/w/commit/main"
    return [
        Class("read", 16, 200, None, tokens=readers),
        Class("git fetch", 4, 200, None, target=fetch, tokens=readers),
        Class("commit", 4, 200, None, "POST", COMMIT, writers, body="{}"),
        Class("forged", 70, 401, "token_invalid", target="/org-{number}/widget/resolve/main/x", forged=True),
        Class("forged commit", 18, 401, "token_invalid", "POST", anywhere, forged=True, body="{}"),
        Class("expired", 3, 401, "token_expired", tokens=tuple(token.text for token in expired)),
        Class("revoked", 4, 401, "token_revoked", tokens=tuple(token.text for token in gone)),
        Class("role too low", 3, 403, "role_insufficient", "POST", COMMIT, readers, body="{}"),
        Class("no member", 2, 403, "membership_insufficient", "POST", closed, writers, body="{}"),
        Class("no token", 2, 401, "token_required"),
    ]


def restart_now_and_then(gate: BareLedgerGate, outages: Outages, restores: Restores, until: float) -> None:
    """Restarts the gate in one way after the other: a kill leaves it no time for anything, and a restore brings back another
    ledger."""
    dice = random.Random("restarts")

    def stop() -> None:
        with outages.one():
            gate.stop_only()
            gate.start_again()

    def kill() -> None:
        with outages.one():
            gate.kill()
            gate.start_again()

    ways: list[Callable[[], None]] = [restores.of_an_older_copy, kill, restores.of_nothing, stop]
    turn = 0
    while turn < len(ways) or time.monotonic() < until:
        time.sleep(dice.uniform(SHORTEST_LIFE, LONGEST_LIFE))
        ways[turn % len(ways)]()
        turn += 1


def complaints(
    report: Report, reached: Counter[str], seen: Observations, samples: Samples, restarts: int
) -> list[str]:
    """The errors of a run."""
    found = list(seen.wrong) + [f"{name} got {answers}" for name, answers in report.wrong.items()]
    forwarded = sum(report.classes[name].right for name in ("read", "git fetch", "commit"))
    if not forwarded <= reached.pop("good") <= forwarded + report.broken:
        found.append(f"{forwarded} responses were those of forwarded requests, but the origin counted others")
    if set(reached) != {"life", "member", "person", "restored"}:
        found.append(f"requests from {sorted(reached)} reached the origin")
    if report.broken > restarts * CONNECTIONS * BREAKS:
        found.append(f"{report.broken} requests broke off, more than {restarts} restarts explain")
    if (count := forged(report)) < FORGED:
        found.append(f"only {count:,} of {FORGED:,} forged tokens were refused in {MOST_SECONDS:.0f} s: the machine is too busy")
    early, late = Samples.quarters(samples.resident)
    if samples.suffice() and late > early * GROWTH + SLACK_BYTES:
        found.append(f"memory grew from {early / MIB:.0f} MiB to {late / MIB:.0f} MiB")
    early, late = Samples.quarters(samples.files)
    if late > early + SLACK_FILES:
        found.append(f"open files grew from {early:.0f} to {late:.0f}")
    return found


def forged(report: Report) -> int:
    return sum(tally.right for name, tally in report.classes.items() if name.startswith("forged"))


def soak(folder: Path) -> int:
    outages, seen, pause, samples, is_over = Outages(), Observations(), Pause(), Samples(), threading.Event()
    origin = CountingOrigin(folder / "origin")
    variables = {"ORIGIN_URL": origin.url, "MEMBERSHIP": "kv", "MEMBERSHIP_SECONDS": "2"}
    keys = tool.new_keys()
    gate = BareLedgerGate(folder / "gate", keys, variables)
    generator = None
    try:
        gate.await_lists()
        classes = plan(gate)
        shared = (gate.api, outages, seen, pause, is_over)
        lives: list[Life] = [TokenLife(*shared, number) for number in range(TOKEN_LIVES)]
        lives += [
            MemberLife(gate.create(f"member-{number}", "write").text, *shared, number) for number in range(MEMBER_LIVES)
        ]
        lives += [PersonLife(key_of(keys), gate.page, *shared, number) for number in range(PERSON_LIVES)]
        before = Counter(origin.counts())
        began = time.monotonic()
        limits = {"seconds": SECONDS, "forged": FORGED, "most_seconds": MOST_SECONDS}
        generator = LoadGenerator(gate.host, classes, folder, CONNECTIONS, **limits)
        for life in lives:
            life.thread.start()
        restart_now_and_then(gate, outages, Restores(gate, outages, seen, pause, lives), began + SECONDS / 3)
        while generator.is_there():
            samples.take(gate)
            time.sleep(SAMPLE_SECONDS)
        report = generator.report()
        is_over.set()
        for life in lives:
            life.thread.join(PATIENCE_SECONDS)
            if life.thread.is_alive():
                seen.complain(f"{type(life).__name__} {life.number} hangs")
        refused_again = refuse_all_again(gate, lives, seen)
        # Only requests since then, and only senders with any.
        reached = Counter(origin.counts()) - before
        gate.assert_versions_only_grew()
    finally:
        is_over.set()
        if generator is not None:
            generator.stop()
        gate.stop()
        origin.stop()
    wrong = complaints(report, reached, seen, samples, outages.count)
    show(report, reached, seen, samples, outages, refused_again, wrong)
    for complaint in wrong[:20]:
        print(f"WRONG: {complaint}", file=sys.stderr)
    return 1 if wrong else 0


def refuse_all_again(gate: BareLedgerGate, lives: list[Life], seen: Observations) -> int:
    """Tries every remembered revoked token once more."""
    revoked = [text for life in lives for text in life.revoked]
    lost = sum(gate.api.is_accepted(text) for text in revoked)
    if lost:
        seen.complain(f"{lost} revoked tokens are accepted at the end")
    return len(revoked)


def show(
    report: Report,
    reached: Counter[str],
    seen: Observations,
    samples: Samples,
    outages: Outages,
    refused_again: int,
    wrong: list[str],
) -> None:
    def counted(*names: str) -> str:
        return ", ".join(f"{seen.counts[name]:,} {name}" for name in names)

    in_force = sorted(seen.in_force)
    memory, files = Samples.quarters(samples.resident), Samples.quarters(samples.files)
    rows = [
        ("time", f"{report.seconds:.0f} s" + (" " + WENT_ON if report.seconds > SECONDS + LATE_SECONDS else "")),
        ("requests of the load generator", f"{report.sent:,}, {report.per_second:,.0f} per second"),
        ("of these broken off by restarts", f"{report.broken:,}"),
        ("forged tokens, all different", f"{forged(report):,}, let through {reached['forged']}"),
        ("restarts", f"{outages.count}, with {counted('restore of an older copy', 'loss')} of the ledger's storage"),
        ("management requests answered", counted("create", "refresh", "grace", "revoke", "revoke-all", "membership")),
        ("of people", counted("sign-in", "create by session", "grace by session", "sign-out", "block", "session refused")),
        (
            "from a response until the change takes effect",
            f"median {statistics.median(in_force):.1f} s, worst {in_force[-1]:.1f} s",
        ),
        ("revoked tokens refused again at the end", f"{refused_again:,}"),
        (
            "memory, second and last quarter of the long life",
            f"{memory[0] / MIB:.0f} MiB, {memory[1] / MIB:.0f} MiB"
            + ("" if samples.suffice() else " (too short to tell)"),
        ),
        ("open files, likewise", f"{files[0]:.0f}, {files[1]:.0f}"),
        ("wrong", str(len(wrong))),
    ]
    print(f"\nA soak of {report.seconds:.0f} s on {machine.description()}:\n\n| what | how much |\n| --- | --- |")
    for what, how_much in rows:
        print(f"| {what} | {how_much} |")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="lychgate-soak-") as name:
        sys.exit(soak(Path(name)))
