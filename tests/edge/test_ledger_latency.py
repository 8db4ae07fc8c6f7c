"""The time from the response to a DELETE until the first refusal, under load, on this machine."""

import random
import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from bare_ledger_gate import BareLedgerGate

REVOCATIONS = 200
REVOKERS = 20
USERS = 4
POLL_SECONDS = 0.05

# The list is written at most once a second, and read again at most a second after; both count in whole seconds.
MEDIAN_BOUND = 4.0
BOUND = 10.0


@pytest.mark.alone
def test_from_revocation_to_the_first_refusal(ledger_gate: BareLedgerGate, note_figure: Callable[[str], None]) -> None:
    api, is_over = ledger_gate.api, threading.Event()
    made = [api.create(f"user-{number % 20}", f"token {number}").expect(201).body for number in range(REVOCATIONS)]
    living = [api.create("others", f"token {number}").expect(201).body["token"] for number in range(USERS)]

    def use(text: str) -> int:
        count = 0
        while not is_over.is_set():
            assert api.is_accepted(text)
            count += 1
        return count

    def revoke(number: int) -> list[float]:
        # Not all in the same moment of the ledger's second.
        dice = random.Random(number)
        took = []
        for token in made[number::REVOKERS]:
            time.sleep(dice.uniform(0, 1))
            assert api.is_accepted(token["token"])
            api.revoke(token["subject"], token["id"]).expect(200, 202)
            answered = time.monotonic()
            while api.is_accepted(token["token"]):
                assert time.monotonic() - answered < 60, f"{token['id']} is still accepted"
                time.sleep(POLL_SECONDS)
            took.append(time.monotonic() - answered)
            assert not api.is_accepted(token["token"])
        return took

    began = time.monotonic()
    with ThreadPoolExecutor(REVOKERS + USERS) as pool:
        users = [pool.submit(use, text) for text in living]
        try:
            revokers = [pool.submit(revoke, number) for number in range(REVOKERS)]
            took = sorted(second for revoker in revokers for second in revoker.result())
        finally:
            is_over.set()
        served = sum(user.result() for user in users) / (time.monotonic() - began)
    assert len(took) == REVOCATIONS
    median, percentile = statistics.median(took), statistics.quantiles(took, n=100)[98]
    note_figure(
        f"DELETE to the first refusal, {REVOCATIONS} revocations beside {served:.0f} requests a second: "
        f"median {median:.2f} s, 99th percentile {percentile:.2f} s, worst {took[-1]:.2f} s"
    )
    assert median < MEDIAN_BOUND
    assert percentile < BOUND
