"""The runbooks of docs/operations.md, step by step: each does what it says."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import secrets_used
import tool
from clients import Response, curl
from ledger_gate import LedgerGate
from origin import Origin
from runbook import Deployment, commands
from surroundings import free_port
from tool import Token
from visitor import MINUTE, Visitor, encoded, sign_in_assertion, key_of, post
from waiting import wait_for

TOKEN, KEY = "When a token leaks", "When a key leaks"

# A ledger's heartbeat, in which it seals anew.
HEARTBEAT_SECONDS = 4

PUSH = "/acme/widget/git-receive-pack"
TARGET = "/api/models/acme/widget"


class Hub:
    """The example origin at a fixed address. It restarts when it gets other assertion keys."""

    def __init__(self, folder: Path, keys: str) -> None:
        self.folder, self.keys, self.address = folder, keys, f"127.0.0.1:{free_port()}"
        self.running = self._start("origin", None)

    def believe(self, assertion_keys: str) -> None:
        self.running.stop()
        self.running = self._start(f"origin-{time.monotonic_ns()}", assertion_keys)

    def _start(self, name: str, assertion_keys: str | None) -> Origin:
        return Origin(self.folder / name, self.keys, listen=self.address, assertion_keys=assertion_keys)


@pytest.fixture
def ring() -> str:
    """A key ring for this test alone, whose key leaks."""
    return tool.new_keys()


@pytest.fixture
def hub(tmp_path: Path, ring: str) -> Iterator[Hub]:
    made = Hub(tmp_path, ring)
    yield made
    made.running.stop()


@pytest.fixture
def deployment(tmp_path: Path, ring: str, hub: Hub) -> Iterator[Deployment]:
    variables = {"LIST_VALID_SECONDS": 3 * HEARTBEAT_SECONDS, "MEMBERSHIP": "kv", "MEMBERSHIP_SECONDS": 2}
    made = Deployment(tmp_path / "gate", ring, hub.running, **variables)
    yield made
    made.stop()


# A token


def test_a_leaked_token_is_revoked_as_the_runbook_says(deployment: Deployment) -> None:
    by_text, by_id, all_of_them = commands(TOKEN)
    leaked, known, other = (deployment.create("alice", name, "write") for name in ("laptop", "ci", "other"))
    for token in (leaked, known, other):
        deployment.await_code(token, None)
    deployment.run(by_text, TOKEN=leaked.text).succeeded()
    deployment.await_code(leaked, "token_revoked")
    assert deployment.use(known).status == deployment.use(other).status == 200

    shown = deployment.run('lychgate inspect - <<< "$TOKEN"', TOKEN=known.text).succeeded().output
    said = {line.split()[0]: line.split()[-1] for line in shown.splitlines() if line[:1].strip()}
    assert (f"{said['shard']}-{said['serial']}", said["subject"]) == (known.id, known.subject)
    told = deployment.run(by_id, ID=known.id, SUBJECT=known.subject).succeeded().output
    deployment.await_code(known, "token_revoked")
    for id, state in ((leaked.id, "revoked"), (known.id, "revoked"), (other.id, "live")):
        assert any(id in line and state in line for line in told.splitlines()), told
    assert deployment.use(other).status == 200

    def noted() -> set[str]:
        return {entry["token"] for entry in deployment.audit("alice") if entry["action"] == "used_after_revocation"}

    wait_for(lambda: {leaked.id, known.id} <= noted(), 20, "the audit to show that both were used after their revocation")
    logged = {line.get("token") for line in deployment.log_lines() if line["event"] == "revoked_token_used"}
    assert {leaked.id, known.id} <= logged

    deployment.run(all_of_them, SUBJECT="alice").succeeded()
    deployment.await_code(other, "token_revoked")


def test_the_ledger_holds_no_token_and_no_hash_of_one(deployment: Deployment) -> None:
    """Whoever reads all of the ledger's files learns no token."""
    made = [deployment.create("alice", f"kept-{number}", "write") for number in range(3)]
    repeated = deployment.call(
        "POST",
        "subjects/alice/tokens",
        {"name": "kept-again", "role": "read"},
        headers=["Idempotency-Key: 0123456789abcdef"],
    )
    texts = [token.text for token in made] + [json.loads(repeated.body)["token"]]
    deployment.revoke(made[0], "?wait=20")
    deployment.await_code(made[0], "token_revoked")
    kept = b"".join(file.read_bytes() for file in (deployment.store / "v3/do").rglob("*") if file.is_file())
    # What is looked for would be found.
    assert b"kept-0" in kept and b"kept-again" in kept
    for text in texts:
        body = base64.urlsafe_b64decode(text.partition("_")[2] + "==")
        tag = body[-20:-4]
        for secret in (text.encode(), body, tag):
            digest = hashlib.sha256(secret)
            for form in (secret, digest.digest(), digest.hexdigest().encode(), encoded(digest.digest()).encode()):
                assert form not in kept


# A key


class Leak:
    """What a thief of root key 1 can do, and what everybody else had before the leak."""

    def __init__(self, deployment: Deployment, hub: Hub, ring: str) -> None:
        self.gate, self.hub = deployment, hub
        self.sign_in, self.assertion = key_of(ring), key_of(ring, "assertion")
        deployment.call("PUT", "subjects/bob/membership?wait=20", {"acme": "write"})
        self.token = deployment.create("alice", "laptop", "write")
        self.member = deployment.create("bob", "push", "write")
        self.revoked = deployment.create("alice", "revoked", "write")
        deployment.revoke(self.revoked, "?wait=20")
        deployment.await_code(self.revoked, "token_revoked")
        self.visitor = Visitor(deployment, self.sign_in, "alice")
        # Serials that no ledger has given out yet.
        self.forged = tool.mint(ring, "write", subject="mallory", serial=1_000_000)

    def assert_is_believed(self) -> None:
        assert [self.gate.use(token).status for token in (self.token, self.forged)] == [200, 200]
        assert push(self.gate, self.member).code is None
        assert self.gate.use(self.revoked).code == "token_revoked"
        assert post(self.gate, sign_in_assertion(self.sign_in, self.gate.url, "mallory")).status == 303
        assert around_the_gate(self.hub, self.assertion).status == 200

    def assert_is_over(self) -> None:
        for token in (self.token, self.member, self.revoked, self.forged):
            assert (self.gate.use(token).status, self.gate.use(token).code) == (401, "token_invalid")
        assert push(self.gate, self.member).code == "token_invalid"
        assert post(self.gate, sign_in_assertion(self.sign_in, self.gate.url, "mallory")).code == "sign_in_assertion_invalid"
        assert self.visitor.call("GET", "api/session").code == "session_expired"
        assert around_the_gate(self.hub, self.assertion).status == 403


def push(gate: LedgerGate, token: Token) -> Response:
    return curl(f"{gate.url}{PUSH}", "--request", "POST", "--data-binary", "0000", token=token)


def around_the_gate(hub: Hub, key: bytes) -> Response:
    """A request directly to the origin, with an assertion signed with key 1."""
    now = int(time.time())
    claims = {"iss": "http://gate", "aud": "origin", "access": "read", "htm": "GET", "htu": TARGET, "iat": now}
    signed = ".".join(encoded(part) for part in ({"alg": "HS256", "kid": "1", "typ": "JWT"}, claims | {"exp": now + MINUTE}))
    assertion = f"{signed}.{encoded(hmac.digest(key, signed.encode(), hashlib.sha256))}"
    secrets_used.remember(assertion)
    return curl(hub.running.url + TARGET, headers=[f"X-Lychgate-Assertion: {assertion}"])


def sign_in_with(deployment: Deployment) -> Response:
    """The hub signs somebody in with the key that the commands derived."""
    made = json.loads(deployment.read("sign-in-key.json"))
    key = base64.urlsafe_b64decode(made["key"] + "=")
    return post(deployment, sign_in_assertion(key, deployment.url, header={"kid": str(made["key_id"])}))


def test_a_leaked_key_is_replaced_as_the_runbook_says(deployment: Deployment, hub: Hub, ring: str) -> None:
    make_rings, take_it_out, key_set_of_both, put_both, check_key = commands(KEY)
    leak = Leak(deployment, hub, ring)
    leak.assert_is_believed()
    deployment.run(make_rings, LEAKED="1").succeeded()
    both, last = (json.loads(deployment.read(name)) for name in ("ring-new.json", "ring-last.json"))
    assert (both["active"], set(both["keys"]), last["active"], set(last["keys"])) == (2, {"1", "2"}, 2, {"2"})
    assert deployment.run(check_key, LEAKED="1").status == 1

    # 1: nothing has changed for anybody.
    deployment.run(key_set_of_both).succeeded()
    hub.believe(deployment.read("assertion-keys.json"))
    leak.assert_is_believed()
    assert leak.visitor.call("GET", "api/session").status == 200
    assert sign_in_with(deployment).code == "sign_in_assertion_invalid"

    # 2: sessions have ended, and nothing else.
    deployment.run(put_both).succeeded()
    leak.assert_is_believed()
    assert leak.visitor.call("GET", "api/session").code == "session_expired"
    new = deployment.create("alice", "new", "write")
    tool.run_lychgate("verify", "-", keys=deployment.read("ring-last.json"), stdin=new.text)
    # 3
    assert sign_in_with(deployment).status == 303

    # 4: what lies in KV is sealed anew.
    wait_for(
        lambda: deployment.run(check_key, LEAKED="1").status == 0, 4 * HEARTBEAT_SECONDS, "all to be sealed anew"
    )
    show_list = "lychgate revocations show --shard 0 --remote --keys ring-last.json"
    assert leak.revoked.id in deployment.run(show_list).succeeded().output
    sealed_with = "wrangler kv key get members/bob --binding LYCHGATE_KV --remote | od -An -tu1 -j5 -N1"
    assert deployment.run(sealed_with).succeeded().output.split() == ["2"]
    assert deployment.use(new).status == 200

    # 5: tokens of the leaked key are refused, and those of the new key work.
    deployment.run(take_it_out).succeeded()
    assert deployment.use(new).code is None
    hub.believe(deployment.read("assertion-keys.json"))
    leak.assert_is_over()
    assert deployment.use(new).status == 200
    assert sign_in_with(deployment).status == 303
    assert push(deployment, deployment.create("bob", "new", "write")).code is None


def test_a_leaked_key_is_taken_out_at_once_as_the_runbook_says(
    deployment: Deployment, hub: Hub, ring: str, note_figure: Callable[[str], None]
) -> None:
    make_rings, take_it_out, *_where_it_can_wait = commands(KEY)
    leak = Leak(deployment, hub, ring)
    leak.assert_is_believed()
    deployment.run(make_rings, LEAKED="1").succeeded()
    deployment.run(take_it_out).succeeded()
    began = time.monotonic()
    # The origin believes nothing new until it has the new set.
    assert deployment.use(deployment.create("alice", "early", "write")).status in (403, 503)
    hub.believe(deployment.read("assertion-keys.json"))
    leak.assert_is_over()
    assert sign_in_with(deployment).status == 303

    new, member = deployment.create("alice", "new", "write"), deployment.create("bob", "new", "write")
    seen: set[str | None] = set()

    def works(ask: Callable[[], Response]) -> bool:
        answer = ask()
        seen.add(answer.code)
        return answer.code is None

    wait_for(lambda: works(lambda: deployment.use(new)), 2 * HEARTBEAT_SECONDS, "the new token to work")
    seconds = time.monotonic() - began
    wait_for(lambda: works(lambda: push(deployment, member)), 2 * HEARTBEAT_SECONDS, "the member to push")
    assert seen <= {None, "revocations_unavailable", "memberships_unavailable"}
    assert deployment.use(new).status == 200
    note_figure(
        f"a leaked key taken out at once: new tokens worked {seconds:.1f} s after the deploy, members pushed after "
        f"{time.monotonic() - began:.1f} s, at heartbeats of {HEARTBEAT_SECONDS} s"
    )
