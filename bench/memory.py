"""The memory of a whole process after many requests."""

import pathlib
import statistics
import time
from concurrent.futures import ThreadPoolExecutor

from contenders import Contender, contenders
from workers import Rig, Workerd


def run(rig: Rig, folder: pathlib.Path, quick: bool, say) -> dict:
    """Resident memory of a workerd with one contender, after this many requests. Measured at the same time for the gate, which
    refuses every tenth of them, and for the header-editing forwarder, which shows what workerd itself needs."""
    few, many = (1_000, 10_000) if quick else (10_000, 1_000_000)
    say(f"memory after {many:,} requests")
    with ThreadPoolExecutor() as pool:
        measured = {
            contender.name: pool.submit(grow, rig, contender, folder.with_name(f"alone-{contender.name}"), (few, many))
            for contender in contenders(("lychgate", "edits"), False)
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
