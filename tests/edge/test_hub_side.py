"""The hub's side of signing in: the code that docs/sign-in.md shows, and the example origin's page."""

import json
import re
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

import secrets_used
import tool
from bare_ledger_gate import BareLedgerGate
from clients import Response, curl
from origin import Origin
from surroundings import REPOSITORY, bare_environment, program
from visitor import post

DOCUMENT = REPOSITORY / "docs/sign-in.md"

# Prints what the code of the document makes of the arguments on standard input.
CALL_FROM_NODE = """
import { readFileSync } from "node:fs";
const { key, key_id, gate, user } = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(signInAssertion(key, key_id, gate, user));
"""


def code(language: str) -> str:
    """The document's only code block in a language."""
    (block,) = re.findall(rf"^```{language}\n(.*?)^```$", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    return block


def by_python(key: str, key_id: int, gate: str, user: str, _folder: Path) -> str:
    names: dict = {}
    exec(compile(code("python"), str(DOCUMENT), "exec"), names)  # noqa: S102
    return names["sign_in_assertion"](key, key_id, gate, user)


def by_node(key: str, key_id: int, gate: str, user: str, folder: Path) -> str:
    script = folder / "sign-in-assertion.mjs"
    script.write_text(code("javascript") + CALL_FROM_NODE)
    said = json.dumps({"key": key, "key_id": key_id, "gate": gate, "user": user})
    run = subprocess.run(
        [program("node"), str(script)], input=said, capture_output=True, text=True, env=bare_environment(folder)
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.mark.parametrize("sign", [by_python, by_node])
def test_the_documents_code_signs_in(sign, ledger_gate: BareLedgerGate, keys: str, tmp_path: Path) -> None:
    derived = json.loads(tool.run_lychgate("--json", "keys", "derive", "sign-in", keys=keys))
    key = secrets_used.remember(derived["key"])

    def made(gate: str) -> str:
        return secrets_used.remember(sign(key, derived["key_id"], gate, "carol", tmp_path))

    assertion = made(ledger_gate.url)
    answer = post(ledger_gate, assertion)
    assert answer.status == 303, answer
    assert who(ledger_gate, answer) == "carol"
    # Each is good once, and the next one is another.
    assert post(ledger_gate, assertion).code == "sign_in_assertion_used"
    again = post(ledger_gate, made(ledger_gate.url))
    assert who(ledger_gate, again) == "carol"
    assert post(ledger_gate, made("https://other.example")).code == "sign_in_assertion_invalid"


def who(gate: BareLedgerGate, answer: Response) -> str:
    """The user whom a response signed in."""
    cookie = (answer.header("Set-Cookie") or "").split(";")[0]
    secrets_used.remember(cookie.partition("=")[2])
    session = json.loads(curl(f"{gate.url}/-/api/session", headers=[f"Cookie: {cookie}"]).body)
    secrets_used.remember(session["csrf"])
    return session["subject"]


class Page(HTMLParser):
    """A page's forms and scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.actions: list[str] = []
        self.fields: dict[str, str] = {}
        self.scripts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.actions.append(values["action"])
        elif tag == "input":
            self.fields[values["name"]] = values["value"]
        elif tag == "script":
            self.scripts.append(values["src"])


@pytest.fixture
def hub(ledger_gate: BareLedgerGate, keys: str, tmp_path: Path) -> Iterator[Origin]:
    """The example origin with its sign-in page for the gate."""
    key = tmp_path / "sign-in-key.json"
    key.write_text(tool.run_lychgate("--json", "keys", "derive", "sign-in", keys=keys))
    secrets_used.remember(json.loads(key.read_text())["key"])
    running = Origin(tmp_path / "hub", keys, ("--gate", ledger_gate.url, "--sign-in-key", str(key)))
    yield running
    running.stop()


def test_the_example_origin_signs_in_its_sample_users(hub: Origin, ledger_gate: BareLedgerGate) -> None:
    choice = curl(f"{hub.url}/sign-in")
    assert choice.status == 200, choice
    assert Page(choice.text).actions == ["/sign-in/alice", "/sign-in/bob", "/sign-in/carol"]
    for action in Page(choice.text).actions:
        own = [f"Origin: {hub.url}", "Sec-Fetch-Site: same-origin"]
        handed = curl(f"{hub.url}{action}", "--request", "POST", headers=own)
        assert (handed.status, handed.header("Cache-Control")) == (200, "no-store"), handed
        page = Page(handed.text)
        assertion = secrets_used.remember(page.fields["assertion"])
        assert page.actions == [f"{ledger_gate.url}/-/sign-in"]
        assert f"form-action 'self' {ledger_gate.url};" in (handed.header("Content-Security-Policy") or "")
        assert [curl(f"{hub.url}{script}").status for script in page.scripts] == [200]
        # As a browser posts a form of another origin's.
        answer = post(ledger_gate, assertion, "Origin: null", "Sec-Fetch-Site: same-site")
        assert who(ledger_gate, answer) == action.removeprefix("/sign-in/")


def test_the_example_origin_signs_in_nobody_else(hub: Origin, ledger_gate: BareLedgerGate, origin: Origin) -> None:
    for method, path, header, status in (
        ("POST", "/sign-in/mallory", "Accept: */*", 404),
        ("GET", "/sign-in/alice", "Accept: */*", 405),
        ("POST", "/sign-in", "Accept: */*", 405),
        ("POST", "/sign-in/alice", "Origin: https://evil.example", 403),
        ("POST", "/sign-in/alice", "Sec-Fetch-Site: cross-site", 403),
        # As the gate forwards what it takes for a path of the hub.
        ("POST", "/sign-in/alice", "X-Lychgate-Access: write", 403),
    ):
        answer = curl(f"{hub.url}{path}", "--request", method, headers=[header])
        assert answer.status == status, (path, header)
        assert "assertion" not in Page(answer.text).fields
    # Without the key it has no such page.
    assert curl(f"{origin.url}/sign-in").status == 403
