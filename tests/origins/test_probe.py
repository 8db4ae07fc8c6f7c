"""`lychgate probe` finds the differences that exist, and says so if it has no result."""

from pathlib import Path

import compiled
from probe import probe
from probing import gate_before


def test_reports_a_gate_whose_table_does_not_fit_its_origin(workshop: Path, keys: str) -> None:
    """A table that classifies writes as reads."""
    folder = workshop / "ill-fitting"
    folder.mkdir()
    routes, requests = folder / "soft.routes", folder / "requests.jsonl"
    routes.write_text("read  PUT  /api/models/{namespace}/{repo}/settings\n")
    requests.write_text(
        '{"access":"read","method":"GET","target":"/api/models/acme/widget"}\n'
        '{"access":"write","method":"PUT","target":"/api/models/acme/widget/settings"}\n'
    )
    origin = compiled.axum(folder / "axum")
    try:
        with gate_before(origin, folder / "gate", keys, ROUTES=routes.read_text()) as gate:
            tokens = {"read": gate.mint("read", subject="reader"), "write": gate.mint("write", subject="writer")}
            probed = probe(origin.url, gate.url, requests, tokens, "--all", "--routes", str(routes))
    finally:
        origin.stop()
    assert probed.exit_code == 1
    assert probed.errors.splitlines()[-1].startswith("origin_disagrees: ")
    plain = next(case for case in probed.cases if case["kind"] == "plain")
    assert (plain["table"], _seen(plain, "reader")["did"]) == ("read", "write")
    # A writer may write, but the gate classified the request as a read.
    assert {"did": "write", "allowed": "read"}.items() <= _seen(plain, "writer").items()


def test_says_so_where_nothing_can_be_told(workshop: Path, keys: str) -> None:
    folder = workshop / "unusable"
    origin, other = compiled.axum(folder / "origin"), compiled.axum(folder / "other")
    lost = folder / "lost.jsonl"
    lost.write_text(
        '{"access":"read","method":"GET","target":"/api/models/acme/widget"}\n'
        '{"access":"write","method":"PUT","target":"/nowhere"}\n'
    )
    try:
        with gate_before(other, folder / "gate", keys) as gate:
            other.stop()
            tokens = {"read": gate.mint("read", subject="reader"), "write": gate.mint("write", subject="writer")}
            # The origin behind this gate is no longer running.
            probed = probe(origin.url, gate.url, origin.requests, tokens)
            assert (probed.exit_code, "is this the gate in front of this origin" in probed.errors) == (3, True)
            probed = probe(origin.url, origin.url, lost, tokens)
            assert (probed.exit_code, "responded with 404" in probed.errors) == (3, True)
            probed = probe("http://127.0.0.1:1", gate.url, origin.requests, tokens)
            assert (probed.exit_code, "could not be reached" in probed.errors) == (3, True)
            probed = probe("127.0.0.1", gate.url, origin.requests, tokens)
            assert (probed.exit_code, "--origin is not a server's URL" in probed.errors) == (2, True)
    finally:
        origin.stop()
        other.stop()


def _seen(variant: dict, who: str) -> dict:
    return next(seen for seen in variant["gate"] if seen["who"] == who)
