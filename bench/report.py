"""A result as Markdown: everything that was measured.

`report.py --check` fails if docs/performance.md, its charts or the README differ from the newest results. `report.py --write`
writes into them what the newest results say.
"""

import sys

import documents
from figures import (
    REFUSALS,
    first_answer_ratios,
    latency_added,
    latency_row,
    median,
    per_core,
    ratios,
    row_of,
    simulated_ratio,
    size_text,
    span,
    spread,
    table,
)
from names import MOMENTS, NAMES, SIMULATED, WORKS
from targets import targets_table


def whole(found: dict) -> str:
    """Everything that was measured."""
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    commit = f" Commit {found['commit']}." if found.get("commit") else ""
    parts = [
        f"# Bench of {found['date']}\n\n{found['machine']}; {versions}.{commit}\n\n"
        + ("**A quick run: too short to tell anything.**\n\n" if found["quick"] else "")
        + "Medians; in brackets the middle half of the rounds. Ratios are of the same round. How it is measured is in "
        "[bench/README.md](../README.md).\n",
        f"## Targets\n\n{targets_table(found)}\nA contender against itself is the header-editing forwarder once more, and for "
        "refusals jose. The two figures are the lowest and highest median of a start of workerd; for latency and first answers, "
        "they are the middle half.\n",
    ]
    if "http" in found:
        parts += [http(found, full) for full in (False, True)]
    if found.get("simulated"):
        parts.append(simulated(found))
    if "latency" in found:
        parts.append(latency(found))
    if "first_answer" in found:
        parts.append(first_answer(found))
    if "steps" in found:
        parts.append(steps(found))
    parts += growth(found)
    if "memory" in found:
        parts.append(memory(found))
    if "size" in found:
        parts.append(size(found))
    return "\n".join(parts)


def http(found: dict, full: bool) -> str:
    text = f"## CPU per request, assertion and membership {'on' if full else 'off'}\n"
    for work, title in WORKS.items():
        rows = [row for row in found["http"] if row["work"] == work and row["full"] == full]
        if not rows:
            continue
        base = "jose-tuned" if work in REFUSALS else "edits"
        if row_of(found, work, base, full) is None:
            base = rows[0]["contender"]
        text += f"\n### {title[0].upper()}{title[1:]}\n\n" + table(
            ("", "CPU µs", f"relative to {base}", "requests/s", "requests/s of one core"),
            [
                (
                    NAMES[row["contender"]],
                    spread(row["cpu_microseconds"], 0 if median(row["cpu_microseconds"]) > 100 else 1),
                    spread(ratios(found, work, row["contender"], base, full), 3),
                    spread(row["per_second"], 0 if median(row["per_second"]) > 100 else 1),
                    per_core(row),
                )
                for row in rows
            ],
        )
    return text


def simulated(found: dict) -> str:
    rows = []
    for row in found["simulated"]:
        name, full = row["contender"], row["full"]
        figures = (f"{row[figure]:,} ({simulated_ratio(found, name, full, figure):.2f})" for figure in SIMULATED)
        rows.append((NAMES[name], "on" if full else "off", *figures))
    return (
        "## One read on a simulated processor\n\nOf the thread that answers, in user space; in brackets relative to edits.\n\n"
        + table(("", "assertion, membership", *SIMULATED.values()), rows)
    )


def latency(found: dict) -> str:
    rows = []
    for row in found["latency"]["rows"]:
        name, full = row["contender"], row["full"]
        added = [latency_added(found, name, "bare", False, full, quantile) for quantile in ("p50", "p99")]
        rows.append(
            (
                NAMES[name],
                "on" if full else "off",
                *(spread(row[quantile], 0) for quantile in ("p50", "p99")),
                *(spread(figures, 0) if figures and latency_row(found, "bare", False) is not row else "" for figures in added),
            )
        )
    return (
        f"## Latency at {found['latency']['rate']} requests a second\n\nForwarded reads, from when each was due, in µs, "
        f"{found['latency']['requests']} requests in each round. “Added” is what a contender takes longer than the bare forwarder "
        "in the same round.\n\n"
        + table(
            ("", "assertion, membership", "median", "99th percentile", "added: median", "added: 99th percentile"), rows
        )
    )


def first_answer(found: dict) -> str:
    rows = []
    for moment, what in MOMENTS.items():
        for name, times in found["first_answer"].get(moment, {}).items():
            against = first_answer_ratios(found, moment, name, "edits")
            rows.append((what, NAMES[name], spread(times, 2), spread(against, 2) if against else ""))
    return (
        "## The first answer of an isolate\n\nMilliseconds. The gate reads its revocation list from KV before its first answer.\n\n"
        + table(("", "", "ms", "relative to edits"), rows)
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
    if "settings" in found:
        parts.append("### The shipped tables\n\nIn the first call of a process, before V8 has optimized anything, and after that. A table that "
            "ships is loaded from its snapshot; joined tables are parsed.\n\n" + table(
            ("`ROUTES`", "first parsed in", "then in", "first loaded in", "then in", "snapshot"),
            [
                (
                    f"`{row['routes']}`",
                    *(f"{row[way][moment] / 1e6:.2f} ms" for way in ("parsed", "loaded") for moment in ("first", "again")),
                    size_text(row["bytes"]),
                )
                for row in found["settings"]
            ]))
    if "rings" in found:
        parts.append("### Key ring\n\n" + table(
            ("keys", "parse and HMAC", "decide"),
            [(row["keys"], f"{row['hmac']:.0f} ns", f"{row['decide']:.0f} ns") for row in found["rings"]]))
    return parts


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
        "tables": "the wasm that parses route tables",
        "tables_gzip": "the same, gzip",
        "snapshots": "the parsed tables that ship",
        "snapshots_gzip": "the same, gzip",
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


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        sys.exit(documents.check())
    if sys.argv[1:] == ["--write"]:
        documents.write()
    else:
        sys.exit("expected --check or --write")
