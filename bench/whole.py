"""Figures of a whole process: the time from its start to the first response, and its memory after many requests."""

import pathlib
import socket
import statistics
import time
from concurrent.futures import ThreadPoolExecutor

from workers import Contender, Rig, Workerd

GATE = Contender("lychgate", None)
BARE = Contender("bare", "bare", checks=False)
FORWARDER = Contender("edits", "edits", checks=False)


def start(rig: Rig, folder: pathlib.Path, quick: bool, say) -> dict:
    """Milliseconds from starting workerd to the first response, with the gate and with a bare forwarder. The difference is
    the time of the gate's isolate, including its first list."""
    say("time to the first answer")
    taken: dict[str, list[float]] = {"lychgate": [], "bare": []}
    for _ in range(2 if quick else 11):
        for contender in (GATE, BARE):
            taken[contender.name].append(first_answer(rig, contender, folder))
    return taken


def first_answer(rig: Rig, contender: Contender, folder: pathlib.Path) -> float:
    token = (rig.folder / "tokens" / f"{contender.kind}-read").read_text().split()[0]
    asked = f"GET /acme/widget HTTP/1.1\r\nHost: hub.example\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    started = time.perf_counter()
    with Workerd(rig, [contender], folder) as workerd:
        with socket.create_connection(("127.0.0.1", workerd.ports[contender.service])) as connection:
            connection.sendall(asked)
            answer = connection.recv(65536)
        taken = time.perf_counter() - started
    if not answer.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"{contender.name} answered its first request with {answer[:40]!r}")
    return taken * 1e3


def memory(rig: Rig, folder: pathlib.Path, quick: bool, say) -> dict:
    """Resident memory of a workerd with one contender, after this many requests. Measured at the same time for the gate, which
    refuses every tenth of them, and for the header-editing forwarder, which shows what workerd itself needs."""
    few, many = (1_000, 10_000) if quick else (10_000, 1_000_000)
    say(f"memory after {many:,} requests")
    with ThreadPoolExecutor() as pool:
        measured = {
            contender.name: pool.submit(grow, rig, contender, folder.with_name(f"alone-{contender.name}"), (few, many))
            for contender in (GATE, FORWARDER)
        }
        return {"few": few, "many": many, **{name: figures.result() for name, figures in measured.items()}}


def grow(rig: Rig, contender: Contender, folder: pathlib.Path, counts: tuple[int, ...]) -> list[int]:
    """Resident bytes after each of these counts of requests."""
    done = 0
    found = []
    with Workerd(rig, [contender], folder) as workerd:
        port = workerd.ports[contender.service]
        for until in counts:
            while done < until:
                part = min(50_000, until - done)
                refused = part // 10 if contender.checks else 0
                rig.load(contender, "read", port, part - refused, 8)
                if refused:
                    rig.load(contender, "revoked", port, refused, 8)
                done += part
            time.sleep(1)
            found.append(statistics.median(resident(workerd) for _ in range(5)))
    return found


def resident(workerd: Workerd) -> int:
    time.sleep(0.2)
    return workerd.resident_bytes()
