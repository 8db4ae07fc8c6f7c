"""What reaches the origin, and what comes back: nothing more, nothing less."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

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
    """Gates that let reads through without credentials."""
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


# Who came


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
    assert not seen.all("Authorization")


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
    # Neither is a token looked at, be it good or bad.
    for value in (f"Bearer {reader}", "Bearer nonsense", "nonsense"):
        assert curl(front.url + PUBLIC, "--data", "x", headers=[f"Authorization: {value}"]).status == 200
        assert _identity(witness.last()) == {"x-lychgate-access": ["public"]}
        assert witness.last().all("Authorization") == [value]
    preflight = ["Origin: https://app.example", "Access-Control-Request-Method: PUT"]
    assert curl(front.url + WRITE, "--request", "OPTIONS", headers=preflight).status == 200
    assert witness.last().method == "OPTIONS"
    assert _identity(witness.last()) == {"x-lychgate-access": ["public"]}


def test_lets_anonymous_reads_through_where_configured_and_nothing_else(
    anonymous: Front, witness: Witness, reader: Token
) -> None:
    for arguments in ([READ], [INFERENCE, "--json", "{}"]):
        path, *rest = arguments
        assert curl(anonymous.url + path, *rest).status == 200
        assert _identity(witness.last()) == {"x-lychgate-access": ["read"]}
    batch = "/acme/widget.git/info/lfs/objects/batch"
    download, upload = '{"operation":"download"}', '{"operation":"upload"}'
    assert curl(anonymous.url + batch, "--data", download).status == 200
    assert _identity(witness.last()) == {"x-lychgate-access": ["read"]}

    reached = len(witness.seen)
    assert curl(anonymous.url + batch, "--data", upload).code == "token_required"
    assert curl(anonymous.url + WRITE, "--request", "PUT").code == "token_required"
    assert curl(anonymous.url + CONTRIBUTE, "--json", "{}").code == "token_required"
    # Credentials that were sent must be good.
    assert curl(anonymous.url + READ, token="nonsense").code == "token_invalid"
    assert curl(anonymous.url + READ, headers=["Authorization: x"]).code == "credentials_malformed"
    assert len(witness.seen) == reached

    assert curl(anonymous.url + READ, token=reader).status == 200
    assert _identity(witness.last()) == _of(reader, "read", "read")


FORGED_HEADERS = [
    "X-Lychgate-Subject: root",
    "x-lychgate-role: write",
    "X-LYCHGATE-ACCESS: write",
    "X-Lychgate-Token: 0-0",
    "X-Lychgate-Assertion: e30.e30.e30",
    "X-Lychgate-Anything: x",
    "X_Lychgate_Subject: root",
    "X-Lychgate_Subject: root",
    "x_lychgate-Access: write",
]

OVERRIDES = [
    "X-HTTP-Method-Override: DELETE",
    "X-HTTP-Method: DELETE",
    "X-Method-Override: DELETE",
    "x_http_method_override: DELETE",
    "X-Original-Method: DELETE",
    "X-Original-URL: /api/repos/delete",
    "X-Rewrite-URL: /api/repos/delete",
    "X-Original-URI: /api/repos/delete",
    "X-Forwarded-Uri: /api/repos/delete",
    "X-Forwarded-Path: /api/repos/delete",
    "X-Forwarded-Method: DELETE",
    "X-Forwarded-Prefix: /api",
    "X-Script-Name: /api",
    "x_script_name: /api",
]


def test_takes_away_what_only_the_gate_may_say(front: Front, witness: Witness, reader: Token) -> None:
    forged = [*FORGED_HEADERS, *OVERRIDES]
    assert curl(front.url + READ, token=reader, headers=forged).status == 200
    _assert_clean(witness.last(), _of(reader, "read", "read"))
    assert curl(front.url + PUBLIC, "--data", "x", headers=forged).status == 200
    _assert_clean(witness.last(), {"x-lychgate-access": ["public"]})


def test_takes_away_what_only_the_gate_may_say_from_anonymous_reads(anonymous: Front, witness: Witness) -> None:
    assert curl(anonymous.url + READ, headers=[*FORGED_HEADERS, *OVERRIDES]).status == 200
    _assert_clean(witness.last(), {"x-lychgate-access": ["read"]})


def _assert_clean(seen: Seen, identity: dict[str, list[str]]) -> None:
    assert _identity(seen) == identity
    overrides = {line.partition(":")[0].lower() for line in OVERRIDES}
    assert not overrides & seen.names()
    assert "root" not in str(seen.headers)


def test_passes_all_other_headers_as_they_are(front: Front, witness: Witness, reader: Token) -> None:
    sent = {
        "User-Agent": "git/2.47.3",
        "Accept": "application/x-git-upload-pack-advertisement",
        "Accept-Language": "de, en;q=0.5",
        "Cookie": "a=b; c=d",
        "Range": "bytes=0-99",
        "If-None-Match": 'W/"etag"',
        "Git-Protocol": "version=2",
        "Origin": "https://app.example",
        "Referer": "https://app.example/page",
        "X-Forwarded-For": "192.0.2.1",
        "X-Anything": "as it is",
        "Cache-Control": "max-age=5",
    }
    assert curl(front.url + READ, token=reader, headers=[f"{n}: {v}" for n, v in sent.items()]).status == 200
    seen = witness.last()
    assert {name: seen.all(name) for name in sent} == {name: [value] for name, value in sent.items()}
    # The origin is told by which name the gate was asked, whatever the caller says of it.
    assert seen.all("X-Forwarded-Host") == [front.host]
    assert seen.all("X-Forwarded-Proto") == ["http"]
    assert seen.all("Host") == [witness.host]
    added = seen.names() - {name.lower() for name in sent}
    # The last two are workerd's, which asks caches not to answer; accept-encoding and cf-worker are wrangler's.
    assert added <= {"host", "x-forwarded-host", "x-forwarded-proto", *_of(reader, "", ""), "x-lychgate-assertion",
                     "pragma", "cache-control", "accept-encoding", "cf-worker"}  # fmt: skip


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
    """A POST of two bytes with the target as it stands."""
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
def test_passes_status_headers_and_body_on_untouched(
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
    assert {name: answer.all(name) for name in headers} == {name: [value] for name, value in headers.items()}
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
