"""Shared fixtures: an origin, gates in front of it, and people with tokens."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import tool
from bare import BareGate
from bare_ledger_gate import BareLedgerGate, NewBareLedgerGate
from clients import Person, curl
from gate import Gate
from ledger_gate import LedgerGate
from origin import Origin
from scanner import Scanner
from tool import Token
from visitor import key_of
from waiting import wait_for
from witness import Witness

pytest_plugins = ["figures", "side_by_side"]

SUBJECTS_IN_ACME = {
    "alice": "read",
    "bob": "write",
    "carol": "admin",
    "dave": "contributor",
    "erin": "no_access",
    "frank": "none",
}


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where processes of this run have their folders."""
    return tmp_path_factory.mktemp("edge")


@pytest.fixture(scope="session")
def keys() -> str:
    return tool.new_keys()


@pytest.fixture(scope="session")
def hub_key(keys: str) -> bytes:
    """The key with which the hub signs sign-in assertions."""
    return key_of(keys)


@pytest.fixture(scope="session")
def origin(workshop: Path, keys: str) -> Iterator[Origin]:
    running = Origin(workshop / "origin", keys)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def gate(workshop: Path, keys: str, origin: Origin) -> Iterator[Gate]:
    """The gate that most tests use: the shipped configuration, in front of the example origin."""
    running = Gate(workshop / "gate", keys, {"ORIGIN_URL": origin.url})
    running.publish("--new")
    yield running
    running.stop()


@pytest.fixture(scope="session")
def witness() -> Iterator[Witness]:
    with Witness() as running:
        yield running


@pytest.fixture(scope="session")
def bare(workshop: Path, keys: str, witness: Witness) -> Iterator[BareGate]:
    """A gate in bare workerd, in front of the witness."""
    running = BareGate(workshop / "bare", keys, {"ORIGIN_URL": witness.url})
    running.publish("--new")
    yield running
    running.stop()


@pytest.fixture(scope="session")
def witnessed(workshop: Path, keys: str, witness: Witness) -> Iterator[Gate]:
    """A gate under `wrangler dev`, in front of the witness."""
    running = Gate(workshop / "witnessed", keys, {"ORIGIN_URL": witness.url})
    running.publish("--new")
    yield running
    running.stop()


@pytest.fixture(params=["witnessed", "bare"])
def front(request: pytest.FixtureRequest) -> Gate | BareGate:
    """Each of the two gates in front of the witness."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def new_ledger_gate(tmp_path: Path, keys: str, witness: Witness) -> Iterator[NewBareLedgerGate]:
    """Makes gates with their own ledgers, in front of the witness."""
    running: list[BareLedgerGate] = []

    def make(**variables: str) -> BareLedgerGate:
        folder = tmp_path / f"ledger-gate-{len(running)}"
        running.append(BareLedgerGate(folder, keys, {"ORIGIN_URL": witness.url} | variables))
        return running[-1]

    yield make
    for gate in running:
        gate.stop()


@pytest.fixture
def ledger_gate(new_ledger_gate: NewBareLedgerGate) -> BareLedgerGate:
    """A gate with one new ledger, which has published its first list."""
    gate = new_ledger_gate()
    gate.await_lists()
    return gate


@dataclass(frozen=True)
class Tokens:
    """One token of each kind that the gate treats differently."""

    read: Token
    write: Token
    forged: Token
    expired: Token
    revoked: Token
    organization: Token
    listless: Token

    def named(self, name: str) -> Token:
        return getattr(self, name)


@pytest.fixture(scope="session")
def tokens(gate: Gate) -> Tokens:
    """Tokens for the shared gate. Those that must be refused are refused from the start."""
    revoked = gate.mint("write")
    gate.revoke(revoked)
    forger = tool.new_keys()
    organization = tool.secrets_used.remember("api_org_aBcDeFgHiJkLmNoPqRsTuVwXyZ01234567")
    expired = gate.mint("write", expires_in="1s")
    made = Tokens(
        read=gate.mint("read"),
        write=gate.mint("write"),
        forged=tool.mint(forger, "write"),
        expired=expired,
        revoked=revoked,
        organization=Token(organization, "none", "acme", 0),
        listless=gate.mint("write", shard=tool.SHARD_WITHOUT_LIST),
    )
    wait_for(lambda: time.time() >= expired.expires_at, 5, "a token to expire")
    wait_for(lambda: _code(gate, revoked) == "token_revoked", 10, "the revocation to be in force")
    return made


def _code(gate: Gate, token: Token) -> str | None:
    return curl(f"{gate.url}/api/whoami-v2", token=token).code


@pytest.fixture(scope="session")
def scanner() -> Scanner:
    return Scanner()


@pytest.fixture(scope="session")
def managed(workshop: Path, keys: str, origin: Origin, scanner: Scanner) -> Iterator[LedgerGate]:
    """A gate with two shards, in front of the example origin."""
    variables = {"ORIGIN_URL": origin.url, "SHARDS": 2, "GITHUB_PUBLIC_KEYS": scanner.public_keys()}
    running = LedgerGate(workshop / "managed", keys, variables)
    yield running
    running.stop()


@dataclass(frozen=True)
class Member:
    """Somebody's role in the organization acme, and their tokens."""

    membership: str
    read: Token
    write: Token


@dataclass(frozen=True)
class Organization:
    """The organization acme behind a gate that checks memberships: one member for each role."""

    gate: BareLedgerGate
    members: dict[str, Member]

    def __getitem__(self, membership: str) -> Member:
        return self.members[membership]


@pytest.fixture(scope="session")
def organization(workshop: Path, keys: str, origin: Origin) -> Iterator[Organization]:
    """In front of the example origin. Tests that try a user's own namespace use alice, who may read."""
    variables = {"ORIGIN_URL": origin.url, "MEMBERSHIP": "kv", "MEMBERSHIP_SECONDS": "2", "OWN_NAMESPACE": "by-name"}
    gate = BareLedgerGate(workshop / "organization", keys, variables)
    gate.await_lists()
    members = {}
    for subject, membership in SUBJECTS_IN_ACME.items():
        if membership != "none":
            gate.api.set_membership(subject, {"acme": membership}).expect(200)
        read, write = (gate.create(subject, role) for role in ("read", "write"))
        members[membership] = Member(membership, read, write)
    yield Organization(gate, members)
    gate.stop()


@pytest.fixture
def membership_gate(new_ledger_gate: NewBareLedgerGate) -> BareLedgerGate:
    """A gate for this test alone, in front of the witness, that checks memberships."""
    gate = new_ledger_gate(MEMBERSHIP="kv", MEMBERSHIP_SECONDS="2")
    gate.await_lists()
    return gate


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """Somebody with an empty home."""
    return Person(tmp_path / "home")
