"""Inspect: a token, byte by byte."""

import tool
from browser import Browser
from plain_files import PlainFiles


def test_takes_a_real_token_apart_and_sends_nothing(browser: Browser, plain: PlainFiles) -> None:
    token = tool.mint(tool.new_keys(), "write", subject="somebody")
    browser.go(f"{plain.url}/#inspect")
    browser.find("#inspect-format")
    browser.await_text("#inspect-title", "Inspect")
    before = len(plain.paths)
    browser.write("#inspect-token", token.text)
    shown = browser.await_text("#inspect-result", "Well-formed, and the checksum is right")
    for said in ("write", "somebody", "checksum", "tag"):
        assert said in shown, shown
    letters = browser.run(
        "return [...document.querySelectorAll('.spelled span')].map((run) => [run.className, run.textContent])"
    )
    assert "".join(text for _, text in letters) == token.text
    assert [name for name, _ in letters] == [
        f"f-{field}"
        for field in ("prefix", "version", "role", "bearer", "key_id", "issued_at", "expires_at", "shard", "serial", "subject_length")
        + ("subject", "tag", "checksum")
    ]
    # The core may still have been on its way; nothing else was asked for, and the token by no means.
    asked = plain.paths[before:]
    assert all(path.endswith((".js", ".wasm")) for path in asked), asked


def test_says_what_is_wrong_with_a_changed_token(browser: Browser, plain: PlainFiles) -> None:
    browser.go(f"{plain.url}/#inspect")
    browser.press("Use an example")
    browser.await_text("#inspect-result", "the checksum is right")
    browser.press("Change one character")
    browser.await_text("#inspect-result", "token_invalid")
    browser.write("#inspect-token", "hello")
    browser.await_text("#inspect-result", "Not a token")
    browser.press("Clear")
    browser.find("#inspect-format")
    assert browser.text("#inspect-result") == ""
