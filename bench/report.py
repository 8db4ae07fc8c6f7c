"""The figures as Markdown: the full report, and the parts that docs/performance.md and README.md repeat.

`report.py --check` fails if these documents differ from the newest result. `report.py --documents` prints what they must
contain.
"""

import json
import pathlib
import statistics
import sys

BENCH = pathlib.Path(__file__).resolve().parent
ROOT = BENCH.parent

NAMES = {
    "bare": "forwarder, bare",
    "edits": "forwarder that edits headers (the limit)",
    "edits-again": "the same once more (A/A)",
    "lychgate": "**Lychgate**",
    "lychgate-restricted": "Lychgate, tokens with two restrictions",
    "jose-tuned": "jose, key imported once",
    "jose-documented": "jose, as documented",
    "hono": "Hono's JWT middleware",
    "worker-jwt": "@tsndr/cloudflare-worker-jwt",
}
PEERS = ("jose-tuned", "jose-documented", "hono", "worker-jwt")
REFUSALS = ("forged", "expired", "revoked", "wrong-role")
WORKS = {
    "read": "read of a file, 10,000 tokens in turn",
    "read-new": "read of a file, each with a token not met before",
    "forged": "refusal: forged token",
    "expired": "refusal: expired token",
    "revoked": "refusal: revoked token",
    "wrong-role": "refusal: read token that writes",
    "write": "small write",
    "git-refs": "git `info/refs`",
    "lfs-batch": "git-lfs batch",
    "down-1-mib": "download of 1 MiB",
    "up-1-mib": "upload of 1 MiB",
    "down-100-mib": "download of 100 MiB",
    "up-100-mib": "upload of 100 MiB",
}
MEBIBYTE = 2**20


def whole(found: dict) -> str:
    """Everything that was measured."""
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    parts = [
        f"# Bench of {found['date']}\n\n{found['machine']}; {versions}.\n\n"
        + ("**A quick run: too short to tell anything.**\n\n" if found["quick"] else "")
        + "Medians; in brackets the middle half of the rounds. Ratios are of the same round. How it is measured is in "
        "[bench/README.md](../README.md).\n"
    ]
    parts += [f"## Against the limits\n\n{limits(found)}"]
    if "http" in found:
        parts += [http(found, full) for full in (False, True)]
    if "latency" in found:
        parts.append(latency(found))
    if "steps" in found:
        parts.append(steps(found))
    parts += growth(found)
    if "start" in found:
        parts.append(start(found))
    if "memory" in found:
        parts.append(memory(found))
    if "size" in found:
        parts.append(size(found))
    return "\n".join(parts)


def section(found: dict) -> str:
    """The figures of docs/performance.md."""
    lines = [
        f"`make bench` measured these figures on {found['machine']}, {found['date']}. [All results]"
        f"(../bench/results/{found['date']}.md) are in the repository, and [the bench's README](../bench/README.md) "
        "explains the method.\n",
        "### CPU time per request\n\nCPU time of the workerd process, as the median of interleaved rounds. All contenders run in "
        "the same process with the same origin. The forwarders check nothing; the one that edits headers is the limit for "
        "anything that does.\n",
        contenders_table(found),
        "### Targets\n",
        limits(found),
    ]
    return "\n".join(lines)


def summary(found: dict) -> str:
    """The figures of README.md."""
    refusals = refusal_means(found)
    fastest_refusal = min(refusals[name] for name in PEERS)
    rows = [
        ("CPU time of a forwarded read, relative to a Worker that only edits headers",
         f"{ratio(found, 'read', 'lychgate', 'edits', False):.2f}"),
        ("CPU time of a refusal, relative to the fastest Worker with a token library",
         f"{refusals['lychgate'] / fastest_refusal:.2f}"),
        ("one decision in WebAssembly, one million tokens revoked",
         f"{found['steps']['wasm']['decide']['median'] / 1e3:.2f} µs"),
    ]
    return table(("what", "measured"), rows)


def contenders_table(found: dict) -> str:
    refusals = refusal_means(found)

    def cell(name: str, full: bool) -> str:
        row = row_of(found, "read", name, full)
        return f"{median(row['cpu_microseconds']):.0f} µs" if row else ""

    rows = [
        (NAMES[name], cell(name, False), cell(name, True), f"{refusals[name]:.0f} µs" if name in refusals else "")
        for name in NAMES
        if name not in ("edits-again", "lychgate-restricted")
    ]
    return table(("", "read", "with assertion", "refusal"), rows)


def limits(found: dict) -> str:
    """The targets, and what was measured."""
    rows = []
    if "http" in found:
        for full in (False, True):
            mode = f"assertion {'on' if full else 'off'}"
            rows.append((f"CPU per forwarded read, relative to the header-editing forwarder, {mode}", 1.08,
                         ratio(found, "read", "lychgate", "edits", full), ""))
            peer = fastest(found, "read", full)
            rows.append((f"CPU per forwarded read, relative to the fastest peer that checks tokens ({peer}), {mode}", 0.85,
                         ratio(found, "read", "lychgate", peer, full), ""))
            rows.append((f"for comparison: the header-editing forwarder relative to that peer, {mode}", None,
                         ratio(found, "read", "edits", peer, full), ""))
        for what, work, most in (("met before", "read", 1.03), ("not met before", "read-new", 1.06)):
            if row_of(found, work, "lychgate-restricted", False):
                rows.append((f"CPU per forwarded read of a token with two restrictions, relative to one without, {what}", most,
                             ratio(found, work, "lychgate-restricted", "lychgate", False), ""))
        refusals = refusal_means(found)
        peer = min(PEERS, key=lambda name: refusals[name])
        rows.append((f"CPU per refusal, relative to the fastest peer that checks tokens ({peer})", 0.80,
                     refusals["lychgate"] / refusals[peer], ""))
    if "steps" in found:
        wasm = found["steps"]["wasm"]
        for what, step in (("whole `decide` in wasm with 10^6 revoked, token seen before", "decide"),
                           ("the same, token not seen before", "decide-new")):
            rows.append((what, 1.5, wasm[step]["median"] / 1e3, "µs"))
    if "size" in found:
        size = found["size"]
        if "service_gzip" in size:
            rows.append(("the gate's wasm, gzip", 130, size["wasm_gzip"] / 1024, "KiB"))
            rows.append(("the service's wasm, gzip", 260, size["service_gzip"] / 1024, "KiB"))
        else:
            # A result of the time when the Worker was one module.
            rows.append(("wasm, gzip, all of the Worker", 110, size["all_gzip"] / 1024, "KiB"))
    largest = next((row for row in found.get("lists", []) if row["revoked"] == 10**7), None)
    if largest:
        rows.append(("10^7 revoked of 10^8 issued: in KV", 16, largest["bytes"] / MEBIBYTE, "MiB"))
        rows.append(("the same: in memory", 24, largest["memory_opened"] / MEBIBYTE, "MiB"))
        rows.append(("the same: time to open in wasm", 100, largest["open"] / 1e6, "ms"))
    if "memory" in found:
        rows.append((f"memory of workerd after {found['memory']['many']:,} requests, relative to after "
                     f"{found['memory']['few']:,}", 1.05, memory_ratio(found, "lychgate"), ""))
        rows.append(("for comparison: the same for the header-editing forwarder", None, memory_ratio(found, "edits"), ""))
    return table(
        ("what", "target: at most", "measured"),
        [
            (what, "" if most is None else f"{most:g} {unit}".strip(), f"{measured:.2f} {unit}".strip())
            for what, most, measured, unit in rows
        ],
    )


def http(found: dict, full: bool) -> str:
    text = f"## CPU per request, assertion and membership {'on' if full else 'off'}\n"
    for work, title in WORKS.items():
        rows = [row for row in found["http"] if row["work"] == work and row["full"] == full]
        if not rows:
            continue
        base = next(name for name in ("edits", "jose-tuned", "lychgate") if any(row["contender"] == name for row in rows))
        text += f"\n### {title[0].upper()}{title[1:]}\n\n" + table(
            ("", "CPU µs", f"against {base}", "requests/s"),
            [
                (
                    NAMES[row["contender"]],
                    spread(row["cpu_microseconds"], 0 if median(row["cpu_microseconds"]) > 100 else 1),
                    spread(ratios(found, work, row["contender"], base, full), 3),
                    spread(row["per_second"], 0 if median(row["per_second"]) > 100 else 1),
                )
                for row in rows
            ],
        )
    return text


def latency(found: dict) -> str:
    rows = [
        (NAMES[row["contender"]], "on" if row["full"] else "off", f"{row['p50']:.0f}", f"{row['p99']:.0f}")
        for row in found["latency"]
    ]
    return (
        f"## Latency at {found['latency'][0]['rate']} requests a second\n\nForwarded reads, from when each was due, in µs.\n\n"
        + table(("", "assertion, membership", "median", "99th percentile"), rows)
    )


def steps(found: dict) -> str:
    counted = found["steps"]["instructions"] or {}
    rows = [
        (step, span(found["steps"]["wasm"][step]), span(found["steps"]["native"][step]), counted.get(step, "no callgrind"))
        for step in found["steps"]["wasm"]
    ]
    return (
        "## The steps of a decision\n\n10^6 revoked of 10^7 issued, two keys, the shipped table. `hmac` has `parse` in it, "
        "`decide` the others but for `hmac`, which `decide-new` has too: its tokens were not met before. "
        "The tokens of the last two have two restrictions. Nanoseconds.\n\n"
        + table(("", "wasm, in Node", "native", "native instructions"), rows)
    )


def growth(found: dict) -> list[str]:
    parts = []
    if all(part in found for part in ("lists", "tables", "rings")):
        parts.append(f"## How it grows\n\n![Plot of the three tables]({found['date']}.svg)\n")
    if "lists" in found:
        parts.append("### Revocation list\n\nThe memory is what the module's grows by: with the sealed bytes beside the open "
                     "list, and after five newer lists.\n\n" + table(
            ("revoked", "issued", "in KV", "opened in", "memory", "after refreshes", "lookup", "decide"),
            [
                (
                    f"{row['revoked']:,}", f"{row['issued']:,}", size_text(row["bytes"]), f"{row['open'] / 1e6:.2f} ms",
                    size_text(row["memory_opened"]), size_text(row["memory_refreshed"]), f"{row['lookup']:.0f} ns",
                    f"{row['decide']:.0f} ns",
                )
                for row in found["lists"]
            ]))
    if "tables" in found:
        parts.append("### Route table\n\n" + table(
            ("lines", "read in", "classification", "decide"),
            [(f"{row['lines']:,}", f"{row['parse'] / 1e6:.1f} ms", f"{row['classify']:.0f} ns", f"{row['decide']:.0f} ns")
             for row in found["tables"]]))
    if "rings" in found:
        parts.append("### Key ring\n\n" + table(
            ("keys", "parse and HMAC", "decide"),
            [(row["keys"], f"{row['hmac']:.0f} ns", f"{row['decide']:.0f} ns") for row in found["rings"]]))
    return parts


def start(found: dict) -> str:
    gate, bare = (median(found["start"][name]) for name in ("lychgate", "bare"))
    return (
        f"## Start\n\nFrom the start of workerd to the first answer: {gate:.0f} ms with the gate in it, its first list read; "
        f"{bare:.0f} ms with a bare forwarder. The difference, {gate - bare:.0f} ms, is the gate's isolate.\n"
    )


def memory(found: dict) -> str:
    few, many = (f"{found['memory'][name]:,}" for name in ("few", "many"))
    return "## Memory\n\nResident, of a workerd with one contender alone; every tenth request to the gate is refused.\n\n" + table(
        ("", f"after {few} requests", f"after {many}"),
        [(NAMES[name], *map(size_text, found["memory"][name])) for name in ("lychgate", "edits")],
    )


def size(found: dict) -> str:
    names = {
        "wasm": "the gate's wasm",
        "wasm_gzip": "the same, gzip",
        "service": "the service's wasm",
        "service_gzip": "the same, gzip",
        "all": "all of the Worker",
        "all_gzip": "all of it, gzip",
    }
    modules = sorted(found["size"]["modules"].items(), key=lambda module: -module[1])
    return "## Size\n\n" + table(
        ("", "bytes", "KiB"),
        [(names[name], f"{found['size'][name]:,}", f"{found['size'][name] / 1024:.1f}") for name in names if name in found["size"]],
    ) + "\nThe largest modules of the gate's wasm, raw; `bench/size.py` has all of them.\n\n" + table(
        ("module", "bytes"), [(f"`{name}`", f"{count:,}") for name, count in modules[:20]]
    )


# Figures out of figures.


def row_of(found: dict, work: str, contender: str, full: bool) -> dict | None:
    return next(
        (row for row in found["http"] if (row["work"], row["contender"], row["full"]) == (work, contender, full)), None
    )


def ratios(found: dict, work: str, contender: str, base: str, full: bool) -> list[float]:
    ours, theirs = (row_of(found, work, name, full)["cpu_microseconds"] for name in (contender, base))
    return [our / their for our, their in zip(ours, theirs)]


def ratio(found: dict, work: str, contender: str, base: str, full: bool) -> float:
    return median(ratios(found, work, contender, base, full))


def fastest(found: dict, work: str, full: bool) -> str:
    return min(PEERS, key=lambda name: median(row_of(found, work, name, full)["cpu_microseconds"]))


def refusal_means(found: dict) -> dict[str, float]:
    """CPU microseconds per refusal, the kinds of refusals weighted alike."""
    return {
        name: statistics.mean(median(row_of(found, work, name, False)["cpu_microseconds"]) for work in REFUSALS)
        for name in ("lychgate", *PEERS)
    }


def memory_ratio(found: dict, name: str) -> float:
    few, many = found["memory"][name]
    return many / few


def median(figures: list[float]) -> float:
    return statistics.median(figures)


def spread(figures: list[float], digits: int) -> str:
    """The median, and the middle half."""
    low, high = min(figures), max(figures)
    if len(figures) >= 4:
        low, _, high = statistics.quantiles(figures, n=4, method="inclusive")
    return f"{median(figures):.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"


def span(figures: dict) -> str:
    return f"{figures['median']:.0f} ({figures['low']:.0f}–{figures['high']:.0f})"


def size_text(size: float) -> str:
    return f"{size / MEBIBYTE:.1f} MiB" if size >= MEBIBYTE else f"{size / 1024:.1f} KiB"


def table(head: tuple, rows: list[tuple]) -> str:
    lines = ["| " + " | ".join(str(cell) for cell in row) + " |" for row in (head, tuple("---" for _ in head), *rows)]
    return "\n".join(lines) + "\n"


# The documents that repeat figures.


def newest() -> dict:
    results = sorted((BENCH / "results").glob("*.json"))
    if not results:
        sys.exit("bench/results holds no result: run `make bench`")
    return json.loads(results[-1].read_text())


def documents(found: dict) -> list[tuple[str, str, str]]:
    """The parts of documents that repeat figures: path, heading, and the beginning of the text below it."""
    return [
        ("docs/performance.md", "## Results\n", section(found)),
        ("README.md", "## Performance\n", summary(found)),
    ]


def check() -> int:
    differing = []
    for path, heading, expected in documents(newest()):
        _, found, after = (ROOT / path).read_text().partition(f"\n{heading}")
        if not found or not after.partition("\n## ")[0].strip().startswith(expected.strip()):
            differing.append(f"{path}, {heading.strip()}")
    for place in differing:
        print(
            f"{place}: differs from the newest result in bench/results. `python3 bench/report.py --documents` prints what the "
            "section must begin with.",
            file=sys.stderr,
        )
    return 1 if differing else 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        sys.exit(check())
    if sys.argv[1:] == ["--documents"]:
        for path, heading, text in documents(newest()):
            print(f"<!-- {path} -->\n{heading}\n{text}")
    else:
        sys.exit("expected --check or --documents")
