"""The signed word to the origin: made by the gate, believed by the example origin for that one request alone."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import pytest

import tool
from clients import curl
from gate import Gate
from origin import Origin
from witness import Witness

TARGET = "/api/models/acme/widget"
REFUSED = "X-Lychgate-Assertion"


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _key(keys: str, purpose: str = "assertion") -> bytes:
    text = tool.run_lychgate("keys", "derive", purpose, keys=keys).strip()
    return base64.urlsafe_b64decode(text + "=")


def _jws(key: bytes, header: dict[str, Any], claims: dict[str, Any]) -> str:
    signed = ".".join(_encoded(json.dumps(part).encode()) for part in (header, claims))
    return f"{signed}.{_encoded(hmac.digest(key, signed.encode(), hashlib.sha256))}"


def _header(**changes: Any) -> dict[str, Any]:
    return {"alg": "HS256", "kid": "1", "typ": "JWT"} | changes


def _claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    claims = {"iss": "http://gate", "aud": "origin", "access": "read", "htm": "GET", "htu": TARGET}
    return claims | {"iat": now, "exp": now + 60} | changes


def _decoded(assertion: str) -> dict[str, Any]:
    part = assertion.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def test_the_origin_believes_what_is_made_for_the_request(origin: Origin, keys: str) -> None:
    headers = [f"X-Lychgate-Assertion: {_jws(_key(keys), _header(), _claims())}"]
    assert curl(origin.url + TARGET, headers=headers).status == 200


@pytest.mark.parametrize(
    ("header", "claims", "purpose"),
    [
        ({}, {"htm": "POST"}, "assertion"),
        ({}, {"htu": "/api/models/acme/other"}, "assertion"),
        ({}, {"htu": TARGET + "?a=b"}, "assertion"),
        ({}, {"aud": "another"}, "assertion"),
        ({}, {"iat": 1_000, "exp": 1_060}, "assertion"),
        ({}, {"iat": 4_000_000_000, "exp": 4_000_000_060}, "assertion"),
        ({}, {"exp": 4_000_000_060}, "assertion"),
        ({}, {"sub": "alice"}, "assertion"),
        ({"kid": "9"}, {}, "assertion"),
        ({"alg": "none"}, {}, "assertion"),
        ({}, {}, "token"),
    ],
    ids="method target query audience past future long half-named unknown-key alg-none token-key".split(),
)
def test_the_origin_refuses_any_other(
    origin: Origin, keys: str, header: dict[str, Any], claims: dict[str, Any], purpose: str
) -> None:
    assertion = _jws(_key(keys, purpose), _header(**header), _claims(**claims))
    answer = curl(origin.url + TARGET, headers=[f"X-Lychgate-Assertion: {assertion}"])
    assert (answer.status, REFUSED in answer.text) == (403, True)


def test_the_origin_refuses_an_unsigned_word_and_none_at_all(origin: Origin, keys: str) -> None:
    signed = _jws(_key(keys), _header(alg="none"), _claims()).rpartition(".")[0]
    plain = ["X-Lychgate-Access: write", "X-Lychgate-Subject: alice", "X-Lychgate-Role: write"]
    for headers in ([f"X-Lychgate-Assertion: {signed}."], plain, []):
        answer = curl(origin.url + TARGET, headers=headers)
        assert (answer.status, REFUSED in answer.text) == (403, True)


def test_the_gate_signs_who_came_and_for_which_request(witnessed: Gate, witness: Witness, keys: str) -> None:
    token = witnessed.mint("read")
    forged = _jws(_key(keys), _header(), _claims(sub="root", role="write", jti="0-1", htu=TARGET))
    headers = [f"X-Lychgate-Assertion: {forged}"]
    assert curl(f"{witnessed.url}{TARGET}?a=%7e", token=token, headers=headers).status == 200
    (assertion,) = witness.last().all("X-Lychgate-Assertion")
    assert assertion != forged
    said = _decoded(assertion)
    assert _jws_fits(assertion, _key(keys))
    assert abs(said.pop("iat") + 60 - said["exp"]) == 0
    assert abs(said.pop("exp") - 60 - time.time()) < 10
    assert said == {
        "iss": witnessed.url,
        "aud": "origin",
        "sub": token.subject,
        "role": "read",
        "access": "read",
        "jti": token.id,
        "htm": "GET",
        "htu": witness.last().target,
    }


def test_public_requests_carry_one_without_a_subject(witnessed: Gate, witness: Witness) -> None:
    assert curl(f"{witnessed.url}/oauth/token", "--data", "x").status == 200
    (assertion,) = witness.last().all("X-Lychgate-Assertion")
    said = _decoded(assertion)
    assert said["access"] == "public"
    assert not {"sub", "role", "jti"} & said.keys()


def _jws_fits(assertion: str, key: bytes) -> bool:
    signed, _, tag = assertion.rpartition(".")
    return tag == _encoded(hmac.digest(key, signed.encode(), hashlib.sha256))
