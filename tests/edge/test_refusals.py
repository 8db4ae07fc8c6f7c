"""Callers whose tokens are refused again and again: past the limit of the binding REFUSALS they get 429, while good tokens
from the same address still go through."""

import itertools
import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import secrets_used
import tool
import words
from bare import BareGate
from clients import Person, Response, curl
from gate import Gate
from ledger_gate import LedgerGate
from surroundings import REPOSITORY
from test_answers import CLIENTS, READ, assert_answer, assert_body
from tool import Token
from waiting import wait_for
from witness import Witness

LIMIT = 3

# The two that the platform has.
PERIOD, SHORT_PERIOD = 60, 10

# Time enough in a period for a test's requests, on a busy machine too.
AT_LEAST = 15

WRITE = "/sink"

_hosts = itertools.count(1)


def _limiter(period: int) -> dict[str, Any]:
    """The binding as wrangler.toml has it."""
    return {"ratelimits": [{"name": "REFUSALS", "namespace_id": "1", "simple": {"limit": LIMIT, "period": period}}]}


@pytest.fixture
def address() -> str:
    """An address from which no request was refused yet."""
    return f"198.51.100.{next(_hosts)}"


@pytest.fixture(scope="module")
def limited(workshop: Path, keys: str, witness: Witness) -> Iterator[Gate]:
    running = Gate(workshop / "limited", keys, {"ORIGIN_URL": witness.url}, **_limiter(PERIOD))
    running.publish("--new")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def revoked(limited: Gate) -> Token:
    token = limited.mint("read")
    limited.revoke(token)
    wait_for(lambda: curl(limited.url + READ, token=token).code == "token_revoked", 15, "the revocation")
    return token


def _await_room() -> None:
    """Periods begin at the same time for all addresses. Waits for the next one if this one is nearly over."""
    left = PERIOD - time.time() % PERIOD
    if left < AT_LEAST:
        time.sleep(left + 0.1)


def _ask(
    gate: Gate | LedgerGate | BareGate, address: str | None, token: object, *headers: str, path: str = READ
) -> Response:
    """A request from an address. On Cloudflare the platform sets this header; here the gate takes the given one."""
    said = [f"CF-Connecting-IP: {address}"] if address else []
    return curl(gate.url + path, token=token, headers=[*said, *headers])


def _exhaust(gate: Gate | LedgerGate, address: str, token: object) -> None:
    """Sends as many refused requests as the limit allows, at the beginning of a period."""
    _await_room()
    for _ in range(LIMIT):
        assert _ask(gate, address, token).status == 401


@pytest.mark.parametrize("client", CLIENTS)
def test_tells_each_client_in_its_form(limited: Gate, address: str, client: str) -> None:
    forged = tool.mint(tool.new_keys(), "read")
    _exhaust(limited, address, forged)
    mark = limited.log_mark()
    for _ in range(2):
        answer = _ask(limited, address, forged, *CLIENTS[client])
        assert_answer(answer, client, 429, "too_many_refusals", words.TOO_MANY_REFUSALS)
        assert_body(answer, client, 429, "too_many_refusals", words.TOO_MANY_REFUSALS)
        assert answer.header("Retry-After") == "60"
        assert answer.header("WWW-Authenticate") is None
        assert answer.header("LFS-Authenticate") is None
    line = limited.await_log_line(mark, event="refused", code="too_many_refusals", status=429, method="GET")
    assert line["detail"] == "token_invalid"


def test_counts_every_refusal_for_what_is_wrong_with_a_token(limited: Gate, revoked: Token, address: str) -> None:
    expired = limited.mint("read", expires_in="1s")
    wait_for(lambda: time.time() >= expired.expires_at, 5, "a token to expire")
    organization = secrets_used.remember("api_org_qWeRtYuIoPaSdFgHjKlZxCvBnM01234567")
    refused: dict[str, tuple[object, int]] = {
        "token_invalid": (tool.mint(tool.new_keys(), "read"), 401),
        "token_revoked": (revoked, 401),
        "token_expired": (expired, 401),
        "org_token_deprecated": (organization, 401),
        "credentials_malformed": ("a b", 400),
    }
    # Each of them is within the limit after the others, and past it after more of its own.
    _await_room()
    for number, (code, (token, status)) in enumerate(refused.items()):
        answer = _ask(limited, address, token)
        if number < LIMIT:
            assert (answer.status, answer.code) == (status, code)
        else:
            assert (answer.status, answer.code) == (429, "too_many_refusals")
    mark = limited.log_mark()
    for code, (token, _status) in refused.items():
        assert _ask(limited, address, token).status == 429
        limited.await_log_line(mark, code="too_many_refusals", detail=code)


def test_refuses_no_good_token_from_the_same_address(limited: Gate, witness: Witness, address: str) -> None:
    """A thousand people may share one address."""
    forged, good = tool.mint(tool.new_keys(), "write"), limited.mint("read")
    _exhaust(limited, address, forged)
    assert _ask(limited, address, forged).status == 429
    reached = len(witness.seen)
    for _ in range(2 * LIMIT):
        assert _ask(limited, address, good).status == 200
    assert len(witness.seen) == reached + 2 * LIMIT
    # Nor is anything else answered otherwise than ever: that a token is needed, that another role is.
    assert _ask(limited, address, None).code == "token_required"
    assert curl(limited.url + WRITE, "--data", "x", token=good, headers=[f"CF-Connecting-IP: {address}"]).status == 403
    assert _ask(limited, address, forged).status == 429


def test_does_not_count_what_is_not_for_the_token(limited: Gate, address: str) -> None:
    good = limited.mint("read")
    _await_room()
    for _ in range(LIMIT + 1):
        assert _ask(limited, address, None).code == "token_required"
        assert _ask(limited, address, good, path="/acme//widget").code == "target_ambiguous"
        assert _ask(limited, address, good, path="/acme/widget.git/info/refs?service=git-odd-pack").status == 403
        assert _ask(limited, address, good, path=f"{READ}?{'a' * 8192}").status == 414
        assert _ask(limited, address, good, path="/-/nothing").status == 404
    assert _ask(limited, address, "nonsense").code == "token_invalid"


def test_bounds_how_often_an_address_is_told_that_its_requests_cannot_be_judged(limited: Gate, address: str) -> None:
    """Some clients repeat a request immediately and forever after a 503."""
    listless, good = limited.mint("read", shard=tool.SHARD_WITHOUT_LIST), limited.mint("read")
    forged = tool.mint(tool.new_keys(), "read")
    _await_room()
    for _ in range(LIMIT):
        answer = _ask(limited, address, listless)
        assert (answer.status, answer.code, answer.header("Retry-After")) == (503, "revocations_unavailable", "5")
    mark = limited.log_mark()
    answer = _ask(limited, address, listless)
    assert (answer.status, answer.code, answer.header("Retry-After")) == (429, "too_many_retries", "60")
    assert json.loads(answer.text)["detail"] == words.TOO_MANY_RETRIES
    line = limited.await_log_line(mark, event="refused", code="too_many_retries", status=429)
    assert line["detail"] == "revocations_unavailable"
    # Nobody is taken for somebody who guesses tokens, nor is a good token kept out.
    assert _ask(limited, address, forged).status == 401
    assert _ask(limited, address, good).status == 200


def test_counts_by_address(limited: Gate, address: str) -> None:
    forged = tool.mint(tool.new_keys(), "read")
    _exhaust(limited, address, forged)
    assert _ask(limited, address, forged).status == 429
    other = f"198.51.100.{next(_hosts)}"
    assert _ask(limited, other, forged).status == 401
    # Whoever has one address of an IPv6 network has them all.
    network = f"2001:db8:0:{next(_hosts):x}"
    _await_room()
    for host in range(LIMIT):
        assert _ask(limited, f"{network}::{host}", forged).status == 401
    assert _ask(limited, f"{network}:1:2:3:4", forged).status == 429
    assert _ask(limited, f"2001:db8:0:{next(_hosts):x}::1", forged).status == 401


def test_forgets_after_the_period(workshop: Path, keys: str, witness: Witness, address: str) -> None:
    gate = Gate(workshop / "limited-shortly", keys, {"ORIGIN_URL": witness.url}, **_limiter(SHORT_PERIOD))
    try:
        forged = tool.mint(tool.new_keys(), "read")
        # Sooner or later there are enough of them in one period, and then none is left.
        for status in (429, 401, 429):
            wait_for(lambda: _ask(gate, address, forged).status == status, SHORT_PERIOD + 2, f"the status {status}")
    finally:
        gate.stop()


def test_git_keeps_its_password_and_says_why(limited: Gate, person: Person, address: str) -> None:
    forged = tool.mint(tool.new_keys(), "read")
    person.git("config", "--global", "http.extraHeader", f"CF-Connecting-IP: {address}")
    person.store_password(limited.url, forged)
    _exhaust(limited, address, forged)
    outcome = person.git("ls-remote", f"{limited.url}/acme/widget")
    assert outcome.status != 0
    assert f"remote: {words.TOO_MANY_REFUSALS}" in outcome.errors
    assert forged.text in person.stored_credentials()


def test_counts_tokens_shown_to_the_management_api_too(
    workshop: Path, keys: str, witness: Witness, address: str
) -> None:
    gate = LedgerGate(workshop / "limited-management", keys, {"ORIGIN_URL": witness.url}, **_limiter(PERIOD))
    try:
        forged, good = tool.mint(tool.new_keys(), "read"), gate.create("alice", "laptop")
        gate.await_code(good, None)
        _exhaust(gate, address, forged)
        answer = _ask(gate, address, forged, path="/-/api/whoami")
        assert (answer.status, answer.code, answer.header("Retry-After")) == (429, "too_many_refusals", "60")
        assert json.loads(answer.text)["detail"] == words.TOO_MANY_REFUSALS
        assert _ask(gate, address, good, path="/-/api/whoami").status == 200
        assert _ask(gate, address, None, path="/-/api/whoami").code == "token_required"
    finally:
        gate.stop()


# What is bound is asked about refusals alone, and does not have to answer.


class GateWithLimiter(BareGate):
    """The limiter is a Worker of the tests that fails for certain addresses."""

    services = '    (name = "limiter", worker = .limiter),\n'
    bindings = '    (name = "REFUSALS", service = "limiter"),\n'

    def start(self, log: Path) -> None:
        shutil.copy(REPOSITORY / "tests/edge/support/workers/limiter.mjs", self.folder)
        super().start(log)

    def _configuration(self, variables: dict[str, str]) -> str:
        limiter = """const limiter :Workerd.Worker = (
  compatibilityDate = "2026-06-01",
  modules = [(name = "limiter", esModule = embed "limiter.mjs")],
);
"""
        return super()._configuration(variables) + limiter

    def asked_about(self, caller: str) -> int:
        return self.log().count(f"asked about {caller}\n")


@pytest.fixture(scope="module")
def limiting(workshop: Path, keys: str, witness: Witness) -> Iterator[GateWithLimiter]:
    running = GateWithLimiter(workshop / "limiting", keys, {"ORIGIN_URL": witness.url})
    running.publish("--new")
    yield running
    running.stop()


def test_asks_about_refusals_for_a_token_alone(limiting: GateWithLimiter) -> None:
    over = "203.0.113.3"
    good = limiting.mint("read")
    for _ in range(3):
        assert _ask(limiting, over, good).status == 200
        assert _ask(limiting, over, None).status == 401
        assert _ask(limiting, over, good, path="/-/nothing").status == 404
    assert _ask(limiting, over, "nonsense").code == "too_many_refusals"
    wait_for(lambda: limiting.asked_about(over) == 1, 5, "the one refusal to be counted")


@pytest.mark.parametrize("address", [None, "", "unknown", "203.0.113.3, 203.0.113.4"])
def test_refuses_as_ever_without_an_address(limiting: GateWithLimiter, address: str | None) -> None:
    assert _ask(limiting, address, "nonsense").code == "token_invalid"
    # curl leaves an empty header out unless it is told so.
    assert curl(limiting.url + READ, token="nonsense", headers=["CF-Connecting-IP;"]).code == "token_invalid"


def test_refuses_as_ever_while_the_limiter_fails(limiting: GateWithLimiter) -> None:
    mark = limiting.log_mark()
    assert _ask(limiting, "203.0.113.1", "nonsense").code == "token_invalid"
    limiting.await_log_line(mark, event="failed", code="refusals_uncounted", detail="out of order")


def test_waits_for_the_limiter_no_longer_than_it_must(limiting: GateWithLimiter) -> None:
    mark = limiting.log_mark()
    asked_at = time.monotonic()
    assert _ask(limiting, "203.0.113.2", "nonsense").code == "token_invalid"
    assert 0.9 < time.monotonic() - asked_at < 5
    limiting.await_log_line(mark, event="failed", code="refusals_uncounted", detail="no answer in time")
