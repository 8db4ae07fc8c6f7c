"""An origin that records every request byte by byte, and answers as a test tells it to."""

import json
import socketserver
import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any


@dataclass
class Seen:
    """A request as it arrived."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes = b""

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def names(self) -> set[str]:
        return {name.lower() for name, _ in self.headers}


@dataclass
class Witness:
    """A server in threads of this process. Unless told otherwise, it answers 200 with the subject."""

    seen: list[Seen] = field(default_factory=list)
    answers: dict[str, bytes] = field(default_factory=dict)

    def __enter__(self) -> "Witness":
        witness = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                while witness.serve(self.rfile, self.wfile):
                    pass

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"http://{self.host}"
        threading.Thread(target=self._server.serve_forever, args=[0.05], daemon=True).start()
        return self

    def __exit__(
        self, _class: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def last(self) -> Seen:
        assert self.seen, "nothing reached the origin"
        return self.seen[-1]

    def answer(self, path: str, status: str, *headers: str, body: bytes = b"", length: bool = True) -> None:
        """Sets the response for further requests to this path, whatever their query."""
        lines = [f"HTTP/1.1 {status}", *headers, *([f"Content-Length: {len(body)}"] if length else [])]
        self.answers[path] = "".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1") + body

    def serve(self, incoming: Any, outgoing: Any) -> bool:
        """Handles one request; returns whether another may follow."""
        request_line = incoming.readline().decode("latin-1").rstrip("\r\n")
        if not request_line:
            return False
        method, target, _version = request_line.split(" ", 2)
        request = Seen(method, target, [])
        while line := incoming.readline().decode("latin-1").rstrip("\r\n"):
            name, _, value = line.partition(":")
            request.headers.append((name, value.strip()))
        request.body = _read_body(request, incoming)
        self.seen.append(request)
        answer = self.answers.get(target.partition("?")[0])
        if answer is None:
            subject = json.dumps({"subject": (request.all("X-Lychgate-Subject") or [None])[0]}).encode()
            head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(subject)}\r\n\r\n"
            answer = head.encode() + subject
        if method == "HEAD":
            answer = answer.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        outgoing.write(answer)
        outgoing.flush()
        return True


def _read_body(request: Seen, incoming: Any) -> bytes:
    if "chunked" in request.all("Transfer-Encoding"):
        body = b""
        while size := int(incoming.readline().split(b";")[0], 16):
            body += incoming.read(size)
            incoming.readline()
        incoming.readline()
        return body
    return incoming.read(int((request.all("Content-Length") or ["0"])[0]))
