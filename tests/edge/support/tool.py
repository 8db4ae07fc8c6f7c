"""The command line `lychgate`, as its users run it."""

import itertools
import json
import os
import secrets
import subprocess
from dataclasses import dataclass
from pathlib import Path

import secrets_used
from surroundings import LYCHGATE_BIN, program

_serials = itertools.count(1)

# A shard for which no list is ever published.
SHARD_WITHOUT_LIST = 9


@dataclass(frozen=True)
class Token:
    """An access token, and its public id."""

    text: str
    id: str
    subject: str
    expires_at: int

    def __str__(self) -> str:
        return self.text


def run_lychgate(
    *arguments: str, keys: str | None = None, cwd: Path | None = None, stdin: str | None = None
) -> str:
    """Runs `lychgate …` and returns its standard output. If it fails, the error contains all its output."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(cwd or Path.cwd()), "WRANGLER_SEND_METRICS": "false"}
    if keys is not None:
        environment["LYCHGATE_KEYS"] = keys
    result = subprocess.run(
        [str(LYCHGATE_BIN), *arguments],
        env=environment,
        cwd=cwd,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
    )
    if result.returncode != 0:
        raise RuntimeError(f"lychgate {' '.join(arguments)} exited with {result.returncode}:\n{result.stderr}")
    return result.stdout


def narrowed(token: object, *options: str) -> str:
    """The token, narrowed as its holder would."""
    return secrets_used.remember(run_lychgate("narrow", *options, stdin=f"{token}\n").strip())


def new_keys() -> str:
    ring = run_lychgate("keys", "new").strip()
    for key in json.loads(ring)["keys"].values():
        secrets_used.remember(key)
    return ring


def mint(
    keys: str,
    role: str,
    subject: str = "alice",
    shard: int = 0,
    expires_in: str = "1d",
    prefix: str = "hub",
    serial: int | None = None,
) -> Token:
    """A token, with a serial of its own unless one is given."""
    serial = next(_serials) if serial is None else serial
    minted = run_lychgate(
        *("mint", "--subject", subject, "--role", role, "--serial", str(serial), "--shard", str(shard)),
        *("--expires-in", expires_in, "--prefix", prefix, "--json"),
        keys=keys,
    )
    facts = json.loads(minted)
    return Token(secrets_used.remember(facts["token"]), facts["id"], facts["subject"], facts["expires_at"])


def sealed_list(
    keys: str, folder: Path, shard: int, revoke: tuple[Token, ...] = (), valid_for: str = "7d", versions: int = 1
) -> bytes:
    """A revocation list as `lychgate revocations publish` seals it, after this many versions."""
    file = folder / f"list-{secrets.token_hex(8)}"
    publish = ("revocations", "publish", "--shard", str(shard), "--file", str(file), "--valid-for", valid_for)
    revocations = [argument for token in revoke for argument in ("--revoke", token.id)]
    run_lychgate(*publish, "--new", *revocations, keys=keys)
    for _ in range(versions - 1):
        run_lychgate(*publish, keys=keys)
    return file.read_bytes()


def wrangler() -> str:
    return program("wrangler")
