"""Measurements of the tests, shown at the end of the run: a plugin for the Worker's tests and the page's."""

from collections.abc import Callable
from typing import Any

import pytest

# The figures of this run.
_figures = pytest.StashKey[list[str]]()


@pytest.fixture
def note_figure(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Adds a line to the run's summary."""
    return request.config.stash.setdefault(_figures, []).append


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A process that runs some of the tests passes its figures to the process that prints the summary."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["figures"] = session.config.stash.get(_figures, [])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    figures = getattr(node, "workeroutput", {}).get("figures", [])
    node.config.stash.setdefault(_figures, []).extend(figures)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if figures := config.stash.get(_figures, []):
        terminalreporter.section("figures")
        for figure in figures:
            terminalreporter.write_line(figure)
