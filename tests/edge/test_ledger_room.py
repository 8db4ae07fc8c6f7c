"""When a ledger's storage fails or fills up, and when records pass their retention time: no revocation is lost."""

import json
import time

import pytest

from bare_ledger_gate import BareLedgerGate, NewBareLedgerGate
from clients import curl
from ledger_tables import execute, rows
from tool import Token
from waiting import wait_for

WHOAMI = "/api/whoami-v2"

DAY = 24 * 60 * 60


def _await_code(gate: BareLedgerGate, token: Token, code: str | None) -> None:
    wait_for(lambda: curl(gate.url + WHOAMI, token=token).code == code, 20, f"{code} for {token.id}")


@pytest.mark.parametrize("how", ["ABORT, 'no room'", "FAIL, 'no room'"])
def test_a_revocation_outlasts_an_audit_that_takes_no_entry(ledger_gate: BareLedgerGate, how: str) -> None:
    gate = ledger_gate
    by_admin, by_itself, by_all, in_grace = (gate.create(name, "write") for name in ("ann", "ben", "cleo", "dora"))
    gate.api.refresh("dora", in_grace.id, grace=6).expect(201)
    gate.stop_only()
    execute(gate, f"CREATE TRIGGER broken BEFORE INSERT ON audit BEGIN SELECT RAISE({how}); END")
    gate.start_again()
    mark = len(gate.log_lines())
    gate.api.revoke("ann", by_admin.id).expect(200, 202)
    assert curl(f"{gate.url}/-/api/revoke", "--data", f"token={by_itself}").status == 200
    gate.api.call("DELETE", "/subjects/cleo/tokens").expect(200, 202)
    for token in (by_admin, by_itself, by_all, in_grace):
        _await_code(gate, token, "token_revoked")
    lines = [line for line in gate.log_lines()[mark:] if line["event"] == "ledger"]
    # Each that is presented again is noted once, which is not written down either.
    assert len(lines) >= 4 and {line["code"] for line in lines} == {"audit_unwritten"}
    assert all("no room" in line["detail"] for line in lines)
    # What makes more is not done unwritten.
    assert gate.api.create("erik", "x", "read").status == 503
    # Once there is room, all is written down again.
    gate.stop_only()
    execute(gate, "DROP TRIGGER broken")
    gate.start_again()
    token = gate.create("fred", "read")
    gate.api.revoke("fred", token.id).expect(200, 202)
    assert [(row[0]) for row in rows(gate, "SELECT action FROM audit WHERE subject = 'fred'")] == ["created", "revoked"]


def test_a_full_ledger_revokes_and_makes_nothing_new(ledger_gate: BareLedgerGate) -> None:
    gate = ledger_gate
    token, kept = gate.create("gus", "write"), gate.create("gus", "read")
    gate.stop_only()
    gate.start_again(LEDGER_MEGABYTES="0")
    mark = len(gate.log_lines())
    assert gate.api.create("gus", "more", "read").status == 503
    assert gate.api.refresh("gus", kept.id).status == 503
    gate.await_log_line(mark, event="ledger", code="ledger_full")
    gate.api.revoke("gus", token.id).expect(200, 202)
    _await_code(gate, token, "token_revoked")
    _await_code(gate, kept, None)
    assert rows(gate, "SELECT action FROM audit WHERE subject = 'gus'")[-1] == ("revoked",)


def test_what_has_been_kept_long_enough_goes_and_what_is_revoked_stays_revoked(new_ledger_gate: NewBareLedgerGate) -> None:
    gate = new_ledger_gate(AUDIT_DAYS="10", LIST_VALID_SECONDS="6")
    gate.await_lists()
    for_good = gate.api.create("hal", "for good", "write").expect(201).body
    for_good = Token(for_good["token"], for_good["id"], "hal", 0)
    lately, living = (gate.create("hal", role) for role in ("write", "read"))
    for token in (for_good, lately):
        gate.api.revoke("hal", token.id).expect(200, 202)
    for token in (for_good, lately):
        _await_code(gate, token, "token_revoked")
    gate.stop_only()
    serial = int(for_good.id.split("-")[1])
    long_ago = int(time.time()) - 11 * DAY
    execute(
        gate,
        f"UPDATE tokens SET revoked_at = {long_ago} WHERE serial = {serial}",
        f"UPDATE audit SET at = {long_ago} WHERE serial = {serial}",
        # More than one turn removes.
        "INSERT INTO tokens (serial, subject, name, role, restrictions, key_id, issued_at, expires_at) "
        f"WITH RECURSIVE n(i) AS (SELECT 100000 UNION ALL SELECT i + 1 FROM n WHERE i < 102499) "
        f"SELECT i, 'ida', i, 'read', '[]', 1, {long_ago - DAY}, {long_ago} FROM n",
    )
    gate.start_again()
    wait_for(lambda: rows(gate, "SELECT count(*) FROM tokens WHERE subject = 'ida'") == [(0,)], 20, "old rows to go")
    wait_for(lambda: rows(gate, f"SELECT * FROM tokens WHERE serial = {serial}") == [], 5, "the revoked row to go")
    assert rows(gate, f"SELECT serial, expires_at FROM foreign_revocations WHERE serial = {serial}") == [(serial, None)]
    assert [row[0] for row in rows(gate, "SELECT serial FROM tokens ORDER BY serial")] == sorted(
        int(token.id.split("-")[1]) for token in (lately, living)
    )
    assert rows(gate, "SELECT count(*) FROM audit WHERE action = 'created'") == [(2,)]
    # The lists that come after still name it.
    versions = len(gate.all_published())
    wait_for(lambda: len(gate.all_published()) > versions + 1, 20, "two more lists")
    assert {for_good.id, lately.id} <= gate.published().revoked
    for token, code in ((for_good, "token_revoked"), (lately, "token_revoked"), (living, None)):
        _await_code(gate, token, code)
    told = curl(f"{gate.url}/-/api/introspect", "--data", f"token={for_good}", token=gate.admin_key)
    assert json.loads(told.body) == {"active": False}
    gate.api.revoke("hal", for_good.id).expect(404)
