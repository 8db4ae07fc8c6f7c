"""Contenders side by side: interleaved rounds of the same work. The first figure is the CPU time of workerd."""

import math
import pathlib
from dataclasses import dataclass, replace

from contenders import PEERS, Contender, contenders
from workers import Rig, Workerd

# The number of processes in which the rounds of a work run, one after the other. The layout of code and heap differs from one
# process to the next, and changes the result by a few hundredths.
STARTS = 4

# The figures of a row, one for each round.
FIGURES = ("cpu_microseconds", "per_second")

FORWARDERS = ("edits", "edits-again")
EVERYBODY = ("bare", *FORWARDERS, "lychgate", *PEERS)
# Only contenders that check tokens can refuse.
CHECKING = ("lychgate", *PEERS, "jose-tuned-again")
# A body passes in the same way, whichever contender has checked the token.
BODIES = ("bare", *FORWARDERS, "lychgate", "jose-tuned")


@dataclass(frozen=True)
class Work:
    """A kind of request, the contenders that answer it, and the number of requests in a round."""

    name: str
    requests: int
    rounds: int
    among: tuple[str, ...]
    connections: int = 8
    # How many rounds' worth of requests warm up, after each start of workerd.
    warm_up: int = 1
    # Whether it is measured without assertion and membership only.
    plain_only: bool = False
    # Whether each request has a token that the gate has not met.
    is_new: bool = False

    def first(self, number: int) -> int:
        """Which token a round begins with. Those that are to be met already were sent in the round that warms up."""
        first = number * self.requests
        return first if self.is_new else first % (self.requests * self.warm_up)

    @property
    def modes(self) -> tuple[bool, ...]:
        return (False,) if self.plain_only else (False, True)


def works(quick: bool) -> list[list[Work]]:
    """All works, by the process in which they run: the contenders of a process should not be too many."""
    # Many short rounds: a short disturbance of the machine spoils only one of them, and the median ignores it.
    at_hub = [
        # The first work of a process also waits for the compilers of V8.
        Work("read", 500, 48, (*EVERYBODY, "lychgate-restricted"), warm_up=3),
        # No token comes a second time before the gate has forgotten it.
        Work("read-new", 500, 32, (*FORWARDERS, "lychgate", "lychgate-restricted"), plain_only=True, is_new=True),
        # A refusal signs nothing.
        *(Work(name, 500, 24, CHECKING, plain_only=True) for name in ("forged", "expired", "revoked", "wrong-role")),
        Work("write", 500, 16, EVERYBODY),
        Work("git-refs", 500, 16, EVERYBODY),
        Work("lfs-batch", 350, 16, EVERYBODY),
        Work("down-1-mib", 100, 8, BODIES, 2, plain_only=True),
        Work("up-1-mib", 100, 8, BODIES, 2, plain_only=True),
        Work("down-100-mib", 2, 4, BODIES, 1, plain_only=True),
        Work("up-100-mib", 2, 4, BODIES, 1, plain_only=True),
    ]
    at_others = [
        *(Work(table, 500, 24, (*FORWARDERS, f"lychgate-{table}"), warm_up=3) for table in ("oci", "mlflow", "joined")),
        Work("read", 500, 32, ("edits-zone", "edits-zone-again", "lychgate-zone"), warm_up=3),
    ]
    if not quick:
        return [at_hub, at_others]
    return [
        [replace(work, requests=max(work.requests // 4, 1), rounds=STARTS) for work in group] for group in (at_hub, at_others)
    ]


def run(rig: Rig, folder: pathlib.Path, quick: bool, say) -> list[dict]:
    """Every work with its contenders, with assertion and membership off and on. Returns a row for each, with a figure per round;
    the rounds of each start follow one another."""
    rows: dict[tuple, dict] = {}
    for number in range(STARTS):
        for group in works(quick):
            with Workerd(rig, needed(group), folder) as workerd:
                for row in run_once(rig, workerd, group, lambda text: say(f"start {number + 1} of {STARTS}: {text}")):
                    whole = rows.setdefault((row["work"], row["full"], row["contender"]), row)
                    if whole is not row:
                        for figures in FIGURES:
                            whole[figures] += row[figures]
    return list(rows.values())


def needed(group: list[Work]) -> list[Contender]:
    """The contenders of these works, each once."""
    return list(dict.fromkeys(one for work in group for full in work.modes for one in contenders(work.among, full)))


def run_once(rig: Rig, workerd: Workerd, group: list[Work], say) -> list[dict]:
    rows = []
    for work in group:
        for full in work.modes:
            say(f"{work.name}, assertion and membership {'on' if full else 'off'}")
            rows += rounds(rig, workerd, work, contenders(work.among, full))
    return rows


def rounds(rig: Rig, workerd: Workerd, work: Work, among: list[Contender]) -> list[dict]:
    cpu: dict[str, list[float]] = {contender.service: [] for contender in among}
    per_second: dict[str, list[float]] = {contender.service: [] for contender in among}
    for number in range(math.ceil(work.rounds / STARTS) + 1):
        # The first round warms up.
        requests = work.requests * (work.warm_up if number == 0 else 1)
        for contender in in_turn(among, number):
            before = workerd.cpu_seconds()
            port = workerd.ports[contender.service]
            done = rig.load(contender, work.name, port, requests, work.connections, first=work.first(number))
            used = workerd.cpu_seconds() - before
            if number > 0:
                cpu[contender.service].append(used / work.requests * 1e6)
                per_second[contender.service].append(work.requests / done["seconds"])
    return [
        {
            "work": work.name,
            "full": contender.full,
            "contender": contender.name,
            "cpu_microseconds": cpu[contender.service],
            "per_second": per_second[contender.service],
        }
        for contender in among
    ]


def in_turn(among: list[Contender], number: int) -> list[Contender]:
    """The contenders of a round. Each round begins with another one, so none always follows the same one."""
    start = number % len(among)
    return among[start:] + among[:start]
