"""More shards, graces, and a list that was there before the ledger."""

import time

from bare_ledger_gate import BareLedgerGate, NewBareLedgerGate
from waiting import wait_for


def shard_of(id: str) -> int:
    return int(id.partition("-")[0])


def test_raising_shards_keeps_old_tokens(new_ledger_gate: NewBareLedgerGate) -> None:
    gate = new_ledger_gate(SHARDS="1")
    api = gate.api
    gate.await_lists()
    subjects = [f"user-{number}" for number in range(12)]
    old = {
        subject: [api.create(subject, f"old {number}").expect(201).body for number in range(3)] for subject in subjects
    }
    assert {shard_of(token["id"]) for tokens in old.values() for token in tokens} == {0}
    gate.stop_only()
    gate.start_again(SHARDS="4")
    gate.await_lists(4)

    new = {subject: api.create(subject, "new").expect(201).body for subject in subjects}
    assert {shard_of(token["id"]) for token in new.values()} == {0, 1, 2, 3}
    for subject in subjects:
        # A name is taken whichever shard has it.
        assert api.create(subject, "old 0").expect(409).code == "name_taken"
        everything = {token["id"] for token in [*old[subject], new[subject]]}
        assert set(api.tokens(subject)) == everything
        # Pages go across shards.
        assert set(api.tokens(subject, limit=1)) == everything
        for token in [*old[subject], new[subject]]:
            assert api.is_accepted(token["token"])

    for subject in subjects:
        first, refreshed, kept = old[subject]
        api.revoke(subject, first["id"]).expect(200, 202)
        successor = api.refresh(subject, refreshed["id"]).expect(201).body
        assert successor["name"] == "old 1"
        api.revoke(subject, new[subject]["id"]).expect(200, 202)
        assert api.is_accepted(successor["token"])
        for gone in (first, refreshed, new[subject]):
            wait_for(lambda gone=gone: not api.is_accepted(gone["token"]), 15, f"{gone['id']} to be refused")
        assert set(api.tokens(subject)) == {kept["id"], successor["id"]}
        assert api.is_accepted(kept["token"])
    for shard in range(4):
        gate.assert_versions_only_grew(shard)


def test_a_grace_ends_when_it_is_over(ledger_gate: BareLedgerGate) -> None:
    api = ledger_gate.api
    old = api.create("alice", "laptop").expect(201).body
    new = api.refresh("alice", old["id"], grace=4).expect(201).body
    refreshed_at = time.time()
    assert new["replaces"]["id"] == old["id"] and new["replaces"]["list"] is None
    assert abs(new["replaces"]["revoked_at"] - refreshed_at - 4) <= 2
    listed = api.tokens("alice", "all")[old["id"]]
    assert (listed["state"], listed["replaced_by"]) == ("in_grace", new["id"])
    while time.time() < new["replaces"]["revoked_at"] - 0.5:
        assert api.is_accepted(old["token"])
        time.sleep(0.2)
    wait_for(lambda: not api.is_accepted(old["token"]), 15, "the grace to be over")
    assert time.time() >= new["replaces"]["revoked_at"]
    listed = api.tokens("alice", "all")[old["id"]]
    assert (listed["state"], listed["revocation_reason"]) == ("revoked", "refreshed")
    assert api.is_accepted(new["token"])


def test_a_grace_ends_with_the_first_use_of_the_new_token(ledger_gate: BareLedgerGate) -> None:
    api = ledger_gate.api
    old = api.create("alice", "laptop").expect(201).body
    new = api.refresh("alice", old["id"], grace=3600).expect(201).body
    until = time.monotonic() + 4
    while time.monotonic() < until:
        assert api.is_accepted(old["token"])
        time.sleep(0.2)
    assert api.is_accepted(new["token"])
    wait_for(lambda: not api.is_accepted(old["token"]), 15, "the old token to be refused")
    listed = api.tokens("alice", "all")[old["id"]]
    assert (listed["state"], listed["revocation_reason"]) == ("revoked", "replaced")
    assert api.is_accepted(new["token"])


def test_a_list_from_before_the_ledger_is_continued(new_ledger_gate: NewBareLedgerGate) -> None:
    gate = new_ledger_gate()
    api = gate.api
    # The ledger gives serials after the highest that the list names.
    one, kept, another = (gate.mint("read") for _ in range(3))
    revoked = [one, another]
    gate.publish("--new")
    gate.publish(*[argument for token in revoked for argument in ("--revoke", token.id)])
    before = gate.published()
    assert before is not None and before.revoked == {token.id for token in revoked}
    assert api.is_accepted(kept.text) and not api.is_accepted(revoked[0].text)

    made = [api.create("alice", f"token {number}").expect(201).body for number in range(5)]
    # No serial that the list names is given again.
    assert not {token["id"] for token in made} & before.revoked
    answer = api.revoke("alice", made[0]["id"], wait=20).expect(200).body
    assert answer["lists"][0]["version"] > before.version
    after = gate.published()
    assert after is not None and after.version > before.version
    assert after.revoked == before.revoked | {made[0]["id"]}
    wait_for(lambda: not api.is_accepted(made[0]["token"]), 15, "the revoked token to be refused")
    assert api.is_accepted(kept.text) and api.is_accepted(made[1]["token"])
    assert not any(api.is_accepted(token.text) for token in revoked)
    gate.assert_versions_only_grew()
    imported = api.call("GET", "/audit?limit=100").expect(200).body["entries"]
    assert {entry["token"] for entry in imported if entry["action"] == "imported"} == before.revoked
