"""What the tests share: an origin, gates before it, and people with tokens."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import gate as gates
import tool
from clients import Person
from gate import Gate
from origin import Origin
from tool import Token

# A shard for which no list is ever published.
SHARD_WITHOUT_LIST = 9


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where processes of this run have their folders."""
    return tmp_path_factory.mktemp("edge")


@pytest.fixture(scope="session")
def keys() -> str:
    return tool.new_keys()


@pytest.fixture(scope="session")
def origin(workshop: Path) -> Iterator[Origin]:
    running = Origin(workshop / "origin")
    yield running
    running.stop()


@pytest.fixture(scope="session")
def gate(workshop: Path, keys: str, origin: Origin) -> Iterator[Gate]:
    """The gate that most tests use: before the example origin, all else as shipped."""
    running = Gate(workshop / "gate", keys, {"ORIGIN_URL": origin.url})
    running.publish("--new")
    yield running
    running.stop()


@dataclass(frozen=True)
class Tokens:
    """One token of every sort, by what becomes of it."""

    read: Token
    write: Token
    forged: Token
    expired: Token
    revoked: Token
    organization: str
    listless: Token


@pytest.fixture(scope="session")
def tokens(gate: Gate) -> Tokens:
    """Tokens of the shared gate; those that are to be refused are refused from the start."""
    revoked = gate.mint("write")
    gate.revoke(revoked)
    forger = tool.new_keys()
    return Tokens(
        read=gate.mint("read"),
        write=gate.mint("write"),
        forged=tool.mint(forger, "write"),
        expired=gate.mint("write", expires_in="1s"),
        revoked=revoked,
        organization=tool.secrets_used.remember("api_org_" + "aBcDeFgHiJkLmNoPqRsTuVwXyZ01234567"),
        listless=gate.mint("write", shard=SHARD_WITHOUT_LIST),
    )


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """Somebody with an empty home."""
    return Person(tmp_path / "home")
