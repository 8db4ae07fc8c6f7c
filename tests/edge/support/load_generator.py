"""Many clients at once, and an origin that counts requests: runs the program in `tests/load/load_generator`."""

import json
import subprocess
import urllib.request
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from process import Process
from surroundings import LOAD_GENERATOR_BIN, bare_environment
from tool import Token


@dataclass(frozen=True)
class Class:
    """Requests of one kind, in a fixed share of all, with their one correct response."""

    name: str
    share: int
    status: int
    code: str | None
    method: str = "GET"
    # `{number}` in it becomes the number of the request.
    target: str = "/acme/widget/resolve/main/config.json"
    # The tokens, which take turns.
    tokens: tuple[str, ...] = ()
    # Whether every request carries a forged token of its own.
    forged: bool = False
    # If it contains `{token}`, the token replaces it and is not in the header.
    body: str | None = None


@dataclass(frozen=True)
class Tally:
    """The results of the requests of a class."""

    sent: int
    right: int
    wrong: dict[str, int]
    broken: int


@dataclass(frozen=True)
class Report:
    """The results of all clients. Times are in microseconds."""

    seconds: float
    classes: dict[str, Tally]
    median: int
    percentile_99: int
    longest: int

    @property
    def sent(self) -> int:
        return sum(tally.sent for tally in self.classes.values())

    @property
    def right(self) -> int:
        return sum(tally.right for tally in self.classes.values())

    @property
    def broken(self) -> int:
        return sum(tally.broken for tally in self.classes.values())

    @property
    def wrong(self) -> dict[str, dict[str, int]]:
        return {name: tally.wrong for name, tally in self.classes.items() if tally.wrong}

    @property
    def per_second(self) -> float:
        return (self.right + self.broken) / self.seconds


class LoadGenerator:
    """A running load generator: it sends requests until it has sent enough or its time is up."""

    def __init__(self, host: str, plan: list[Class], folder: Path, connections: int = 32, **limits: Any) -> None:
        """`limits` are `requests`, `seconds`, `forged`, `most_seconds` and `from_number`, as for `load_generator ask`."""
        file = folder / f"plan-{plan[0].name}.json"
        file.write_text(json.dumps([asdict(part) for part in plan]))
        arguments = ["ask", "--gate", host, "--connections", str(connections)]
        for name, value in limits.items():
            arguments += [f"--{name.removesuffix('_number').replace('_', '-')}", str(value)]
        self._child = subprocess.Popen(
            [str(LOAD_GENERATOR_BIN), *arguments, str(file)],
            env=bare_environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def is_there(self) -> bool:
        return self._child.poll() is None

    def report(self) -> Report:
        """Waits until it is done."""
        output, errors = self._child.communicate()
        if self._child.returncode != 0:
            raise RuntimeError(f"the load generator exited with {self._child.returncode}: {errors}")
        said = json.loads(output)
        said["classes"] = {name: Tally(**tally) for name, tally in said["classes"].items()}
        return Report(**said)

    def stop(self) -> None:
        self._child.kill()
        self._child.communicate()


def ask(host: str, plan: list[Class], folder: Path, **limits: Any) -> Report:
    """Runs a load generator to its end and returns its report."""
    return LoadGenerator(host, plan, folder, **limits).report()


class CountingOrigin(Process):
    """An origin that responds to everything, and counts requests by the first word of the subject."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        arguments = [str(LOAD_GENERATOR_BIN), "origin"]
        super().__init__("the counting origin", arguments, folder / "origin.log", folder, bare_environment(folder))
        self.await_ready(lambda: self.log().endswith("\n"), 30)
        self.url = f"http://127.0.0.1:{self.log().strip()}"

    def counts(self) -> dict[str, int]:
        with urllib.request.urlopen(f"{self.url}/counts", timeout=30) as answer:
            return json.load(answer)


def texts(tokens: list[Token]) -> tuple[str, ...]:
    return tuple(token.text for token in tokens)
