"""GitHub's secret scanning: a signed report revokes tokens, and nothing else does."""

import base64
import json
import re
import secrets
from collections.abc import Callable

import pytest

import secrets_used
import tool
from clients import Response
from contract import CONTRACT
from ledger_gate import JSON, LedgerGate, issued
from scanner import PATH, Scanner, report_of, send
from tool import Token


@pytest.fixture
def subject() -> str:
    return f"leaky-{secrets.token_hex(6)}"


@pytest.fixture
def token(managed: LedgerGate, subject: str) -> Token:
    return managed.create(subject, "leaked", "write")


def labels(answer: Response) -> list[str]:
    assert answer.status == 200, answer
    return [found["label"] for found in json.loads(answer.body)]


def test_nothing_is_said_of_a_token_that_no_ledger_can_revoke(
    managed: LedgerGate, scanner: Scanner, token: Token
) -> None:
    """The token is genuine, and still accepted."""
    beyond = tool.mint(managed.keys, "write", subject=token.subject, shard=9)
    answer = scanner.report(managed, "junk", beyond, token)
    assert [found["token_raw"] for found in json.loads(answer.body)] == ["junk", token.text]
    assert labels(answer) == ["false_positive", "true_positive"]
    managed.await_code(token, "token_revoked")


def test_a_signed_report_revokes_genuine_tokens_and_labels_each(
    managed: LedgerGate, scanner: Scanner, token: Token
) -> None:
    subject = token.subject
    bystander = managed.create(subject, "not leaked")
    revoked_before = managed.create(subject, "revoked before")
    managed.revoke(revoked_before)
    managed.await_code(token, None)
    texts = [
        token,
        tool.mint(tool.new_keys(), "write", subject=subject),
        secrets_used.remember(token.text[:-1] + ("A" if token.text[-1] != "A" else "B")),
        revoked_before,
        "junk",
        token.id,
    ]
    answer = scanner.report(managed, *texts)
    assert answer.header("Content-Type") == "application/json"
    assert json.loads(answer.body) == [
        {
            "token_raw": str(text),
            "token_type": "lychgate_token",
            "label": "true_positive" if text in (token, revoked_before) else "false_positive",
        }
        for text in texts
    ]
    managed.await_code(token, "token_revoked")
    assert managed.record(token)["revocation_reason"] == "reported"
    assert managed.record(revoked_before)["revocation_reason"] == "requested"
    assert managed.record(bystander)["state"] == "live"
    revoked = [entry for entry in managed.audit(subject) if entry["token"] == token.id][1]
    assert (revoked["actor"], revoked["action"], revoked["reason"]) == ("github", "revoked", "reported")
    # Again, the same, and no second line in the audit.
    rows = managed.rows()
    assert labels(scanner.report(managed, token)) == ["true_positive"]
    assert managed.rows()["tokens"] == rows["tokens"]
    assert sum(entry["action"] == "revoked" for entry in managed.audit(subject)) == 2
    assert managed.use(bystander).status == 200


def test_both_sides_of_a_refresh_are_genuine(managed: LedgerGate, scanner: Scanner, token: Token) -> None:
    new = issued(managed.refresh(token, "?grace=600"))
    assert labels(scanner.report(managed, token, new)) == ["true_positive"] * 2
    for either in (token, new):
        managed.await_code(either, "token_revoked")
        assert managed.record(either)["revocation_reason"] == "reported"


Forge = Callable[[Scanner, bytes], tuple[bytes, list[str]]]


def _headers(identifier: str | None, signature: str | None) -> list[str]:
    fields = {"Github-Public-Key-Identifier": identifier, "Github-Public-Key-Signature": signature}
    return [f"{name}: {value}" for name, value in fields.items() if value is not None]


def _other_key(scanner: Scanner, body: bytes) -> tuple[bytes, list[str]]:
    return body, Scanner().headers(body)


def _other_body(scanner: Scanner, body: bytes) -> tuple[bytes, list[str]]:
    return body, scanner.headers(body + b" ")


def _tampered_body(scanner: Scanner, body: bytes) -> tuple[bytes, list[str]]:
    return body.replace(b"commit", b"commut"), scanner.headers(body)


def _longer_body(scanner: Scanner, body: bytes) -> tuple[bytes, list[str]]:
    return body + b"\n", scanner.headers(body)


def _unknown_identifier(scanner: Scanner, body: bytes) -> tuple[bytes, list[str]]:
    return body, _headers("0" * 64, scanner.signature(body))


def _no_identifier(scanner: Scanner, body: bytes) -> tuple[bytes, list[str]]:
    return body, _headers(None, scanner.signature(body))


def _no_signature(scanner: Scanner, body: bytes) -> tuple[bytes, list[str]]:
    return body, _headers(scanner.identifier, None)


def _no_base64(scanner: Scanner, body: bytes) -> tuple[bytes, list[str]]:
    return body, _headers(scanner.identifier, "!" + scanner.signature(body))


def _cut_signature(scanner: Scanner, body: bytes) -> tuple[bytes, list[str]]:
    signature = base64.b64decode(scanner.signature(body))
    return body, _headers(scanner.identifier, base64.b64encode(signature[:-1]).decode())


def _zero_signature(scanner: Scanner, body: bytes) -> tuple[bytes, list[str]]:
    # r and s zero: what careless verifiers take for any body.
    return body, _headers(scanner.identifier, base64.b64encode(bytes.fromhex("3006020100020100")).decode())


@pytest.mark.parametrize(
    "forge",
    [
        _other_key,
        _other_body,
        _tampered_body,
        _longer_body,
        _unknown_identifier,
        _no_identifier,
        _no_signature,
        _no_base64,
        _cut_signature,
        _zero_signature,
    ],
)
def test_what_is_not_signed_revokes_nothing(managed: LedgerGate, scanner: Scanner, token: Token, forge: Forge) -> None:
    rows = managed.rows()
    body, headers = forge(scanner, report_of(token))
    answer = send(managed, body, headers)
    assert (answer.status, answer.code) == (401, "signature_invalid")
    assert token.text not in answer.text
    assert managed.record(token)["state"] == "live"
    assert managed.rows() == rows


def test_the_admin_key_is_no_signature(managed: LedgerGate, token: Token) -> None:
    answer = managed.call("POST", PATH, headers=[JSON], stdin=report_of(token))
    assert (answer.status, answer.code) == (401, "signature_invalid")
    assert managed.record(token)["state"] == "live"


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[1]", b'[{"token":"x"}]', b'[{"type":"x"}]', b"[" * 5000, report_of(*["x"] * 1001)]
)
def test_signed_bodies_that_are_no_report_are_refused(managed: LedgerGate, scanner: Scanner, body: bytes) -> None:
    answer = send(managed, body, scanner.headers(body))
    assert (answer.status, answer.code) == (400, "body_malformed")


def test_a_report_has_at_most_1000_matches_in_256_kib(managed: LedgerGate, scanner: Scanner, token: Token) -> None:
    assert labels(scanner.report(managed, *["x"] * 999, token)) == ["false_positive"] * 999 + ["true_positive"]
    body = report_of("x").ljust(256 * 1024 + 1)
    answer = send(managed, body, scanner.headers(body))
    assert (answer.status, answer.code) == (413, "body_too_large")
    assert labels(send(managed, body[:-1], scanner.headers(body[:-1]))) == ["false_positive"]


def test_the_documented_expression_finds_tokens(managed: LedgerGate, subject: str, keys: str) -> None:
    description = CONTRACT["paths"][f"/-/api/{PATH}"]["post"]["description"]
    (written,) = re.findall(r"^ +(\\b\S+)$", description, re.MULTILINE)
    expression = re.compile(written)
    tokens = [
        managed.create(subject, "ci", "write"),
        managed.create(subject, "for a day", expires_in=86400),
        # The shortest and the longest there are.
        managed.create(secrets.choice("abcdefgh"), secrets.token_hex(8)),
        managed.create(secrets.token_hex(32), "longest", "write", expires_in=315360000),
        *(tool.mint(keys, "read", subject=subject) for subject in ("a", "a" * 64)),
    ]
    for token in tokens:
        text = token.text
        for around in ("{}", "TOKEN={}\n", '"{}"', "https://alice:{}@hub.example/x", "{}, {}", "({}).", "git {};"):
            assert expression.findall(around.format(text, text))[0] == text
    for other in (
        "hub_short",
        "api_org_aBcDeFgHiJkLmNoPqRsTuVwXyZ01234567",
        f"github_{tokens[0].text[4:]}",
        f"hub_{'a' * 53}",
        f"hub_{'a' * 509}",
    ):
        assert not expression.findall(other)
