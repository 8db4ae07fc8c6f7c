"""A server of another make on a free port, and gates in front of it."""

import contextlib
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import secrets_used
import servers
import tool
from bare import BareGate
from process import Process
from surroundings import bare_environment

# MLflow imports for seconds and creates its tables first, on a machine that is doing other things.
START_SECONDS = 120


class Server(Process):
    """A running server. `url` is its own address, which nobody but the gate should know."""

    def __init__(self, name: str, folder: Path, port: int, starts: servers.Server) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.port = folder, port
        self.url = f"http://127.0.0.1:{port}"
        environment = bare_environment(folder) | starts.environment
        super().__init__(name, starts.argv, folder / "log", folder, environment)
        try:
            self.await_ready(lambda: self._answers(starts.ready_path), START_SECONDS)
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


def narrowed(token: object, *options: str) -> str:
    """The token, narrowed as its holder would."""
    return secrets_used.remember(tool.run_lychgate("narrow", *options, stdin=f"{token}\n").strip())
