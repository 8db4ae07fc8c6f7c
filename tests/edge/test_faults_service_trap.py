"""The service breaks down, in the management API or in a ledger: whoever waits on it is answered 503 at once, no forwarded
request notices, and the next call is served by a fresh instance."""

import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest

import tool
from bare import OnWrite
from bare_ledger_gate import BareLedgerGate
from management import Connections
from meanwhile import meanwhile, meanwhile_once
from surroundings import TRAP_WORKER_DIR
from waiting import wait_for
from witness import Witness

TRAPS = 50

READ, WRITE = ("GET", "/api/whoami-v2"), ("POST", "/sink")

TRAPPED = (503, "gate_trapped")

# What a test build breaks down over: in the API after a timer has run out, and in the ledger's own event.
API_TRAP, LEDGER_TRAP = "/trap", "/subjects/trap/tokens"

# Far below what a call may take that waits for something: a ledger's 40 s, a publication's 30 s.
AT_ONCE_SECONDS = 10


@pytest.fixture(scope="module")
def trap_gate(tmp_path_factory: pytest.TempPathFactory, keys: str, witness: Witness) -> Iterator[BareLedgerGate]:
    folder = tmp_path_factory.mktemp("trap_gate-service") / "gate"
    running = BareLedgerGate(folder, keys, {"ORIGIN_URL": witness.url}, TRAP_WORKER_DIR)
    running.await_lists()
    yield running
    running.stop()


@pytest.mark.parametrize("trap", [API_TRAP, LEDGER_TRAP], ids=["api", "ledger"])
def test_traps_under_load_disturb_no_forwarded_request(
    trap_gate: BareLedgerGate, witness: Witness, note_figure: Callable[[str], None], trap: str
) -> None:
    api, kind = trap_gate.api, "by-api" if trap == API_TRAP else "by-ledger"
    writer, reader, revoked = (
        api.create(f"{kind}-{name}", name, role).expect(201).body
        for name, role in (("writer", "write"), ("reader", "read"), ("revoked", "write"))
    )
    api.revoke(f"{kind}-revoked", revoked["id"]).expect(200, 202)
    wait_for(lambda: not api.is_accepted(revoked["token"]), 20, "the revoked token to be refused")
    forged = tool.mint(tool.new_keys(), "write", subject="service-trap-forged")
    connections = Connections(trap_gate.host)

    def ask(text: object | None, method: str, path: str) -> tuple[int, str | None]:
        headers = {} if text is None else {"Authorization": f"Bearer {text}"}
        answer = connections.exchange(method, path, headers, "x" if method == "POST" else None)
        return answer.status, answer.code

    # Who asks for what, and the one answer.
    kinds: dict[str, tuple[object | None, tuple[str, str], tuple[int, str | None]]] = {
        "reads": (writer["token"], READ, (200, None)),
        "writes": (writer["token"], WRITE, (200, None)),
        "revoked": (revoked["token"], READ, (401, "token_revoked")),
        "weak": (reader["token"], WRITE, (403, "role_insufficient")),
        "forged": (forged, WRITE, (401, "token_invalid")),
        "nobody": (None, WRITE, (401, "token_required")),
    }
    seen: dict[str, list[tuple[int, str | None]]] = {name: [] for name in kinds}
    managed: list[tuple[int, str | None]] = []

    def work(name: str) -> None:
        text, request, _ = kinds[name]
        seen[name].append(ask(text, *request))

    def manage() -> None:
        answer = api.call("GET", f"/subjects/{kind}-writer/tokens")
        managed.append((answer.status, answer.code))

    longest = 0.0
    with meanwhile(manage, *(partial(work, name) for name in kinds)):
        for _ in range(TRAPS):
            began = time.monotonic()
            assert api.call("GET", trap).status == 503
            longest = max(longest, time.monotonic() - began)
            # The very next call is served, unless it came while the ledger was still beginning anew.
            mark = len(managed)
            wait_for(lambda: (200, None) in managed[mark:], 20, "a call to be served after the trap")
    for name, (_, _, expected) in kinds.items():
        assert set(seen[name]) == {expected}, name
        assert len(seen[name]) > TRAPS, name
    assert {status for status, _ in managed} <= {200, 503}
    assert longest < AT_ONCE_SECONDS
    by_us = [request for request in witness.seen if request.all("X-Lychgate-Subject")[:1] == [f"{kind}-writer"]]
    assert len(by_us) >= len(seen["reads"]) + len(seen["writes"])
    note_figure(
        f"service trapped under load in the {'API' if trap == API_TRAP else 'ledger'} {TRAPS} times: "
        f"{sum(map(len, seen.values()))} requests through the gate, none disturbed; {managed.count((200, None))} calls served, "
        f"{len(managed) - managed.count((200, None))} answered 503; the slowest 503 after {longest:.2f} s"
    )


@pytest.mark.parametrize("trap", [API_TRAP, LEDGER_TRAP], ids=["api", "ledger"])
def test_the_next_call_is_served_by_a_fresh_instance(trap_gate: BareLedgerGate, trap: str) -> None:
    for _ in range(5):
        assert trap_gate.api.call("GET", trap).status == 503
        trap_gate.api.call("GET", "/subjects/alice/tokens").expect(200)


def test_whoever_waits_on_the_broken_instance_is_answered_at_once(trap_gate: BareLedgerGate) -> None:
    api = trap_gate.api
    token = api.create("waiting", "laptop").expect(201).body
    trap_gate.store.on_write = lambda: OnWrite(takes_effect=False, succeeds=False)
    answers: list[tuple[int, str | None, float]] = []

    def wait_for_publication() -> None:
        began = time.monotonic()
        answer = api.revoke("waiting", token["id"], wait=30)
        answers.append((answer.status, answer.code, time.monotonic() - began))

    try:
        with meanwhile_once(wait_for_publication):
            # It waits in the ledger by now, and would for half a minute.
            time.sleep(2)
            assert not answers
            assert (api.call("GET", API_TRAP).status, len(answers)) in ((503, 0), (503, 1))
            wait_for(lambda: answers, AT_ONCE_SECONDS, "the call that waited to be answered")
    finally:
        trap_gate.store.on_write = lambda: OnWrite()
    ((status, code, seconds),) = answers
    assert (status, code) == TRAPPED
    assert seconds < 2 + AT_ONCE_SECONDS
    # What was asked for is done all the same.
    wait_for(lambda: not api.is_accepted(token["token"]), 60 + 20, "the revoked token to be refused")


def test_a_trap_is_logged_once_and_without_its_message(trap_gate: BareLedgerGate) -> None:
    trap_gate.api.call("GET", "/subjects/alice/tokens").expect(200)
    mark = trap_gate.log_mark()
    assert trap_gate.api.call("GET", API_TRAP).code == "gate_trapped"
    lines = [line for line in trap_gate.log_lines_since(mark) if line["code"] == "gate_trapped"]
    assert [(line["event"], line["status"], line["method"]) for line in lines] == [("failed", 503, "GET")]
    assert "a trap asked for" not in trap_gate.log()
    assert "Critical" not in trap_gate.log()


def test_a_gate_that_breaks_down_leaves_the_service_alone(trap_gate: BareLedgerGate) -> None:
    connections = Connections(trap_gate.host)
    for _ in range(3):
        assert connections.exchange("GET", "/-/trap", {}).code == "gate_trapped"
        trap_gate.api.call("GET", "/subjects/alice/tokens").expect(200)
        trap_gate.await_lists()
