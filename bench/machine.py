"""The machine of a run."""

import os
import pathlib
import platform
import subprocess
import sys


def machine() -> str:
    return f"{os.cpu_count()} cores of {processor()}, {platform.system()} {platform.release()} on {platform.machine()}"


def processor() -> str:
    if sys.platform == "darwin":
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
