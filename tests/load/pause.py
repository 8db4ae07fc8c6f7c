"""A pause in which nobody changes anything, so that a ledger's storage can be replaced between two changes rather than during
one."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

# How long the longest turn may take.
PATIENCE_SECONDS = 120


class Pause:
    """Lets everybody finish their turn, and begin none, while it lasts."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._turns = 0
        self._is_wanted = False

    @contextmanager
    def turn(self) -> Iterator[None]:
        """One turn of somebody, which begins when no pause is wanted."""
        with self._changed:
            self._changed.wait_for(lambda: not self._is_wanted)
            self._turns += 1
        try:
            yield
        finally:
            with self._changed:
                self._turns -= 1
                self._changed.notify_all()

    @contextmanager
    def of_everybody(self) -> Iterator[None]:
        """Nobody's turn is going on until the block ends."""
        with self._changed:
            self._is_wanted = True
            is_quiet = self._changed.wait_for(lambda: self._turns == 0, PATIENCE_SECONDS)
        try:
            assert is_quiet, f"{self._turns} turns did not end in {PATIENCE_SECONDS} s"
            yield
        finally:
            with self._changed:
                self._is_wanted = False
                self._changed.notify_all()
