"""A server of another make on a free port, and gates in front of it."""

import contextlib
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import servers
from bare import BareGate
from process import Process
from surroundings import bare_environment, free_port

# MLflow imports for seconds and creates its tables first, on a machine that is doing other things.
START_SECONDS = 120


class Server(Process):
    """A running server. `url` is its own address, which nobody but the gate should know."""

    def __init__(self, name: str, folder: Path, port: int, command: servers.ServerCommand) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.port = folder, port
        self.url = f"http://127.0.0.1:{port}"
        environment = bare_environment(folder) | command.environment
        super().__init__(name, command.argv, folder / "log", folder, environment)
        try:
            self.await_ready(lambda: self._answers(command.ready_path), START_SECONDS)
        except Exception:
            self.stop()
            raise

    def _answers(self, path: str) -> bool:
        try:
            urllib.request.urlopen(self.url + path, timeout=5)
        except urllib.error.HTTPError:
            # A server that refuses everybody but the gate is ready too.
            return True
        except OSError:
            return False
        return True


@contextlib.contextmanager
def started(name: str, folder: Path, command: Callable[[Path, int], servers.ServerCommand]) -> Iterator[Server]:
    """A server in a new folder, on a free port."""
    folder.mkdir()
    port = free_port()
    server = Server(name, folder, port, command(folder, port))
    try:
        yield server
    finally:
        server.stop()


class HasUrl(Protocol):
    """Something that a gate can forward to."""

    @property
    def url(self) -> str: ...


@contextlib.contextmanager
def gate_before(
    server: HasUrl, folder: Path, keys: str, table: str, port: int | None = None, **variables: str
) -> Iterator[BareGate]:
    """A gate with this table, on this port if the server must know it; all else as by default."""
    gate = BareGate(folder, keys, {"ORIGIN_URL": server.url, "ROUTES": table, **variables}, port=port)
    try:
        gate.publish("--new")
        yield gate
    finally:
        gate.stop()
