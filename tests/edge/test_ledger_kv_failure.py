"""Workers KV fails for a while: revocations are kept, and the publication catches up."""

import time
from collections.abc import Callable

import pytest

from bare import OnWrite
from bare_ledger_gate import BareLedgerGate
from waiting import wait_for

FAILS_SECONDS = 5


@pytest.mark.parametrize("takes_effect", [False, True], ids=["nothing written", "written but answered 500"])
@pytest.mark.parametrize("is_killed", [False, True], ids=["running on", "killed meanwhile"])
def test_revocations_outlast_an_outage_of_kv(
    ledger_gate: BareLedgerGate, takes_effect: bool, is_killed: bool, note_figure: Callable[[str], None]
) -> None:
    gate, api = ledger_gate, ledger_gate.api
    made = [api.create("alice", f"token {number}").expect(201).body for number in range(30)]
    texts = {token["id"]: token["token"] for token in made}
    first, *others = list(texts)
    kept = others.pop()
    api.revoke("alice", first, wait=20).expect(200)
    before = gate.published()
    assert before is not None and before.revoked == {first}

    gate.store.on_write = lambda: OnWrite(takes_effect=takes_effect, succeeds=False)
    began = time.monotonic()
    last = 0
    for id in others:
        answer = api.revoke("alice", id).expect(202).body
        assert answer["revoked"] == 1
        assert not answer["lists"][0]["published"]
        assert answer["lists"][0]["version"] > before.version
        last = max(last, answer["lists"][0]["version"])
        time.sleep(FAILS_SECONDS / len(others))
    # A caller who waits learns that the list is not published.
    waited = api.revoke("alice", first, wait=0).expect(200, 202)
    assert waited.body["revoked"] == 0
    assert not api.revoke("alice", others[-1], wait=2).expect(202).body["lists"][0]["published"]
    if is_killed:
        gate.kill()
        gate.start_again()
    # The ledger knows what is revoked, whatever KV says.
    assert set(api.tokens("alice")) == {kept}
    assert gate.store.refused_writes >= 2
    if not takes_effect:
        assert gate.published() == before
    down_for = time.monotonic() - began

    gate.store.on_write = lambda: OnWrite()
    revoked = {first, *others}

    def is_caught_up() -> bool:
        published = gate.published()
        return published is not None and published.version >= last and published.revoked == revoked

    # The pauses between attempts double: the next is no later than the outage was long, and a second or two.
    wait_for(is_caught_up, 2 * down_for + 5, "the publication to catch up")
    confirmed = api.revoke("alice", others[-1], wait=30).expect(200).body
    assert confirmed["revoked"] == 0 and confirmed["lists"][0]["published"]
    gate.assert_versions_only_grew()
    wait_for(lambda: api.health()[0].get("version", 0) >= last, 20, f"version {last} to be in force")
    for _ in range(3):
        assert {id for id, text in texts.items() if api.is_accepted(text)} == {kept}
        time.sleep(0.5)
    # And it goes on as before.
    api.revoke("alice", kept, wait=20).expect(200)
    wait_for(lambda: not api.is_accepted(texts[kept]), 10, "the last token to be refused")
    note_figure(
        f"{down_for:.1f} s without KV{', and a kill' if is_killed else ''}: {len(others)} revocations answered, none lost; "
        f"{gate.store.refused_writes} writes failed"
    )
