"""Clients of the Messages API, which send their token in X-Api-Key."""

import pytest

from bare import BareGate
from clients import basic, curl
from witness import Witness

MESSAGES = "/v1/messages"
FIELDS = ("anthropic-version: 2023-06-01", "Content-Type: application/json")


def test_takes_the_token_from_x_api_key_and_keeps_it_to_itself(bare: BareGate, witness: Witness) -> None:
    token = bare.mint("read")
    for path in (MESSAGES, f"{MESSAGES}/count_tokens", f"{MESSAGES}?beta=true"):
        headers = (*FIELDS, f"X-Api-Key: {token}")
        assert curl(bare.url + path, "--data", '{"model":"acme/widget"}', headers=headers).status == 200
        seen = witness.last()
        assert (seen.target, seen.body) == (path, b'{"model":"acme/widget"}')
        assert seen.all("X-Lychgate-Subject") == ["alice"] and seen.all("X-Lychgate-Access") == ["read"]
        assert seen.all("anthropic-version") == ["2023-06-01"]
        assert "x-api-key" not in seen.names()
        assert seen.all("Authorization") == [f"Lychgate {token.id}"]


def test_judges_it_as_any_other_token(bare: BareGate) -> None:
    revoked = bare.mint("read")
    bare.publish("--revoke", revoked.id)
    api = f"{bare.url}{MESSAGES}"
    assert curl(api, "--data", "{}", headers=(*FIELDS, "X-Api-Key: sk-ant-api03-x")).code == "token_invalid"
    assert curl(api, "--data", "{}", headers=(*FIELDS, "X-Api-Key;")).code == "token_required"
    write = f"{bare.url}{MESSAGES}/batches"
    assert curl(write, "--data", "{}", headers=(*FIELDS, f"X-Api-Key: {bare.mint('read')}")).code == "role_insufficient"


@pytest.mark.parametrize("other", ["bearer", "basic", "empty basic", "its own"])
def test_is_refused_beside_other_credentials(bare: BareGate, witness: Witness, other: str) -> None:
    token = bare.mint("read")
    beside = {
        "bearer": f"Authorization: Bearer {token}",
        "basic": basic("alice", token),
        "empty basic": basic("", ""),
        "its own": f"X-Api-Key: {token}",
    }[other]
    reached = len(witness.seen)
    answer = curl(f"{bare.url}{MESSAGES}", "--data", "{}", headers=(*FIELDS, f"X-Api-Key: {token}", beside))
    assert (answer.status, answer.code) == (400, "credentials_malformed")
    assert len(witness.seen) == reached


def test_does_not_go_on_where_anybody_may_come(bare: BareGate, witness: Witness) -> None:
    assert curl(f"{bare.url}/.well-known/jwks.json", headers=[f"X-Api-Key: {bare.mint('read')}"]).status == 200
    assert "x-api-key" not in witness.last().names()
