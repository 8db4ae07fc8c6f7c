"""Measures everything and writes the results down: `make bench`. With BENCH=quick, it measures too little for a result, and
only shows that it works."""

import datetime
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import time

import isolate
import plot
import report
import rounds
import size_of
import whole
from workers import BENCH, BUILD, ROOT, Rig

PARTS = ("http", "latency", "memory", "start", "steps", "lists", "tables", "rings", "size")


def main() -> int:
    quick = os.environ.get("BENCH") == "quick"
    only = set(sys.argv[1:]) or set(PARTS)
    if unknown := only - set(PARTS):
        sys.exit(f"{', '.join(unknown)}: expected some of {', '.join(PARTS)}, or nothing for all")
    began = time.monotonic()
    date = datetime.date.today().isoformat()
    results = BENCH / "results" if only == set(PARTS) and not quick else BUILD / "results"
    results.mkdir(parents=True, exist_ok=True)
    found = {"date": date, "quick": quick, "machine": machine(), "versions": versions()}
    with tempfile.TemporaryDirectory() as folder:
        measure(found, pathlib.Path(folder), quick, only)
    found["seconds"] = round(time.monotonic() - began)
    (results / f"{date}.json").write_text(json.dumps(found, indent=1) + "\n")
    if {"lists", "tables", "rings"} <= only:
        (results / f"{date}.svg").write_text(plot.draw(found))
    text = report.whole(found)
    (results / f"{date}.md").write_text(text)
    print(text)
    print(f"written to {(results / date).relative_to(ROOT)}.*, after {found['seconds']} s")
    return 0


def measure(found: dict, folder: pathlib.Path, quick: bool, only: set[str]) -> None:
    rig = Rig(folder / "rig")
    try:
        if "http" in only:
            found["http"] = rounds.run(rig, folder / "workerd", quick, say)
        if "latency" in only:
            found["latency"] = rounds.latency(rig, folder / "workerd", quick, say)
        if "memory" in only:
            found["memory"] = whole.memory(rig, folder / "alone", quick, say)
        if "start" in only:
            found["start"] = whole.start(rig, folder / "alone", quick, say)
    finally:
        rig.stop()
    if "steps" in only:
        found["steps"] = isolate.steps(quick, say)
    if "lists" in only:
        found["lists"] = isolate.lists(quick, folder, say)
    if "tables" in only:
        found["tables"] = isolate.tables(quick, say)
    if "rings" in only:
        found["rings"] = isolate.rings(quick, say)
    if "size" in only:
        found["size"] = size_of.worker()


def machine() -> str:
    return f"{os.cpu_count()} cores of {processor()}, {platform.system()} {platform.release()} on {platform.machine()}"


def processor() -> str:
    if sys.platform == "darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


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
