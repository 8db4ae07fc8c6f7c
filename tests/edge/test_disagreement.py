"""Origins with other habits than the gate's: no spelling of a request gets more done through the gate than its class."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import disagreement
from bare import BareGate
from disagreement import ForeignOrigin, NginxGit, Probed
from surroundings import REPOSITORY

PAGE = REPOSITORY / "docs/disagreement.md"
BEGINNING = "<!-- The table begins. -->\n"
END = "<!-- The table ends. -->\n"

STARTS = {
    "git behind nginx": NginxGit,
    "Express": disagreement.start_express,
    "Flask": disagreement.start_flask,
    "axum": disagreement.start_axum,
}


@pytest.fixture(scope="module")
def found(workshop: Path, keys: str) -> Iterator[dict[str, Probed]]:
    """Every origin, probed by itself and through a gate in front of it."""
    probed = {}
    for name, start in STARTS.items():
        folder = workshop / f"disagreement-{name.replace(' ', '-')}"
        origin = start(folder)
        gate = BareGate(folder / "gate", keys, {"ORIGIN_URL": origin.url})
        try:
            gate.publish("--new")
            probed[name] = disagreement.probe(
                origin.url, gate.url, origin.requests, gate.mint("read"), gate.mint("write")
            )
        finally:
            gate.stop()
            origin.stop()
    yield probed


@pytest.mark.parametrize("name", STARTS)
def test_no_variant_gets_more_done_through_the_gate_than_its_class(
    found: dict[str, Probed], name: str, note_figure: Callable[[str], None]
) -> None:
    probed = found[name]
    note_figure(
        f"{name}: {probed.summary['variants']} variants of its requests; {probed.summary['origin_differs']} of them did more "
        f"there than the table says, and {probed.summary['cases']} through the gate than they may"
    )
    assert probed.cases == [], probed.errors
    assert probed.exit_code == 0, probed.errors
    assert probed.summary["cases"] == 0
    # The origin has its own readings, and the gate let the good ones through: the zero means something.
    assert probed.summary["variants"] > 400
    assert probed.summary["origin_differs"] > 20
    plain = [variant for variant in probed.variants if variant["kind"] == "plain"]
    for variant in plain:
        assert variant["origin"] == variant["access"]
        assert _did(variant, "writer") == variant["access"]
        assert _did(variant, "reader") == ("read" if variant["access"] == "read" else None)
        assert _did(variant, "nobody") is None


def test_the_page_says_what_they_did(found: dict[str, Probed]) -> None:
    table = disagreement.table(found)
    page = PAGE.read_text()
    before, _, rest = page.partition(BEGINNING)
    held, _, after = rest.partition(END)
    if os.environ.get("WRITE_DISAGREEMENT"):
        PAGE.write_text(f"{before}{BEGINNING}\n{table}\n{END}{after}")
        return
    assert held.strip() == table.strip(), f"{PAGE.name} is behind: run `make disagreement` and look at what changed"


def test_reports_a_gate_whose_table_does_not_fit_its_origin(workshop: Path, keys: str) -> None:
    """The probe finds what is there: a table that calls writes reads."""
    folder = workshop / "disagreement-ill-fitting"
    origin = disagreement.start_axum(folder)
    routes = folder / "soft.routes"
    routes.write_text("read  PUT  /api/models/{namespace}/{repo}/settings\n")
    gate = BareGate(folder / "gate", keys, {"ORIGIN_URL": origin.url, "ROUTES": routes.read_text()})
    requests = folder / "requests.jsonl"
    requests.write_text(
        '{"access":"read","method":"GET","target":"/api/models/acme/widget"}\n'
        '{"access":"write","method":"PUT","target":"/api/models/acme/widget/settings"}\n'
    )
    try:
        gate.publish("--new")
        probed = disagreement.probe(
            *(origin.url, gate.url, requests, gate.mint("read"), gate.mint("write")), "--routes", str(routes)
        )
    finally:
        gate.stop()
        origin.stop()
    assert probed.exit_code == 1
    assert probed.errors.startswith("origin_disagrees: ")
    plain = next(case for case in probed.cases if case["kind"] == "plain")
    assert (plain["table"], _did(plain, "reader")) == ("read", "write")
    # A writer may write, but the gate called it a read.
    assert {"did": "write", "allowed": "read"}.items() <= _seen(plain, "writer").items()


def test_says_so_where_nothing_can_be_told(workshop: Path, keys: str, bare: BareGate) -> None:
    folder = workshop / "disagreement-unusable"
    origin = disagreement.start_axum(folder)
    requests = origin.requests
    read, write = bare.mint("read"), bare.mint("write")
    lost = folder / "lost.jsonl"
    lost.write_text(
        '{"access":"read","method":"GET","target":"/api/models/acme/widget"}\n'
        '{"access":"write","method":"PUT","target":"/nowhere"}\n'
    )
    try:
        # This gate stands before another origin.
        probed = disagreement.probe(origin.url, bare.url, requests, read, write)
        assert (probed.exit_code, "is this the gate before this origin" in probed.errors) == (3, True)
        probed = disagreement.probe(origin.url, origin.url, lost, read, write)
        assert (probed.exit_code, "answered it with 404" in probed.errors) == (3, True)
        probed = disagreement.probe("http://127.0.0.1:1", bare.url, requests, read, write)
        assert (probed.exit_code, "could not be asked" in probed.errors) == (3, True)
        probed = disagreement.probe("127.0.0.1", bare.url, requests, read, write)
        assert (probed.exit_code, "--origin is no server's address" in probed.errors) == (2, True)
    finally:
        origin.stop()


def _seen(variant: dict, who: str) -> dict:
    return next(seen for seen in variant["gate"] if seen["who"] == who)


def _did(variant: dict, who: str) -> str | None:
    return _seen(variant, who)["did"]
