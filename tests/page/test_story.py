"""The main story: a new user goes from the first token to its revocation with nothing but the page."""

from browser import THEMES
from clients import Person
from ledger_gate import LedgerGate
from people import Visitor
from test_quality import look


def test_a_new_user_needs_nothing_but_the_page(visitor: Visitor, gate: LedgerGate, person: Person) -> None:
    browser = visitor.browser
    # The page says what to do, and what a read token can do.
    browser.await_text("#tokens-body", "No tokens yet")
    token = visitor.create("laptop")
    said = browser.text(".once")
    assert "It reads: clone, fetch, download. A push with it is refused." in said
    # The page's own line clones, with the token as git's password.
    browser.press("git")
    line = browser.find(".once pre").text
    assert "paste the token" in browser.text(".once .lines .hint")
    address = line.removeprefix("git clone ")
    person.store_password(gate.url, token, user=visitor.subject)
    person.git("clone", address, "widget").succeeded()
    # A push is refused. git keeps its password and shows the reason, which the page shows too.
    clone = person.home / "widget"
    person.git("commit", "--allow-empty", "-m", "Try to write", cwd=clone).succeeded()
    pushed = person.git("push", "origin", "HEAD:main", cwd=clone)
    assert pushed.status != 0
    reason = "This access token has the role read, and this request needs write."
    assert reason in pushed.errors
    assert token in person.stored_credentials()
    browser.press("Decide")
    browser.await_text("#decide-result", "role_insufficient")
    assert reason in browser.text("#decide-result")
    # A refresh creates a new token. The old one is refused, as the page said it would be.
    browser.press("Tokens")
    browser.press("Refresh laptop")
    browser.press("Refresh")
    browser.await_text("#once-title", "“laptop” is refreshed")
    assert "is revoked: the gate refuses it within seconds" in browser.text(".once")
    new = visitor.token_shown()
    gate.await_code(token, "token_revoked")
    refused = person.git("fetch", cwd=clone)
    assert "This access token was revoked." in refused.errors
    person.store_password(gate.url, new, user=visitor.subject)
    person.git("fetch", cwd=clone).succeeded()
    # After the revocation, the page says since when the gate has refused the token, and what whoever sends it receives.
    browser.press("I have copied it")
    assert "401 token_revoked" in visitor.revoke("laptop")
    assert "This access token was revoked." in person.git("fetch", cwd=clone).errors
    browser.await_text("#tokens-body", "Revoked and expired ones are hidden.")
    browser.press("Live")
    browser.write("#live-token", new)
    browser.press("Send")
    browser.await_text("#live-result", "on the revocation list that the gate keeps")


def test_the_view_of_tokens_in_every_width_and_theme(visitor: Visitor) -> None:
    browser = visitor.browser
    browser.await_text("#tokens-body", "No tokens yet")
    for theme in THEMES:
        browser.prefer(theme, motion="reduce")
        look(browser, f"tokens-empty-{theme}")
    for number, role in enumerate(("read", "write", "read", "read", "write", "read", "write")):
        more = {} if number == 1 else {"expires_in": (number + 1) * 864_000}
        visitor.gate.create(visitor.subject, f"machine {number}", role, **more)
    browser.driver.refresh()
    browser.await_text("#tokens-body", "machine 6")
    for theme in THEMES:
        browser.prefer(theme, motion="reduce")
        look(browser, f"tokens-{theme}")
    browser.press("New token")
    for theme in THEMES:
        browser.prefer(theme, motion="reduce")
        look(browser, f"tokens-create-{theme}")
    browser.press("Cancel")
    visitor.create("laptop")
    for theme in THEMES:
        browser.prefer(theme, motion="reduce")
        look(browser, f"tokens-once-{theme}")
    for verb in ("Refresh", "Revoke"):
        browser.press(f"{verb} machine 1")
        for theme in THEMES:
            browser.prefer(theme, motion="reduce")
            look(browser, f"tokens-{verb.lower()}-{theme}", whole=False)
        browser.press("Cancel")
    browser.press("Sign out")
    for theme in THEMES:
        browser.prefer(theme, motion="reduce")
        look(browser, f"signed-out-{theme}")
