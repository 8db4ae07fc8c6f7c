"""The management API as a hub's backend calls it, over persistent connections."""

import http.client
import json
import threading
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import secrets_used


# workerd closes a connection that has been idle for some seconds.
IDLE_SECONDS = 2


@dataclass(frozen=True)
class Answer:
    """A response whose body has been read."""

    status: int
    code: str | None
    body: Any
    # The cookies that it sets, as `name=value`.
    cookies: tuple[str, ...] = ()

    def expect(self, *statuses: int) -> "Answer":
        assert self.status in statuses, self
        return self


class Connections:
    """One persistent connection to a host for each thread."""

    def __init__(self, host: str) -> None:
        self.host = host
        self._local = threading.local()

    def forget(self) -> None:
        """Closes the connection, because the process at the other end is gone."""
        self._local = threading.local()

    def exchange(self, method: str, path: str, headers: dict[str, str], body: str | None = None) -> Answer:
        connection = getattr(self._local, "connection", None)
        if connection is None or time.monotonic() - self._local.used_at > IDLE_SECONDS:
            connection = self._local.connection = http.client.HTTPConnection(self.host, timeout=60)
            self._local.used_at = time.monotonic()
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            received = response.read()
            self._local.used_at = time.monotonic()
        except (OSError, http.client.HTTPException):
            connection.close()
            raise
        is_json = "json" in (response.headers.get("Content-Type") or "")
        return Answer(
            response.status,
            response.headers.get("X-Error-Code"),
            json.loads(received) if is_json and received else None,
            tuple(cookie.partition(";")[0] for cookie in response.headers.get_all("Set-Cookie", [])),
        )


class Management:
    """Calls with the admin key. Every token in a response is registered as a secret."""

    def __init__(self, host: str, admin_key: str, prefix: str = "/-/") -> None:
        self.prefix = prefix
        self.connections = Connections(host)
        self.admin_key = admin_key

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        sent = {"Authorization": f"Bearer {self.admin_key}"} | headers
        text = None
        if body is not None:
            sent["Content-Type"] = "application/json"
            text = json.dumps(body)
        answer = self.connections.exchange(method, f"{self.prefix}api{path}", sent, text)
        if isinstance(answer.body, dict) and "token" in answer.body:
            secrets_used.remember(answer.body["token"])
        return answer

    def create(self, subject: str, name: str, role: str = "read", **more: Any) -> Answer:
        return self.call("POST", f"/subjects/{subject}/tokens", {"name": name, "role": role} | more)

    def refresh(self, subject: str, id: str, grace: int = 0) -> Answer:
        return self.call("POST", f"/subjects/{subject}/tokens/{id}/refresh?grace={grace}")

    def revoke(self, subject: str, id: str, wait: int = 0) -> Answer:
        return self.call("DELETE", f"/subjects/{subject}/tokens/{id}?wait={wait}")

    def set_membership(self, subject: str, roles: dict[str, str], wait: int = 20) -> Answer:
        return self.call("PUT", f"/subjects/{subject}/membership?wait={wait}", roles)

    def membership(self, subject: str) -> dict[str, Any]:
        return self.call("GET", f"/subjects/{subject}/membership").expect(200).body

    def tokens(self, subject: str, state: str = "live", limit: int = 100) -> dict[str, dict[str, Any]]:
        """All tokens of a subject, read page by page, by id."""
        found: dict[str, dict[str, Any]] = {}
        cursor = None
        while True:
            query = {"state": state, "limit": limit} | ({"cursor": cursor} if cursor else {})
            page = self.call("GET", f"/subjects/{subject}/tokens?{urlencode(query)}").expect(200).body
            for token in page["tokens"]:
                assert token["id"] not in found, f"{token['id']} is on two pages"
                found[token["id"]] = token
            cursor = page["next"]
            if cursor is None:
                return found

    def audit(self, subject: str) -> list[dict[str, Any]]:
        """The last 100 audit entries about a subject."""
        return self.call("GET", f"/audit?{urlencode({'subject': subject, 'limit': 100})}").expect(200).body["entries"]

    def conditions(self) -> list[dict[str, Any]]:
        """How each ledger stands, which health tells the admin."""
        return self.call("GET", "/health").expect(200, 503).body["ledgers"]

    def health(self) -> dict[int, dict[str, Any]]:
        """The lists that this isolate has cached, by shard."""
        answer = self.connections.exchange("GET", f"{self.prefix}api/health", {})
        return {entry["shard"]: entry for entry in answer.expect(200, 503).body["lists"]}

    def use(self, text: str) -> Answer:
        """A request with this token that the gate should forward to the origin."""
        return self.connections.exchange("GET", "/api/whoami-v2", {"Authorization": f"Bearer {text}"})

    def is_accepted(self, text: str) -> bool:
        answer = self.use(text)
        if answer.status == 200:
            return True
        assert (answer.status, answer.code) == (401, "token_revoked"), answer
        return False
