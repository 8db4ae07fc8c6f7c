"""A flood of forged tokens, each with its own subject and target: the gate refuses them cheaply, and only the log shows a
trace of them."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bare_ledger_gate import BareLedgerGate
from load_generator import Class, CountingOrigin, ask
from waiting import wait_for

FORGED = 100_000
FORWARDED = 10_000

MIB = 1024 * 1024

# By how much the second half may leave the process larger than the first did: V8's heap still grows to its size then.
# `make soak` looks closer, over a million of them.
SLACK = 64 * MIB


def _forged(
    name: str, share: int, target: str, method: str = "GET", body: str | None = None, status: int = 401
) -> Class:
    code = "token_invalid" if status == 401 else None
    return Class(name, share, status, code, method, target, forged=True, body=body)


# The last two use the management API, which checks tokens too, and tells nobody whether a token to be revoked is genuine.
FLOOD = [
    _forged("read", 50, "/acme/widget-{number}/resolve/main/config.json"),
    _forged("write", 20, "/api/models/org-{number}/widget/commit/main", "POST", "{}"),
    _forged("git fetch", 10, "/org-{number}/w.git/info/refs?service=git-upload-pack"),
    _forged("git-lfs batch", 10, "/org-{number}/w.git/info/lfs/objects/batch", "POST", "{}"),
    _forged("whoami", 5, "/-/api/whoami"),
    _forged("revoke", 5, "/-/api/revoke", "POST", "token={token}", 200),
]


@pytest.fixture
def counting(tmp_path: Path) -> Iterator[CountingOrigin]:
    running = CountingOrigin(tmp_path / "counting")
    yield running
    running.stop()


def _held(gate: BareLedgerGate) -> dict[str, list[str]]:
    """Everything that the ledgers have on disk, including their alarms."""
    held = {}
    for file in (gate.folder / "ledgers").rglob("*.sqlite"):
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
            held[file.name] = list(database.iterdump())
    assert len(held) > 1, "there is no ledger"
    return held


def _await_rest(gate: BareLedgerGate) -> dict[str, list[str]]:
    """Waits until the ledger has recorded all earlier usage, and returns its contents."""

    def settled() -> dict[str, list[str]] | None:
        before = _held(gate)
        time.sleep(3)
        return before if _held(gate) == before else None

    return wait_for(settled, 60, "the ledger to come to rest")


@pytest.mark.alone
def test_forged_tokens_leave_no_trace(
    new_ledger_gate: Callable[..., BareLedgerGate],
    counting: CountingOrigin,
    tmp_path: Path,
    note_figure: Callable[[str], None],
) -> None:
    gate = new_ledger_gate(ORIGIN_URL=counting.url)
    gate.await_lists()
    good = tuple(gate.create(f"good-{number}", "read").text for number in range(20))

    def processor_time(plan: list[Class], requests: int, begin: int = 0) -> float:
        """Microseconds a request, once every request got the expected answer."""
        before = gate.processor_seconds()
        report = ask(gate.host, plan, tmp_path, requests=requests, from_number=begin)
        assert report.right == report.sent == requests, report
        return (gate.processor_seconds() - before) / requests * 1e6

    forwarding = [Class("good", 1, 200, None, tokens=good)]
    processor_time(forwarding, FORWARDED // 5)
    forwarded = processor_time(forwarding, FORWARDED)
    assert counting.counts() == {"good": FORWARDED + FORWARDED // 5}

    ledger, written, asked = _await_rest(gate), len(gate.store.written), gate.store.asked
    first = processor_time(FLOOD, FORGED // 2)
    between = gate.resident_bytes()
    second = processor_time(FLOOD, FORGED // 2, FORGED // 2)
    after = gate.resident_bytes()

    assert counting.counts() == {"good": FORWARDED + FORWARDED // 5}, "something forged was let through"
    assert _held(gate) == ledger, "the ledger wrote for what is forged"
    assert len(gate.store.written) == written
    assert gate.store.asked == asked, f"KV was asked for {gate.store.asked_for[asked:]}"
    note_figure(
        f"flood: {FORGED} forged tokens, none let through, nothing written; processor time {(first + second) / 2:.0f} "
        f"µs each, {forwarded:.0f} µs a forwarded request; memory {between // MIB} MiB after one half, "
        f"{after // MIB} MiB after the other"
    )
    assert after < between + SLACK
    # Good tokens are still served.
    assert ask(gate.host, forwarding, tmp_path, requests=100).right == 100
