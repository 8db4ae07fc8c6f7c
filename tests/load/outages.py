"""The times at which a test took the gate down. Only these excuse a request without a response."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

# How long the first requests to a new process may still fail.
RECOVERY_SECONDS = 3.0


class Outages:
    """All outages so far."""

    def __init__(self) -> None:
        self._spans: list[tuple[float, float]] = []
        self._lock = threading.Lock()

    @contextmanager
    def one(self) -> Iterator[None]:
        """The gate is down until the block ends."""
        with self._lock:
            self._spans.append((time.monotonic(), float("inf")))
        yield
        with self._lock:
            began, _ = self._spans.pop()
            self._spans.append((began, time.monotonic() + RECOVERY_SECONDS))

    @property
    def count(self) -> int:
        return len(self._spans)

    def touch(self, since: float) -> bool:
        """Whether there was an outage at any time from then until now."""
        with self._lock:
            return any(end >= since for _, end in self._spans)
