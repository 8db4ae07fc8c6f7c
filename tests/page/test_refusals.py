"""Refusals in a browser: what people see, and what scripts and images of the same and of another origin get."""

from collections.abc import Iterator

import pytest

import words
from browser import Browser
from clients import curl
from ledger_gate import LedgerGate
from page_server import PageServer

ASK = """
const [url, token, done] = arguments;
fetch(url, {headers: token ? {Authorization: `Bearer ${token}`} : {}})
  .then(async (answer) => done([answer.status, answer.headers.get("X-Error-Code"), await answer.json()]))
  .catch((error) => done(String(error)));
"""

LOAD_IMAGE = """
const [url, done] = arguments;
const image = new Image();
image.onerror = () => done("failed");
image.onload = () => done("loaded");
image.src = url;
"""


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[str]:
    """A page of another origin."""
    running = PageServer(lambda _: "<!doctype html><title>Elsewhere</title>")
    yield f"http://localhost:{running.port}/"
    running.stop()


NAVIGATION = ["Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", "Accept: text/html,*/*;q=0.8"]


def test_tells_a_person_what_to_do(gate: LedgerGate) -> None:
    """Without a token, the browser first asks for a password. It shows this page if the person cancels."""
    answer = curl(f"{gate.url}/acme/widget", headers=NAVIGATION)
    assert (answer.header("WWW-Authenticate") or "").startswith("Basic ")
    assert f"<p>{words.TOKEN_REQUIRED_BY_A_PAGE}</p>" in answer.text
    assert '<a href="/-/">Your access tokens</a>' in answer.text


def test_links_to_the_persons_tokens(gate: LedgerGate, browser: Browser, subject: str) -> None:
    token = gate.create(subject, "reader")
    gate.await_code(token, None)
    browser.command("Network.enable")
    browser.command("Network.setExtraHTTPHeaders", headers={"Authorization": f"Bearer {token}"})
    browser.go(f"{gate.url}/acme/widget/info/refs?service=git-receive-pack")
    shown = browser.await_text("body", words.ROLE_INSUFFICIENT)
    assert "Forbidden" in shown and "`" not in shown
    browser.command("Network.setExtraHTTPHeaders", headers={})
    browser.press("Your access tokens")
    browser.await_text("#tokens-body", "You are not signed in")


@pytest.mark.parametrize("place", ["same", "other"])
def test_a_script_can_read_the_reason(gate: LedgerGate, browser: Browser, elsewhere: str, subject: str, place: str) -> None:
    token = gate.create(subject, "script")
    gate.await_code(token, None)
    gate.revoke(token, "?wait=10")
    gate.await_code(token, "token_revoked")
    # A page of the hub. The gate's own page may not load images from elsewhere.
    browser.go(f"{gate.url}/.well-known/nothing" if place == "same" else elsewhere)
    ask = browser.driver.execute_async_script
    refused = ask(ASK, f"{gate.url}/api/models/acme/widget", token.text)
    assert refused == [401, "token_revoked", {"error": words.TOKEN_REVOKED.removesuffix("."), "code": "token_revoked"}]
    refused = ask(ASK, f"{gate.url}/v1/models", None)
    assert refused[:2] == [401, "token_required"]
    assert refused[2]["error"]["message"] == words.TOKEN_REQUIRED
    # The browser asks nobody for a password, so the script continues.
    assert ask(LOAD_IMAGE, f"{gate.url}/acme/widget/resolve/main/logo.png") == "failed"
