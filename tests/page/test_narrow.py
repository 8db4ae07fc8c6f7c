"""Narrow: a narrower token out of a given one, made in the page."""

import json
import shlex
import subprocess

import pytest
from selenium.webdriver.common.keys import Keys

import secrets_used
import tool
from browser import Browser
from plain_files import PlainFiles
from surroundings import LYCHGATE_BIN, bare_environment
from waiting import wait_for

RESULT = "#narrow-result"


@pytest.fixture
def narrow(browser: Browser, plain: PlainFiles) -> Browser:
    browser.go(f"{plain.url}/#narrow")
    browser.find("#narrow-limits summary")
    # The core is there once it makes an example.
    browser.press("Use an example")
    wait_for(lambda: browser.find("#narrow-token").get_property("value").startswith("hub_"), 15, "an example")
    return browser


def submit(browser: Browser) -> str:
    browser.press("Make it narrower")
    browser.await_text(RESULT, "The narrower token")
    return secrets_used.remember(browser.text("#narrowed-token"))


def restrictions_of(token: str) -> list[str]:
    """As text, in order, such as `areas=git`."""
    fields = json.loads(tool.run_lychgate("--json", "inspect", stdin=token))["fields"]
    return [field["meaning"] for field in fields if field["name"] == "restriction"]


def test_makes_the_token_that_the_command_line_makes_and_sends_nothing(narrow: Browser, plain: PlainFiles) -> None:
    token = tool.mint(tool.new_keys(), "write", subject="somebody")
    before = len(plain.paths)
    narrow.write("#narrow-token", token.text)
    narrow.choose("narrow-role", "read")
    narrow.choose("narrow-repositories", "some")
    # One is added with the button, one with Enter, and one is left in the field.
    narrow.write("#narrow-repository", "acme/widget")
    narrow.press("Add repository")
    narrow.write("#narrow-repository", "http://hub.example/datasets/acme/corpus.git")
    narrow.press_keys(Keys.ENTER)
    narrow.write("#narrow-repository", "other/*")
    narrow.choose("narrow-purpose", "some")
    narrow.click("[name=narrow-areas][value=git]")
    narrow.click("[name=narrow-areas][value=files]")
    narrow.click("#narrow-limits summary")
    narrow.write("#narrow-network", "203.0.113.0/24, 2001:db8::/32")
    narrow.write("#narrow-request", "GET /{namespace}/{repo}/{*rest}")
    narrowed = submit(narrow)
    assert narrow.focused_id() == "narrowed-title"
    shown = narrow.text(RESULT)
    for text in ("reading", "acme/widget, datasets/acme/corpus, and other/*", "the areas git and files", "5 of 8 limits", f"id {token.id}"):
        assert text in shown, shown
    assert plain.paths[before:] == []
    # The page shows the command that makes the same token, and that command does.
    narrow.press("Command line")
    command = narrow.find(f"{RESULT} pre").text
    assert run(command, token.text) == narrowed


def run(command: str, token: str) -> str:
    line = command.replace("lychgate ", f"{shlex.quote(str(LYCHGATE_BIN))} ").replace(" < token.txt", "")
    ran = subprocess.run(["bash", "-c", line], input=token, capture_output=True, text=True, env=bare_environment(LYCHGATE_BIN.parent))
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def test_a_narrower_token_can_be_narrowed_again_and_lasts_as_long_as_was_chosen(narrow: Browser) -> None:
    narrow.choose("narrow-role", "read")
    narrow.write("#narrow-token", submit(narrow))
    narrow.choose("narrow-lifetime", "15m")
    narrowed = submit(narrow)
    role, again, expiry = restrictions_of(narrowed)
    assert role == again == "role=read"
    now = narrow.run("return Date.now() / 1000")
    assert 14 * 60 < int(expiry.removeprefix("expires=").partition(",")[0]) - now <= 15 * 60
    assert "the time until" in narrow.text(RESULT)
    narrow.press("Command line")
    assert "--role read --expires-in 15m" in narrow.text(RESULT)
    # Inspect takes it over.
    narrow.press("Inspect it")
    assert "the time until" in narrow.await_text("#inspect-result", "Beyond its role, it is limited to")
    assert narrow.find("#inspect-token").get_property("value") == narrowed


def test_gives_ready_lines_for_a_shell_and_for_ci(narrow: Browser, plain: PlainFiles) -> None:
    narrow.choose("narrow-role", "read")
    token = submit(narrow)
    assert narrow.find(f"{RESULT} pre").text == f"export HF_ENDPOINT={plain.url}\nexport HF_TOKEN={token}\nexport HF_HUB_DISABLE_XET=1"
    narrow.press("CI")
    shown = narrow.find(f"{RESULT} pre").text
    assert "HF_TOKEN: ${{ secrets.HF_TOKEN }}" in shown
    # The token itself is not for a file that is shared.
    assert token not in shown


def test_says_what_is_wrong_and_never_makes_a_token_that_is_not_narrower(narrow: Browser) -> None:
    narrow.press("Make it narrower")
    narrow.await_text(RESULT, "Choose at least one limit")
    # What is half filled in counts as wrong rather than as no limit; the browser says so at the field.
    narrow.choose("narrow-repositories", "some")
    narrow.press("Make it narrower")
    assert narrow.focused() == "Repository"
    assert narrow.run("return document.activeElement.validationMessage") == "Add a repository, or choose all."
    assert narrow.seen("#narrowed-token") is None
    narrow.write("#narrow-repository", "no repository")
    narrow.press("Make it narrower")
    narrow.await_text(RESULT, "repositories are namespace/name")
    narrow.write("#narrow-repository", "acme/widget")
    narrow.choose("narrow-purpose", "some")
    narrow.press("Make it narrower")
    assert narrow.run("return document.activeElement.validationMessage") == "Choose an area, or everything."
    narrow.write("#narrow-area", "Wrong!")
    narrow.press("Make it narrower")
    narrow.await_text(RESULT, "areas are words")
    narrow.choose("narrow-purpose", "all")
    narrow.write("#narrow-token", "hub_abc")
    narrow.press("Make it narrower")
    narrow.await_text(RESULT, "The token cannot be narrowed: the length is wrong")


def test_an_entry_can_be_removed_by_keyboard(narrow: Browser) -> None:
    narrow.choose("narrow-repositories", "some")
    narrow.find("#narrow-repository").send_keys("acme/widget acme/gadget", Keys.ENTER)
    narrow.button("Remove acme/widget").send_keys(Keys.ENTER)
    assert narrow.focused() == "Repository"
    assert restrictions_of(submit(narrow)) == ["repositories=acme/gadget"]


def test_works_with_the_keyboard_alone(browser: Browser, plain: PlainFiles) -> None:
    browser.go(f"{plain.url}/#narrow")
    browser.find("#narrow-limits summary")
    browser.button("Use an example").send_keys(Keys.ENTER)
    wait_for(lambda: browser.find("#narrow-token").get_property("value"), 15, "an example")

    def tab() -> str:
        browser.press_keys(Keys.TAB)
        return browser.focused()

    assert tab() == "As before"
    browser.press_keys(Keys.ARROW_RIGHT)
    assert browser.focused() == "Only read"
    assert tab() == "As before"
    assert tab() == "All that you may use"
    browser.press_keys(Keys.ARROW_RIGHT)
    assert [tab(), browser.press_keys("acme/widget", Keys.ENTER), browser.focused()] == ["Repository", None, "Repository"]
    assert [tab(), tab(), tab()] == ["Add repository", "Remove acme/widget", "Everything that its role allows"]
    browser.press_keys(Keys.ARROW_RIGHT)
    assert tab().startswith("git")
    browser.press_keys(Keys.SPACE)
    browser.press_keys(Keys.ENTER)
    browser.await_text(RESULT, "the repository acme/widget")
    assert restrictions_of(browser.text("#narrowed-token")) == ["role=read", "repositories=acme/widget", "areas=git"]
    assert browser.focused_id() == "narrowed-title"
    assert tab() == "Copy the narrower token"
