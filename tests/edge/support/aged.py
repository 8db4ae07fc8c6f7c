"""Tokens issued in the past, from the independent generator of the vectors: the command line mints tokens for now only."""

import base64
import importlib.util
import itertools
import json
import time
from types import ModuleType

import secrets_used
from surroundings import REPOSITORY
from tool import Token

# Serials above those that `tool.mint` uses in a run.
_serials = itertools.count(1_000_000)


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", REPOSITORY / "tests/vectors/generate.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def mint_aged(keys: str, role: str, age: int, remaining: int, subject: str = "alice") -> Token:
    """A token that was created `age` seconds ago and expires in `remaining` seconds."""
    generator = _generator()
    ring = json.loads(keys)
    root = base64.urlsafe_b64decode(ring["keys"][str(ring["active"])] + "==")
    key = generator.hkdf_sha256(root, b"lychgate v1 token")
    now, serial = int(time.time()), next(_serials)
    said = generator.claims(
        role={"read": generator.READ, "write": generator.WRITE}[role],
        subject=subject.encode(),
        serial=serial,
        issued_at=now - age,
        expires_at=now + remaining,
    )
    text = secrets_used.remember(generator.token(said, ring["active"], key=key))
    return Token(text, f"0-{serial}", subject, now + remaining)
