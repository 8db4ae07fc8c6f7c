"""An origin with long-lived responses: WebSockets that behave as their path says, and streams of events."""

import contextlib
import gzip
import re
import socketserver
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve
from websockets.utils import accept_key

# The seconds between two events.
TICK_SECONDS = 0.2

# The number of bytes that a WebSocket sends for a flood.
FLOOD_BYTES = 64 * 1024 * 1024


class SocketOrigin:
    """`/echo` sends everything back, `/tick` counts, `/flood` sends much at once, `/close/CODE` closes, `/drop` disconnects."""

    def __init__(self, fields: dict[str, str] = {}) -> None:
        # The code and reason of each WebSocket's close, in order.
        self.closed: list[tuple[int, str]] = []
        self._server: Server = serve(
            self._handle, "127.0.0.1", 0, select_subprotocol=lambda _socket, offered: offered[-1] if offered else None, max_size=None,
            process_response=lambda _socket, _request, response: response.headers.update(fields)
        )
        self.url = f"http://127.0.0.1:{self._server.socket.getsockname()[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _handle(self, socket: ServerConnection) -> None:
        path = socket.request.path
        try:
            if path.startswith("/close/"):
                socket.close(int(path.removeprefix("/close/")), "as asked")
            elif path == "/drop":
                socket.socket.close()
            elif path == "/flood":
                block = b"\0" * 65536
                for _ in range(FLOOD_BYTES // len(block)):
                    socket.send(block)
                socket.recv()
            elif path == "/tick":
                for number in range(1000):
                    socket.send(str(number))
                    time.sleep(TICK_SECONDS)
            else:
                for message in socket:
                    socket.send(message)
                self.closed.append((socket.close_code, socket.close_reason))
        except (ConnectionClosed, OSError):
            self.closed.append((socket.close_code, socket.close_reason))

    def stop(self) -> None:
        self._server.shutdown()


class DeafSocketOrigin:
    """A WebSocket that counts, and continues to count whatever it receives, even a close."""

    def __init__(self) -> None:
        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    head += self.rfile.readline()
                key = re.search(rb"(?i)sec-websocket-key: *(\S+)", head)
                assert key is not None
                accept = accept_key(key[1].decode())
                answer = f"HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
                with contextlib.suppress(OSError):
                    self.wfile.write(answer.encode())
                    for _ in range(1000):
                        self.wfile.write(b"\x81\x04tick")
                        time.sleep(TICK_SECONDS)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=[0.05], daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class StreamOrigin:
    """`/events` sends an event at intervals, `/packed` the same gzipped, `/whole` as many with a length, `/log` under another
    media type."""

    def __init__(self) -> None:
        # The number of streams that stopped because nobody reads them.
        self.left = 0
        origin = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                self.send_response(200)
                self.send_header("Content-Type", "text/plain" if path == "/log" else "Text/Event-Stream; charset=utf-8")
                self.send_header("X-Kept", "yes")
                if path == "/packed":
                    self.send_header("Content-Encoding", "gzip")
                if path == "/whole":
                    self.send_header("Content-Length", str(20 * len(event(0))))
                    self.end_headers()
                    for _ in range(20):
                        self.wfile.write(event(0))
                        time.sleep(TICK_SECONDS)
                    return
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                try:
                    for number in range(10 if path == "/log" else 1000):
                        piece = event(number)
                        piece = gzip.compress(piece) if path == "/packed" else piece
                        self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                        time.sleep(TICK_SECONDS * 3 if path == "/log" else TICK_SECONDS)
                    self.wfile.write(b"0\r\n\r\n")
                except OSError:
                    origin.left += 1

            do_POST = do_GET

            def log_message(self, *_arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=[0.05], daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def event(number: int) -> bytes:
    return b"data: %d\n\n" % number


@pytest.fixture(scope="module")
def socket_origin() -> Iterator[SocketOrigin]:
    running = SocketOrigin()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def stream_origin() -> Iterator[StreamOrigin]:
    running = StreamOrigin()
    yield running
    running.stop()
