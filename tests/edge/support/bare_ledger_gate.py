"""A gate with a ledger, in bare workerd. Its Durable Objects are on disk, so they outlive the process, and Workers KV runs
beside it, as in the cloud."""

import json
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import secrets_used
import tool
from bare import BareGate
from clients import Outcome
from management import Management
from process import Process
from surroundings import LYCHGATE_BIN, WORKER_DIR, bare_environment
from waiting import wait_for


@dataclass(frozen=True)
class PublishedList:
    """A list as `lychgate revocations show` reads it."""

    version: int
    revoked: frozenset[str]


class BareLedgerGate(BareGate):
    """A gate that can be killed and started again on the same ledger."""

    flags = ("--experimental",)
    services = '    (name = "ledgers", disk = (path = "ledgers", writable = true)),\n'
    bindings = '    (name = "LEDGER", durableObjectNamespace = "Ledger"),\n'
    storage = """  durableObjectNamespaces = [(className = "Ledger", uniqueKey = "lychgate-ledger", enableSql = true)],
  durableObjectStorage = (localDisk = "ledgers"),
"""

    def __init__(self, folder: Path, keys: str, variables: dict[str, str], worker: Path = WORKER_DIR) -> None:
        self.admin_key = secrets_used.remember(secrets.token_urlsafe(32))
        self._logs: list[Path] = []
        self._lists: dict[bytes, PublishedList] = {}
        super().__init__(folder, keys, {"LYCHGATE_ADMIN_KEY": self.admin_key} | variables, worker)
        self.prefix = variables.get("GATE_PREFIX", "/-/").rstrip("/") + "/"
        self.api = Management(self.host, self.admin_key, self.prefix)

    def start(self, log: Path) -> None:
        self._logs.append(log)
        (self.folder / "ledgers").mkdir(exist_ok=True)
        super().start(log)

    def log(self) -> str:
        """The logs of all processes so far."""
        return "".join(path.read_text(errors="replace") for path in self._logs)

    def kill(self) -> None:
        """Kills the process, as a crash of its machine would: it has no time to do anything."""
        os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait(10)

    def stop_only(self) -> None:
        """Stops the process normally, and keeps Workers KV."""
        Process.stop(self)

    def start_again(self, **variables: str) -> None:
        self.variables |= variables
        self.start(self.folder / f"gate-{len(self._logs)}.log")
        self.api.connections.forget()

    def back_up(self) -> Path:
        """A copy of the ledgers' storage, taken while the process is stopped; the gate runs on after it."""
        self.stop_only()
        copy = self.folder / f"backup-{len(self._logs)}"
        shutil.copytree(self.folder / "ledgers", copy)
        self.start_again()
        return copy

    def restore(self, copy: Path | None, **variables: str) -> None:
        """Puts a copy in the place of the ledgers' storage, or nothing. Workers KV stays as it is."""
        self.stop_only()
        shutil.rmtree(self.folder / "ledgers")
        if copy is not None:
            shutil.copytree(copy, self.folder / "ledgers")
        self.start_again(**variables)

    def lychgate(self, *arguments: str, stdin: str = "") -> Outcome:
        """Runs the command line as an operator of the gate does."""
        environment = {"LYCHGATE_URL": self.url, "LYCHGATE_ADMIN_KEY": self.admin_key}
        result = subprocess.run(
            [str(LYCHGATE_BIN), *arguments],
            env=bare_environment(self.folder) | environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return Outcome(result.returncode, result.stdout, result.stderr)

    def await_lists(self, shards: int = 1) -> None:
        """Requests the lists. This wakes new ledgers, which publish their first lists after the response."""

        def are_in_force() -> bool:
            lists = self.api.health()
            return [lists[shard]["state"] for shard in range(shards)] == ["in_force"] * shards

        wait_for(are_in_force, 20, f"{self.name} to have its lists")

    def create(self, subject: str, role: str) -> tool.Token:
        """A token from the ledger, named after its role."""
        made = self.api.create(subject, role, role, expires_in=86_400).expect(201).body
        return tool.Token(made["token"], made["id"], subject, made["expires_at"])

    def published(self, shard: int = 0) -> PublishedList | None:
        """The list that is in KV now."""
        sealed = self.store.values.get(f"revocations/{shard}")
        return None if sealed is None else self.read_list(sealed, shard)

    def all_published(self, shard: int = 0) -> list[PublishedList]:
        """All lists that were ever written, in order."""
        with self.store.lock:
            written = [value for key, value in self.store.written if key == f"revocations/{shard}"]
        return [self.read_list(sealed, shard) for sealed in written]

    def read_list(self, sealed: bytes, shard: int) -> PublishedList:
        if sealed not in self._lists:
            file = self.folder / f"shown-{secrets.token_hex(8)}"
            file.write_bytes(sealed)
            shown = tool.run_lychgate(
                *("revocations", "show", "--shard", str(shard), "--file", str(file), "--json"), keys=self.keys
            )
            facts = json.loads(shown)
            self._lists[sealed] = PublishedList(facts["version"], frozenset(facts["revoked"]))
            file.unlink()
        return self._lists[sealed]

    def assert_versions_only_grew(self, shard: int = 0) -> None:
        versions = [published.version for published in self.all_published(shard)]
        assert versions and all(before < after for before, after in zip(versions, versions[1:])), versions


NewBareLedgerGate = Callable[..., BareLedgerGate]
