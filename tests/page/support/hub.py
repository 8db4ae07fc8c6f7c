"""The hub's side of signing in: a page of another origin whose form posts the hub's sign-in assertion to the gate."""

import base64
import hashlib
import hmac
import html
import http.server
import json
import secrets
import threading
import time
from urllib.parse import parse_qs, urlsplit

import secrets_used
from tool import run_lychgate


class Hub:
    """Signs people in at any gate that shares its keys: `url?subject=alice&gate=http://…`."""

    def __init__(self, keys: str) -> None:
        self.keys = keys
        hub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
                page = hub.form(query["subject"], query["gate"]).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def form(self, subject: str, gate: str) -> str:
        return (
            f'<!doctype html><html lang="en"><title>Hub</title><form method="post" action="{html.escape(gate)}/-/sign-in">'
            f'<input type="hidden" name="assertion" value="{self.assertion(subject, gate)}">'
            f"<button>Access tokens</button></form>"
        )

    def assertion(self, subject: str, gate: str) -> str:
        """A JWT of a minute, by the key that `lychgate keys derive sign-in` prints."""
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
