"""A secret scanner that signs its reports as GitHub does, with a key of this run."""

import base64
import json

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from clients import Response
from ledger_gate import JSON, LedgerGate

PATH = "github/secret-scanning"


class Scanner:
    """A scanner with a key pair. The gate knows the public key by its identifier."""

    identifier = "f9525bf080f75b3506ca1ead061add62b8633a346606dc5fe544e29231c6ee0d"

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())

    def public_keys(self) -> str:
        """The JSON that GitHub serves, for the gate's configuration."""
        pem = self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        return json.dumps({"public_keys": [{"key_identifier": self.identifier, "key": pem, "is_current": True}]})

    def signature(self, body: bytes) -> str:
        return base64.b64encode(self._key.sign(body, ec.ECDSA(hashes.SHA256()))).decode()

    def headers(self, body: bytes) -> list[str]:
        return [
            f"Github-Public-Key-Identifier: {self.identifier}",
            f"Github-Public-Key-Signature: {self.signature(body)}",
        ]

    def report(self, gate: LedgerGate, *texts: object) -> Response:
        """Reports texts that were found in public."""
        body = report_of(*texts)
        return send(gate, body, self.headers(body))


def report_of(*texts: object) -> bytes:
    found = [
        {"token": str(text), "type": "lychgate_token", "url": "https://github.example/a/b", "source": "commit"}
        for text in texts
    ]
    return json.dumps(found).encode()


def send(gate: LedgerGate, body: bytes, headers: list[str]) -> Response:
    return gate.call("POST", PATH, stdin=body, headers=[JSON, *headers], anonymous=True)
