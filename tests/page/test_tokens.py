"""The view of access tokens, as a signed-in person uses it."""

import datetime
import re

from browser import NewBrowser
from clients import curl
from hub import Hub
from ledger_gate import LedgerGate
from people import Visitor, send_escape
from waiting import wait_for

LIST = "#tokens-body"


def test_tells_a_new_user_what_to_do(visitor: Visitor) -> None:
    shown = visitor.browser.await_text(LIST, "No tokens yet")
    assert "a read token is enough to clone" in shown
    visitor.browser.press("Create a token")
    visitor.browser.find("#token-name")
    assert visitor.browser.focused() == "Name"


def test_a_token_is_shown_once_and_works(visitor: Visitor) -> None:
    token = visitor.create("laptop")
    answer = curl(f"{visitor.gate.url}/api/whoami-v2", token=token)
    assert (answer.status, visitor.subject in answer.text) == (200, True)
    row = visitor.rows()["laptop"]
    assert all(word in row for word in ("read", "never", "live", "in 30 days")), row
    assert visitor.browser.driver.switch_to.active_element.get_attribute("id") == "once-title"
    for view in ("Inspect", "Tokens"):
        visitor.browser.press(view)
    wait_for(lambda: visitor.browser.seen("[data-id]"), 15, "the list")
    assert token not in visitor.browser.driver.page_source
    visitor.browser.driver.refresh()
    visitor.browser.await_text(LIST, "laptop")
    assert token not in visitor.browser.driver.page_source


def test_gives_ready_lines_for_git_curl_python_and_the_environment(visitor: Visitor) -> None:
    token = visitor.create("laptop", "write", "")
    lines = {}
    for tool in ("git", "curl", "Python", "Environment"):
        visitor.browser.press(tool)
        lines[tool] = visitor.browser.find(".once pre").text
    host = visitor.gate.host
    assert lines["git"] == f"git clone http://{visitor.subject}@{host}/acme/widget"
    assert lines["curl"] == f'curl -H "Authorization: Bearer {token}" http://{host}/api/whoami-v2'
    assert f'endpoint="http://{host}", token="{token}"' in lines["Python"]
    assert lines["Environment"] == f"export HF_ENDPOINT=http://{host}\nexport HF_TOKEN={token}\nexport HF_HUB_DISABLE_XET=1"
    visitor.browser.command(
        "Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"], origin=visitor.gate.page
    )
    visitor.browser.press("Copy the token")
    wait_for(lambda: "Copied" in visitor.browser.text(".secret"), 5, "the copy button to say that it copied")
    copied = visitor.browser.driver.execute_async_script("navigator.clipboard.readText().then(arguments[0])")
    assert copied == token


def test_each_expiry_on_offer_is_applied(visitor: Visitor) -> None:
    for days in ("7", "30", "90"):
        visitor.create(f"for {days}", expiry=days)
    visitor.create("for ever", expiry="")
    visitor.fill_form("until a date", expiry="date")
    end = datetime.date.today() + datetime.timedelta(days=200)
    visitor.browser.run("document.querySelector('[type=date]').value = arguments[0]", end.isoformat())
    visitor.browser.press("Create token")
    visitor.browser.await_text("#once-title", "until a date")
    lives = {
        token["name"]: token["expires_at"] and round((token["expires_at"] - token["issued_at"]) / 86400)
        for token in visitor.gate.tokens(visitor.subject)
    }
    assert lives.pop("until a date") in (199, 200)
    assert lives == {"for 7": 7, "for 30": 30, "for 90": 90, "for ever": None}
    assert "1 token never expires" in visitor.browser.await_text(LIST, "never expires")


def test_lists_the_newest_first_and_finds_by_name(visitor: Visitor) -> None:
    for number in range(7):
        visitor.gate.create(visitor.subject, f"token {number}")
    visitor.browser.driver.refresh()
    visitor.browser.await_text(LIST, "token 6")
    assert list(visitor.rows()) == [f"token {number}" for number in range(6, -1, -1)]
    visitor.browser.write("#token-search", "TOKEN 3")
    assert list(visitor.rows()) == ["token 3"]
    visitor.browser.write("#token-search", "nothing")
    visitor.browser.await_text(LIST, "No token has this in its name or id.")


def test_a_name_that_is_taken_is_refused_and_the_form_stays(visitor: Visitor) -> None:
    visitor.create("laptop")
    visitor.fill_form("laptop", "write", "90")
    visitor.browser.press("Create token")
    # The error is at its field, which has the focus.
    visitor.browser.await_text("#name-error", "Choose another")
    assert visitor.browser.focused() == "Name"
    assert visitor.browser.find("#token-name").get_attribute("aria-invalid") == "true"
    assert visitor.browser.text("#notices") == ""
    assert visitor.browser.run(
        "const {name, role, expiry} = document.querySelector('.create').elements;"
        "return [name.value, role.value, expiry.value]"
    ) == ["laptop", "write", "90"]
    visitor.browser.write("#token-name", "laptop 2")
    assert visitor.browser.text("#name-error") == ""
    visitor.browser.press("Cancel")
    assert visitor.browser.text("#notices") == ""


def test_shows_the_lifetime_that_was_chosen(visitor: Visitor) -> None:
    for days in ("7", "30", "90"):
        visitor.create(f"for {days}", expiry=days)
        wait_for(lambda: f"for {days}" in visitor.rows(), 15, "the list")
        assert f"in {days} days" in visitor.rows()[f"for {days}"]


def test_the_focus_stays_near_what_was_done(visitor: Visitor) -> None:
    """It does not return to the top of the document, where keyboard users would have to begin again."""
    visitor.create("ci")
    visitor.browser.press("I have copied it")
    assert visitor.browser.focused_id() == "tokens-title"
    visitor.browser.press("Refresh ci")
    visitor.browser.press("Refresh")
    visitor.browser.await_text("#once-title", "“ci” is refreshed")
    wait_for(lambda: visitor.browser.seen("dialog") is None, 15, "the dialog to close")
    assert visitor.browser.focused_id() == "once-title"
    visitor.revoke("ci")
    assert visitor.browser.focused_id() == "tokens-title"
    # The token that was shown disappears, because it is the one that was revoked.
    assert visitor.browser.seen("#once-token") is None
    visitor.browser.press("Sign out")
    visitor.browser.await_text(LIST, "You are not signed in")
    assert visitor.browser.focused_id() == "tokens-title"


def test_asks_before_an_uncopied_token_disappears(visitor: Visitor) -> None:
    visitor.create("laptop")
    for leave in ("Inspect", "New token", "Refresh laptop", "Sign out"):
        visitor.browser.press(leave)
        question = visitor.browser.driver.switch_to.alert
        assert "You have not copied the token “laptop”" in question.text
        question.dismiss()
        assert visitor.token_shown()
    # The browser asks too, before it leaves the page.
    assert visitor.browser.run("return !window.dispatchEvent(new Event('beforeunload', {cancelable: true}))")
    visitor.browser.press("I have copied it")
    assert visitor.browser.run("return window.dispatchEvent(new Event('beforeunload', {cancelable: true}))")
    visitor.browser.press("Inspect")
    visitor.browser.find("#inspect-format")


def test_does_not_ask_about_a_copied_token(visitor: Visitor) -> None:
    visitor.create("laptop")
    visitor.browser.command(
        "Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"], origin=visitor.gate.url
    )
    visitor.browser.press("Copy the token")
    wait_for(lambda: "Copied" in visitor.browser.text(".secret"), 5, "the copy button to say that it copied")
    assert visitor.browser.run("return window.dispatchEvent(new Event('beforeunload', {cancelable: true}))")


def test_another_token_is_kept_while_one_is_revoked(visitor: Visitor) -> None:
    visitor.create("old")
    visitor.browser.press("I have copied it")
    kept = visitor.create("new")
    visitor.revoke("old")
    assert visitor.token_shown() == kept


def test_speaks_only_of_what_its_users_know(visitor: Visitor) -> None:
    files = visitor.browser.run("return performance.getEntriesByType('resource').map(({name}) => name)")
    scripts = [curl(file).text for file in [f"{visitor.gate.url}/-/", *files] if file.endswith((".js", "/-/"))]
    assert len(scripts) > 5
    for script in scripts:
        said = re.sub(r"(?m)^\s*(//|/\*\*).*$", "", script)
        assert not re.search(r"\b(ledger|edge|end(ed))\b", said, re.IGNORECASE)


def test_a_refresh_gives_a_new_token_and_revokes_the_old_one(visitor: Visitor) -> None:
    old = visitor.create("ci")
    visitor.browser.press("Refresh ci")
    visitor.browser.press("Refresh")
    visitor.browser.await_text("#once-title", "“ci” is refreshed")
    assert "is revoked" in visitor.browser.text(".once")
    new = visitor.token_shown()
    assert new != old
    visitor.gate.await_code(old, "token_revoked")
    assert visitor.gate.use(new).status == 200
    visitor.browser.click("#show-inactive")
    shown = visitor.browser.text(".token-table")
    assert re.search(r"live.*refreshed", shown, re.DOTALL), shown


def test_with_a_grace_period_the_old_token_works_until_the_new_one_is_used(visitor: Visitor) -> None:
    old = visitor.create("ci")
    visitor.browser.press("Refresh ci")
    visitor.browser.choose("grace", "3600")
    visitor.browser.press("Refresh")
    visitor.browser.await_text("#once-title", "“ci” is refreshed")
    assert "works until the new one is used" in visitor.browser.text(".once")
    new = visitor.token_shown()
    assert visitor.gate.use(old).status == 200
    visitor.browser.await_text(".token-table", "revoked in")
    assert visitor.gate.use(new).status == 200
    visitor.gate.await_code(old, "token_revoked")


def test_a_revocation_names_the_token_and_says_when_the_gate_refuses_it(visitor: Visitor) -> None:
    token = visitor.create("old script")
    kept = visitor.create("laptop")
    visitor.browser.press("Revoke old script")
    asked = visitor.browser.await_text("dialog", "Revoke “old script”?")
    assert "cannot be undone" in asked
    assert "within about ten seconds" in asked
    send_escape(visitor.browser)
    assert visitor.browser.seen("dialog") is None
    assert visitor.gate.use(token).status == 200
    said = visitor.revoke("old script")
    assert "401 token_revoked" in said
    assert visitor.gate.use(token).code == "token_revoked"
    assert visitor.gate.use(kept).status == 200
    assert list(visitor.rows()) == ["laptop"]


def test_two_people_never_see_each_others_tokens(visitor: Visitor, new_browser: NewBrowser, hub: Hub) -> None:
    mine = visitor.create("my own secret project")
    other = Visitor(new_browser(), visitor.gate, hub, f"{visitor.subject}-2").sign_in()
    other.browser.await_text(LIST, "No tokens yet")
    assert "my own secret project" not in other.browser.driver.page_source
    # Calls that bypass the page, with the other person's session, fail too.
    for method, path in [("GET", ""), ("DELETE", "/0-1"), ("POST", "/0-1/refresh"), ("GET", "/0-1/revocation-status")]:
        status = other.browser.driver.execute_async_script(
            "const [method, path, done] = arguments;"
            "const {csrf} = await (await fetch('/-/api/session')).json();"
            "fetch(path, {method, headers: {'X-Lychgate-CSRF': csrf}}).then(({status}) => done(status))",
            method,
            f"/-/api/subjects/{visitor.subject}/tokens{path}",
        )
        assert status in (403, 404), (method, path, status)
    assert visitor.gate.use(mine).status == 200
    other.create("laptop")
    visitor.browser.driver.refresh()
    visitor.browser.await_text(LIST, "my own secret project")
    assert list(visitor.rows()) == ["my own secret project"]


def test_signing_out_removes_everything_from_the_page(visitor: Visitor) -> None:
    token = visitor.create("laptop")
    visitor.browser.press("Sign out")
    visitor.browser.await_text(LIST, "You are not signed in")
    assert token not in visitor.browser.driver.page_source
    visitor.browser.driver.refresh()
    visitor.browser.await_text(LIST, "You are not signed in")
    assert visitor.browser.text("#account") == ""


def test_tells_visitors_where_to_sign_in(gate: LedgerGate, browser) -> None:
    browser.go(f"{gate.page}/-/")
    shown = browser.await_text(LIST, "You are not signed in")
    assert "Sign in at your hub" in shown
    assert browser.seen("#new-token") is None
    hub = browser.button("your hub")
    wait_for(lambda: hub.get_attribute("href") == f"{gate.url}/", 5, "the link to lead to the hub")


def test_a_visitor_causes_no_error_in_the_console(gate: LedgerGate, browser) -> None:
    browser.driver.get_log("browser")
    browser.go(f"{gate.url}/-/")
    browser.await_text(LIST, "You are not signed in")
    assert [line["message"] for line in browser.driver.get_log("browser")] == []
