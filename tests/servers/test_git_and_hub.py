"""klaus, which serves git repositories, and olah, which mirrors a hub, behind the gate with the included table."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import servers
import tool
import words
from bare import BareGate
from clients import Person, curl
from origin import Origin
from server import Server, gate_before, started
from surroundings import free_port


@pytest.fixture(scope="module")
def klaus(workshop: Path) -> Iterator[Server]:
    folder, port = workshop / "klaus", free_port()
    founder = Person(folder)
    repository = folder / "widget"
    founder.git("init", "--quiet", str(repository)).succeeded()
    founder.git("config", "receive.denyCurrentBranch", "updateInstead", cwd=repository).succeeded()
    founder.git("commit", "--quiet", "--allow-empty", "--message", "first", cwd=repository).succeeded()
    running = Server("klaus", folder, port, servers.klaus(port, repository))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def gate(klaus: Server, workshop: Path, keys: str) -> Iterator[BareGate]:
    with gate_before(klaus, workshop / "klaus-gate", keys, "hub") as running:
        yield running


def test_git_clones_from_klaus_and_pushes_with_a_write_token(gate: BareGate, person: Person) -> None:
    read, write = gate.mint("read"), gate.mint("write")
    clone = person.home / "clone"
    person.git("clone", "--quiet", f"http://alice:{read}@{gate.host}/widget", str(clone)).succeeded()
    person.git("commit", "--quiet", "--allow-empty", "--message", "second", cwd=clone).succeeded()
    refused = person.git("push", "origin", "HEAD", cwd=clone)
    assert refused.status != 0 and words.ROLE_INSUFFICIENT in refused.errors
    person.git("push", f"http://alice:{write}@{gate.host}/widget", "HEAD", cwd=clone).succeeded()
    page = curl(f"{gate.url}/widget/", token=read)
    assert page.status == 200 and "second" in page.text
    assert curl(f"{gate.url}/widget/").code == "token_required"


@pytest.fixture(scope="module")
def mirror(workshop: Path, keys: str) -> Iterator[Server]:
    """A mirror of the example origin, which is a small hub. Whoever asks it without a token comes by a gate too."""
    without_token = 'proxy_set_header Authorization "";'
    hub = Origin(workshop / "mirrored", keys)
    with (
        gate_before(hub, workshop / "hub-gate", keys, "hub", ANONYMOUS="reads") as gate,
        started("olah", workshop / "olah", lambda *place: servers.olah(*place, gate.url)) as olah,
        started("nginx", workshop / "olah-nginx", lambda *place: servers.below(*place, "/", olah.port, without_token)) as nginx,
    ):
        yield nginx
    hub.stop()


def test_huggingface_hub_downloads_from_a_mirror_with_a_read_token(
    mirror: Server, workshop: Path, keys: str, person: Person
) -> None:
    with gate_before(mirror, workshop / "olah-gate", keys, "hub") as gate:
        download = [sys.executable, "-c", "import huggingface_hub as h; print(h.hf_hub_download('acme/widget', 'README.md'))"]
        environment = {"HF_ENDPOINT": gate.url, "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
        file = person.run(download, HF_TOKEN=str(gate.mint("read")), **environment).succeeded().output.strip()
        assert "widget" in Path(file).read_text()
        # Another folder, because huggingface_hub gives out what it has where it is refused.
        other = {"HF_HUB_CACHE": str(person.home / "other")}
        refused = person.run(download, HF_TOKEN=str(tool.mint(tool.new_keys(), "read")), **environment, **other)
        assert refused.status != 0 and words.TOKEN_FORGED.removesuffix(".") in refused.errors
