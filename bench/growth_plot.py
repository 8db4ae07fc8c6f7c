"""A plot of how the gate's costs grow: three panels with logarithmic axes."""

import math

import svg

WIDTH, HEIGHT = 300, 220
LEFT, TOP, GAP = 62, 58, 92
LINES = ("first", "second", "third")


def draw(found: dict) -> str:
    """The SVG of a result."""
    lists = [row for row in found["lists"] if row["issued"] == max(row["issued"] for row in found["lists"])]
    if len(lists) < 2:
        lists = found["lists"]
    panels = [
        panel("Revocation list", "revoked", "ns, bytes", [row["revoked"] for row in lists], {
            "time to open": [row["open"] for row in lists],
            "bytes in KV": [row["bytes"] for row in lists],
            "lookup": [row["lookup"] for row in lists],
        }),
        panel("Route table", "lines", "ns", [row["lines"] for row in found["tables"]], {
            "time to read": [row["parse"] for row in found["tables"]],
            "classification": [row["classify"] for row in found["tables"]],
            "decide": [row["decide"] for row in found["tables"]],
        }),
        panel("Key ring", "keys", "ns", [row["keys"] for row in found["rings"]], {
            "decide": [row["decide"] for row in found["rings"]],
            "parse and HMAC": [row["hmac"] for row in found["rings"]],
        }),
    ]
    width = LEFT + len(panels) * (WIDTH + GAP)
    height = TOP + HEIGHT + 66
    body = "".join(
        f'<g transform="translate({LEFT + number * (WIDTH + GAP)},{TOP})">{drawn}</g>\n'
        for number, drawn in enumerate(panels)
    )
    caption = f"{found['date']}, {found['machine']}; in WebAssembly"
    heading = f'<text class="text" x="{LEFT}" y="20" font-size="13">How the gate grows <tspan class="quiet">({caption})</tspan></text>'
    return svg.image(width, height, "How the gate grows", f"{heading}\n{body}")


def panel(title: str, x_name: str, y_name: str, xs: list[float], lines: dict[str, list[float]]) -> str:
    ys = [y for line in lines.values() for y in line]
    x_low, x_high = decades(xs)
    y_low, y_high = decades(ys)

    def x_at(x: float) -> float:
        return round((math.log10(x) - x_low) / (x_high - x_low) * WIDTH, 1)

    def y_at(y: float) -> float:
        return round(HEIGHT - (math.log10(max(y, 1e-9)) - y_low) / (y_high - y_low) * HEIGHT, 1)

    parts = [f'<text class="text" x="0" y="-12" font-weight="600">{title}</text>']
    for power in range(x_low, x_high + 1):
        at = x_at(10**power)
        parts.append(f'<line x1="{at}" y1="0" x2="{at}" y2="{HEIGHT}" class="grid"/>')
        parts.append(f'<text class="text" x="{at}" y="{HEIGHT + 16}" text-anchor="middle">{power_text(power)}</text>')
    for power in range(y_low, y_high + 1):
        at = y_at(10**power)
        parts.append(f'<line x1="0" y1="{at}" x2="{WIDTH}" y2="{at}" class="grid"/>')
        parts.append(f'<text class="text" x="-8" y="{at + 4}" text-anchor="end">{power_text(power)}</text>')
    parts.append(f'<text x="{WIDTH}" y="{HEIGHT + 32}" text-anchor="end" class="quiet">{x_name}</text>')
    parts.append(f'<text x="-8" y="-12" text-anchor="end" class="quiet">{y_name}</text>')
    for number, (name, line) in enumerate(lines.items()):
        colour = LINES[number]
        points = " ".join(f"{x_at(x)},{y_at(y)}" for x, y in zip(xs, line))
        parts.append(f'<polyline points="{points}" class="{colour} line"/>')
        parts += [f'<circle cx="{x_at(x)}" cy="{y_at(y)}" r="3" class="{colour} dot"/>' for x, y in zip(xs, line)]
        parts.append(f'<text x="{number * 105}" y="{HEIGHT + 50}" class="{colour} dot">● {name}</text>')
    return "".join(parts)


def decades(figures: list[float]) -> tuple[int, int]:
    low = math.floor(math.log10(max(min(figures), 1e-9)))
    high = math.ceil(math.log10(max(figures)))
    return low, max(high, low + 1)


def power_text(power: int) -> str:
    return str(10**power) if 0 <= power <= 3 else f'10<tspan dy="-4" font-size="9">{power}</tspan>'
