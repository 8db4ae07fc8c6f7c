"""`lychgate probe` at a server of another make: no request does more there than the class that the table gives it."""

import json
from collections.abc import Callable
from pathlib import Path

from effects import Fingerprint, telling
from probe import Probed, probe
from server import Server, gate_before


def request(access: str, method: str, target: str, body: str = "", **headers: str) -> str:
    """A plain request in the probe's form. In a header's name, `_` stands for `-`."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    line = {"access": access, "method": method, "target": target, "headers": sent, "body": body}
    return json.dumps(line) + "\n"


def assert_no_disguise_does_more(
    server: Server,
    kept: Fingerprint,
    folder: Path,
    keys: str,
    table: str,
    requests: list[str],
    restore: Callable[[], object] = lambda: None,
    least: int = 150,
    **variables: str,
) -> Probed:
    """Tries the requests, whose writes change each time something in `kept`, in `least` variants or more."""
    folder.mkdir()
    file = folder / "requests.jsonl"
    file.write_text("".join(requests))
    with telling(server.port, kept, restore) as origin, gate_before(origin, folder / "gate", keys, table, **variables) as gate:
        tokens = {"read": gate.mint("read", subject="reader"), "write": gate.mint("write", subject="writer")}
        prefix = ("--gate-prefix", variables["GATE_PREFIX"]) if "GATE_PREFIX" in variables else ()
        options = ("--routes", table, *prefix, "--sample", "1", "--seed", "1", "--jobs", "1")
        probed = probe(origin.url, gate.url, file, tokens, "--all", *options)
    assert probed.cases == [], probed.explain_cases()
    assert probed.exit_code == 0, probed.errors
    assert probed.summary["variants"] > least
    return probed
