"""The three origins to which the gate may forward a request, and an origin that does not answer."""

import json
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import forged
import words
from bare import BareGate
from clients import curl
from gate import Gate, write_plain_worker
from surroundings import free_port
from test_answers import CLIENTS, assert_answer, assert_body
from tool import Token
from witness import Witness

READ = "/api/models/acme/widget"
REDIRECT = "/acme/widget/resolve/main/elsewhere"


def _identity_of(token: Token) -> dict[str, str]:
    return {
        "x-lychgate-access": "read",
        "x-lychgate-role": "read",
        "x-lychgate-subject": token.subject,
        "x-lychgate-token": token.id,
    }


def _identity(headers: list[tuple[str, str]]) -> dict[str, str]:
    """The headers by which the gate identifies the user. The assertion has its own tests and only has to be present."""
    said = {name.lower(): value for name, value in headers if name.lower().startswith("x-lychgate")}
    assert said.pop("x-lychgate-assertion").count(".") == 2
    return said


# A service binding


@pytest.fixture(scope="module")
def bound(workshop: Path, keys: str, witness: Witness) -> Iterator[Gate]:
    hub = write_plain_worker(workshop / "hub-worker", "hub.mjs", "hub", vars={"UPSTREAM": witness.url})
    services = [{"binding": "ORIGIN", "service": "hub"}]
    running = Gate(workshop / "bound", keys, {}, also=(hub,), services=services)
    running.publish("--new")
    yield running
    running.stop()


def test_a_service_binding_gets_the_request_with_who_came(bound: Gate) -> None:
    token = bound.mint("read")
    headers = [*forged.ALL, "X-Anything: x", "X-Request-Id: x"]
    answer = curl(f"{bound.url}/%73hown?a=%7e", token=token, headers=headers)
    assert answer.status == 200
    shown = json.loads(answer.text)
    assert shown["method"] == "GET"
    assert shown["url"] == f"{bound.url}/shown?a=%7e"
    headers_shown = [(name, value) for name, value in shown["headers"]]
    assert _identity(headers_shown) == _identity_of(token)
    assert ("x-request-id", "x") in headers_shown
    assert "x-anything" not in dict(headers_shown)
    assert dict(headers_shown)["authorization"] == f"Lychgate {token.id}"
    _assert_clean(headers_shown, bound)


def _assert_clean(headers: list[tuple[str, str]], gate: Gate) -> None:
    forged.assert_none_arrived(headers)
    said = {name.lower(): value for name, value in headers}
    assert (said["x-forwarded-host"], said["x-forwarded-proto"]) == (gate.host, "http")


def test_a_service_binding_gets_nothing_forged_with_what_is_public_either(bound: Gate, witness: Witness) -> None:
    assert curl(f"{bound.url}/oauth/token", "--data", "x", headers=forged.ALL).status == 200
    _assert_clean(witness.last().headers, bound)


def test_a_service_binding_that_passes_on_gets_bodies_and_its_answers_come_back(
    bound: Gate, witness: Witness
) -> None:
    body = bytes(range(256)) * 4000
    token = bound.mint("write")
    answer = curl(f"{bound.url}/anything", "--data-binary", "@-", token=token, stdin=body)
    assert answer.status == 200
    assert witness.last().body == body
    assert witness.last().all("X-Lychgate-Access") == ["write"]
    assert curl(f"{bound.url}/anything", "--data", "x").code == "token_required"
    assert curl(f"{bound.url}/anything", "--data", "x", token=bound.mint("read")).code == "role_insufficient"


def test_a_redirect_of_a_service_binding_is_not_followed(bound: Gate, witness: Witness) -> None:
    witness.answer(REDIRECT, "302 Found", f"Location: {witness.url}/elsewhere", body=b"")
    answer = curl(bound.url + REDIRECT, token=bound.mint("read"))
    assert (answer.status, answer.header("Location")) == (302, f"{witness.url}/elsewhere")


# The origin of the zone


@pytest.fixture(scope="module")
def zoned(workshop: Path, keys: str, witness: Witness) -> Iterator[Gate]:
    arguments = ("--local-upstream", witness.host, "--upstream-protocol", "http")
    running = Gate(workshop / "zoned", keys, {}, arguments=arguments)
    running.publish("--new")
    yield running
    running.stop()


def test_without_an_origin_the_zone_s_own_is_asked(zoned: Gate, witness: Witness) -> None:
    token = zoned.mint("read")
    reached = len(witness.seen)
    answer = curl(f"{zoned.url}/api/m%6fdels/acme/widget", token=token, headers=forged.ALL)
    assert (answer.status, json.loads(answer.text)) == (200, {"subject": "alice"})
    assert len(witness.seen) == reached + 1
    seen = witness.last()
    assert seen.target == READ
    assert _identity(seen.headers) == _identity_of(token)
    assert seen.all("Authorization") == [f"Lychgate {token.id}"]
    assert seen.all("Host") == [witness.host]
    forged.assert_none_arrived(seen.headers)
    # wrangler gives the zone's host as the one that was asked for.
    assert (seen.all("X-Forwarded-Host"), seen.all("X-Forwarded-Proto")) == ([witness.host], ["http"])
    assert curl(zoned.url + READ).code == "token_required"
    assert len(witness.seen) == reached + 1


# An origin that does not answer


class _Silent(socketserver.BaseRequestHandler):
    """Reads the request and closes the connection."""

    def handle(self) -> None:
        self.request.recv(65536)


@pytest.fixture(scope="module", params=["nobody listens", "hangs up"])
def unreachable(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "nobody listens":
        yield f"http://127.0.0.1:{free_port()}"
        return
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Silent) as server:
        threading.Thread(target=server.serve_forever, args=[0.05], daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture(scope="module", params=[Gate, BareGate], ids=["wrangler", "bare"])
def gate_without_origin(
    request: pytest.FixtureRequest, workshop: Path, keys: str, unreachable: str
) -> Iterator[Gate | BareGate]:
    folder = workshop / f"gate_without_origin-{request.param.__name__}-{unreachable.rpartition(':')[2]}"
    running = request.param(folder, keys, {"ORIGIN_URL": unreachable, "ANONYMOUS": "reads"})
    yield running
    running.stop()


def test_answers_502_in_the_form_that_the_client_shows(gate_without_origin: Gate | BareGate) -> None:
    for client in CLIENTS:
        for method in ("GET", "HEAD"):
            mark = gate_without_origin.log_mark()
            arguments = ["--head"] if method == "HEAD" else []
            answer = curl(f"{gate_without_origin.url}/acme/widget", *arguments, headers=CLIENTS[client])
            assert_answer(answer, client, 502, "origin_unreachable", words.ORIGIN_UNREACHABLE)
            assert answer.header("Retry-After") == "5"
            if method == "GET":
                assert_body(answer, client, 502, "origin_unreachable", words.ORIGIN_UNREACHABLE)
            (line,) = gate_without_origin.log_lines_since(mark)
            assert (line["event"], line["code"], line["status"]) == ("failed", "origin_unreachable", 502)
            assert line["method"] == method


def test_answers_502_to_an_upload(gate_without_origin: Gate | BareGate) -> None:
    answer = curl(f"{gate_without_origin.url}/v1/chat/completions", "--data-binary", "@-", stdin=b"x" * 1_000_000)
    assert (answer.status, answer.code) == (502, "origin_unreachable")
