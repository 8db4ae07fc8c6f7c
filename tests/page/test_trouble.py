"""Errors on the page: it says what went wrong, and keeps what was entered."""

from browser import Browser
from people import Visitor
from waiting import wait_for

NAME = "half a sentence about my new laptop"


def entered(browser: Browser) -> list[str]:
    return browser.run(
        "const {name, role, expiry} = document.querySelector('.create').elements;"
        "return [name.value, role.value, expiry.value]"
    )


def test_without_a_network_the_form_stays_and_two_tries_create_one_token(visitor: Visitor) -> None:
    visitor.fill_form(NAME, "write", "7")
    with visitor.browser.without_network():
        visitor.browser.press("Create token")
        visitor.browser.await_text("#notices", "The gate could not be reached. What you entered is still here")
        assert entered(visitor.browser) == [NAME, "write", "7"]
    visitor.browser.press("Create token")
    visitor.browser.await_text("#once-title", NAME)
    assert len(visitor.gate.tokens(visitor.subject)) == 1


def test_no_token_is_lost_with_the_response(visitor: Visitor) -> None:
    """The gate received the call, but the response was lost: the second try returns the same token."""
    visitor.browser.run(
        "const real = fetch; window.fetch = async (...call) => { const answer = await real(...call);"
        "if (call[1]?.method === 'POST') { window.fetch = real; throw new TypeError('lost') } return answer }"
    )
    visitor.fill_form(NAME)
    visitor.browser.press("Create token")
    visitor.browser.await_text("#notices", "could not be reached")
    visitor.browser.press("Create token")
    visitor.browser.await_text("#once-title", NAME)
    (made,) = visitor.gate.tokens(visitor.subject)
    assert visitor.gate.use(visitor.token_shown()).status == 200, made


def test_a_revocation_without_a_network_says_so_in_its_dialog(visitor: Visitor) -> None:
    visitor.create("laptop")
    visitor.browser.press("Revoke laptop")
    visitor.browser.find("dialog")
    with visitor.browser.without_network():
        visitor.browser.click("dialog button[type=submit]")
        visitor.browser.await_text("dialog [role=alert]", "could not be reached")
    visitor.browser.click("dialog button[type=submit]")
    visitor.browser.await_text("#notices", "is revoked")


def test_a_page_whose_gate_cannot_be_reached_offers_to_try_again(visitor: Visitor) -> None:
    once = "const real = fetch; let n = 0; window.fetch = (...call) => n++ ? real(...call) : Promise.reject(new TypeError())"
    added = visitor.browser.command("Page.addScriptToEvaluateOnNewDocument", source=once)
    try:
        visitor.browser.driver.refresh()
        visitor.browser.await_text("#tokens-body", "The gate cannot be reached")
    finally:
        visitor.browser.command("Page.removeScriptToEvaluateOnNewDocument", **added)
    visitor.browser.press("Try again")
    visitor.browser.await_text("#tokens-body", "No tokens yet")


def test_a_write_of_an_earlier_session_is_refused(visitor: Visitor) -> None:
    """After a new sign-in in another tab, the page has the CSRF token of a session that no longer exists."""
    visitor.fill_form(NAME, "write", "7")
    window = visitor.browser.driver.current_window_handle
    visitor.browser.driver.switch_to.new_window("tab")
    visitor.sign_in()
    visitor.browser.driver.close()
    visitor.browser.driver.switch_to.window(window)
    visitor.browser.press("Create token")
    visitor.browser.await_text("#notices", "X-Lychgate-CSRF")
    assert visitor.gate.tokens(visitor.subject) == []
    assert entered(visitor.browser) == [NAME, "write", "7"]
    visitor.browser.press("I have signed in, go on")
    wait_for(lambda: visitor.browser.text("#notices") == "", 15, "the new session to be taken up")
    visitor.browser.press("Create token")
    visitor.browser.await_text("#once-title", NAME)


def test_an_expired_session_keeps_what_was_entered(visitor: Visitor) -> None:
    """The browser drops the cookie after twelve hours; here the test drops it."""
    visitor.fill_form(NAME, "write", "7")
    cookie = {"name": "lychgate-session", "url": visitor.gate.page}
    visitor.browser.driver.execute_cdp_cmd("Network.deleteCookies", cookie)
    visitor.browser.press("Create token")
    visitor.browser.await_text("#notices", "Your session has expired. Sign in again from your hub")
    assert entered(visitor.browser) == [NAME, "write", "7"]
    window = visitor.browser.driver.current_window_handle
    visitor.browser.driver.switch_to.new_window("tab")
    visitor.sign_in()
    visitor.browser.driver.close()
    visitor.browser.driver.switch_to.window(window)
    visitor.browser.press("I have signed in, go on")
    wait_for(lambda: visitor.browser.text("#notices") == "", 15, "the new session to be taken up")
    visitor.browser.press("Create token")
    visitor.browser.await_text("#once-title", NAME)


def test_tells_blocked_users_that_they_are_blocked(visitor: Visitor) -> None:
    visitor.create("laptop")
    visitor.fill_form(NAME)
    assert visitor.gate.call("PUT", f"subjects/{visitor.subject}/block").status == 200
    visitor.browser.press("Create token")
    shown = visitor.browser.await_text("#tokens-body", "You are blocked")
    assert "Ask whoever runs the hub." in shown
    assert visitor.browser.seen("#new-token") is None
    visitor.browser.driver.refresh()
    visitor.browser.await_text("#tokens-body", "You are blocked")
    assert visitor.gate.call("DELETE", f"subjects/{visitor.subject}/block").status == 200
    visitor.browser.driver.refresh()
    visitor.browser.await_text("#tokens-body", "You are not signed in")
    assert [token["name"] for token in visitor.gate.tokens(visitor.subject)] == ["laptop"]
