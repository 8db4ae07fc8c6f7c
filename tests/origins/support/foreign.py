"""Servers of other makes, as processes that the tests start on free ports."""

import grp
import os
import pwd
import re
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from process import Process
from surroundings import REPOSITORY, bare_environment

ORIGINS = REPOSITORY / "tests/origins"
HUBS = ORIGINS / "hubs"


class ForeignOrigin(Process):
    """A server that prints its port, or is told one and is ready when it accepts connections there.

    `beside` are processes that it needs; `behind` is the origin of a proxy. Both are stopped together with it.
    """

    requests = ORIGINS / "hub.jsonl"
    # The requests of somebody who is not a member: fewer, because most disguises have been tried by then.
    outsiders_requests = ORIGINS / "outsider.jsonl"
    # A path under which it is also mounted.
    mounted_at = ""

    def __init__(
        self,
        name: str,
        folder: Path,
        argv: list[str],
        port: int | None = None,
        environment: Mapping[str, str] = {},
        behind: "ForeignOrigin | None" = None,
        beside: Process | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._told_port, self.behind, self.beside = port, behind, beside
        own = bare_environment(folder) | {"NODE_ENV": "production", "PYTHONPATH": str(HUBS), "PYTHONDONTWRITEBYTECODE": "1"}
        super().__init__(name, argv, folder / "log", folder, own | environment)
        try:
            self.await_ready(lambda: self.port() is not None, 60)
        except Exception:
            self.stop()
            raise
        self.url = f"http://127.0.0.1:{self.port()}"
        # Its URL without the gate.
        self.direct_url = self.url
        if behind is not None:
            self.requests, self.outsiders_requests = behind.requests, behind.outsiders_requests

    def port(self) -> int | None:
        if self._told_port is not None:
            return self._told_port if _accepts(self._told_port) else None
        found = re.search(r"listening on (\d+)", self.log())
        return int(found[1]) if found else None

    def stop(self) -> None:
        super().stop()
        for other in (self.beside, self.behind):
            if other is not None:
                other.stop()


def filled_in(template: str, target: Path, **words: Any) -> Path:
    """A configuration in which the words in capitals have been replaced."""
    text = (HUBS / template).read_text()
    target.write_text(re.sub(r"\b[A-Z]{4,}\b", lambda word: str(words.get(word[0], word[0])), text))
    return target


def unprivileged() -> dict[str, str]:
    """User and group for the workers of servers that refuse to run as root."""
    user = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    return {"USER": user.pw_name, "GROUP": grp.getgrgid(user.pw_gid).gr_name}


def make_git_repository(repository: Path) -> None:
    output("git", "init", "--quiet", "--bare", "--initial-branch=main", str(repository))
    git = ("git", "--git-dir", str(repository))
    author = ("-c", "user.name=alice", "-c", "user.email=alice@users.noreply.localhost")
    tree = output(*git, "hash-object", "-w", "-t", "tree", "/dev/null").strip()
    commit = output(*git, *author, "commit-tree", tree, "-m", "first").strip()
    output(*git, "update-ref", "refs/heads/main", commit)


def git_http_backend() -> Path:
    return Path(output("git", "--exec-path").strip()) / "git-http-backend"


def output(*argv: str) -> str:
    environment = bare_environment(Path("/")) | {"GIT_CONFIG_NOSYSTEM": "1"}
    return subprocess.run(argv, env=environment, check=True, capture_output=True, text=True).stdout


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 0.5).close()
    except OSError:
        return False
    return True
