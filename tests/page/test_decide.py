"""Decide: why the gate forwards or refuses a request."""

import json

import pytest

import tool
from browser import Browser
from plain_files import PAGE_DIR, PlainFiles
from surroundings import LYCHGATE_BIN
from tool import run_lychgate
from waiting import wait_for

RESULT = "#decide-result"


@pytest.fixture
def decide(browser: Browser, plain: PlainFiles) -> Browser:
    browser.go(f"{plain.url}/#decide")
    browser.await_text(RESULT, "role_insufficient")
    return browser


def test_reasons_step_by_step_and_shows_five_answers(decide: Browser) -> None:
    steps = decide.text(f"{RESULT} .steps")
    assert "Role read does not cover write" in steps
    shown = {}
    for client in ("git", "git-lfs", "Hub client", "Browser", "curl"):
        decide.press(client)
        shown[client] = decide.find(f"{RESULT} [role=tabpanel]:not([hidden])").text
    assert "Content-Type: text/plain" in shown["git"]
    assert "application/vnd.git-lfs+json" in shown["git-lfs"]
    assert "X-Error-Message" in shown["Hub client"]
    assert "<!doctype html>" in shown["Browser"]
    assert "application/problem+json" in shown["curl"]
    assert len(set(shown.values())) == 5


def test_role_and_membership_change_the_decision(decide: Browser) -> None:
    decide.select("#decide-role", "write")
    decide.await_text(RESULT, "It goes on to the origin")
    assert "X-Lychgate-Role" in decide.text(RESULT)
    for membership, word in [("none", "membership_insufficient"), ("admin", "It goes on"), ("owner", "It goes on")]:
        decide.select("#decide-membership", membership)
        decide.await_text(RESULT, word)
    decide.select("#decide-role", "")
    decide.await_text(RESULT, "token_required")


def test_takes_a_restricted_token_and_says_which_restriction_does_not_hold(decide: Browser) -> None:
    token = tool.mint(tool.new_keys(), "write", subject="somebody")
    narrowed = tool.narrowed(token, "--repo", "acme/widget", "--network", "203.0.113.0/24")
    decide.click("#decide-limits summary")
    decide.write("#decide-token", narrowed)
    decide.await_text(RESULT, "This token is limited to the networks 203.0.113.0/24")
    assert decide.find("#decide-role").get_property("value") == "write"
    assert decide.find("#decide-restrictions").get_property("value") == "repositories=acme/widget\nnetworks=203.0.113.0/24"
    decide.write("#decide-address", "203.0.113.7")
    shown = decide.await_text(RESULT, "It goes on to the origin")
    assert "all hold: repositories=acme/widget networks=203.0.113.0/24" in shown
    decide.write("#decide-target", "/acme/other/info/refs?service=git-receive-pack")
    shown = decide.await_text(RESULT, "Refused: 403 restriction_insufficient")
    assert "This token is limited to the repositories acme/widget; the request is for acme/other." in shown
    decide.write("#decide-restrictions", "repositories=")
    decide.await_text(RESULT, "repositories are namespace/name")
    decide.write("#decide-token", "hub_abc")
    decide.await_text("#decide-token-error", "This is not a token")


def test_every_request_of_the_gallery_has_the_expected_outcome(decide: Browser) -> None:
    gallery = json.loads((PAGE_DIR / "gallery.json").read_text())["requests"]
    refused = {"git-lfs upload, with a read token", "Another repository, limited to one"}
    for request in gallery:
        decide.click(_picked(decide, request["name"]))
        wanted = "Refused: 403" if request["name"] in refused else "It goes on to the origin"
        decide.await_text(RESULT, wanted)


def test_every_attack_of_the_gallery_is_stopped_and_explained(decide: Browser) -> None:
    gallery = json.loads((PAGE_DIR / "gallery.json").read_text())["attacks"]
    assert len(gallery) > 8
    for attack in gallery:
        decide.click(_picked(decide, attack["name"]))
        assert attack["why"] in decide.await_text(RESULT, "Refused: ")
        assert decide.run("return document.querySelectorAll('.steps .stop').length") == 1


def test_says_what_the_command_line_says(decide: Browser) -> None:
    """One core: the page and the command line say the same about a target."""
    assert LYCHGATE_BIN.is_file()
    for method, target in [("GET", "/acme/widget/raw/main/a%2Fb"), ("DELETE", "/api/repos/delete")]:
        explained = json.loads(run_lychgate("--json", "explain", method, target))
        decide.write("#decide-method", method)
        decide.write("#decide-target", target)
        decide.await_text(RESULT, explained["target"])
        wait_for(lambda: f"Class {explained['access']}" in decide.text(RESULT), 5, explained["access"])


def _picked(browser: Browser, name: str):
    for button in browser.driver.find_elements("css selector", ".picks button"):
        if button.text.split("\n")[0] == name:
            return button
    raise AssertionError(f"the gallery has no {name}")
