"""A gate that observes: it marks, logs and forwards requests that role or membership forbids, and still refuses everything
else."""

import json
from collections.abc import Iterator
from pathlib import Path

import jwt
import pytest

import secrets_used
import tool
from bare import BareGate
from bare_ledger_gate import BareLedgerGate, NewBareLedgerGate
from clients import curl
from witness import Witness

PUSH = "/acme/widget/git-receive-pack"
BATCH = "/acme/widget.git/info/lfs/objects/batch"
OBSERVED = "X-Lychgate-Observed"


@pytest.fixture(scope="module")
def observing(workshop: Path, keys: str, witness: Witness) -> Iterator[BareGate]:
    gate = BareGate(workshop / "observing", keys, {"ORIGIN_URL": witness.url, "MODE": "observe"})
    gate.publish("--new")
    yield gate
    gate.stop()


def test_forwards_a_push_with_a_read_token_marked_and_logged(observing: BareGate, witness: Witness) -> None:
    token = observing.mint("read")
    mark = observing.log_mark()
    assert curl(observing.url + PUSH, "--data", "0000", token=token).status == 200
    seen = witness.last()
    assert (seen.method, seen.target, seen.body) == ("POST", PUSH, b"0000")
    assert seen.all(OBSERVED) == ["role_insufficient"]
    assert seen.all("X-Lychgate-Role") == ["read"] and seen.all("X-Lychgate-Access") == ["write"]
    [line] = observing.log_lines_since(mark)
    assert line["event"] == "would_refuse" and line["code"] == "role_insufficient" and line["status"] == 403
    assert line["token"] == token.id and line["method"] == "POST" and "git-receive-pack" in line["route"]


@pytest.fixture
def observing_members(new_ledger_gate: NewBareLedgerGate) -> BareLedgerGate:
    gate = new_ledger_gate(MODE="observe", MEMBERSHIP="kv", MEMBERSHIP_SECONDS="2")
    gate.await_lists()
    return gate


def test_forwards_what_a_membership_forbids_marked_and_logged(
    observing_members: BareLedgerGate, witness: Witness
) -> None:
    gate = observing_members
    for subject, roles in (("alice", {"acme": "read"}), ("bob", {"acme": "write"}), ("erin", {"acme": "no_access"})):
        gate.api.set_membership(subject, roles).expect(200)
    writer = gate.create("bob", "write")
    unreadable = gate.create("mallory", "write")
    gate.store.values["members/mallory"] = b"not a record"
    propose = "/api/models/acme/widget/commit/main?create_pr=1"
    for token, path, mark_, status in (
        (gate.create("alice", "write"), PUSH, "membership_insufficient", 403),
        (gate.create("frank", "write"), PUSH, "membership_insufficient", 403),
        (gate.create("erin", "write"), propose, "membership_insufficient", 403),
        (gate.create("bob", "read"), PUSH, "role_insufficient", 403),
        (unreadable, PUSH, "memberships_unavailable", 503),
        (unreadable, "/mallory/mine/git-receive-pack", "memberships_unavailable", 503),
    ):
        mark = gate.log_mark()
        assert curl(gate.url + path, "--data", "0000", token=token).status == 200
        assert witness.last().all(OBSERVED) == [mark_]
        assert witness.last().all("X-Lychgate-Subject") == [token.subject]
        [line] = [line for line in gate.log_lines_since(mark) if line["event"] == "would_refuse"]
        assert (line["code"], line["status"], line["token"]) == (mark_, status, token.id)
    mark = gate.log_mark()
    for method, path, token in (
        ("POST", PUSH, writer),
        ("POST", propose, writer),
        ("GET", "/acme/widget", unreadable),
    ):
        assert curl(gate.url + path, "--request", method, token=token).status == 200
        assert witness.last().all(OBSERVED) == []
    assert [line for line in gate.log_lines_since(mark) if line["event"] == "would_refuse"] == []


def test_the_signed_word_says_it_too(observing: BareGate, witness: Witness) -> None:
    for role, observed in (("read", "role_insufficient"), ("write", None)):
        assert curl(observing.url + PUSH, "--data", "0000", token=observing.mint(role)).status == 200
        (assertion,) = witness.last().all("X-Lychgate-Assertion")
        claims = jwt.decode(assertion, options={"verify_signature": False})
        assert (claims["role"], claims["access"], claims.get("observed")) == (role, "write", observed)


def test_marks_an_lfs_upload_by_its_body_and_no_download(observing: BareGate, witness: Witness) -> None:
    token = observing.mint("read")
    for operation, marks in (("upload", ["role_insufficient"]), ("download", [])):
        body = json.dumps({"operation": operation, "objects": []})
        headers = ["Content-Type: application/vnd.git-lfs+json"]
        assert curl(observing.url + BATCH, "--data", body, token=token, headers=headers).status == 200
        assert witness.last().all(OBSERVED) == marks
        assert witness.last().body == body.encode()


def test_marks_and_logs_nothing_that_is_allowed(observing: BareGate, witness: Witness) -> None:
    mark = observing.log_mark()
    assert curl(observing.url + PUSH, "--data", "0000", token=observing.mint("write")).status == 200
    assert witness.last().all(OBSERVED) == []
    assert observing.log_lines_since(mark) == []


def test_a_client_cannot_mark_its_own_request(observing: BareGate, witness: Witness) -> None:
    forged = [f"{OBSERVED}: nothing", "X_Lychgate_Observed: nothing"]
    assert curl(observing.url + "/acme/widget", token=observing.mint("read"), headers=forged).status == 200
    assert not {OBSERVED.lower(), "x_lychgate_observed"} & witness.last().names()


def test_names_each_header_that_is_dropped_once(observing: BareGate, witness: Witness) -> None:
    mark = observing.log_mark()
    value = secrets_used.marker("dropped")
    headers = [f"X-Tenant: {value}", f"X.Lychgate.Subject: {value}", "X-Request-Id: x", f"X-{'long-' * 100}: {value}"]
    for _ in range(3):
        assert curl(observing.url + "/acme/widget", token=observing.mint("read"), headers=headers).status == 200
    assert not {"x-tenant", "x.lychgate.subject"} & witness.last().names()
    lines = [line for line in observing.log_lines_since(mark) if line["event"] == "headers_dropped"]
    assert sorted(line["detail"] for line in lines) == [f"x-{'long-' * 100}"[:40], "x-tenant", "x.lychgate.subject"]
    assert {line["code"] for line in lines} == {"header_unlisted"}


def test_still_refuses_everything_else(observing: BareGate, witness: Witness, tmp_path: Path) -> None:
    revoked = observing.mint("write")
    observing.publish("--revoke", revoked.id)
    forged = tool.mint(tool.new_keys(), "write")
    listless = observing.mint("write", shard=9)
    before = len(witness.seen)
    for token, status, code in (
        (forged, 401, "token_invalid"),
        (None, 401, "token_required"),
        (listless, 503, "revocations_unavailable"),
    ):
        answer = curl(observing.url + PUSH, "--data", "0000", token=token)
        assert (answer.status, answer.code) == (status, code)
    ambiguous = curl(f"{observing.url}/acme//widget", token=observing.mint("write"))
    assert (ambiguous.status, ambiguous.code) == (400, "target_ambiguous")
    # The cached list may be two refreshes old.
    fresh = BareGate(tmp_path / "fresh", observing.keys, observing.variables)
    try:
        fresh.store.values.update(observing.store.values)
        answer = curl(fresh.url + PUSH, "--data", "0000", token=revoked)
        assert (answer.status, answer.code) == (401, "token_revoked")
    finally:
        fresh.stop()
    assert len(witness.seen) == before
