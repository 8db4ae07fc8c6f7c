"""A gate that refuses, the situations in which it does, and what a client is told in each."""

import time
from dataclasses import dataclass
from pathlib import Path

import tool
import words
from bare import BareGate
from clients import Person, curl
from surroundings import free_port
from tls_gate import write_certificate
from waiting import wait_for

# huggingface.js sends no token that begins otherwise.
PREFIX = "hf"

SITUATIONS = ["none", "forged", "expired", "revoked", "role", "unavailable"]


class RefusingGate(BareGate):
    """Listens over http and over https."""

    def start(self, log: Path) -> None:
        port = free_port()
        write_certificate(self.folder)
        self.certificate = self.folder / "certificate.pem"
        self.secure = f"https://127.0.0.1:{port}"
        self.sockets = f"""    (name = "https", address = "127.0.0.1:{port}", service = "gate", https = (options = (), tlsOptions = (
      keypair = (privateKey = embed "key.pem", certificateChain = embed "certificate.pem")))),
"""
        super().start(log)


def new_refusing_gate(folder: Path, keys: str, origin_url: str) -> RefusingGate:
    gate = RefusingGate(folder, keys, {"ORIGIN_URL": origin_url, "TOKEN_PREFIX": PREFIX})
    gate.publish("--new")
    return gate


def tokens_by_situation(gate: RefusingGate) -> dict[str, tool.Token | None]:
    """The token that a client sends in each situation."""
    revoked = gate.mint("write", prefix=PREFIX)
    gate.publish("--revoke", revoked.id)
    expired = gate.mint("write", prefix=PREFIX, expires_in="1s")
    tokens = {
        "none": None,
        "forged": tool.mint(tool.new_keys(), "write", prefix=PREFIX),
        "expired": expired,
        "revoked": revoked,
        "role": gate.mint("read", prefix=PREFIX),
        "unavailable": gate.mint("write", prefix=PREFIX, shard=tool.SHARD_WITHOUT_LIST),
    }
    wait_for(lambda: time.time() >= expired.expires_at, 5, "a token to expire")
    url = f"{gate.url}/acme/widget"
    wait_for(lambda: curl(url, token=revoked).code == "token_revoked", 15, "the revocation")
    return tokens


def message(situation: str, token: tool.Token | None) -> str:
    """The gate's message in a situation, without the full stop, because Hub clients end the sentence themselves."""
    text = {
        "none": lambda _token: words.TOKEN_REQUIRED,
        "forged": lambda _token: words.TOKEN_FORGED,
        "expired": words.token_expired,
        "revoked": lambda _token: words.TOKEN_REVOKED,
        "role": lambda _token: words.ROLE_INSUFFICIENT,
        "unavailable": lambda _token: words.LIST_UNAVAILABLE,
    }[situation](token)
    return text.removesuffix(".")


@dataclass(frozen=True)
class RefusedRequest:
    """A request that a client makes and the gate refuses."""

    gate: RefusingGate
    token: str | None
    writes: bool
    person: Person

    @property
    def host(self) -> str:
        return self.gate.host

    @property
    def userinfo(self) -> str:
        return "" if self.token is None else f"alice:{self.token}@"

    def run(self, *argv: str, **more: object) -> str:
        """Everything that a program prints. It must fail."""
        outcome = self.person.run(list(argv), **more)
        assert outcome.status != 0, outcome
        return outcome.output + outcome.errors
