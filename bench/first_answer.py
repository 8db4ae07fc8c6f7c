"""How long an isolate takes to its first answer: in a new workerd, and in one that already runs."""

import contextlib
import http.client
import pathlib
import time
from collections.abc import Iterator

from contenders import Contender, contenders
from workers import Rig, Workerd

AMONG = contenders(("edits", "edits-again", "lychgate"), False)


def run(rig: Rig, folder: pathlib.Path, quick: bool, say) -> dict:
    """Milliseconds of each moment and contender, a figure for each turn."""
    found: dict = {moment: {one.name: [] for one in AMONG} for moment in ("process", "first_request", "second_request", "isolate")}
    say("the first answer of a new workerd")
    for _ in range(2 if quick else 40):
        for contender in AMONG:
            for moment, taken in new_process(rig, contender, folder).items():
                found[moment][contender.name].append(taken)
    say("the first answer of a new isolate in a running workerd")
    with Workerd(rig, AMONG, folder, starts_isolates=True) as workerd:
        for number in range(4 if quick else 101):
            for contender in AMONG:
                with connected(workerd, contender) as connection:
                    taken = answer(rig, contender, connection)
                # The first turn warms up: it starts the Worker that starts the others.
                if number > 0:
                    found["isolate"][contender.name].append(taken)
    return found


def new_process(rig: Rig, contender: Contender, folder: pathlib.Path) -> dict[str, float]:
    with Workerd(rig, [contender], folder) as workerd:
        with connected(workerd, contender) as connection:
            first = answer(rig, contender, connection)
            until_first = (time.perf_counter() - workerd.started_at) * 1e3
            second = answer(rig, contender, connection)
    return {"process": until_first, "first_request": first, "second_request": second}


@contextlib.contextmanager
def connected(workerd: Workerd, contender: Contender) -> Iterator[http.client.HTTPConnection]:
    """A connection, which is open before anything is measured over it."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", workerd.ports[contender.service])) as connection:
        connection.connect()
        yield connection


def answer(rig: Rig, contender: Contender, connection: http.client.HTTPConnection) -> float:
    """Milliseconds from a read of a file to its answer."""
    headers = {"Host": "hub.example", "Authorization": f"Bearer {rig.tokens(contender, 'read')[0]}"}
    begun = time.perf_counter()
    connection.request("GET", "/acme/widget/resolve/main/config.json", headers=headers)
    answered = connection.getresponse()
    body = answered.read()
    taken = time.perf_counter() - begun
    if answered.status != 200:
        raise RuntimeError(f"{contender.name}: expected 200, got {answered.status} {body[:400]!r}")
    return taken * 1e3
