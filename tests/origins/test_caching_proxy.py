"""A caching proxy between gate and origin (Varnish with its default VCL, or nginx as documented), or before the gate (nginx), never
gives anybody the response to another's request."""

import json
import re
import shutil
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from caching import CarelessOrigin, Proxied, nginx_before
from probing import gate_before
from registry import ORIGINS
from surroundings import REPOSITORY

NAME = "Go behind Varnish"
TARGET = "/api/models/acme/widget"


@pytest.fixture
def _needs_varnish() -> None:
    missing = ORIGINS[NAME].missing()
    if missing is not None:
        pytest.skip(missing)


@pytest.mark.usefixtures("_needs_varnish")
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


@pytest.mark.usefixtures("_needs_varnish")
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


needs_nginx = pytest.mark.skipif(sys.platform != "linux" and shutil.which("nginx") is None, reason="not installed here: nginx")


def _body(url: str, **headers: str) -> str:
    request = urllib.request.Request(url + TARGET, headers=headers)
    with urllib.request.urlopen(request, timeout=20) as response:
        return response.read().decode()


@needs_nginx
def test_nginx_before_the_gate_gives_everybody_their_own_answer(workshop: Path, keys: str) -> None:
    folder, origin = workshop / "nginx-before", CarelessOrigin()
    with gate_before(origin, folder / "gate", keys, ANONYMOUS="reads") as gate, nginx_before(gate.port, folder / "nginx") as url:
        bearer = {subject: {"Authorization": f"Bearer {gate.mint('read', subject=subject)}"} for subject in ("alice", "rita")}
        for _ in range(2):
            assert _body(url, Cookie="hub_session=bob") == "bob"
            assert _body(url, Cookie="hub_session=carol") == "carol"
            for subject, credentials in bearer.items():
                assert _body(url, **credentials) == subject
        # What is nobody's is kept, and given to nobody else.
        for _ in range(3):
            assert _body(url) == "nobody"
            for subject, credentials in bearer.items():
                assert _body(url, **credentials) == subject
            with pytest.raises(urllib.error.HTTPError) as refused:
                _body(url, Authorization="Bearer hub_forged")
            assert refused.value.code == 401
        assert origin.answered.count("nobody") == 1
    origin.stop()


@needs_nginx
def test_nginx_behind_the_gate_gives_everybody_their_own_answer_as_documented(workshop: Path, keys: str) -> None:
    (documented,) = re.findall(r"`(proxy_no_cache [^`]*)`", (REPOSITORY / "docs/origin.md").read_text())
    folder, origin = workshop / "nginx-behind", CarelessOrigin()
    with nginx_before(origin.port, folder / "nginx", documented) as url:
        with gate_before(Proxied(url), folder / "gate", keys, ANONYMOUS="reads") as gate:
            bearer = {"Authorization": f"Bearer {gate.mint('read', subject='alice')}"}
            for _ in range(3):
                assert _body(gate.url, Cookie="hub_session=bob") == "bob"
                assert _body(gate.url, Cookie="hub_session=carol") == "carol"
                assert _body(gate.url, **bearer) == "alice"
                assert _body(gate.url) == "nobody"
        assert origin.answered.count("nobody") == 1
    origin.stop()
