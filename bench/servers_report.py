"""The comparison with the servers' own passwords, as Markdown."""

from figures import median, table


def table_of(found: dict) -> str:
    """The rates and latencies of each way, and their ratios to the bare server."""
    rows = []
    for request in found["requests"]:
        bare = request["ways"][0]
        for way in request["ways"]:
            rate, latency = median(way["per_second"]), median(way["milliseconds"])
            rows.append(
                (
                    request["name"],
                    way["name"],
                    f"{rate:,.0f}",
                    f"{rate / median(bare['per_second']):.2f}",
                    f"{latency:.1f} ms",
                    f"{latency / median(bare['milliseconds']):.2f}",
                )
            )
    clients = f"requests a second, {found['clients']} clients"
    return table(("request", "way", clients, "of bare", "median latency, 1 client", "of bare"), rows)
