"""Origins of other makes behind a gate, and what `lychgate probe` finds there."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from process import Process
from surroundings import LYCHGATE_BIN, REPOSITORY, SERVERS_BIN, bare_environment, free_port, program

SERVERS = REPOSITORY / "tests/disagreement"

# From nothing to the most that a request can do.
EFFECTS = (None, "public", "read", "contribute", "write")


class ForeignOrigin(Process):
    """A server on a free port, which it prints."""

    def __init__(self, name: str, folder: Path, argv: list[str], requests: str = "hub.jsonl") -> None:
        folder.mkdir(parents=True)
        self.requests = SERVERS / requests
        environment = bare_environment(folder) | {"NODE_ENV": "production"}
        super().__init__(name, argv, folder / "log", folder, environment)
        self.await_ready(lambda: self._port() is not None, 30)
        self.url = f"http://127.0.0.1:{self._port()}"

    def _port(self) -> str | None:
        found = re.search(r"listening on (\d+)", self.log())
        return found and found[1]


class NginxGit(Process):
    """git's own http-backend, run by fcgiwrap for nginx."""

    requests = SERVERS / "git.jsonl"

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        # workers of nginx may run as another user
        folder.chmod(0o755)
        self._make_repository(folder / "repositories/acme/widget")
        port, socket = free_port(), folder / "git.sock"
        backend = Path(_output("git", "--exec-path").strip()) / "git-http-backend"
        words = {"FOLDER": folder, "PORT": port, "SOCKET": socket, "BACKEND": backend}
        text = (SERVERS / "nginx.conf").read_text()
        if os.geteuid() == 0:
            text = "user root;\n" + text
        configuration = folder / "nginx.conf"
        configuration.write_text(re.sub(r"\b[A-Z]{4,}\b", lambda word: str(words.get(word[0], word[0])), text))
        self.wrapper = Process(
            "fcgiwrap",
            [program("fcgiwrap"), "-s", f"unix:{socket}"],
            folder / "fcgiwrap.log",
            folder,
            bare_environment(folder),
        )
        self.wrapper.await_ready(socket.exists, 10)
        super().__init__(
            "nginx",
            [program("nginx"), "-e", str(folder / "error.log"), "-p", str(folder), "-c", str(configuration)],
            folder / "log",
            folder,
            bare_environment(folder),
        )
        self.await_ready((folder / "nginx.pid").exists, 10)
        self.url = f"http://127.0.0.1:{port}"

    def stop(self) -> None:
        super().stop()
        self.wrapper.stop()

    @staticmethod
    def _make_repository(repository: Path) -> None:
        _output("git", "init", "--quiet", "--bare", "--initial-branch=main", str(repository))
        git = ("git", "--git-dir", str(repository))
        author = ("-c", "user.name=alice", "-c", "user.email=alice@users.noreply.localhost")
        tree = _output(*git, "hash-object", "-w", "-t", "tree", "/dev/null").strip()
        commit = _output(*git, *author, "commit-tree", tree, "-m", "first").strip()
        _output(*git, "update-ref", "refs/heads/main", commit)


def start_express(folder: Path) -> ForeignOrigin:
    return ForeignOrigin("Express", folder, [program("node"), str(SERVERS / "express.mjs")])


def start_flask(folder: Path) -> ForeignOrigin:
    return ForeignOrigin("Flask", folder, [sys.executable, str(SERVERS / "flask_app.py")])


def start_axum(folder: Path) -> ForeignOrigin:
    return ForeignOrigin("axum", folder, [str(SERVERS_BIN)])


def _output(*argv: str) -> str:
    environment = bare_environment(Path("/")) | {"GIT_CONFIG_NOSYSTEM": "1"}
    return subprocess.run(argv, env=environment, check=True, capture_output=True, text=True).stdout


@dataclass(frozen=True)
class Probed:
    """What a probe found."""

    exit_code: int
    variants: list[dict[str, Any]]
    summary: dict[str, Any]
    errors: str

    @property
    def cases(self) -> list[dict[str, Any]]:
        return [variant for variant in self.variants if variant["case"]]


def probe(origin: str, gate: str, requests: Path, read: object, write: object, *arguments: str) -> Probed:
    """`lychgate probe --all --json`, with tokens from the environment."""
    environment = {"LYCHGATE_PROBE_READ_TOKEN": str(read), "LYCHGATE_PROBE_WRITE_TOKEN": str(write)}
    places = ("--origin", origin, "--gate", gate, "--requests", str(requests))
    result = subprocess.run(
        [str(LYCHGATE_BIN), "probe", *places, "--all", "--json", "--jobs", "8", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert lines or result.returncode in (2, 3), result.stderr
    return Probed(result.returncode, lines[:-1], lines[-1] if lines else {}, result.stderr)


def strongest(effects: Iterable[str | None]) -> str | None:
    return max(effects, key=EFFECTS.index, default=None)


def table(found: dict[str, Probed]) -> str:
    """What became of the variants of requests that do more than read, a line for each kind."""
    kinds = dict.fromkeys(variant["kind"] for probed in found.values() for variant in probed.variants)
    lines = [f"| variant | {' | '.join(found)} | the gate's table |", f"| --- |{' --- |' * (len(found) + 1)}"]
    for kind in kinds:
        cells, classes = [], set()
        for probed in found.values():
            of_kind = [one for one in probed.variants if one["kind"] == kind and one["access"] != "read"]
            classes |= {one["table"] for one in of_kind}
            did = strongest(one["origin"] for one in of_kind)
            cells.append("–" if not of_kind else did or "nothing")
        order = ("refused", "write", "contribute", "read", "public")
        cells.append(", ".join(name for name in order if name in classes))
        lines.append(f"| {kind} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"

