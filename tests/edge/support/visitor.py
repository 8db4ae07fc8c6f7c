"""A person's browser at the gate's page, and the hub that sends them there."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from typing import Any

import secrets_used
import tool
from clients import Response, curl
from ledger_gate import issued

MINUTE = 60
PLAIN, HOST_ONLY = "lychgate-session", "__Host-lychgate-session"


def encoded(part: bytes | dict[str, Any]) -> str:
    data = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def key_of(keys: str, purpose: str = "sign-in") -> bytes:
    text = tool.run_lychgate("keys", "derive", purpose, keys=keys).strip()
    return base64.urlsafe_b64decode(secrets_used.remember(text) + "=")


def sign_in_assertion(
    key: bytes, audience: str, subject: str = "alice", header: dict[str, Any] | None = None, **claims: Any
) -> str:
    """A sign-in assertion, signed as a hub does; a claim of None is omitted."""
    now = int(time.time())
    said = {"aud": audience, "sub": subject, "iat": now, "exp": now + MINUTE, "jti": secrets.token_hex(16)} | claims
    said = {name: value for name, value in said.items() if value is not None}
    signed = encoded({"alg": "HS256", "kid": "1", "typ": "JWT"} | (header or {})) + "." + encoded(said)
    tag = hmac.digest(key, signed.encode(), hashlib.sha256)
    return secrets_used.remember(f"{signed}.{encoded(tag)}")


def post(gate: Any, assertion: str, *headers: str) -> Response:
    return curl(f"{gate.page}/-/sign-in", "--data-raw", f"assertion={assertion}", headers=headers)


class Visitor:
    """A person's browser, as the gate sees it."""

    def __init__(self, gate: Any, key: bytes, subject: str) -> None:
        self.gate, self.subject = gate, subject
        answer = post(gate, sign_in_assertion(key, gate.page, subject))
        assert (answer.status, answer.header("Location")) == (303, "/-/"), answer
        assert answer.header("Cache-Control") == "no-store"
        self.set_cookie = answer.header("Set-Cookie") or ""
        self.cookie = self.set_cookie.split(";")[0]
        secrets_used.remember(self.cookie.partition("=")[2])
        self.csrf = ""
        self.csrf = secrets_used.remember(self.get("session")["csrf"])

    def call(
        self, method: str, path: str, body: object = None, *headers: str, csrf: str | None = None, token: object = None
    ) -> Response:
        carried = [f"Cookie: {self.cookie}", *headers]
        if method != "GET" and csrf != "":
            carried.append(f"X-Lychgate-CSRF: {csrf or self.csrf}")
        arguments = ["--request", method]
        stdin = None
        if body is not None:
            stdin = json.dumps(body).encode()
            carried.append("Content-Type: application/json")
            arguments += ["--data-binary", "@-"]
        return curl(f"{self.gate.page}/-/{path}", *arguments, headers=carried, stdin=stdin, token=token)

    def get(self, path: str) -> Any:
        answer = self.call("GET", f"api/{path}")
        assert answer.status == 200, answer
        assert answer.header("Cache-Control") == "no-store"
        return json.loads(answer.body)

    def own(self, rest: str = "") -> str:
        return f"api/subjects/{self.subject}/tokens{rest}"

    def create(self, name: str, role: str = "read") -> tool.Token:
        answer = self.call("POST", self.own(), {"name": name, "role": role})
        assert answer.status == 201, answer
        return issued(answer)
