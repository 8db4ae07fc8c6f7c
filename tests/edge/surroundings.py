"""Where the things under test are, as the Makefile says, and what a child process may know."""

import os
import shutil
import socket
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def _place(variable: str, default: str) -> Path:
    return (REPOSITORY / os.environ.get(variable, default)).resolve()


LYCHGATE_BIN = _place("LYCHGATE_BIN", "target/debug/lychgate")
ORIGIN_BIN = _place("ORIGIN_BIN", "target/debug/examples/origin")
SERVERS_BIN = _place("SERVERS_BIN", "target/debug/examples/disagreement")
CROWD_BIN = _place("CROWD_BIN", "target/debug/examples/crowd")
WORKER_DIR = _place("WORKER_DIR", "build/worker")
PAGE_DIR = _place("PAGE_DIR", "build/page")
TRAP_WORKER_DIR = _place("TRAP_WORKER_DIR", "build/worker-trap")


def program(name: str) -> str:
    # Debian keeps servers where only root's PATH leads.
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    assert found, f"{name} is not on PATH"
    return found


def workerd() -> str:
    """The program itself, beside the wrapper in Node that npm puts on PATH."""
    packages = Path(program("workerd")).resolve().parents[2]
    found = sorted(packages.glob("@cloudflare/workerd-*/bin/workerd"))
    assert found, f"no workerd below {packages}"
    return str(found[0])


def bare_environment(home: Path) -> dict[str, str]:
    """What a program needs, and nothing of whoever runs the tests: no configuration, proxy or token of theirs."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "NO_COLOR": "1",
    }


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
