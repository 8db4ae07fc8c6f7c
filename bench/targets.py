"""The targets, and whether a result reaches them."""

from dataclasses import dataclass

from figures import (
    MEBIBYTE,
    first_answer_ratios,
    latency_added,
    median_or_none,
    middle_half,
    of_starts,
    ratio,
    ratios,
    refusal_ratio,
    table,
)

# Fewer have no middle half.
ROUNDS_FOR_A_SPREAD = 4


@dataclass(frozen=True)
class Target:
    """A figure, and what it must be at most. `measured` is None if the run did not measure it."""

    what: str
    at_most: float | None
    measured: float | None
    unit: str = ""
    # What a contender against itself comes to: the least and the most.
    itself: tuple[float, float] | None = None
    digits: int = 3

    @property
    def outcome(self) -> str:
        if self.measured is None or self.at_most is None:
            return "not measured"
        return "reached" if self.measured <= self.at_most else "**not reached**"

    def row(self) -> tuple[str, ...]:
        def text(figure: float | None) -> str:
            return "" if figure is None else f"{figure:.{self.digits}f} {self.unit}".strip()

        most = "" if self.at_most is None else f"{self.at_most:g} {self.unit}" if self.unit else f"{self.at_most:.2f}"
        itself = "" if self.itself is None else "–".join(f"{figure:.{self.digits}f}" for figure in self.itself)
        return self.what, most, text(self.measured), itself, self.outcome


def targets(found: dict) -> list[Target]:
    """Every target."""
    return [*reads(found), refusal(found), *decisions(found), *sizes(found), *first_answers(found), *latencies(found),
            *lists(found), memory(found)]


def targets_table(found: dict) -> str:
    head = ("what", "at most", "measured", "a contender against itself", "")
    return table(head, [target.row() for target in targets(found)])


def reads(found: dict) -> list[Target]:
    read = "CPU of a forwarded read, relative to the header-editing forwarder"
    return [
        Target(
            f"{what}, assertion {'on' if full else 'off'}",
            most,
            ratio(found, "read", contender, forwarder, full),
            itself=itself(found, ratios(found, "read", f"{forwarder}-again", forwarder, full)),
        )
        for what, contender, forwarder, limits in (
            (read, "lychgate", "edits", (1.05, 1.10)),
            ("the same, both before the zone's own origin, which needs no timer", "lychgate-zone", "edits-zone", (1.05, 1.10)),
            ("a read with two restrictions, token met before", "lychgate-restricted", "edits", (1.07, 1.12)),
        )
        for full, most in zip((False, True), limits)
    ]


def refusal(found: dict) -> Target:
    measured = refusal_ratio(found)
    beside = f" ({measured[1]})" if measured else ""
    against = ratios(found, "revoked", "jose-tuned-again", "jose-tuned", False)
    return Target(
        f"CPU of a refusal, relative to the fastest peer that checks tokens{beside}",
        0.75,
        measured[0] if measured else None,
        itself=itself(found, against),
    )


def decisions(found: dict) -> list[Target]:
    steps = found.get("steps", {}).get("wasm", {})
    return [
        Target(what, most, steps[step]["median"] / 1e3 if step in steps else None, "µs", digits=2)
        for what, step, most in (
            ("whole `decide` in WebAssembly, 10^6 revoked: token met before", "decide", 0.9),
            ("the same: token not met before", "decide-new", 1.6),
        )
    ]


def sizes(found: dict) -> list[Target]:
    size = found.get("size", {})
    return [
        Target(f"{module} module, gzip", most, size[name] / 1024 if "service_gzip" in size else None, "KiB", digits=1)
        for module, name, most in (("gate", "wasm_gzip", 130), ("service", "service_gzip", 260))
    ]


def first_answers(found: dict) -> list[Target]:
    return [
        Target(
            f"first answer of a new isolate, relative to the header-editing forwarder's: {what}",
            1.5,
            median_or_none(first_answer_ratios(found, moment, "lychgate", "edits")),
            itself=quarters(first_answer_ratios(found, moment, "edits-again", "edits")),
        )
        for what, moment in (("in a new process", "process"), ("in a running process", "isolate"))
    ]


def latencies(found: dict) -> list[Target]:
    """The limit is the forwarder's own spread: what three quarters of its rounds differ by from those of the same forwarder once
    more."""
    found_targets = []
    for full in (False, True):
        against = latency_added(found, "edits-again", "edits", full, full)
        own = middle_half([abs(difference) for difference in against]) if len(against) >= ROUNDS_FOR_A_SPREAD else None
        found_targets.append(
            Target(
                "median latency added at 500 requests a second, beyond the header-editing forwarder: within that forwarder's own "
                f"spread, assertion {'on' if full else 'off'}",
                round(own[1]) if own else None,
                median_or_none(latency_added(found, "lychgate", "edits", full, full)) if own else None,
                "µs",
                itself=quarters(against),
                digits=0,
            )
        )
    return found_targets


def lists(found: dict) -> list[Target]:
    largest = next((row for row in found.get("lists", []) if row["revoked"] == 10**7), {})

    def target(what: str, most: float, name: str, unit: float, unit_name: str) -> Target:
        return Target(what, most, largest[name] / unit if largest else None, unit_name, digits=2)

    return [
        target("10^7 revoked of 10^8 issued: in KV", 16, "bytes", MEBIBYTE, "MiB"),
        target("the same: in memory", 24, "memory_opened", MEBIBYTE, "MiB"),
        target("the same: time to open in WebAssembly", 100, "open", 1e6, "ms"),
    ]


def memory(found: dict) -> Target:
    measured = found.get("memory")
    few, many = (measured["few"], measured["many"]) if measured else (10_000, 1_000_000)
    beside = f" (the header-editing forwarder: {memory_growth(found, 'edits'):.2f})" if measured else ""
    return Target(
        f"memory of workerd after {many:,} requests, relative to after {few:,}{beside}",
        1.05,
        memory_growth(found, "lychgate") if measured else None,
    )


def memory_growth(found: dict, name: str) -> float:
    few, many = found["memory"][name]
    return many / few


def itself(found: dict, figures: list[float]) -> tuple[float, float] | None:
    """The least and the most of the medians of the starts; None if there was only one."""
    starts = of_starts(found, figures) if figures else []
    return (min(starts), max(starts)) if len(starts) > 1 else None


def quarters(figures: list[float]) -> tuple[float, float] | None:
    return middle_half(figures) if len(figures) >= ROUNDS_FOR_A_SPREAD else None
