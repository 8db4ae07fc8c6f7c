"""Two hosts of one site, as in a deployment: a file of somebody else's on the hub's host does nothing with a session."""

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from browser import Browser, NewBrowser
from hub import Hub
from ledger_gate import LedgerGate
from people import Visitor

# Browsers look up no names below localhost, and take them for one site.
PAGE, HUB = "tokens.hub.localhost", "hub.localhost"

# What somebody uploads to the hub: tries whatever a script may, and writes down how each try went.
EVIL = """<!doctype html><title>Evil</title><pre id="tries"></pre><script type="module">
const [subject, page] = location.hash.slice(1).split("|");
const body = JSON.stringify({name: "stolen", role: "write"});
const path = `/-/api/subjects/${subject}/tokens`;
const tries = {
  here: () => fetch("/-/api/session", {credentials: "include"}),
  create: () => fetch(path, {method: "POST", body, headers: {"Content-Type": "application/json"}}),
  there: () => fetch(`${page}/-/api/session`, {credentials: "include"}),
  readable: () => fetch(`${page}/-/api/session`),
  simple: () => fetch(`${page}${path}`, {method: "POST", mode: "no-cors", credentials: "include", body}),
  full: () => fetch(`${page}${path}`, {method: "POST", credentials: "include", body,
    headers: {"Content-Type": "application/json", "X-Lychgate-CSRF": "guessed"}}),
  "delete": () => fetch(`${page}${path}`, {method: "DELETE", credentials: "include"}),
  out: () => fetch(`${page}/-/sign-out`, {method: "POST", mode: "no-cors", credentials: "include"}),
  window: async () => {
    const opened = open(`${page}/-/`);
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
    """An origin that serves what somebody has uploaded."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = EVIL.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def site(workshop: Path, keys: str, uploads: str) -> Iterator[LedgerGate]:
    variables = {"ORIGIN_URL": uploads, "ANONYMOUS": "reads", "PAGE_HOST": PAGE, "HUB_HOST": HUB}
    running = LedgerGate(workshop / "site", keys, variables, with_page=True)
    yield running
    running.stop()


def test_a_script_on_the_hubs_host_can_do_nothing_with_the_visitors_session(
    site: LedgerGate, new_browser: NewBrowser, hub: Hub, subject: str
) -> None:
    # Not the shared one, for the script opens windows.
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
        # Every refusal may be read by any script: it holds nothing personal.
        "readable 403",
        "simple opaque",
        "full failed",
        "delete failed",
        "out opaque",
        "window failed",
        "done",
    ]
    assert [token["name"] for token in site.tokens(subject, "live")] == ["laptop"]
    # Nor is anybody signed out.
    visitor.open()
    browser.await_text("#account", subject)
    # Whoever opens the page at the hub's host finds it at its own.
    browser.go(f"http://{HUB}:{site.port}/-/#decide")
    browser.await_text("#decide-title", "How a request is decided")
    assert browser.driver.current_url == f"{site.page}/-/#decide"


@pytest.mark.parametrize("name", ["constructor", "__proto__", "toString", "hasOwnProperty"])
def test_a_name_that_every_object_has_is_no_view(plain, browser: Browser, name: str) -> None:
    browser.go(f"{plain.url}#{name}")
    browser.await_text("#tokens-title", "Access tokens")
    browser.press("Inspect")
    browser.await_text("#inspect-title", "Inspect a token")
