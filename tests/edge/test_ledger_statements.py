"""Every SQL statement of the ledger is bounded: by an index, and by a limit or a unique key.

The statements are the string literals of the ledger's sources; `Store` takes no others, for it wants `&'static str`. Each is
explained by SQLite against the tables that the ledger makes."""

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[2] / "src" / "service" / "durable_object"

# A literal, with what may stand in it; or what must not be taken for one: a comment, or a character.
LITERAL = re.compile(r"""//[^\n]*|'(?:\\.|[^\\'])'|"((?:\\.|[^"\\])*)\"""", re.DOTALL)

STATEMENT = re.compile(
    r"\s*(SELECT|INSERT|UPDATE|DELETE|REPLACE|WITH|VALUES|CREATE|ALTER|DROP|PRAGMA|ATTACH|VACUUM|ANALYZE|EXPLAIN)\s", re.I
)

# An index whose rows are few for each of its first column: of a subject, what it may use (MAXIMUM_LIVE_TOKENS).
FEW_OF_ONE = re.compile(r"SEARCH \w+ USING (?:COVERING )?INDEX tokens_accepted \(subject=\?")

# A search that finds one row at most.
UNIQUE = re.compile(
    r"USING INTEGER PRIMARY KEY \(rowid=\?\)|USING (?:COVERING )?INDEX sqlite_autoindex_\w+_1 \(\w+=\?\)|USING PRIMARY KEY \(\w+=\?\)"
)


def statements_of(source: str) -> Iterator[str]:
    """The SQL statements among a source file's literals, as the compiler reads them."""
    for found in LITERAL.finditer(source):
        text = found.group(1)
        if text is not None and STATEMENT.match(text):
            yield re.sub(r"\\\n\s*", "", text).replace('\\"', '"')


def all_statements() -> dict[str, str]:
    """Each SQL statement with its position."""
    found = {}
    for file in sorted(SOURCES.glob("*.rs")):
        for number, statement in enumerate(statements_of(file.read_text())):
            found[f"{file.stem}-{number}"] = statement
    return found


STATEMENTS = all_statements()
TABLES = [statement for statement in STATEMENTS.values() if statement.startswith("CREATE")]

# Tables of one row.
SINGLE = {
    found
    for statement in TABLES
    for found in re.findall(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+) \(\s*only INTEGER PRIMARY KEY CHECK \(only = 1\)", statement)
}

WORK = {name: statement for name, statement in STATEMENTS.items() if not statement.startswith("CREATE")}


@pytest.fixture(scope="module")
def ledger() -> Iterator[sqlite3.Connection]:
    with sqlite3.connect(":memory:") as connection:
        for statement in TABLES:
            connection.execute(statement)
        yield connection


def plan_of(ledger: sqlite3.Connection, statement: str) -> list[str]:
    numbered = [int(number) for number in re.findall(r"\?(\d+)", statement)]
    values = [1] * (max(numbered) if numbered else statement.count("?"))
    return [row[3] for row in ledger.execute(f"EXPLAIN QUERY PLAN {statement}", values)]


def what_is_unbounded(statement: str, plan: list[str]) -> list[str]:
    """The parts of a statement's query plan that have no bound."""
    found = []
    steps = [step for step in plan if step.startswith(("SEARCH", "SCAN"))]
    # What a statement itself brings, or a step before has limited.
    given = re.compile(r"SCAN (json_each|\(subquery-\d+\)|\d+ CONSTANT ROW)")
    for step in steps:
        table = step.split()[1]
        if step.startswith("SCAN") and table not in SINGLE and not given.match(step):
            found.append(f"scans a table that grows: {step}")
    searches = [step for step in steps if step.startswith("SEARCH") and step.split()[1] not in SINGLE]
    ranges = [step for step in searches if not UNIQUE.search(step)]
    limits, unions = (len(re.findall(rf"\b{word}\b", statement)) for word in ("LIMIT", "UNION ALL"))
    # One limit holds for all that is united.
    if len(ranges) > (limits and limits + unions):
        found.append(f"has no limit: {ranges}")
    if re.match(r"(UPDATE|DELETE)\b", statement) and "WHERE" not in statement:
        (table,) = re.findall(r"^(?:UPDATE|DELETE FROM) (\w+)", statement)
        if table not in SINGLE:
            found.append("changes all rows")
    if any("TEMP B-TREE" in step for step in plan) and not (
        len(ranges) == 1 and FEW_OF_ONE.match(ranges[0])
    ):
        found.append(f"sorts what may be many: {plan}")
    return found


@pytest.mark.parametrize("name", WORK)
def test_every_statement_has_an_index_and_a_limit(ledger: sqlite3.Connection, name: str) -> None:
    statement = WORK[name]
    plan = plan_of(ledger, statement)
    assert not what_is_unbounded(statement, plan), f"{statement}\n" + "\n".join(plan)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM tokens",
        "SELECT * FROM tokens WHERE name = ? LIMIT ?",
        "SELECT * FROM tokens WHERE subject = ?",
        "SELECT max(revoked_in) FROM tokens WHERE subject = ?",
        "SELECT * FROM tokens WHERE subject = ? ORDER BY name LIMIT ?",
        "SELECT count(*) FROM audit WHERE subject = ?",
        "SELECT due_at FROM memberships WHERE due_at IS NOT NULL",
        "DELETE FROM sign_ins WHERE expires_at <= ?",
        "DELETE FROM audit",
        "UPDATE tokens SET name = '' WHERE revoked_at <= ?",
        "UPDATE tokens SET revoked_in = ? WHERE subject = ? AND revoked_in IS NULL",
        "INSERT INTO foreign_revocations (serial) SELECT serial FROM tokens WHERE expires_at <= ?",
    ],
)
def test_an_unbounded_statement_is_found(ledger: sqlite3.Connection, statement: str) -> None:
    assert what_is_unbounded(statement, plan_of(ledger, statement))


def test_all_statements_are_found() -> None:
    assert len(WORK) >= 45, sorted(WORK)
    assert {"ledger", "schema"} <= SINGLE
    # `Store` has statements carried out; what it is given can only be a literal.
    store = (SOURCES / "store.rs").read_text()
    taken = re.findall(r"\b(?:statement|query): (&'?\w* ?str)", store)
    assert taken and set(taken) == {"&'static str"}, taken
    # Nothing else has a way to the storage.
    for file in [*SOURCES.glob("*.rs"), SOURCES.with_suffix(".rs")]:
        text = file.read_text()
        assert file.stem == "store" or not re.search(r"\.sql\(\)|\.exec\(|\.leak\(|concat!|include_str!", text), file
