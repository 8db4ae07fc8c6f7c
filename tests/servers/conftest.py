"""Shared fixtures: a folder, keys, and somebody with an empty home."""

from pathlib import Path

import pytest

import tool
from clients import Person

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
