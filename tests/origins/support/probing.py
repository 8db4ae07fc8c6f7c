"""All origins, each behind gates of its own, probed in the background, several at a time."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Protocol

from attack import Attack, read_attacks
from bare import BareGate
from bare_ledger_gate import BareLedgerGate
from foreign import ForeignOrigin
from probe import Probed, probe
from registry import ORIGINS


class HasUrl(Protocol):
    """Something that a gate can forward to."""

    @property
    def url(self) -> str: ...


# How many origins are probed at once. Each probe also sends several requests at once.
AT_ONCE = 3

# The most variants of each kind for each request, or "all" of them, which takes an hour.
SAMPLE = os.environ.get("ORIGINS_SAMPLE", "4")

# The number of changed requests of the fuzz for each origin.
FUZZ_REQUESTS = os.environ.get("FUZZ_REQUESTS", "300")

# The seed of the sample and of the fuzz.
SEED = os.environ.get("ORIGINS_SEED", "1")


@dataclass
class Findings:
    """The findings at one origin: of each kind that a test requests."""

    # Without a token, with a read token and with a write token, at a gate with the included configuration.
    by_tokens: Probed | None = None
    # Without a token where anybody may read, and with a write token of somebody who is not a member.
    by_outsiders: Probed | None = None
    # Paths and queries of writes with some bytes changed, with a read token.
    by_fuzz: Probed | None = None
    # Attacks that once got through: those that work at the origin itself, and those that work through a gate.
    by_attacks: "Attacked | None" = None


KINDS = frozenset(field.name for field in fields(Findings))


@dataclass(frozen=True)
class Attacked:
    works_alone: set[str]
    works_through: set[str]


class Probings:
    """All findings, once they are available."""

    def __init__(self, workshop: Path, keys: str, wanted: dict[str, set[str]]) -> None:
        self._workers = ThreadPoolExecutor(AT_ONCE)
        self._found: dict[str, Future[Findings]] = {
            name: self._workers.submit(_probe_origin, name, workshop / folder_name(name), keys, kinds)
            for name, kinds in wanted.items()
            if ORIGINS[name].missing() is None
        }

    def of(self, name: str) -> Findings:
        return self._found[name].result()

    def all(self) -> dict[str, Findings]:
        return {name: found.result() for name, found in self._found.items()}

    def stop(self) -> None:
        self._workers.shutdown(cancel_futures=True)


def folder_name(name: str) -> str:
    return name.replace(" ", "-").replace("/", "-")


@contextlib.contextmanager
def gate_before(origin: HasUrl, folder: Path, keys: str, **variables: str) -> Iterator[BareGate]:
    """A gate with the included configuration."""
    gate = BareGate(folder, keys, {"ORIGIN_URL": origin.url} | variables)
    try:
        gate.publish("--new")
        yield gate
    finally:
        gate.stop()


@contextlib.contextmanager
def members_gate_before(origin: ForeignOrigin, folder: Path, keys: str) -> Iterator[BareLedgerGate]:
    """A gate that checks memberships, and allows anonymous reads."""
    variables = {"ORIGIN_URL": origin.url, "MEMBERSHIP": "kv", "MEMBERSHIP_SECONDS": "2", "ANONYMOUS": "reads"}
    gate = BareLedgerGate(folder, keys, variables)
    try:
        gate.await_lists()
        gate.api.set_membership("writer", {"acme": "write"}).expect(200)
        yield gate
    finally:
        gate.stop()


def _probe_origin(name: str, folder: Path, keys: str, kinds: set[str]) -> Findings:
    origin = ORIGINS[name].start(folder)
    found = Findings()
    options = [f"--prefix={origin.mounted_at}"] if origin.mounted_at else []
    if SAMPLE != "all":
        options += ["--sample", SAMPLE, "--seed", SEED]
    try:
        attacks = read_attacks() if ORIGINS[name].is_hub and "by_attacks" in kinds else []
        works_alone = {attack.name for attack in attacks if attack.works_alone(origin.direct_url)}
        with gate_before(origin, folder / "gate", keys) as gate:
            read, write = gate.mint("read", subject="reader"), gate.mint("write", subject="writer")
            places = (origin.direct_url, gate.url, origin.requests)
            if "by_tokens" in kinds:
                found.by_tokens = probe(*places, {"read": read, "write": write}, "--all", *options)
            if "by_fuzz" in kinds:
                found.by_fuzz = probe(*places, {"read": read}, "--fuzz", FUZZ_REQUESTS, "--seed", SEED)
            works_through = _working(attacks, gate.url, {"nobody": None, "reader": read, "writer": write})
        if kinds & {"by_outsiders", "by_attacks"}:
            with members_gate_before(origin, folder / "members-gate", keys) as gate:
                read, outsider = gate.create("reader", "read"), gate.create("outsider", "write")
                places = (origin.direct_url, gate.url, origin.outsiders_requests)
                if "by_outsiders" in kinds:
                    found.by_outsiders = probe(*places, {"read": read, "outsider": outsider}, "--anonymous", *options)
                works_through |= _working(attacks, gate.url, {"outsider": outsider})
        found.by_attacks = Attacked(works_alone, works_through)
        return found
    finally:
        origin.stop()


def _working(attacks: list[Attack], gate: str, senders: Mapping[str, object | None]) -> set[str]:
    return {
        attack.name
        for attack in attacks
        if attack.who in senders and attack.works_through(gate, senders[attack.who])
    }
