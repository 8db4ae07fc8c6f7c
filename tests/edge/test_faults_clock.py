"""The clock is set back and forth by hours while the gate and its ledger run: no revocation is lost or late, refused tokens
stay refused, and the gate recovers by itself."""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bare import OnWrite
from clocked import ClockedLedgerGate
from waiting import wait_for
from witness import Witness

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the clock is moved as Linux lets it be moved")

HOUR = 3600

# What a revocation may take here: see docs/revocation.md, "How soon it takes effect".
REFUSED_WITHIN_SECONDS = 10

# What the gate may take to have lists in force again after its clock was set.
RECOVERS_WITHIN_SECONDS = 20

KV_FAILS_SECONDS = 4

PUSH = "/acme/widget/git-receive-pack"


@pytest.fixture
def clocked(tmp_path: Path, keys: str, witness: Witness) -> Iterator[ClockedLedgerGate]:
    variables = {"ORIGIN_URL": witness.url, "MEMBERSHIP": "kv", "MEMBERSHIP_SECONDS": "2"}
    running = ClockedLedgerGate(tmp_path / "clocked", keys, variables)
    running.await_lists()
    yield running
    running.stop()


def test_no_revocation_is_lost_while_the_clock_jumps(
    clocked: ClockedLedgerGate, witness: Witness, note_figure: Callable[[str], None]
) -> None:
    api = clocked.api
    names = ("first", "second", "third", "fourth", "kept")
    made = {name: api.create("alice", name).expect(201).body for name in names}
    brief = api.create("alice", "brief", expires_in=HOUR).expect(201).body
    assert api.use(brief["token"]).status == 200
    revoked: list[str] = []
    took: list[float] = []
    asked = 0

    def assert_revoked_ones_stay_refused() -> None:
        nonlocal asked
        for text in revoked:
            reached = len(witness.seen)
            assert api.use(text).status in (401, 503)
            assert len(witness.seen) == reached
            asked += 1

    def revoke(token: dict[str, str]) -> None:
        api.revoke("alice", token["id"]).expect(200, 202)
        answered = time.monotonic()
        while (answer := api.use(token["token"])).status != 401:
            assert answer.status in (200, 503), answer
            assert time.monotonic() - answered < REFUSED_WITHIN_SECONDS, f"{token['id']} is still accepted"
            time.sleep(0.05)
        took.append(time.monotonic() - answered)
        revoked.append(token["token"])
        assert_revoked_ones_stay_refused()

    def set_clock(seconds: int) -> None:
        clocked.move_clock(seconds)

        def is_back() -> bool:
            assert_revoked_ones_stay_refused()
            return api.use(made["kept"]["token"]).status == 200

        wait_for(is_back, RECOVERS_WITHIN_SECONDS, f"the gate to work with its clock moved by {seconds} s")
        assert_revoked_ones_stay_refused()

    revoke(brief)
    set_clock(-3 * HOUR)
    revoke(made["first"])
    set_clock(5 * HOUR)
    # By this clock the brief one has expired: it need not be revoked any more.
    assert api.use(brief["token"]).code == "token_expired"
    revoke(made["second"])
    set_clock(0)
    assert api.use(brief["token"]).code == "token_revoked"
    revoke(made["third"])
    set_clock(-12 * HOUR)
    assert api.use(brief["token"]).code == "token_revoked"
    revoke(made["fourth"])
    clocked.assert_versions_only_grew()
    note_figure(
        f"clock set back and forth by hours, 4 times: {len(took)} revocations, each in force within {max(took):.1f} s; "
        f"{asked} requests with revoked tokens, none let through"
    )


def test_a_clock_set_back_while_kv_fails_loses_no_revocation(clocked: ClockedLedgerGate) -> None:
    api = clocked.api
    revoked, kept = (api.create("alice", name).expect(201).body for name in ("revoked", "kept"))
    assert api.is_accepted(revoked["token"]) and api.is_accepted(kept["token"])
    clocked.store.on_write = lambda: OnWrite(takes_effect=False, succeeds=False)
    clocked.move_clock(-3 * HOUR)
    api.revoke("alice", revoked["id"]).expect(202)
    # A caller who waits for a publication that does not happen still gets an answer in time.
    began = time.monotonic()
    assert not api.revoke("alice", revoked["id"], wait=KV_FAILS_SECONDS).expect(202).body["lists"][0]["published"]
    assert KV_FAILS_SECONDS - 1 < time.monotonic() - began < 2 * KV_FAILS_SECONDS
    clocked.store.on_write = lambda: OnWrite()
    wait_for(lambda: not api.is_accepted(revoked["token"]), 2 * KV_FAILS_SECONDS + REFUSED_WITHIN_SECONDS, "the refusal")
    assert api.is_accepted(kept["token"])


def test_a_change_of_membership_outlasts_a_clock_set_back(clocked: ClockedLedgerGate) -> None:
    api = clocked.api
    api.set_membership("alice", {"acme": "write"}).expect(200)
    token = clocked.create("alice", "write")

    def push() -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return api.connections.exchange("POST", PUSH, headers, "0000").status

    assert push() == 200
    clocked.move_clock(-3 * HOUR)
    began = time.monotonic()
    api.set_membership("alice", {"acme": "read"}, wait=20).expect(200)
    wait_for(lambda: push() == 403, REFUSED_WITHIN_SECONDS, "the change to be in force")
    assert time.monotonic() - began < REFUSED_WITHIN_SECONDS
