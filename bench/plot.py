"""The bar charts of docs/performance.md: CPU per request, latency, and MLflow with and without passwords."""

from dataclasses import dataclass
from xml.sax.saxutils import escape

import svg
from contenders import PEERS
from figures import REFUSALS, latency_row, median, middle_half, refusal_means, row_of
from names import NAMES

WIDTH, LEFT, RIGHT = 780, 270, 110
BAR, STEP, TOP = 16, 24, 44
HEADING, BETWEEN = 22, 20
COMPARED = ("bare", "edits", "lychgate", *PEERS)


@dataclass(frozen=True)
class Bar:
    """A figure, the ends of the middle half of its rounds, and whose it is."""

    label: str
    kind: str
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Group:
    """Bars of one scale."""

    heading: str
    unit: str
    bars: list[Bar]


def charts(found: dict, servers: dict | None) -> dict[str, str]:
    """The charts that these results allow, by file name."""
    drawn = {}
    if "http" in found:
        drawn["cpu.svg"] = chart("CPU time per request", caption(found), cpu_groups(found))
    if "latency" in found:
        title = f"Latency of a forwarded read at {found['latency']['rate']} requests a second"
        drawn["latency.svg"] = chart(title, caption(found), latency_groups(found))
    if servers is not None:
        drawn["mlflow.svg"] = chart("MLflow: bare, with its own passwords, behind the gate", caption(servers), server_groups(servers))
    return drawn


def caption(found: dict) -> str:
    return f"{found['date']}, {found['machine']}; lines: the middle half of the rounds"


def cpu_groups(found: dict) -> list[Group]:
    groups = []
    for heading, full in (("forwarded read", False), ("forwarded read, with the signed assertion", True)):
        rows = [(name, row_of(found, "read", name, full)) for name in COMPARED]
        groups.append(Group(heading, "µs", [bar(name, row["cpu_microseconds"]) for name, row in rows if row]))
    refusals = []
    for name, mean in refusal_means(found).items():
        # The kinds of refusals weigh alike, as in the table.
        kinds = [middle_half(row_of(found, work, name, False)["cpu_microseconds"]) for work in REFUSALS]
        low, high = (sum(ends) / len(ends) for ends in zip(*kinds))
        refusals.append(Bar(label(name), kind(name), mean, low, high))
    groups.append(Group("refusal, mean of four kinds", "µs", refusals))
    return [group for group in groups if group.bars]


def latency_groups(found: dict) -> list[Group]:
    groups = []
    for heading, name in (("median", "p50"), ("99th percentile", "p99")):
        rows = [(contender, latency_row(found, contender, False)) for contender in COMPARED]
        groups.append(Group(heading, "µs", [bar(contender, row[name]) for contender, row in rows if row]))
    return groups


def server_groups(servers: dict) -> list[Group]:
    ways = [way for way in servers["requests"][0]["ways"] if "once more" not in way["name"]]
    kinds = {"bare": "forwarder", "behind the gate": "gate"}

    def group(heading: str, unit: str, figures: str) -> Group:
        return Group(
            heading,
            unit,
            [Bar(way["name"], kinds.get(way["name"], "peer"), median(way[figures]), *middle_half(way[figures])) for way in ways],
        )

    return [
        group(f"requests a second, {servers['clients']} clients (more is better)", "", "per_second"),
        group("median latency, 1 client (less is better)", "ms", "milliseconds"),
    ]


def bar(name: str, figures: list[float]) -> Bar:
    return Bar(label(name), kind(name), median(figures), *middle_half(figures))


def label(name: str) -> str:
    return NAMES[name].strip("*")


def kind(name: str) -> str:
    return "gate" if name == "lychgate" else "peer" if name in PEERS else "forwarder"


def chart(title: str, caption: str, groups: list[Group]) -> str:
    parts = [
        f'<text class="text" x="16" y="24" font-size="15" font-weight="600">{escape(title)}</text>',
    ]
    y = TOP
    for group in groups:
        parts.append(f'<text class="text" x="{LEFT}" y="{y + 12}" font-weight="600">{escape(group.heading)}</text>')
        y += HEADING
        most = max(max(bar.value, bar.high) for bar in group.bars)
        for one in group.bars:
            parts += drawn(one, group.unit, y, (WIDTH - LEFT - RIGHT) / most)
            y += STEP
        y += BETWEEN
    parts.append(f'<text class="quiet" x="16" y="{y + 4}" font-size="11">{escape(caption)}</text>')
    return svg.image(WIDTH, y + 18, title, "\n".join(parts) + "\n")


def drawn(one: Bar, unit: str, y: float, scale: float) -> list[str]:
    middle = y + BAR / 2
    value, low, high = (round(LEFT + figure * scale, 1) for figure in (one.value, one.low, one.high))
    weight = ' font-weight="600"' if one.kind == "gate" else ""
    text = f"{one.value:,.0f} {unit}" if one.value >= 100 else f"{one.value:.1f} {unit}"
    return [
        f'<text class="text" x="{LEFT - 10}" y="{middle + 4}" text-anchor="end"{weight}>{escape(one.label)}</text>',
        f'<rect class="{one.kind}" x="{LEFT}" y="{y}" width="{value - LEFT:.1f}" height="{BAR}" rx="2"/>',
        f'<line class="whisker" x1="{low}" y1="{middle}" x2="{high}" y2="{middle}"/>',
        *(
            f'<line class="whisker" x1="{at}" y1="{middle - 3}" x2="{at}" y2="{middle + 3}"/>'
            for at in (low, high)
        ),
        f'<text class="text" x="{max(value, high) + 8:.1f}" y="{middle + 4}"{weight}>{text.strip()}</text>',
    ]
