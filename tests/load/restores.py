"""Restores during a soak: a ledger's storage is replaced by an older copy, or lost. What docs/operations.md promises of both is
checked before anybody goes on."""

import json
import time
from pathlib import Path

from bare_ledger_gate import BareLedgerGate
from lives import Life, Observations, MemberLife
from outages import Outages
from pause import Pause
from waiting import wait_for

# How long the gate serves between the copy and the restore.
CHANGES_SECONDS = 4.0

# How long a ledger may take to find in KV what it has lost.
SEARCH_SECONDS = 30


class Restores:
    """Replaces the ledger's storage between two changes."""

    def __init__(
        self, gate: BareLedgerGate, outages: Outages, seen: Observations, pause: Pause, lives: list[Life]
    ) -> None:
        self.gate, self.outages, self.seen, self.pause, self.lives = gate, outages, seen, pause, lives
        self.count = 0

    def of_an_older_copy(self) -> None:
        """An older copy, and then a backup that is imported."""
        with self.pause.of_everybody(), self.outages.one():
            copy = self.gate.back_up()
        time.sleep(CHANGES_SECONDS)
        with self.pause.of_everybody():
            exported = self.gate.lychgate("ledger", "export")
            assert exported.status == 0, exported
            self._restore(copy)
            for is_first in (True, False):
                imported = self.gate.lychgate("ledger", "import", "-", "--json", stdin=exported.output)
                assert imported.status == 0, imported
                taken = json.loads(imported.output)["taken"]
                if taken and not is_first:
                    self.seen.complain(f"the same backup again brought {taken} records")
            self._refuse_revoked("after an import")

    def of_nothing(self) -> None:
        """The ledger's storage is lost."""
        with self.pause.of_everybody():
            self._restore(None)

    def _restore(self, copy: Path | None) -> None:
        gate, api, self.count = self.gate, self.gate.api, self.count + 1
        subject = f"restored-{self.count}"
        unknown = gate.create(subject, "write")
        self.seen.note_created(unknown.id)
        members = [life.subject for life in self.lives if isinstance(life, MemberLife)]
        roles = {member: api.membership(member)["memberships"] for member in members}
        began = int(time.time())
        with self.outages.one():
            gate.restore(copy)
        gate.await_lists()
        if not api.is_accepted(unknown.text):
            self.seen.complain("a ledger that lost a token has the gate refuse it")
        self._refuse_revoked("after a restore")
        new = gate.create(subject, "read")
        self.seen.note_created(new.id)
        wait_for(lambda: unknown.id in api.tokens(subject), SEARCH_SECONDS, "the ledger to adopt a token")
        for member, before in roles.items():
            wait_for(
                lambda member=member, before=before: api.membership(member)["memberships"] == before,
                SEARCH_SECONDS,
                f"the ledger to know the roles of {member}",
            )
        noticed = api.conditions()[0]["loss_noticed_at"]
        if noticed is None or noticed < began:
            self.seen.complain("a restored ledger noticed nothing")
        self.seen.count("restore of an older copy" if copy else "loss")

    def _refuse_revoked(self, when: str) -> None:
        accepted = sum(self.gate.api.is_accepted(text) for life in self.lives for text in life.revoked)
        if accepted:
            self.seen.complain(f"{accepted} revoked tokens are accepted {when}")
