"""The hub's part in signing in: a page of another origin, whose form posts the hub's sign-in assertion to the gate."""

import base64
import hashlib
import hmac
import html
import json
import secrets
import time
from urllib.parse import parse_qs, urlsplit

import secrets_used
from page_server import PageServer
from tool import run_lychgate


class Hub:
    """Signs people in at any gate that shares its keys, at `<url>?subject=alice&gate=<gate's URL>&prefix=/-/`."""

    def __init__(self, keys: str) -> None:
        self.keys = keys
        self.server = PageServer(self._page)
        self.url = f"{self.server.url}/"

    def stop(self) -> None:
        self.server.stop()

    def _page(self, target: str) -> str:
        query = parse_qs(urlsplit(target).query)
        return self.form(query["subject"][0], query["gate"][0], query["prefix"][0])

    def form(self, subject: str, gate: str, prefix: str) -> str:
        return (
            f'<!doctype html><html lang="en"><title>Hub</title><link rel="icon" href="data:,"><form method="post" action="{html.escape(gate + prefix)}sign-in">'
            f'<input type="hidden" name="assertion" value="{self.assertion(subject, gate)}">'
            f"<button>Access tokens</button></form>"
        )

    def assertion(self, subject: str, gate: str) -> str:
        """A JWT that is valid for a minute, signed with the key that `lychgate keys derive sign-in` prints."""
        derived = json.loads(run_lychgate("--json", "keys", "derive", "sign-in", keys=self.keys))
        key_id, key = (derived[name] for name in ("key_id", "key"))
        secrets_used.remember(key)
        now = int(time.time())
        claims = {"aud": gate, "sub": subject, "iat": now, "exp": now + 60, "jti": secrets.token_urlsafe(16)}
        header = {"alg": "HS256", "kid": str(key_id), "typ": "JWT"}
        signed = ".".join(_encoded(json.dumps(part).encode()) for part in (header, claims))
        signature = hmac.digest(base64.urlsafe_b64decode(key + "=="), signed.encode(), hashlib.sha256)
        return secrets_used.remember(f"{signed}.{_encoded(signature)}")


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
