"""A gate with a ledger whose clock a test sets while its timers run on, as when a machine's clock is set."""

import struct
import subprocess
from pathlib import Path

from bare_ledger_gate import BareLedgerGate
from surroundings import REPOSITORY, WORKER_DIR, program


class ClockedLedgerGate(BareLedgerGate):
    """The same program, with the system's answer to what time it is moved."""

    def __init__(self, folder: Path, keys: str, variables: dict[str, str], worker: Path = WORKER_DIR) -> None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        library = folder.parent / "clock.so"
        source = REPOSITORY / "tests/edge/support/clock.c"
        subprocess.run([program("cc"), "-O2", "-shared", "-fPIC", "-o", library, source], check=True, timeout=60)
        self._clock = folder.parent / "clock"
        self.move_clock(0)
        self.preloaded = {"LD_PRELOAD": str(library), "CLOCK_FILE": str(self._clock)}
        super().__init__(folder, keys, variables, worker)

    def move_clock(self, seconds: int) -> None:
        """Sets how far the clock is from the true time from now on."""
        with self._clock.open("r+b" if self._clock.exists() else "wb") as file:
            file.write(struct.pack("=q", seconds))
