"""The runbooks of docs/operations.md: their commands, run with a gate of `wrangler dev`."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import secrets_used
import tool
from clients import Outcome
from gate import WranglerDev
from ledger_gate import LedgerGate
from origin import Origin
from surroundings import LYCHGATE_BIN, REPOSITORY, bare_environment

# On this machine, a secret of the gate is a line of .dev.vars, and `wrangler dev` stores the deployed KV. wrangler itself runs
# all other commands.
WRANGLER = """#!/bin/bash
set -euo pipefail
if [ "$1 $2" = "secret put" ]; then
  cat > "$DEPLOYMENT/put/$3"
  exit
fi
exec "$REAL_WRANGLER" "${@/#--remote/--local}" --config "$DEPLOYMENT/wrangler.json" --persist-to "$DEPLOYMENT/state"
"""


def commands(title: str) -> list[str]:
    """The blocks of commands in a section, in order."""
    _, _, rest = (REPOSITORY / "docs/operations.md").read_text().partition(f"\n## {title}\n")
    section = rest.partition("\n## ")[0]
    blocks = re.findall(r"^```sh\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    # Blocks of commands have no other form.
    assert blocks and len(blocks) * 2 == section.count("```"), title
    return blocks


class Deployment(LedgerGate):
    """A gate in front of the example origin, and a folder for the operator of both, with the key ring in `ring.json`."""

    def __init__(self, folder: Path, keys: str, hub: Origin, **variables: Any) -> None:
        self._earlier_logs = ""
        super().__init__(folder, keys, {"ORIGIN_URL": hub.url} | variables)
        self.desk = folder / "desk"
        for place in (self.desk, folder / "put", folder / "bin"):
            place.mkdir()
        (self.desk / "ring.json").write_text(keys)
        wrangler = folder / "bin/wrangler"
        wrangler.write_text(WRANGLER)
        wrangler.chmod(0o755)

    def run(self, block: str, **variables: str) -> Outcome:
        """Runs commands as the runbook's reader does. Secrets that they set are deployed when they are done."""
        environment = bare_environment(self.folder)
        environment["PATH"] = f"{self.folder / 'bin'}:{LYCHGATE_BIN.parent}:{environment['PATH']}"
        environment |= {
            "DEPLOYMENT": str(self.folder),
            "REAL_WRANGLER": tool.wrangler(),
            "WRANGLER_SEND_METRICS": "false",
            "LYCHGATE_URL": self.url,
            "LYCHGATE_ADMIN_KEY": self.admin_key,
        }
        ran = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block],
            cwd=self.desk,
            env=environment | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        for file in self.desk.glob("*.json"):
            _remember_keys(json.loads(file.read_text() or "{}"))
        put = self.folder / "put/LYCHGATE_KEYS"
        if put.exists():
            self._deploy(put.read_text().strip())
            put.unlink()
        return Outcome(ran.returncode, ran.stdout, ran.stderr)

    def read(self, name: str) -> str:
        """A file that the commands created."""
        return (self.desk / name).read_text()

    def _deploy(self, keys: str) -> None:
        """Restarts the gate on the same ledger and KV, with another key ring."""
        self.stop()
        self._earlier_logs = self.log()
        self.keys = keys
        secrets = f"LYCHGATE_KEYS='{keys}'\nLYCHGATE_ADMIN_KEY='{self.admin_key}'\n"
        (self.folder / ".dev.vars").write_text(secrets)
        WranglerDev.__init__(self, self.folder, (self.folder / "wrangler.json",))

    def log(self) -> str:
        """The logs of all processes so far."""
        return self._earlier_logs + super().log()


def _remember_keys(found: Any) -> None:
    """All texts in the commands' output that are as long as a key."""
    if isinstance(found, dict | list):
        for value in found.values() if isinstance(found, dict) else found:
            _remember_keys(value)
    elif isinstance(found, str) and len(found) >= 43:
        secrets_used.remember(found)
