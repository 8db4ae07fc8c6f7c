"""What every view must be: small, stable, readable, and usable by keyboard and with a screen reader, in both themes and at every width."""

import gzip
from collections.abc import Callable

import pytest
from selenium.webdriver.common.keys import Keys

from browser import THEMES, WIDTHS, Browser
from plain_files import PAGE_DIR, PlainFiles
from waiting import wait_for

FIRST_LOAD_BYTES = 150 * 1024

Prepare = Callable[[Browser], None]


def _inspect(browser: Browser) -> None:
    browser.press("Use an example")
    browser.await_text("#inspect-result", "the checksum is right")


def _inspect_broken(browser: Browser) -> None:
    _inspect(browser)
    browser.press("Change one character")
    browser.await_text("#inspect-result", "wrong")


def _decide(browser: Browser) -> None:
    browser.await_text("#decide-result", "role_insufficient")


def _decide_attack(browser: Browser) -> None:
    _decide(browser)
    browser.click("#gallery-attacks button")
    browser.await_text("#decide-result", "target_ambiguous")


def _try(browser: Browser) -> None:
    wait_for(lambda: browser.find("#try-token").get_property("value"), 15, "a token")
    browser.press("Send")
    browser.await_text("#journey-steps", "Origin.")


def _try_refused(browser: Browser) -> None:
    wait_for(lambda: browser.find("#try-token").get_property("value"), 15, "a token")
    browser.click("#try-revoked")
    browser.press("Send")
    browser.await_text("#journey-steps", "token_revoked")


def _narrow(browser: Browser) -> None:
    browser.find("#narrow-limits summary")
    browser.press("Use an example")
    wait_for(lambda: browser.find("#narrow-token").get_property("value"), 15, "an example")
    browser.choose("narrow-repositories", "some")
    browser.find("#narrow-repository").send_keys("acme/widget datasets/acme/corpus", Keys.ENTER)
    browser.choose("narrow-purpose", "some")
    browser.click("[name=narrow-areas][value=git]")
    browser.click("#narrow-limits summary")


def _narrowed(browser: Browser) -> None:
    _narrow(browser)
    browser.press("Make it narrower")
    browser.await_text("#narrow-result", "The narrower token")


def _decide_restricted(browser: Browser) -> None:
    _decide(browser)
    browser.click("#gallery-attacks li:nth-last-child(2) button")
    browser.await_text("#decide-result", "restriction_insufficient")


def _live(browser: Browser) -> None:
    browser.press("Send")
    browser.await_text("#live-result", "404")


VIEWS: dict[str, tuple[str, Prepare]] = {
    "tokens-without-gate": ("tokens", lambda browser: browser.await_text("#tokens-body", "No account here")),
    "inspect-empty": ("inspect", lambda browser: browser.find("#inspect-format")),
    "inspect": ("inspect", _inspect),
    "inspect-broken": ("inspect", _inspect_broken),
    "decide": ("decide", _decide),
    "decide-attack": ("decide", _decide_attack),
    "decide-restricted": ("decide", _decide_restricted),
    "narrow": ("narrow", _narrow),
    "narrowed": ("narrow", _narrowed),
    "try": ("try", _try),
    "try-refused": ("try", _try_refused),
    "live": ("live", _live),
}


@pytest.mark.parametrize("name", VIEWS)
def test_playground_in_every_width_and_theme(browser: Browser, plain: PlainFiles, name: str) -> None:
    view, prepare = VIEWS[name]
    for theme in THEMES:
        browser.prefer(theme, motion="reduce")
        browser.resize(1440)
        browser.go(f"{plain.url}/#{view}")
        prepare(browser)
        look(browser, f"{name}-{theme}")


def look(browser: Browser, name: str, whole: bool = True) -> None:
    """Checks the page at every width, and keeps a screenshot of each."""
    for width in WIDTHS:
        browser.resize(width)
        browser.screenshot(f"{name}-{width}", whole)
        assert browser.overflow() <= 0, f"{name} is wider than {width} pixels"
        if width != 768:
            assert browser.accessibility_faults() == [], f"{name} at {width}"
    browser.resize(1600)
    assert browser.overflow() <= 0
    browser.resize(1440)


@pytest.mark.parametrize("view", ["tokens", "inspect", "narrow", "decide", "try", "live"])
def test_first_load_is_small(
    browser: Browser, plain: PlainFiles, view: str, note_figure: Callable[[str], None]
) -> None:
    browser.command("Network.clearBrowserCache")
    plain.paths.clear()
    browser.go(f"{plain.url}/#{view}")
    # With the core, even if this view does not need it.
    browser.driver.execute_async_script(
        "const done = arguments[0]; import('./core.js').then(({core}) => core()).then(() => done(), done)"
    )
    browser.run("return 0")
    loaded = {path for path in plain.paths if not path.startswith(("/api/", "/-/")) and path != "/favicon.ico"}
    assert "/lychgate_bg.wasm" in loaded
    sizes = {path: _compressed(plain, path) for path in loaded}
    note_figure(f"first load of {view}: {sum(sizes.values()) / 1024:.1f} KiB gzip in {len(sizes)} files")
    assert sum(sizes.values()) <= FIRST_LOAD_BYTES, sizes


def _compressed(plain: PlainFiles, path: str) -> int:
    file = plain.file("/index.html" if path == "/" else path)
    return len(gzip.compress(file.read_bytes(), 9))


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("view", ["tokens", "inspect", "narrow", "decide", "try", "live"])
def test_nothing_shifts_while_it_loads(browser: Browser, plain: PlainFiles, view: str, width: int) -> None:
    browser.resize(width)
    browser.go(f"{plain.url}/#{view}")
    shift = browser.driver.execute_async_script(
        "const done = arguments[0]; let sum = 0;"
        "new PerformanceObserver((list) => { for (const {value} of list.getEntries()) sum += value })"
        ".observe({type: 'layout-shift', buffered: true}); setTimeout(() => done(sum), 1500)"
    )
    # Below 0.1 counts as good (web.dev, "Cumulative Layout Shift"); this is a tenth of that.
    assert shift < 0.01


def test_is_useful_before_the_core_is_loaded(browser: Browser, plain: PlainFiles) -> None:
    browser.command("Network.enable")
    browser.command("Network.setBlockedURLs", urls=["*.wasm"])
    try:
        browser.go(f"{plain.url}/#decide")
        browser.await_text("#gallery-attacks", "A server that resolves .. would see a push")
        browser.await_text("#decide-result", "could not be loaded")
        browser.go(f"{plain.url}/#inspect")
        browser.await_text("#inspect-format", "HMAC-SHA-256")
        browser.await_text("#inspect-result", "could not be loaded")
    finally:
        browser.command("Network.setBlockedURLs", urls=[])


def test_shows_its_text_without_any_script(new_browser, plain: PlainFiles) -> None:
    browser = new_browser()
    browser.command("Emulation.setScriptExecutionDisabled", value=True)
    browser.driver.get(f"{plain.url}/#inspect")
    assert browser.driver.find_element("id", "inspect-format").is_displayed()
    assert not browser.driver.find_element("id", "tokens").is_displayed()


def test_works_with_the_keyboard_alone(browser: Browser, plain: PlainFiles) -> None:
    browser.go(plain.url)
    browser.await_text("#tokens-body", "No account here")
    body = browser.driver.find_element("tag name", "body")
    body.send_keys(Keys.TAB)
    assert browser.focused() == "Skip to the content"
    names = []
    for _ in range(7):
        browser.press_keys(Keys.TAB)
        names.append(browser.focused())
    assert names == ["Lychgate", "Tokens", "Inspect", "Narrow", "Decide", "Try", "Live"]
    for _ in range(2):
        browser.press_keys(Keys.SHIFT, Keys.TAB)
    for _ in range(6):
        if browser.focused() == "Decide":
            break
        browser.press_keys(Keys.TAB)
    browser.press_keys(Keys.ENTER)
    browser.await_text("#decide-result", "role_insufficient")
    assert browser.focused() == "How a request is decided"
    assert browser.driver.title == "How a request is decided · Lychgate"
    tab = browser.find("#decide-result [role=tab][aria-selected=true]")
    tab.send_keys(Keys.ARROW_RIGHT)
    assert browser.focused() == "git-lfs"
    assert "vnd.git-lfs" in browser.text("#decide-result")


def test_does_not_animate_if_reduced_motion_is_preferred(browser: Browser, plain: PlainFiles) -> None:
    browser.prefer(motion="reduce")
    browser.go(f"{plain.url}/#try")
    assert browser.run("return getComputedStyle(document.querySelector('.traveller')).transitionDuration") == "0s"
    browser.prefer(motion="no-preference")
    assert browser.run("return getComputedStyle(document.querySelector('.traveller')).transitionDuration") != "0s"


def test_contacts_no_other_host_and_has_no_inline_styles_or_scripts() -> None:
    for file in PAGE_DIR.iterdir():
        if file.suffix in (".html", ".css", ".js", ".json", ".svg") and file.name != "lychgate.js":
            text = file.read_text().replace("http://www.w3.org/2000/svg", "")
            assert "http://" not in text, file
            assert "https://" not in text, file
    markup = (PAGE_DIR / "index.html").read_text()
    assert " style=" not in markup
    assert "<style" not in markup
    assert " onclick" not in markup
