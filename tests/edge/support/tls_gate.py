"""A gate with a ledger behind https, as browsers reach a gate that is not on their own machine."""

import datetime
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bare_ledger_gate import BareLedgerGate
from clients import Response, curl
from surroundings import free_port

NAME = "hub.example"


class TlsGate(BareLedgerGate):
    """A gate that listens over https and over http, with the name `hub.example` in both cases."""

    def start(self, log: Path) -> None:
        tls_port = free_port()
        write_certificate(self.folder)
        self.secure = f"https://{NAME}:{tls_port}"
        self.insecure = f"http://{NAME}:{self.port}"
        self.names = [f"{NAME}:{port}:127.0.0.1" for port in (tls_port, self.port)]
        self.sockets = f"""    (name = "https", address = "127.0.0.1:{tls_port}", service = "gate", https = (options = (), tlsOptions = (
      keypair = (privateKey = embed "key.pem", certificateChain = embed "certificate.pem")))),
"""
        self.variables["GATE_ORIGINS"] = ", ".join([self.secure, self.insecure, self.url])
        super().start(log)

    def curl(self, url: str, *arguments: str, **more: object) -> Response:
        """A request by name that trusts the certificate."""
        names = [argument for name in self.names for argument in ("--resolve", name)]
        return curl(url, *names, "--cacert", str(self.folder / "certificate.pem"), *arguments, **more)


def write_certificate(folder: Path) -> None:
    """A certificate that vouches for itself, by name and by address."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    names = [x509.DNSName(NAME), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
