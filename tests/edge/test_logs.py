"""What all gates of the run have logged: lines that help, and none of the secrets that went through them."""

import json

import pytest

import secrets_used
from gate import ALL_GATES

# Fields of the Worker's own lines.
FIELDS = {"event", "code", "status", "method", "route", "token", "shard", "detail"}

# Both appear where a run has been thorough; a run that logged none of them proves nothing.
EXPECTED_CODES = {
    "credentials_malformed",
    "token_invalid",
    "token_expired",
    "token_revoked",
    "org_token_deprecated",
    "role_insufficient",
    "target_ambiguous",
    "target_too_long",
    "method_unsupported",
    "path_reserved",
    "route_refused",
    "body_too_large",
    "revocations_unavailable",
    "origin_unreachable",
    "gate_misconfigured",
    "gate_trapped",
    "list_missing",
    "list_seal",
    "list_rolled_back",
    "list_unreadable",
}


@pytest.mark.at_the_end
def test_no_log_holds_a_token_a_key_a_query_or_a_body(request: pytest.FixtureRequest) -> None:
    secrets = secrets_used.all_used()
    codes: set[str] = set()
    for gate in ALL_GATES:
        # Lines of wrangler's own repeat the target of each request; the Worker's are all others.
        lines = [line for line in gate.log().splitlines() if "[wrangler:info]" not in line]
        found = [(secret[:6], line) for line in lines for secret in secrets if secret in line]
        assert not found, f"{gate.name} logged a secret"
        for line in gate.log_lines():
            assert set(line) <= FIELDS, line
            assert "?service" in line.get("route", "") or "?" not in line.get("route", "").replace("?/", "/"), line
            codes.add(line["code"])
    if "test_logs.py" not in request.config.args and not request.config.getoption("-k"):
        whole = {"test_answers", "test_lists", "test_configuration", "test_trap", "test_origins", "test_bodies"}
        ran = {item.module.__name__ for item in request.session.items}
        if whole <= ran:
            assert EXPECTED_CODES <= codes
            assert len(secrets) > 200
            assert len(ALL_GATES) >= 10


def test_the_search_would_find_a_secret() -> None:
    """The test above looks for what is really sent: a token, and Basic with it."""
    secret = secrets_used.marker("control")
    line = json.dumps({"event": "x", "detail": f"Authorization: Bearer {secret}"})
    assert any(known in line for known in secrets_used.all_used())
