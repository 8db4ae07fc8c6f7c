"""One host for people: the page, sign-in and sessions are at PAGE_HOST, and the hub's host serves none of them."""

import json
from dataclasses import dataclass

import pytest

import secrets_used
from bare_ledger_gate import BareLedgerGate, NewBareLedgerGate
from clients import Response, curl, exchange
from visitor import HOST_ONLY, sign_in_assertion
from witness import Witness

PAGE, HUB = "tokens.hub.example", "hub.example"
OWN_TOKENS = "/-/api/subjects/alice/tokens"


@dataclass(frozen=True)
class SignedIn:
    """alice's session, at a gate that accepts any host name."""

    gate: BareLedgerGate
    cookie: str
    csrf: str

    def ask(self, host: str, path: str, *arguments: str, more: tuple[str, ...] = ()) -> Response:
        """As her browser asks at that host, if it sent her cookie there."""
        headers = [f"Host: {host}", f"Cookie: {self.cookie}", f"X-Lychgate-CSRF: {self.csrf}", *more]
        return curl(f"{self.gate.url}{path}", *arguments, headers=headers)

    def create(self, host: str, name: str, *more: str) -> Response:
        return self.ask(host, OWN_TOKENS, "--json", json.dumps({"name": name, "role": "write"}), more=more)


@pytest.fixture
def signed_in(new_ledger_gate: NewBareLedgerGate, hub_key: bytes) -> SignedIn:
    gate = new_ledger_gate(PAGE_HOST=PAGE, HUB_HOST=HUB)
    gate.await_lists()
    answer = curl(
        f"{gate.url}/-/sign-in",
        *("--data-raw", "assertion=" + sign_in_assertion(hub_key, f"http://{PAGE}")),
        headers=[f"Host: {PAGE}"],
    )
    assert answer.status == 303, answer
    cookie = (answer.header("Set-Cookie") or "").split(";")[0]
    secrets_used.remember(cookie.removeprefix(f"{HOST_ONLY}="))
    session = curl(f"{gate.url}/-/api/session", headers=[f"Host: {PAGE}", f"Cookie: {cookie}"])
    return SignedIn(gate, cookie, secrets_used.remember(json.loads(session.body)["csrf"]))


def test_a_session_counts_at_the_pages_host_alone(signed_in: SignedIn, hub_key: bytes) -> None:
    made = signed_in.create(PAGE, "laptop")
    assert made.status == 201
    secrets_used.remember(json.loads(made.body)["token"])
    # What a script on the hub's host can do, with the cookie that a careless browser or proxy adds there.
    own = (f"Origin: http://{HUB}", "Sec-Fetch-Site: same-origin")
    assert signed_in.create(f"{HUB}:8443", "stolen", *own).code == "target_ambiguous"
    # A name that is neither host's reaches nothing at all.
    for host in (f"{PAGE}.evil.example", f"www.{HUB}"):
        for path in (OWN_TOKENS, "/-/api/session", "/acme/widget/resolve/main/x"):
            refused = signed_in.ask(host, path)
            assert (refused.status, refused.code) == (400, "target_ambiguous"), (host, path)
    for host in (HUB, "127.0.0.1", "localhost"):
        refused = signed_in.create(host, "stolen", *own)
        assert (refused.status, refused.code) == (401, "admin_required"), host
        assert signed_in.ask(host, OWN_TOKENS, more=own).code == "admin_required", host
        for path, arguments in (("/-/api/session", ()), ("/-/sign-out", ("--request", "POST"))):
            refused = signed_in.ask(host, path, *arguments, more=own)
            assert (refused.status, refused.code) == (403, "page_host_required"), (host, path)
            assert refused.header("Set-Cookie") is None
        assertion = "assertion=" + sign_in_assertion(hub_key, f"http://{host}")
        refused = signed_in.ask(host, "/-/sign-in", "--data-raw", assertion)
        assert (refused.status, refused.code) == (403, "page_host_required"), host
    assert list(signed_in.gate.api.tokens("alice")) == [json.loads(made.body)["id"]]


def test_a_script_of_the_hubs_host_is_no_page_of_the_gates(signed_in: SignedIn) -> None:
    """Both hosts are one site, so a browser sends the cookie to either."""
    for more in (
        (f"Origin: http://{HUB}", "Sec-Fetch-Site: same-site"),
        (f"Origin: http://{HUB}",),
        ("Sec-Fetch-Site: same-site",),
        (f"Origin: http://{PAGE}:8443", "Sec-Fetch-Site: same-site"),
    ):
        assert signed_in.create(PAGE, "stolen", *more).code == "cross_site", more
        facts = signed_in.ask(PAGE, "/-/api/session", more=more)
        assert (facts.code, facts.header("Access-Control-Allow-Origin")) in (
            ("cross_site", None),
            ("cross_site", "*"),
        ), more
    assert signed_in.gate.api.tokens("alice") == {}


@pytest.mark.parametrize(
    ("host", "code"),
    [
        (PAGE, "path_reserved"),
        (PAGE.upper(), "path_reserved"),
        (f"{PAGE}:80", "path_reserved"),
        (f"{PAGE}.", "target_ambiguous"),
        (f"{PAGE}:8443", "target_ambiguous"),
        (f"{PAGE}.:443", "target_ambiguous"),
    ],
)
def test_the_pages_host_serves_nothing_of_the_origin_in_any_spelling(
    signed_in: SignedIn, witness: Witness, host: str, code: str
) -> None:
    token = signed_in.gate.create("alice", "write")
    before = len(witness.seen)
    for path, arguments in (
        ("/acme/widget/resolve/main/evil.html", ()),
        ("/api/whoami-v2", ()),
        ("/acme/widget/git-receive-pack", ("--request", "POST")),
        ("/anything", ("--request", "OPTIONS")),
        ("/", ("--request", "POST")),
        ("/-/../acme/widget", ()),
    ):
        answer = curl(f"{signed_in.gate.url}{path}", *arguments, token=token, headers=[f"Host: {host}"])
        assert answer.code == code, (path, answer)
    assert witness.seen[before:] == []


def test_a_host_is_what_the_browser_asked_for_and_nothing_else(signed_in: SignedIn, witness: Witness) -> None:
    for more in (
        (f"X-Forwarded-Host: {PAGE}",),
        (f"Forwarded: host={PAGE}",),
        (f"X-Host: {PAGE}", f"X-Original-Host: {PAGE}"),
        ("X-Forwarded-Host: localhost",),
    ):
        assert signed_in.ask(HUB, "/-/api/session", more=more).code == "page_host_required", more
        assert signed_in.ask(PAGE, "/-/api/session", more=(f"X-Forwarded-Host: {HUB}",)).status == 200
    # The target of a request may name a host too. No browser sends that, and the gate goes by the header.
    lines = [f"GET http://{PAGE}/-/api/session HTTP/1.1", f"Host: {HUB}", f"Cookie: {signed_in.cookie}"]
    received = exchange(signed_in.gate.host, "\r\n".join([*lines, "Connection: close", "", ""]).encode())
    assert b"page_host_required" in received
    before = len(witness.seen)
    token = signed_in.gate.create("alice", "read")
    lines = [f"GET http://{HUB}/acme/widget HTTP/1.1", f"Host: {PAGE}", f"Authorization: Bearer {token}"]
    received = exchange(signed_in.gate.host, "\r\n".join([*lines, "Connection: close", "", ""]).encode())
    assert b"path_reserved" in received
    assert witness.seen[before:] == []


def test_the_hubs_host_leads_to_the_page(signed_in: SignedIn) -> None:
    for host, path, location in (
        (HUB, "/-/", f"http://{PAGE}/-/"),
        (f"{HUB}:80", "/-/?x=1", f"http://{PAGE}/-/"),
        (PAGE, "/", f"http://{PAGE}/-/"),
    ):
        led = curl(f"{signed_in.gate.url}{path}", headers=[f"Host: {host}"])
        assert (led.status, led.header("Location")) == (302, location), (host, path)
        assert led.header("Cache-Control") == "no-store"
    for path in ("/-/app.js", "/-/index.html", "/-/lychgate_bg.wasm"):
        assert curl(f"{signed_in.gate.url}{path}", headers=[f"Host: {HUB}"]).code == "path_reserved"
    for host in (HUB, PAGE):
        told = curl(f"{signed_in.gate.url}/-/api/hub", headers=[f"Host: {host}"])
        assert json.loads(told.body) == {"url": f"http://{HUB}"}


def test_the_page_may_read_what_the_hubs_host_answers_to_its_own_tokens(signed_in: SignedIn) -> None:
    token = signed_in.gate.create("alice", "read")
    url = f"{signed_in.gate.url}/api/whoami-v2"
    for origin, allowed in ((f"http://{PAGE}", f"http://{PAGE}"), ("http://evil.example", None), (f"http://{PAGE}:81", None)):
        answer = curl(url, token=token, headers=[f"Host: {HUB}", f"Origin: {origin}"])
        assert (answer.status, answer.header("Access-Control-Allow-Origin")) == (200, allowed), origin
    refused = curl(url, headers=[f"Host: {HUB}", f"Origin: http://{PAGE}"])
    assert (refused.status, refused.header("Access-Control-Allow-Origin")) == (401, f"http://{PAGE}")


def test_without_a_page_host_nobody_signs_in_but_on_this_machine(ledger_gate: BareLedgerGate, hub_key: bytes) -> None:
    for host, status in ((HUB, 403), ("127.0.0.1", 303)):
        assertion = "assertion=" + sign_in_assertion(hub_key, f"http://{host}")
        answer = curl(f"{ledger_gate.url}/-/sign-in", "--data-raw", assertion, headers=[f"Host: {host}"])
        assert answer.status == status, answer
        if status == 303:
            secrets_used.remember((answer.header("Set-Cookie") or "").split(";")[0].partition("=")[2])
        else:
            assert answer.code == "page_host_required"
    for path in ("/-/", "/-/app.js"):
        assert curl(f"{ledger_gate.url}{path}", headers=[f"Host: {HUB}"]).code == "path_reserved"
