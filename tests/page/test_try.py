"""Try: a whole gate in the page."""

import json

import pytest

import secrets_used
import tool
from browser import Browser
from plain_files import PlainFiles
from waiting import wait_for

STEPS = "#journey-steps"


@pytest.fixture
def demo(browser: Browser, plain: PlainFiles) -> Browser:
    browser.prefer(motion="reduce")
    browser.go(f"{plain.url}/#try")
    wait_for(lambda: browser.find("#try-token").get_property("value").startswith("hub_"), 15, "a token to be minted")
    return browser


def narrow(browser: Browser, limit: str) -> None:
    browser.select("#try-limit", limit)
    browser.press("Narrow it")
    browser.await_text("#try-changed", limit)


def at(browser: Browser) -> tuple[str, str]:
    return tuple(browser.run("const {at, end} = document.getElementById('journey').dataset; return [at, end]"))


def test_a_token_takes_a_request_to_the_origin(demo: Browser) -> None:
    demo.press("Send")
    assert "X-Lychgate-Subject: alice" in demo.await_text(STEPS, "Origin.")
    assert at(demo) == ("origin", "pass")


def test_one_changed_character_is_refused_at_the_gate(demo: Browser) -> None:
    demo.press("Change one character")
    assert "was “" in demo.text("#try-changed")
    demo.press("Send")
    demo.await_text(STEPS, "Refused: 401 token_invalid.")
    assert at(demo) == ("gate", "stop")
    demo.press("Restore")
    demo.press("Send")
    demo.await_text(STEPS, "Origin.")


@pytest.mark.parametrize(
    ("what", "code", "place"),
    [
        ("#try-revoked", "401 token_revoked", "list"),
        ("#try-expired", "401 token_expired", "gate"),
        ("[name=try-request][value=push]", "403 role_insufficient", "gate"),
    ],
)
def test_every_other_reason_stops_it(demo: Browser, what: str, code: str, place: str) -> None:
    demo.click(what)
    demo.press("Send")
    demo.await_text(STEPS, f"Refused: {code}.")
    assert at(demo) == (place, "stop")


def test_a_narrowed_token_is_refused_beyond_its_limits(demo: Browser) -> None:
    demo.select("#try-role", "write")
    narrow(demo, "repositories=acme/widget")
    demo.press("Send")
    assert "All hold: repositories=acme/widget." in demo.await_text(STEPS, "Origin.")
    narrow(demo, "role=read")
    demo.press("Send")
    # It reads still, and the origin learns no more than that.
    assert "-Role: read" in demo.await_text(STEPS, "All hold: repositories=acme/widget, role=read.")
    demo.choose("try-request", "push")
    demo.press("Send")
    assert "limited to the role read" in demo.await_text(STEPS, "Refused: 403 restriction_insufficient.")
    assert at(demo) == ("gate", "stop")
    demo.choose("try-request", "clone")
    narrow(demo, "repositories=acme/gadget")
    demo.press("Send")
    assert "the request is for acme/widget" in demo.await_text(STEPS, "Refused: 403 restriction_insufficient.")
    # As minted, it may do everything again; the list stops it and all that were made of it.
    demo.press("Restore")
    assert "As minted" in demo.text("#try-changed")
    narrow(demo, "role=read")
    demo.click("#try-revoked")
    demo.press("Send")
    demo.await_text(STEPS, "Refused: 401 token_revoked.")


def test_a_limit_cannot_be_cut_off(demo: Browser) -> None:
    assert not demo.find("#try-widen").is_enabled()
    narrow(demo, "repositories=acme/widget")
    narrow(demo, "repositories=acme/gadget")
    demo.press("Cut a limit off")
    assert "Shorter than" in demo.text("#try-changed")
    widened = demo.find("#try-token").get_property("value")
    fields = json.loads(tool.run_lychgate("--json", "inspect", stdin=secrets_used.remember(widened)))["fields"]
    assert [field["meaning"] for field in fields if field["name"] == "restriction"] == ["repositories=acme/widget"]
    # The checksum is right, so it is the tag that the gate refuses.
    assert fields[-1]["meaning"] == "right"
    demo.press("Send")
    demo.await_text(STEPS, "Refused: 401 token_invalid.")


def test_a_token_has_at_most_eight_restrictions(demo: Browser) -> None:
    for _ in range(8):
        narrow(demo, "role=read")
    demo.press("Narrow it")
    demo.await_text("#try-narrow-error", "a token has at most 8 restrictions")


def test_plays_step_by_step_unless_reduced_motion_is_preferred(demo: Browser) -> None:
    demo.prefer(motion="no-preference")
    demo.press("Send")
    assert at(demo) == ("client", "")
    wait_for(lambda: at(demo) == ("origin", "pass"), 15, "the request to arrive by itself")
    demo.press("Back")
    assert at(demo) == ("gate", "")
    demo.press("Next step")
    assert at(demo) == ("origin", "pass")


def test_says_why_a_token_cannot_be_minted(demo: Browser) -> None:
    demo.write("#try-subject", "a b")
    demo.press("Mint")
    demo.await_text("#try-mint-error", "a subject is 1 to 64 of")
