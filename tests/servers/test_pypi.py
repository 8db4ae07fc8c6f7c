"""A Python package index (pypiserver) behind the gate, with pip, uv and twine: what docs/pypi.md promises."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import servers
import words
from bare import BareGate
from clients import Outcome, Person, curl, refused_upload
from server import Server, gate_before, started
from tool import Token
from wheel import write_wheel

UV = str(servers.ENVIRONMENT / "uv")


@pytest.fixture(scope="module")
def index(workshop: Path) -> Iterator[Server]:
    with started("pypiserver", workshop / "pypiserver", servers.pypiserver) as running:
        yield running


@pytest.fixture(scope="module")
def gate(index: Server, workshop: Path, keys: str) -> Iterator[BareGate]:
    with gate_before(index, workshop / "pypi-gate", keys, "pypi") as running:
        yield running


@pytest.fixture(scope="module")
def uploaded(gate: BareGate, write: Token, workshop: Path) -> str:
    """The name of a package in the index, which went there through the gate."""
    person = Person(workshop / "uploader")
    twine(person, gate, write, write_wheel(person.home, "lych", "1.0")).succeeded()
    return "lych"


def twine(person: Person, gate: BareGate, token: object, file: Path) -> Outcome:
    outcome = person.run(
        [str(servers.ENVIRONMENT / "twine"), "upload", "--non-interactive", "--disable-progress-bar", "--username", "alice"]
        + ["--password", str(token), "--repository-url", f"{gate.url}/", str(file)]
    )
    return Outcome(outcome.status, outcome.output, _one_line(outcome.output + outcome.errors))


def pip(person: Person, gate: BareGate, token: object | None, *arguments: str) -> Outcome:
    userinfo = "" if token is None else f"alice:{token}@"
    common = ("--isolated", "--no-input", "--no-cache-dir", "--disable-pip-version-check", "--retries", "0")
    command = [sys.executable, "-m", "pip", "download", *common, "--no-deps", "--dest", str(person.home / "downloaded")]
    return person.run([*command, "--index-url", f"http://{userinfo}{gate.host}/simple/", *arguments])


def uv(person: Person, *arguments: str, **variables: str) -> Outcome:
    outcome = person.run([UV, *arguments], UV_HTTP_RETRIES="0", UV_NO_CACHE="1", UV_PYTHON=sys.executable, **variables)
    return Outcome(outcome.status, outcome.output, _one_line(outcome.errors))


def _one_line(printed: str) -> str:
    """Programs break lines at the terminal's width."""
    return re.sub(r"[\s│╰─▶]+", " ", printed)


def test_a_read_token_downloads(gate: BareGate, read: Token, uploaded: str, person: Person) -> None:
    pip(person, gate, read, uploaded).succeeded()
    assert (person.home / "downloaded/lych-1.0-py3-none-any.whl").exists()
    index = f"http://alice:{read}@{gate.host}/simple/"
    uv(person, "pip", "install", "--target", str(person.home / "installed"), "--index-url", index, uploaded).succeeded()
    assert (person.home / "installed/lych.py").exists()


def test_a_read_token_uploads_and_removes_nothing(
    gate: BareGate, index: Server, read: Token, uploaded: str, person: Person
) -> None:
    wheel = write_wheel(person.home, "lych", "2.0")
    refused = twine(person, gate, read, wheel)
    assert refused.status != 0
    assert words.ROLE_INSUFFICIENT in refused.errors
    login = ("--username", "alice", "--password", str(read))
    refused = refused_upload(lambda: uv(person, "publish", "--publish-url", f"{gate.url}/", *login, str(wheel)))
    assert words.ROLE_INSUFFICIENT in refused.errors, refused.errors
    removal = ["--data", f":action=remove_pkg&name={uploaded}&version=1.0"]
    assert curl(f"{gate.url}/", *removal, token=read).code == "role_insufficient"
    assert sorted(file.name for file in (index.folder / "packages").iterdir()) == ["lych-1.0-py3-none-any.whl"]


def test_a_write_token_uploads(gate: BareGate, index: Server, write: Token, person: Person) -> None:
    by_twine, by_uv = (write_wheel(person.home, name, "1.0") for name in ("by_twine", "by_uv"))
    twine(person, gate, write, by_twine).succeeded()
    publish = ("publish", "--publish-url", f"{gate.url}/", "--username", "__token__", "--password", str(write))
    uv(person, *publish, str(by_uv)).succeeded()
    names = {file.name for file in (index.folder / "packages").iterdir()}
    assert {by_twine.name, by_uv.name} <= names
    removal = ["--data", ":action=remove_pkg&name=by_uv&version=1.0"]
    assert curl(f"{gate.url}/", *removal, token=write).status == 200
    assert not (index.folder / "packages" / by_uv.name).exists()


def test_without_a_token(gate: BareGate, uploaded: str, person: Person) -> None:
    """pip takes an index that refuses it for an empty one, and shows why only if asked to (`-vv`)."""
    assert "(from versions: none)" in pip(person, gate, None, uploaded).errors
    assert words.TOKEN_REQUIRED in pip(person, gate, None, "-vv", uploaded).output
    refused = uv(person, "pip", "install", "--target", "x", "--index-url", f"{gate.url}/simple/", uploaded)
    assert "a lack of valid authentication credentials (401 Unauthorized)" in refused.errors


def test_searching_is_reading(gate: BareGate, read: Token, uploaded: str) -> None:
    """pypiserver answers `pip search`, which sends a POST."""
    call = (
        "<?xml version='1.0'?><methodCall><methodName>search</methodName><params><param><value><struct><member>"
        "<name>name</name><value><array><data><value><string>lych</string></value></data></array></value></member>"
        "</struct></value></param><param><value><string>or</string></value></param></params></methodCall>"
    )
    answer = curl(f"{gate.url}/RPC2", "--data", call, headers=["Content-Type: text/xml"], token=read)
    assert (answer.status, uploaded in answer.text) == (200, True), answer
