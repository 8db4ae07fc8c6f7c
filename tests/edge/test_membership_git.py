"""git in an organization: membership and token decide who may clone and push."""

from pathlib import Path

import pytest

import words
from clients import Person, create_repository
from conftest import Organization

PROTOCOLS = ["2", "0"]
WIDGET = "/acme/widget"


def _clone(organization: Organization, person: Person, url: str, token: object) -> Path:
    person.store_password(organization.gate.url, token)
    person.git("clone", "--quiet", url, "clone", GIT_LFS_SKIP_SMUDGE="1").succeeded()
    clone = person.home / "clone"
    (clone / f"{person.home.parent.name}.txt").write_text("mine\n")
    person.git("add", ".", cwd=clone).succeeded()
    person.git("commit", "--quiet", "--message", "Add a file", cwd=clone).succeeded()
    return clone


def _branch(person: Person) -> str:
    """A branch for this test alone."""
    return f"refs/heads/{person.home.parent.name.replace('_', '-')}"


@pytest.mark.parametrize("role", ["read", "write"])
@pytest.mark.parametrize("membership", ["none", "no_access", "read", "contributor", "write", "admin"])
def test_everybody_clones(organization: Organization, person: Person, membership: str, role: str) -> None:
    token = getattr(organization[membership], role)
    clone = _clone(organization, person, organization.gate.url + WIDGET, token)
    assert (clone / "config.json").is_file()


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("membership", ["write", "admin"])
def test_writers_and_admins_push(organization: Organization, person: Person, membership: str, protocol: str) -> None:
    url, token = organization.gate.url + WIDGET, organization[membership].write
    person.git("config", "--global", "protocol.version", protocol)
    clone = _clone(organization, person, url, token)
    person.git("push", "--quiet", "origin", f"HEAD:{_branch(person)}", cwd=clone).succeeded()
    pushed = person.git("ls-remote", url, _branch(person)).succeeded().output.split()[0]
    assert pushed == person.git("rev-parse", "HEAD", cwd=clone).succeeded().output.strip()


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("membership", ["none", "no_access", "read", "contributor"])
def test_denies_push_to_a_member_who_may_not_and_git_keeps_the_token(
    organization: Organization, person: Person, membership: str, protocol: str
) -> None:
    url, token = organization.gate.url + WIDGET, organization[membership].write
    person.git("config", "--global", "protocol.version", protocol)
    clone = _clone(organization, person, url, token)
    pushed = person.git("push", "--quiet", "origin", f"HEAD:{_branch(person)}", cwd=clone)
    assert pushed.status == 128
    assert pushed.errors.splitlines() == [
        f"remote: {words.membership_insufficient(membership)}",
        f"fatal: unable to access '{url}/': The requested URL returned error: 403",
    ]
    assert token.text in person.stored_credentials()
    assert person.git("ls-remote", url, _branch(person)).succeeded().output == ""


@pytest.mark.parametrize("membership", ["read", "write", "admin", "none"])
def test_denies_push_with_read_token_whatever_its_subject_is(
    organization: Organization, person: Person, membership: str
) -> None:
    url, token = organization.gate.url + WIDGET, organization[membership].read
    clone = _clone(organization, person, url, token)
    pushed = person.git("push", "--quiet", "origin", f"HEAD:{_branch(person)}", cwd=clone)
    assert pushed.status == 128
    assert pushed.errors.splitlines()[0] == f"remote: {words.ROLE_INSUFFICIENT}"
    assert token.text in person.stored_credentials()


def test_a_reader_of_the_organization_pushes_to_the_own_namespace(
    organization: Organization, person: Person
) -> None:
    gate, alice = organization.gate, organization["read"]
    url = create_repository(gate.url, alice.write, "of-a-reader")
    clone = _clone(organization, person, url, alice.write)
    person.git("push", "--quiet", "origin", "HEAD:main", cwd=clone).succeeded()

    # And nobody else does, an admin of an organization neither.
    person.store_password(gate.url, organization["admin"].write)
    pushed = person.git("push", "--quiet", "origin", f"HEAD:{_branch(person)}", cwd=clone)
    assert pushed.errors.splitlines()[0] == f"remote: {words.membership_insufficient('none')}"


def test_says_that_memberships_are_unavailable_and_git_keeps_the_token(
    organization: Organization, person: Person
) -> None:
    gate = organization.gate
    url, token = gate.url + WIDGET, gate.create("grace", "write")
    gate.store.values["members/grace"] = b"not a record"
    clone = _clone(organization, person, url, token)
    pushed = person.git("push", "--quiet", "origin", f"HEAD:{_branch(person)}", cwd=clone)
    assert pushed.status == 128
    assert pushed.errors.splitlines() == [
        f"remote: {words.MEMBERSHIPS_UNAVAILABLE}",
        f"fatal: unable to access '{url}/': The requested URL returned error: 503",
    ]
    assert token.text in person.stored_credentials()
