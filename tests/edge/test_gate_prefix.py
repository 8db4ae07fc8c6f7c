"""GATE_PREFIX: the gate's own paths are elsewhere, and those under `/-/` are the origin's."""

import json

import pytest

from bare_ledger_gate import BareLedgerGate, NewBareLedgerGate
from clients import curl
from visitor import sign_in_assertion
from witness import Witness

PAGE, HUB = "tokens.hub.example", "hub.example"


@pytest.fixture
def gate(new_ledger_gate: NewBareLedgerGate) -> BareLedgerGate:
    gate = new_ledger_gate(GATE_PREFIX="/_gate", PAGE_HOST=PAGE, HUB_HOST=HUB, ROUTES="npm")
    gate.await_lists()
    return gate


def test_the_gates_own_paths_are_under_the_prefix_and_nowhere_else(
    gate: BareLedgerGate, witness: Witness, hub_key: bytes
) -> None:
    read, write = (gate.create("alice", role) for role in ("read", "write"))
    assert json.loads(curl(f"{gate.url}/_gate/api/whoami", token=read).text)["subject"] == "alice"
    # The command line finds the API there, and nowhere else.
    listed = gate.lychgate("tokens", "list", "--subject", "alice", "--url", f"{gate.url}/_gate/").succeeded()
    assert read.id in listed.output
    assert gate.lychgate("tokens", "list", "--subject", "alice").status != 0
    # Sign-in leads to the page, and the hub's host to the page's.
    assertion = "assertion=" + sign_in_assertion(hub_key, f"http://{PAGE}")
    signed_in = curl(f"{gate.url}/_gate/sign-in", "--data-raw", assertion, headers=[f"Host: {PAGE}"])
    assert (signed_in.status, signed_in.header("Location")) == (303, "/_gate/")
    assert "; Path=/;" in (signed_in.header("Set-Cookie") or "")
    for host, path in ((HUB, "/_gate/"), (PAGE, "/")):
        led = curl(gate.url + path, headers=[f"Host: {host}"])
        assert (led.status, led.header("Location")) == (302, f"http://{PAGE}/_gate/"), path
    # No spelling of the prefix reaches the origin.
    before = len(witness.seen)
    for path in ("/_gate", "/_gate/x", "/_GATE/api/whoami", "/%5Fgate/x", "/_g%61te/api/health", "/_gate/%2e%2e/x", "/_gate//x"):
        answer = curl(gate.url + path, token=write)
        assert answer.code in ("path_reserved", "target_ambiguous", "not_found"), (path, answer)
    assert len(witness.seen) == before
    # What was the gate's is the origin's, and classified by the table.
    reached = [
        ("GET", "/-/ping", None, "token_required"),
        ("GET", "/-/ping", read, None),
        ("GET", "/-/api/whoami", read, None),
        ("GET", "/-/", read, None),
        ("PUT", "/-/package/widget/dist-tags/beta", read, "role_insufficient"),
        ("PUT", "/-/package/widget/dist-tags/beta", write, None),
        ("POST", "/-/npm/v1/security/audits", read, None),
        ("POST", "/-/sign-in", read, "role_insufficient"),
        ("POST", "/-/api/revoke", read, "role_insufficient"),
    ]
    for method, path, token, code in reached:
        before = len(witness.seen)
        answer = curl(gate.url + path, "--request", method, token=token)
        assert answer.code == code, (method, path, answer)
        assert len(witness.seen) - before == (code is None), (method, path)
