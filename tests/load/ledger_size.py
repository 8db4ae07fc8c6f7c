"""`make ledger-size`: what a ledger's work takes with very many tokens in one shard, and how long others wait meanwhile. Prints
a table for docs/performance.md. Exits with 1 if memory grew by more than a Durable Object may have.

LEDGER_SIZES (100000 1000000) may be set.
"""

import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import machine
import tool
from bare_ledger_gate import BareLedgerGate
from ledger_tables import add_tokens, execute, rows
from waiting import wait_for

SIZES = [int(size) for size in os.environ.get("LEDGER_SIZES", "100000 1000000").split()]

# What a Durable Object may have beside what its process takes anyway.
MEMORY_BYTES = 128 * 1024 * 1024

SAMPLES = 30
PATIENCE_SECONDS = 900


@dataclass
class Watch:
    """What the process took while something went on, and how long others waited for the ledger."""

    seconds: float = 0
    processor_seconds: float = 0
    peak_bytes: int = 0
    waits: list[float] = field(default_factory=list)

    def row(self, what: str, answered: float | None = None) -> str:
        waited = f"{max(self.waits) * 1000:.0f} ms" if self.waits else ""
        first = "" if answered is None else f"{answered * 1000:.0f} ms"
        memory = f"{self.peak_bytes / 1e6:.0f} MB"
        return f"| {what} | {first} | {self.seconds:.1f} s | {self.processor_seconds:.1f} s | {waited} | {memory} |"


@contextmanager
def watched(gate: BareLedgerGate, idle: int, peaks: list[int]) -> Iterator[Watch]:
    """Somebody else revokes a token 20 times a second, and the memory is read as often."""
    watch, done = Watch(), threading.Event()
    begun, used = time.monotonic(), gate.processor_seconds()

    def watching() -> None:
        number = 0
        while not done.wait(0.05):
            number += 1
            asked = time.monotonic()
            # Nobody's token: the ledger looks it up and writes nothing.
            gate.api.revoke("victor", f"0-{4_000_000_000 + number}").expect(404)
            watch.waits.append(time.monotonic() - asked)
            watch.peak_bytes = max(watch.peak_bytes, gate.resident_bytes() - idle)

    thread = threading.Thread(target=watching)
    thread.start()
    try:
        yield watch
    finally:
        done.set()
        thread.join()
        watch.seconds = time.monotonic() - begun
        watch.processor_seconds = gate.processor_seconds() - used
        peaks.append(watch.peak_bytes)


def milliseconds(work: Callable[[int], object]) -> str:
    took = []
    for number in range(SAMPLES):
        begun = time.monotonic()
        work(number)
        took.append((time.monotonic() - begun) * 1000)
    return f"median {median(took):.1f} ms, at most {max(took):.0f} ms"


def await_none(gate: BareLedgerGate, query: str) -> None:
    wait_for(lambda: rows(gate, query) == [], PATIENCE_SECONDS, query)


def measure(folder: Path, count: int) -> list[int]:
    keys = tool.new_keys()
    gate = BareLedgerGate(folder, keys, {"ORIGIN_URL": "http://127.0.0.1:9"})
    peaks: list[int] = []
    try:
        gate.await_lists()
        gate.api.create("first", "first").expect(201)
        gate.stop_only()
        past = int(time.time()) - 60
        add_tokens(gate, "many", count // 2, issued_at=past, each=50)
        add_tokens(gate, "mallory", count // 2, issued_at=past)
        add_tokens(gate, "gone", count, issued_at=past, revoked_at=past, revoked_in=1, each=100)
        print(f"\n{count} accepted tokens, {count} revoked ones. {machine.description()}\n", flush=True)

        gate.start_again()
        idle = gate.resident_bytes()
        begun = time.monotonic()
        gate.api.tokens("somebody")
        print(f"restart: first answer after {(time.monotonic() - begun) * 1000:.0f} ms")
        made: dict[int, str] = {}

        def create(number: int) -> None:
            made[number] = gate.api.create(f"many-{number}", "new").expect(201).body["id"]

        def refresh(number: int) -> None:
            made[number] = gate.api.refresh(f"many-{number}", made[number], grace=3600).expect(201).body["id"]

        print(f"create: {milliseconds(create)}")
        print(f"refresh: {milliseconds(refresh)}")
        print(f"list: {milliseconds(lambda number: gate.api.tokens(f'many-{number}'))}")
        print(f"delete: {milliseconds(lambda number: gate.api.revoke(f'many-{number}', made[number]).expect(200, 202))}")
        print("\n| what | answered after | done after | CPU | others waited at most | memory above idle |")
        print("| --- | --- | --- | --- | --- | --- |")

        time.sleep(3)
        with watched(gate, idle, peaks) as watch:
            token = gate.api.create("many-40", "published").expect(201).body
            gate.api.revoke("many-40", token["id"], wait=30).expect(200)
        print(watch.row(f"publication of {len(gate.published().revoked)} serials"), flush=True)

        with watched(gate, idle, peaks) as watch:
            begun = time.monotonic()
            gate.api.call("DELETE", "/subjects/mallory/tokens").expect(200, 202)
            answered = time.monotonic() - begun
            await_none(gate, "SELECT subject FROM pending_revocations LIMIT 1")
        print(watch.row(f"revoke-all of {count // 2} tokens", answered), flush=True)

        gate.stop_only()
        execute(
            gate,
            f"UPDATE tokens SET revoked_at = {int(time.time()) - 1}, revocation_reason = 'refreshed' "
            "WHERE revoked_in IS NULL AND subject LIKE 'many-%'",
        )
        gate.start_again()
        idle = gate.resident_bytes()
        with watched(gate, idle, peaks) as watch:
            await_none(gate, "SELECT serial FROM tokens WHERE revoked_at IS NOT NULL AND revoked_in IS NULL LIMIT 1")
        print(watch.row(f"{count // 2} graces that end together (alarm)"), flush=True)
        wait_for(lambda: len(gate.published().revoked) >= 2 * count, PATIENCE_SECONDS, "the list of all")

        listed = len(gate.published().revoked)
        gate.stop_only()
        shutil.rmtree(gate.folder / "ledgers")
        gate.start_again()
        idle = gate.resident_bytes()
        begun = time.monotonic()
        gate.api.tokens("somebody")
        answered = time.monotonic() - begun
        with watched(gate, idle, peaks) as watch:
            await_none(gate, "SELECT number FROM found_revocations LIMIT 1")
        print(watch.row(f"takeover of a list of {listed} serials", answered), flush=True)
    finally:
        gate.stop()
    return peaks


def main() -> int:
    peaks: list[int] = []
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            peaks += measure(Path(folder) / str(size), size)
    if max(peaks) > MEMORY_BYTES:
        print(f"the ledger took {max(peaks) / 1e6:.0f} MB above idle, and may take {MEMORY_BYTES / 1e6:.0f}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
