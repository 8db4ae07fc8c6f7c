"""Times of forwarded reads at a fixed rate, from when each was due: interleaved rounds over several starts of workerd."""

import pathlib

from contenders import PEERS, contenders
from rounds import FORWARDERS, STARTS, in_turn
from workers import Rig, Workerd

# A rate that keeps the machine half idle.
RATE = 500
CONNECTIONS = 16
# Whom to measure, with assertion and membership off and on.
AMONG = {False: ("bare", *FORWARDERS, "lychgate", *PEERS), True: (*FORWARDERS, "lychgate", "jose-tuned")}


def run(rig: Rig, folder: pathlib.Path, quick: bool, say) -> dict:
    """A row for each contender, with the median and the 99th percentile of each round, in microseconds."""
    requests, rounds = (RATE // 2, 1) if quick else (RATE, 3)
    among = [contender for full, names in AMONG.items() for contender in contenders(names, full)]
    rows = {
        contender.service: {"full": contender.full, "contender": contender.name, "p50": [], "p99": []} for contender in among
    }
    for start in range(STARTS):
        say(f"start {start + 1} of {STARTS}: latency at {RATE} requests a second")
        with Workerd(rig, among, folder) as workerd:
            for contender in among:
                rig.load(contender, "read", workerd.ports[contender.service], requests, CONNECTIONS)
            for number in range(rounds):
                for contender in in_turn(among, start * rounds + number):
                    done = rig.load(contender, "read", workerd.ports[contender.service], requests, CONNECTIONS, RATE)
                    for name in ("p50", "p99"):
                        rows[contender.service][name].append(done[name])
    return {"rate": RATE, "requests": requests, "rows": list(rows.values())}
