"""The logs of all gates of the run: their lines help, and hold none of the secrets that were used."""

import re
from pathlib import Path

import pytest

from clients import curl
from conftest import Tokens
from gate import Gate
from side_by_side import Run
from surroundings import REPOSITORY

# Fields of the Worker's own lines.
FIELDS = {"event", "code", "status", "method", "route", "token", "shard", "detail"}

# Those of the management API.
MANAGEMENT_CODES = {
    "admin_required",
    "body_malformed",
    "cross_site",
    "csrf_invalid",
    "sign_in_assertion_expired",
    "sign_in_assertion_invalid",
    "sign_in_assertion_used",
    "session_expired",
    "session_required",
    "subject_mismatch",
    "idempotency_key_reused",
    "limit_reached",
    "media_type_unsupported",
    "method_not_allowed",
    "name_taken",
    "not_found",
    "parameter_invalid",
    "signature_invalid",
    "subject_blocked",
    "page_host_required",
    "too_many_reports",
    "already_revoked",
    "token_required",
    "too_many_writes",
    "too_many_calls",
    "restrictions_invalid",
    "restriction_expired",
    "token_too_long",
}

# Every code that a whole run logs: one that is missing was not tested.
EXPECTED_CODES = {
    "audit_unwritten",
    "ledger_full",
    "serials_unreserved",
    "credentials_malformed",
    "token_invalid",
    "token_expired",
    "token_revoked",
    "too_many_refusals",
    "too_many_retries",
    "refusals_uncounted",
    "shard_unanswered",
    "org_token_deprecated",
    "restriction_insufficient",
    "role_insufficient",
    "target_ambiguous",
    "target_too_long",
    "method_unsupported",
    "path_reserved",
    "route_refused",
    "body_too_large",
    "body_unexpected",
    "revocations_unavailable",
    "origin_unreachable",
    "origin_timeout",
    "gate_misconfigured",
    "gate_trapped",
    "github_keys_unavailable",
    "header_unlisted",
    "ceiling_unreadable",
    "list_missing",
    "list_seal",
    "list_rolled_back",
    "list_unreadable",
    "list_short",
    "list_magic",
    "list_version",
    "list_unknown_key",
    "list_shard",
    "list_unwritable",
    "name_taken",
    "already_revoked",
    "membership_insufficient",
    "membership_long",
    "membership_magic",
    "membership_rolled_back",
    "membership_seal",
    "membership_not_taken_over",
    "shard_without_ledger",
    "storage_lost",
    "token_adopted",
    "membership_short",
    "membership_subject",
    "membership_unknown_key",
    "membership_unreadable",
    "membership_unwritable",
    "memberships_unavailable",
} | MANAGEMENT_CODES


# What may be logged besides, as a test that kills the Worker or its store at a random moment has it.
CODES_OF_BREAKDOWNS = {
    "ledger_unavailable",
    "ledger_failed",
    "list_not_taken_over",
    "platform_failed",
    "store_failed",
}

# What a line may say of the route: a line of a shipped table or a path of the management API, never what was asked for.
ROUTES = {
    " ".join(line.split())
    for table in ("hub", "npm")
    for line in (REPOSITORY / f"src/routes/{table}.routes").read_text().splitlines()
    if line and not line.startswith("#")
} | {"unlisted", "method parameter in the query", "OPTIONS without a preflight's fields"}
ROUTES |= {"/-/sign-in", "/-/sign-out"}
ROUTES |= set(re.findall(r"^  (/-/\S+):$", (REPOSITORY / "docs/openapi.yaml").read_text(), re.MULTILINE))


def _lines_with(run: Run, words: set[str]) -> list[str]:
    """All log lines that contain one of the words, except those in which wrangler repeats requests and variables."""
    # A flood logs the same line a hundred thousand times.
    lines = {line for log in run.logs() for line in log.splitlines()}
    # Most lines hold not even the beginning of a word, which is faster to see than that they hold no word.
    length = min(len(word) for word in words)
    beginnings = {word[:length] for word in words}
    return [
        line
        for line in lines
        if not _is_wranglers(line)
        and not beginnings.isdisjoint(line[at : at + length] for at in range(len(line) - length + 1))
        and any(word in line for word in words)
    ]


def _is_wranglers(line: str) -> bool:
    """Whether wrangler wrote the line: it shows the path of each request, and a table of variables at the start."""
    return line.startswith("[wrangler:info] ") or re.match(r"env\.[A-Z_]+ \(", line) is not None


@pytest.mark.at_the_end
def test_no_log_holds_a_token_a_key_a_query_or_a_body(gate: Gate, tokens: Tokens, whole_run: Run) -> None:
    # The search finds what is there.
    mark = gate.log_mark()
    assert curl(f"{gate.url}/api/whoami-v2", token=tokens.expired).code == "token_expired"
    gate.await_log_line(mark, code="token_expired", token=tokens.expired.id)
    assert any(tokens.expired.id in line for line in _lines_with(whole_run, {'"code":"token_expired"'}))
    assert tokens.write.text in whole_run.secrets()
    assert not _lines_with(whole_run, whole_run.secrets())


@pytest.mark.at_the_end
def test_every_line_holds_only_what_is_meant_for_it(request: pytest.FixtureRequest, whole_run: Run) -> None:
    lines = whole_run.log_lines()
    for line in lines:
        assert set(line) <= FIELDS
        assert " ".join(line.get("route", "unlisted").split()) in ROUTES
        assert re.fullmatch(r"[0-9]+-[0-9]+", line.get("token", "0-0"))
    if _ran_all_tests(request.session):
        assert {line["code"] for line in lines} - CODES_OF_BREAKDOWNS == EXPECTED_CODES
        assert len(whole_run.secrets()) > 500
        assert len(whole_run.logs()) > 15


def _ran_all_tests(session: pytest.Session) -> bool:
    """Whether the command line selects all tests."""
    ran = {item.module.__name__ for item in session.items}
    written = {file.stem for file in Path(__file__).parent.glob("test_*.py")}
    return ran == written and not session.config.getoption("keyword")
