"""What one forwarded read takes of a simulated processor: instructions, and misses of its caches. Unlike times, these figures hardly
depend on the machine and on what else it does. Linux only, because callgrind is."""

import pathlib
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from contenders import Contender, contenders
from workers import Rig, Workerd

AMONG = ("edits", "lychgate")
CONNECTIONS = 8
# The revocation list is not refreshed meanwhile. Here, requests take thirty times as long as usual, so each would seem to pay for thirty
# times its part of a refresh.
REFRESH_SECONDS = 3_600
# Size in bytes, ways, bytes of a line: the first level for instructions and for data, and the second level.
CACHES = ("--I1=32768,8,64", "--D1=49152,12,64", "--LL=2097152,16,64")
# How many simulated processes run at a time.
PROCESSES = 2


def run(rig: Rig, folder: pathlib.Path, quick: bool, say) -> list[dict] | None:
    """A row for each contender, with assertion and membership off and on; None without callgrind."""
    if shutil.which("valgrind") is None:
        return None
    say("reads on a simulated processor, with callgrind")
    warm_up, requests = (500, 500) if quick else (6_000, 4_000)
    among = [replace(one, refresh_seconds=REFRESH_SECONDS) for full in (False, True) for one in contenders(AMONG, full)]
    with ThreadPoolExecutor(PROCESSES) as threads:
        return list(threads.map(lambda one: count(rig, one, folder / one.service, warm_up, requests), among))


def count(rig: Rig, contender: Contender, folder: pathlib.Path, warm_up: int, requests: int) -> dict:
    """What a read takes in the thread that answers."""
    # V8 writes code at run time, and callgrind must see it change.
    callgrind = ["valgrind", "--tool=callgrind", "--smc-check=all-non-file", "--instr-atstart=no", "--separate-threads=yes",
                 "--callgrind-out-file=counted", "--cache-sim=yes", *CACHES]
    with Workerd(rig, [contender], folder, under=callgrind) as workerd:
        port = workerd.ports[contender.service]
        rig.load(contender, "read", port, warm_up, CONNECTIONS)
        control(workerd, "--instr=on")
        rig.load(contender, "read", port, requests, CONNECTIONS)
        control(workerd, "--instr=off")
        control(workerd, "--dump")
    # The first dump, of the first thread. Misses are of the first and of the last level, for instructions, reads and writes.
    totals = re.search(r"^totals: (.+)$", (folder / "counted.1-01").read_text(errors="replace"), re.MULTILINE)[1]
    instructions, _, _, first, first_read, first_written, last, last_read, last_written = (
        int(figure) / requests for figure in totals.split()
    )
    return {
        "contender": contender.name,
        "full": contender.full,
        "instructions": round(instructions),
        "instruction_misses": round(first),
        "data_misses": round(first_read + first_written),
        "second_level_misses": round(last + last_read + last_written),
    }


def control(workerd: Workerd, command: str) -> None:
    subprocess.run(["callgrind_control", command, str(workerd.process.pid)], check=True, capture_output=True)
