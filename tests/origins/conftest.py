"""Shared fixtures: the figures at the end, keys, and all origins, which are probed in the background."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import tool
from probe import Probed
from probing import KINDS, Attacked, Findings, Probings
from registry import ORIGINS

pytest_plugins = ["figures"]


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder for the processes of this run. Servers may run as another user, who must have access."""
    folder = tmp_path_factory.mktemp("origins")
    for part in (folder, *folder.parents[:2]):
        part.chmod(0o755)
    return folder


@pytest.fixture(scope="session")
def keys() -> str:
    return tool.new_keys()


def _asked_for(items: list[pytest.Item]) -> dict[str, set[str]]:
    """What the selected tests need to know of each origin."""
    of_each = {kind for item in items for kind in KINDS if f"all_{kind}" in item.fixturenames}
    wanted = {name: set(of_each) for name in ORIGINS}
    for item in items:
        name = item.callspec.params.get("name") if hasattr(item, "callspec") else None
        if name is not None:
            wanted[name] |= KINDS & set(item.fixturenames)
    return {name: kinds for name, kinds in wanted.items() if kinds}


@pytest.fixture(scope="session")
def probings(request: pytest.FixtureRequest, workshop: Path, keys: str) -> Iterator[Probings]:
    """All origins that the selected tests need, several at a time."""
    running = Probings(workshop, keys, _asked_for(request.session.items))
    yield running
    running.stop()


@pytest.fixture
def found(name: str, probings: Probings) -> Findings:
    missing = ORIGINS[name].missing()
    if missing is not None:
        pytest.skip(missing)
    return probings.of(name)


# Only what a test requests is probed.


@pytest.fixture
def by_tokens(found: Findings) -> Probed:
    assert found.by_tokens
    return found.by_tokens


@pytest.fixture
def by_outsiders(found: Findings) -> Probed:
    assert found.by_outsiders
    return found.by_outsiders


@pytest.fixture
def by_fuzz(found: Findings) -> Probed:
    assert found.by_fuzz
    return found.by_fuzz


@pytest.fixture
def by_attacks(found: Findings) -> Attacked:
    assert found.by_attacks
    return found.by_attacks


@pytest.fixture
def all_by_tokens(probings: Probings) -> dict[str, Probed]:
    return {name: found.by_tokens for name, found in probings.all().items() if found.by_tokens}


@pytest.fixture
def all_by_attacks(probings: Probings) -> dict[str, Attacked]:
    return {name: found.by_attacks for name, found in probings.all().items() if found.by_attacks}
