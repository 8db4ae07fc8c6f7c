"""All secrets of this run. No log may contain one: the last test searches for them."""

import base64
import secrets
import threading

_lock = threading.Lock()
_used: set[str] = set()


def remember(secret: str) -> str:
    """Registers a secret, in plain text and in its Basic form."""
    with _lock:
        _used.add(secret)
        for user_and_password in (f":{secret}", f"{secret}:", f"{secret}:x-oauth-basic"):
            _used.add(base64.b64encode(user_and_password.encode()).decode().rstrip("="))
    return secret


def marker(what: str) -> str:
    """A word that occurs nowhere else, for a query or a body."""
    return remember(f"{what}{secrets.token_hex(12)}")


def all_used() -> set[str]:
    with _lock:
        return set(_used)
