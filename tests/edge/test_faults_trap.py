"""The module traps again and again under load: only permitted requests reach the origin, and a fresh instance serves each
next request."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

import tool
from bare import BareGate
from management import Connections
from meanwhile import meanwhile
from surroundings import TRAP_WORKER_DIR
from waiting import wait_for
from witness import Witness

TRAPS = 50

READ, WRITE = ("GET", "/api/whoami-v2"), ("POST", "/sink")

TRAPPED = (503, "gate_trapped")


@pytest.fixture
def trap_gate(tmp_path: Path, keys: str, witness: Witness) -> Iterator[BareGate]:
    running = BareGate(tmp_path / "trap_gate", keys, {"ORIGIN_URL": witness.url}, TRAP_WORKER_DIR)
    yield running
    running.stop()


def test_traps_under_load_let_nothing_through(
    trap_gate: BareGate, tmp_path: Path, witness: Witness, note_figure: Callable[[str], None]
) -> None:
    writer, revoked, reader = (
        trap_gate.mint(role, subject=f"trap-{name}")
        for name, role in (("writer", "write"), ("revoked", "write"), ("reader", "read"))
    )
    forged = tool.mint(tool.new_keys(), "write", subject="trap-forged")
    trap_gate.put_raw_list(tool.sealed_list(trap_gate.keys, tmp_path, 0, (revoked,)))
    connections = Connections(trap_gate.host)

    def ask(text: object | None, method: str, path: str) -> tuple[int, str | None]:
        headers = {} if text is None else {"Authorization": f"Bearer {text}"}
        answer = connections.exchange(method, path, headers, "x" if method == "POST" else None)
        return answer.status, answer.code

    # Each sender's request, and its only possible answer apart from that of a trap.
    kinds: dict[str, tuple[object | None, tuple[str, str], tuple[int, str | None]]] = {
        "reads": (writer, READ, (200, None)),
        "writes": (writer, WRITE, (200, None)),
        "revoked": (revoked, READ, (401, "token_revoked")),
        "weak": (reader, WRITE, (403, "role_insufficient")),
        "forged": (forged, WRITE, (401, "token_invalid")),
        "nobody": (None, WRITE, (401, "token_required")),
    }
    wait_for(lambda: ask(revoked, *READ) == (401, "token_revoked"), 10, "the list to be in force")
    seen: dict[str, list[tuple[int, str | None]]] = {kind: [] for kind in kinds}

    def work(kind: str) -> None:
        text, request, _ = kinds[kind]
        seen[kind].append(ask(text, *request))

    with meanwhile(*(partial(work, kind) for kind in kinds)):
        for _ in range(TRAPS):
            assert ask(None, "GET", "/-/trap") == TRAPPED
            mark = len(seen["reads"])
            wait_for(lambda: (200, None) in seen["reads"][mark:], 20, "a read to be served after the trap")
    for kind, (_, _, expected) in kinds.items():
        assert set(seen[kind]) - {TRAPPED} == {expected}, kind
    reached = [request for request in witness.seen if request.all("X-Lychgate-Subject")[:1] != []]
    by_us = [request for request in reached if request.all("X-Lychgate-Subject")[0].startswith("trap-")]
    assert {request.all("X-Lychgate-Subject")[0] for request in by_us} == {"trap-writer"}
    assert len(by_us) >= sum(answers.count((200, None)) for answers in seen.values())
    refused = sum(len(seen[kind]) for kind in ("revoked", "weak", "forged", "nobody"))
    trapped = sum(answers.count(TRAPPED) for answers in seen.values())
    note_figure(
        f"Worker trapped under load {TRAPS} times: {refused} requests that may not pass, none let through; "
        f"{len(by_us)} that may, served; {trapped} of all answered 503 by a trap"
    )
