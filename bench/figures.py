"""Figures out of figures: medians, ratios and spreads of a result, and how they are written."""

import statistics

from contenders import PEERS

REFUSALS = ("forged", "expired", "revoked", "wrong-role")
MEBIBYTE = 2**20


def row_of(found: dict, work: str, contender: str, full: bool) -> dict | None:
    return next(
        (
            row
            for row in found.get("http", [])
            if (row["work"], row["contender"], row["full"]) == (work, contender, full)
        ),
        None,
    )


def ratios(found: dict, work: str, contender: str, base: str, full: bool) -> list[float]:
    """The ratio of CPU times of each round; empty if one of both was not measured."""
    ours, theirs = (row_of(found, work, name, full) for name in (contender, base))
    if ours is None or theirs is None:
        return []
    return [our / their for our, their in zip(ours["cpu_microseconds"], theirs["cpu_microseconds"])]


def ratio(found: dict, work: str, contender: str, base: str, full: bool) -> float | None:
    return median_or_none(ratios(found, work, contender, base, full))


def refusal_means(found: dict) -> dict[str, float]:
    """CPU microseconds per refusal of each contender, the kinds of refusals weighted alike."""
    names = [name for name in ("lychgate", *PEERS) if all(row_of(found, work, name, False) for work in REFUSALS)]
    return {
        name: statistics.mean(median(row_of(found, work, name, False)["cpu_microseconds"]) for work in REFUSALS)
        for name in names
    }


def refusal_ratio(found: dict) -> tuple[float, str] | None:
    """A refusal of the gate, relative to the fastest peer, and that peer."""
    means = refusal_means(found)
    if "lychgate" not in means or len(means) < 2:
        return None
    peer = min((name for name in PEERS if name in means), key=lambda name: means[name])
    return means["lychgate"] / means[peer], peer


def simulated_row(found: dict, contender: str, full: bool) -> dict:
    return next(row for row in found["simulated"] if (row["contender"], row["full"]) == (contender, full))


def simulated_ratio(found: dict, contender: str, full: bool, figure: str) -> float:
    """A figure of a read on the simulated processor, relative to the header-editing forwarder."""
    return simulated_row(found, contender, full)[figure] / simulated_row(found, "edits", full)[figure]


def of_starts(found: dict, figures: list[float]) -> list[float]:
    """The medians of the starts of workerd, whose rounds follow one another."""
    size = max(len(figures) // found.get("starts", 1), 1)
    return [median(figures[at : at + size]) for at in range(0, len(figures), size)]


def latency_row(found: dict, contender: str, full: bool) -> dict | None:
    rows = found.get("latency", {}).get("rows", [])
    return next((row for row in rows if (row["contender"], row["full"]) == (contender, full)), None)


def latency_added(found: dict, contender: str, base: str, base_full: bool, full: bool, name: str = "p50") -> list[float]:
    """Microseconds that a contender adds to another one's latency, of each round; empty if one of both was not measured."""
    ours, theirs = latency_row(found, contender, full), latency_row(found, base, base_full)
    if ours is None or theirs is None:
        return []
    return [our - their for our, their in zip(ours[name], theirs[name])]


def first_answer_ratios(found: dict, moment: str, contender: str, base: str) -> list[float]:
    """The ratio of times of each pair; empty if one of both was not measured."""
    times = found.get("first_answer", {}).get(moment, {})
    return [our / their for our, their in zip(times.get(contender, []), times.get(base, []))]


def median(figures: list[float]) -> float:
    return statistics.median(figures)


def median_or_none(figures: list[float]) -> float | None:
    return median(figures) if figures else None


def middle_half(figures: list[float]) -> tuple[float, float]:
    """Between which figures the middle half of them lies."""
    if len(figures) < 4:
        return min(figures), max(figures)
    low, _, high = statistics.quantiles(figures, n=4, method="inclusive")
    return low, high


def spread(figures: list[float], digits: int) -> str:
    """The median, and the middle half."""
    low, high = middle_half(figures)
    return f"{median(figures):.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"


def span(figures: dict) -> str:
    return f"{figures['median']:.0f} ({figures['low']:.0f}–{figures['high']:.0f})"


def per_core(row: dict) -> str:
    """Requests per second for which one core is enough."""
    return f"{1e6 / median(row['cpu_microseconds']):,.0f}"


def size_text(size: float) -> str:
    return f"{size / MEBIBYTE:.1f} MiB" if size >= MEBIBYTE else f"{size / 1024:.1f} KiB"


def table(head: tuple, rows: list[tuple]) -> str:
    lines = ["| " + " | ".join(str(cell) for cell in row) + " |" for row in (head, tuple("---" for _ in head), *rows)]
    return "\n".join(lines) + "\n"
