"""Requests with which origins once did more than the gate's class allows, sent byte by byte."""

import json
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from foreign import ORIGINS
from probe import EFFECTS

TIMEOUT_SECONDS = 20

# The headers that the gate sets for somebody who may read.
AS_READER = {"X-Lychgate-Access": "read", "X-Lychgate-Subject": "reader", "X-Lychgate-Role": "read"}


@dataclass(frozen=True)
class Answer:
    """The class of the handler that ran, and the access that it was told."""

    did: str | None
    told: str | None


@dataclass(frozen=True)
class Attack:
    """One request, its sender, and the origins that do more on it than they should."""

    name: str
    who: str
    method: str
    target: str
    headers: list[list[str]]
    body: str
    # The origins at which it worked without the gate.
    works_at: list[str] = field(default_factory=list)

    @property
    def may(self) -> str:
        """The most that its sender may do, if the gate tells the origin no less."""
        return {"nobody": "public", "reader": "read", "writer": "contribute", "outsider": "contribute"}[self.who]

    def works_alone(self, origin: str) -> bool:
        """Whether the origin itself does more than it should. Servers that fold names differ in which of two fields wins."""
        own = list(AS_READER.items())
        tries = (self._send(origin, [*own, *self.headers]), self._send(origin, [*self.headers, *own]))
        return any(EFFECTS.index(answer.did) > EFFECTS.index(self.may) for answer in tries)

    def works_through(self, gate: str, token: object | None) -> bool:
        """Whether the origin does more through the gate than the gate says, or than the sender may."""
        own = [("Authorization", f"Bearer {token}")] if token is not None else []
        answer = self._send(gate, [*own, *self.headers])
        # A writer may write if the gate's class is a write.
        is_told = self.who == "writer" and answer.told in EFFECTS
        return EFFECTS.index(answer.did) > EFFECTS.index(answer.told if is_told else self.may)

    def _send(self, url: str, headers: Iterable[Iterable[str]]) -> Answer:
        place = urlsplit(url)
        body = self.body.encode()
        lines = [f"{self.method} {self.target} HTTP/1.1", f"Host: {place.netloc}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in headers]
        if body or self.method not in ("GET", "HEAD"):
            lines.append(f"Content-Length: {len(body)}")
        with socket.create_connection((place.hostname, place.port), TIMEOUT_SECONDS) as connection:
            connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
            received = b""
            while block := connection.recv(65536):
                received += block
        head = received.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        return Answer(fields.get("x-effect"), fields.get("x-probe-access"))


def read_attacks() -> list[Attack]:
    return [Attack(**json.loads(line)) for line in (ORIGINS / "attacks.jsonl").read_text().splitlines()]
