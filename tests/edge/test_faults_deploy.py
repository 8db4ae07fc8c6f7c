"""Deploys with another key ring while clients work: the gate refuses at every moment what it must refuse, and serves the
other clients except during the restart."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import http.client

import secrets_used
import tool
from bare_ledger_gate import BareLedgerGate
from management import Answer
from meanwhile import meanwhile
from waiting import wait_for

# What the gate may take to serve again after a deploy.
SERVES_WITHIN_SECONDS = 20


@dataclass
class Client:
    """Sends requests with one token across deployments and records every response."""

    gate: BareLedgerGate
    text: str
    seen: list[tuple[int, str | None]] = field(default_factory=list)

    def work(self) -> None:
        answer = ask(self.gate, self.text)
        if answer is not None:
            self.seen.append((answer.status, answer.code))
        time.sleep(0.01)

    def await_answer(self, status: int, code: str | None) -> None:
        """From now on."""
        mark = len(self.seen)
        wait_for(
            lambda: (status, code) in self.seen[mark:],
            SERVES_WITHIN_SECONDS,
            f"{status} {code}, beside {set(self.seen[mark:])}",
        )


def ask(gate: BareLedgerGate, text: str) -> Answer | None:
    """There was no response, because the process was being replaced."""
    try:
        return gate.api.use(text)
    except (OSError, http.client.HTTPException):
        return None


def rotated(keys: str) -> str:
    ring = tool.run_lychgate("keys", "rotate", keys=keys).strip()
    for key in json.loads(ring)["keys"].values():
        secrets_used.remember(key)
    return ring


def without_old_keys(ring: str) -> str:
    held = json.loads(ring)
    active = str(held["active"])
    return json.dumps(held | {"keys": {active: held["keys"][active]}})


def deploy(gate: BareLedgerGate, keys: str) -> None:
    gate.stop_only()
    gate.keys = keys
    gate.start_again(LYCHGATE_KEYS=keys)


UNAVAILABLE = (503, "revocations_unavailable")


def test_key_rings_are_replaced_while_clients_work(
    ledger_gate: BareLedgerGate, note_figure: Callable[[str], None]
) -> None:
    gate, api = ledger_gate, ledger_gate.api
    old, revoked, last = (api.create("alice", name).expect(201).body for name in ("old", "revoked", "last"))
    api.revoke("alice", revoked["id"], wait=20).expect(200)
    wait_for(lambda: not api.is_accepted(revoked["token"]), 10, "the revocation to be in force")
    ring = rotated(gate.keys)
    user, intruder = Client(gate, old["token"]), Client(gate, revoked["token"])
    with meanwhile(user.work, intruder.work):
        # A new key: every token stays valid, and every revocation stays in force.
        deploy(gate, ring)
        user.await_answer(200, None)
        intruder.await_answer(401, "token_revoked")
        new = api.create("alice", "new").expect(201).body
        api.revoke("alice", last["id"], wait=20).expect(200)
        wait_for(lambda: not api.is_accepted(last["token"]), 10, "a revocation under the new key to be in force")
        assert set(user.seen) - {UNAVAILABLE} == {(200, None)}
        assert set(intruder.seen) - {UNAVAILABLE} == {(401, "token_revoked")}

        # The old key goes: so do its tokens, and those of the new key work.
        deploy(gate, without_old_keys(ring))
        user.await_answer(401, "token_invalid")
        intruder.await_answer(401, "token_invalid")
        wait_for(lambda: api.use(new["token"]).status == 200, SERVES_WITHIN_SECONDS, "the new token to be accepted")
        mark = len(user.seen)
        wait_for(lambda: len(user.seen) > mark + 20, 20, "more answers to the old token")
        assert set(user.seen[mark:]) == {(401, "token_invalid")}
        # Refused means refused: no answer of the whole run let the revoked one in.
        assert {status for status, _ in intruder.seen} <= {401, 503}
        note_figure(
            f"key rings replaced under load: {len(intruder.seen)} requests with a revoked token, none let through; "
            f"{len(user.seen)} with another, refused only once its key was removed"
        )
    api.revoke("alice", new["id"], wait=20).expect(200)
    wait_for(lambda: not api.is_accepted(new["token"]), 10, "the last token to be refused")
    # With both keys every list of the run can be read.
    gate.keys = ring
    gate.assert_versions_only_grew()


def test_removing_a_key_at_once_invalidates_its_tokens_and_opens_nothing(ledger_gate: BareLedgerGate) -> None:
    """The situation after a leak: the list in KV is still sealed with the removed key."""
    gate, api = ledger_gate, ledger_gate.api
    old, revoked = (api.create("alice", name).expect(201).body for name in ("old", "revoked"))
    api.revoke("alice", revoked["id"], wait=20).expect(200)
    ring = rotated(gate.keys)
    deploy(gate, without_old_keys(ring))
    for token in (old, revoked):
        assert (api.use(token["token"]).status, api.use(token["token"]).code) == (401, "token_invalid")
    new = api.create("alice", "new").expect(201).body
    wait_for(lambda: api.use(new["token"]).status == 200, SERVES_WITHIN_SECONDS, "the new token to be accepted")
    api.revoke("alice", new["id"], wait=20).expect(200)
    wait_for(lambda: not api.is_accepted(new["token"]), 10, "the new token to be refused")
    gate.keys = ring
    gate.assert_versions_only_grew()
