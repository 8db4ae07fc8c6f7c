"""A response that curl reads as it arrives."""

import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType

from clients import Response, parse_response
from surroundings import bare_environment, program
from waiting import wait_for

# curl's exit codes for a response that broke off: 18, a partial file; 56, a failure while receiving; 92, an HTTP/2 stream error.
BROKEN = (18, 56, 92)


class Streaming:
    """One response, from its head to its end."""

    def __init__(self, url: str, token: object, *arguments: str, field: str = "Authorization: Bearer") -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._body, self._head = (Path(self._folder.name) / name for name in ("body", "head"))
        self._body.touch()
        argv = [program("curl"), "-q", "-sS", "--no-buffer", "--compressed", "--max-time", "60"]
        argv += ["--dump-header", str(self._head), "--output", str(self._body)]
        argv += ["--header", f"{field} {token}", *arguments, url]
        self._child = subprocess.Popen(argv, stderr=subprocess.DEVNULL, env=bare_environment(Path("/")))

    def __enter__(self) -> "Streaming":
        return self

    def __exit__(
        self, _class: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._child.kill()
        self._child.wait(10)
        self._folder.cleanup()

    def body(self) -> bytes:
        return self._body.read_bytes()

    def head(self) -> Response:
        return parse_response(self._head.read_bytes(), b"")

    def await_bytes(self, piece: bytes, seconds: float) -> bool:
        wait_for(lambda: piece in self.body(), seconds, f"{piece!r} to come (so far {self.body()[-200:]!r})")
        return True

    def is_open(self) -> bool:
        return self._child.poll() is None

    def await_end(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while self.is_open() and time.monotonic() < until:
            time.sleep(0.05)
        return not self.is_open()

    def broke_off(self) -> bool:
        return self._child.poll() in BROKEN
