"""The client programs, run as users run them."""

import base64
import json
import socket
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import secrets_used
from surroundings import bare_environment, program


@dataclass(frozen=True)
class Response:
    """An HTTP response as it arrived."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name: str) -> str | None:
        values = self.all(name)
        assert len(values) <= 1, f"{name} came {len(values)} times"
        return values[0] if values else None

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def code(self) -> str | None:
        return self.header("X-Error-Code")


def curl(
    url: str,
    *arguments: str,
    token: object | None = None,
    headers: Sequence[str] = (),
    stdin: bytes | None = None,
    seconds: int = 60,
) -> Response:
    """An exchange by curl. It sends the path unchanged and does not follow redirects."""
    argv = [program("curl"), "-q", "-sS", "--path-as-is", "--max-time", str(seconds), "--dump-header", "/dev/fd/2"]
    if token is not None:
        argv += ["--header", f"Authorization: Bearer {token}"]
    for header in headers:
        argv += ["--header", header]
    result = subprocess.run(
        [*argv, *arguments, url], input=stdin, capture_output=True, timeout=seconds + 10, env=bare_environment(Path("/"))
    )
    assert result.returncode == 0, f"curl exited with {result.returncode}: {result.stderr.decode()}"
    # With --head, curl also writes the head in place of the body.
    return parse_response(result.stderr, b"" if "--head" in arguments else result.stdout)


def exchange(host: str, request: bytes) -> bytes:
    """All bytes that come back for these bytes, for requests that no client would send."""
    name, _, port = host.rpartition(":")
    with socket.create_connection((name, int(port)), timeout=30) as connection:
        connection.sendall(request)
        received = bytearray()
        while chunk := connection.recv(65536):
            received += chunk
    return bytes(received)


def parse_response(head: bytes, body: bytes) -> Response:
    """The last head in curl's dump (100 Continue comes before it), with the body."""
    blocks = [block for block in head.decode("latin-1").split("\r\n\r\n") if block.startswith("HTTP/")]
    status_line, *lines = blocks[-1].split("\r\n")
    fields = [line.split(":", 1) for line in lines]
    return Response(int(status_line.split()[1]), [(name, value.strip()) for name, value in fields], body)


def basic(user: str, password: object) -> str:
    """An Authorization header."""
    value = base64.b64encode(f"{user}:{password}".encode()).decode()
    if password:
        secrets_used.remember(value)
    return f"Authorization: Basic {value}"


def create_repository(gate_url: str, token: object, name: str) -> str:
    """Creates a repository of the token's subject, alice; returns its URL."""
    created = curl(f"{gate_url}/api/repos/create", "--json", json.dumps({"name": name}), token=token)
    assert created.status == 200, created
    return f"{gate_url}/alice/{name}"


@dataclass(frozen=True)
class Outcome:
    """A program's exit status and output."""

    status: int
    output: str
    errors: str

    def succeeded(self) -> "Outcome":
        assert self.status == 0, f"exited with {self.status}:\n{self.output}\n{self.errors}"
        return self


class Person:
    """A user with a home directory, who runs git, git-lfs and hf there."""

    def __init__(self, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.home = home
        self.credentials = home / ".git-credentials"
        (home / ".gitconfig").write_text(
            "[user]\n\tname = Alice\n\temail = alice@example.org\n[init]\n\tdefaultBranch = main\n"
            "[credential]\n\thelper = store\n[advice]\n\tdetachedHead = false\n"
        )

    def environment(self) -> dict[str, str]:
        # Nobody can type an answer: if git would ask, it fails instead.
        return bare_environment(self.home) | {"GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1"}

    def store_password(self, url: str, password: object, user: str = "alice") -> None:
        """The content of `git credential-store` after a first successful use."""
        scheme, _, host = url.partition("://")
        self.credentials.write_text(f"{scheme}://{user}:{password}@{host}\n")

    def stored_credentials(self) -> str:
        return self.credentials.read_text() if self.credentials.exists() else ""

    def git(self, *arguments: str, cwd: Path | None = None, seconds: int = 60, **variables: str) -> Outcome:
        return self.run([program("git"), *arguments], cwd, seconds, **variables)

    def run(self, argv: list[str], cwd: Path | None = None, seconds: int = 60, **variables: Any) -> Outcome:
        result = subprocess.run(
            argv,
            cwd=cwd or self.home,
            env=self.environment() | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
        )
        return Outcome(result.returncode, result.stdout, result.stderr)


def refused_upload(attempt: Callable[[], Outcome]) -> Outcome:
    """An upload that is refused. workerd by itself may close the connection before all of it is sent, and on a busy machine it often
    does; then it is tried again."""
    for _ in range(30):
        outcome = attempt()
        assert outcome.status != 0, outcome
        printed = outcome.output + outcome.errors
        if "Broken pipe" not in printed and "reset by peer" not in printed:
            break
    return outcome
