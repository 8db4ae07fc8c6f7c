"""Measures everything and writes the results down: `make bench`. With BENCH=quick, it measures too little for a result, and
only shows that it works."""

import datetime
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import first_answer
import growth_plot
import isolate
import latency
import memory
import report
import rounds
import simulated
import size_of
from configuration import BENCH, BUILD, ROOT
from machine import machine
from workers import Rig

PARTS = ("http", "simulated", "latency", "first_answer", "memory", "steps", "lists", "tables", "settings", "rings", "size")


def main() -> int:
    quick = os.environ.get("BENCH") == "quick"
    only = set(sys.argv[1:]) or set(PARTS)
    if unknown := only - set(PARTS):
        sys.exit(f"{', '.join(unknown)}: expected some of {', '.join(PARTS)}, or nothing for all")
    began = time.monotonic()
    date = datetime.date.today().isoformat()
    results = BENCH / "results" if only == set(PARTS) and not quick else BUILD / "results"
    for folder in (results, BUILD):
        folder.mkdir(parents=True, exist_ok=True)
    found = {
        "date": date,
        "quick": quick,
        "commit": commit(),
        "machine": machine(),
        "versions": versions(),
        "starts": rounds.STARTS,
    }
    with tempfile.TemporaryDirectory() as folder:
        measure(found, pathlib.Path(folder), quick, only)
    found["seconds"] = round(time.monotonic() - began)
    (results / f"{date}.json").write_text(json.dumps(found, indent=1) + "\n")
    if {"lists", "tables", "rings"} <= only:
        (results / f"{date}.svg").write_text(growth_plot.draw(found))
    text = report.whole(found)
    (results / f"{date}.md").write_text(text)
    print(text)
    print(f"written to {(results / date).relative_to(ROOT)}.*, after {found['seconds']} s")
    return 0


def measure(found: dict, folder: pathlib.Path, quick: bool, only: set[str]) -> None:
    """Adds what each part measured. After each, everything so far is kept in a file, in case a later one fails."""
    rig = Rig(folder / "rig")
    parts = {
        "http": lambda: rounds.run(rig, folder / "workerd", quick, say),
        "simulated": lambda: simulated.run(rig, folder / "simulated", quick, say),
        "latency": lambda: latency.run(rig, folder / "workerd", quick, say),
        "first_answer": lambda: first_answer.run(rig, folder / "alone", quick, say),
        "memory": lambda: memory.run(rig, folder / "alone", quick, say),
        "steps": lambda: isolate.steps(quick, say),
        "lists": lambda: isolate.lists(quick, folder, say),
        "tables": lambda: isolate.tables(quick, say),
        "settings": lambda: isolate.settings(quick, folder, say),
        "rings": lambda: isolate.rings(quick, say),
        "size": size_of.worker,
    }
    try:
        for part in PARTS:
            if part in only:
                found[part] = parts[part]()
                (BUILD / "so-far.json").write_text(json.dumps(found, indent=1) + "\n")
    finally:
        rig.stop()


def commit() -> str:
    """The commit of the code that is measured; empty outside a repository."""
    done = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, cwd=ROOT)
    return done.stdout.strip()


def versions() -> dict[str, str]:
    def installed(package: pathlib.Path) -> str:
        return json.loads((package / "package.json").read_text())["version"]

    names = ("jose", "hono", "@tsndr/cloudflare-worker-jwt")
    found = {name: installed(BENCH / "node_modules" / name) for name in names}
    found["workerd"] = installed(ROOT / "node_modules" / "workerd")
    found["node"] = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout.strip()
    found["rustc"] = subprocess.run(["rustc", "--version"], capture_output=True, text=True).stdout.split()[1]
    return found


def say(text: str) -> None:
    print(f"   {text} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
