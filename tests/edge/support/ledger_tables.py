"""A ledger's tables as they lie on disk, read and changed behind its back while nothing runs."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from bare_ledger_gate import BareLedgerGate

# What makes the tokens of a subject: their serials follow those that there are.
TOKENS = """INSERT INTO tokens (serial, subject, name, role, restrictions, key_id, issued_at, expires_at, revoked_at, revocation_reason, revoked_in)
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < :count - 1)
    SELECT next_serial + i, :subject || CASE WHEN :each THEN '-' || (i / :each) ELSE '' END, 'token ' || i, 'read', '[]',
    (SELECT max(key_id) FROM tokens), :issued_at, :expires_at, :revoked_at, :reason, :revoked_in FROM n, ledger"""


def ledger_file(gate: BareLedgerGate, shard: int = 0) -> Path:
    """The file of a shard's ledger."""
    for file in (gate.folder / "ledgers").glob("**/*.sqlite"):
        if "metadata" not in file.name and _read(file, "SELECT shard FROM ledger") == [(shard,)]:
            return file
    raise AssertionError(f"no ledger of shard {shard}")


def rows(gate: BareLedgerGate, query: str, shard: int = 0) -> list[tuple]:
    return _read(ledger_file(gate, shard), query)


@contextmanager
def opened(gate: BareLedgerGate, shard: int = 0) -> Iterator[sqlite3.Connection]:
    """The tables of a ledger that does not run; what is done to them is kept."""
    with closing(sqlite3.connect(ledger_file(gate, shard))) as ledger:
        yield ledger
        ledger.commit()


def execute(gate: BareLedgerGate, *statements: str, shard: int = 0) -> None:
    with opened(gate, shard) as ledger:
        for statement in statements:
            ledger.execute(statement)


def add_tokens(
    gate: BareLedgerGate,
    subject: str,
    count: int,
    *,
    issued_at: int,
    expires_at: int | None = None,
    revoked_at: int | None = None,
    revoked_in: int | None = None,
    each: int = 0,
) -> None:
    """Puts tokens into a ledger that does not run and has one at least. `each` gives so many to each of as many subjects as
    there must be."""
    reason = None if revoked_at is None else "refreshed"
    with opened(gate) as ledger:
        ledger.execute(
            TOKENS,
            {
                "subject": subject,
                "count": count,
                "issued_at": issued_at,
                "expires_at": expires_at,
                "revoked_at": revoked_at,
                "revoked_in": revoked_in,
                "reason": reason,
                "each": each,
            },
        )
        ledger.execute("UPDATE ledger SET next_serial = next_serial + ?", [count])


def _read(file: Path, query: str) -> list[tuple]:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as ledger:
        return ledger.execute(query).fetchall()
