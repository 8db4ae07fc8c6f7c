"""The origin's answers as clients receive them: for no shared cache if they are personal, and without what only the gate may
say."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from aged import mint_aged
from bare import BareGate
from clients import Response, curl
from live_origin import SocketOrigin
from tool import Token
from witness import Witness

DAY = 24 * 60 * 60

READ = "/api/models/acme/widget"
PUBLIC = "/oauth/userinfo"
VARY = "Authorization, X-Api-Key"


@pytest.fixture(scope="module")
def gate(workshop: Path, keys: str, witness: Witness) -> Iterator[BareGate]:
    running = BareGate(workshop / "shared-caches", keys, {"ORIGIN_URL": witness.url, "ANONYMOUS": "reads"})
    running.publish("--new")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def reader(gate: BareGate) -> Token:
    return gate.mint("read")


def _caching(answer: Response) -> tuple[list[str], list[str]]:
    return answer.all("Cache-Control"), answer.all("Vary")


CACHING = [
    ([], "private"),
    (["Cache-Control: max-age=120"], "private, max-age=120"),
    (["Cache-Control: public, max-age=31536000, immutable"], "private, max-age=31536000, immutable"),
    (["Cache-Control: PUBLIC , S-MaxAge = 9 , max-age=5"], "private, max-age=5"),
    (["Cache-Control: max-age=5", "Cache-Control: s-maxage=9"], "private, max-age=5"),
    (["Cache-Control: no-cache"], "private, no-cache"),
    (["Cache-Control: private, max-age=5"], "private, max-age=5"),
    (["Cache-Control: no-store"], "no-store"),
    (["Cache-Control: public, No-Store"], "No-Store"),
    (['Cache-Control: private="set-cookie, x", max-age=5'], "private, no-cache"),
    (["Expires: Thu, 01 Jan 2099 00:00:00 GMT"], "private"),
]


@pytest.mark.parametrize(("headers", "expected"), CACHING)
def test_a_personal_answer_is_for_no_shared_cache(
    gate: BareGate, witness: Witness, reader: Token, headers: list[str], expected: str
) -> None:
    targeted = ["CDN-Cache-Control: max-age=9", "Cloudflare-CDN-Cache-Control: max-age=9", "Surrogate-Control: max-age=9",
                "X-Accel-Expires: 9", "Edge-Control: max-age=9"]  # fmt: skip
    for path in (READ, PUBLIC):
        witness.answer(path, "200 OK", *headers, *targeted, body=b"x")
    personal = [
        curl(gate.url + READ, token=reader),
        curl(gate.url + READ, headers=["Cookie: hub_session=bob"]),
        curl(gate.url + PUBLIC, headers=["Cookie: hub_session=bob"]),
        curl(gate.url + PUBLIC, headers=["Authorization: Basic Y2xpZW50OnNlY3JldA=="]),
    ]
    for answer in personal:
        assert _caching(answer) == ([expected], [VARY])
        assert not [name for name, _ in answer.headers if name.lower() in {line.split(":")[0].lower() for line in targeted}]
    # What is nobody's is cached as the origin says, but never given to somebody.
    for path in (READ, PUBLIC):
        answer = curl(gate.url + path)
        said = [line.partition(": ")[2] for line in headers if line.startswith("Cache-Control")]
        assert _caching(answer) == ([", ".join(said)] if said else [], [VARY])
        assert answer.header("CDN-Cache-Control") == "max-age=9"


@pytest.mark.parametrize(
    ("vary", "expected"),
    [
        ("Accept-Encoding", "Accept-Encoding, Authorization, X-Api-Key"),
        ("Accept, AUTHORIZATION", "Accept, AUTHORIZATION, X-Api-Key"),
        ("x-api-key,authorization", "x-api-key,authorization"),
        ("*", "*"),
        ("X-Authorization", "X-Authorization, Authorization, X-Api-Key"),
    ],
)
def test_what_an_answer_varies_by_stays(gate: BareGate, witness: Witness, reader: Token, vary: str, expected: str) -> None:
    witness.answer(READ, "200 OK", f"Vary: {vary}", body=b"x")
    assert curl(gate.url + READ, token=reader).all("Vary") == [expected]


def test_an_answer_that_is_as_it_must_be_passes_and_is_still_changed_where_something_is_wrong(
    gate: BareGate, witness: Witness, reader: Token
) -> None:
    right = [f"Vary: {VARY}", "Cache-Control: private, max-age=5", "Set-Cookie: a=b; Path=/"]
    aged = mint_aged(gate.keys, "read", 90 * DAY, DAY)
    for wrong in ([], [f"Set-Cookie: {FIXING[0]}"], ["X-Lychgate-Token-Expires: never"], ["Surrogate-Control: max-age=9"]):
        for status in ("200 OK", "404 Not Found", "302 Found"):
            witness.answer(READ, status, *right, *wrong, body=b"x")
            for token in (reader, aged):
                answer = curl(gate.url + READ, token=token)
                assert (answer.status, answer.body) == (int(status[:3]), b"x")
                assert _caching(answer) == (["private, max-age=5"], [VARY])
                assert answer.all("Set-Cookie") == ["a=b; Path=/"]
                assert answer.header("Surrogate-Control") is None
                expires = answer.header("X-Lychgate-Token-Expires")
                assert (expires is not None) == (token is aged) and expires != "never"


def test_a_request_with_a_cookie_or_credentials_is_stored_by_no_cache(gate: BareGate, witness: Witness) -> None:
    for path, header in ((READ, "Cookie: a=b"), (PUBLIC, "Cookie: a=b"), (PUBLIC, "Authorization: Basic Y2xpZW50OnNlY3JldA==")):
        witness.answer(path, "200 OK", body=b"x")
        assert curl(gate.url + path, headers=[header, "Cache-Control: max-age=5"]).status == 200
        assert witness.last().all("Cache-Control") == ["no-cache, no-store"]
        assert witness.last().all(header.partition(":")[0]) == [header.partition(": ")[2]]
    # The cookie does not arrive, so the origin knows nobody by it.
    assert curl(gate.url + READ, headers=["Cookie: lychgate-session=x", "Cache-Control: max-age=5"]).status == 200
    assert witness.last().all("Cache-Control") == ["max-age=5"]


def test_a_clients_own_cache_works_as_before(gate: BareGate, witness: Witness, reader: Token) -> None:
    token = mint_aged(gate.keys, "read", 90 * DAY, DAY)
    for bearer in (reader, token):
        witness.answer(READ, "304 Not Modified", 'ETag: "v1"', "Cache-Control: max-age=5", length=False)
        answer = curl(gate.url + READ, token=bearer, headers=['If-None-Match: "v1"'])
        assert (answer.status, answer.header("ETag"), answer.body) == (304, '"v1"', b"")
        assert answer.header("Cache-Control") == "private, max-age=5"
        assert witness.last().all("If-None-Match") == ['"v1"']
        witness.answer(READ, "206 Partial Content", "Content-Range: bytes 0-3/10", "Accept-Ranges: bytes", body=b"abcd")
        answer = curl(gate.url + READ, token=bearer, headers=["Range: bytes=0-3"])
        assert (answer.status, answer.header("Content-Range"), answer.body) == (206, "bytes 0-3/10", b"abcd")
        assert answer.header("Content-Length") == "4"
        witness.answer(READ, "200 OK", 'ETag: "v1"', "X-Linked-Size: 7", body=b"0123456")
        answer = curl(gate.url + READ, "--head", token=bearer)
        assert (answer.status, answer.header("Content-Length"), answer.header("ETag")) == (200, "7", '"v1"')
        witness.answer(READ, "204 No Content", length=False)
        assert curl(gate.url + READ, token=bearer).status == 204
        assert (answer.header("X-Lychgate-Token-Expires") is not None) == (bearer is token)


OTHERS = ["a=b; Path=/", "hub_session=x; HttpOnly", "c=; Expires=Thu, 01 Jan 1970 00:00:00 GMT"]
FIXING = [
    "__Host-lychgate-session=evil; Secure; Path=/",
    "lychgate-session=evil; Path=/",
    "__HOST-LYCHGATE-SESSION=evil; Secure; Path=/",
    " \t__Host-lychgate-session =evil; Secure; Path=/",
    "__Secure-lychgate-session=evil; Secure",
    # Browsers send a nameless cookie as its value alone.
    "=__Host-lychgate-session=evil; Secure; Path=/",
    "__Host-lychgate-session; Secure; Path=/",
    # The gate splits what HTTP/2 may have joined.
    "a=b, __Host-lychgate-session=evil; Secure; Path=/",
]


@pytest.mark.parametrize("path", [READ, PUBLIC])
def test_the_origin_says_nothing_that_only_the_gate_may(gate: BareGate, witness: Witness, reader: Token, path: str) -> None:
    own = ["X-Lychgate-Subject: root", "x-lychgate-token-expires: never", "X-LYCHGATE-Anything: x"]
    lines = [f"Set-Cookie: {cookie}" for pair in zip(FIXING, [*OTHERS, *FIXING], strict=False) for cookie in pair]
    witness.answer(path, "200 OK", *lines, *own, "X-Error-Code: RepoNotFound", body=b"x")
    for token in (reader, None):
        answer = curl(gate.url + path, token=token)
        assert answer.all("Set-Cookie") == OTHERS
        assert not [name for name, _ in answer.headers if name.lower().startswith("x-lychgate")]
        # Hubs say this to their clients themselves.
        assert answer.header("X-Error-Code") == "RepoNotFound"
    # A status with which the platform creates no response, so nothing of it can be taken away.
    witness.answer(path, "600 Odd", f"Set-Cookie: {FIXING[0]}", body=b"x")
    answer = curl(gate.url + path, token=reader)
    assert (answer.status, answer.code, answer.all("Set-Cookie")) == (502, "origin_unreachable", [])


def test_a_public_request_takes_no_token_of_the_gates_along(gate: BareGate, witness: Witness, reader: Token) -> None:
    witness.answers.clear()
    for value in (f"Bearer {reader}", "Lychgate 0-1"):
        assert curl(gate.url + PUBLIC, headers=[f"Authorization: {value}"]).status == 200
        assert witness.last().all("Authorization") == []
    assert curl(gate.url + PUBLIC, headers=["Authorization: Bearer of-the-hub"]).status == 200
    assert witness.last().all("Authorization") == ["Bearer of-the-hub"]
    reached = len(witness.seen)
    for target in (f"{PUBLIC}?access_token={reader}", f"{READ}?t={reader}", f"/{reader}/x"):
        answer = curl(gate.url + target)
        assert (answer.status, answer.code) == (400, "credentials_malformed")
    assert len(witness.seen) == reached


def test_a_websocket_s_handshake_says_nothing_that_only_the_gate_may(workshop: Path, keys: str) -> None:
    origin = SocketOrigin({"Set-Cookie": FIXING[0], "X-Lychgate-Subject": "root", "X-Kept": "yes"})
    gate = BareGate(workshop / "handshake", keys, {"ORIGIN_URL": origin.url, "ANONYMOUS": "reads"})
    gate.publish("--new")
    for token in (gate.mint("read"), None):
        with socket.create_connection((gate.host.partition(":")[0], gate.port), timeout=10) as client:
            fields = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + 22 * "A" + "=="]
            own = [] if token is None else [f"Authorization: Bearer {token}"]
            client.sendall("\r\n".join(["GET /echo HTTP/1.1", f"Host: {gate.host}", *own, *fields, "", ""]).encode())
            head = client.recv(4096).decode().lower()
            assert head.startswith("http/1.1 101 ") and "x-kept: yes" in head
            assert "lychgate" not in head
            client.sendall(b"\x81\x82\0\0\0\0hi")
            assert client.recv(4096) == b"\x81\x02hi"
    gate.stop()
    origin.stop()
