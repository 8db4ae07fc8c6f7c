"""The documents that repeat figures: docs/performance.md with its charts, and the README."""

import json
import pathlib
import sys

import plot
import servers_report
from contenders import PEERS
from figures import (
    first_answer_ratios,
    latency_added,
    latency_row,
    median,
    per_core,
    ratios,
    refusal_means,
    row_of,
    simulated_ratio,
    simulated_row,
    spread,
    table,
)
from names import MOMENTS, NAMES, SIMULATED
from targets import Target, decisions, reads, refusal, targets, targets_table

BENCH = pathlib.Path(__file__).resolve().parent
ROOT = BENCH.parent
CHARTS = ROOT / "docs/images"
COMPARED = ("bare", "edits", "edits-again", "lychgate", *PEERS)
READS = (
    ("a hub's file", "read", "lychgate"),
    ("the same, both before the zone's own origin, which needs no timer", "read", "lychgate-zone"),
    ("a hub's file, each with a token not met before", "read-new", "lychgate"),
    ("a hub's file, tokens with two restrictions", "read", "lychgate-restricted"),
    ("the same, each not met before", "read-new", "lychgate-restricted"),
    ("a registry's manifest and blob, `ROUTES = \"oci\"`", "oci", "lychgate-oci"),
    ("MLflow's run and artifact, `ROUTES = \"mlflow\"`", "mlflow", "lychgate-mlflow"),
    ("hub, registry and package index, `ROUTES = \"hub+oci+pypi\"`", "joined", "lychgate-joined"),
)


def sections(found: dict, servers: dict | None) -> list[tuple[str, str, str]]:
    """The parts of documents that repeat figures: path, heading, and the beginning of the text below it."""
    parts = [
        ("docs/performance.md", "## Results", results(found)),
        ("docs/performance.md", "## Targets", outcomes(found)),
        ("README.md", "## Performance", summary(found)),
    ]
    if servers is not None:
        parts.append(("docs/performance.md", "## Beside the servers' own passwords", beside_servers(servers)))
    return parts


def results(found: dict) -> str:
    parts = [
        f"`make bench` measured these figures on {found['machine']}, {found['date']}. [All results]"
        f"(../bench/results/{found['date']}.md) are in the repository, and [the bench's README](../bench/README.md) "
        "explains the method.\n",
    ]
    if "http" in found:
        parts.append(
            "### CPU time per request\n\n![Bar chart of the first table](images/cpu.svg)\n\nCPU time of the workerd process, as the "
            "median of interleaved rounds. All contenders run in the same process with the same origin. The forwarders check "
            "nothing; the one that edits headers is the limit for anything that does. The last column is what one core could do "
            f"with reads alone.\n\n{contenders_table(found)}\nReads of Lychgate, relative to the header-editing forwarder in the "
            f"same rounds, and that forwarder relative to itself; in brackets the middle half of the rounds:\n\n{reads_table(found)}"
        )
    if found.get("simulated"):
        parts.append(
            "### One read on a simulated processor\n\nOn a processor that callgrind simulates, with caches of 32 KiB, 48 KiB and 2 MiB: in "
            f"workerd's main thread, without the kernel. These figures hardly depend on the machine.\n\n{simulated_table(found)}"
        )
    if "latency" in found:
        parts.append(
            f"### Latency\n\n![Bar chart of this table](images/latency.svg)\n\nForwarded reads at {found['latency']['rate']} requests "
            "a second, from when each was due, in microseconds. “Added” is what a contender takes longer than the bare forwarder in "
            f"the same round.\n\n{latency_table(found)}"
        )
    if "first_answer" in found:
        parts.append(
            "### The first answer of an isolate\n\nMilliseconds. Before its first answer, the gate compiles its module, loads its route "
            f"table and reads its revocation list.\n\n{first_answer_table(found)}"
        )
    if "steps" in found:
        parts.append(f"### One decision\n\nIn WebAssembly, with a million tokens revoked.\n\n{decision_table(found)}")
    return "\n".join(parts)


def contenders_table(found: dict) -> str:
    refusals = refusal_means(found)

    def cell(row: dict | None) -> str:
        return f"{median(row['cpu_microseconds']):.0f} µs" if row else ""

    rows = []
    for name in COMPARED:
        plain, full = (row_of(found, "read", name, full) for full in (False, True))
        refused = f"{refusals[name]:.0f} µs" if name in refusals else ""
        rows.append((NAMES[name], cell(plain), cell(full), refused, per_core(plain) if plain else ""))
    return table(("", "read", "with assertion", "refusal", "reads a second on one core"), rows)


def reads_table(found: dict) -> str:
    rows = []
    for what, work, contender in READS:
        forwarder = "edits-zone" if contender == "lychgate-zone" else "edits"
        off, on = (ratios(found, work, contender, forwarder, full) for full in (False, True))
        itself = ratios(found, work, f"{forwarder}-again", forwarder, False)
        if off:
            rows.append((what, spread(off, 2), spread(on, 2) if on else "", spread(itself, 2) if itself else ""))
    return table(("read", "assertion off", "on", "the forwarder itself"), rows)


def simulated_table(found: dict) -> str:
    rows = [
        (
            what,
            *(f"{simulated_row(found, name, False)[figure]:,}" for name in ("edits", "lychgate")),
            *(f"{simulated_ratio(found, 'lychgate', full, figure):.2f}" for full in (False, True)),
        )
        for figure, what in SIMULATED.items()
    ]
    return table(("", "header-editing forwarder", "Lychgate", "ratio", "with assertion"), rows)


def latency_table(found: dict) -> str:
    rows = []
    for name in COMPARED:
        row = latency_row(found, name, False)
        if row is None:
            continue
        added = ["", ""]
        if name != "bare":
            added = [f"{median(latency_added(found, name, 'bare', False, False, quantile)):+.0f}" for quantile in ("p50", "p99")]
        rows.append((NAMES[name], *(f"{median(row[quantile]):.0f}" for quantile in ("p50", "p99")), *added))
    return table(("", "median", "99th percentile", "added: median", "added: 99th percentile"), rows)


def first_answer_table(found: dict) -> str:
    rows = []
    for moment, what in MOMENTS.items():
        times = found["first_answer"].get(moment, {})
        if "lychgate" not in times:
            continue
        forwarder = times.get("edits")
        against, itself = (first_answer_ratios(found, moment, name, "edits") for name in ("lychgate", "edits-again"))
        rows.append(
            (
                what,
                f"{median(times['lychgate']):.1f}",
                f"{median(forwarder):.1f}" if forwarder else "",
                spread(against, 2) if against else "",
                spread(itself, 2) if itself else "",
            )
        )
    return table(("", "Lychgate", "header-editing forwarder", "ratio", "the forwarder itself"), rows)


def decision_table(found: dict) -> str:
    names = {
        "decide": "token met before",
        "decide-new": "token not met before",
        "decide-restricted": "two restrictions, met before",
        "decide-new-restricted": "two restrictions, not met before",
    }
    wasm, counted = found["steps"]["wasm"], found["steps"]["instructions"] or {}
    rows = [
        (what, f"{wasm[step]['median'] / 1e3:.2f} µs", f"{counted[step]:,}" if step in counted else "")
        for step, what in names.items()
        if step in wasm
    ]
    return table(("", "WebAssembly", "instructions, native"), rows)


def outcomes(found: dict) -> str:
    all_targets = targets(found)
    missed = sum(target.outcome == "**not reached**" for target in all_targets)
    unmeasured = sum(target.outcome == "not measured" for target in all_targets)
    text = f"{missed} of {len(all_targets)} are not reached" + (f", {unmeasured} were not measured" if unmeasured else "")
    return (
        f"{text}. [The bench's README](../bench/README.md#targets-not-reached) says why, and lists everything that was tried for "
        "speed; [SIZE.md](../bench/SIZE.md) does the same for the size. What a contender measured against itself comes to says what "
        "a ratio is worth. For added latency, the limit is what three quarters of the forwarder's rounds stay within, against those of "
        f"the same forwarder once more.\n\n{targets_table(found)}"
    )


def summary(found: dict) -> str:
    """The three figures of the README."""

    def row(what: str, target: Target) -> tuple[str, str, str]:
        _, most, measured, _, outcome = target.row()
        return what, measured, f"at most {most}: {outcome.strip('*')}"

    rows = [
        row("CPU time of a forwarded read, relative to a Worker that only edits headers", reads(found)[0]),
        row("CPU time of a refusal, relative to the fastest Worker with a token library", refusal(found)),
        row("one decision in WebAssembly, one million tokens revoked", decisions(found)[0]),
    ]
    return (
        f"{table(('what', 'measured', 'target'), rows)}\nMeasured on {found['date']} on {found['machine']}.\n"
        "[Performance](docs/performance.md) has all figures, including the targets that were missed. "
        "[Reliability](docs/reliability.md) lists\nthe attacks and faults that the gate was tested against."
    )


def beside_servers(servers: dict) -> str:
    return (
        "![Bar chart of MLflow's rows](images/mlflow.svg)\n\n"
        f"`make bench-servers` measured these figures on {servers['machine']}, {servers['date']}, in one run. Server, gate and clients "
        "share the machine, so a request through the gate also pays for the gate's processor time; at Cloudflare it does not. "
        "MLflow has one worker process and SQLite. The registry is distribution with the file system, and its passwords are bcrypt "
        f"as `htpasswd -B` makes them.\n\n{servers_report.table_of(servers)}\nMLflow hashes the password anew in every request, "
        "unless `auth_cache_ttl_seconds` is set."
    )


def newest(pattern: str) -> dict | None:
    results = sorted((BENCH / "results").glob(pattern))
    return json.loads(results[-1].read_text()) if results else None


def check() -> int:
    """Names what differs from the newest results."""
    found, servers = newest("[0-9]*.json"), newest("servers-*.json")
    if found is None:
        sys.exit("bench/results has no result; `make bench` makes one")
    differing = []
    for path, heading, expected in sections(found, servers):
        _, body, _ = divided((ROOT / path).read_text(), path, heading)
        if not body.strip().startswith(expected.strip()):
            differing.append(f"{path}, {heading}")
    for name, drawn in plot.charts(found, servers).items():
        path = CHARTS / name
        if not path.exists() or path.read_text() != drawn:
            differing.append(str(path.relative_to(ROOT)))
    for place in differing:
        print(f"{place}: differs from the newest result in bench/results. `python3 bench/report.py --write` repairs it.", file=sys.stderr)
    return 1 if differing else 0


def write() -> None:
    """Writes the newest results into the documents. Whatever else stood in those sections goes away."""
    found, servers = newest("[0-9]*.json"), newest("servers-*.json")
    if found is None:
        sys.exit("bench/results has no result; `make bench` makes one")
    for path, heading, text in sections(found, servers):
        before, _, after = divided((ROOT / path).read_text(), path, heading)
        (ROOT / path).write_text(f"{before}{heading}\n\n{text.strip()}\n{after}")
    for name, drawn in plot.charts(found, servers).items():
        (CHARTS / name).write_text(drawn)


def divided(text: str, path: str, heading: str) -> tuple[str, str, str]:
    """What stands before a section, its text, and what follows from the next heading of its level on."""
    before, found, rest = text.partition(f"\n{heading}\n")
    if not found:
        sys.exit(f"{path}: expected a section {heading!r}")
    body, following, after = rest.partition("\n## ")
    return before + "\n", body, following + after
