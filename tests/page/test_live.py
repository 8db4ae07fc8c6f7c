"""Live: a request from the page to the gate that serves it."""

import re

from browser import Browser
from ledger_gate import LedgerGate
from surroundings import REPOSITORY

RESULT = "#live-result"


def test_shows_what_the_gate_and_the_hub_answer(gate: LedgerGate, browser: Browser, subject: str) -> None:
    token = gate.create(subject, "live")
    gate.await_code(token, None)
    browser.go(f"{gate.page}/-/#live")
    browser.press("Send")
    refused = browser.await_text(RESULT, "token_required")
    assert "401" in refused
    assert "none was sent" in refused
    assert browser.find("#live-token").get_attribute("type") == "password"
    browser.write("#live-token", token.text)
    browser.press("Send")
    passed = browser.await_text(RESULT, "The gate let it through")
    assert "200" in passed
    assert subject in passed
    browser.select("#live-method", "POST")
    browser.write("#live-target", "/api/models/acme/widget/commit/main")
    browser.press("Send")
    browser.await_text(RESULT, "role_insufficient")
    gate.revoke(token, "?wait=10")
    gate.await_code(token, "token_revoked")
    browser.select("#live-method", "GET")
    browser.write("#live-target", "/api/whoami-v2")
    browser.press("Send")
    browser.await_text(RESULT, "on the revocation list")


def test_does_not_take_the_hubs_own_refusal_for_the_gates(gate: LedgerGate, browser: Browser, subject: str) -> None:
    token = gate.create(subject, "live")
    gate.await_code(token, None)
    browser.go(f"{gate.url}/-/#live")
    browser.write("#live-token", token.text)
    browser.write("#live-target", "/api/models/acme/never")
    browser.press("Send")
    said = browser.await_text(RESULT, "The gate let it through")
    assert "404" in said
    assert "which is its own refusal: RepoNotFound" in said


def test_knows_every_code_of_the_gate() -> None:
    table = (REPOSITORY / "docs/decisions.md").read_text().partition("## Statuses and codes")[2].partition("\n## ")[0]
    codes = {code for row in re.findall(r"^\|.*\|$", table, re.MULTILINE) for code in re.findall("`([a-z_]+_[a-z_]+)`", row)} - {"access_token"}
    script = (REPOSITORY / "www/live.js").read_text()
    assert len(codes) > 20
    assert [code for code in sorted(codes) if f'  ["{code}", ' not in script] == []


def test_reports_a_malformed_path_and_a_missing_response(gate: LedgerGate, browser: Browser) -> None:
    browser.go(f"{gate.page}/-/#live")
    browser.write("#live-target", "//elsewhere.example/")
    browser.press("Send")
    browser.await_text(RESULT, "A path begins with one slash")
    browser.write("#live-target", "/api/whoami-v2")
    with browser.without_network():
        browser.press("Send")
        browser.await_text(RESULT, "No answer came")
