"""The Authorization header: every form that may carry a token, and those that may not."""

import pytest

import secrets_used
from clients import basic, curl
from conftest import Tokens
from gate import Gate

WHOAMI = "/api/whoami-v2"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_takes_bearer_in_any_case(gate: Gate, tokens: Tokens, scheme: str) -> None:
    answer = curl(gate.url + WHOAMI, headers=[f"Authorization: {scheme} {tokens.read}"])
    assert (answer.status, answer.header("Content-Type")) == (200, "application/json")
    assert tokens.read.id in answer.text


@pytest.mark.parametrize(
    ("user", "password"),
    [
        ("{token}", ""),
        ("{token}", "x-oauth-basic"),
        ("alice", "{token}"),
        ("bob", "{token}"),
        ("", "{token}"),
        ("oauth2", "{token}"),
        ("x-token-auth", "{token}"),
        ("alice@example.org", "{token}"),
        ("älice", "{token}"),
    ],
)
def test_takes_basic_with_the_token_in_either_place(gate: Gate, tokens: Tokens, user: str, password: str) -> None:
    header = basic(user.format(token=tokens.read), password.format(token=tokens.read))
    for spelling in (header, header.replace("Basic", "basic"), header.replace("Basic", "BASIC")):
        answer = curl(gate.url + WHOAMI, headers=[spelling])
        assert answer.status == 200
        # The token says who it is, whatever the user name.
        assert '"name":"alice"' in answer.text


def test_takes_what_curl_and_a_url_with_credentials_send(gate: Gate, tokens: Tokens) -> None:
    assert curl(gate.url + WHOAMI, "--user", f"alice:{tokens.read}").status == 200
    assert curl(gate.url + WHOAMI, "--user", f"{tokens.read}:").status == 200
    assert curl(f"http://{tokens.read}@{gate.host}{WHOAMI}").status == 200
    assert curl(gate.url + WHOAMI, "--oauth2-bearer", tokens.read.text).status == 200


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("Authorization: Basic", "credentials_malformed"),
        ("Authorization: {token}", "credentials_malformed"),
        ("Authorization: Bearer {token} {token}", "credentials_malformed"),
        ("Authorization: Bearer {token},{token}", "credentials_malformed"),
        ("Authorization: Bearer {token}, Basic x", "credentials_malformed"),
        ("Authorization: Bearer,{token}", "credentials_malformed"),
        ("Authorization: Digest username={token}", "credentials_malformed"),
        ("Authorization: Negotiate {token}", "credentials_malformed"),
        ("Authorization: Basic {token}", "credentials_malformed"),
        ("Authorization: Bearer x{token}", "token_invalid"),
        ("Authorization: Bearer {token}x", "token_invalid"),
        ("Authorization: Bearer {token}=", "token_invalid"),
        ('Authorization: Bearer "{token}"', "token_invalid"),
        ("Authorization: Bearer null", "token_invalid"),
        ("Authorization: Bearer hf_aBcDeFgHiJkLmNoPqRsTuVwXyZ01234567", "token_invalid"),
    ],
)
def test_refuses_what_is_not_one_token(gate: Gate, tokens: Tokens, header: str, code: str) -> None:
    answer = curl(gate.url + WHOAMI, headers=[header.format(token=tokens.read)])
    assert (answer.status, answer.code) == ({"credentials_malformed": 400, "token_invalid": 401}[code], code)


@pytest.mark.parametrize("second", ["Bearer {token}", "Basic YTpi", "Bearer", "x"])
def test_refuses_a_repeated_header_in_either_order(gate: Gate, tokens: Tokens, second: str) -> None:
    first = f"Authorization: Bearer {tokens.read}"
    other = f"Authorization: {second.format(token=tokens.read)}"
    for headers in ([first, other], [other, first]):
        answer = curl(gate.url + WHOAMI, headers=headers)
        assert (answer.status, answer.code) == (400, "credentials_malformed")


def with_two_neighbours_swapped(text: str) -> str:
    """The text with its last two differing neighbours swapped. Swapping equal ones would change nothing."""
    at = next(at for at in reversed(range(len(text) - 1)) if text[at] != text[at + 1])
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


@pytest.mark.parametrize("case", ["swap", "cut", "forged", "user and password"])
def test_refuses_a_token_that_was_changed(gate: Gate, tokens: Tokens, case: str) -> None:
    text = tokens.write.text
    header = {
        "swap": f"Authorization: Bearer {with_two_neighbours_swapped(text)}",
        "cut": f"Authorization: Bearer {text[:-1]}",
        "forged": f"Authorization: Bearer {tokens.forged}",
        "user and password": basic(text, "another"),
    }[case]
    answer = curl(gate.url + WHOAMI, headers=[header])
    assert (answer.status, answer.code) == (401, "token_invalid")


@pytest.mark.parametrize("name", ["access_token", "Access_Token", "access%5Ftoken", "%61ccess_token"])
@pytest.mark.parametrize("credentials", [True, False])
def test_refuses_a_token_in_the_url(gate: Gate, tokens: Tokens, name: str, credentials: bool) -> None:
    token = tokens.read if credentials else None
    for query in (f"{name}={tokens.read}", f"a=b&{name}={secrets_used.marker('urltoken')}"):
        answer = curl(f"{gate.url}{WHOAMI}?{query}", token=token)
        assert (answer.status, answer.code) == (400, "credentials_malformed")


def test_logs_the_id_of_a_refused_token_and_not_that_none_was_sent(gate: Gate, tokens: Tokens) -> None:
    mark = gate.log_mark()
    assert curl(gate.url + WHOAMI).code == "token_required"
    assert curl(gate.url + WHOAMI, token=tokens.expired).code == "token_expired"
    assert gate.log_lines_since(mark) == [
        {
            "event": "refused",
            "code": "token_expired",
            "status": 401,
            "method": "GET",
            "route": "read GET /api/whoami-v2",
            "token": tokens.expired.id,
        }
    ]
