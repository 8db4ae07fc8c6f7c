"""A container registry (distribution) behind the gate, with skopeo, docker and oras-py: what docs/oci.md promises."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import servers
import tool
import words
from bare import BareGate
from clients import Outcome, Person, basic, curl
from docker import Docker
from docker import missing as docker_is_missing
from image import layer_digest, write_image
from server import Server, gate_before, started
from surroundings import REPOSITORY, program
from tool import Token

pytestmark = pytest.mark.skipif(shutil.which("docker-registry") is None, reason="docker-registry is Debian's")


@pytest.fixture(scope="module")
def registry(workshop: Path) -> Iterator[Server]:
    with started("the registry", workshop / "registry", servers.registry) as running:
        yield running


@pytest.fixture(scope="module")
def gate(registry: Server, workshop: Path, keys: str) -> Iterator[BareGate]:
    with gate_before(registry, workshop / "oci-gate", keys, "oci") as running:
        yield running


@pytest.fixture(scope="module")
def open_gate(registry: Server, workshop: Path, keys: str) -> Iterator[BareGate]:
    """Anybody may pull."""
    with gate_before(registry, workshop / "open-oci-gate", keys, "oci", ANONYMOUS="reads") as running:
        yield running


@pytest.fixture(scope="module")
def image(workshop: Path) -> Path:
    return write_image(workshop / "image", "an image of the tests")


@pytest.fixture(scope="module")
def pushed(gate: BareGate, write: Token, image: Path, workshop: Path) -> str:
    """The name of an image in the registry, which went there through the gate."""
    pusher = Person(workshop / "pusher")
    skopeo(pusher, "copy", f"dir:{image}", f"docker://{gate.host}/acme/app:1", token=write).succeeded()
    return "acme/app"


def skopeo(person: Person, command: str, *arguments: str, token: object | None = None) -> Outcome:
    """skopeo without what the machine has configured, over plain http."""
    policy = person.home / "policy.json"
    policy.write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
    flags = {"copy": ["--src-tls-verify=false", "--dest-tls-verify=false"]}.get(command, ["--tls-verify=false"])
    for side in ("--src-", "--dest-") if command == "copy" else ("--",):
        if token is not None:
            flags.append(f"{side}creds=alice:{token}")
    if token is None and command not in ("copy", "login"):
        flags.append("--no-creds")
    return person.run([program("skopeo"), f"--policy={policy}", command, *flags, *arguments])


def remove(person: Person, image: str, **credentials: object) -> Outcome:
    return skopeo(person, "delete", image, **credentials)


def test_a_read_token_pulls(gate: BareGate, read: Token, pushed: str, image: Path, person: Person) -> None:
    inspected = json.loads(skopeo(person, "inspect", f"docker://{gate.host}/{pushed}:1", token=read).succeeded().output)
    assert inspected["Layers"] == [layer_digest(image)]
    copy = person.home / "copy"
    skopeo(person, "copy", f"docker://{gate.host}/{pushed}:1", f"dir:{copy}", token=read).succeeded()
    assert layer_digest(copy) == layer_digest(image)


def test_a_reader_cannot_push_retag_or_delete(
    gate: BareGate, registry: Server, read: Token, pushed: str, image: Path, person: Person
) -> None:
    place = f"docker://{gate.host}/{pushed}"
    for refused in (
        skopeo(person, "copy", f"dir:{image}", f"{place}:2", token=read),
        skopeo(person, "copy", f"{place}:1", f"{place}:2", token=read),
        remove(person, f"{place}:1", token=read),
    ):
        assert refused.status != 0
        # For a deletion it shows the whole body.
        assert words.ROLE_INSUFFICIENT in refused.errors
    assert f"denied: {words.ROLE_INSUFFICIENT}" in skopeo(person, "copy", f"dir:{image}", f"{place}:2", token=read).errors
    assert curl(f"{registry.url}/v2/{pushed}/tags/list").text.strip() == '{"name":"acme/app","tags":["1"]}'


def test_a_writer_pushes_and_removes(gate: BareGate, write: Token, image: Path, person: Person) -> None:
    place = f"docker://{gate.host}/acme/passing:1"
    skopeo(person, "copy", f"dir:{image}", place, token=write).succeeded()
    remove(person, place, token=write).succeeded()
    gone = skopeo(person, "inspect", place, token=write)
    assert gone.status != 0 and "manifest unknown" in gone.errors


def test_the_challenge_and_the_login(gate: BareGate, read: Token, person: Person) -> None:
    asked = curl(f"{gate.url}/v2/")
    assert asked.status == 401
    assert asked.header("WWW-Authenticate").startswith("Basic ")
    assert json.loads(asked.text)["errors"][0] == {"code": "UNAUTHORIZED", "message": words.TOKEN_REQUIRED}
    for token in (read, tool.narrowed(read, "--repo", "acme/app")):
        assert curl(f"{gate.url}/v2/", headers=[basic("alice", token)]).status == 200
    login = skopeo(person, "login", f"--authfile={person.home}/auth.json", "-u", "alice", "-p", str(read), gate.host)
    assert "Login Succeeded!" in login.succeeded().output
    refused = skopeo(person, "login", f"--authfile={person.home}/auth.json", "-u", "alice", "-p", f"{read}x", gate.host)
    assert "invalid username/password" in refused.errors


def test_without_a_token(gate: BareGate, open_gate: BareGate, pushed: str, image: Path, person: Person) -> None:
    """Nobody pulls, unless ANONYMOUS says that they may; nobody pushes at all."""
    refused = skopeo(person, "inspect", f"docker://{gate.host}/{pushed}:1")
    assert f"unauthorized: {words.TOKEN_REQUIRED}" in refused.errors
    skopeo(person, "inspect", f"docker://{open_gate.host}/{pushed}:1").succeeded()
    pushing = skopeo(person, "copy", f"dir:{image}", f"docker://{open_gate.host}/{pushed}:2")
    assert f"unauthorized: {words.TOKEN_REQUIRED}" in pushing.errors


def test_a_token_of_one_repository(
    gate: BareGate, write: Token, pushed: str, image: Path, person: Person
) -> None:
    token = tool.narrowed(write, "--repo", pushed)
    skopeo(person, "copy", f"dir:{image}", f"docker://{gate.host}/{pushed}:narrow", token=token).succeeded()
    new = write_image(person.home / "new", "an image with a layer that is not there yet")
    skopeo(person, "copy", f"dir:{new}", f"docker://{gate.host}/{pushed}:new", token=token).succeeded()
    other = f"docker://{gate.host}/acme/other:1"
    # It first asks, by HEAD, which layers are there, and a response to HEAD has no body.
    assert "acme/other: 403 (Forbidden)" in skopeo(person, "copy", f"dir:{image}", other, token=token).errors
    skopeo(person, "copy", f"dir:{image}", other, token=write).succeeded()
    refused = skopeo(person, "inspect", other, token=token)
    assert f"denied: This token is limited to the repositories {pushed}; the request is for acme/other." in refused.errors


def test_a_mount_from_another_repository(
    gate: BareGate, write: Token, read: Token, pushed: str, image: Path
) -> None:
    """`from` in the query is read by the registry, so a token of the one repository must not take layers of the other."""
    digest = layer_digest(image)
    mount = f"{gate.url}/v2/%s/blobs/uploads/?mount={digest}&from=%s"
    assert curl(mount % ("acme/mounted", pushed), "--request", "POST", token=read).status == 403
    assert curl(mount % ("acme/mounted", pushed), "--request", "POST", token=write).status == 201
    limited = tool.narrowed(write, "--repo", "acme/limited")
    answer = curl(mount % ("acme/limited", pushed), "--request", "POST", token=limited)
    assert (answer.status, answer.code) == (403, "restriction_insufficient"), answer
    assert curl(f"{gate.url}/v2/acme/limited/blobs/{digest}", token=limited).status == 404


def test_a_token_of_one_repository_with_many_parts_in_its_name(
    gate: BareGate, write: Token, image: Path, person: Person
) -> None:
    name = "acme/a/b/c/d/e/f/app"
    limited = tool.narrowed(write, "--repo", f"images/{name}")
    skopeo(person, "copy", f"dir:{image}", f"docker://{gate.host}/{name}:1", token=limited).succeeded()
    skopeo(person, "inspect", f"docker://{gate.host}/{name}:1", token=limited).succeeded()
    for other in (f"{name}/x", name.removesuffix("/app"), "acme/a/b/c/d/e/g/app"):
        answer = curl(f"{gate.url}/v2/{other}/blobs/uploads/", "--request", "POST", token=limited)
        assert (answer.status, answer.code) == (403, "restriction_insufficient"), other


def test_oras_pushes_and_pulls_a_file(gate: BareGate, read: Token, write: Token, person: Person) -> None:
    def oras(step: str, place: Path, token: Token) -> Outcome:
        user = REPOSITORY / "tests/servers/support/oras_user.py"
        return person.run([str(servers.ENVIRONMENT / "python"), str(user), step, gate.host, "acme/note:1", str(place), str(token)])

    note, got = person.home / "note.txt", person.home / "got"
    note.write_text("a note")
    refused = oras("push", note, read)
    said = "{'errors': [{'code': 'DENIED', 'message': '" + words.ROLE_INSUFFICIENT + "'}]}"
    assert (refused.status, refused.errors) == (1, f"Issue retrieving session url: {said}\n")
    oras("push", note, write).succeeded()
    oras("pull", got, read).succeeded()
    assert (got / "note.txt").read_text() == "a note"


@pytest.fixture(scope="module")
def docker(workshop: Path) -> Iterator[Docker]:
    if (lacking := docker_is_missing()) is not None:
        pytest.skip(lacking)
    running = Docker(workshop / "docker")
    yield running
    running.stop()


def test_docker_logs_in_pulls_and_pushes(
    docker: Docker, gate: BareGate, read: Token, write: Token, pushed: str
) -> None:
    name = f"{gate.host}/{pushed}"
    # Its own words, after the challenge: it has nobody's password for this host.
    assert "no basic auth credentials" in docker.run("pull", f"{name}:1").errors
    login = ("login", "--username", "alice", "--password-stdin", gate.host)
    assert "Login Succeeded" in docker.run(*login, stdin=read.text.encode()).succeeded().output
    docker.run("pull", f"{name}:1").succeeded()
    docker.run("tag", f"{name}:1", f"{name}:by-docker").succeeded()
    assert f"denied: {words.ROLE_INSUFFICIENT}" in docker.run("push", f"{name}:by-docker").errors
    docker.run(*login, stdin=write.text.encode()).succeeded()
    docker.run("push", f"{name}:by-docker").succeeded()
