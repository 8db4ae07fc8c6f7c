"""The processes of a run: one workerd with a socket for every contender, and the rig around it."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass

BENCH = pathlib.Path(__file__).resolve().parent
ROOT = BENCH.parent
BUILD = ROOT / "build" / "bench"
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "bench"
RIG = TARGET / "release" / "rig"
COMPATIBILITY_DATE = re.search(r'compatibility_date = "([^"]+)"', (ROOT / "wrangler.toml").read_text())[1]

# The code of a contender, and the kind of tokens that it accepts.
SCRIPTS = ("bare", "edits", "jose-tuned", "jose-documented", "hono", "worker-jwt")


@dataclass(frozen=True)
class Contender:
    """One measured Worker. `script` is None for the gate as it is deployed."""

    name: str
    script: str | None
    checks: bool = True
    # Whether it signs the assertion and checks memberships.
    full: bool = False
    # Whether its tokens have two restrictions.
    restricted: bool = False

    @property
    def kind(self) -> str:
        kind = "gate" if self.script is None else "jwt"
        return f"{kind}-restricted" if self.restricted else kind

    @property
    def service(self) -> str:
        return f"{self.name}-{'full' if self.full else 'plain'}"


def contenders(full: bool) -> list[Contender]:
    found = [
        Contender("edits", "edits", checks=False, full=full),
        Contender("edits-again", "edits", checks=False, full=full),
        Contender("lychgate", None, full=full),
        Contender("jose-tuned", "jose-tuned", full=full),
        Contender("jose-documented", "jose-documented", full=full),
        Contender("hono", "hono", full=full),
        Contender("worker-jwt", "worker-jwt", full=full),
    ]
    return found if full else [Contender("bare", "bare", checks=False), *found]


# The gate once more, with an isolate of its own, for tokens that are limited.
RESTRICTED = Contender("lychgate-restricted", None, restricted=True)


class Rig:
    """The origin and Workers KV, and the tokens of this run."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        subprocess.run([RIG, "prepare", folder], check=True)
        self.keys = (folder / "keys").read_text()
        self.jwt_secret = (folder / "jwt-secret").read_text()
        self.process = subprocess.Popen([RIG, "serve", folder], stdout=subprocess.PIPE, text=True)
        ports = json.loads(self.process.stdout.readline())
        self.origin = f"http://127.0.0.1:{ports['origin']}"
        self.kv = f"127.0.0.1:{ports['kv']}"

    def load(
        self, contender: Contender, work: str, port: int, requests: int, connections: int, rate=None, first: int = 0
    ) -> dict:
        """Sends the requests of a work in turn, from the given one on."""
        numbers = (port, requests, connections, first)
        command = [RIG, "load", self.folder, contender.kind, work, *map(str, numbers)]
        done = subprocess.run(command + ([str(rate)] if rate else []), capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{contender.service} did not do the work {work}: {done.stderr.strip()}")
        return json.loads(done.stdout)

    def stop(self) -> None:
        end(self.process)


class Workerd:
    """`workerd serve` with these contenders, each at its own port."""

    def __init__(self, rig: Rig, among: list[Contender], folder: pathlib.Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        shutil.copy(ROOT / "src/isolate/entry.mjs", folder)
        shutil.copytree(ROOT / "build/worker", folder / "worker")
        for script in {contender.script for contender in among if contender.script}:
            shutil.copy(BUILD / f"{script}.mjs", folder)
        self.ports = {contender.service: port for contender, port in zip(among, free_ports(len(among)))}
        (folder / "config.capnp").write_text(self._configuration(rig, among, folder))
        self.log_path = folder / "log"
        with self.log_path.open("wb") as log:
            self.process = subprocess.Popen(
                [ROOT / "node_modules/workerd/bin/workerd", "serve", "config.capnp"],
                cwd=folder,
                env={"PATH": os.environ["PATH"]},
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        try:
            for port in self.ports.values():
                self._await(port)
        except Exception:
            self.stop()
            raise

    def _await(self, port: int) -> None:
        for _ in range(3000):
            if self.process.poll() is not None:
                break
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return
            time.sleep(0.01)
        raise RuntimeError(f"workerd did not start:\n{self.log_path.read_text()[-3000:]}")

    def _configuration(self, rig: Rig, among: list[Contender], folder: pathlib.Path) -> str:
        services = "".join(f'    (name = "{c.service}", worker = .{constant(c)}),\n' for c in among)
        sockets = "".join(
            f'    (name = "{c.service}", address = "127.0.0.1:{self.ports[c.service]}", http = (), service = "{c.service}"),\n'
            for c in among
        )
        workers = "".join(worker(contender, rig, folder) for contender in among)
        return f"""using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
{services}    (name = "internet", network = (allow = ["private"])),
    (name = "kv", external = (address = "{rig.kv}", http = ())),
  ],
  sockets = [
{sockets}  ],
);
{workers}"""

    def cpu_seconds(self) -> float:
        """User and system time of the process so far."""
        return cpu_seconds(self.process.pid)

    def resident_bytes(self) -> int:
        printed = subprocess.run(["ps", "-o", "rss=", "-p", str(self.process.pid)], capture_output=True, text=True)
        return int(printed.stdout) * 1024

    def stop(self) -> None:
        end(self.process)

    def __enter__(self) -> "Workerd":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def worker(contender: Contender, rig: Rig, folder: pathlib.Path) -> str:
    if contender.script is None:
        scripts = sorted(str(path.relative_to(folder)) for path in (folder / "worker").rglob("*.js"))
        modules = ['(name = "src/isolate/entry.mjs", esModule = embed "entry.mjs")']
        modules += [
            f'(name = "build/worker/{module}_bg.wasm", wasm = embed "worker/{module}_bg.wasm")'
            for module in ("gate", "service")
        ]
        modules += [
            f'(name = "build/worker/{script.removeprefix("worker/")}", esModule = embed "{script}")'
            for script in scripts
        ]
    else:
        modules = [f'(name = "worker", esModule = embed "{contender.script}.mjs")']
    variables = {
        "ORIGIN_URL": rig.origin,
        "ASSERTION": "on" if contender.full else "off",
        "MEMBERSHIP": "kv" if contender.full else "off",
        "LYCHGATE_KEYS": rig.keys,
        "JWT_SECRET": rig.jwt_secret,
    }
    bindings = [f"(name = {json.dumps(name)}, text = {json.dumps(text)})" for name, text in variables.items()]
    bindings.append('(name = "LYCHGATE_KV", kvNamespace = "kv")')
    separator = ",\n    "
    return f"""const {constant(contender)} :Workerd.Worker = (
  compatibilityDate = "{COMPATIBILITY_DATE}",
  modules = [
    {separator.join(modules)},
  ],
  bindings = [
    {separator.join(bindings)},
  ],
);
"""


def constant(contender: Contender) -> str:
    first, *rest = contender.service.split("-")
    return first + "".join(word.capitalize() for word in rest)


def cpu_seconds(pid: int) -> float:
    if sys.platform == "linux":
        # The kernel's clock of that process. It counts the same as utime and stime, but in nanoseconds.
        return time.clock_gettime((~pid << 3) | 2)
    printed = subprocess.run(["ps", "-o", "time=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    minutes, _, seconds = printed.rpartition(":")
    return sum(int(part) * 60**power for power, part in enumerate(reversed(minutes.split(":")), 1)) + float(seconds)


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def end(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
