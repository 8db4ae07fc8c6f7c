"""A hub with public repositories and private ones, whose origin shows strangers only the public ones."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bare import BareGate
from clients import Person, basic, curl
from witness import Witness

GIT = "User-Agent: git/2.47.3"
GIT_LFS = "User-Agent: git-lfs/3.3.0 (GitHub; linux amd64; go 1.19.8)"


@pytest.fixture(scope="module")
def open_gate(workshop: Path, keys: str, witness: Witness) -> Iterator[BareGate]:
    running = BareGate(workshop / "open", keys, {"ORIGIN_URL": witness.url, "ANONYMOUS": "reads"})
    running.publish("--new")
    yield running
    running.stop()


@pytest.mark.parametrize("status", [401, 403, 404])
@pytest.mark.parametrize("client", [GIT, GIT_LFS])
def test_git_is_asked_for_credentials_where_the_origin_hides_something(
    open_gate: BareGate, witness: Witness, client: str, status: int
) -> None:
    path = f"/acme/private-{status}/info/refs"
    witness.answer(path, f"{status} No", "WWW-Authenticate: Basic realm=origin", body=b"hidden")
    url = f"{open_gate.url}{path}?service=git-upload-pack"
    stranger = curl(url, headers=[client])
    assert (stranger.status, stranger.code) == (401, "token_required")
    assert stranger.header("WWW-Authenticate").startswith("Basic ") and "origin" not in stranger.header("WWW-Authenticate")
    assert b"hidden" not in stranger.body
    # Basic with nothing in it is no credentials either; with some, and for other clients, the origin's word stands.
    assert curl(url, headers=[client, basic("", "")]).status == 401
    assert curl(url, headers=[client], token=open_gate.mint("read")).status == status
    assert curl(url).body == b"hidden"


def test_what_the_origin_shows_to_strangers_goes_on(open_gate: BareGate, witness: Witness) -> None:
    for status in (200, 304, 500):
        witness.answer(f"/acme/public-{status}/info/refs", f"{status} As It Is", body=b"" if status == 304 else b"own")
        assert curl(f"{open_gate.url}/acme/public-{status}/info/refs", headers=[GIT]).status == status
    witness.answer("/.well-known/security.txt", "404 Not Found")
    assert curl(f"{open_gate.url}/.well-known/security.txt", headers=[GIT]).status == 404


def test_git_sends_the_token_that_it_has_stored(open_gate: BareGate, witness: Witness, person: Person) -> None:
    token = open_gate.mint("read")
    witness.answer("/acme/secret/info/refs", "404 Not Found", body=b"no such repository")
    person.store_password(open_gate.url, token)
    reached = len(witness.seen)
    listed = person.git("ls-remote", f"{open_gate.url}/acme/secret")
    assert listed.status == 128 and "not found" in listed.errors
    asked = witness.seen[reached:]
    subjects = [seen.all("X-Lychgate-Subject") for seen in asked]
    assert (subjects[0], subjects[-1]) == ([], ["alice"])
    # Without one it says what it lacks, and not that there is nothing.
    person.credentials.unlink()
    stranger = person.git("ls-remote", f"{open_gate.url}/acme/secret")
    assert "could not read Username" in stranger.errors
