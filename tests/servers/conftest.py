"""Shared fixtures: a folder, keys, somebody with an empty home, and tokens of the gate of each file."""

from pathlib import Path

import pytest

import tool
from bare import BareGate
from clients import Person
from tool import Token

pytest_plugins = ["figures"]


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder for the processes of this run."""
    return tmp_path_factory.mktemp("servers")


@pytest.fixture(scope="session")
def keys() -> str:
    return tool.new_keys()


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path / "home")


@pytest.fixture(scope="module")
def read(gate: BareGate) -> Token:
    return gate.mint("read")


@pytest.fixture(scope="module")
def write(gate: BareGate) -> Token:
    return gate.mint("write")
