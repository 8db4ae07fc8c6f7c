"""docker with a daemon of its own, where one can run: as root, in a machine or container that may mount."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from clients import Outcome
from process import Process
from surroundings import bare_environment, program

# Starting takes seconds; on a machine that does not let it, the daemon exits at once.
START_SECONDS = 60


class Docker:
    """A daemon that keeps images in plain folders and has no network, which pushing and pulling do not need."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.socket = f"unix://{folder}/docker.sock"
        self.home = folder
        argv = [program("dockerd"), "--host", self.socket, "--data-root", str(folder / "data")]
        argv += ["--exec-root", str(folder / "exec"), "--pidfile", str(folder / "pid"), "--storage-driver", "vfs"]
        argv += ["--iptables=false", "--ip6tables=false", "--bridge=none", "--config-file", str(folder / "daemon.json")]
        (folder / "daemon.json").write_text(json.dumps({"features": {}}))
        self.process = Process("dockerd", argv, folder / "log", folder, bare_environment(folder))
        try:
            self.process.await_ready(lambda: self.run("version").status == 0, START_SECONDS)
        except Exception:
            self.process.stop()
            raise

    def run(self, *arguments: str, stdin: bytes | None = None) -> Outcome:
        environment = bare_environment(self.home) | {"DOCKER_HOST": self.socket}
        result = subprocess.run(
            [program("docker"), *arguments], env=environment, input=stdin, capture_output=True, timeout=120
        )
        return Outcome(result.returncode, result.stdout.decode(), result.stderr.decode())

    def stop(self) -> None:
        self.process.stop()


def missing() -> str | None:
    """Why no daemon can run here."""
    if os.geteuid() != 0:
        return "dockerd needs root"
    lacking = [name for name in ("docker", "dockerd") if shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin") is None]
    return f"not installed here: {', '.join(lacking)}" if lacking else None
