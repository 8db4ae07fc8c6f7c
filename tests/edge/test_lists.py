"""The list in Workers KV is missing or broken: the gate refuses, or keeps the cached one, and recovers.

Each test has a shard of its own, so that they share a gate.
"""

import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import tool
import words
from bare import BareGate
from clients import Response, curl
from gate import REFRESH_SECONDS, Gate
from origin import Origin
from tool import Token
from waiting import wait_for
from witness import Witness

READ = "/api/whoami-v2"
WRITE = "/sink"

SOON = REFRESH_SECONDS + 5

_shards = itertools.count(100)


@pytest.fixture
def shard() -> int:
    return next(_shards)


def _ask(gate: Gate | BareGate, token: Token) -> Response:
    return curl(gate.url + READ, token=token)


def _write(gate: Gate | BareGate, token: Token) -> Response:
    return curl(gate.url + WRITE, "--data", "x", token=token)


def _await_code(gate: Gate | BareGate, token: Token, code: str | None, seconds: float = SOON) -> None:
    wait_for(lambda: _ask(gate, token).code == code, seconds, f"the answer {code}")


def _assert_unavailable(answer: Response) -> None:
    assert (answer.status, answer.code) == (503, "revocations_unavailable")
    assert answer.header("Retry-After") == "5"
    assert answer.header("WWW-Authenticate") is None
    assert words.LIST_UNAVAILABLE.removesuffix(".") in answer.text


def _tampered(sealed: bytes) -> bytes:
    middle = len(sealed) // 2
    return sealed[:middle] + bytes([sealed[middle] ^ 1]) + sealed[middle + 1 :]


# What may come in the place of a list, by the code that is logged of it.
Break = Callable[[bytes, int, str, Path], bytes]
BREAKS: dict[str, Break] = {
    "list_short": lambda sealed, _shard, _keys, _folder: sealed[:40],
    "list_seal": lambda sealed, _shard, _keys, _folder: _tampered(sealed),
    "list_magic": lambda sealed, _shard, _keys, _folder: b"{}" + sealed[2:],
    "list_version": lambda sealed, _shard, _keys, _folder: sealed[:4] + b"\x02" + sealed[5:],
    "list_unknown_key": lambda sealed, _shard, _keys, _folder: sealed[:5] + b"\x63" + sealed[6:],
    "list_shard": lambda _sealed, shard, keys, folder: tool.sealed_list(keys, folder, shard + 10_000),
    "list_missing": lambda _sealed, _shard, _keys, _folder: b"",
}


def _put_broken(gate: Gate | BareGate, code: str, sealed: bytes, shard: int, folder: Path) -> None:
    if code == "list_missing":
        gate.delete_list(shard)
    else:
        gate.put_raw_list(BREAKS[code](sealed, shard, gate.keys, folder), shard)


# Every way on bare workerd, where a value is put at once, and some by wrangler.
@pytest.mark.parametrize(
    ("place", "code"),
    [*(("bare", code) for code in BREAKS if code != "list_missing"), ("gate", "list_short"), ("gate", "list_shard")],
)
def test_refuses_while_the_first_list_is_broken_and_recovers(
    request: pytest.FixtureRequest, place: str, shard: int, tmp_path: Path, code: str
) -> None:
    gate: Gate | BareGate = request.getfixturevalue(place)
    token = gate.mint("write", shard=shard)
    sealed = tool.sealed_list(gate.keys, tmp_path, shard)
    _put_broken(gate, code, sealed, shard, tmp_path)
    mark = gate.log_mark()
    _assert_unavailable(_ask(gate, token))
    _assert_unavailable(_write(gate, token))
    line = gate.await_log_line(mark, event="revocations", shard=shard)
    assert line["code"] == code
    gate.await_log_line(mark, event="failed", code="revocations_unavailable", status=503, method="GET")
    gate.put_raw_list(sealed, shard)
    _await_code(gate, token, None)


def test_refuses_while_the_list_is_missing_and_recovers(gate: Gate, shard: int) -> None:
    token = gate.mint("write", shard=shard)
    mark = gate.log_mark()
    _assert_unavailable(_ask(gate, token))
    gate.await_log_line(
        mark,
        event="revocations",
        code="list_missing",
        shard=shard,
        detail="KV holds no such key; the ledger publishes one, or, without a ledger, `lychgate revocations publish`",
    )
    gate.publish("--new", shard=shard)
    _await_code(gate, token, None)


def test_refuses_a_list_sealed_with_another_key_ring(gate: Gate, shard: int, tmp_path: Path) -> None:
    token = gate.mint("write", shard=shard)
    gate.put_raw_list(tool.sealed_list(tool.new_keys(), tmp_path, shard), shard)
    mark = gate.log_mark()
    _assert_unavailable(_ask(gate, token))
    gate.await_log_line(mark, event="revocations", code="list_seal", shard=shard)


@pytest.mark.parametrize(
    ("place", "code"),
    [
        *(("bare", code) for code in [*BREAKS, "list_rolled_back", "cut by a byte"]),
        *(("gate", code) for code in ["list_seal", "list_rolled_back", "list_missing"]),
    ],
)
def test_keeps_the_cached_list_when_a_broken_one_comes(
    request: pytest.FixtureRequest, place: str, shard: int, tmp_path: Path, code: str
) -> None:
    gate: Gate | BareGate = request.getfixturevalue(place)
    good, revoked = gate.mint("write", shard=shard), gate.mint("write", shard=shard)
    sealed = tool.sealed_list(gate.keys, tmp_path, shard, (revoked,), versions=2)
    gate.put_raw_list(sealed, shard)
    _await_code(gate, good, None)
    _await_code(gate, revoked, "token_revoked")

    mark = gate.log_mark()
    if code == "list_rolled_back":
        # Genuine, and older: in it the token was not revoked yet.
        gate.put_raw_list(tool.sealed_list(gate.keys, tmp_path, shard), shard)
    elif code == "cut by a byte":
        gate.put_raw_list(sealed[:-1], shard)
    else:
        _put_broken(gate, code, sealed, shard, tmp_path)

    def logged() -> bool:
        return any(line.get("shard") == shard for line in gate.log_lines()[mark:])

    def nothing_changed() -> bool:
        assert _ask(gate, revoked).code == "token_revoked"
        assert _ask(gate, good).status == 200
        return True

    wait_for(lambda: nothing_changed() and logged(), SOON, "the broken list to be read")
    assert nothing_changed()
    expected = "list_seal" if code == "cut by a byte" else code
    gate.await_log_line(mark, event="revocations", code=expected, shard=shard)

    # A newer list is taken again, without a restart.
    gate.put_raw_list(tool.sealed_list(gate.keys, tmp_path, shard, (good,), versions=3), shard)
    _await_code(gate, good, "token_revoked")
    _await_code(gate, revoked, None)


def test_refuses_once_the_list_has_expired_and_recovers(gate: Gate, shard: int, tmp_path: Path) -> None:
    good, revoked = gate.mint("write", shard=shard), gate.mint("write", shard=shard)
    gate.put_raw_list(tool.sealed_list(gate.keys, tmp_path, shard, (revoked,), valid_for="6s"), shard)
    _await_code(gate, good, None)
    mark = gate.log_mark()
    _await_code(gate, good, "revocations_unavailable", 10)
    gate.await_log_line(mark, event="failed", code="revocations_unavailable", status=503, token=good.id)
    _assert_unavailable(_ask(gate, good))
    _assert_unavailable(_write(gate, good))
    # What an old list says of a revoked token stays true.
    assert _ask(gate, revoked).code == "token_revoked"
    gate.publish(shard=shard)
    _await_code(gate, good, None)
    assert _ask(gate, revoked).code == "token_revoked"


def test_refuses_a_first_list_that_has_expired_already(gate: Gate, shard: int, tmp_path: Path) -> None:
    token = gate.mint("write", shard=shard)
    sealed = tool.sealed_list(gate.keys, tmp_path, shard, valid_for="1s")
    published_at = time.time()
    gate.put_raw_list(sealed, shard)
    wait_for(lambda: time.time() > published_at + 1, 5, "the list to expire")
    _assert_unavailable(_ask(gate, token))


def test_a_missing_list_of_one_shard_does_not_touch_another(gate: Gate, shard: int) -> None:
    without, within = gate.mint("read", shard=shard), gate.mint("read")
    for _ in range(3):
        assert _ask(gate, without).status == 503
        assert _ask(gate, within).status == 200


# ON_STALE = "allow-reads"


@pytest.fixture(scope="module")
def lenient(workshop: Path, keys: str, origin: Origin) -> Iterator[Gate]:
    running = Gate(workshop / "lenient", keys, {"ORIGIN_URL": origin.url, "ON_STALE": "allow-reads"})
    yield running
    running.stop()


def test_allow_reads_lets_reads_pass_and_no_writes_while_the_list_is_missing(lenient: Gate, shard: int) -> None:
    reader, writer = lenient.mint("read", shard=shard), lenient.mint("write", shard=shard)
    mark = lenient.log_mark()
    assert _ask(lenient, reader).status == 200
    assert _ask(lenient, writer).status == 200
    _assert_unavailable(_write(lenient, writer))
    assert _write(lenient, reader).code == "role_insufficient"
    contribution = curl(f"{lenient.url}/api/repos/create", "--json", "{}", token=writer)
    _assert_unavailable(contribution)
    lenient.await_log_line(mark, event="revocations", code="list_missing", shard=shard)
    # It is still only genuine tokens that pass.
    assert _ask(lenient, tool.mint(tool.new_keys(), "read", shard=shard)).code == "token_invalid"

    lenient.publish("--new", shard=shard)
    wait_for(lambda: _write(lenient, writer).status == 200, SOON, "writes to pass again")


def test_allow_reads_lets_no_revoked_token_pass_after_the_list_expired(
    lenient: Gate, shard: int, tmp_path: Path
) -> None:
    good, revoked = lenient.mint("write", shard=shard), lenient.mint("write", shard=shard)
    lenient.put_raw_list(tool.sealed_list(lenient.keys, tmp_path, shard, (revoked,), valid_for="6s"), shard)
    wait_for(lambda: _write(lenient, good).status == 200, SOON, "writes to pass")
    wait_for(lambda: _write(lenient, good).code == "revocations_unavailable", 10, "writes to be refused")
    assert _ask(lenient, good).status == 200
    assert _ask(lenient, revoked).code == "token_revoked"


def test_allow_reads_ends_after_its_time(workshop: Path, keys: str, witness: Witness) -> None:
    variables = {"ORIGIN_URL": witness.url, "ON_STALE": "allow-reads", "STALE_READS_SECONDS": "3"}
    gate = BareGate(workshop / "lenient-for-a-while", keys, variables)
    try:
        token = gate.mint("read")
        assert _ask(gate, token).status == 200
        _await_code(gate, token, "revocations_unavailable", 10)
        gate.publish("--new")
        _await_code(gate, token, None)
    finally:
        gate.stop()


# Workers KV itself fails


@pytest.fixture
def alone(workshop: Path, keys: str, witness: Witness, shard: int) -> Iterator[BareGate]:
    running = BareGate(workshop / f"alone-{shard}", keys, {"ORIGIN_URL": witness.url})
    yield running
    running.stop()


def test_keeps_the_cached_list_while_kv_fails(alone: BareGate) -> None:
    good, revoked = alone.mint("read"), alone.mint("read")
    alone.publish("--new", "--revoke", revoked.id)
    assert _ask(alone, good).status == 200
    mark = alone.log_mark()
    alone.store.fails = True

    def logged() -> bool:
        assert _ask(alone, good).status == 200
        assert _ask(alone, revoked).code == "token_revoked"
        return any(line["code"] == "list_unreadable" for line in alone.log_lines()[mark:])

    wait_for(logged, SOON, "the failure to be logged")
    alone.publish("--revoke", good.id)
    alone.store.fails = False
    _await_code(alone, good, "token_revoked")


def test_refuses_while_kv_fails_and_no_list_is_cached(alone: BareGate) -> None:
    token = alone.mint("read")
    alone.publish("--new")
    alone.store.fails = True
    mark = alone.log_mark()
    _assert_unavailable(_ask(alone, token))
    alone.await_log_line(mark, event="revocations", code="list_unreadable", shard=0)
    alone.store.fails = False
    _await_code(alone, token, None)


def test_waits_for_kv_no_longer_than_it_must(alone: BareGate) -> None:
    token = alone.mint("read")
    alone.publish("--new")
    alone.store.answers.clear()
    asked_at = time.monotonic()
    _assert_unavailable(_ask(alone, token))
    assert 4 < time.monotonic() - asked_at < 8
    alone.store.answers.set()
    _await_code(alone, token, None)


def test_requests_do_not_wait_for_kv_again_once_it_was_found_dead(alone: BareGate) -> None:
    """The gate uses the cached list and reads KV after it has responded."""
    token = alone.mint("read")
    alone.publish("--new")
    assert _ask(alone, token).status == 200
    alone.store.answers.clear()
    # The first to come when a refresh was missed wait, until one of them has waited in vain.
    mark = alone.log_mark()
    wait_for(
        lambda: _ask(alone, token).status == 200 and alone.log_lines()[mark:], 15, "the gate to give up on KV"
    )
    waits = []
    until = time.monotonic() + 5 * REFRESH_SECONDS
    while time.monotonic() < until:
        asked_at = time.monotonic()
        assert _ask(alone, token).status == 200
        waits.append(time.monotonic() - asked_at)
    assert len(waits) > 20
    assert max(waits) < 1


def test_a_request_does_not_wait_for_the_refresh_behind_it(alone: BareGate) -> None:
    token = alone.mint("read")
    alone.publish("--new")
    assert _ask(alone, token).status == 200
    read_at, asked = time.monotonic(), alone.store.asked
    alone.store.answers.clear()
    while alone.store.asked == asked:
        asked_at = time.monotonic()
        assert _ask(alone, token).status == 200
        assert time.monotonic() - asked_at < 0.5
        assert time.monotonic() - read_at < 2 * REFRESH_SECONDS + 1
