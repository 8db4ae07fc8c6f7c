"""Revoking a token while it is in use: how soon the gate refuses it, and that no other token is affected."""

import http.client
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bare import BareGate
from clients import curl
from gate import REFRESH_SECONDS, Gate
from meanwhile import meanwhile
from tool import Token
from waiting import wait_for
from witness import Witness

SHARD = 30

# How long a revocation may take here from its publication: the age at which the list is read again, in whole seconds,
# and the time to read it. Workers KV adds the time that it needs to reach every place.
BOUND_SECONDS = REFRESH_SECONDS + 3


@dataclass
class Worker:
    """Sends requests with one token as a busy client does, and records the time of each status."""

    gate: Gate
    token: Token
    answers: list[tuple[float, int]] = field(default_factory=list)
    error: BaseException | None = None

    def __post_init__(self) -> None:
        self._connection = http.client.HTTPConnection(self.gate.host, timeout=20)

    def work(self) -> None:
        try:
            self._connection.request("GET", "/api/whoami-v2", headers={"Authorization": f"Bearer {self.token}"})
            response = self._connection.getresponse()
            response.read()
            self.answers.append((time.monotonic(), response.status))
        except BaseException as error:
            self.error = error
            raise

    def statuses(self) -> set[int]:
        assert self.error is None, self.error
        return {status for _, status in self.answers}

    def first_refusal(self) -> float | None:
        return next((at for at, status in self.answers if status != 200), None)

    def answered_since(self, at: float) -> int:
        return sum(1 for when, _ in self.answers if when > at)


@pytest.fixture(scope="module")
def published(gate: Gate) -> Iterator[Gate]:
    gate.publish_by_wrangler("--new", shard=SHARD)
    yield gate


def test_revokes_one_token_within_its_bound_and_disturbs_no_other(
    published: Gate, capsys: pytest.CaptureFixture[str]
) -> None:
    gate = published
    revoked, other = gate.mint("write", shard=SHARD), gate.mint("read", subject="bob", shard=SHARD)
    revoked_worker, other_worker = Worker(gate, revoked), Worker(gate, other)
    with meanwhile(revoked_worker.work, other_worker.work):
        wait_for(lambda: min(len(revoked_worker.answers), len(other_worker.answers)) > 20, 20, "both to work")
        assert revoked_worker.statuses() == other_worker.statuses() == {200}

        gate.publish_by_wrangler("--revoke", revoked.id, shard=SHARD)
        published_at = time.monotonic()
        refused_at = wait_for(revoked_worker.first_refusal, BOUND_SECONDS + 5, "the revoked token to be refused")
        # Long enough for several refreshes, in which it must stay refused.
        wait_for(lambda: time.monotonic() > refused_at + 3 * REFRESH_SECONDS, 10, "time to pass")

    assert {status for at, status in revoked_worker.answers if at >= refused_at} == {401}
    assert revoked_worker.answered_since(refused_at) > 20
    assert other_worker.statuses() == {200}
    assert other_worker.answered_since(refused_at) > 20
    assert revoked_worker.error is None
    # Negative where the gate read the list before the command had exited.
    took = refused_at - published_at
    assert took < BOUND_SECONDS
    with capsys.disabled():
        print(f"\n  revoked: refused {took:+.2f} s after the publication (bound {BOUND_SECONDS} s)", end=" ")


def test_lets_a_restored_token_in_again(published: Gate) -> None:
    gate = published
    token = gate.mint("read", shard=SHARD)

    def status() -> int:
        return curl(f"{gate.url}/api/whoami-v2", token=token).status

    assert status() == 200
    gate.publish_by_wrangler("--revoke", token.id, shard=SHARD)
    wait_for(lambda: status() == 401, BOUND_SECONDS, "the token to be refused")
    gate.publish_by_wrangler("--restore", token.id, shard=SHARD)
    wait_for(lambda: status() == 200, BOUND_SECONDS, "the token to be let in")


# After a pause in traffic


@pytest.fixture
def alone(workshop: Path, keys: str, witness: Witness) -> Iterator[BareGate]:
    running = BareGate(workshop / "paused", keys, {"ORIGIN_URL": witness.url})
    running.publish("--new")
    yield running
    running.stop()


def test_asks_first_after_a_pause(alone: BareGate) -> None:
    """After a pause, no request is judged by the outdated list, not even while another one waits for the new list."""
    token = alone.mint("read")
    assert curl(alone.url, token=token).status == 200
    used_at = time.monotonic()
    alone.publish("--revoke", token.id)
    wait_for(lambda: time.monotonic() > used_at + 2 * REFRESH_SECONDS + 1, 10, "a pause to pass")

    alone.store.answers.clear()
    asked = alone.store.asked
    answers: list[tuple[int, str | None]] = []

    def ask() -> None:
        answer = curl(alone.url, token=token)
        answers.append((answer.status, answer.code))

    first, second = threading.Thread(target=ask), threading.Thread(target=ask)
    first.start()
    wait_for(lambda: alone.store.asked > asked, 10, "the first to ask for the list")
    second.start()
    with pytest.raises(TimeoutError):
        wait_for(lambda: answers, 1, "an answer without a list")
    alone.store.answers.set()
    for thread in (first, second):
        thread.join(20)
    assert answers == [(401, "token_revoked")] * 2
