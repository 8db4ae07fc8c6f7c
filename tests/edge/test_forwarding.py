"""What reaches the origin, and what comes back: nothing more, nothing less."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

import forged
import secrets_used
from bare import BareGate
from clients import basic, curl, exchange
from gate import Gate
from tool import Token
from witness import Seen, Witness

Front = Gate | BareGate

INFERENCE = "/v1/chat/completions"
READ = "/api/models/acme/widget"
CONTRIBUTE = "/api/repos/create"
WRITE = "/api/models/acme/widget/settings"
PUBLIC = "/oauth/token"


@pytest.fixture(scope="session")
def reader(bare: BareGate) -> Token:
    """All gates before the witness have the same keys."""
    return bare.mint("read", subject="alice")


@pytest.fixture(scope="session")
def writer(bare: BareGate) -> Token:
    return bare.mint("write", subject="bob.w-1_x")


@pytest.fixture(scope="session", params=["wrangler", "bare"])
def anonymous(
    request: pytest.FixtureRequest, workshop: Path, keys: str, witness: Witness
) -> Iterator[Front]:
    """Gates that allow anonymous reads."""
    variables = {"ORIGIN_URL": witness.url, "ANONYMOUS": "reads"}
    kind = Gate if request.param == "wrangler" else BareGate
    running = kind(workshop / f"anonymous-{request.param}", keys, variables)
    running.publish("--new")
    yield running
    running.stop()


def _identity(seen: Seen) -> dict[str, list[str]]:
    """Every header that the gate alone may set, and whatever a server might take for one. Of the signed word, which
    has its own tests, only that there is one and that it is the gate's."""
    said = {
        name: seen.all(name) for name in seen.names() if name.replace("_", "-").startswith("x-lychgate")
    }
    (assertion,) = said.pop("x-lychgate-assertion")
    assert assertion.startswith("eyJhbGciOiJIUzI1NiIsImtpZCI6")
    return said


def _of(token: Token, role: str, access: str) -> dict[str, list[str]]:
    return {
        "x-lychgate-access": [access],
        "x-lychgate-role": [role],
        "x-lychgate-subject": [token.subject],
        "x-lychgate-token": [token.id],
    }


# Identity


@pytest.mark.parametrize(
    ("method", "path", "access"),
    [
        ("GET", READ, "read"),
        ("HEAD", READ, "read"),
        ("POST", INFERENCE, "read"),
        ("POST", CONTRIBUTE, "contribute"),
        ("PUT", WRITE, "write"),
        ("DELETE", "/anything/at/all", "write"),
        ("PATCH", READ, "write"),
        ("GET", "/acme/widget.git/info/refs?service=git-receive-pack", "write"),
    ],
)
def test_says_who_came_and_what_for(
    front: Front, witness: Witness, writer: Token, method: str, path: str, access: str
) -> None:
    arguments = ["--head"] if method == "HEAD" else ["--request", method]
    assert curl(front.url + path, *arguments, token=writer).status == 200
    seen = witness.last()
    assert (seen.method, seen.target) == (method, path)
    assert _identity(seen) == _of(writer, "write", access)
    _assert_not_for_shared_caches(seen, writer)


def _assert_not_for_shared_caches(seen: Seen, token: Token) -> None:
    """A cache in front of the origin does not store the response, because the gate replaces the token with its own value."""
    assert seen.all("Authorization") == [f"Lychgate {token.id}"]
    assert seen.all("Cache-Control") == ["no-cache, no-store"]
    assert token.text not in str(seen.headers)


def test_says_the_role_of_a_read_token(front: Front, witness: Witness, reader: Token) -> None:
    assert curl(front.url + INFERENCE, "--json", "{}", token=reader).status == 200
    assert _identity(witness.last()) == _of(reader, "read", "read")


def test_says_only_public_of_what_is_public_and_keeps_its_authorization(
    front: Front, witness: Witness, reader: Token
) -> None:
    client = basic("client-id", secrets_used.marker("clientsecret"))
    assert curl(front.url + PUBLIC, "--data", "grant_type=x", headers=[client]).status == 200
    assert _identity(witness.last()) == {"x-lychgate-access": ["public"]}
    assert witness.last().all("Authorization") == [client.partition(": ")[2]]
    # Neither is a token looked at, be it good or bad. The gate's own does not go on.
    for value, arrives in ((f"Bearer {reader}", []), ("Bearer nonsense", ["Bearer nonsense"]), ("nonsense", ["nonsense"])):
        assert curl(front.url + PUBLIC, "--data", "x", headers=[f"Authorization: {value}"]).status == 200
        assert _identity(witness.last()) == {"x-lychgate-access": ["public"]}
        assert witness.last().all("Authorization") == arrives


PREFLIGHT = {
    "Origin": "https://app.example",
    "Access-Control-Request-Method": "PUT",
    "Access-Control-Request-Headers": "authorization,x-anything",
    "Access-Control-Request-Private-Network": "true",
    "User-Agent": "browser/1",
    "Referer": "https://app.example/page",
}


def test_answers_a_preflight_itself(front: Front, witness: Witness) -> None:
    reached = len(witness.seen)
    headers = [f"{name}: {value}" for name, value in PREFLIGHT.items()]
    answer = curl(front.url + WRITE, "--request", "OPTIONS", headers=headers)
    assert (answer.status, answer.body) == (204, b"")
    assert answer.all("Access-Control-Allow-Origin") == ["*"]
    assert answer.all("Access-Control-Allow-Headers") == ["authorization, x-anything"]
    assert answer.all("Access-Control-Allow-Methods") == ["GET, HEAD, POST, PUT, PATCH, DELETE"]
    assert answer.all("Access-Control-Allow-Credentials") == []
    assert len(witness.seen) == reached


def test_takes_no_other_options_for_a_preflight(front: Front, witness: Witness, reader: Token) -> None:
    reached = len(witness.seen)
    for headers in ([], ["Origin: https://app.example"], ["Access-Control-Request-Method: PUT"]):
        assert curl(front.url + WRITE, "--request", "OPTIONS", headers=headers).code == "token_required"
        assert curl(front.url + WRITE, "--request", "OPTIONS", token=reader, headers=headers).code == "role_insufficient"
    headers = [f"{name}: {value}" for name, value in PREFLIGHT.items()]
    assert curl(front.url + WRITE, "--request", "OPTIONS", "--data", "x", headers=headers).code == "token_required"
    assert len(witness.seen) == reached


def test_sends_a_listed_preflight_on_without_credentials_and_body(
    workshop: Path, witness: Witness, keys: str
) -> None:
    routes = "public  OPTIONS  /{*path}\nheader  Git-Protocol,X-Acme-Plan\n"
    gate = BareGate(workshop / "listed-preflight", keys, {"ORIGIN_URL": witness.url, "ROUTES": routes})
    try:
        gate.publish("--new")
        others = ["Cookie: a=1", "Git-Protocol: version=2", "X-Acme-Plan: x", "If-None-Match: x", *forged.ALL]
        headers = [*(f"{name}: {value}" for name, value in PREFLIGHT.items()), *others]
        token = gate.mint("read")
        assert curl(gate.url + WRITE, "--request", "OPTIONS", token=token, headers=headers).status == 200
    finally:
        gate.stop()
    seen = witness.last()
    assert seen.method == "OPTIONS" and seen.body == b""
    assert {name: seen.all(name) for name in PREFLIGHT} == {name: [value] for name, value in PREFLIGHT.items()}
    assert not seen.names() & {"authorization", "cookie", "content-type", "git-protocol", "if-none-match"}
    assert _identity(seen) == {"x-lychgate-access": ["public"]}
    forged.assert_none_arrived(seen.headers)


def test_lets_anonymous_reads_through_where_configured_and_nothing_else(
    anonymous: Front, witness: Witness, reader: Token
) -> None:
    for arguments in ([READ], [INFERENCE, "--json", "{}"]):
        path, *rest = arguments
        assert curl(anonymous.url + path, *rest).status == 200
        assert _identity(witness.last()) == {"x-lychgate-access": ["read"]}
    batch = "/acme/widget.git/info/lfs/objects/batch"
    download, upload = '{"operation":"download"}', '{"operation":"upload"}'
    assert curl(anonymous.url + batch, "--json", download).status == 200
    assert _identity(witness.last()) == {"x-lychgate-access": ["read"]}

    reached = len(witness.seen)
    assert curl(anonymous.url + batch, "--json", upload).code == "token_required"
    # A form is no batch: a server may read another operation in it.
    assert curl(anonymous.url + batch, "--data", download).code == "token_required"
    assert curl(anonymous.url + WRITE, "--request", "PUT").code == "token_required"
    assert curl(anonymous.url + CONTRIBUTE, "--json", "{}").code == "token_required"
    # Credentials that were sent must be good.
    assert curl(anonymous.url + READ, token="nonsense").code == "token_invalid"
    assert curl(anonymous.url + READ, headers=["Authorization: x"]).code == "credentials_malformed"
    assert len(witness.seen) == reached

    assert curl(anonymous.url + READ, token=reader).status == 200
    assert _identity(witness.last()) == _of(reader, "read", "read")


def test_takes_away_what_only_the_gate_may_say(front: Front, witness: Witness, reader: Token) -> None:
    assert curl(front.url + READ, token=reader, headers=forged.ALL).status == 200
    assert _identity(witness.last()) == _of(reader, "read", "read")
    _assert_clean(witness.last(), front)
    assert curl(front.url + PUBLIC, "--data", "x", headers=forged.ALL).status == 200
    assert _identity(witness.last()) == {"x-lychgate-access": ["public"]}
    _assert_clean(witness.last(), front)


def test_takes_away_what_only_the_gate_may_say_from_anonymous_reads(anonymous: Front, witness: Witness) -> None:
    assert curl(anonymous.url + READ, headers=forged.ALL).status == 200
    assert _identity(witness.last()) == {"x-lychgate-access": ["read"]}
    _assert_clean(witness.last(), anonymous)
    assert not witness.last().all("Authorization")


def _assert_clean(seen: Seen, front: Front) -> None:
    forged.assert_none_arrived(seen.headers)
    # The origin is told by which name the gate was asked, whatever the caller says of it.
    assert seen.all("X-Forwarded-Host") == [front.host]
    assert seen.all("X-Forwarded-Proto") == ["http"]


# What the client says that goes on

LISTED = {
    "User-Agent": "git/2.47.3",
    "Accept": "application/x-git-upload-pack-advertisement",
    "Accept-Language": "de, en;q=0.5",
    "Cookie": "a=b; c=d",
    "Range": "bytes=0-99",
    "If-None-Match": 'W/"etag"',
    "Git-Protocol": "version=2",
    "Origin": "https://app.example",
    "Referer": "https://app.example/page",
    "Prefer": "respond-async, wait=5",
    "Traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "X-Requested-With": "XMLHttpRequest",
    "X-Stainless-Lang": "python",
    "X-Stainless-Custom-Poll-Interval": "1000",
    "OpenAI-Organization": "acme",
    "Anthropic-Version": "2023-06-01",
    "X-Xet-Session-Id": "7",
}


def test_passes_listed_headers_on_as_they_are_and_no_others(front: Front, witness: Witness, reader: Token) -> None:
    other = ["X-Anything: x", "Private-Token: x", "X-StainlessLang: x", "Cache-Control: max-age=5"]
    headers = [*(f"{name}: {value}" for name, value in LISTED.items()), *other]
    assert curl(front.url + READ, token=reader, headers=headers).status == 200
    seen = witness.last()
    assert {name: seen.all(name) for name in LISTED} == {name: [value] for name, value in LISTED.items()}
    assert seen.all("Host") == [witness.host]
    _assert_clean(seen, front)
    _assert_not_for_shared_caches(seen, reader)
    added = seen.names() - {name.lower() for name in LISTED}
    # Pragma is workerd's, which asks caches not to answer; accept-encoding and cf-worker are wrangler's.
    assert added <= {"host", "x-forwarded-host", "x-forwarded-proto", *_of(reader, "", ""), "x-lychgate-assertion",
                     "authorization", "cache-control", "pragma", "accept-encoding", "cf-worker"}  # fmt: skip


def test_leaves_caching_to_a_client_of_whom_nothing_is_known(anonymous: Front, witness: Witness) -> None:
    assert curl(anonymous.url + READ, headers=["Cache-Control: max-age=5"]).status == 200
    assert witness.last().all("Cache-Control") == ["max-age=5"]


def test_passes_values_in_utf8_on_byte_by_byte(bare: BareGate, witness: Witness, reader: Token) -> None:
    # The platform hands values over as text: what is no UTF-8 it replaces, and nothing can be mistaken for anything else.
    text = "sch\u00f6n".encode()
    for value, arrives in ((text, text), (b"a\xff\xe9b", "a\ufffd\ufffdb".encode())):
        head = f"GET {READ} HTTP/1.1\r\nHost: {bare.host}\r\nAuthorization: Bearer {reader}\r\nConnection: close\r\n"
        answer = exchange(bare.host, head.encode() + b"User-Agent: " + value + b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert witness.last().all("User-Agent") == [arrives.decode("latin-1")]


def test_describes_a_body_only_where_there_is_one(bare: BareGate, witness: Witness, writer: Token) -> None:
    described = ["Content-Type: text/plain; charset=utf-7", "Content-Encoding: gzip", "Content-Language: de"]
    names = {"content-type", "content-encoding", "content-language"}
    for method, target in (("GET", READ), ("HEAD", READ), ("POST", CONTRIBUTE), ("DELETE", WRITE)):
        _raw(bare, method, target, writer, described)
        assert (witness.last().method, witness.last().names() & names) == (method, set())
    # A GET with a body does not go on (`test_odd_requests.py`).
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        _raw(bare, method, WRITE, writer, described, b"body")
        assert (witness.last().method, witness.last().body, witness.last().names() & names) == (method, b"body", names)
        assert witness.last().all("Content-Length") == ["4"]


def _raw(
    gate: BareGate, method: str, target: str, token: Token | None, headers: list[str], body: bytes | None = None
) -> None:
    lines = [f"{method} {target} HTTP/1.1", f"Host: {gate.host}", "Connection: close", *headers]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    answer = exchange(gate.host, "\r\n".join([*lines, "", ""]).encode() + (body or b""))
    assert answer.startswith(b"HTTP/1.1 200 "), answer


@pytest.mark.parametrize(
    ("sent", "arrives"),
    [
        (["a=1; b=2"], ["a=1; b=2"]),
        (["a=1", "b=2"], ["a=1; b=2"]),
        (["a=1; __Host-lychgate-session=x", "lychgate-session=y"], ["a=1"]),
        (["create_pr=0; service=git-receive-pack; a=1; Operation=upload; _method=DELETE"], ["a=1"]),
        (["create.pr=0; .method=DELETE; a b=1; c=2 3; d=4"], ["d=4"]),
        (["service[]=x"], []),
    ],
)
def test_passes_cookies_on_that_decide_nothing(
    bare: BareGate, witness: Witness, reader: Token, sent: list[str], arrives: list[str]
) -> None:
    _raw(bare, "GET", READ, reader, [f"Cookie: {line}" for line in sent])
    assert witness.last().all("Cookie") == arrives
    _raw(bare, "POST", PUBLIC, None, [f"Cookie: {line}" for line in sent], b"x")
    assert witness.last().all("Cookie") == arrives


def test_upgrades_to_nothing_but_a_websocket(bare: BareGate, witness: Witness, reader: Token) -> None:
    _raw(bare, "GET", READ, reader, ["Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA"])
    assert not witness.last().names() & {"upgrade", "http2-settings", "connection"}


COMMIT = "/api/models/acme/widget/commit/main?create_pr=1"


@pytest.mark.parametrize("more", [0, 1, 100_000, 3_000_000])
@pytest.mark.parametrize(("first", "access"), [(b'{"key":"header"}', "contribute"), (b'{"create_pr":0}', "write")])
def test_the_first_of_a_body_s_lines_decides_and_all_of_it_goes_on(
    bare: BareGate, witness: Witness, writer: Token, first: bytes, access: str, more: int
) -> None:
    body = first + b"\n" + more * b"x"
    _raw(bare, "POST", COMMIT, writer, ["Content-Type: application/x-ndjson"], body)
    assert witness.last().all("X-Lychgate-Access") == [access]
    assert witness.last().body == body
    assert witness.last().all("Content-Length") == [str(len(body))]


def test_a_first_line_without_an_end_is_not_waited_for(bare: BareGate, writer: Token) -> None:
    lines = [f"POST {COMMIT} HTTP/1.1", f"Host: {bare.host}", "Content-Type: application/x-ndjson", "Content-Length: 1500000"]
    head = "\r\n".join([*lines, f"Authorization: Bearer {writer}", "Connection: close", "", ""]).encode()
    assert exchange(bare.host, head + 1_500_000 * b" ").startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD"])
def test_upgrades_a_get_alone(bare: BareGate, witness: Witness, writer: Token, method: str) -> None:
    fields = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + 22 * "A" + "=="]
    _raw(bare, method, READ, writer, fields)
    assert witness.last().method == method
    assert "upgrade" not in witness.last().names()


def test_upgrades_no_public_request_to_one_that_is_not(bare: BareGate, witness: Witness) -> None:
    _raw(bare, "POST", PUBLIC, None, ["Upgrade: websocket"], b"x")
    assert (witness.last().method, witness.last().body) == ("POST", b"x")


def test_a_deployment_and_its_table_add_headers(workshop: Path, keys: str, witness: Witness) -> None:
    variables = {
        "ORIGIN_URL": witness.url,
        "FORWARD_HEADERS": "X-Tenant-Plan, x-acme-*,CF-Connecting-IP",
        "ROUTES": "read GET /{x}\nheader  X-Of-The-Table,X-Table-*  # and so on\n",
    }
    gate = BareGate(workshop / "adding", keys, variables)
    try:
        gate.publish("--new")
        passed = ["X-Tenant-Plan", "X-Acme-One", "X-ACME-Two-3", "CF-Connecting-IP", "X-Of-The-Table", "X-Table-4", "Accept"]
        dropped = ["X-Tenant-Plans", "X-Acme", "X-Acme_One", "X-Acme-One_Two", "Git-Protocol", "X-Other"]
        headers = [f"{name}: {number}" for number, name in enumerate(passed)] + [f"{name}: x" for name in dropped]
        assert curl(f"{gate.url}/x", token=gate.mint("read"), headers=[*headers, *forged.ALL]).status == 200
        seen = witness.last()
        assert [seen.all(name) for name in passed] == [[str(number)] for number in range(len(passed))]
        assert not seen.names() & {name.lower() for name in dropped}
        forged.assert_none_arrived(seen.headers)
    finally:
        gate.stop()


def test_tells_how_many_headers_were_dropped_once_a_minute(workshop: Path, keys: str, witness: Witness) -> None:
    gate = BareGate(workshop / "dropping", keys, {"ORIGIN_URL": witness.url, "ANONYMOUS": "reads"})
    try:
        secret = secrets_used.marker("dropped")
        for _ in range(20):
            headers = [f"X-Anything: {secret}", f"X-Lychgate-Role: {secret}", "Accept: x", "CF-Ray: x", "X-Real-IP: x"]
            assert curl(gate.url + READ, headers=headers).status == 200
        lines = [line for line in gate.log_lines() if line["event"] == "headers_dropped"]
        assert [line["detail"] for line in lines] == ["1 since the last such line"]
    finally:
        gate.stop()


# Where it goes

CANONICAL = [
    (INFERENCE, INFERENCE),
    ("/v1/%63hat/completions", INFERENCE),
    ("/%76%31/ch%61t/completions", INFERENCE),
    ("/models/a+b@c!$&()*,=:/x", "/models/a+b@c!$&()*,=:/x"),
    ("/models/acme/x%7Ey", "/models/acme/x~y"),
    ("/models/acme/x%7ey%2D", "/models/acme/x~y-"),
    ("/models/acme/%c3%a4", "/models/acme/%C3%A4"),
    ("/models/acme/ä", "/models/acme/%C3%A4"),
    ("/models/a%20b/c", "/models/a%20b/c"),
    ("/v1/chat/completions?", "/v1/chat/completions?"),
    ("/v1/chat/completions?a=%7e&b=%zz", "/v1/chat/completions?a=%7e&b=%zz"),
    ("/v1/chat/completions?a=1&a=2&&=", "/v1/chat/completions?a=1&a=2&&="),
    ("/v1/chat/completions?a=ä'", "/v1/chat/completions?a=%C3%A4%27"),
    ("/v1/chat/completions?next=/../../x//y", "/v1/chat/completions?next=/../../x//y"),
    ("http://other.example/v1/chat/completions", INFERENCE),
]


@pytest.mark.parametrize(("sent", "arrives"), CANONICAL)
def test_sends_on_the_canonical_target_that_was_judged(
    front: Front, witness: Witness, reader: Token, sent: str, arrives: str
) -> None:
    answer = _post(front, sent, reader)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert (witness.last().method, witness.last().target) == ("POST", arrives)


@pytest.mark.parametrize(
    ("sent", "arrives"),
    [
        ("/acme/widget/resolve/refs%2Fpr%2F1/a.txt", "/acme/widget/resolve/refs%2Fpr%2F1/a.txt"),
        ("/acme/widget/resolve/refs%2fpr%2f1/a%2fb.txt", "/acme/widget/resolve/refs%2Fpr%2F1/a%2Fb.txt"),
        ("/acme/widget/resolve/main/100%25.txt", "/acme/widget/resolve/main/100%25.txt"),
        ("/acme/widget/resolve/main/a;b.txt", "/acme/widget/resolve/main/a%3Bb.txt"),
    ],
)
def test_keeps_an_encoded_slash_where_a_revision_or_file_may_have_one(
    front: Front, witness: Witness, reader: Token, sent: str, arrives: str
) -> None:
    assert curl(front.url + sent, token=reader).status == 200
    assert witness.last().target == arrives


SOFTENERS = [
    "/acme/widget.git/git-upload-pack/../git-receive-pack",
    "/acme/widget.git/git-upload-pack/%2e%2e/git-receive-pack",
    "/acme/widget.git/git-upload-pack/%2E./git-receive-pack",
    "/acme/widget.git/git-upload-pack/.%2e/git-receive-pack",
    "/acme/widget.git/./git-receive-pack",
    "/acme/widget.git/%2e/git-receive-pack",
    "/acme/widget.git\\git-receive-pack",
    "/acme/widget.git/git-receive-pack/.",
    "/acme/widget.git/git-receive-pack/",
    "/acme/widget.git/GIT-RECEIVE-PACK",
    "/acme/widget.git/git-receive-pack;git-upload-pack",
    "/acme/widget.git//git-receive-pack",
    "//acme/widget.git/git-receive-pack",
    "/acme/widget.git/git%2Dreceive%2Dpack",
    "/acme/widget.git/git-receive-pack?x=/git-upload-pack",
    "/acme/widget.git/git-receive-pack#/git-upload-pack",
    "/v1/chat/completions/../../../api/repos/create",
    "/v1/chat/completions/..%2f..%2f..%2fapi/repos/create",
    "/v1/chat/completions/..%5c..%5capi/repos/create",
    "/v1/chat/completions/%252e%252e/x",
    "/oauth/token/../../api/repos/create",
    "/oauth/token/%2e%2e/%2e%2e/api/repos/create",
    "/oauth/../api/repos/create",
]


@pytest.mark.parametrize("sent", SOFTENERS)
def test_no_spelling_of_a_write_gets_past_with_a_read_token(
    front: Front, witness: Witness, reader: Token, sent: str
) -> None:
    reached = len(witness.seen)
    answer = _post(front, sent, reader)
    assert answer.startswith((b"HTTP/1.1 403 ", b"HTTP/1.1 400 "))
    assert b"role_insufficient" in answer or b"target_ambiguous" in answer
    assert _post(front, sent, None).startswith((b"HTTP/1.1 401 ", b"HTTP/1.1 400 "))
    assert len(witness.seen) == reached


@pytest.mark.parametrize("sent", [target for target in SOFTENERS if "/." in target or "%2e" in target.lower()])
def test_refuses_dot_segments_instead_of_resolving_them(bare: BareGate, writer: Token, sent: str) -> None:
    # wrangler's proxy resolves them before the gate sees them; workerd does not.
    answer = _post(bare, sent, writer)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"target_ambiguous" in answer


def _post(front: Front, target: str, token: Token | None) -> bytes:
    """A POST of two bytes with an unchanged target."""
    authorization = f"Authorization: Bearer {token}\r\n" if token else ""
    head = f"POST {target} HTTP/1.1\r\nHost: {front.host}\r\n{authorization}Content-Length: 2\r\nConnection: close\r\n"
    return exchange(front.host, f"{head}\r\n{{}}".encode())


# What comes back


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_passes_a_redirect_on_without_following_it(
    front: Front, witness: Witness, reader: Token, status: int
) -> None:
    path = f"/acme/widget/resolve/main/redirect-{status}"
    location = f"{witness.url}/elsewhere"
    witness.answer(path, f"{status} Elsewhere", f"Location: {location}", "X-Linked-Size: 4096", body=b"go there\n")
    reached = len(witness.seen)
    answer = curl(front.url + path, token=reader)
    assert (answer.status, answer.header("Location"), answer.body) == (status, location, b"go there\n")
    assert answer.header("X-Linked-Size") == "4096"
    assert len(witness.seen) == reached + 1


@pytest.mark.parametrize("status", [200, 201, 202, 203, 206, 400, 401, 403, 404, 409, 416, 418, 422, 429, 500, 502, 503])
def test_passes_status_headers_and_body_on(
    front: Front, witness: Witness, reader: Token, status: int
) -> None:
    path = f"/status/{status}"
    headers = {
        "Content-Type": "application/x-odd; charset=latin1",
        "ETag": f'W/"{status}"',
        "X-Error-Code": "RepoNotFound",
        "X-Repo-Commit": "0123456789",
        "Content-Range": "bytes 2-4/10",
        "Accept-Ranges": "bytes",
        "WWW-Authenticate": 'Basic realm="origin"',
        "Cache-Control": "public, max-age=60",
        "Retry-After": "17",
        "Link": '<http://x/?page=2>; rel="next"',
        "Vary": "Accept, Origin",
        "Server": "origin/1",
    }
    witness.answer(path, f"{status} Whatever", *(f"{n}: {v}" for n, v in headers.items()), body=b"\x00\xff\r\nbody")
    answer = curl(front.url + path, token=reader, headers=["Range: bytes=2-4"])
    assert answer.status == status
    for_this_reader = {"Cache-Control": "private, max-age=60", "Vary": "Accept, Origin, Authorization, X-Api-Key"}
    assert {name: answer.all(name) for name in headers} == {name: [value] for name, value in (headers | for_this_reader).items()}
    assert answer.body == b"\x00\xff\r\nbody"
    assert witness.last().all("Range") == ["bytes=2-4"]


@pytest.mark.parametrize("status", [204, 304])
def test_passes_an_answer_without_a_body_on(front: Front, witness: Witness, reader: Token, status: int) -> None:
    path = f"/empty/{status}"
    witness.answer(path, f"{status} Nothing", 'ETag: "same"', "X-Anything: x", length=False)
    answer = curl(front.url + path, token=reader, headers=['If-None-Match: "same"'])
    assert (answer.status, answer.body) == (status, b"")
    assert (answer.header("ETag"), answer.header("X-Anything")) == ('"same"', "x")
    assert witness.last().all("If-None-Match") == ['"same"']


def test_answers_head_with_the_length_of_what_get_would_bring(
    front: Front, witness: Witness, reader: Token
) -> None:
    witness.answer("/head", "200 OK", "Content-Type: application/x-odd", 'ETag: "h"', body=b"x" * 12345)
    answer = curl(f"{front.url}/head", "--head", token=reader)
    assert witness.last().method == "HEAD"
    assert (answer.status, answer.header("ETag")) == (200, '"h"')
    assert answer.header("Content-Length") == "12345"


def test_passes_a_compressed_body_on(front: Front, witness: Witness, reader: Token) -> None:
    content = b"compress me " * 1000
    packed = gzip.compress(content)
    witness.answer("/packed", "200 OK", "Content-Type: text/plain", "Content-Encoding: gzip", body=packed)
    answer = curl(f"{front.url}/packed", token=reader, headers=["Accept-Encoding: gzip"])
    assert answer.header("Content-Encoding") == "gzip"
    # wrangler's proxy unpacks it and packs it anew; workerd passes the bytes on as they are.
    assert answer.body == packed if isinstance(front, BareGate) else gzip.decompress(answer.body) == content


def test_passes_each_cookie_on(front: Front, witness: Witness, reader: Token) -> None:
    witness.answer("/cookies", "200 OK", "Set-Cookie: a=1; Path=/", "Set-Cookie: b=2; Secure, x", body=b"")
    answer = curl(f"{front.url}/cookies", token=reader)
    assert answer.all("Set-Cookie") == ["a=1; Path=/", "b=2; Secure, x"]


def test_never_answers_one_token_with_what_another_was_given(
    front: Front, witness: Witness, reader: Token, writer: Token
) -> None:
    for token in (reader, writer, reader):
        witness.answer(
            "/cacheable", "200 OK", "Cache-Control: public, max-age=60", body=f"for {token.subject}".encode()
        )
        reached = len(witness.seen)
        assert curl(f"{front.url}/cacheable", token=token).text == f"for {token.subject}"
        assert len(witness.seen) == reached + 1
