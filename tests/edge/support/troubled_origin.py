"""An origin in trouble: slow, silent, breaking its responses off, or responding without end."""

import contextlib
import socketserver
import threading
import time
from collections.abc import Iterator

import pytest

# The beginning of a response that it does not finish.
CUT_AFTER = b"the first half"

SLOW_SECONDS = 3

# The number of bytes of a slow response, which come one per second.
DRIPS = 5


class TroubledOrigin:
    """An origin whose behaviour follows from the path. It records the bytes of bodies, and which clients disconnected early."""

    def __init__(self) -> None:
        self.uploads: list[tuple[int, bool]] = []
        self.left = threading.Semaphore(0)
        self.lock = threading.Lock()
        self.asked = 0
        self.silent_for = 0
        # The number of clients without a response that have disconnected.
        self.silent_left = 0
        # Until this is set, it is silent on the paths that ask for silence.
        self.hangs_up = threading.Event()
        origin = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError):
                    self.answer()

            def answer(self) -> None:
                path, length = self.head()
                origin.asked += 1
                if path == "/upload":
                    origin.uploads.append(self.body(length))
                elif path == "/slow":
                    time.sleep(SLOW_SECONDS)
                elif path == "/silent" or path.startswith("/acme/silent.git/"):
                    origin.silent_for += 1
                    self.body(length)
                    self.never_respond()
                    return
                elif path == "/dripping":
                    self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % DRIPS)
                    for _ in range(DRIPS):
                        time.sleep(1)
                        self.wfile.write(b".")
                    return
                elif path in ("/cut", "/cut-chunked"):
                    framing = b"Content-Length: 1000" if path == "/cut" else b"Transfer-Encoding: chunked"
                    self.wfile.write(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n\r\n")
                    size = b"" if path == "/cut" else b"e\r\n"
                    self.wfile.write(size + CUT_AFTER + (b"" if path == "/cut" else b"\r\n"))
                    return
                elif path == "/endless":
                    self.answer_without_end()
                    return
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\ndone")

            def head(self) -> tuple[str, int | None]:
                path = self.rfile.readline().split()[1].decode()
                length: int | None = 0
                while line := self.rfile.readline().strip().lower():
                    name, _, value = line.partition(b":")
                    if name == b"content-length":
                        length = int(value)
                    elif name == b"transfer-encoding":
                        length = None
                return path, length

            def body(self, length: int | None) -> tuple[int, bool]:
                """Returns the number of bytes that arrived, and whether the body was complete."""
                if length is not None:
                    received = 0
                    while received < length and (block := self.rfile.read1(min(65536, length - received))):
                        received += len(block)
                    return received, received == length
                received = 0
                while line := self.rfile.readline():
                    size = int(line, 16)
                    if size == 0:
                        return received, True
                    received += len(self.rfile.read(size + 2)) - 2
                return received, False

            def never_respond(self) -> None:
                self.connection.settimeout(0.1)
                while not origin.hangs_up.is_set():
                    with contextlib.suppress(TimeoutError):
                        if self.connection.recv(1) == b"":
                            with origin.lock:
                                origin.silent_left += 1
                            return

            def answer_without_end(self) -> None:
                self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                block = b"." * 65536
                try:
                    while True:
                        self.wfile.write(b"%x\r\n%s\r\n" % (len(block), block))
                except OSError:
                    origin.left.release()

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            # Many connections arrive at once, and the system must refuse none.
            request_queue_size = 256

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=[0.05], daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def troubled_origin() -> Iterator[TroubledOrigin]:
    running = TroubledOrigin()
    yield running
    running.stop()
