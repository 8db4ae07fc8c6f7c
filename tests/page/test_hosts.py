"""Two hosts of one site, as in a deployment: a script that somebody uploads to the hub can do nothing with a session.

The gate's own paths are under another prefix than `/-/`.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from browser import Browser, NewBrowser
from hub import Hub
from ledger_gate import LedgerGate
from page_server import PageServer
from people import Visitor

# Browsers resolve names below localhost by themselves, and consider these two one site.
PREFIX = "/_gate/"
PAGE, HUB = "tokens.hub.localhost", "hub.localhost"

# What somebody uploads to the hub. It tries everything that a script can, and writes down each outcome.
EVIL = """<!doctype html><title>Evil</title><pre id="tries"></pre><script type="module">
const [subject, page] = location.hash.slice(1).split("|");
const body = JSON.stringify({name: "stolen", role: "write"});
const path = `/_gate/api/subjects/${subject}/tokens`;
const tries = {
  here: () => fetch("/_gate/api/session", {credentials: "include"}),
  create: () => fetch(path, {method: "POST", body, headers: {"Content-Type": "application/json"}}),
  there: () => fetch(`${page}/_gate/api/session`, {credentials: "include"}),
  readable: () => fetch(`${page}/_gate/api/session`),
  simple: () => fetch(`${page}${path}`, {method: "POST", mode: "no-cors", credentials: "include", body}),
  full: () => fetch(`${page}${path}`, {method: "POST", credentials: "include", body,
    headers: {"Content-Type": "application/json", "X-Lychgate-CSRF": "guessed"}}),
  "delete": () => fetch(`${page}${path}`, {method: "DELETE", credentials: "include"}),
  out: () => fetch(`${page}/_gate/sign-out`, {method: "POST", mode: "no-cors", credentials: "include"}),
  window: async () => {
    const opened = open(`${page}/_gate/`);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    return {status: opened.document.title};
  },
};
for (const [name, attempt] of Object.entries(tries)) {
  const outcome = await attempt().then(({status, type}) => type === "opaque" ? "opaque" : status, () => "failed");
  document.querySelector("#tries").textContent += `${name} ${outcome}\\n`;
}
document.querySelector("#tries").textContent += "done";
</script>"""


@pytest.fixture(scope="module")
def uploads() -> Iterator[str]:
    """An origin that serves what somebody uploaded."""
    running = PageServer(lambda _: EVIL)
    yield running.url
    running.stop()


@pytest.fixture(scope="module")
def site(workshop: Path, keys: str, uploads: str) -> Iterator[LedgerGate]:
    variables = {"ORIGIN_URL": uploads, "ANONYMOUS": "reads", "PAGE_HOST": PAGE, "HUB_HOST": HUB, "GATE_PREFIX": PREFIX}
    running = LedgerGate(workshop / "site", keys, variables, with_page=True)
    yield running
    running.stop()


def test_a_script_on_the_hubs_host_can_do_nothing_with_the_visitors_session(
    site: LedgerGate, new_browser: NewBrowser, hub: Hub, subject: str
) -> None:
    # Not the shared browser, because the script opens windows.
    browser = new_browser()
    visitor = Visitor(browser, site, hub, subject).sign_in()
    visitor.create("laptop")
    evil = f"http://{HUB}:{site.port}/acme/widget/resolve/main/evil.html#{subject}|{site.page}"
    browser.go(evil)
    tries = browser.await_text("#tries", "done", 30)
    assert tries.split("\n") == [
        "here 403",
        "create 401",
        "there failed",
        # Any script may read a refusal, which contains nothing personal.
        "readable 403",
        "simple opaque",
        "full failed",
        "delete failed",
        "out opaque",
        "window failed",
        "done",
    ]
    assert [token["name"] for token in site.tokens(subject, "live")] == ["laptop"]
    # The visitor is still signed in.
    visitor.open()
    browser.await_text("#account", subject)
    # Opening the page at the hub's host leads to the page's own host.
    browser.go(f"http://{HUB}:{site.port}/_gate/#decide")
    browser.await_text("#decide-title", "How a request is decided")
    assert browser.driver.current_url == f"{site.page}/_gate/#decide"


@pytest.mark.parametrize("name", ["constructor", "__proto__", "toString", "hasOwnProperty"])
def test_a_property_that_every_object_inherits_is_not_a_view(plain, browser: Browser, name: str) -> None:
    browser.go(f"{plain.url}#{name}")
    browser.await_text("#tokens-title", "Access tokens")
    browser.press("Inspect")
    browser.await_text("#inspect-title", "Inspect a token")
