"""Running test files side by side: a plugin for `pytest -n`, which starts several processes that share the files.

Each process has session fixtures of its own. Tests marked `alone` run in one process once all others have finished. They are
the tests that measure time or load, and those that look back at the whole run.
"""

import json
import os
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

import secrets_used
from gate import ALL_GATES, worker_lines
from waiting import wait_for

# The slowest files, slowest first. If one of them began last, all other processes would have to wait for it.
LONGEST_FIRST = (
    "test_runbooks.py",
    "test_lists.py",
    "test_bodies.py",
    "test_management_flow.py",
    "test_faults_ledger.py",
    "test_vectors.py",
    "test_ledger_crash.py",
    "test_refusals.py",
    "test_faults_kv.py",
    "test_hub.py",
    "test_git.py",
    "test_origins.py",
)

# How long the tests that run alone wait for the other processes.
OTHERS_SECONDS = 1800


class Run:
    """A run in all its processes. It is complete when a test that runs alone looks at it."""

    def __init__(self, config: pytest.Config) -> None:
        self._finished = [json.loads(file.read_text()) for file in _records(config)]

    def logs(self) -> list[str]:
        """The logs of all gates so far."""
        return [*(gate.log() for gate in ALL_GATES), *(log for record in self._finished for log in record["logs"])]

    def log_lines(self) -> list[dict[str, Any]]:
        """The Worker's own lines in all logs."""
        return [line for log in self.logs() for line in worker_lines(log)]

    def secrets(self) -> set[str]:
        return secrets_used.all_used().union(*(record["secrets"] for record in self._finished))


@pytest.fixture
def whole_run(request: pytest.FixtureRequest) -> Run:
    return Run(request.config)


def _process() -> str | None:
    """The name of this process, if there are several."""
    return os.environ.get("PYTEST_XDIST_WORKER")


def _others() -> int:
    return int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")) - 1


def _shared_folder(config: pytest.Config) -> Path:
    """The folder for what processes must tell each other. It is above the temporary folder of each."""
    return config._tmp_path_factory.getbasetemp().parent  # type: ignore[attr-defined]


def _records(config: pytest.Config) -> list[Path]:
    """One file for each process that has finished."""
    return sorted(_shared_folder(config).glob("record-*.json")) if _process() else []


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "alone: runs once all other tests are done")
    config.addinivalue_line("markers", "at_the_end: runs after all other tests, those that run alone included")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> tuple[bool, bool, int]:
    name = item.path.name
    place = LONGEST_FIRST.index(name) if name in LONGEST_FIRST else len(LONGEST_FIRST)
    return _has(item, "at_the_end"), _has(item, "alone"), place


def _runs_alone(item: pytest.Item) -> bool:
    return _has(item, "alone") or _has(item, "at_the_end")


def _has(item: pytest.Item, marker: str) -> bool:
    return item.get_closest_marker(marker) is not None


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if _runs_alone(item):
        wait_for(lambda: len(_records(item.config)) >= _others(), OTHERS_SECONDS, "all other tests to be done")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """By now, the fixtures of the session and their gates are gone, except those whose fixture failed half-way."""
    for gate in ALL_GATES:
        if gate.is_running():
            gate.stop()
    if process := _process():
        record = {"logs": [gate.log() for gate in ALL_GATES], "secrets": sorted(secrets_used.all_used())}
        unfinished = _shared_folder(session.config) / f"unfinished-{process}"
        unfinished.write_text(json.dumps(record))
        unfinished.rename(unfinished.with_name(f"record-{process}.json"))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Tells the process that distributes the tests, which collects none itself, which of them run alone."""
    if process := _process():
        alone = [item.nodeid for item in session.items if _runs_alone(item)]
        (_shared_folder(session.config) / f"alone-{process}.json").write_text(json.dumps(alone))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        """Distributes whole files, because a file's tests share fixtures, and all tests that run alone as one."""

        @cached_property
        def alone(self) -> set[str]:
            lists = config._tmp_path_factory.getbasetemp().glob("alone-*.json")  # type: ignore[attr-defined]
            return {nodeid for file in lists for nodeid in json.loads(file.read_text())}

        def _split_scope(self, nodeid: str) -> str:
            return "alone" if nodeid in self.alone else nodeid.partition("::")[0]

    return ByFile(config, log)
