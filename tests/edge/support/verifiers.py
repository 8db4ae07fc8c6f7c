"""The verifiers of docs/origin.md, taken from the page, each in a small server."""

import json
import re
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt

from process import Process
from surroundings import REPOSITORY, bare_environment, program

PAGE = REPOSITORY / "docs/origin.md"


def code_block(language: str) -> str:
    """The page's only block in that language."""
    (block,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    return block


class PythonVerifier:
    """A server that answers 200 with the claims, or 403 with the reason."""

    def __init__(self, key_set: str) -> None:
        module: dict[str, Any] = {}
        exec(compile(code_block("python"), str(PAGE), "exec"), module)
        verifier = module["AssertionVerifier"](key_set)

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                try:
                    values = self.headers.get_all("X-Lychgate-Assertion", [])
                    status, said = 200, json.dumps(verifier.verify(values, self.command, self.path))
                except jwt.InvalidTokenError as error:
                    status, said = 403, f"X-Lychgate-Assertion: {error}"
                self.send_response(status)
                self.end_headers()
                self.wfile.write(said.encode())

            do_POST = do_GET

            def log_message(self, *_arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=[0.05], daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class NodeVerifier(Process):
    """The same, in a process of its own."""

    def __init__(self, folder: Path, key_set: str) -> None:
        folder.mkdir(parents=True)
        (folder / "assertion-verifier.mjs").write_text(code_block("js"))
        (folder / "node_modules").symlink_to(REPOSITORY / "node_modules")
        shutil.copy(REPOSITORY / "tests/edge/support/workers/verifier.mjs", folder)
        environment = bare_environment(folder) | {"KEY_SET": key_set}
        argv = [program("node"), "verifier.mjs"]
        super().__init__("the verifier in Node", argv, folder / "verifier.log", folder, environment)
        self.await_ready(lambda: self.log().endswith("\n"), 30)
        self.url = self.log().strip()
