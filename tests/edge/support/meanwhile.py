"""Work that runs during a test."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def meanwhile(*works: Callable[[], None]) -> Iterator[None]:
    """Repeats each work in a thread of its own until the block ends; raises the first error of any."""
    stopped = threading.Event()
    errors: list[BaseException] = []

    def go_on(work: Callable[[], None]) -> None:
        try:
            while not stopped.is_set():
                work()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=go_on, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopped.set()
        for thread in threads:
            thread.join(60)
    if errors:
        raise errors[0]


@contextmanager
def meanwhile_once(work: Callable[[], None]) -> Iterator[None]:
    """Runs work once, in a thread of its own, during the block; raises its error."""
    errors: list[BaseException] = []

    def do() -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=do)
    thread.start()
    try:
        yield
    finally:
        thread.join(60)
    if errors:
        raise errors[0]
