"""What the bench measures: the gate, forwarders that check nothing, and Workers that check tokens with a library."""

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Contender:
    """One measured Worker. `script` is None for the gate as it is deployed."""

    name: str
    script: str | None
    checks: bool = True
    # Whether it signs the assertion and checks memberships.
    full: bool = False
    # Whether its tokens have two restrictions.
    restricted: bool = False
    # The gate's route tables.
    routes: str = "hub"
    # Whether it stands before the origin of its zone, as a Worker at a route of that zone: it forwards to the host that was asked.
    zone: bool = False
    # The gate's REFRESH_SECONDS; None for its default.
    refresh_seconds: int | None = None

    @property
    def kind(self) -> str:
        kind = "gate" if self.script is None else "jwt"
        return f"{kind}-restricted" if self.restricted else kind

    @property
    def service(self) -> str:
        return f"{self.name}-{'full' if self.full else 'plain'}"


# Every contender. Those named `…-again` are another one once more: what it measures against itself decides what a ratio is
# worth.
CONTENDERS = (
    Contender("bare", "bare", checks=False),
    Contender("edits", "edits", checks=False),
    Contender("edits-again", "edits", checks=False),
    Contender("edits-zone", "edits", checks=False, zone=True),
    Contender("edits-zone-again", "edits", checks=False, zone=True),
    Contender("lychgate", None),
    Contender("lychgate-zone", None, zone=True),
    Contender("lychgate-restricted", None, restricted=True),
    Contender("lychgate-oci", None, routes="oci"),
    Contender("lychgate-mlflow", None, routes="mlflow"),
    Contender("lychgate-joined", None, routes="hub+oci+pypi"),
    Contender("jose-tuned", "jose-tuned"),
    Contender("jose-tuned-again", "jose-tuned"),
    Contender("jose-documented", "jose-documented"),
    Contender("hono", "hono"),
    Contender("worker-jwt", "worker-jwt"),
)
PEERS = ("jose-tuned", "jose-documented", "hono", "worker-jwt")


def contenders(names: Iterable[str], full: bool) -> list[Contender]:
    """The contenders of these names. The bare forwarder sets no header, so it has no form that adds the assertion."""
    among = {contender.name: replace(contender, full=full) for contender in CONTENDERS if not (full and contender.name == "bare")}
    return [among[name] for name in names if name in among]
