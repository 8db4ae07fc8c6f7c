"""A caching proxy between gate and origin (Varnish with its default VCL) never gives anybody the response to another's request."""

import json
import urllib.request
from pathlib import Path

import pytest

from probing import gate_before
from registry import ORIGINS

NAME = "Go behind Varnish"
TARGET = "/api/models/acme/widget"


@pytest.fixture(autouse=True)
def _needs_varnish() -> None:
    missing = ORIGINS[NAME].missing()
    if missing is not None:
        pytest.skip(missing)


def test_gives_everybody_their_own_answer(workshop: Path, keys: str) -> None:
    folder = workshop / "caching"
    origin = ORIGINS[NAME].start(folder)
    try:
        with gate_before(origin, folder / "gate", keys, ANONYMOUS="reads") as gate:
            bearers = {subject: gate.mint("read", subject=subject) for subject in ("reader", "alice")}

            def subject_seen(asking: str | None) -> str:
                headers = {"Authorization": f"Bearer {bearers[asking]}"} if asking else {}
                request = urllib.request.Request(gate.url + TARGET, headers=headers)
                with urllib.request.urlopen(request, timeout=20) as response:
                    return json.load(response)["subject"]

            # Each asks after every other, and nobody in particular after and before them.
            senders = ("reader", "alice", None, "reader", None, "alice", "reader")
            assert [subject_seen(asking) for asking in senders] == [asking or "" for asking in senders]
    finally:
        origin.stop()


def test_the_proxy_does_cache(workshop: Path) -> None:
    """Without the gate, whoever asks second receives the response of the first."""
    origin = ORIGINS[NAME].start(workshop / "caching-alone")
    try:
        seen = []
        for subject in ("reader", "alice"):
            headers = {"X-Lychgate-Subject": subject, "X-Lychgate-Role": "read"}
            request = urllib.request.Request(origin.url + TARGET, headers=headers)
            with urllib.request.urlopen(request, timeout=20) as response:
                seen.append(json.load(response)["subject"])
        assert seen == ["reader", "reader"]
    finally:
        origin.stop()
