"""A gate that observes: what role forbids goes on, marked and logged, and nothing else that is wrong does."""

import json
from collections.abc import Iterator
from pathlib import Path

import jwt
import pytest

import tool
from bare import BareGate
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
    # The list in hand may be two refreshes old.
    fresh = BareGate(tmp_path / "fresh", observing.keys, observing.variables)
    try:
        fresh.store.values.update(observing.store.values)
        answer = curl(fresh.url + PUSH, "--data", "0000", token=revoked)
        assert (answer.status, answer.code) == (401, "token_revoked")
    finally:
        fresh.stop()
    assert len(witness.seen) == before
