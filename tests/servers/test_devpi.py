"""devpi behind the gate, with its own client, pip and twine: what docs/pypi.md promises of it."""

import base64
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import secrets_used
import servers
import tool
import words
from bare import BareGate
from clients import Outcome, Person, Response, curl, refused_upload
from server import Server, gate_before, started
from surroundings import free_port
from tool import Token
from wheel import write_wheel

DEVPI = str(servers.ENVIRONMENT / "devpi")
PASSWORD = "of alice, at devpi"


@pytest.fixture(scope="module")
def gate_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def index(workshop: Path, gate_port: int) -> Iterator[Server]:
    outside = f"http://127.0.0.1:{gate_port}"
    with started("devpi", workshop / "devpi", lambda *place: servers.devpi(*place, outside)) as running:
        yield running


@pytest.fixture(scope="module")
def gate(index: Server, workshop: Path, keys: str, gate_port: int) -> Iterator[BareGate]:
    with gate_before(index, workshop / "devpi-gate", keys, "pypi", port=gate_port) as running:
        yield running


@pytest.fixture(scope="module")
def uploaded(gate: BareGate, write: Token, workshop: Path) -> str:
    """The name of a package in alice's index. devpi's root made her user and her indexes through the gate, and she uploaded."""
    root, alice = Person(workshop / "devpi-root"), Person(workshop / "devpi-alice")
    use(root, gate, write)
    devpi(root, "login", "root", "--password", "root").succeeded()
    devpi(root, "user", "-c", "alice", f"password={PASSWORD}", "email=alice@example.org").succeeded()
    devpi(root, "index", "-c", "alice/dev", "bases=").succeeded()
    devpi(root, "index", "-c", "alice/prod", "bases=").succeeded()
    devpi(root, "index", "-c", "alice/open", "bases=", "acl_upload=:ANONYMOUS:").succeeded()
    logged_in(alice, gate, write)
    devpi(alice, "use", "alice/dev").succeeded()
    devpi(alice, "upload", str(write_wheel(alice.home, "lych", "1.0"))).succeeded()
    return "lych"


def devpi(person: Person, *arguments: str) -> Outcome:
    return person.run([DEVPI, *arguments], PIP_CONFIG_FILE="/dev/null")


def use(person: Person, gate: BareGate, token: Token) -> None:
    """The client keeps the token as the password of HTTP authentication, which is not its own login."""
    devpi(person, "use", f"http://alice:{token}@{gate.host}").succeeded()


def logged_in(person: Person, gate: BareGate, token: Token) -> Person:
    use(person, gate, token)
    devpi(person, "login", "alice", "--password", PASSWORD).succeeded()
    return person


def pip(person: Person, gate: BareGate, token: Token, index: str, *arguments: str) -> Outcome:
    common = ("--isolated", "--no-input", "--no-cache-dir", "--disable-pip-version-check", "--retries", "0", "--no-deps")
    command = [sys.executable, "-m", "pip", "install", *common, "--target", str(person.home / "installed")]
    return person.run([*command, "--index-url", f"http://alice:{token}@{gate.host}/{index}/+simple/", *arguments])


def files(index: Server) -> set[str]:
    """The names of all files that devpi keeps."""
    return {file.name for file in (index.folder / "data/+files").rglob("*.whl")}


def test_a_read_token_installs(gate: BareGate, read: Token, uploaded: str, person: Person) -> None:
    pip(person, gate, read, "alice/dev", uploaded).succeeded()
    assert (person.home / "installed/lych.py").exists()
    logged_in(person, gate, read)
    devpi(person, "use", "alice/dev").succeeded()
    assert "lych-1.0-py3-none-any.whl" in devpi(person, "list", "lych").succeeded().output


def test_a_read_token_changes_nothing_with_devpis_login_either(
    gate: BareGate, index: Server, read: Token, uploaded: str, person: Person
) -> None:
    """devpi would let the login do all of this. The client shows the gate's words if it is asked to."""
    before = files(index)
    logged_in(person, gate, read)
    devpi(person, "use", "alice/dev").succeeded()
    wheel = str(write_wheel(person.home, "lych", "2.0"))
    refused = refused_upload(lambda: devpi(person, "upload", wheel))
    assert f"403 FAIL file_upload of lych-2.0-py3-none-any.whl to {gate.url}/alice/dev/\nForbidden\n" in refused.output
    for attempt in (("index", "-c", "alice/other"), ("index", "alice/dev", "volatile=False"), ("user", "-m", "alice", "email=x")):
        refused = devpi(person, *attempt)
        assert (refused.status, "\n403 Forbidden\n" in refused.output) == (1, True), refused
        assert words.ROLE_INSUFFICIENT in devpi(person, *attempt, "--debug").output
    assert devpi(person, "remove", "-y", "lych").status != 0
    assert files(index) == before


def test_a_token_does_not_replace_devpis_login(
    gate: BareGate, index: Server, write: Token, uploaded: str, person: Person
) -> None:
    before = files(index)
    use(person, gate, write)
    devpi(person, "use", "alice/dev").succeeded()
    refused = devpi(person, "upload", str(write_wheel(person.home, "lych", "3.0")))
    assert refused.status != 0
    assert "401 FAIL file_upload" in refused.output
    assert files(index) == before


def test_the_token_alone_decides_where_devpi_lets_everybody_upload(
    gate: BareGate, index: Server, read: Token, write: Token, uploaded: str, person: Person
) -> None:
    """`acl_upload=:ANONYMOUS:`: nobody needs devpi's own passwords, and twine uploads."""
    wheel = write_wheel(person.home, "by_twine", "1.0")

    def twine(token: Token) -> Outcome:
        login = ["--username", "alice", "--password", str(token), "--repository-url", f"{gate.url}/alice/open/"]
        options = ["--non-interactive", "--disable-progress-bar"]
        return person.run([str(servers.ENVIRONMENT / "twine"), "upload", *options, *login, str(wheel)])

    refused = refused_upload(lambda: twine(read))
    assert "403 Forbidden" in refused.output + refused.errors
    assert wheel.name not in files(index)
    twine(write).succeeded()
    assert wheel.name in files(index)
    pip(person, gate, read, "alice/open", "by_twine").succeeded()

    wheel = write_wheel(person.home, "by_devpi", "1.0")

    def upload(token: Token) -> Outcome:
        use(person, gate, token)
        devpi(person, "use", "alice/open").succeeded()
        return devpi(person, "upload", str(wheel))

    refused_upload(lambda: upload(read))
    assert wheel.name not in files(index)
    upload(write).succeeded()
    assert wheel.name in files(index)


def test_a_push_is_for_tokens_without_repositories(gate: BareGate, write: Token, uploaded: str, person: Person) -> None:
    """The body of a POST may name another index, so a token that is limited to one sends none.

    devpi's own method PUSH is none of HTTP's, and the gate refuses it for everybody."""
    logged_in(person, gate, write)
    devpi(person, "use", "alice/dev").succeeded()
    assert "\n501 Not Implemented\n" in devpi(person, "push", "lych==1.0", "alice/prod").output

    answer = curl(f"{gate.url}/+login", "--json", json.dumps({"user": "alice", "password": PASSWORD}), token=write)
    login = base64.b64encode(f"alice:{json.loads(answer.text)['result']['password']}".encode()).decode()
    secrets_used.remember(login)
    limited = tool.narrowed(write, "--repo", "packages/alice/dev")
    pip(person, gate, limited, "alice/dev", uploaded).succeeded()

    def push(token: object, path: str) -> Response:
        body = json.dumps({"name": "lych", "version": "1.0", "targetindex": "alice/prod"})
        return curl(f"{gate.url}{path}", "--json", body, headers=[f"X-Devpi-Auth: {login}"], token=token)

    for path in ("/alice/dev", "/alice/dev/"):
        assert push(limited, path).code == "restriction_insufficient"
        assert pip(person, gate, write, "alice/prod", uploaded).status != 0
    for path in ("/alice/dev", "/alice/dev/"):
        assert push(write, path).status == 200
    pip(person, gate, write, "alice/prod", "--upgrade", uploaded).succeeded()
