"""The page as plain files on a static server, without a gate."""

import functools
import http.server
import threading
from pathlib import Path

from surroundings import PAGE_DIR


class PlainFiles:
    """Serves build/page on a free port, and records the requested paths."""

    def __init__(self) -> None:
        assert (PAGE_DIR / "index.html").is_file(), f"{PAGE_DIR} has no page: run `make page`"
        self.paths: list[str] = []
        paths = self.paths

        class Handler(http.server.SimpleHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
                paths.append(self.path)

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        handler = functools.partial(Handler, directory=str(PAGE_DIR))
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def file(self, path: str) -> Path:
        return PAGE_DIR / path.partition("?")[0].lstrip("/")
