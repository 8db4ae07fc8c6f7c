"""Memberships: the ledger keeps them and publishes them to Workers KV."""

from bare_ledger_gate import BareLedgerGate


def test_a_membership_is_set_shown_and_taken_away(ledger_gate: BareLedgerGate) -> None:
    api = ledger_gate.api
    path = "/subjects/alice/membership"
    assert api.call("GET", path).expect(200).body["version"] == 0
    for version, roles in enumerate([{"acme": "write"}, {"acme": "read", "lab": "admin"}, {}], start=1):
        for _ in range(2):
            answer = api.call("PUT", f"{path}?wait=20", roles).expect(200).body
            assert (answer["version"], answer["memberships"], answer["published"]) == (version, roles, True)
        assert ledger_gate.store.values["members/alice"].startswith(b"LYMR\x01\x01")
    assert api.call("DELETE", path).expect(200).body["version"] == 3
    assert [entry["action"] for entry in api.audit("alice")] == [
        "membership_removed",
        "membership_set",
        "membership_set",
    ]
