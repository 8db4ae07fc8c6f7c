"""A ledger that fails, cannot start, or is slow because Workers KV is: it reports failures in time, and the gate still
checks the tokens of requests.

A ledger that is killed during a write is in test_ledger_crash.py; one whose KV refuses writes is in
test_ledger_kv_failure.py.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bare import OnWrite
from bare_ledger_gate import BareLedgerGate, NewBareLedgerGate
from surroundings import TRAP_WORKER_DIR
from waiting import wait_for
from witness import Witness

# A read of KV counts as failed after 5 s; a request to a ledger that reads first takes no longer than that.
BEGINS_OR_FAILS_WITHIN_SECONDS = 10

# The longest wait that can be asked for, and what a write under way may add: docs/openapi.yaml.
WAITS_AT_MOST_SECONDS = 40


def test_a_ledger_that_cannot_read_kv_makes_no_token_and_says_so_in_time(
    new_ledger_gate: NewBareLedgerGate, witness: Witness
) -> None:
    gate = new_ledger_gate()
    gate.store.answers.clear()
    began = time.monotonic()
    answer = gate.api.create("alice", "laptop").expect(503)
    assert answer.code == "ledger_unavailable"
    assert time.monotonic() - began < BEGINS_OR_FAILS_WITHIN_SECONDS
    # It does not begin with an empty list, as if nothing had been revoked before.
    assert gate.published() is None
    gate.store.answers.set()
    wait_for(lambda: gate.api.create("alice", "laptop").status == 201, 20, "the ledger to begin")
    assert len(gate.api.tokens("alice")) == 1


def test_a_slow_kv_delays_who_waits_for_it_and_nobody_else(ledger_gate: BareLedgerGate) -> None:
    gate, api = ledger_gate, ledger_gate.api
    kept, revoked = (api.create("alice", name).expect(201).body for name in ("kept", "revoked"))
    assert api.is_accepted(kept["token"]) and api.is_accepted(revoked["token"])
    gate.store.on_write = lambda: OnWrite(seconds_before=8)
    began = time.monotonic()
    api.revoke("alice", revoked["id"]).expect(202)
    assert time.monotonic() - began < 2, "an answer that was not to wait for the publication waited"
    longest = 0.0
    while time.monotonic() < began + 6:
        asked = time.monotonic()
        assert api.is_accepted(kept["token"])
        longest = max(longest, time.monotonic() - asked)
    assert longest < 2
    confirmed = api.revoke("alice", revoked["id"], wait=30).expect(200)
    assert confirmed.body["lists"][0]["published"]
    assert time.monotonic() - began < WAITS_AT_MOST_SECONDS
    wait_for(lambda: not api.is_accepted(revoked["token"]), 10, "the revoked token to be refused")


def test_a_wait_for_a_publication_that_does_not_come_ends(ledger_gate: BareLedgerGate) -> None:
    gate, api = ledger_gate, ledger_gate.api
    token = api.create("alice", "laptop").expect(201).body
    gate.store.on_write = lambda: OnWrite(takes_effect=False, succeeds=False)
    began = time.monotonic()
    answer = api.revoke("alice", token["id"], wait=30).expect(202)
    assert not answer.body["lists"][0]["published"]
    assert 29 < time.monotonic() - began < WAITS_AT_MOST_SECONDS
    gate.store.on_write = lambda: OnWrite()
    wait_for(lambda: not api.is_accepted(token["token"]), 60 + 10, "the revoked token to be refused")


@pytest.fixture
def failing(tmp_path: Path, keys: str, witness: Witness) -> Iterator[BareLedgerGate]:
    running = BareLedgerGate(tmp_path / "failing", keys, {"ORIGIN_URL": witness.url}, TRAP_WORKER_DIR)
    running.await_lists()
    yield running
    running.stop()


def test_a_ledger_that_breaks_down_again_and_again_loses_no_revocation(failing: BareLedgerGate) -> None:
    api = failing.api
    made = [api.create("alice", f"token {number}").expect(201).body for number in range(10)]
    for token in made:
        # The subject `trap` makes the test build break down in the ledger.
        assert api.call("GET", "/subjects/trap/tokens").status == 503
        api.revoke("alice", token["id"]).expect(200, 202)
        assert api.call("GET", "/subjects/trap/tokens").status == 503
    revoked = {token["id"] for token in made}

    def all_published() -> bool:
        published = failing.published()
        return published is not None and published.revoked == revoked

    wait_for(all_published, 20, "the list to hold all that was revoked")
    wait_for(lambda: not any(api.is_accepted(token["token"]) for token in made), 10, "all of them to be refused")
    failing.assert_versions_only_grew()
