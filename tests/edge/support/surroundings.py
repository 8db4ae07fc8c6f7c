"""The paths of the programs under test, as the Makefile passes them, and the environment of a child process."""

import fcntl
import os
import random
import shutil
import socket
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]


def _place(variable: str, default: str) -> Path:
    return (REPOSITORY / os.environ.get(variable, default)).resolve()


LYCHGATE_BIN = _place("LYCHGATE_BIN", "target/debug/lychgate")
ORIGIN_BIN = _place("ORIGIN_BIN", "target/debug/examples/origin")
AXUM_HUB = _place("AXUM_HUB", "target/debug/examples/axum_hub")
GO_HUB = _place("GO_HUB", "build/origins/go-hub")
LOAD_GENERATOR_BIN = _place("LOAD_GENERATOR_BIN", "target/debug/examples/load_generator")
WORKER_DIR = _place("WORKER_DIR", "build/worker")
PAGE_DIR = _place("PAGE_DIR", "build/page")
TRAP_WORKER_DIR = _place("TRAP_WORKER_DIR", "build/worker-trap")


def program(name: str) -> str:
    # Debian installs servers into folders that only root's PATH includes.
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    assert found, f"{name} is not on PATH"
    return found


def workerd() -> str:
    """The program itself, next to the Node wrapper that npm puts on PATH."""
    packages = Path(program("workerd")).resolve().parents[2]
    found = sorted(packages.glob("@cloudflare/workerd-*/bin/workerd"))
    assert found, f"no workerd below {packages}"
    return str(found[0])


def bare_environment(home: Path) -> dict[str, str]:
    """The variables that a program needs, and none of the person who runs the tests: no configuration, proxies or tokens."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "NO_COLOR": "1",
    }


# Below the ports that systems give to clients. Otherwise, a port that was free a moment ago may belong to a client when a
# server starts to listen.
PORTS = range(20_000, 32_000)

# Held while this process runs, so no other run of these tests takes the same port.
_held_ports: list[int] = []


def free_port() -> int:
    """A port on which nothing listens, reserved for this process."""
    folder = Path(tempfile.gettempdir()) / f"lychgate-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    for port in random.SystemRandom().sample(PORTS, 100):
        lock = os.open(folder / str(port), os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with socket.socket() as listener:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind(("127.0.0.1", port))
        except OSError:
            os.close(lock)
            continue
        _held_ports.append(lock)
        return port
    raise RuntimeError(f"no port of {PORTS} is free")
