"""The measurements inside one isolate, natively and in WebAssembly: the steps of a decision, and how they grow."""

import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess

from configuration import BENCH
from workers import RIG, TARGET

# Criterion's build unwinds, and the others abort: their `lychgate` would overwrite each other's file. bench/build.sh builds it with the
# same settings.
CRITERION = TARGET / "criterion"
STEPS = ("parse", "hmac", "lookup", "classify", "decide", "decide-new", "decide-restricted", "decide-new-restricted")
LISTS = ((10**4, 10**6), (10**5, 10**6), (10**5, 10**7), (10**6, 10**7), (10**6, 10**8), (10**7, 10**8))
TABLES = (100, 300, 1_000, 3_000, 10_000)
SETTINGS = ("hub", "oci", "mlflow", "hub+oci+pypi")
RINGS = (1, 2, 5, 10, 50, 100, 200)


def node(*words: object) -> dict:
    command = ["node", BENCH / "isolate.mjs", *(str(word) for word in words)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"`{' '.join(str(word) for word in command)}` failed:\n{done.stderr}")
    return json.loads(done.stdout)


def steps(quick: bool, say) -> dict:
    """Nanoseconds of every step, natively and in wasm, and its number of instructions natively."""
    say("the steps in WebAssembly, in Node")
    wasm = node("steps", 3 if quick else 15)
    say("the steps natively, with criterion")
    short = ["--warm-up-time", "0.3", "--measurement-time", "0.5", "--sample-size", "10"]
    command = ["cargo", "bench", "--quiet", "--manifest-path", BENCH / "Cargo.toml", "--bench", "steps", "--"]
    environment = os.environ | {"CARGO_TARGET_DIR": str(CRITERION), "CARGO_PROFILE_RELEASE_PANIC": "unwind"}
    subprocess.run(command + (short if quick else []), check=True, stdout=subprocess.DEVNULL, env=environment)
    return {"wasm": wasm, "native": {step: criterion(step) for step in STEPS}, "instructions": instructions(say)}


def criterion(step: str) -> dict:
    estimates = json.loads((CRITERION / "criterion" / step / "new" / "estimates.json").read_text())
    median = estimates["median"]
    interval = median["confidence_interval"]
    return {
        "median": median["point_estimate"],
        "low": interval["lower_bound"],
        "high": interval["upper_bound"],
    }


def instructions(say) -> dict | None:
    """Instructions of every step: the cost of many repetitions beyond the set-up. Linux only, because callgrind is."""
    if shutil.which("valgrind") is None:
        return None
    say("the steps' instructions, with callgrind")
    times = 1_000
    return {step: round((counted(step, times) - counted(step, 0)) / times) for step in STEPS}


def counted(step: str, times: int) -> int:
    program = TARGET / "release" / "instructions"
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, step, str(times)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(re.search(r"Collected : (\d+)", done.stderr)[1])


def lists(quick: bool, folder: pathlib.Path, say) -> list[dict]:
    rows = []
    for revoked, issued in LISTS[:2] if quick else LISTS:
        say(f"a list of {revoked:,} revoked of {issued:,} issued")
        sealed = folder / "list"
        subprocess.run([RIG, "list", sealed, str(issued), str(revoked)], check=True)
        row = {"revoked": revoked, "issued": issued, "bytes": os.path.getsize(sealed)}
        rows.append(row | node("list", sealed, issued, revoked))
    return rows


def tables(quick: bool, say) -> list[dict]:
    say("route tables")
    return [{"lines": lines} | node("table", lines) for lines in (TABLES[:2] if quick else TABLES)]


def settings(quick: bool, folder: pathlib.Path, say) -> list[dict]:
    """The shipped tables, parsed from their text and loaded from a snapshot: the first time in a new process, the median of several, and
    the usual one."""
    say("the shipped route tables")
    snapshot = folder / "snapshot"
    found = []
    for routes in SETTINGS:
        runs = [
            {"parsed": node("setting", routes, snapshot), "loaded": node("snapshot", snapshot)} for _ in range(1 if quick else 5)
        ]
        row = {"routes": routes, "bytes": os.path.getsize(snapshot)}
        for way in ("parsed", "loaded"):
            row[way] = {moment: statistics.median(run[way][moment] for run in runs) for moment in ("first", "again")}
        found.append(row)
    return found


def rings(quick: bool, say) -> list[dict]:
    say("key rings")
    return [{"keys": keys} | node("ring", keys) for keys in (RINGS[:2] if quick else RINGS)]


