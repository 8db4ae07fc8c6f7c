"""nginx as a shared cache, and an origin that lets caches keep everything."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from foreign import ForeignOrigin, filled_in
from surroundings import free_port, program


@dataclass(frozen=True)
class Proxied:
    """An origin behind a proxy."""

    url: str


class CarelessOrigin:
    """Answers with the name of whom it knows, by the gate or by its own cookie, and has caches keep the answer."""

    def __init__(self) -> None:
        # For whom it has answered, in order.
        self.answered: list[str] = []
        origin = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                cookie = self.headers.get("Cookie", "").removeprefix("hub_session=")
                name = self.headers.get("X-Lychgate-Subject") or cookie or "nobody"
                origin.answered.append(name)
                self.send_response(200)
                self.send_header("Cache-Control", "public, max-age=120")
                self.send_header("Content-Length", str(len(name)))
                self.end_headers()
                self.wfile.write(name.encode())

            def log_message(self, *_arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=[0.05], daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def nginx_before(behind: int, folder: Path, documented: str = "") -> Iterator[str]:
    """The URL of a cache in front of a port, with these lines of the documentation."""
    folder.mkdir(parents=True)
    port = free_port()
    words = {"FOLDER": folder, "PORT": port, "BEHIND": behind, "DOCUMENTED": documented}
    configuration = filled_in("nginx_cache.conf", folder / "nginx.conf", **words)
    if os.geteuid() == 0:
        configuration.write_text("user root;\n" + configuration.read_text())
    argv = [program("nginx"), "-e", str(folder / "error.log"), "-p", str(folder), "-c", str(configuration)]
    nginx = ForeignOrigin("nginx", folder, argv, port)
    try:
        yield nginx.url
    finally:
        nginx.stop()
