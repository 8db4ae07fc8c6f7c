"""However many tokens there are or were: one turn of a ledger does a bounded piece of work, and what counts follows from what
is accepted now."""

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median

import pytest

import tool
from bare_ledger_gate import BareLedgerGate, NewBareLedgerGate
from clients import curl
from ledger_tables import add_tokens, execute, rows
from visitor import Visitor, post, sign_in_assertion
from waiting import wait_for

DAY = 24 * 60 * 60

# What a Durable Object may take above what its process needs anyway.
MEMORY_BYTES = 128 * 1024 * 1024


def wake(gate: BareLedgerGate) -> None:
    """The first request makes the ledger notice that a test changed its tables."""
    gate.api.tokens("somebody")


def now() -> int:
    return int(time.time())


@contextmanager
def somebody_else(gate: BareLedgerGate, tokens: Iterator[dict], longest_seconds: float) -> Iterator[list[float]]:
    """Revokes one token after another while the block runs. No revocation may take long."""
    took: list[float] = []
    failed: list[Exception] = []
    done = threading.Event()

    def revoke() -> None:
        try:
            for token in tokens:
                begun = time.monotonic()
                gate.api.revoke("victor", token["id"]).expect(200, 202)
                took.append(time.monotonic() - begun)
                if done.wait(0.05):
                    return
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=revoke)
    thread.start()
    yield took
    done.set()
    thread.join(60)
    assert not failed, failed
    assert took and max(took) < longest_seconds, took


def many_of_victor(gate: BareLedgerGate) -> Iterator[dict]:
    return iter([gate.api.create("victor", f"token {number}").expect(201).body for number in range(90)])


def new_ones_of_victor(gate: BareLedgerGate) -> Iterator[dict]:
    """Tokens of victor, each created when it is needed."""
    return (gate.api.create("victor", f"token {number}").expect(201).body for number in range(90))


def test_graces_that_end_in_the_same_second_hold_up_nobody(
    ledger_gate: BareLedgerGate, note_figure: Callable[[str], None]
) -> None:
    gate, count = ledger_gate, 60_000
    victims = many_of_victor(gate)
    gate.stop_only()
    add_tokens(gate, "many", count, issued_at=now() - 60, revoked_at=now() - 1, each=100)
    gate.start_again()
    idle = gate.resident_bytes()
    wake(gate)
    # A crash in the middle of it loses nothing.
    wait_for(lambda: 0 < still_in_grace(gate) < count, 20, "the first batches")
    gate.kill()
    gate.start_again()
    with somebody_else(gate, victims, 1.0) as took:
        wait_for(lambda: still_in_grace(gate) == 0, 60, "all graces to be over")
    grown = gate.resident_bytes() - idle
    assert grown < MEMORY_BYTES, grown
    wait_for(lambda: len(gate.published().revoked) >= count, 20, "the list to have them all")
    assert rows(gate, "SELECT count(*), count(DISTINCT serial) FROM audit WHERE action = 'revoked' AND actor = 'gate'") == [
        (count, count)
    ]
    note_figure(
        f"{count} graces in one second: others waited {max(took) * 1000:.0f} ms at most, {grown / 1e6:.0f} MB more in memory"
    )


def still_in_grace(gate: BareLedgerGate) -> int:
    ((count,),) = rows(gate, "SELECT count(*) FROM tokens WHERE revoked_at IS NOT NULL AND revoked_in IS NULL")
    return count


def test_revoking_all_of_very_many_takes_effect_at_once(
    ledger_gate: BareLedgerGate, note_figure: Callable[[str], None]
) -> None:
    gate, count = ledger_gate, 100_000
    known = gate.create("mallory", "write")
    victims = many_of_victor(gate)
    gate.stop_only()
    add_tokens(gate, "mallory", count, issued_at=now() - 60)
    # One above the counter, as if something else had given it out.
    execute(
        gate,
        "INSERT INTO tokens (serial, subject, name, role, restrictions, key_id, issued_at) "
        "SELECT 3000000000, subject, 'above', role, restrictions, key_id, issued_at FROM tokens WHERE subject = 'mallory' LIMIT 1",
    )
    gate.start_again()
    assert gate.api.is_accepted(known.text)
    idle = gate.resident_bytes()
    begun = time.monotonic()
    answer = gate.api.call("DELETE", "/subjects/mallory/tokens").expect(202).body
    answered = time.monotonic() - begun
    assert answered < 1 and answer["more"] and 0 < answer["revoked"] < count and answer["unanswered_shards"] == []
    (promised,) = answer["lists"]
    # Whatever the rows say by now, none of them is live or accepted.
    assert gate.api.tokens("mallory") == {}
    told = curl(f"{gate.url}/-/api/introspect", "--data", f"token={known}", token=gate.admin_key)
    assert json.loads(told.body) == {"active": False}
    assert gate.api.refresh("mallory", known.id).expect(409).code == "already_revoked"
    gate.kill()
    gate.start_again()
    with somebody_else(gate, victims, 1.0) as took:
        wait_for(lambda: gate.published().version >= promised["version"], 20, "the list that was promised")
        first = gate.published()
        recorded = rows(gate, "SELECT count(*) FROM tokens WHERE subject = 'mallory' AND revoked_in IS NOT NULL")
        # The list has them all, though not all rows say so.
        assert first.version >= promised["version"] and len(first.revoked) > count + 1, len(first.revoked)
        wait_for(lambda: rows(gate, "SELECT * FROM pending_revocations") == [], 60, "all rows to say so")
    grown = gate.resident_bytes() - idle
    assert grown < MEMORY_BYTES, grown
    assert rows(gate, "SELECT count(*), min(revoked_in) FROM tokens WHERE subject = 'mallory' AND revoked_in IS NOT NULL") == [
        (count + 2, promised["version"])
    ]
    assert rows(gate, "SELECT count(DISTINCT serial) FROM audit WHERE action = 'revoked' AND subject = 'mallory'") == [
        (count + 2,)
    ]
    # New ones are not touched by it, and the same request again has nothing left to do.
    again = gate.api.create("mallory", "again").expect(201).body
    assert set(gate.api.tokens("mallory")) == {again["id"]}
    gate.api.revoke("mallory", again["id"], wait=20).expect(200)
    answer = gate.api.call("DELETE", "/subjects/mallory/tokens?wait=20").expect(200).body
    assert (answer["revoked"], answer["more"]) == (0, False)
    note_figure(
        f"revoke-all of {count} tokens: answered in {answered * 1000:.0f} ms, others waited {max(took) * 1000:.0f} ms at most, "
        f"{grown / 1e6:.0f} MB more in memory; {recorded[0][0]} rows said so when the list did"
    )


def test_every_accepted_token_counts(ledger_gate: BareLedgerGate) -> None:
    api = ledger_gate.api
    token = api.create("alice", "laptop").expect(201).body
    accepted = [token]
    for _ in range(99):
        token = api.refresh("alice", token["id"], grace=604_800).expect(201).body
        accepted.append(token)
    assert api.refresh("alice", token["id"], grace=604_800).expect(409).code == "limit_reached"
    assert api.create("alice", "another").expect(409).code == "limit_reached"
    assert {entry["state"] for entry in api.tokens("alice").values()} == {"in_grace", "live"}
    # Without a grace it takes the place of the one before, and whoever ends one has room for another.
    token = api.refresh("alice", token["id"]).expect(201).body
    api.revoke("alice", accepted[0]["id"]).expect(200, 202)
    api.refresh("alice", token["id"], grace=60).expect(201)
    assert api.create("alice", "another").expect(409).code == "limit_reached"


def test_a_subject_has_the_ledger_write_only_so_often(ledger_gate: BareLedgerGate) -> None:
    gate = ledger_gate
    token = gate.api.create("alice", "laptop").expect(201).body
    written = 1
    while (answer := gate.api.refresh("alice", token["id"])).status == 201 and written < 400:
        token = answer.body
        written += 1
    # On a slow machine some more come to be allowed meanwhile.
    assert (answer.status, answer.code) == (429, "too_many_writes") and 300 <= written < 330
    refused = curl(
        f"{gate.url}/-/api/subjects/alice/tokens", "--json", '{"name": "x", "role": "read"}', token=gate.admin_key
    )
    assert refused.status == 429 and 1 <= int(refused.header("Retry-After")) <= 10
    before = rows(gate, "SELECT count(*) FROM audit")
    for _ in range(5):
        gate.api.create("alice", "more").expect(429)
    assert rows(gate, "SELECT count(*) FROM audit") == before
    # Nobody else pays for it, and a revocation is never refused.
    gate.api.create("bob", "laptop").expect(201)
    gate.api.revoke("alice", token["id"], wait=20).expect(200)
    gate.api.call("DELETE", "/subjects/alice/tokens?wait=20").expect(200)
    # After the pause that it was told there is room for one more.
    time.sleep(int(refused.header("Retry-After")) + 0.5)
    gate.api.create("alice", "later").expect(201)


@pytest.mark.parametrize("is_blocked", [False, True])
def test_a_session_has_ledgers_work_only_so_often(ledger_gate: BareLedgerGate, hub_key: bytes, is_blocked: bool) -> None:
    gate, exchange = ledger_gate, ledger_gate.api.connections.exchange
    alice, bob = Visitor(gate, hub_key, "alice"), Visitor(gate, hub_key, "bob")
    token = alice.create("laptop")
    if is_blocked:
        gate.api.call("PUT", "/subjects/alice/block").expect(200)
    expected = 403 if is_blocked else 200
    begun, asked = time.monotonic(), 0
    paths = ["/-/api/session", f"/-/{alice.own('?state=all')}", f"/-/{alice.own(f'/{token.id}/revocation-status')}"]
    while (answer := exchange("GET", paths[asked % 3], {"Cookie": alice.cookie})).status == expected and asked < 600:
        asked += 1
    # On a slow machine some more come to be allowed meanwhile.
    assert (answer.status, answer.code) == (429, "too_many_calls") and 290 <= asked <= 300 + time.monotonic() - begun
    refused = alice.call("GET", alice.own())
    assert (refused.status, refused.header("Retry-After")) == (429, "1") or refused.status == expected
    # Nobody else pays for it, neither does the hub; and who may revoke still does.
    assert bob.call("GET", bob.own()).status == 200
    assert set(gate.api.tokens("alice")) == {token.id}
    revoked = alice.call("DELETE", alice.own(f"/{token.id}?wait=20"))
    assert revoked.status == (403 if is_blocked else 200)
    time.sleep(1.5)
    assert alice.call("GET", alice.own()).status == expected


def test_revocations_by_a_session_are_counted_by_themselves(ledger_gate: BareLedgerGate, hub_key: bytes) -> None:
    gate, exchange = ledger_gate, ledger_gate.api.connections.exchange
    alice = Visitor(gate, hub_key, "alice")
    sent = {"Cookie": alice.cookie, "X-Lychgate-CSRF": alice.csrf}
    begun, asked = time.monotonic(), 0
    while (answer := exchange("DELETE", f"/-/{alice.own()}", sent)).status in (200, 202) and asked < 600:
        asked += 1
    assert (answer.status, answer.code) == (429, "too_many_calls") and 300 <= asked <= 301 + time.monotonic() - begun
    token = alice.create("laptop")
    # The hub, and the token itself, are not kept from it.
    revoked = curl(f"{gate.url}/-/api/revoke", "--data", f"token={token.text}")
    assert revoked.status == 200
    gate.api.revoke("alice", token.id, wait=20).expect(200)


def test_what_a_subject_had_costs_it_nothing(ledger_gate: BareLedgerGate, note_figure: Callable[[str], None]) -> None:
    gate, count = ledger_gate, 100_000
    gate.api.create("hal", "first").expect(201)
    gate.api.create("ida", "first").expect(201)
    gate.stop_only()
    past = now() - 20 * DAY
    add_tokens(gate, "hal", count, issued_at=past, expires_at=past + DAY)
    add_tokens(gate, "hal", count, issued_at=past, revoked_at=past + DAY, revoked_in=1)
    gate.start_again()
    gate.await_lists()

    def milliseconds(work: Callable[[str, int], None], subject: str) -> float:
        took = []
        for number in range(15):
            begun = time.monotonic()
            work(subject, number)
            took.append((time.monotonic() - begun) * 1000)
        return median(took)

    def create(subject: str, number: int) -> None:
        gate.api.create(subject, f"token {number}").expect(201)

    def show(subject: str, _number: int) -> None:
        assert gate.api.tokens(subject)

    def revoke_all(subject: str, _number: int) -> None:
        gate.api.call("DELETE", f"/subjects/{subject}/tokens").expect(200, 202)

    for what, work in {"create": create, "list": show, "revoke-all": revoke_all}.items():
        without, with_history = milliseconds(work, "ida"), milliseconds(work, "hal")
        note_figure(f"{what}: {without:.1f} ms, with {2 * count} tokens before {with_history:.1f} ms")
        assert with_history < 2 * without + 5, (what, without, with_history)


@pytest.mark.parametrize("how", ["used", "revoked"])
def test_a_serial_that_was_minted_by_hand_moves_no_counter(ledger_gate: BareLedgerGate, how: str) -> None:
    gate = ledger_gate
    first = gate.api.create("alice", "first").expect(201).body
    for serial in (4_294_967_295, 4_294_967_294, 5_000):
        token = tool.mint(gate.keys, "read", serial=serial)
        if how == "used":
            assert gate.api.is_accepted(token.text)
        else:
            assert curl(f"{gate.url}/-/api/revoke", "--data", f"token={token}").status == 200
            wait_for(lambda token=token: not gate.api.is_accepted(token.text), 15, "it to be refused")
    # The usage is reported a second later.
    time.sleep(2)
    second = gate.api.create("alice", "second").expect(201).body
    assert [int(made["id"].split("-")[1]) for made in (first, second)] == [1, 2]
    if how == "revoked":
        # The counter passes over a serial that is taken.
        gate.stop_only()
        execute(gate, "UPDATE ledger SET next_serial = 5000")
        gate.start_again()
        assert gate.api.create("alice", "third").expect(201).body["id"] == "0-5001"


def test_the_ring_decides_what_is_live(ledger_gate: BareLedgerGate) -> None:
    gate = ledger_gate
    both = tool.run_lychgate("keys", "rotate", keys=gate.keys).strip()
    ring = json.loads(both)
    new = json.dumps({"active": ring["active"], "keys": {str(ring["active"]): ring["keys"][str(ring["active"])]}})
    old = [gate.api.create("alice", f"token {number}").expect(201).body for number in range(100)]
    assert gate.api.create("alice", "one more").expect(409).code == "limit_reached"
    gate.stop_only()
    gate.keys = new
    gate.start_again(LYCHGATE_KEYS=new)
    gate.await_lists()
    assert gate.api.use(old[0]["token"]).status == 401
    assert gate.api.tokens("alice") == {}
    everything = gate.api.tokens("alice", "all")
    assert len(everything) == 100
    assert {(entry["state"], entry["revocation_reason"]) for entry in everything.values()} == {("revoked", "key_removed")}
    # Neither their number nor their names are in the way.
    made = gate.api.create("alice", "token 7").expect(201).body
    assert set(gate.api.tokens("alice")) == {made["id"]}
    assert gate.api.refresh("alice", old[0]["id"]).expect(409).code == "already_revoked"
    # With the key they are what they were, but for those that were revoked meanwhile.
    gate.api.revoke("alice", old[1]["id"], wait=20).expect(200)
    gate.stop_only()
    gate.keys = both
    gate.start_again(LYCHGATE_KEYS=both)
    gate.await_lists()
    assert set(gate.api.tokens("alice")) == {token["id"] for token in [*old, made]} - {old[1]["id"]}
    assert gate.api.is_accepted(old[0]["token"]) and not gate.api.is_accepted(old[1]["token"])


def test_a_shard_that_fails_holds_up_nobody_else(new_ledger_gate: NewBareLedgerGate) -> None:
    gate = new_ledger_gate(SHARDS="2")
    gate.await_lists(2)
    created = {subject: gate.api.create(subject, "laptop").expect(201).body for subject in ("alice", "bob", "carol", "dave")}
    homes = {subject: int(token["id"].split("-")[0]) for subject, token in created.items()}
    here = next(subject for subject, home in homes.items() if home == 0)
    there = next(subject for subject, home in homes.items() if home == 1)
    gate.stop_only()
    ((version,),) = rows(gate, "SELECT version FROM schema", shard=1)
    execute(gate, "UPDATE schema SET version = 99", shard=1)
    gate.start_again()
    mark = len(gate.log_lines())
    listed = gate.api.call("GET", f"/subjects/{here}/tokens").expect(200).body
    assert [token["id"] for token in listed["tokens"]] == [created[here]["id"]] and listed["unanswered_shards"] == [1]
    made = gate.api.create(here, "phone").expect(201).body
    refreshed = gate.api.refresh(here, made["id"], grace=60).expect(201).body
    entries = gate.api.call("GET", f"/audit?subject={here}").expect(200).body
    assert len(entries["entries"]) == 3 and entries["unanswered_shards"] == [1]
    revoked = gate.api.call("DELETE", f"/subjects/{here}/tokens?wait=20").expect(202).body
    assert (revoked["revoked"], revoked["unanswered_shards"]) == (3, [1])
    assert [(entry["shard"], entry["published"]) for entry in revoked["lists"]] == [(0, True)]
    for token in (created[here], made, refreshed):
        wait_for(lambda token=token: not gate.api.is_accepted(token["token"]), 15, f"{token['id']} to be refused")
    gate.await_log_line(mark, event="management", code="shard_unanswered", shard=1)
    # Whose tokens are in that shard is told so, and nothing of theirs is half done.
    for answer in (
        gate.api.call("GET", f"/subjects/{there}/tokens"),
        gate.api.create(there, "phone"),
        gate.api.call("DELETE", f"/subjects/{there}/tokens"),
        gate.api.revoke(there, created[there]["id"]),
    ):
        assert (answer.status, answer.code) == (503, "ledger_unavailable")
    gate.stop_only()
    execute(gate, f"UPDATE schema SET version = {version}", shard=1)
    gate.start_again()
    for subject in (here, there):
        revoked = gate.api.call("DELETE", f"/subjects/{subject}/tokens?wait=20").expect(200).body
        assert revoked["unanswered_shards"] == [] and revoked["more"] is False


def test_while_the_ledger_of_people_fails_they_revoke_what_other_ledgers_hold(
    new_ledger_gate: NewBareLedgerGate, hub_key: bytes
) -> None:
    gate = new_ledger_gate(SHARDS="2")
    gate.await_lists(2)
    created = {subject: gate.api.create(subject, "laptop").expect(201).body for subject in ("alice", "bob", "carol", "dave")}
    there = next(subject for subject, token in created.items() if token["id"].startswith("1-"))
    somebody, token = Visitor(gate, hub_key, there), created[there]
    gate.stop_only()
    execute(gate, "UPDATE schema SET version = 99", shard=0)
    gate.start_again()
    for answer in (
        somebody.call("GET", somebody.own()),
        somebody.call("POST", somebody.own(), {"name": "phone", "role": "read"}),
        somebody.call("POST", somebody.own(f"/{token['id']}/refresh")),
    ):
        assert (answer.status, answer.code) == (503, "ledger_unavailable")
    assert gate.api.is_accepted(token["token"])
    assert somebody.call("DELETE", somebody.own(f"/{token['id']}?wait=20")).status == 200
    wait_for(lambda: not gate.api.is_accepted(token["token"]), 15, "the token to be refused")


def test_a_block_reaches_all_shards_that_answer(new_ledger_gate: NewBareLedgerGate, hub_key: bytes) -> None:
    """A failing shard does not keep the others from being told, and the response names it."""
    gate = new_ledger_gate(SHARDS="3")
    gate.await_lists(3)
    block = "/subjects/mallory/block"
    gate.stop_only()
    ((version,),) = rows(gate, "SELECT version FROM schema", shard=1)
    fail = "UPDATE schema SET version = 99"
    recover = f"UPDATE schema SET version = {version}"
    blocked = "SELECT blocked_at IS NOT NULL FROM people WHERE subject = 'mallory'"
    # Shard 1 fails: the block holds, and a shard behind it was told.
    execute(gate, fail, shard=1)
    gate.start_again()
    answer = gate.api.call("PUT", block).expect(202).body
    assert answer["blocked_at"] and answer["unanswered_shards"] == [1]
    assert gate.api.call("GET", block).expect(200).body == answer
    assert post(gate, sign_in_assertion(hub_key, gate.page, "mallory")).code == "subject_blocked"
    gate.stop_only()
    assert [rows(gate, blocked, shard=shard) for shard in (0, 2)] == [[(1,)]] * 2
    execute(gate, recover, shard=1)
    gate.start_again()
    # It answers again, and is named until it has been told.
    assert gate.api.call("GET", block).expect(200).body["unanswered_shards"] == [1]
    assert gate.api.call("PUT", block).expect(200).body["unanswered_shards"] == []
    assert gate.api.call("GET", block).expect(200).body["unanswered_shards"] == []
    # Shard 0 fails: nobody can say who is blocked, but the others are told.
    gate.stop_only()
    execute(gate, fail, shard=0)
    gate.start_again()
    assert gate.api.call("GET", block).expect(503).code == "ledger_unavailable"
    answer = gate.api.call("DELETE", block).expect(202).body
    assert answer["blocked_at"] is None and answer["unanswered_shards"] == [0]
    gate.stop_only()
    execute(gate, recover, shard=0)
    gate.start_again()
    assert post(gate, sign_in_assertion(hub_key, gate.page, "mallory")).code == "subject_blocked"
    assert gate.api.call("DELETE", block).expect(200).body["unanswered_shards"] == []
    Visitor(gate, hub_key, "mallory")


def test_a_long_list_is_taken_over_in_batches(ledger_gate: BareLedgerGate, note_figure: Callable[[str], None]) -> None:
    gate, count = ledger_gate, 200_000
    gate.api.create("alice", "first").expect(201)
    gate.stop_only()
    execute(
        gate,
        "INSERT INTO foreign_revocations (serial) "
        f"WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 3 FROM n) SELECT i FROM n LIMIT {count}",
        "UPDATE ledger SET wanted = attempted + 1",
    )
    gate.start_again()
    wake(gate)
    wait_for(lambda: len(gate.published().revoked) >= count, 20, "the long list")
    long_list = gate.published()
    gate.stop_only()
    # The ledger is lost; its list is not.
    shutil.rmtree(gate.folder / "ledgers")
    gate.start_again()
    idle = gate.resident_bytes()
    begun = time.monotonic()
    token = gate.api.create("alice", "second").expect(201).body
    answered = time.monotonic() - begun
    assert int(token["id"].split("-")[1]) > 3 * count

    def left() -> int:
        return len(rows(gate, "SELECT number FROM found_revocations"))

    # It dies with some batches done and others not.
    wait_for(lambda: 0 < left() < count // 2_000, 20, "the first batches, and not yet the last")
    gate.kill()
    assert 0 < left() < count // 2_000
    gate.start_again()
    with somebody_else(gate, new_ones_of_victor(gate), 1.0) as took:
        wait_for(lambda: rows(gate, "SELECT number FROM found_revocations") == [], 60, "all to be taken over")
    grown = gate.resident_bytes() - idle
    assert answered < 2 and grown < MEMORY_BYTES, (answered, grown)
    # Every list that was written meanwhile has them all.
    after = [published for published in gate.all_published() if published.version > long_list.version]
    assert after and all(published.revoked >= long_list.revoked for published in after)
    assert rows(gate, "SELECT count(*) FROM foreign_revocations") == [(len(long_list.revoked),)]
    note_figure(
        f"a list of {count} taken over: first answer in {answered * 1000:.0f} ms, others waited {max(took) * 1000:.0f} ms at most, "
        f"{grown / 1e6:.0f} MB more in memory"
    )
