"""`make load`: a thousand clients of all kinds at once, with every response checked. Prints a table for docs/reliability.md;
exits with 1 if a response was wrong or lost.

LOAD_SECONDS (30) and LOAD_CONNECTIONS (1000) may be set.
"""

import os
import resource
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import machine
import tool
from bare import BareGate
from load_generator import Class, CountingOrigin, Report, ask, texts

SECONDS = float(os.environ.get("LOAD_SECONDS", "30"))
CONNECTIONS = int(os.environ.get("LOAD_CONNECTIONS", "1000"))

# The number of tokens of each kind that take turns.
TOKENS = 100

# The number of requests before the measured ones.
WARMING = 5_000

MIB = 1024 * 1024

# What the subjects of all requests that must reach the origin begin with, by which the origin counts them.
FORWARDED = "good"


def plan(gate: BareGate) -> list[Class]:
    """The requests: mostly those that hubs receive, and every kind that must be refused."""

    def minted(role: str, **more: str) -> list[tool.Token]:
        return [gate.mint(role, **more) for _ in range(TOKENS)]

    expired = minted("read", expires_in="1s")
    readers, writers = (minted(role, subject=f"{FORWARDED}-1") for role in ("read", "write"))
    revoked = minted("read")
    gate.publish("--new", *(argument for token in revoked for argument in ("--revoke", token.id)))
    time.sleep(max(0, expired[-1].expires_at - time.time()))
    branch, refs = "/api/models/acme/widget/branch/next", "/acme/widget.git/info/refs?service=git-upload-pack"
    return [
        Class("read", 50, 200, None, tokens=texts(readers)),
        Class("git fetch", 10, 200, None, target=refs, tokens=texts(readers)),
        Class("write", 10, 200, None, "POST", branch, texts(writers), body='{"startingPoint":"main"}'),
        Class("forged", 12, 401, "token_invalid", target="/acme/widget-{number}/resolve/main/x", forged=True),
        Class("expired", 5, 401, "token_expired", tokens=texts(expired)),
        Class("revoked", 5, 401, "token_revoked", tokens=texts(revoked)),
        Class("role too low", 5, 403, "role_insufficient", "POST", branch, texts(readers), body="{}"),
        Class("no token", 3, 401, "token_required"),
    ]


def complaints(classes: list[Class], report: Report, reached: Counter[str]) -> list[str]:
    """The errors in a report."""
    found = [f"{name} got {answers}" for name, answers in report.wrong.items()]
    if report.broken:
        found.append(f"{report.broken} requests got no response")
    forwarded = sum(report.classes[part.name].right for part in classes if part.status == 200)
    if reached != {FORWARDED: forwarded}:
        found.append(f"{forwarded} responses were those of forwarded requests, but the origin counted {reached}")
    return found


@dataclass(frozen=True)
class Cost:
    """The cost of the load for the gate."""

    processor_microseconds: float
    resident: int
    files: int


def show(classes: list[Class], report: Report, cost: Cost) -> None:
    milliseconds = [f"{time / 1e3:,.0f} ms" for time in (report.median, report.percentile_99, report.longest)]
    print(
        f"\n{report.sent:,} requests over {CONNECTIONS:,} connections in {report.seconds:.0f} s: "
        f"{report.per_second:,.0f} per second on {machine.description()}, which the load generator and the origin share.\n"
        f"The median response time was {milliseconds[0]}, the 99th percentile {milliseconds[1]}, the maximum {milliseconds[2]}. "
        f"workerd used {cost.processor_microseconds:.0f} µs of CPU time per request, {cost.resident // MIB} MiB and "
        f"{cost.files:,} open files.\n\n"
        "| requests | of all | answer | sent | so answered | lost |\n| --- | --- | --- | --- | --- | --- |"
    )
    for part in classes:
        tally = report.classes[part.name]
        answer = f"{part.status} `{part.code}`" if part.code else str(part.status)
        cells = (part.name, f"{tally.sent / report.sent:.0%}", answer, f"{tally.sent:,}", f"{tally.right:,}")
        print(f"| {' | '.join(cells)} | {tally.sent - tally.right} |")


def main() -> int:
    # Each client has a connection to the gate, and the gate has another one to the origin.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory(prefix="lychgate-load-") as name:
        folder = Path(name)
        origin = CountingOrigin(folder / "origin")
        gate = BareGate(folder / "gate", tool.new_keys(), {"ORIGIN_URL": origin.url})
        try:
            classes = plan(gate)
            warm = ask(gate.host, classes, folder, connections=50, requests=WARMING)
            before, used = Counter(origin.counts()), gate.processor_seconds()
            report = ask(gate.host, classes, folder, connections=CONNECTIONS, seconds=SECONDS)
            used = gate.processor_seconds() - used
            cost = Cost(used / report.sent * 1e6, gate.resident_bytes(), gate.open_files())
            reached = Counter(origin.counts()) - before
        finally:
            gate.stop()
            origin.stop()
    show(classes, report, cost)
    wrong = complaints(classes, report, reached)
    if warm.right != WARMING:
        wrong.append(f"warming up got {warm.wrong}")
    for complaint in wrong:
        print(f"WRONG: {complaint}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
