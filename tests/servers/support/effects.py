"""A proxy that says in `X-Effect` what each request did to a server of another make, for `lychgate probe`: `write` if the files
changed in which the server keeps its data, else `read`.

It sends every byte on as it came, because the probe tries spellings that a library would put right.
"""

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

# A request has no more than this before its body.
HEAD_BYTES = 64 * 1024
PATIENCE_SECONDS = 30
ANSWER_SECONDS = 5

Fingerprint = Callable[[], object]


def files(folder: Path) -> Fingerprint:
    """All files and folders of a folder, and when each file was last written: writing the same again counts too."""

    def fingerprint() -> set[tuple[str, int]]:
        found = set()
        for path in folder.rglob("*"):
            # A file may go while it is looked at.
            with contextlib.suppress(OSError):
                found.add((str(path), 0 if path.is_dir() else path.stat().st_mtime_ns))
        return found

    return fingerprint


class EffectProxy:
    """The proxy, on a free port. Requests pass one after the other, so that each change is that of one request."""

    def __init__(self, port: int, fingerprint: Fingerprint, restore: Callable[[], object]) -> None:
        self.port, self.fingerprint, self.restore = port, fingerprint, restore
        self._one_at_a_time = threading.Lock()
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def stop(self) -> None:
        self._listening.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._handle, args=[client], daemon=True).start()

    def _handle(self, client: socket.socket) -> None:
        client.settimeout(PATIENCE_SECONDS)
        with client, contextlib.suppress(OSError):
            head, body = _head(client)
            if head is None:
                return
            request = head + body + _rest_of_body(client, head, body)
            with self._one_at_a_time:
                before = self.fingerprint()
                response = self._exchange(request)
                did = b"write" if self.fingerprint() != before else b"read"
                if did == b"write":
                    self.restore()
            client.sendall(_with_effect(response, did))

    def _exchange(self, request: bytes) -> bytes:
        received = b""
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE_SECONDS) as server:
            server.sendall(request)
            # One that waits for more of a broken request gets no more; one whose client only stops sending, node takes for gone.
            server.settimeout(ANSWER_SECONDS)
            with contextlib.suppress(OSError):
                while part := server.recv(65536):
                    received += part
        return received


def _head(client: socket.socket) -> tuple[bytes | None, bytes]:
    """The lines before a request's body, and what came with them. The server is asked to close after one response."""
    received = b""
    while b"\r\n\r\n" not in received:
        part = client.recv(65536)
        if not part or len(received) > HEAD_BYTES:
            return None, b""
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    kept = [line for line in head.split(b"\r\n") if not re.match(rb"(?i)(connection|expect|keep-alive)[ \t]*:", line)]
    return b"\r\n".join([*kept, b"Connection: close", b"", b""]), body


def _rest_of_body(client: socket.socket, head: bytes, body: bytes) -> bytes:
    rest = b""
    if re.search(rb"(?im)^transfer-encoding[ \t]*:.*chunked", head):
        while not (body + rest).endswith(b"0\r\n\r\n"):
            if not (part := client.recv(65536)):
                break
            rest += part
    elif length := re.search(rb"(?im)^content-length[ \t]*:[ \t]*(\d+)", head):
        while len(body) + len(rest) < int(length[1]):
            if not (part := client.recv(65536)):
                break
            rest += part
    return rest


def _with_effect(response: bytes, did: bytes) -> bytes:
    status_line, separator, rest = response.partition(b"\r\n")
    status = status_line.split(b" ")[1:2]
    # What was not found or not allowed ran no handler that the probe could learn of.
    if not status or (did == b"read" and not status[0] < b"400"):
        return response
    return status_line + separator + b"X-Effect: " + did + b"\r\n" + rest


@contextlib.contextmanager
def telling(port: int, fingerprint: Fingerprint, restore: Callable[[], object] = lambda: None) -> Iterator[EffectProxy]:
    """The proxy before a server. `restore` is called after each change, so that the next one changes something too."""
    proxy = EffectProxy(port, fingerprint, restore)
    try:
        yield proxy
    finally:
        proxy.stop()
