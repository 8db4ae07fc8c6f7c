"""Every refusal in the form that each client shows: status, headers and body."""

import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

import secrets_used
import words
from clients import Response, curl, exchange
from conftest import Organization, Tokens
from gate import Gate, LoggingWorker

READ = "/acme/widget"
# A read to look at and a write in effect, and it takes GET and HEAD.
ADVERTISED_WRITE = "/acme/widget.git/info/refs?service=git-receive-pack"

PHRASES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    413: "Content Too Large",
    414: "URI Too Long",
    429: "Too Many Requests",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}

BASIC = 'Basic realm="hub", charset="UTF-8"'
BEARER = 'Bearer realm="hub"'


@dataclass(frozen=True)
class Refused:
    """A request that the gate refuses, and the expected response."""

    name: str
    status: int
    code: str
    text: Callable[[Tokens], str]
    challenges: list[str] = field(default_factory=list)
    retry_after: str | None = None
    path: str = READ
    headers: Callable[[Tokens], list[str]] = lambda _tokens: []
    method: str | None = None
    browser_text: str | None = None


def _bearer(name: str) -> Callable[[Tokens], list[str]]:
    return lambda tokens: [f"Authorization: Bearer {tokens.named(name).text}"]


def _malformed(what: str) -> Callable[[Tokens], str]:
    return lambda _tokens: (
        f"The credentials cannot be read: {what}. Send `Authorization: Bearer <token>`, or Basic with the token as the "
        "password."
    )


def _says(text: str) -> Callable[[Tokens], str]:
    return lambda _tokens: text


def _invalid(name: str, code: str) -> Refused:
    return Refused(
        name,
        401,
        code,
        lambda tokens: words.refusal_of(name, tokens.named(name)),
        [BASIC, f'{BEARER}, error="invalid_token"'],
        headers=_bearer(name),
    )


def _credentials(name: str, what: str, path: str = READ, *, headers: Callable[[Tokens], list[str]]) -> Refused:
    return Refused(
        name,
        400,
        "credentials_malformed",
        _malformed(what),
        [f'{BEARER}, error="invalid_request"'],
        path=path,
        headers=headers,
    )


def _ambiguous(name: str, path: str, what: str) -> Refused:
    text = f"The URL is ambiguous: {what}. Send it in its plain form."
    return Refused(name, 400, "target_ambiguous", _says(text), path=path, headers=_bearer("write"))


ONE_VALUE = "the Authorization header must hold one scheme and one value, once"
METHODS = "GET HEAD OPTIONS POST PUT PATCH DELETE"

ROWS = [
    Refused(
        "no credentials", 401, "token_required", _says(words.TOKEN_REQUIRED), [BASIC, BEARER],
        browser_text=words.TOKEN_REQUIRED_BY_A_PAGE,
    ),  # fmt: skip
    Refused(
        "no value", 400, "credentials_malformed",
        _says(
            "The credentials cannot be read: no token after Bearer: is the variable set? Send "
            "`Authorization: Bearer <token>`, or Basic with the token as the password."
        ),
        [f'{BEARER}, error="invalid_request"'],
        headers=_says(["Authorization: Bearer"]),
    ),  # fmt: skip
    Refused(
        "another hub's token", 401, "token_invalid",
        _says(
            "This is a token of another service. Create one here, and if that one was sent here by mistake, revoke it "
            "there. Tokens here begin with hub_."
        ),
        [BASIC, f'{BEARER}, error="invalid_token"'],
        headers=_says(["Authorization: Bearer hf_aBcDeFgHiJkLmNoPqRsTuVwXyZ01234567"]),
    ),  # fmt: skip
    _credentials(
        "unknown scheme",
        "the Authorization scheme must be Bearer or Basic",
        headers=lambda tokens: [f"Authorization: Token {tokens.read}"],
    ),
    _credentials("not base64", "the value of Basic is not base64", headers=_says(["Authorization: Basic !!!!"])),
    _credentials(
        "no colon", "the value of Basic holds no user name and password with a colon between",
        headers=_says(["Authorization: Basic YWxpY2U="]),
    ),  # fmt: skip
    _credentials(
        "repeated", ONE_VALUE,
        headers=lambda tokens: [f"Authorization: Bearer {tokens.read}", f"Authorization: Bearer {tokens.read}"],
    ),  # fmt: skip
    _credentials(
        "too long",
        "the Authorization header is too long to hold a token",
        headers=_says(["Authorization: Bearer " + "a" * 5000]),
    ),
    _credentials(
        "token in the URL",
        "a token must not stand in the URL; send it in the Authorization header",
        f"{READ}?access_token={secrets_used.marker('urltoken')}",
        headers=_bearer("read"),
    ),
    _invalid("forged", "token_invalid"),
    _invalid("expired", "token_expired"),
    _invalid("revoked", "token_revoked"),
    _invalid("organization", "org_token_deprecated"),
    Refused(
        "role too low",
        403,
        "role_insufficient",
        _says(words.ROLE_INSUFFICIENT),
        [f'{BEARER}, error="insufficient_scope", scope="write"'],
        path=ADVERTISED_WRITE,
        headers=_bearer("read"),
    ),
    _ambiguous("empty segment", "/acme//widget", "the path has two slashes in a row, or a segment that begins with a semicolon"),
    _ambiguous(
        "encoded slash", "/acme%2Fwidget/resolve/main/config.json",
        "a segment that is not a revision, branch, tag or file path has an encoded slash, percent, question or number "
        "sign, a semicolon, a space or dot at its end, a space before HTTP, or parentheses in parentheses",
    ),  # fmt: skip
    _ambiguous("encoded twice", "/acme/widget/resolve/main/%252e%252e/x", "the path is encoded twice"),
    _ambiguous("not UTF-8", "/acme/widget/resolve/main/%FF", "the target is not UTF-8"),
    _ambiguous(
        "repeated parameter",
        f"{ADVERTISED_WRITE}&service=git-upload-pack",
        "a query parameter that determines the class occurs twice",
    ),
    Refused(
        "target too long",
        414,
        "target_too_long",
        _says("The URL's path and query have 9015 bytes; at most 8192 are read. Send less in the query."),
        path=f"{READ}?q=" + "a" * 9000,
        headers=_bearer("read"),
    ),
    Refused(
        "unknown service",
        403,
        "route_refused",
        _says("This request is not served. With git, the service must be git-upload-pack or git-receive-pack."),
        path="/acme/widget.git/info/refs?service=git-odd-pack",
        headers=_bearer("write"),
    ),
    Refused(
        "reserved path",
        404,
        "path_reserved",
        _says("Nothing is here: this path is one of the gate's own, and the page's host has no others."),
        path="/-/anything",
        headers=_bearer("write"),
    ),
    *(
        Refused(
            f"method {method}",
            501,
            "method_unsupported",
            _says(f"The request method is not supported: the method is not one of {METHODS} in exactly this spelling."),
            headers=_bearer("write"),
            method=method,
        )
        for method in ("PROPFIND", "MKCOL", "PURGE")
    ),
    Refused(
        "list missing",
        503,
        "revocations_unavailable",
        _says(words.LIST_UNAVAILABLE),
        retry_after="5",
        headers=_bearer("listless"),
    ),
]

CLIENTS = {
    "git": ["User-Agent: git/2.47.3", "Accept: */*"],
    "git-lfs": ["User-Agent: git-lfs/3.3.0 (GitHub; linux amd64; go 1.19.8)", "Accept: application/vnd.git-lfs+json"],
    "hub": ["User-Agent: unknown/None; hf_hub/2.4.0; python/3.11.7"],
    "browser": [
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
        "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    ],
    "openai": ["User-Agent: OpenAI/Python 3.57.0", "Accept: application/json"],
    "npm": ["User-Agent: npm/10.9.2 node/v22.23.3 linux x64 workspaces/false", "Accept: application/json"],
    "wget": ["User-Agent: Wget/1.21.4", "Accept: */*"],
    "other": ["User-Agent: curl/7.88.1", "Accept: */*"],
}

ERROR_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    501: "api_error",
    502: "api_error",
    503: "api_error",
    504: "api_error",
}


def _ask(gate: LoggingWorker, path: str, client: str, headers: list[str], method: str) -> Response:
    arguments = ["--head"] if method == "HEAD" else ["--request", method]
    return curl(gate.url + path, *arguments, headers=[*CLIENTS[client], *headers])


def _form(client: str, path: str) -> str:
    """A browser that asks for a repository's file gets the same refusal as the Hub's clients, worded for people."""
    return "hub" if client == "other" and "/resolve/" in path else client


def assert_answer(answer: Response, client: str, status: int, code: str, text: str) -> None:
    """All parts of a response that do not depend on the method."""
    text = text.removesuffix(".") if client == "hub" else text
    hub_message = words.HUB_INVALID_TOKEN if client == "hub" and status == 401 else None
    assert answer.status == status
    assert answer.header("X-Error-Code") == code
    assert answer.header("X-Error-Message") == (hub_message or text)
    assert answer.header("Cache-Control") == "no-store"
    assert answer.header("X-Content-Type-Options") == "nosniff"
    assert answer.header("X-HF-Warning") == (f"{code}; {text}" if client == "hub" else None)
    assert answer.header("npm-notice") == (text if client == "npm" else None)
    # A page of any origin may read what the gate itself says.
    assert answer.header("Access-Control-Allow-Origin") == "*"
    assert "X-Error-Message" in (answer.header("Access-Control-Expose-Headers") or "")
    assert answer.header("Access-Control-Allow-Credentials") is None
    assert answer.header("Content-Type") == {
        "git": "text/plain; charset=utf-8",
        "git-lfs": "application/vnd.git-lfs+json",
        "hub": "application/json",
        "browser": "text/html; charset=utf-8",
        "openai": "application/json",
        "npm": "application/json",
        "wget": "application/problem+json",
        "other": "application/problem+json",
    }[client]
    assert (answer.header("Content-Security-Policy") is not None) == (client == "browser")


def assert_body(answer: Response, client: str, status: int, code: str, text: str) -> None:
    text = text.removesuffix(".") if client == "hub" else text
    match client:
        case "git":
            assert answer.text == f"{text}\n"
        case "git-lfs":
            assert json.loads(answer.text) == {"message": text}
        case "hub" | "npm":
            assert json.loads(answer.text) == {"error": text, "code": code}
        case "browser":
            assert answer.text.startswith("<!doctype html>\n")
            assert f"<title>{status} {PHRASES[status]}</title>" in answer.text
            shown = re.sub("`([^`]*)`", r"<code>\1</code>", html.escape(text, quote=False))
            assert f"<p>{shown}</p>" in answer.text
            assert f"<small>{status} {code}</small>" in answer.text
            assert "`" not in answer.text
        case "openai":
            kind = ERROR_TYPES.get(status, "invalid_request_error")
            assert json.loads(answer.text) == {"error": {"message": text, "type": kind, "code": code}}
        case "wget" | "other":
            assert json.loads(answer.text) == {
                "status": status,
                "title": PHRASES[status],
                "detail": text,
                "code": code,
            }
        case _:
            pytest.fail(f"no such client: {client}")


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name.replace(" ", "-"))
def test_refuses_in_the_form_that_the_client_shows(gate: Gate, tokens: Tokens, row: Refused, client: str) -> None:
    form = _form(client, row.path)
    text = row.browser_text if client == "browser" and row.browser_text else row.text(tokens)
    for method in [row.method] if row.method else ["GET", "HEAD"]:
        answer = _ask(gate, row.path, client, row.headers(tokens), method)
        assert_answer(answer, form, row.status, row.code, text)
        # workerd joins repeated headers with a comma, as HTTP allows.
        assert (answer.header("WWW-Authenticate") or "") == ", ".join(row.challenges)
        assert answer.header("Retry-After") == row.retry_after
        expects_lfs = client == "git-lfs" and row.status == 401
        assert answer.header("LFS-Authenticate") == (BASIC if expects_lfs else None)
        if method != "HEAD":
            assert_body(answer, form, row.status, row.code, text)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("membership", ["none", "no_access", "read", "contributor"])
def test_refuses_a_member_who_may_not_in_the_form_that_the_client_shows(
    organization: Organization, membership: str, client: str
) -> None:
    headers = [f"Authorization: Bearer {organization[membership].write}"]
    text = words.membership_insufficient(membership)
    for method in ["GET", "HEAD"]:
        answer = _ask(organization.gate, ADVERTISED_WRITE, client, headers, method)
        assert_answer(answer, client, 403, "membership_insufficient", text)
        assert answer.header("WWW-Authenticate") == f'{BEARER}, error="insufficient_scope", scope="write"'
        assert answer.header("Retry-After") is None
        if method != "HEAD":
            assert_body(answer, client, 403, "membership_insufficient", text)


@pytest.mark.parametrize("client", CLIENTS)
def test_says_in_a_clients_own_form_that_memberships_are_unavailable(
    organization: Organization, client: str
) -> None:
    gate = organization.gate
    subject = f"ivan-{client}"
    headers = [f"Authorization: Bearer {gate.create(subject, 'write')}"]
    gate.store.values[f"members/{subject}"] = b"not a record"
    for method in ["GET", "HEAD"]:
        answer = _ask(gate, ADVERTISED_WRITE, client, headers, method)
        assert_answer(answer, client, 503, "memberships_unavailable", words.MEMBERSHIPS_UNAVAILABLE)
        assert answer.header("WWW-Authenticate") is None
        assert answer.header("Retry-After") == "5"
        if method != "HEAD":
            assert_body(answer, client, 503, "memberships_unavailable", words.MEMBERSHIPS_UNAVAILABLE)


def test_sends_no_body_after_head(gate: Gate) -> None:
    request = f"HEAD {READ} HTTP/1.1\r\nHost: {gate.host}\r\nConnection: close\r\n\r\n"
    answer = exchange(gate.host, request.encode())
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert answer.partition(b"\r\n\r\n")[2] == b""


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("path", ["/{}", "/api/models/acme/widget?{0}={0}", "/acme/{}//x", "/acme/%FF{}", "/-/{}"])
def test_never_repeats_what_the_caller_sent(gate: Gate, client: str, path: str) -> None:
    sent = secrets_used.marker("sent")
    for credentials in ([], [f"Authorization: Bearer {sent}"], [f"Authorization: {sent} {sent}"]):
        headers = [*CLIENTS[client], *credentials, f"X-Anything: {sent}", f"Cookie: a={sent}", f"Referer: http://{sent}/"]
        answer = curl(gate.url + path.format(sent), "--data", sent, headers=headers)
        assert answer.status >= 400 and answer.code
        assert sent not in answer.text
        assert sent not in str(answer.headers)


@pytest.mark.parametrize(
    ("user_agent", "accept", "content_type"),
    [
        ("JGit/6.7.0", "*/*", "text/plain; charset=utf-8"),
        ("go-git/5.12.0", "*/*", "text/plain; charset=utf-8"),
        ("git/2.47.3", "application/vnd.git-lfs+json; charset=utf-8", "application/vnd.git-lfs+json"),
        ("git-lfs/3.3.0", "*/*", "application/vnd.git-lfs+json"),
        ("transformers/5.0; hf_hub/2.4.0", "text/html", "application/json"),
        ("pip/25.3 {}", "text/html", "application/problem+json"),
        ("digit/1.0", "*/*", "application/problem+json"),
        ("", "", "application/problem+json"),
        ("", "application/json", "application/problem+json"),
        ("python-requests/2.32", "text/html", "text/html; charset=utf-8"),
    ],
)
def test_chooses_the_form_by_user_agent_and_accept(
    gate: Gate, user_agent: str, accept: str, content_type: str
) -> None:
    answer = curl(gate.url + READ, headers=[f"User-Agent: {user_agent}".rstrip(), f"Accept: {accept}".rstrip()])
    assert answer.status == 401
    assert answer.header("Content-Type") == content_type
