"""A ledger whose storage is put back from an older copy, or lost: it gives out no serial twice, brings back no role, and
finds the tokens that are about."""

import hashlib
import json
import shutil
import time
from collections.abc import Callable

import secrets_used
import tool
from bare_ledger_gate import BareLedgerGate, NewBareLedgerGate
from management import Answer
from tool import Token
from visitor import Visitor, post, sign_in_assertion
from waiting import wait_for

PUSH = "/acme/widget/git-receive-pack"
PROPOSE = "/api/models/acme/widget/commit/main?create_pr=1"

# Heartbeats come every third of that.
LIST_VALID_SECONDS = 6
MEMBERSHIP_SECONDS = 2
MEMBERSHIP_VALID_SECONDS = 8


def _member_gate(new_ledger_gate: NewBareLedgerGate, **variables: str) -> BareLedgerGate:
    gate = new_ledger_gate(
        MEMBERSHIP="kv",
        MEMBERSHIP_SECONDS=str(MEMBERSHIP_SECONDS),
        LIST_VALID_SECONDS=str(LIST_VALID_SECONDS),
        **variables,
    )
    gate.await_lists()
    return gate


def _push(gate: BareLedgerGate, token: Token, path: str = PUSH) -> Answer:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"}
    return gate.api.connections.exchange("POST", path, headers, '{"key":"header"}\n')


def _record(gate: BareLedgerGate, subject: str) -> tuple[int, int, bytes]:
    """Version, expiry and roles of the record in KV (docs/formats.md)."""
    sealed = gate.store.values[f"members/{subject}"]
    return int.from_bytes(sealed[6:14]), int.from_bytes(sealed[18:22]), sealed[22:-32]


def _losses(gate: BareLedgerGate) -> list[str]:
    return [line["detail"] for line in gate.log_lines() if line["code"] == "storage_lost"]


def test_a_change_of_membership_after_a_restore_outlives_what_kv_holds(new_ledger_gate: NewBareLedgerGate) -> None:
    gate = _member_gate(new_ledger_gate)
    api = gate.api
    alice, bob, carol = (gate.create(subject, "write") for subject in ("alice", "bob", "carol"))
    api.set_membership("alice", {"acme": "read"}).expect(200)
    # What is asked for after the restore is what the older copy has of bob.
    api.set_membership("bob", {"acme": "read"}).expect(200)
    api.set_membership("bob", {}).expect(200)
    # Of carol nobody asks for anything: she lost her role after the copy was taken.
    api.set_membership("carol", {"acme": "admin"}).expect(200)
    copy = gate.back_up()
    for subject in ("alice", "bob"):
        for role in ("write", "no_access", "admin"):
            api.set_membership(subject, {"acme": role}).expect(200)
    api.set_membership("carol", {}).expect(200)
    published = {subject: _record(gate, subject) for subject in ("alice", "bob", "carol")}
    assert _push(gate, alice).status == 200

    gate.restore(copy)
    for subject in ("alice", "bob"):
        answer = api.set_membership(subject, {}).expect(200)
        assert answer.body["published"] is True
        version, _, roles = _record(gate, subject)
        assert version > published[subject][0]
        assert roles.endswith(b"\0\0")
    for token in (alice, bob):
        assert _push(gate, token).code == "membership_insufficient"
    wait_for(lambda: api.membership("carol")["memberships"] == {}, 20, "the ledger to go by carol's newer record")
    # Some heartbeats later, all is as it was.
    time.sleep(LIST_VALID_SECONDS)
    for token in (alice, bob, carol):
        assert _push(gate, token).code == "membership_insufficient"
        assert api.membership(token.subject)["memberships"] == {}
        assert _record(gate, token.subject)[2].endswith(b"\0\0")
    assert _record(gate, "carol")[0] == published["carol"][0]
    assert _losses(gate)


def test_no_serial_is_given_out_twice(
    new_ledger_gate: NewBareLedgerGate, note_figure: Callable[[str], None]
) -> None:
    gate = new_ledger_gate(LIST_VALID_SECONDS=str(LIST_VALID_SECONDS))
    gate.await_lists()
    given: list[str] = []

    def create(count: int) -> list[Token]:
        subject = f"user-{len(given)}"
        made = [gate.api.create(subject, f"token {number}").expect(201).body for number in range(count)]
        given.extend(token["id"] for token in made)
        return [Token(token["token"], token["id"], subject, 0) for token in made]

    create(3)
    copy = gate.back_up()
    # As many as one block of the ceiling holds, and then more.
    for count in (2, 90):
        mark = len(_losses(gate))
        made = create(count)
        assert len(_losses(gate)) == mark
        gate.restore(copy)
        later = create(2)
        assert len(_losses(gate)) > mark
        assert len(set(given)) == len(given)
        # The serials of the copy's lifetime are nobody else's: revoking one of today's tokens revokes no other.
        gate.api.revoke(later[0].subject, later[0].id, wait=20).expect(200)
        wait_for(lambda token=later[0]: not gate.api.is_accepted(str(token)), 15, "the revoked token to be refused")
        assert gate.api.is_accepted(str(made[0]))
        copy = gate.back_up()
    assert gate.api.conditions()[0]["loss_noticed_at"] is not None

    mark = len(_losses(gate))
    gate.restore(None)
    create(2)
    assert len(set(given)) == len(given)
    assert len(_losses(gate)) > mark
    note_figure(f"{len(given)} tokens made before and after a ledger's storage was put back or lost: no serial came twice")
    # A start without a loss is none.
    mark = len(_losses(gate))
    gate.stop_only()
    gate.start_again()
    create(2)
    assert len(set(given)) == len(given)
    assert len(_losses(gate)) == mark


def test_a_restored_ledger_publishes_nothing_before_it_has_read_kv(new_ledger_gate: NewBareLedgerGate) -> None:
    """The restored ledger's own list may lack what was revoked after the copy was taken."""
    gate = new_ledger_gate(LIST_VALID_SECONDS=str(LIST_VALID_SECONDS))
    gate.await_lists()
    api = gate.api
    revoked = []
    for subject in ("alice", "bob"):
        token = gate.create(subject, "write")
        api.revoke(subject, token.id, wait=20).expect(200)
        revoked.append(token)
        if subject == "alice":
            copy = gate.back_up()
    held = gate.published()
    assert held.revoked == {token.id for token in revoked}
    with gate.store.lock:
        gate.store.written.clear()

    # Reads fail from the start on, and writes succeed.
    gate.store.fails = True
    gate.restore(copy)
    carol = api.create("alice", "new")
    assert (carol.status, carol.code) == (503, "ledger_unavailable")
    # Something to publish, and several heartbeats.
    api.call("DELETE", "/subjects/alice/tokens").expect(200, 202)
    time.sleep(LIST_VALID_SECONDS)
    assert [key for key, _ in gate.store.written if key.startswith("revocations/")] == []
    assert "list_unreadable" in {line["code"] for line in gate.log_lines()}

    gate.store.fails = False
    wait_for(lambda: gate.published().version > held.version, 30, "a newer list")
    assert gate.published().revoked == held.revoked
    for token in revoked:
        wait_for(lambda token=token: not api.is_accepted(token.text), 15, "what was revoked to be refused")
    gate.assert_versions_only_grew()


def test_a_ledger_takes_on_the_tokens_that_it_does_not_know(new_ledger_gate: NewBareLedgerGate) -> None:
    gate = new_ledger_gate(LIST_VALID_SECONDS=str(LIST_VALID_SECONDS))
    gate.await_lists()
    api = gate.api
    used, unused = gate.create("alice", "read"), gate.create("alice", "write")
    gone = api.create("alice", "gone").expect(201).body
    api.revoke("alice", gone["id"], wait=20).expect(200)
    highest = gate.mint("read", subject="bob", serial=4_294_967_295)
    gate.restore(None)
    gate.await_lists()
    assert api.tokens("alice") == {}
    assert api.is_accepted(str(used))
    wait_for(lambda: used.id in api.tokens("alice"), 15, "the ledger to take the token on")
    listed = api.tokens("alice")[used.id]
    assert (listed["state"], listed["role"], listed["expires_at"]) == ("live", "read", used.expires_at)
    assert ("adopted", used.id) in {(entry["action"], entry["token"]) for entry in api.audit("alice")}
    assert unused.id not in api.tokens("alice")
    # The highest serial of all, which somebody minted by hand, keeps nobody from making tokens.
    assert api.is_accepted(str(highest))
    wait_for(lambda: highest.id in api.tokens(highest.subject), 15, "the ledger to take that on")
    new = api.create("alice", "new").expect(201).body
    assert new["id"] not in {used.id, unused.id, gone["id"], highest.id}

    assert api.call("DELETE", "/subjects/alice/tokens?wait=20").expect(200).body["revoked"] == 2
    for text in (str(used), new["token"], gone["token"]):
        wait_for(lambda text=text: not api.is_accepted(text), 15, "it to be refused")
    gate.assert_versions_only_grew()


def test_an_edge_that_outlives_its_ledger_reports_tokens_again(new_ledger_gate: NewBareLedgerGate) -> None:
    """Only the ledger starts anew. The isolate in front of it reported the tokens earlier that day."""
    heartbeat, eviction_seconds = 30, 14
    gate = new_ledger_gate(LIST_VALID_SECONDS=str(3 * heartbeat))
    gate.await_lists()
    copy = gate.back_up()
    gate.await_lists()
    tokens = [gate.create("alice", role) for role in ("read", "write")]
    for token in tokens:
        assert gate.api.is_accepted(str(token))
    day = time.time() // 86_400
    wait_for(lambda: all(token["last_used_on"] for token in gate.api.tokens("alice").values()), 10, "the tokens' use to be noted")
    reported = time.monotonic()
    # The platform takes an idle object from memory, and its isolate goes on.
    time.sleep(eviction_seconds)
    shutil.copytree(copy, gate.folder / "ledgers", dirs_exist_ok=True)
    assert gate.api.tokens("alice") == {}
    time.sleep(max(0, reported + heartbeat + 1 - time.monotonic()))

    def are_known() -> bool:
        for token in tokens:
            assert gate.api.is_accepted(str(token))
        return gate.api.tokens("alice").keys() == {token.id for token in tokens}

    wait_for(are_known, 15, "the ledger to know both tokens")
    assert time.time() // 86_400 == day, "midnight passed during the test"
    assert gate.api.call("DELETE", "/subjects/alice/tokens?wait=20").expect(200).body["revoked"] == 2
    for token in tokens:
        wait_for(lambda token=token: not gate.api.is_accepted(str(token)), 20, "the token to be refused")


def test_an_adopted_token_is_recorded_with_no_less_than_limited_it(new_ledger_gate: NewBareLedgerGate) -> None:
    gate = new_ledger_gate(LIST_VALID_SECONDS=str(LIST_VALID_SECONDS))
    gate.await_lists()
    api = gate.api
    limits = [{"areas": ["account", "files"]}, {"repositories": ["acme/*"]}]
    made = api.create("alice", "limited", "write", restrictions=limits).expect(201).body
    id, added = made["id"], [{"role": "read"}, {"networks": ["::/0", "0.0.0.0/0"]}]
    options = ("--role", "read", "--network", "::/0", "--network", "0.0.0.0/0")
    narrowed = gate.lychgate("narrow", *options, stdin=made["token"]).succeeded().output.strip()
    gate.restore(None)
    gate.await_lists()

    def use(text: str) -> None:
        headers = {"Authorization": f"Bearer {text}", "CF-Connecting-IP": "127.0.0.1"}
        api.connections.exchange("GET", "/api/whoami-v2", headers).expect(200)

    def recorded() -> object:
        return api.tokens("alice").get(id, {}).get("restrictions")

    # Whether the ledger made it so or its holder did cannot be told: what came is recorded.
    use(narrowed)
    wait_for(lambda: recorded() == limits + added, 15, "the ledger to take the token on")
    assert (api.tokens("alice")[id]["role"], api.tokens("alice")[id]["expires_at"]) == ("write", None)
    (adopted,) = (entry for entry in api.audit("alice") if entry["action"] == "adopted")
    assert (adopted["token"], adopted["restricted"]) == (id, True)
    refreshed = api.refresh("alice", id, grace=600).expect(201).body
    assert (refreshed["role"], refreshed["restrictions"]) == ("read", limits + added)
    # Once a wider one of the same id comes to an edge, the holder's part is known; the ledger's own cannot get lost.
    gate.stop_only()
    gate.start_again()
    use(made["token"])
    wait_for(lambda: recorded() == limits, 15, "the ledger to learn better")
    exported = gate.lychgate("ledger", "export").succeeded().output
    gate.stop_only()
    gate.start_again()
    use(narrowed)
    api.use(made["token"]).expect(200)
    assert recorded() == limits
    gate.restore(None)
    gate.await_lists()
    gate.lychgate("ledger", "import", "-", stdin=exported).succeeded()
    assert recorded() == limits
    assert api.tokens("alice")[refreshed["id"]]["restrictions"] == limits + added
    assert gate.lychgate("ledger", "export").succeeded().output == exported


def test_a_token_of_a_service_account_stays_one(new_ledger_gate: NewBareLedgerGate) -> None:
    gate = new_ledger_gate(LIST_VALID_SECONDS=str(LIST_VALID_SECONDS))
    gate.await_lists()
    made = ("--subject", "ci", "--role", "write", "--service-account", "--shard", "0", "--serial", "70001", "--repo", "acme/w")
    minted = tool.run_lychgate("mint", *made, keys=gate.keys).strip()
    secrets_used.remember(minted)

    def bearers() -> dict[str, str]:
        return {id: token["bearer"] for id, token in gate.api.tokens("ci").items()}

    gate.api.create("ci", "of a user").expect(201)
    gate.api.use(minted).expect(200)
    wait_for(lambda: bearers() == {"0-1": "user", "0-70001": "service_account"}, 15, "the ledger to take the token on")
    refreshed = gate.api.refresh("ci", "0-70001").expect(201).body
    assert refreshed["bearer"] == "service_account" and refreshed["restrictions"] == [{"repositories": ["acme/w"]}]
    assert "service_account" in gate.lychgate("inspect", stdin=refreshed["token"]).succeeded().output
    exported = gate.lychgate("ledger", "export").succeeded().output
    gate.restore(None)
    gate.await_lists()
    gate.lychgate("ledger", "import", "-", stdin=exported).succeeded()
    assert bearers() == {"0-1": "user", refreshed["id"]: "service_account"}
    again = gate.api.refresh("ci", refreshed["id"]).expect(201).body
    assert "service_account" in gate.lychgate("inspect", stdin=again["token"]).succeeded().output


def test_a_backup_is_exported_and_imported(new_ledger_gate: NewBareLedgerGate) -> None:
    gate = _member_gate(new_ledger_gate, SHARDS="2")
    gate.await_lists(2)
    api = gate.api
    subjects = [f"user-{number}" for number in range(12)]
    made = {subject: api.create(subject, "laptop").expect(201).body for subject in subjects}
    many = [api.create("user-0", f"token {number}").expect(201).body for number in range(60)]
    for subject in subjects[:10]:
        api.set_membership(subject, {"acme": "write"}, wait=0).expect(200, 202)
    copy = gate.back_up()
    api.revoke("user-0", many[0]["id"], wait=20).expect(200)
    api.set_membership("user-1", {"acme": "no_access"}).expect(200)
    exported = gate.lychgate("ledger", "export")
    assert exported.status == 0, exported
    lines = [json.loads(line) for line in exported.output.splitlines()]
    assert sum("role" in line for line in lines) == 72
    assert sum("roles" in line for line in lines) == 10
    assert not any(token["token"] in exported.output for token in [*made.values(), *many])

    def is_as_before() -> None:
        assert set(api.tokens("user-0")) == {made["user-0"]["id"], *(token["id"] for token in many[1:])}
        assert api.tokens("user-0", "all")[many[0]["id"]]["state"] == "revoked"
        assert api.membership("user-1")["memberships"] == {"acme": "no_access"}
        assert api.membership("user-2")["memberships"] == {"acme": "write"}
        for subject in subjects:
            assert made[subject]["id"] in api.tokens(subject)

    # An older copy knows less; nothing at all, with Workers KV lost too, knows only what the backup says.
    for storage in (copy, None):
        gate.restore(storage)
        if storage is None:
            gate.store.values.clear()
        gate.await_lists(2)
        imported = gate.lychgate("ledger", "import", "-", "--json", stdin=exported.output)
        assert imported.status == 0, imported
        assert json.loads(imported.output)["read"] == len(lines)
        is_as_before()
        again = gate.lychgate("ledger", "import", "-", "--json", stdin=exported.output)
        assert json.loads(again.output)["taken"] == 0, again
        wait_for(lambda: not api.is_accepted(many[0]["token"]), 15, "what the backup revokes to be refused")


def test_a_restore_brings_no_session_back_and_a_backup_keeps_people_out(
    new_ledger_gate: NewBareLedgerGate, hub_key: bytes
) -> None:
    gate = new_ledger_gate(LIST_VALID_SECONDS=str(LIST_VALID_SECONDS))
    gate.await_lists()
    api = gate.api
    copy = gate.back_up()
    intruder = Visitor(gate, hub_key, "mallory")
    intruder.create("stolen")
    blocked = Visitor(gate, hub_key, "bob")
    api.call("DELETE", "/subjects/mallory/tokens").expect(200, 202)
    api.call("PUT", "/subjects/bob/block").expect(200)
    backup = gate.lychgate("ledger", "export").succeeded().output
    gate.restore(copy)
    gate.await_lists()
    wait_for(lambda: _losses(gate), 15, "the ledger to notice what it lacks")
    for somebody in (intruder, blocked):
        assert somebody.call("GET", "api/session").status == 401
    # Who is blocked is in the backup alone.
    assert post(gate, sign_in_assertion(hub_key, gate.page, "bob")).status == 303
    gate.lychgate("ledger", "import", "-", stdin=backup).succeeded()
    assert api.call("GET", "/subjects/bob/block").expect(200).body["blocked_at"]
    assert post(gate, sign_in_assertion(hub_key, gate.page, "bob")).code == "subject_blocked"
    assert post(gate, sign_in_assertion(hub_key, gate.page, "mallory")).status == 303


def test_a_backup_keeps_the_end_of_a_grace(new_ledger_gate: NewBareLedgerGate) -> None:
    gate = new_ledger_gate(LIST_VALID_SECONDS=str(LIST_VALID_SECONDS))
    gate.await_lists()
    api = gate.api
    timed, replaced = gate.create("alice", "read"), gate.create("alice", "write")
    copy = gate.back_up()
    api.refresh("alice", timed.id, grace=12).expect(201)
    successor = api.refresh("alice", replaced.id, grace=3_600).expect(201).body
    backup = gate.lychgate("ledger", "export").succeeded().output
    gate.restore(copy)
    gate.await_lists()
    gate.lychgate("ledger", "import", "-", stdin=backup).succeeded()
    assert api.is_accepted(str(replaced))
    assert api.is_accepted(successor["token"])
    wait_for(lambda: not api.is_accepted(str(replaced)), 15, "the successor's use to revoke the token it replaces")
    wait_for(lambda: not api.is_accepted(str(timed)), 25, "the grace to end")
    assert gate.lychgate("ledger", "export").succeeded().output.count('"replaces"') == backup.count('"replaces"')


def test_records_are_renewed_and_found_again(new_ledger_gate: NewBareLedgerGate) -> None:
    """Without any change, a record stays in force as long as there is a ledger, even one that lost its storage."""
    gate = _member_gate(new_ledger_gate, MEMBERSHIP_VALID_SECONDS=str(MEMBERSHIP_VALID_SECONDS))
    api = gate.api
    writer, outcast = (gate.create(subject, "write") for subject in ("writer", "outcast"))
    api.set_membership("writer", {"acme": "write"}).expect(200)
    api.set_membership("outcast", {"acme": "write"}).expect(200)
    older = gate.store.values["members/outcast"]
    api.set_membership("outcast", {"acme": "no_access"}).expect(200)
    ends = [_record(gate, "writer")[1]]

    def is_renewed() -> bool:
        # Requests wake a ledger whose list is older than it should be; one without its storage has no alarm.
        gate.api.health()
        return _record(gate, "writer")[1] > ends[-1] + 1

    def await_renewal() -> None:
        wait_for(is_renewed, 2 * MEMBERSHIP_VALID_SECONDS, "the record's renewal")
        ends.append(_record(gate, "writer")[1])

    with gate.store.lock:
        gate.store.written.clear()
    began = time.monotonic()
    await_renewal()
    await_renewal()
    took = time.monotonic() - began
    assert _record(gate, "writer")[0] == 1
    # Half of the time that a record is in force lies between two writes of it.
    written = sum(key == "members/writer" for key, _ in gate.store.written)
    assert written <= 2 * took / MEMBERSHIP_VALID_SECONDS + 2

    # Whoever restores KV puts back what is in force no longer, or deletes: the gate, which has seen nothing, asks the ledger.
    wait_for(lambda: int.from_bytes(older[18:22]) < time.time() - 1, 30, "the older record to be past its time")
    for change in (lambda values: values.update({"members/outcast": older}), lambda values: values.pop("members/outcast")):
        gate.stop_only()
        change(gate.store.values)
        gate.start_again()
        for path in (PUSH, PROPOSE):
            refused = _push(gate, outcast, path)
            assert (refused.status, refused.code) == (403, "membership_insufficient"), path
        wait_for(lambda: b"\x01\x04acme" in gate.store.values.get("members/outcast", b""), 10, "the right record to be back")

    gate.restore(None)
    gate.await_lists()
    ends.append(_record(gate, "writer")[1])
    await_renewal()
    await_renewal()
    assert _push(gate, writer).status == 200
    assert _push(gate, outcast, PROPOSE).code == "membership_insufficient"
    # A record that outlived its time while there was no ledger is nobody's word.
    gate.restore(None)
    gate.store.values["members/outcast"] = older
    refused = _push(gate, outcast, PROPOSE)
    assert (refused.status, refused.code) == (503, "memberships_unavailable")
    assert _push(gate, writer).status == 200
    api.set_membership("outcast", {}).expect(200)
    assert _record(gate, "outcast")[0] > 1


def test_a_used_sign_in_assertion_stays_used_with_more_shards(
    new_ledger_gate: NewBareLedgerGate, hub_key: bytes
) -> None:
    gate = new_ledger_gate(SHARDS="1")
    gate.await_lists()
    subjects = [f"user-{number}" for number in range(6)]
    homes = {int.from_bytes(hashlib.sha256(subject.encode()).digest()[:8]) % 4 for subject in subjects}
    assert homes - {0}
    used = [sign_in_assertion(hub_key, gate.url, subject) for subject in subjects]
    for assertion in used:
        assert post(gate, assertion).status == 303
    gate.stop_only()
    gate.start_again(SHARDS="4")
    gate.await_lists(4)
    for assertion in used:
        answer = post(gate, assertion)
        assert (answer.status, answer.code) == (403, "sign_in_assertion_used"), answer


def test_shards_hand_memberships_over(new_ledger_gate: NewBareLedgerGate) -> None:
    gate = _member_gate(new_ledger_gate, SHARDS="1", MEMBERSHIP_VALID_SECONDS=str(MEMBERSHIP_VALID_SECONDS))
    subjects = [f"user-{number}" for number in range(8)]
    for subject in subjects:
        gate.api.set_membership(subject, {"acme": "read"}, wait=0).expect(200, 202)
    wait_for(lambda: all(f"members/{subject}" in gate.store.values for subject in subjects), 20, "the records")
    gate.stop_only()
    gate.start_again(SHARDS="4")
    # Only the old ledger is asked for anything. It wakes those that are new.
    gate.api.call("GET", "/subjects/user-0/block").expect(200)
    ends = {subject: _record(gate, subject)[1] for subject in subjects}
    wait_for(lambda: {f"revocations/{shard}" for shard in range(4)} <= gate.store.values.keys(), 20, "the new ledgers to begin")
    # workerd takes an idle object from memory, alarm and all.
    gate.await_lists(4)

    def are_renewed() -> bool:
        gate.api.health()
        return all(_record(gate, subject)[1] > ends[subject] + MEMBERSHIP_VALID_SECONDS for subject in subjects)

    wait_for(
        are_renewed,
        4 * MEMBERSHIP_VALID_SECONDS,
        "the records to be renewed by their new ledgers",
    )
    assert {_record(gate, subject)[0] for subject in subjects} == {1}
    assert not [condition for condition in gate.api.conditions() if condition["is_searching"]]


def test_nothing_of_a_shard_without_a_ledger_is_told_as_revoked(new_ledger_gate: NewBareLedgerGate) -> None:
    gate = new_ledger_gate()
    gate.await_lists()
    beyond = gate.mint("write", shard=9)
    gate.publish("--new", shard=9)
    known = gate.create("alice", "read")
    report = gate.api.call("POST", "/revoke", [str(beyond), str(known)])
    assert (report.status, report.code) == (503, "ledger_unavailable")
    wait_for(lambda: not gate.api.is_accepted(str(known)), 15, "the reported token that a ledger has to be refused")
    assert gate.api.is_accepted(str(beyond))
    gate.api.call("POST", "/revoke", [str(known)]).expect(202)
    form = {"Authorization": f"Bearer {gate.admin_key}", "Content-Type": "application/x-www-form-urlencoded"}
    active = gate.api.connections.exchange("POST", "/-/api/introspect", form, f"token={beyond}").expect(200)
    assert active.body["active"] is True


def test_tokens_are_made_while_kv_fails_as_long_as_serials_are_reserved(
    new_ledger_gate: NewBareLedgerGate, note_figure: Callable[[str], None]
) -> None:
    gate = new_ledger_gate()
    gate.await_lists()
    gate.api.create("alice", "first").expect(201)
    gate.store.fails = True
    try:
        for number in range(10):
            gate.api.create("alice", f"token {number}").expect(201)
    finally:
        gate.store.fails = False
    began = time.monotonic()
    for number in range(20):
        gate.api.create(f"user-{number}", "token").expect(201)
    note_figure(f"20 tokens made after each other: {time.monotonic() - began:.2f} s")
