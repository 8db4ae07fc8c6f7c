"""Tokens that are limited beyond their role: made so, or narrowed by their holder."""

import base64
import json

import secrets_used
import tool
from clients import Person, create_repository, curl
from conftest import Tokens
from gate import Gate
from waiting import wait_for
from witness import Witness

FILE = "/acme/widget/resolve/main/config.json"


def _narrowed(token: object, *options: str) -> str:
    """The token, narrowed as its holder would."""
    return secrets_used.remember(tool.run_lychgate("narrow", *options, stdin=f"{token}\n").strip())


def test_a_token_of_one_repository_reaches_no_other_by_git(gate: Gate, tokens: Tokens, person: Person) -> None:
    own = create_repository(gate.url, tokens.write, f"own-{person.home.parent.name}")
    other = create_repository(gate.url, tokens.write, f"other-{person.home.parent.name}")
    name = "/".join(own.split("/")[-2:])
    person.store_password(gate.url, _narrowed(tokens.write, "--repo", name))

    person.git("clone", "--quiet", own, "own").succeeded()
    clone = person.home / "own"
    (clone / "a.txt").write_text("one\n")
    person.git("add", "a.txt", cwd=clone).succeeded()
    person.git("commit", "--quiet", "--message", "Add a.txt", cwd=clone).succeeded()
    person.git("push", "--quiet", "origin", "HEAD:main", cwd=clone).succeeded()
    said = f"remote: This token is limited to the repositories {name}; the request is for {'/'.join(other.split('/')[-2:])}."
    for outcome in (
        person.git("clone", "--quiet", other, "other"),
        person.git("push", "--quiet", other, "HEAD:main", cwd=clone),
    ):
        assert outcome.status != 0
        assert said in outcome.errors
    # The refusal is no reason to forget the password.
    person.git("fetch", "--quiet", cwd=clone).succeeded()


def test_a_token_narrowed_to_read_pushes_nothing(gate: Gate, tokens: Tokens, person: Person) -> None:
    url = create_repository(gate.url, tokens.write, f"narrow-{person.home.parent.name}")
    person.store_password(gate.url, _narrowed(tokens.write, "--role", "read", "--expires-in", "15m"))
    person.git("clone", "--quiet", url, "clone").succeeded()
    clone = person.home / "clone"
    person.git("commit", "--quiet", "--allow-empty", "--message", "Nothing", cwd=clone).succeeded()
    pushed = person.git("push", "--quiet", "origin", "HEAD:main", cwd=clone)
    assert pushed.status != 0
    assert "This token is limited to the role read; the request needs write." in pushed.errors


def test_a_token_of_a_network_works_from_there_alone(gate: Gate, tokens: Tokens) -> None:
    token = _narrowed(tokens.read, "--network", "203.0.113.0/24", "--network", "2001:db8::/32")
    for address, status in (
        ("203.0.113.7", 200),
        ("2001:db8::7", 200),
        ("198.51.100.7", 403),
        ("2001:db9::7", 403),
    ):
        answer = curl(gate.url + FILE, token=token, headers=[f"CF-Connecting-IP: {address}"])
        assert answer.status == status, address
        assert (answer.code == "restriction_insufficient") == (status == 403)
    # No other header says where a request comes from.
    forged = ["X-Forwarded-For: 203.0.113.7", "True-Client-IP: 203.0.113.7", "CF-Connecting-IP: 198.51.100.7"]
    assert curl(gate.url + FILE, token=token, headers=forged).code == "restriction_insufficient"


def test_the_origin_is_told_what_limits_a_token(witnessed: Gate, witness: Witness) -> None:
    token = _narrowed(witnessed.mint("write"), "--role", "read", "--repo", "acme/widget", "--area", "files")
    assert curl(witnessed.url + FILE, token=token).status == 200
    seen = witness.last()
    assert seen.all("X-Lychgate-Role") == ["read"]
    (assertion,) = seen.all("X-Lychgate-Assertion")
    part = assertion.split(".")[1]
    said = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    assert said["role"] == "read"
    assert said["restrictions"] == [{"role": "read"}, {"repositories": ["acme/widget"]}, {"areas": ["files"]}]
    assert curl(witnessed.url + "/acme/widget/info/refs?service=git-upload-pack", token=token).code == (
        "restriction_insufficient"
    )


def test_revoking_a_token_revokes_what_was_narrowed_from_it(gate: Gate) -> None:
    parent = gate.mint("read")
    child = _narrowed(parent, "--repo", "acme/widget")
    assert curl(gate.url + FILE, token=child).status == 200
    gate.revoke(parent)
    wait_for(lambda: curl(gate.url + FILE, token=child).code == "token_revoked", 10, "the revocation to be in force")
