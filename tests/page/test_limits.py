"""Restricted tokens: created on the page, shown in the list, and used."""

import re

from selenium.webdriver.common.keys import Keys

from browser import THEMES
from clients import curl
from people import Visitor
from surroundings import REPOSITORY
from test_quality import look

OTHER = "/acme/other/resolve/main/README.md"
WIDGET = "/acme/widget/resolve/main/README.md"


def limit(visitor: Visitor, *repositories: str) -> None:
    visitor.browser.choose("token-repositories", "some")
    for repository in repositories:
        visitor.browser.write("#token-repository", repository)
        visitor.browser.press("Add repository")


def create(visitor: Visitor, name: str) -> str:
    visitor.browser.press("Create token")
    visitor.browser.await_text("#once-title", f"“{name}” is ready")
    return visitor.token_shown()


def test_a_token_for_one_repository_reaches_no_other(visitor: Visitor) -> None:
    visitor.fill_form("ci")
    limit(visitor, "acme/widget")
    token = create(visitor, "ci")
    assert "It is limited to the repository acme/widget." in visitor.browser.text(".once")
    (record,) = visitor.gate.tokens(visitor.subject)
    assert record["restrictions"] == [{"repositories": ["acme/widget"]}]
    visitor.gate.await_code(token, None)
    assert curl(f"{visitor.gate.url}{WIDGET}", token=token).code is None
    assert curl(f"{visitor.gate.url}{OTHER}", token=token).code == "restriction_insufficient"
    assert "acme/widget" in visitor.rows()["ci"]
    # Live says why, in the gate's own words.
    visitor.browser.press("I have copied it")
    visitor.browser.press("Live")
    visitor.browser.write("#live-token", token)
    visitor.browser.write("#live-target", OTHER)
    visitor.browser.press("Send")
    shown = visitor.browser.await_text("#live-result", "The gate refused it: restriction_insufficient")
    assert "nobody can widen it" in shown
    assert "The gate says: “This token is limited to the repositories acme/widget; the request is for acme/other." in shown


def test_every_kind_of_limit_reaches_the_token_and_the_list(visitor: Visitor) -> None:
    browser = visitor.browser
    visitor.fill_form("job", "write")
    limit(visitor, "datasets/acme/corpus", "acme/widget")
    browser.choose("token-purpose", "some")
    browser.click("[name=token-areas][value=git]")
    browser.click("[name=token-areas][value=inference]")
    browser.write("#token-area", "training")
    browser.click(".create summary")
    browser.write("#token-network", "203.0.113.0/24")
    browser.write("#token-request", "POST,GET /v1/{*rest}")
    create(visitor, "job")
    # The ready line for git is about a repository that the token reaches.
    assert browser.find(".once pre").text.endswith("/datasets/acme/corpus")
    (record,) = visitor.gate.tokens(visitor.subject)
    assert record["restrictions"] == [
        {"repositories": ["datasets/acme/corpus", "acme/widget"]},
        {"areas": ["git", "inference", "training"]},
        {"networks": ["203.0.113.0/24"]},
        {"requests": ["POST,GET /v1/{*rest}"]},
    ]
    row = visitor.rows()["job"]
    for text in ("datasets/acme/corpus and 1 more", "git and 2 more", "from 203.0.113.0/24", "POST,GET /v1/{*rest}"):
        assert text in row, row
    # What does not fit into a few words unfolds.
    browser.click(".limits summary")
    assert "the repositories datasets/acme/corpus and acme/widget" in visitor.rows()["job"]
    # A refresh keeps all of it, and says so.
    browser.press("Refresh job")
    browser.await_text("dialog", "It has the same limits.")
    browser.press("Refresh")
    browser.await_text("#once-title", "“job” is refreshed")
    assert "the areas git, inference, and training" in browser.text(".once")
    assert visitor.gate.tokens(visitor.subject, "live")[0]["restrictions"] == record["restrictions"]


def test_offers_the_repositories_of_earlier_tokens(visitor: Visitor) -> None:
    visitor.gate.create(visitor.subject, "first", restrictions=[{"repositories": ["acme/widget", "acme/*"]}])
    visitor.gate.create(visitor.subject, "second", restrictions=[{"areas": ["git"]}, {"repositories": ["acme/widget"]}])
    visitor.browser.driver.refresh()
    visitor.browser.await_text("#tokens-body", "second")
    visitor.browser.press("New token")
    visitor.browser.find("#token-name")
    offered = "return [...document.getElementById('token-repository').list.options].map(({value}) => value)"
    assert visitor.browser.run(offered) == ["acme/widget", "acme/*"]


def test_limits_that_no_token_can_have_are_explained_and_the_form_stays(visitor: Visitor) -> None:
    browser = visitor.browser
    visitor.fill_form("ci", "write", "7")
    # A choice that is not filled in must not become a token without that limit.
    browser.choose("token-repositories", "some")
    browser.press("Create token")
    assert browser.focused() == "Repository"
    assert browser.run("return document.activeElement.validationMessage") == "Add a repository, or choose all."
    browser.choose("token-purpose", "some")
    limit(visitor, "widget")
    browser.press("Create token")
    assert browser.run("return document.activeElement.validationMessage") == "Choose an area, or everything."
    browser.click("[name=token-areas][value=git]")
    browser.press("Create token")
    browser.await_text("#limit-error", "namespace/name")
    assert visitor.gate.tokens(visitor.subject) == []
    browser.press("Remove widget")
    assert browser.text("#limit-error") == ""
    limit(visitor, *(f"acme/a-rather-long-name-of-a-repository-{number}" for number in range(12)))
    browser.press("Create token")
    browser.await_text("#limit-error", "255 characters")
    # Back to all: what was entered below counts no more.
    browser.choose("token-repositories", "all")
    create(visitor, "ci")
    assert visitor.gate.tokens(visitor.subject)[0]["restrictions"] == [{"areas": ["git"]}]


def test_works_with_the_keyboard_alone_on_a_narrow_screen(visitor: Visitor) -> None:
    browser = visitor.browser
    browser.resize(360)
    browser.await_text("#tokens-body", "No tokens yet")
    browser.button("New token").send_keys(Keys.ENTER)
    browser.find("#token-name")
    browser.press_keys("ci")

    def tab() -> str:
        browser.press_keys(Keys.TAB)
        return browser.focused()

    assert tab().startswith("Read")
    assert tab() == "All that you may use"
    browser.press_keys(Keys.ARROW_RIGHT)
    assert tab() == "Repository"
    browser.press_keys("acme/widget", Keys.ENTER)
    assert [tab(), tab(), tab()] == ["Add repository", "Remove acme/widget", "Everything that its role allows"]
    browser.press_keys(Keys.ARROW_RIGHT)
    assert tab().startswith("git")
    browser.press_keys(Keys.SPACE)
    browser.press_keys(Keys.ENTER)
    browser.await_text("#once-title", "“ci” is ready")
    (record,) = visitor.gate.tokens(visitor.subject)
    assert record["restrictions"] == [{"repositories": ["acme/widget"]}, {"areas": ["git"]}]
    assert browser.focused_id() == "once-title"


def test_looks_right_in_every_width_and_theme(visitor: Visitor) -> None:
    browser = visitor.browser
    for name, restrictions in [
        ("laptop", []),
        ("ci", [{"repositories": ["acme/widget"]}, {"areas": ["git"]}]),
        ("chat", [{"areas": ["inference"]}, {"networks": ["203.0.113.0/24", "2001:db8::/32"]}, {"requests": ["POST /v1/chat/completions"]}]),
    ]:
        visitor.gate.create(visitor.subject, name, expires_in=864_000, restrictions=restrictions)
    browser.driver.refresh()
    browser.await_text("#tokens-body", "chat")
    for theme in THEMES:
        browser.prefer(theme, motion="reduce")
        look(browser, f"limits-list-{theme}")
    browser.click(".limits summary")
    look(browser, "limits-list-unfolded")
    browser.press("New token")
    browser.write("#token-name", "job")
    limit(visitor, "acme/widget", "datasets/acme/corpus")
    browser.choose("token-purpose", "some")
    browser.click(".create summary")
    for theme in THEMES:
        browser.prefer(theme, motion="reduce")
        look(browser, f"limits-create-{theme}")


def test_offers_the_areas_of_the_included_route_table() -> None:
    """All but `whoami`, which is open to every token."""
    table = (REPOSITORY / "src/routes/hub.routes").read_text()
    lines = re.findall(r"^area +(\S+)$", table, re.MULTILINE)
    areas = {area for line in lines for area in line.split(",")} - {"-", "whoami"}
    script = (REPOSITORY / "www/restriction-fields.js").read_text()
    offered = re.findall(r'^  \["([a-z]+)", "', script.partition("const AREAS")[2].partition("];")[0], re.MULTILINE)
    assert sorted(offered) == sorted(areas)
