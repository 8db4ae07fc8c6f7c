"""The processes of a run: one workerd with a socket for every contender, and the rig around it."""

import contextlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Sequence

from configuration import ROOT, configuration
from contenders import Contender

TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "bench"
RIG = TARGET / "release" / "rig"


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

    def tokens(self, contender: Contender, name: str) -> list[str]:
        """The tokens of this name that a contender accepts."""
        return (self.folder / "tokens" / f"{contender.kind}-{name}").read_text().split()

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
    """`workerd serve` with these contenders, each at its own port. With `starts_isolates`, every request to one of them is answered
    by a new isolate. `under` is the command of a program under which it runs."""

    def __init__(
        self,
        rig: Rig,
        among: list[Contender],
        folder: pathlib.Path,
        starts_isolates: bool = False,
        under: Sequence[str] = (),
    ) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.ports = {contender.service: port for contender, port in zip(among, free_ports(len(among)))}
        (folder / "config.capnp").write_text(configuration(rig, among, self.ports, folder, starts_isolates))
        self.log_path = folder / "log"
        self.started_at = time.perf_counter()
        with self.log_path.open("wb") as log:
            self.process = subprocess.Popen(
                [*under, ROOT / "node_modules/workerd/bin/workerd", "serve", "config.capnp"]
                + (["--experimental"] if starts_isolates else []),
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
        for _ in range(30_000):
            if self.process.poll() is not None:
                break
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return
            time.sleep(0.001)
        raise RuntimeError(f"workerd did not start:\n{self.log_path.read_text()[-3000:]}")

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
