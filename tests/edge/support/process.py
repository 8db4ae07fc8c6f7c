"""A child process in a session of its own, whose output all goes to one file."""

import os
import signal
import subprocess
from pathlib import Path

from waiting import wait_for


class Process:
    """A process that starts immediately. Stopping it also stops everything that it has started."""

    def __init__(self, name: str, argv: list[str], log: Path, cwd: Path, env: dict[str, str]) -> None:
        self.name = name
        self.log_path = log
        with log.open("wb") as output:
            self.child = subprocess.Popen(
                argv,
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def is_running(self) -> bool:
        return self.child.poll() is None

    def await_ready(self, is_ready, seconds: float) -> None:
        """Waits until it is ready. If it exits before, or takes too long, the error shows its log."""

        def ready_or_exited() -> bool:
            return not self.is_running() or is_ready()

        try:
            wait_for(ready_or_exited, seconds, f"{self.name} to be ready")
        except TimeoutError as error:
            raise TimeoutError(f"{error}; its log:\n{self.log()}") from None
        if not self.is_running():
            raise RuntimeError(f"{self.name} exited with {self.child.returncode}; its log:\n{self.log()}")

    def stop(self) -> None:
        for stop_signal in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.child.pid, stop_signal)
            except ProcessLookupError:
                pass
            try:
                self.child.wait(10)
            except subprocess.TimeoutExpired:
                continue
            # Processes that the child started may outlive it for a moment.
            if stop_signal == signal.SIGTERM:
                try:
                    wait_for(lambda: not self.session(), 5, f"what {self.name} started to end")
                except TimeoutError:
                    continue
            return

    def session(self) -> list[int]:
        """The ids of all processes that it started, and its own."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                stat = (entry / "stat").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue
            # The name in parentheses may contain spaces; the session is the fourth field after it.
            fields = stat.rpartition(")")[2].split()
            if fields[0] != "Z" and int(fields[3]) == self.child.pid:
                found.append(int(entry.name))
        return found
