"""Shared fixtures: browsers, and the page as plain files and at a real gate."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

import tool
from browser import Browser, NewBrowser
from clients import Person
from hub import Hub
from ledger_gate import LedgerGate
from origin import Origin
from people import Visitor
from plain_files import PlainFiles

pytest_plugins = ["figures", "side_by_side"]


@pytest.fixture(scope="session")
def plain() -> Iterator[PlainFiles]:
    running = PlainFiles()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def shared_browser() -> Iterator[Browser]:
    running = Browser()
    yield running
    running.stop()


@pytest.fixture
def browser(shared_browser: Browser) -> Iterator[Browser]:
    """A browser without cookies. The test fails if the browser reports an error."""
    shared_browser.command("Network.clearBrowserCookies")
    shared_browser.prefer()
    shared_browser.resize(1440)
    shared_browser.complaints()
    yield shared_browser
    assert shared_browser.complaints() == []


@pytest.fixture
def new_browser() -> Iterator[NewBrowser]:
    running: list[Browser] = []

    def make() -> Browser:
        running.append(Browser())
        return running[-1]

    yield make
    for browser in running:
        browser.stop()


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("page")


@pytest.fixture(scope="session")
def keys() -> str:
    return tool.new_keys()


@pytest.fixture(scope="session")
def origin(workshop: Path, keys: str) -> Iterator[Origin]:
    running = Origin(workshop / "origin", keys)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def hub(keys: str) -> Iterator[Hub]:
    running = Hub(keys)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def gate(workshop: Path, keys: str, origin: Origin) -> Iterator[LedgerGate]:
    """A gate with a ledger and the page, in front of the example origin. The page has a host of its own, as in a deployment."""
    variables = {"ORIGIN_URL": origin.url, "PAGE_HOST": "localhost", "HUB_HOST": "127.0.0.1"}
    running = LedgerGate(workshop / "gate", keys, variables, with_page=True)
    yield running
    running.stop()


@pytest.fixture
def subject() -> str:
    """A new user."""
    return f"user-{secrets.token_hex(4)}"


@pytest.fixture
def visitor(browser: Browser, gate: LedgerGate, hub: Hub, subject: str) -> Visitor:
    """A new user who has just signed in from the hub."""
    return Visitor(browser, gate, hub, subject).sign_in()


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """A person with an empty home directory."""
    return Person(tmp_path / "home")
