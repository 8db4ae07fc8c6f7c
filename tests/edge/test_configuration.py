"""A gate whose configuration is incomplete: it refuses every request, and its log names what is wrong.

All variants run in one wrangler dev, behind a Worker that passes a request to the variant it names.
"""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import secrets_used
import tool
import words
from bare_ledger_gate import NewBareLedgerGate
from clients import curl
from conftest import Tokens
from gate import Gate, WranglerDev, write_plain_worker, write_worker
from test_answers import CLIENTS, assert_answer, assert_body
from witness import Witness

# Stands in every value that is wrong; no log may repeat it.
VALUE = secrets_used.marker("value")


@dataclass(frozen=True)
class Variant:
    """A faulty setting, and the expected start of its log line."""

    name: str
    detail: str
    variables: dict[str, Any] = field(default_factory=dict)
    keys: str | None = "good"
    without: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)


GOOD_KEY = "A" * 43

VARIANTS = [
    Variant("keys_missing", "LYCHGATE_KEYS: missing; expected the key ring that `lychgate keys new` prints", keys=None),
    Variant("keys_not_json", "LYCHGATE_KEYS: ", keys=VALUE),
    Variant("keys_empty", "LYCHGATE_KEYS: ", keys='{"active":1,"keys":{}}'),
    Variant("keys_short", "LYCHGATE_KEYS: ", keys='{"active":1,"keys":{"1":"AAAA"}}'),
    Variant("keys_not_base64", "LYCHGATE_KEYS: ", keys=f'{{"active":1,"keys":{{"1":"{VALUE}{"!" * 20}"}}}}'),
    Variant("keys_without_active", "LYCHGATE_KEYS: ", keys=f'{{"active":2,"keys":{{"1":"{GOOD_KEY}"}}}}'),
    Variant("kv_missing", "LYCHGATE_KV: expected a [[kv_namespaces]] binding", without=("kv_namespaces",)),
    Variant("kv_a_variable", "LYCHGATE_KV: ", {"LYCHGATE_KV": VALUE}, without=("kv_namespaces",)),
    Variant("prefix", "TOKEN_PREFIX: ", {"TOKEN_PREFIX": f"{VALUE}!"}),
    Variant("gate_prefix", "GATE_PREFIX: expected one segment", {"GATE_PREFIX": f"/{VALUE}/api/"}),
    Variant("gate_prefix_empty", "GATE_PREFIX: expected one segment", {"GATE_PREFIX": "/"}),
    Variant("anonymous", "ANONYMOUS: expected deny or reads", {"ANONYMOUS": VALUE}),
    Variant("anonymous_case", "ANONYMOUS: expected deny or reads", {"ANONYMOUS": "Reads"}),
    Variant("on_stale", "ON_STALE: expected deny or allow-reads", {"ON_STALE": VALUE}),
    Variant("assertion", "ASSERTION: expected on or off", {"ASSERTION": VALUE}),
    Variant("audience", "ASSERTION_AUDIENCE: an audience is 1 to 64", {"ASSERTION_AUDIENCE": f"{VALUE}!"}),
    Variant("refresh", "REFRESH_SECONDS: expected a whole number", {"REFRESH_SECONDS": VALUE}),
    Variant("refresh_negative", "REFRESH_SECONDS: expected a whole number", {"REFRESH_SECONDS": -1}),
    Variant("refresh_broken", "REFRESH_SECONDS: expected a whole number", {"REFRESH_SECONDS": 1.5}),
    Variant(
        "stale_reads", "STALE_READS_SECONDS: ", {"ON_STALE": "allow-reads", "STALE_READS_SECONDS": VALUE}
    ),
    Variant("origin_seconds", "ORIGIN_SECONDS: expected a whole number", {"ORIGIN_SECONDS": VALUE}),
    Variant("origin_without_scheme", "ORIGIN_URL: expected a scheme, a host", {"ORIGIN_URL": f"{VALUE}.example"}),
    Variant("origin_of_another_scheme", "ORIGIN_URL: ", {"ORIGIN_URL": f"ftp://{VALUE}.example"}),
    Variant("origin_with_a_path", "ORIGIN_URL: ", {"ORIGIN_URL": f"https://origin.example/{VALUE}"}),
    Variant("origin_with_a_slash", "ORIGIN_URL: ", {"ORIGIN_URL": f"https://{VALUE}.example/"}),
    Variant("origin_with_a_user", "ORIGIN_URL: ", {"ORIGIN_URL": f"https://{VALUE}@origin.example"}),
    Variant("origin_empty", "ORIGIN_URL: ", {"ORIGIN_URL": "https://"}),
    *(
        Variant(f"origin_at_{name}", "ORIGIN_URL: the host is an IP address, and Cloudflare refuses", {"ORIGIN_URL": url})
        for name, url in {
            "an_address": "http://203.0.113.5",
            "an_address_with_a_port": "https://203.0.113.5:8443",
            "a_decimal_address": "http://3405803781",
            "a_hexadecimal_address": "http://0xcb007105",
            "an_ipv6_address": "https://[2001:db8::5]",
        }.items()
    ),
    Variant("origin_not_a_string", "ORIGIN_URL: expected a string", {"ORIGIN_URL": 17}),
    Variant("refusals_a_variable", "REFUSALS: expected a binding, not a variable", {"REFUSALS": VALUE}),
    Variant("routes", "ROUTES: route table, line 2: ", {"ROUTES": f"read POST /search\n{VALUE} GET /x\n"}),
    Variant("routes_twice", "ROUTES: route table, line 2: ", {"ROUTES": "read POST /search\nwrite POST /search\n"}),
    Variant("routes_header", "ROUTES: route table, line 1: a header name must", {"ROUTES": f"header X_{VALUE}"}),
    Variant("routes_reserved", "ROUTES: route table, line 2: this header is res", {"ROUTES": "\nheader X-Forwarded-*"}),
    Variant("headers", "FORWARD_HEADERS: name 2: a header name must", {"FORWARD_HEADERS": f"X-A, {VALUE}!"}),
    Variant("headers_all", "FORWARD_HEADERS: name 1: a * must stand after", {"FORWARD_HEADERS": "X-*"}),
    Variant("headers_reserved", "FORWARD_HEADERS: `Remote-User`: this header", {"FORWARD_HEADERS": "X-A,Remote-User"}),
    Variant(
        "two_origins",
        "ORIGIN_URL: set either this or the service binding ORIGIN, not both",
        {"ORIGIN_URL": f"https://{VALUE}.example"},
        settings={"services": [{"binding": "ORIGIN", "service": "hub"}]},
    ),
]


@pytest.fixture(scope="module")
def variants(workshop: Path, keys: str, witness: Witness) -> Iterator[WranglerDev]:
    folder = workshop / "variants"
    hub = write_plain_worker(folder / "hub", "hub.mjs", "hub", vars={"UPSTREAM": witness.url})
    gates = [
        write_worker(
            folder / variant.name,
            keys if variant.keys == "good" else variant.keys,
            {"ORIGIN_URL": witness.url} | variant.variables,
            name=variant.name.replace("_", "-"),
            without=variant.without,
            **variant.settings,
        )
        for variant in VARIANTS
    ]
    services = [{"binding": variant.name, "service": variant.name.replace("_", "-")} for variant in VARIANTS]
    switch = write_plain_worker(folder / "switch", "switch.mjs", "switch", services=services)
    running = WranglerDev(folder, (switch, *gates, hub))
    yield running
    running.stop()


def test_the_repository_s_own_configuration_is_complete(gate: Gate, tokens: Tokens) -> None:
    """The configuration that the faulty ones are derived from works."""
    assert curl(f"{gate.url}/api/whoami-v2", token=tokens.read).status == 200


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_refuses_everything_and_logs_the_name_of_what_is_wrong(
    variants: WranglerDev, witness: Witness, keys: str, variant: Variant
) -> None:
    token = tool.mint(keys, "write")
    query = secrets_used.marker("query")
    requests = [
        ("GET", f"/api/whoami-v2?{query}", []),
        ("GET", "/api/whoami-v2", [f"Authorization: Bearer {token}"]),
        ("POST", "/oauth/token", []),
        ("OPTIONS", "/acme/widget", []),
        ("POST", "/acme/widget.git/info/lfs/objects/batch", [f"Authorization: Bearer {token}"]),
        ("GET", "/-/anything", []),
        ("PROPFIND", "/", []),
        ("GET", "/a//b/%2e%2e", []),
    ]
    chosen = {"X-Variant": variant.name}
    reached = len(witness.seen)
    mark = variants.log_mark(**chosen)
    for method, path, headers in requests:
        body = ["--data", secrets_used.marker("body")] if method == "POST" else []
        answer = curl(
            variants.url + path, "--request", method, *body, headers=[f"X-Variant: {variant.name}", *headers]
        )
        assert (answer.status, answer.code) == (503, "gate_misconfigured")
        assert answer.header("Retry-After") == "5"
        assert answer.header("WWW-Authenticate") is None
        said = json.loads(answer.text)
        told = said["error"] + "." if path.startswith("/api/") else said["detail"]
        assert told == words.MISCONFIGURED
    assert len(witness.seen) == reached

    lines = variants.log_lines_since(mark, **chosen)
    assert [line["method"] for line in lines] == [method for method, _path, _headers in requests]
    for line in lines:
        assert (line["event"], line["code"], line["status"]) == ("failed", "gate_misconfigured", 503)
        assert line["detail"].startswith(variant.detail)
        assert VALUE not in line["detail"] and GOOD_KEY not in line["detail"]


@pytest.mark.parametrize("client", CLIENTS)
def test_says_so_in_the_form_that_the_client_shows(variants: WranglerDev, client: str) -> None:
    for method in ("GET", "HEAD"):
        arguments = ["--head"] if method == "HEAD" else []
        headers = ["X-Variant: keys_missing", *CLIENTS[client]]
        answer = curl(f"{variants.url}/acme/widget", *arguments, headers=headers)
        assert_answer(answer, client, 503, "gate_misconfigured", words.MISCONFIGURED)
        assert answer.header("Retry-After") == "5"
        if method == "GET":
            assert_body(answer, client, 503, "gate_misconfigured", words.MISCONFIGURED)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"])
def test_a_line_end_behind_a_secret_is_no_part_of_it(new_ledger_gate: NewBareLedgerGate, keys: str, end: str) -> None:
    """Shells and editors often leave a line end behind."""
    admin_key = secrets_used.remember(secrets.token_urlsafe(32))
    gate = new_ledger_gate(LYCHGATE_ADMIN_KEY=admin_key + end, LYCHGATE_KEYS=keys + end)
    assert curl(f"{gate.url}/-/api/subjects/alice/tokens", token=admin_key).status == 200
    assert curl(f"{gate.url}/-/api/subjects/alice/tokens", token=admin_key[:-1]).status == 401


@pytest.mark.parametrize("admin_key", ["with spaces " * 4, "two\nlines" * 5, "tab\tbed" * 6])
def test_an_admin_key_that_no_call_could_present_is_named(new_ledger_gate: NewBareLedgerGate, admin_key: str) -> None:
    gate = new_ledger_gate(LYCHGATE_ADMIN_KEY=admin_key)
    mark = gate.log_mark()
    assert curl(f"{gate.url}/-/api/health").code == "gate_misconfigured"
    (line,) = gate.log_lines_since(mark)
    assert line["detail"] == "LYCHGATE_ADMIN_KEY: expected one line of letters, digits and punctuation, without spaces"
