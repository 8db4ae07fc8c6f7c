"""git through the gate: what it may do, what it prints when refused, and what happens to the stored token."""

import tarfile
from pathlib import Path

import pytest

import words
from clients import Outcome, Person, create_repository
from conftest import Tokens
from gate import Gate

PROTOCOLS = ["2", "0"]


def _repository(gate: Gate, person: Person, tokens: Tokens) -> str:
    """A separate repository for a test that pushes, created as the Hub's users create one."""
    return create_repository(gate.url, tokens.write, f"git-{person.home.parent.name}")


def _commit(person: Person, clone: Path, file: str, content: str) -> None:
    (clone / file).write_text(content)
    person.git("add", file, cwd=clone).succeeded()
    person.git("commit", "--quiet", "--message", f"Add {file}", cwd=clone).succeeded()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_clones_fetches_and_pushes_with_the_token_as_stored_password(
    gate: Gate, tokens: Tokens, person: Person, protocol: str
) -> None:
    url = _repository(gate, person, tokens)
    person.git("config", "--global", "protocol.version", protocol)
    person.store_password(gate.url, tokens.write)
    trace = {"GIT_TRACE_PACKET": "1"}

    person.git("clone", "--quiet", url, "mine").succeeded()
    _commit(person, person.home / "mine", "first.txt", "one\n")
    person.git("push", "--quiet", "origin", "HEAD:main", cwd=person.home / "mine").succeeded()

    cloned = person.git("clone", url, "theirs", **trace).succeeded()
    assert ("version 2" in cloned.errors) == (protocol == "2")
    assert (person.home / "theirs/first.txt").read_text() == "one\n"

    _commit(person, person.home / "mine", "second.txt", "two\n")
    person.git("push", "--quiet", cwd=person.home / "mine").succeeded()
    person.git("pull", "--quiet", "--ff-only", cwd=person.home / "theirs").succeeded()
    assert (person.home / "theirs/second.txt").read_text() == "two\n"
    assert tokens.write.text in person.stored_credentials()


def test_takes_the_token_typed_in_at_the_prompt_and_stores_it(gate: Gate, tokens: Tokens, person: Person) -> None:
    answers = person.home / "answer"
    answers.write_text(f'#!/bin/sh\ncase "$1" in Username*) echo alice;; *) echo {tokens.read};; esac\n')
    answers.chmod(0o700)
    person.git("clone", "--quiet", f"{gate.url}/acme/widget", "w", GIT_ASKPASS=str(answers)).succeeded()
    assert (person.home / "w/config.json").is_file()
    assert f"alice:{tokens.read}@" in person.stored_credentials()


def test_takes_the_token_in_the_address_of_the_remote(gate: Gate, tokens: Tokens, person: Person) -> None:
    person.git("clone", "--quiet", f"http://alice:{tokens.read}@{gate.host}/acme/widget", "w").succeeded()
    assert (person.home / "w/config.json").is_file()
    person.git("clone", "--quiet", f"http://{tokens.read}@{gate.host}/acme/widget", "v", GIT_ASKPASS="true").succeeded()
    assert (person.home / "v/config.json").is_file()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_clones_a_dataset_with_a_read_token(gate: Gate, tokens: Tokens, person: Person, protocol: str) -> None:
    person.store_password(gate.url, tokens.read)
    person.git("-c", f"protocol.version={protocol}", "clone", "-q", f"{gate.url}/datasets/acme/corpus", "d").succeeded()
    assert (person.home / "d/data/train.csv").read_text().startswith("id,text\n")


def test_takes_an_archive_with_a_read_token(gate: Gate, tokens: Tokens, person: Person) -> None:
    """git requests one over HTTP since 2.44; older versions report that they cannot."""
    person.store_password(gate.url, tokens.read)
    remote = f"--remote={gate.url}/acme/widget"
    took = person.git("-c", "protocol.version=2", "archive", remote, "--output=widget.tar", "HEAD")
    version = person.git("version").output.split()[2].split(".")
    if (int(version[0]), int(version[1])) < (2, 44):
        assert "operation not supported by protocol" in took.errors
        return
    took.succeeded()
    with tarfile.open(person.home / "widget.tar") as archive:
        assert {"README.md", "config.json"} <= set(archive.getnames())


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_clones_shallowly_and_deepens(gate: Gate, tokens: Tokens, person: Person, protocol: str) -> None:
    person.git("config", "--global", "protocol.version", protocol)
    url = _repository(gate, person, tokens)
    person.store_password(gate.url, tokens.write)
    person.git("clone", "--quiet", url, "mine").succeeded()
    for number in range(3):
        _commit(person, person.home / "mine", f"{number}.txt", "x\n")
    person.git("push", "--quiet", "origin", "HEAD:main", cwd=person.home / "mine").succeeded()

    def commits() -> int:
        return int(person.git("rev-list", "--count", "HEAD", cwd=person.home / "shallow").succeeded().output)

    person.git("clone", "--quiet", "--depth", "1", url, "shallow").succeeded()
    assert commits() == 1
    person.git("fetch", "--quiet", "--unshallow", cwd=person.home / "shallow").succeeded()
    assert commits() >= 3


# A refusal is shown behind `remote: `; which `fatal:` follows is git's own.


def _assert_says(outcome: Outcome, *lines: str) -> None:
    assert outcome.status == 128
    assert outcome.errors.splitlines() == list(lines)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_denies_push_with_read_token_and_git_keeps_the_token(
    gate: Gate, tokens: Tokens, person: Person, protocol: str
) -> None:
    person.git("config", "--global", "protocol.version", protocol)
    person.store_password(gate.url, tokens.read)
    url = f"{gate.url}/datasets/acme/corpus"
    person.git("clone", "--quiet", url, "d").succeeded()
    clone = person.home / "d"
    before = person.git("rev-parse", "origin/main", cwd=clone).succeeded().output
    _commit(person, clone, "mine.txt", "mine\n")
    _assert_says(
        person.git("push", "--quiet", "origin", "HEAD:main", cwd=clone),
        f"remote: {words.ROLE_INSUFFICIENT}",
        f"fatal: unable to access '{url}/': The requested URL returned error: 403",
    )
    # git escapes the colon of the port when it writes the file anew.
    assert f"alice:{tokens.read}@" in person.stored_credentials()
    now = person.git("ls-remote", url, "refs/heads/main").succeeded().output
    assert now.split()[0] == before.strip()


@pytest.mark.parametrize("command", ["clone", "push"])
@pytest.mark.parametrize("name", ["forged", "expired", "revoked", "organization"])
def test_shows_why_a_token_is_refused_and_git_drops_it(
    gate: Gate, tokens: Tokens, person: Person, name: str, command: str
) -> None:
    token = tokens.named(name)
    url = f"{gate.url}/acme/widget"
    person.store_password(gate.url, token)
    outcome = _clone_or_push(person, url, command)
    _assert_says(
        outcome,
        f"remote: {words.refusal_of(name, token)}",
        f"fatal: Authentication failed for '{url}/'",
    )
    assert person.stored_credentials() == ""


@pytest.mark.parametrize("command", ["clone", "push"])
def test_says_that_the_list_is_unavailable_and_git_keeps_the_token(
    gate: Gate, tokens: Tokens, person: Person, command: str
) -> None:
    url = f"{gate.url}/acme/widget"
    person.store_password(gate.url, tokens.listless)
    _assert_says(
        _clone_or_push(person, url, command),
        f"remote: {words.LIST_UNAVAILABLE}",
        f"fatal: unable to access '{url}/': The requested URL returned error: 503",
    )
    assert tokens.listless.text in person.stored_credentials()


@pytest.mark.parametrize("command", ["clone", "push"])
def test_makes_git_ask_for_a_password_where_none_was_sent(gate: Gate, person: Person, command: str) -> None:
    # git does not show the gate's message: it does so only once it has nothing more to try, and here it fails to prompt.
    _assert_says(
        _clone_or_push(person, f"{gate.url}/acme/widget", command),
        f"fatal: could not read Username for '{gate.url}': terminal prompts disabled",
    )


def test_takes_an_empty_name_and_password_for_no_credentials(gate: Gate, person: Person) -> None:
    url = f"{gate.url}/acme/widget"
    _assert_says(
        person.git("clone", "--quiet", url, "w", GIT_ASKPASS="true"),
        f"remote: {words.TOKEN_REQUIRED}",
        f"fatal: Authentication failed for '{url}/'",
    )


def _clone_or_push(person: Person, url: str, command: str) -> Outcome:
    if command == "clone":
        return person.git("clone", "--quiet", url, "w")
    person.git("init", "--quiet", "w").succeeded()
    _commit(person, person.home / "w", "mine.txt", "mine\n")
    return person.git("push", "--quiet", url, "HEAD:main", cwd=person.home / "w")
