"""A gate in bare workerd, without wrangler's own Workers around it.

wrangler dev puts a proxy in front, which normalises the URL and compresses responses again. For tests in which that would
hide what the gate does, this gate runs the same module, with Workers KV as a few lines of HTTP here.
"""

import contextlib
import json
import os
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

import tool
from gate import ALL_GATES, REFRESH_SECONDS, LoggingWorker
from surroundings import REPOSITORY, WORKER_DIR, bare_environment, free_port, workerd


@dataclass(frozen=True)
class OnWrite:
    """The effect of a write."""

    takes_effect: bool = True
    succeeds: bool = True
    seconds_before: float = 0
    seconds_after: float = 0


class KeyValueStore:
    """Workers KV in workerd's protocol: `GET /key` and `PUT /key`. It can be made to fail, or to keep its callers
    waiting."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}
        # Every write that took effect, in order.
        self.written: list[tuple[str, bytes]] = []
        self.fails = False
        self.on_write: Callable[[], OnWrite] = lambda: OnWrite()
        self.refused_writes = 0
        # Every key that was requested, in order.
        self.asked_for: list[str] = []
        self.answers = threading.Event()
        self.answers.set()
        store = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                key = unquote(self.path.partition("?")[0].lstrip("/"))
                store.asked_for.append(key)
                store.answers.wait(60)
                value = store.values.get(key) if key else store.listed(parse_qs(self.path.partition("?")[2]))
                self.send_response(500 if store.fails else 404 if value is None else 200)
                self.send_header("Content-Length", str(len(value or b"")))
                # The client may have given up waiting.
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    self.end_headers()
                    self.wfile.write(value or b"")

            def do_PUT(self) -> None:
                key = unquote(self.path.partition("?")[0].lstrip("/"))
                value = self._body()
                does = store.on_write()
                time.sleep(does.seconds_before)
                if does.takes_effect:
                    with store.lock:
                        store.values[key] = value
                        store.written.append((key, value))
                time.sleep(does.seconds_after)
                if not does.succeeds:
                    store.refused_writes += 1
                self.send_response(200 if does.succeeds else 500)
                self.send_header("Content-Length", "0")
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    self.end_headers()

            def _body(self) -> bytes:
                if self.headers.get("Transfer-Encoding") != "chunked":
                    return self.rfile.read(int(self.headers["Content-Length"]))
                body = b""
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return body

            def log_message(self, *_arguments: object) -> None:
                pass

        self.lock = threading.Lock()

        class Server(ThreadingHTTPServer):
            # Many reads arrive at once, and the system must refuse none.
            request_queue_size = 256

        self._server = Server(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=[0.05], daemon=True).start()

    def listed(self, query: dict[str, list[str]]) -> bytes:
        """A page of the keys, as `KV.list` gives it."""
        prefix, cursor = (query.get(name, [""])[0] for name in ("prefix", "cursor"))
        limit = int(query.get("key_count_limit", query.get("limit", ["1000"]))[0])
        with self.lock:
            names = sorted(key for key in self.values if key.startswith(prefix) and key > cursor)
        page: dict[str, Any] = {"keys": [{"name": name} for name in names[:limit]], "list_complete": len(names) <= limit}
        if len(names) > limit:
            page["cursor"] = names[limit - 1]
        return json.dumps(page).encode()

    @property
    def asked(self) -> int:
        return len(self.asked_for)

    def stop(self) -> None:
        self.answers.set()
        self._server.shutdown()
        self._server.server_close()


class BareGate(LoggingWorker):
    """A running gate whose lists come from a file that `lychgate revocations publish --file` writes."""

    # Additional configuration of workerd, for special kinds of gates.
    flags: tuple[str, ...] = ()
    sockets = ""
    services = ""
    bindings = ""
    storage = ""
    # The environment of its process, in addition to the variables that every program needs.
    preloaded: dict[str, str] = {}

    def __init__(
        self,
        folder: Path,
        keys: str,
        variables: dict[str, Any],
        worker: Path = WORKER_DIR,
        port: int | None = None,
    ) -> None:
        folder.mkdir(parents=True)
        self.folder, self.keys = folder, keys
        self.port = port or free_port()
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.host}"
        self.store = KeyValueStore()
        self.variables = {"REFRESH_SECONDS": str(REFRESH_SECONDS)} | variables
        self.page_host = variables.get("PAGE_HOST")
        shutil.copy(REPOSITORY / "src/isolate/entry.mjs", folder)
        shutil.copytree(worker, folder / "worker")
        self.start(folder / "gate.log")
        ALL_GATES.append(self)

    def start(self, log: Path) -> None:
        """Starts a process with the current variables."""
        (self.folder / "config.capnp").write_text(self._configuration(self.variables))
        super().__init__(
            f"the gate {self.folder.name}",
            [workerd(), "serve", *self.flags, "config.capnp"],
            log,
            self.folder,
            bare_environment(self.folder) | self.preloaded,
        )
        self.await_ready(self.answers, 30)

    def _configuration(self, variables: dict[str, str]) -> str:
        bindings = "".join(
            f"    (name = {json.dumps(name)}, text = {json.dumps(value)}),\n"
            for name, value in {"LYCHGATE_KEYS": self.keys, **variables}.items()
        )
        worker = self.folder / "worker"
        scripts = "".join(
            f'    (name = "build/worker/{name}", esModule = embed "worker/{name}"),\n'
            for name in (str(script.relative_to(worker)) for script in sorted(worker.rglob("*.js")))
        )
        return f"""using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "gate", worker = .gate),
    (name = "internet", network = (allow = ["private"])),
    (name = "kv", external = (address = "{self.store.address}", http = ())),
{self.services}  ],
  sockets = [
    (name = "http", address = "{self.host}", http = (), service = "gate"),
{self.sockets}  ],
);
const gate :Workerd.Worker = (
  compatibilityDate = "2026-06-01",
  modules = [
    (name = "src/isolate/entry.mjs", esModule = embed "entry.mjs"),
    (name = "build/worker/gate_bg.wasm", wasm = embed "worker/gate_bg.wasm"),
    (name = "build/worker/service_bg.wasm", wasm = embed "worker/service_bg.wasm"),
    (name = "build/worker/tables_bg.wasm", wasm = embed "worker/tables_bg.wasm"),
    (name = "build/worker/tables.bin", data = embed "worker/tables.bin"),
{scripts}  ],
  bindings = [
    (name = "LYCHGATE_KV", kvNamespace = "kv"),
{self.bindings}{bindings}  ],
{self.storage});
"""

    def stop(self) -> None:
        super().stop()
        self.store.stop()

    def mint(self, role: str, **claims: Any) -> tool.Token:
        return tool.mint(self.keys, role, **claims)

    def publish(self, *arguments: str, shard: int = 0) -> None:
        file = self.folder / f"list-{shard}"
        tool.run_lychgate(
            *("revocations", "publish", "--shard", str(shard), "--file", str(file), *arguments), keys=self.keys
        )
        self.put_raw_list(file.read_bytes(), shard)

    def resident_bytes(self) -> int:
        """The current resident memory of the process."""
        (line,) = (line for line in self._status() if line.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024

    def processor_seconds(self) -> float:
        """The processor time that the process has used so far."""
        # The name in parentheses may contain spaces; user and system time are the 12th and 13th field after it.
        fields = Path(f"/proc/{self.child.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def open_files(self) -> int:
        return len(list(Path(f"/proc/{self.child.pid}/fd").iterdir()))

    def _status(self) -> list[str]:
        return Path(f"/proc/{self.child.pid}/status").read_text().splitlines()

    def put_raw_list(self, sealed: bytes, shard: int = 0) -> None:
        self.store.values[f"revocations/{shard}"] = sealed

    def delete_list(self, shard: int = 0) -> None:
        del self.store.values[f"revocations/{shard}"]
