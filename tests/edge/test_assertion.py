"""The signed assertion to the origin: the gate makes it, and the example origin accepts it for that one request only."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import tool
from bare import BareGate
from clients import Response, curl
from gate import Gate
from origin import Origin
from verifiers import NodeVerifier, PythonVerifier
from witness import Seen, Witness

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


def _without_none(part: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in part.items() if value is not None}


def _decoded(assertion: str) -> dict[str, Any]:
    part = assertion.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


@dataclass(frozen=True)
class Verifiers:
    """Three implementations: the example origin in Rust, and those of docs/origin.md with PyJWT and jose."""

    origin: str
    python: str
    node: str

    def urls(self) -> list[str]:
        return [self.origin, self.python, self.node]


@pytest.fixture(scope="module")
def verifiers(workshop: Path, keys: str, origin: Origin) -> Iterator[Verifiers]:
    key_set = tool.run_lychgate("--json", "keys", "derive", "assertion", keys=keys)
    python, node = PythonVerifier(key_set), NodeVerifier(workshop / "verifier", key_set)
    yield Verifiers(origin.url, python.url, node.url)
    python.stop()
    node.stop()


def _present(url: str, *assertions: str, method: str = "GET", target: str = TARGET) -> Response:
    headers = [f"X-Lychgate-Assertion: {assertion}" for assertion in assertions]
    return curl(url + target, "--request", method, headers=headers)


def test_all_verifiers_believe_what_is_made_for_the_request(verifiers: Verifiers, keys: str) -> None:
    for url in verifiers.urls():
        assert _present(url, _jws(_key(keys), _header(), _claims())).status == 200


def test_all_verifiers_have_five_seconds_of_leeway(verifiers: Verifiers, keys: str) -> None:
    for iat, exp, status in ((-60, 0, 200), (-66, -6, 403), (4, 60, 200), (60, 120, 403)):
        for url in verifiers.urls():
            now = int(time.time())
            answer = _present(url, _jws(_key(keys), _header(), _claims(iat=now + iat, exp=now + exp)))
            assert (answer.status, url) == (status, url), (iat, exp, answer.text)


@pytest.mark.parametrize(
    ("header", "claims", "purpose"),
    [
        ({}, {"htm": "POST"}, "assertion"),
        ({}, {"htm": None}, "assertion"),
        ({}, {"htu": "/api/models/acme/other"}, "assertion"),
        ({}, {"htu": TARGET + "?a=b"}, "assertion"),
        ({}, {"htu": None}, "assertion"),
        ({}, {"aud": "another"}, "assertion"),
        ({}, {"aud": None}, "assertion"),
        ({}, {"iat": 1_000, "exp": 1_060}, "assertion"),
        ({}, {"iat": 4_000_000_000, "exp": 4_000_000_060}, "assertion"),
        ({}, {"exp": None}, "assertion"),
        ({"kid": "9"}, {}, "assertion"),
        ({"kid": None}, {}, "assertion"),
        ({"alg": "none"}, {}, "assertion"),
        ({"alg": "HS512"}, {}, "assertion"),
        ({"alg": "RS256"}, {}, "assertion"),
        ({}, {}, "token"),
        ({}, {}, "list"),
    ],
    ids="method no-method target query no-target audience no-audience past future no-end unknown-key no-key "
    "alg-none alg-hs512 alg-rs256 token-key list-key".split(),
)
def test_all_verifiers_refuse_any_other(
    verifiers: Verifiers, keys: str, header: dict[str, Any], claims: dict[str, Any], purpose: str
) -> None:
    assertion = _jws(_key(keys, purpose), _without_none(_header(**header)), _without_none(_claims(**claims)))
    for url in verifiers.urls():
        answer = _present(url, assertion)
        assert (answer.status, REFUSED in answer.text, url) == (403, True, url)


def test_all_verifiers_refuse_what_has_not_the_form(verifiers: Verifiers, keys: str) -> None:
    good = _jws(_key(keys), _header(), _claims())
    signed, _, tag = good.rpartition(".")
    unsigned = _jws(_key(keys), _header(alg="none"), _claims()).rpartition(".")[0]
    for assertions in (
        (),
        (good, good),
        (f"{unsigned}.",),
        (signed,),
        (f"{signed}.",),
        (f"{signed}.{tag[:22]}",),
        (f"{good}.{tag}",),
        (f"{good}, {good}",),
        (good[:-6] + "AAAAAA",),
        ("nonsense",),
    ):
        for url in verifiers.urls():
            answer = _present(url, *assertions)
            assert (answer.status, REFUSED in answer.text, url) == (403, True, url), assertions


@pytest.mark.parametrize(
    "claims",
    [{"exp": 4_000_000_060}, {"sub": "alice"}, {"admin": True}, {"access": "delete"}],
    ids="long half-named unknown-claim unknown-access".split(),
)
def test_the_origin_refuses_what_the_gate_would_not_say(origin: Origin, keys: str, claims: dict[str, Any]) -> None:
    answer = _present(origin.url, _jws(_key(keys), _header(), _claims(**claims)))
    assert (answer.status, REFUSED in answer.text) == (403, True)


def test_the_origin_does_not_believe_plain_headers(origin: Origin) -> None:
    plain = ["X-Lychgate-Access: write", "X-Lychgate-Subject: alice", "X-Lychgate-Role: write"]
    answer = curl(origin.url + TARGET, headers=plain)
    assert (answer.status, REFUSED in answer.text) == (403, True)


@pytest.mark.parametrize(
    "target",
    [TARGET, "/", f"{TARGET}?a=%7e&b=%2F", "/acme/widget/resolve/main/a%20b%22c?q='x'&e=%C3%A9", "/%61cme/widget?a=b|c"],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_pyjwt_and_jose_verify_what_the_gate_makes(
    front: Gate | BareGate, witness: Witness, verifiers: Verifiers, method: str, target: str
) -> None:
    token = front.mint("write")
    before = len(witness.seen)
    answer = curl(front.url + target, "--request", method, token=token)
    assert (answer.status, len(witness.seen)) == (200, before + 1)
    seen = witness.last()
    (assertion,) = seen.all("X-Lychgate-Assertion")
    for url in (verifiers.python, verifiers.node):
        believed = _present(url, assertion, method=seen.method, target=seen.target)
        assert believed.status == 200, believed.text
        claims = json.loads(believed.text)
        assert (claims["sub"], claims["jti"], claims["role"]) == (token.subject, token.id, "write")
        assert (claims["htm"], claims["htu"], claims["iss"]) == (method, seen.target, front.url)
        other = {"GET": "POST", "POST": "GET"}[method]
        assert _present(url, assertion, method=other, target=seen.target).status == 403
        assert _present(url, assertion, method=seen.method, target="/other").status == 403


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


def test_public_requests_carry_one_without_a_subject(front: Gate | BareGate, witness: Witness, keys: str) -> None:
    forged = _jws(_key(keys), _header(), _claims(sub="root", role="write", jti="0-1"))
    headers = [f"X-Lychgate-Assertion: {forged}", f"X_Lychgate_Assertion: {forged}"]
    assert curl(f"{front.url}/oauth/token", "--data", "x", headers=headers).status == 200
    assert "x_lychgate_assertion" not in witness.last().names()
    said = _said(witness.last(), keys)
    assert (said["access"], said["htm"], said["htu"]) == ("public", "POST", "/oauth/token")
    assert not {"sub", "role", "jti"} & said.keys()


# Configuration


@pytest.fixture
def configured(tmp_path: Path, keys: str, witness: Witness) -> Iterator[Callable[..., BareGate]]:
    running: list[BareGate] = []

    def start(**variables: str) -> BareGate:
        running.append(BareGate(tmp_path / "configured", keys, {"ORIGIN_URL": witness.url} | variables))
        running[-1].publish("--new")
        return running[-1]

    yield start
    for gate in running:
        gate.stop()


def test_anonymous_reads_carry_one_without_a_subject(
    configured: Callable[..., BareGate], witness: Witness, keys: str
) -> None:
    gate = configured(ANONYMOUS="reads")
    assert curl(gate.url + TARGET).status == 200
    said = _said(witness.last(), keys)
    assert (said["access"], said["htm"], said["htu"]) == ("read", "GET", TARGET)
    assert not {"sub", "role", "jti"} & said.keys()
    assert curl(gate.url + TARGET, token=gate.mint("read")).status == 200
    assert {"sub", "role", "jti"} <= _said(witness.last(), keys).keys()


def test_names_the_configured_audience(configured: Callable[..., BareGate], witness: Witness, keys: str) -> None:
    audience = "https://origin.example/hub"
    gate = configured(ASSERTION_AUDIENCE=audience)
    assert curl(gate.url + TARGET, token=gate.mint("read")).status == 200
    assert _said(witness.last(), keys)["aud"] == audience


def test_turned_off_none_is_sent_and_none_let_through(
    configured: Callable[..., BareGate], witness: Witness, keys: str
) -> None:
    gate = configured(ASSERTION="off")
    forged = [f"X-Lychgate-Assertion: {_jws(_key(keys), _header(), _claims())}"]
    token = gate.mint("read")
    assert curl(gate.url + TARGET, token=token, headers=forged).status == 200
    seen = witness.last()
    assert seen.all("X-Lychgate-Assertion") == []
    assert seen.all("X-Lychgate-Subject") == [token.subject]


def _said(seen: Seen, keys: str) -> dict[str, Any]:
    """The claims of the only assertion in a request, after checking its signature."""
    (assertion,) = seen.all("X-Lychgate-Assertion")
    assert _jws_fits(assertion, _key(keys))
    return _decoded(assertion)


def _jws_fits(assertion: str, key: bytes) -> bool:
    signed, _, tag = assertion.rpartition(".")
    return tag == _encoded(hmac.digest(key, signed.encode(), hashlib.sha256))
