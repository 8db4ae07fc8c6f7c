"""A description of the machine on which figures were measured."""

import datetime
import os
import subprocess
from pathlib import Path

from surroundings import workerd


def description() -> str:
    """The number and model of its processors, the runtime of the Worker, and the date."""
    version = subprocess.run([workerd(), "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return f"{os.cpu_count()} cores of {_processor()}, {version}, {datetime.date.today():%Y-%m-%d}"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return os.uname().machine
