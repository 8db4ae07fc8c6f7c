"""Inspect: a token byte by byte."""

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
    # At most the core was still loading. Nothing else was requested, and the token was sent nowhere.
    requested = plain.paths[before:]
    assert all(path.endswith((".js", ".wasm")) for path in requested), requested


def test_shows_each_restriction_and_its_bytes(browser: Browser, plain: PlainFiles) -> None:
    token = tool.mint(tool.new_keys(), "write", subject="somebody")
    narrowed = tool.narrowed(token, "--role", "read", "--repo", "acme/widget", "--area", "git")
    browser.go(f"{plain.url}/#inspect")
    browser.write("#inspect-token", narrowed)
    shown = browser.await_text("#inspect-result", "Beyond its role, it is limited to")
    for text in ("reading", "the repository acme/widget", "the area git"):
        assert text in shown, shown
    rows = browser.run(
        "return [...document.querySelectorAll('.fields tbody tr')].map((row) =>"
        " [row.cells[0].textContent, [...row.querySelectorAll('.bytes span')].map((byte) => byte.textContent).join(''), row.cells[2].firstChild.textContent])"
    )
    assert [row[1:] for row in rows if row[0] == "restriction"] == [
        ["010101", "role=read"],
        ["030b" + b"acme/widget".hex(), "repositories=acme/widget"],
        ["0403" + b"git".hex(), "areas=git"],
    ]
    # Neighbours differ in shade, in the text as well as in the table.
    shades = browser.run("return [...document.querySelectorAll('.spelled span')].map((run) => run.className)")
    assert [shade for shade in shades if "restriction" in shade] == ["f-restriction", "f-restriction f-even", "f-restriction"]


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
