"""Contenders side by side: interleaved rounds of the same work. The first figure is the CPU time of workerd."""

import math
import pathlib
import statistics
from dataclasses import dataclass, replace

from workers import RESTRICTED, Contender, Rig, Workerd, contenders

# The number of processes in which the rounds of a work run, one after the other. The layout of code and heap differs from one
# process to the next, and changes the result by a few hundredths.
STARTS = 4

# The figures of a row, one for each round.
FIGURES = ("cpu_microseconds", "per_second")


@dataclass(frozen=True)
class Work:
    """A kind of request, and the number of them in a round."""

    name: str
    requests: int
    rounds: int
    connections: int = 8
    # Whether it is a refusal. Only contenders that check tokens can refuse, and a refusal signs nothing.
    refused: bool = False
    # Whether each request has a token that the gate has not met.
    is_new: bool = False


def works(quick: bool) -> list[Work]:
    # Many short rounds: a short disturbance of the machine spoils only one of them, and the median ignores it.
    found = [
        Work("read", 500, 64),
        # No token comes a second time before the gate has forgotten it.
        Work("read-new", 500, 32, is_new=True),
        *(Work(name, 500, 32, refused=True) for name in ("forged", "expired", "revoked", "wrong-role")),
        Work("write", 500, 16),
        Work("git-refs", 500, 16),
        Work("lfs-batch", 350, 16),
        Work("down-1-mib", 100, 8, 2),
        Work("up-1-mib", 100, 8, 2),
        Work("down-100-mib", 2, 4, 1),
        Work("up-100-mib", 2, 4, 1),
    ]
    if not quick:
        return found
    return [
        replace(work, requests=max(work.requests // 4, 1), rounds=STARTS) for work in found
    ]


def run(rig: Rig, folder: pathlib.Path, quick: bool, say) -> list[dict]:
    """Every work with every contender, with assertion and membership off and on. Returns a row for each, with a figure per round."""
    rows: dict[tuple, dict] = {}
    for number in range(STARTS):
        with Workerd(rig, contenders(False) + contenders(True) + [RESTRICTED], folder) as workerd:
            for row in run_once(rig, workerd, quick, lambda text: say(f"start {number + 1} of {STARTS}: {text}")):
                whole = rows.setdefault((row["work"], row["full"], row["contender"]), row)
                if whole is not row:
                    for figures in FIGURES:
                        whole[figures] += row[figures]
    return list(rows.values())


def run_once(rig: Rig, workerd: Workerd, quick: bool, say) -> list[dict]:
    rows = []
    for work in works(quick):
        for full in (False, True):
            if full and (work.refused or work.is_new or "mib" in work.name):
                continue
            among = [c for c in contenders(full) if c.checks or not work.refused]
            if work.name == "read" and not full:
                among.append(RESTRICTED)
            if work.is_new:
                among = [contender for contender in among if contender.name == "lychgate"] + [RESTRICTED]
            if "mib" in work.name:
                # A body passes in the same way, whichever contender has checked the token.
                among = [c for c in among if c.script in (None, "bare", "edits", "jose-tuned")]
            say(f"{work.name}, assertion and membership {'on' if full else 'off'}")
            rows += rounds(rig, workerd, work, among)
    return rows


def rounds(rig: Rig, workerd: Workerd, work: Work, among: list[Contender]) -> list[dict]:
    cpu: dict[str, list[float]] = {contender.service: [] for contender in among}
    per_second: dict[str, list[float]] = {contender.service: [] for contender in among}
    # The first round warms up. Each begins with another contender, so none always follows the same one.
    for number in range(math.ceil(work.rounds / STARTS) + 1):
        start = number % len(among)
        for contender in among[start:] + among[:start]:
            before = workerd.cpu_seconds()
            first = number * work.requests if work.is_new else 0
            port = workerd.ports[contender.service]
            done = rig.load(contender, work.name, port, work.requests, work.connections, first=first)
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


def latency(rig: Rig, folder: pathlib.Path, quick: bool, say) -> list[dict]:
    """Times of forwarded reads at a rate that keeps the machine half idle."""
    with Workerd(rig, contenders(False) + contenders(True), folder) as workerd:
        return latency_with(rig, workerd, quick, say)


def latency_with(rig: Rig, workerd: Workerd, quick: bool, say) -> list[dict]:
    rate, seconds, count = 500, 1 if quick else 2, 1 if quick else 3
    rows = []
    for full in (False, True):
        say(f"latency at {rate} requests a second, assertion and membership {'on' if full else 'off'}")
        among = contenders(full)
        times: dict[str, list[dict]] = {contender.service: [] for contender in among}
        for number in range(count):
            for contender in among[number:] + among[:number]:
                port = workerd.ports[contender.service]
                times[contender.service].append(rig.load(contender, "read", port, rate * seconds, 16, rate))
        rows += [
            {
                "full": contender.full,
                "contender": contender.name,
                "rate": rate,
                **{
                    name: statistics.median(done[name] for done in times[contender.service])
                    for name in ("p50", "p99")
                },
            }
            for contender in among
        ]
    return rows
