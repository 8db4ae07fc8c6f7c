"""A gate: `wrangler dev` in a folder of its own, with its log and its Workers KV."""

import contextlib
import json
import os
import shutil
import tomllib
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import tool
from process import Process
from surroundings import PAGE_DIR, REPOSITORY, WORKER_DIR, bare_environment, free_port
from waiting import wait_for

# The age at which a cached list is refreshed, in all gates of the tests.
REFRESH_SECONDS = 1

# A request method that workerd knows and the gate refuses.
FENCE_METHOD = "UNSUBSCRIBE"

# All gates of this run, for the test that reads their logs at the end.
ALL_GATES: list["LoggingWorker"] = []


@dataclass(frozen=True)
class Memory:
    """Memory of a gate's workerd processes together, in bytes."""

    resident: int
    peak: int


def write_worker(
    folder: Path,
    keys: str | None,
    variables: dict[str, Any],
    worker: Path = WORKER_DIR,
    name: str = "lychgate",
    without: tuple[str, ...] = (),
    with_ledger: bool = False,
    with_page: bool = False,
    **settings: Any,
) -> Path:
    """Creates a folder with the gate in it, configured by the repository's own wrangler.toml; returns the configuration.

    A variable of None is omitted; `without` names top-level settings to omit. Without a ledger, the test publishes the lists
    itself, or none.
    """
    configuration = tomllib.loads((REPOSITORY / "wrangler.toml").read_text())
    if not with_ledger:
        without = ("durable_objects", "migrations", *without)
    if not with_page:
        without = ("assets", *without)
    for setting in ("build", *without):
        del configuration[setting]
    configuration |= {"name": name} | settings
    configuration["vars"] |= {"REFRESH_SECONDS": REFRESH_SECONDS} | variables
    configuration["vars"] = {name: value for name, value in configuration["vars"].items() if value is not None}
    (folder / "src/isolate").mkdir(parents=True)
    shutil.copy(REPOSITORY / "src/isolate/entry.mjs", folder / "src/isolate")
    shutil.copytree(worker, folder / "build/worker")
    if with_page:
        shutil.copytree(PAGE_DIR, folder / "build/page")
    (folder / "wrangler.json").write_text(json.dumps(configuration, indent=2))
    if keys is not None:
        (folder / ".dev.vars").write_text(f"LYCHGATE_KEYS='{keys}'\n")
    return folder / "wrangler.json"


def write_plain_worker(folder: Path, module: str, name: str, **settings: Any) -> Path:
    """Creates a folder with one of the tests' own Workers; returns the configuration."""
    folder.mkdir(parents=True)
    shutil.copy(REPOSITORY / "tests/edge/support/workers" / module, folder)
    configuration = {"name": name, "main": module, "compatibility_date": "2026-06-01"} | settings
    (folder / "wrangler.json").write_text(json.dumps(configuration, indent=2))
    return folder / "wrangler.json"


def worker_lines(log: str) -> list[dict[str, Any]]:
    """The Worker's own lines in a log, except one that is still being written."""
    lines = []
    for line in log.splitlines(keepends=True):
        at = line.find('{"event":')
        if at >= 0 and line.endswith("\n"):
            lines.append(json.JSONDecoder().raw_decode(line, at)[0])
    return lines


class LoggingWorker(Process):
    """A Worker that is listening, whose log lines can be read."""

    url: str
    # The host of the page, if it has one of its own.
    page_host: str | None = None
    # The path of the gate's own.
    prefix = "/-/"

    @property
    def page(self) -> str:
        """Where people find the page: at the gate's own address, unless the page has another host."""
        return f"http://{self.page_host}:{self.url.rpartition(':')[2]}" if self.page_host else self.url

    def answers(self) -> bool:
        """Whether the Worker itself has responded: wrangler's own pages do not have this header."""
        try:
            urllib.request.urlopen(f"{self.url}{self.prefix}ready", timeout=5)
        except urllib.error.HTTPError as error:
            return "X-Error-Code" in error.headers
        except OSError:
            return False
        return False

    def log_lines(self) -> list[dict[str, Any]]:
        """The Worker's log lines so far: one JSON object per line, to which wrangler may add colours."""
        return worker_lines(self.log())

    def log_mark(self, **headers: str) -> int:
        """The log's position once everything logged so far has been written. To find it, sends a request of a kind that
        nobody else sends, which is logged behind it."""

        def fences() -> list[int]:
            return [at for at, line in enumerate(self.log_lines(), 1) if line.get("method") == FENCE_METHOD]

        before = len(fences())
        request = urllib.request.Request(self.url, method=FENCE_METHOD, headers=headers)
        with contextlib.suppress(urllib.error.HTTPError):
            urllib.request.urlopen(request, timeout=20)
        wait_for(lambda: len(fences()) > before, 10, f"{self.name} to log a fence")
        return fences()[-1]

    def log_lines_since(self, mark: int, **headers: str) -> list[dict[str, Any]]:
        """All lines that were logged after the mark."""
        end = self.log_mark(**headers)
        return self.log_lines()[mark : end - 1]

    def await_log_line(self, mark: int, **fields: Any) -> dict[str, Any]:
        """The first line after the mark with these fields."""

        def find() -> dict[str, Any] | None:
            for line in self.log_lines()[mark:]:
                if fields.items() <= line.items():
                    return line
            return None

        return wait_for(find, 10, f"{self.name} to log {fields} (it logged {self.log_lines()[mark:]})")


class WranglerDev(LoggingWorker):
    """One or more Workers in one `wrangler dev`. The first configuration is the one that listens."""

    def __init__(self, folder: Path, configurations: tuple[Path, ...], arguments: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self.store = folder / "state"
        self.port = free_port()
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.host}"
        argv = [tool.wrangler(), "dev", "--ip", "127.0.0.1", "--port", str(self.port)]
        argv += ["--inspector-port", "0", "--show-interactive-dev-session=false", "--live-reload=false"]
        argv += ["--persist-to", str(self.store), *arguments]
        for configuration in configurations:
            argv += ["--config", str(configuration)]
        super().__init__(f"the gate {folder.name}", argv, folder / "gate.log", folder, self.environment())
        ALL_GATES.append(self)
        try:
            self.await_ready(self.answers, 90)
        except Exception:
            self.stop()
            raise

    def environment(self) -> dict[str, str]:
        return bare_environment(self.folder) | {
            "WRANGLER_SEND_METRICS": "false",
            # Without these variables, gates that run side by side would find each other by their names.
            "WRANGLER_REGISTRY_PATH": str(self.folder / "registry"),
            "WRANGLER_LOG_PATH": str(self.folder / "wrangler-logs"),
        }


class Gate(WranglerDev):
    """A running gate. `also` are configurations of further Workers in the same workerd."""

    def __init__(
        self,
        folder: Path,
        keys: str,
        variables: dict[str, Any],
        also: tuple[Path, ...] = (),
        arguments: tuple[str, ...] = (),
        **settings: Any,
    ) -> None:
        folder.mkdir(parents=True)
        self.keys = keys
        self.configuration = write_worker(folder, keys, variables, **settings)
        super().__init__(folder, (self.configuration, *also), arguments)

    # Tokens and revocation lists

    def mint(self, role: str, **claims: Any) -> tool.Token:
        return tool.mint(self.keys, role, **claims)

    def publish(self, *arguments: str, shard: int = 0, valid_for: str = "7d") -> None:
        """`lychgate revocations publish` on the list in Workers KV."""
        file = self.folder / f"list-{shard}"
        file.unlink(missing_ok=True)
        if (held := self._kv("GET", shard)) is not None:
            file.write_bytes(held)
        tool.run_lychgate(
            *("revocations", "publish", "--shard", str(shard), "--valid-for", valid_for, "--file", str(file), *arguments),
            keys=self.keys,
        )
        self.put_raw_list(file.read_bytes(), shard)

    def publish_by_wrangler(self, *arguments: str, shard: int = 0) -> None:
        """The same through wrangler, as its users run it. Each wrangler takes seconds to start."""
        tool.run_lychgate(
            *("revocations", "publish", "--shard", str(shard), "--valid-for", "7d", *arguments),
            *("--local", "--config", str(self.configuration), "--binding", "LYCHGATE_KV"),
            *("--persist-to", str(self.store), "--wrangler", tool.wrangler()),
            keys=self.keys,
            cwd=self.folder,
        )

    def revoke(self, *tokens: tool.Token, shard: int = 0) -> None:
        arguments = [argument for token in tokens for argument in ("--revoke", token.id)]
        self.publish(*arguments, shard=shard)

    def put_raw_list(self, sealed: bytes, shard: int = 0) -> None:
        """Replaces a list by any bytes."""
        self._kv("PUT", shard, sealed)

    def raw_list(self, shard: int = 0) -> bytes:
        held = self._kv("GET", shard)
        assert held is not None, f"KV holds no list of shard {shard}"
        return held

    def delete_list(self, shard: int = 0) -> None:
        self._kv("DELETE", shard)

    def _kv(self, method: str, shard: int, value: bytes | None = None) -> bytes | None:
        """Reads the Workers KV of `wrangler dev` with the API that it serves beside the Worker; None if there is no value."""
        (namespace,) = json.loads(self.configuration.read_text())["kv_namespaces"]
        place = f"{namespace['id']}/values/{quote(f'revocations/{shard}', safe='')}"
        request = urllib.request.Request(
            f"{self.url}/cdn-cgi/explorer/api/storage/kv/namespaces/{place}", value, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            if method == "GET" and error.code == 404:
                return None
            raise RuntimeError(f"{method} {place}: {error.code} {error.read().decode()}") from None

    # Memory

    def workerd_processes(self) -> list[int]:
        found = []
        for process in self.session():
            try:
                if os.readlink(f"/proc/{process}/exe").endswith("/workerd"):
                    found.append(process)
            except OSError:
                continue
        assert found, f"{self.name} has no workerd"
        return found

    def forget_memory_peak(self) -> None:
        for process in self.workerd_processes():
            # proc(5): 5 sets the peak resident size to the current one.
            Path(f"/proc/{process}/clear_refs").write_text("5")

    def workerd_memory(self) -> Memory:
        resident = peak = 0
        for process in self.workerd_processes():
            for line in Path(f"/proc/{process}/status").read_text().splitlines():
                name, _, value = line.partition(":")
                if name == "VmRSS":
                    resident += int(value.split()[0]) * 1024
                elif name == "VmHWM":
                    peak += int(value.split()[0]) * 1024
        return Memory(resident, peak)
