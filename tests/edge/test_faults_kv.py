"""Workers KV is slow, fails, returns older lists or another shard's, in turns and under load: a refused token stays refused,
no forged one gets through, and nobody waits longer than documented."""

import random
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

import tool
from bare import BareGate
from management import Connections
from meanwhile import meanwhile
from waiting import wait_for
from witness import Witness

# A read of KV counts as failed after 5 s; a request waits for one at most, and for what the machine is busy with.
ANSWERS_WITHIN_SECONDS = 8

TURNS = 24
TURN_SECONDS = 1.5

OTHER_SHARD = 1


@pytest.fixture
def gate(tmp_path: Path, keys: str, witness: Witness) -> Iterator[BareGate]:
    running = BareGate(tmp_path / "kv", keys, {"ORIGIN_URL": witness.url})
    yield running
    running.stop()


def test_kv_in_every_trouble_lets_no_revoked_token_through(
    gate: BareGate, tmp_path: Path, witness: Witness, note_figure: Callable[[str], None]
) -> None:
    good, revoked = (gate.mint("write", subject=subject) for subject in ("kv-good", "kv-revoked"))
    forged = tool.mint(tool.new_keys(), "write", subject="kv-forged")
    older = tool.sealed_list(gate.keys, tmp_path, 0)
    newer = tool.sealed_list(gate.keys, tmp_path, 0, (revoked,), versions=2)
    others = tool.sealed_list(gate.keys, tmp_path, OTHER_SHARD, versions=3)
    gate.put_raw_list(newer)
    connections = Connections(gate.host)

    def ask(text: object) -> tuple[int, str | None, float]:
        began = time.monotonic()
        answer = connections.exchange("GET", "/api/whoami-v2", {"Authorization": f"Bearer {text}"})
        return answer.status, answer.code, time.monotonic() - began

    wait_for(lambda: ask(revoked)[1] == "token_revoked", 10, "the list to be in force")
    seen: dict[str, list[tuple[int, str | None, float]]] = {"good": [], "revoked": [], "forged": []}

    def work(kind: str, text: object) -> None:
        seen[kind].append(ask(text))
        time.sleep(0.005)

    texts = (("good", good), ("good", good), ("revoked", revoked), ("revoked", revoked), ("forged", forged))
    dice = random.Random("kv")
    troubles: dict[str, Callable[[], None]] = {
        "slow": gate.store.answers.clear,
        "failing": lambda: setattr(gate.store, "fails", True),
        "older": lambda: gate.put_raw_list(older),
        "another shard's": lambda: gate.put_raw_list(others),
        "gone": gate.delete_list,
        "cut": lambda: gate.put_raw_list(newer[:-1]),
    }
    tried = dict.fromkeys(troubles, 0)
    with meanwhile(*(partial(work, kind, text) for kind, text in texts)):
        for turn in range(TURNS):
            name = list(troubles)[turn % len(troubles)] if turn < len(troubles) else dice.choice(list(troubles))
            troubles[name]()
            tried[name] += 1
            time.sleep(TURN_SECONDS)
            gate.store.answers.set()
            gate.store.fails = False
            gate.put_raw_list(newer)
    subjects = {value for request in witness.seen for value in request.all("X-Lychgate-Subject")}
    assert "kv-good" in subjects and not subjects & {"kv-revoked", "kv-forged"}
    assert {(status, code) for status, code, _ in seen["good"]} == {(200, None)}
    assert {(status, code) for status, code, _ in seen["revoked"]} == {(401, "token_revoked")}
    assert {(status, code) for status, code, _ in seen["forged"]} == {(401, "token_invalid")}
    longest = max(seconds for answers in seen.values() for _, _, seconds in answers)
    assert longest < ANSWERS_WITHIN_SECONDS
    note_figure(
        f"KV in trouble {sum(tried.values())} times ({', '.join(f'{name} {count}' for name, count in tried.items())}): "
        f"{len(seen['revoked'])} requests with a revoked token and {len(seen['forged'])} with a forged one, none let "
        f"through; {len(seen['good'])} with a good one, all served, the slowest answer after {longest:.1f} s"
    )


@pytest.mark.parametrize("trouble", ["slow", "failing", "another shard's", "gone"])
def test_an_edge_that_begins_in_trouble_lets_nobody_through(
    gate: BareGate, tmp_path: Path, witness: Witness, trouble: str
) -> None:
    """Without a list, the gate cannot tell which tokens are revoked."""
    token = gate.mint("write", subject="kv-begins")
    sealed = tool.sealed_list(gate.keys, tmp_path, 0, (token,))
    gate.put_raw_list(tool.sealed_list(gate.keys, tmp_path, OTHER_SHARD) if trouble == "another shard's" else sealed)
    if trouble == "gone":
        gate.delete_list()
    gate.store.fails = trouble == "failing"
    if trouble == "slow":
        gate.store.answers.clear()
    connections = Connections(gate.host)
    for _ in range(3):
        began = time.monotonic()
        answer = connections.exchange("GET", "/api/whoami-v2", {"Authorization": f"Bearer {token}"})
        assert (answer.status, answer.code) == (503, "revocations_unavailable")
        assert time.monotonic() - began < ANSWERS_WITHIN_SECONDS
    gate.store.fails = False
    gate.store.answers.set()
    gate.put_raw_list(sealed)

    def is_refused() -> bool:
        return connections.exchange("GET", "/api/whoami-v2", {"Authorization": f"Bearer {token}"}).code == "token_revoked"

    wait_for(is_refused, 10, "the list to be in force")
    assert not [request for request in witness.seen if "kv-begins" in request.all("X-Lychgate-Subject")]
