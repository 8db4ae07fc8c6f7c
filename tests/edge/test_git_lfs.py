"""git-lfs through the gate: push, pull and locks, and what it prints when refused."""

import hashlib
import json
import os
import re
import shutil
from pathlib import Path

import pytest

import words
from bare import BareGate
from clients import Person, create_repository
from conftest import Organization, Tokens
from gate import Gate, LoggingWorker
from surroundings import REPOSITORY
from witness import Witness

FILE_BYTES = 5 * 1024 * 1024

NO_PROMPT = "fatal: could not read Username for '{url}': terminal prompts disabled"


@pytest.fixture
def person(person: Person) -> Person:
    person.git("lfs", "install", "--skip-repo").succeeded()
    return person


def _clone(gate: LoggingWorker, person: Person, token: object, url: str, folder: str) -> Path:
    person.store_password(gate.url, token)
    person.git("clone", "--quiet", url, folder).succeeded()
    return person.home / folder


def _commit_large_file(person: Person, clone: Path, bytes_: int = FILE_BYTES) -> bytes:
    content = os.urandom(bytes_)
    person.git("lfs", "track", "*.big", cwd=clone).succeeded()
    (clone / "a.big").write_bytes(content)
    person.git("add", ".", cwd=clone).succeeded()
    person.git("commit", "--quiet", "--message", "Add a large file", cwd=clone).succeeded()
    return content


def test_pushes_and_pulls_a_large_file(gate: Gate, tokens: Tokens, person: Person) -> None:
    url = create_repository(gate.url, tokens.write, "lfs")
    mine = _clone(gate, person, tokens.write, url, "mine")
    content = _commit_large_file(person, mine)
    person.git("push", "--quiet", "origin", "HEAD:main", cwd=mine).succeeded()
    theirs = _clone(gate, person, tokens.read, url, "theirs")
    assert (theirs / "a.big").read_bytes() == content
    held_by_git = person.git("show", "HEAD:a.big", cwd=theirs).succeeded().output
    assert held_by_git.startswith("version https://git-lfs.github.com/spec/v1\n")


def test_locks_lists_and_unlocks(gate: Gate, tokens: Tokens, person: Person) -> None:
    url = create_repository(gate.url, tokens.write, "lfs-locks")
    clone = _clone(gate, person, tokens.write, url, "mine")
    _commit_large_file(person, clone, 1000)
    person.git("push", "--quiet", "origin", "HEAD:main", cwd=clone).succeeded()
    assert person.git("lfs", "lock", "a.big", cwd=clone).succeeded().output == "Locked a.big\n"
    assert person.git("lfs", "locks", cwd=clone).succeeded().output.split()[:2] == ["a.big", "alice"]
    assert person.git("lfs", "locks", "--verify", cwd=clone).succeeded().output.split()[:2] == ["O", "a.big"]

    person.store_password(gate.url, tokens.read)
    assert person.git("lfs", "locks", cwd=clone).succeeded().output.split()[:2] == ["a.big", "alice"]
    refused = person.git("lfs", "unlock", "a.big", cwd=clone)
    assert refused.status != 0
    assert words.ROLE_INSUFFICIENT in refused.errors + refused.output

    person.store_password(gate.url, tokens.write)
    assert person.git("lfs", "unlock", "a.big", cwd=clone).succeeded().output == "Unlocked a.big\n"
    assert person.git("lfs", "locks", cwd=clone).succeeded().output == ""


def test_denies_push_and_lock_with_read_token_and_git_keeps_the_token(
    gate: Gate, tokens: Tokens, person: Person
) -> None:
    clone = _clone(gate, person, tokens.read, f"{gate.url}/acme/widget", "w")
    _commit_large_file(person, clone, 1000)
    pushed = person.git("lfs", "push", "origin", "HEAD", cwd=clone)
    assert pushed.status == 2
    assert f"batch response: {words.ROLE_INSUFFICIENT}" in pushed.errors.splitlines()
    locked = person.git("lfs", "lock", "a.big", cwd=clone)
    assert locked.status == 2
    assert locked.errors.splitlines() == [f"Locking a.big failed: {words.ROLE_INSUFFICIENT}"]
    assert f"alice:{tokens.read}@" in person.stored_credentials()


def test_denies_push_and_lock_to_a_member_who_may_not_and_git_keeps_the_token(
    organization: Organization, person: Person
) -> None:
    gate, token = organization.gate, organization["read"].write
    clone = _clone(gate, person, token, f"{gate.url}/acme/widget", "w")
    _commit_large_file(person, clone, 1000)
    refusal = words.membership_insufficient("read")
    # An object that is in no commit changes nothing: contributors upload those of their pull requests.
    assert "Uploading LFS objects" not in person.git("lfs", "push", "origin", "HEAD", cwd=clone).errors
    pushed = person.git("push", "origin", "HEAD:refs/heads/by-a-reader", cwd=clone)
    assert pushed.status == 128
    assert f"remote: {refusal}" in pushed.errors.splitlines()
    locked = person.git("lfs", "lock", "a.big", cwd=clone)
    assert locked.status == 2
    assert locked.errors.splitlines() == [f"Locking a.big failed: {refusal}"]
    assert token.text in person.stored_credentials()

    # The same clone, by somebody who may.
    person.store_password(gate.url, organization["write"].write)
    person.git("lfs", "push", "origin", "HEAD", cwd=clone).succeeded()
    assert person.git("lfs", "lock", "a.big", cwd=clone).succeeded().output == "Locked a.big\n"
    assert person.git("lfs", "unlock", "a.big", cwd=clone).succeeded().output == "Unlocked a.big\n"


HUB_ROUTES = (REPOSITORY / "src/routes/hub.routes").read_text()

# What docs/origin.md says to declare where the origin hands out credentials of its own.
TRANSFERS_OF_ORIGIN = (
    "public      GET,PUT /datasets|spaces|kernels?/{namespace}?/{repo}/info/lfs/objects/{oid}\n"
    "public      POST    /datasets|spaces|kernels?/{namespace}?/{repo}/info/lfs/objects/verify\n"
)


def _routes_with_transfers_of_origin() -> str:
    path = r"/datasets\|spaces\|kernels\?/\{namespace\}\?/\{repo\}/info/lfs/objects/(\{oid\}|verify)"
    lines = [line for line in HUB_ROUTES.splitlines() if not re.search(rf"{path}(\s|$)", line)]
    assert len(HUB_ROUTES.splitlines()) - len(lines) == 3
    return "\n".join(lines) + "\n" + TRANSFERS_OF_ORIGIN


@pytest.mark.parametrize("routes", ["shipped", "transfers of the origin"])
def test_downloads_with_credentials_that_the_origin_hands_out(
    workshop: Path, keys: str, witness: Witness, person: Person, routes: str
) -> None:
    """Forgejo, GitLab and others put their own `Authorization` into batch responses."""
    variables = {"ORIGIN_URL": witness.url} | ({} if routes == "shipped" else {"ROUTES": _routes_with_transfers_of_origin()})
    gate = BareGate(workshop / f"lfs-{routes.split()[0]}", keys, variables)
    gate.publish("--new")
    content, own = b"large\n", "Basic b3duOm93bg=="
    oid = hashlib.sha256(content).hexdigest()
    lfs = "/acme/widget.git/info/lfs"
    download = {"href": f"{gate.url}{lfs}/objects/{oid}", "header": {"Authorization": own}}
    entry = {"oid": oid, "size": len(content), "authenticated": True, "actions": {"download": download}}
    batch = json.dumps({"transfer": "basic", "objects": [entry]}).encode()
    witness.answer(f"{lfs}/objects/batch", "200 OK", "Content-Type: application/vnd.git-lfs+json", body=batch)
    witness.answer(f"{lfs}/objects/{oid}", "200 OK", body=content)
    person.store_password(gate.url, gate.mint("read"))
    clone = person.home / "w"
    person.git("init", "--quiet", str(clone)).succeeded()
    person.git("remote", "add", "origin", f"{gate.url}/acme/widget.git", cwd=clone).succeeded()
    person.git("lfs", "track", "*.big", cwd=clone).succeeded()
    (clone / "a.big").write_bytes(content)
    person.git("add", ".", cwd=clone).succeeded()
    person.git("commit", "--quiet", "--message", "Add a large file", cwd=clone).succeeded()
    shutil.rmtree(clone / ".git/lfs/objects")
    person.git("config", "lfs.transfer.maxretries", "1", cwd=clone).succeeded()
    fetched = person.git("lfs", "fetch", "origin", "HEAD", cwd=clone)
    last = witness.last()
    gate.stop()
    if routes == "shipped":
        assert fetched.status != 0 and last.target.endswith("/batch")
    else:
        fetched.succeeded()
        assert (last.method, last.target, last.all("Authorization")) == ("GET", f"{lfs}/objects/{oid}", [own])
        assert last.all("X-Lychgate-Access") == ["public"]


def test_makes_git_lfs_ask_for_a_password_where_none_was_sent(gate: Gate, tokens: Tokens, person: Person) -> None:
    url = f"{gate.url}/acme/widget"
    clone = _clone(gate, person, tokens.read, url, "w")
    person.credentials.unlink()
    _commit_large_file(person, clone, 1000)
    # git-lfs shows no words of the gate's either: it asks git for credentials, and there are none.
    missing = f"Git credentials for {url} not found."
    pushed = person.git("lfs", "push", "origin", "HEAD", cwd=clone)
    assert pushed.status == 2
    assert f"batch response: {missing}" in pushed.errors.splitlines()
    locked = person.git("lfs", "lock", "a.big", cwd=clone)
    assert locked.status == 2
    assert locked.errors.splitlines() == [NO_PROMPT.format(url=gate.url), f"Locking a.big failed: {missing}"]


@pytest.mark.parametrize("name", ["forged", "expired", "revoked", "organization"])
def test_git_lfs_drops_a_refused_token(gate: Gate, tokens: Tokens, person: Person, name: str) -> None:
    url = f"{gate.url}/acme/widget"
    clone = _clone_without_files(gate, person, tokens, url)
    person.store_password(gate.url, tokens.named(name))
    pulled = person.git("lfs", "pull", cwd=clone)
    assert pulled.status == 2
    # git-lfs 3.3 drops the token and asks for another before it would show why.
    assert f"batch response: Git credentials for {url} not found." in pulled.errors.splitlines()
    assert person.stored_credentials() == ""
    assert (clone / "weights.bin").read_bytes().startswith(b"version https://git-lfs.github.com/spec/v1\n")


def test_says_that_the_list_is_unavailable_and_git_lfs_keeps_the_token(
    gate: Gate, tokens: Tokens, person: Person
) -> None:
    clone = _clone_without_files(gate, person, tokens, f"{gate.url}/acme/widget")
    person.store_password(gate.url, tokens.listless)
    pulled = person.git("lfs", "pull", cwd=clone)
    assert pulled.status == 2
    assert f"batch response: Fatal error: {words.LIST_UNAVAILABLE}" in pulled.errors.splitlines()
    assert tokens.listless.text in person.stored_credentials()


def _clone_without_files(gate: Gate, person: Person, tokens: Tokens, url: str) -> Path:
    person.store_password(gate.url, tokens.read)
    person.git("clone", "--quiet", url, "w", GIT_LFS_SKIP_SMUDGE="1").succeeded()
    return person.home / "w"
