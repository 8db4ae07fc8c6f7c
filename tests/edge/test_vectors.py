"""The vectors of routes and tokens, against the module that is shipped: natively and in WebAssembly they are tried in
tests/vectors, and here by way of workerd, with everything between a socket and the core.
"""

import http.client
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bare import BareGate
from surroundings import REPOSITORY
from tool import Token
from witness import Witness

VECTORS = REPOSITORY / "tests/vectors"
ACCESSES = ["public", "read", "contribute", "write"]
METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}


class AsItIs(http.client.HTTPConnection):
    """A connection that sends any method and target unchanged."""

    def _validate_method(self, method: str) -> None:
        pass

    def _validate_path(self, url: str) -> None:
        pass

    def _encode_request(self, request: str) -> bytes:
        return request.encode()


class Asker:
    """Sends one request after another to a gate."""

    def __init__(self, gate: BareGate, origin: Witness) -> None:
        self._connection = AsItIs(gate.host, timeout=20)
        self._origin = origin

    def outcome(self, token: object, method: str, target: str, body: str = "", content_type: str | None = None) -> str:
        """The access with which the request reached the origin, or the code or status with which it did not."""
        self._origin.seen.clear()
        self._connection.putrequest(method, target, skip_accept_encoding=True)
        self._connection.putheader("Authorization", f"Bearer {token}")
        if method == "OPTIONS":
            self._connection.putheader("Origin", "https://app.example")
            self._connection.putheader("Access-Control-Request-Method", "PUT")
        elif method not in ("GET", "HEAD"):
            self._connection.putheader("Content-Type", content_type or "application/vnd.git-lfs+json")
            self._connection.putheader("Content-Length", str(len(body.encode())))
        self._connection.endheaders(body.encode())
        response = self._connection.getresponse()
        response.read()
        if self._origin.seen:
            (access,) = self._origin.last().all("X-Lychgate-Access")
            return access
        if method == "OPTIONS" and response.status == 204:
            # The gate's own answer.
            return "public"
        return response.getheader("X-Error-Code") or str(response.status)


def _vectors(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text())


@pytest.fixture(scope="module")
def writer(bare: BareGate) -> Token:
    return bare.mint("write")


def test_requests_get_their_class(
    bare: BareGate, witness: Witness, writer: Token, note_figure: Callable[[str], None]
) -> None:
    asker = Asker(bare, witness)
    # What the platform knows no method by, it answers itself.
    cases = [case for case in _vectors("routes")["cases"] if case["method"] in METHODS]
    wrong = []
    for case in cases:
        outcome = asker.outcome(writer, case["method"], case["target"], case.get("body", ""), case.get("content_type"))
        if outcome != case["outcome"]:
            wrong.append(f"{case['name']}: expected {case['outcome']}, found {outcome}")
    assert not wrong, "\n".join(wrong)
    note_figure(f"route vectors by way of workerd: {len(cases)} requests, all of their class")


def test_attacks_get_nothing_softer(
    bare: BareGate, witness: Witness, writer: Token, note_figure: Callable[[str], None]
) -> None:
    asker = Asker(bare, witness)
    rows = _vectors("routes")["attacks"] + _vectors("corpus_bypass")["rows"]
    # Fragments, and `*`, the platform takes out of a URL before anyone sees it: the origin does not get them either.
    attacks = [row for row in rows if row["target"].startswith("/") and "#" not in row["target"]]
    softer, reached = [], 0
    for attack in attacks:
        request = (attack["method"], attack["target"], attack.get("body", ""), attack.get("content_type"))
        outcome = asker.outcome(writer, *request)
        if outcome not in ACCESSES:
            continue
        reached += 1
        if ACCESSES.index(outcome) < ACCESSES.index(attack["weakest"]):
            target = witness.last().target
            softer.append(f"{attack['method']} {attack['target']} came to the origin as {target}, as {outcome}")
    assert not softer, "\n".join(softer)
    note_figure(f"attacks by way of workerd: {len(attacks)} tried, {reached} let through as what they are, none as less")


# What a header can hold, and of the prefix that is the default.
TOKENS = [
    case
    for case in _vectors("token")["verify"]
    if case["prefix"] == "hub" and case["token"].isprintable() and case["token"].strip() == case["token"] != ""
]


@pytest.mark.parametrize("ring", sorted({case["ring"] for case in TOKENS}))
def test_tokens_are_believed_or_refused(
    workshop: Path, witness: Witness, ring: str, note_figure: Callable[[str], None]
) -> None:
    cases = [case for case in TOKENS if case["ring"] == ring]
    gate = BareGate(workshop / f"vectors-{ring}", _vectors("token")["rings"][ring], {"ORIGIN_URL": witness.url})
    try:
        for shard in {int(case["claims"]["id"].split("-")[0]) for case in cases if case.get("claims")}:
            gate.publish("--new", shard=shard)
        asker = Asker(gate, witness)
        wrong = []
        for case in cases:
            outcome = asker.outcome(case["token"], "GET", "/acme/widget/resolve/main/config.json")
            if outcome not in _expected(case):
                wrong.append(f"{case['name']}: expected {_expected(case)}, found {outcome}")
        assert not wrong, "\n".join(wrong)
    finally:
        gate.stop()
    note_figure(f"token vectors of the ring {ring} by way of workerd: {len(cases)}, all believed or refused as told")


def _expected(case: dict[str, Any]) -> set[str]:
    """The responses that the gate may give although its clock differs from the vector's."""
    now, claims = time.time(), case.get("claims")
    if claims is not None:
        limits = [limit.split("=", 1) for limit in claims["restrictions"]]
        ends = [int(value) for kind, value in limits if kind == "expires"] + [claims["expires_at"] or now + 1]
        if min(ends) <= now:
            return {"token_expired"}
        # Which requests a believed token is limited to, the decision vectors say.
        return {"read", "restriction_insufficient"} if limits else {"read"}
    if case["code"] == "expired":
        return {"token_expired"} if case["now"] <= now else {"token_expired", "read"}
    return {"token_invalid", "credentials_malformed"}
