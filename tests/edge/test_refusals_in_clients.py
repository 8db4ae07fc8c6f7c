"""What a person sees of a refusal, in their own client: a table of clients and situations, each tried with the real program.

docs/decisions.md says by what each client is recognised. Where a client hides the gate's words, the table holds its own.
"""

import contextlib
import io
import json
import logging
import re
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import anthropic
import httpx2
import huggingface_hub
import huggingface_hub.utils._http as hub_http
import openai
import pygit2
import pytest
from dulwich import porcelain
from huggingface_hub.errors import RepositoryNotFoundError

import tool
import words
from clients import Person, basic, curl, exchange, refused_upload
from image import write_image
from origin import Origin
from refusing import SITUATIONS, RefusedRequest, RefusingGate, message, new_refusing_gate, tokens_by_situation
from surroundings import REPOSITORY, bare_environment, program
from wheel import write_wheel

@pytest.fixture(scope="module")
def refusing(workshop: Path, keys: str, origin: Origin) -> Iterator[RefusingGate]:
    running = new_refusing_gate(workshop / "refusing", keys, origin.url)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def tokens(refusing: RefusingGate) -> dict[str, tool.Token | None]:
    return tokens_by_situation(refusing)


# Programs.


def _curl(request: RefusedRequest) -> str:
    method = "DELETE" if request.writes else "GET"
    answer = curl(f"{request.gate.url}/acme/widget", "--request", method, token=request.token)
    return json.loads(answer.text)["detail"]


def _wget(request: RefusedRequest) -> str:
    method = "DELETE" if request.writes else "GET"
    token = [] if request.token is None else [f"--header=Authorization: Bearer {request.token}"]
    url = f"{request.gate.url}/acme/widget"
    return request.run(program("wget"), "--tries=1", f"--method={method}", *token, "--output-document=-", url)


def _git(request: RefusedRequest) -> str:
    url = f"http://{request.userinfo}{request.host}/acme/widget"
    if not request.writes:
        return request.run(program("git"), "ls-remote", url)
    request.person.git("init", "--quiet", "repository").succeeded()
    folder = request.person.home / "repository"
    request.person.git("commit", "--quiet", "--allow-empty", "--message", "x", cwd=folder).succeeded()
    return request.run(program("git"), "push", url, "HEAD:main", cwd=folder)


def _git_lfs(request: RefusedRequest) -> str:
    person, folder = request.person, request.person.home / "repository"
    person.git("init", "--quiet", "repository").succeeded()
    person.git("remote", "add", "origin", f"http://{request.userinfo}{request.host}/acme/widget", cwd=folder).succeeded()
    arguments = ["lock", "x"] if request.writes else ["locks"]
    return request.run(program("git"), "lfs", *arguments, cwd=folder)


def _hf(request: RefusedRequest) -> str:
    token = {} if request.token is None else {"HF_TOKEN": request.token}
    arguments = ["download", "acme/widget", "config.json"]
    if request.writes:
        (request.person.home / "x").write_text("x")
        arguments = ["upload", "acme/widget", "x", "x"]
    variables = {"HF_ENDPOINT": request.gate.url, "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1"} | token
    return request.run(str(Path(sys.executable).parent / "hf"), *arguments, **variables)


def _pip(request: RefusedRequest) -> str:
    """A download of one file by its URL. The table below has what pip says about an index."""
    url = f"http://{request.userinfo}{request.host}/files/widget-1.0-py3-none-any.whl"
    return request.run(
        *(sys.executable, "-m", "pip", "download", "--no-input", "--no-deps", "--no-cache-dir", "--retries", "0"),
        *("--disable-pip-version-check", url),
    )


def _uv(request: RefusedRequest) -> str:
    uv = str(Path(sys.executable).parent / "uv")
    url = f"http://{request.userinfo}{request.host}/simple/"
    return request.run(uv, "pip", "compile", "--no-cache", "--index-url", url, _requirements(request), UV_HTTP_RETRIES="0")


def _uv_publish(request: RefusedRequest) -> str:
    login = [] if request.token is None else ["--username", "alice", "--password", request.token]
    url = f"{request.gate.url}/legacy/"
    uv = str(Path(sys.executable).parent / "uv")
    publish = ("publish", "--no-cache", "--trusted-publishing=never", "--publish-url", url)
    command = [uv, *publish, *login, str(write_wheel(request.person.home, "widget", "1.0"))]
    refused = refused_upload(lambda: request.person.run(command, UV_HTTP_RETRIES="0"))
    return refused.output + refused.errors


def _requirements(request: RefusedRequest) -> str:
    file = request.person.home / "requirements.in"
    file.write_text("widget\n")
    return str(file)


def _twine(request: RefusedRequest) -> str:
    printed = request.run(
        *(sys.executable, "-m", "twine", "upload", "--non-interactive", "--disable-progress-bar", "--username", "alice"),
        *("--password", request.token or "", "--repository-url", f"{request.gate.url}/legacy/"),
        str(write_wheel(request.person.home, "widget", "1.0")),
    )
    # It breaks lines at the terminal's width.
    return re.sub(r"\s+", " ", printed)


def _npm(request: RefusedRequest) -> str:
    home = request.person.home
    token = "" if request.token is None else f"//{request.host}/:_authToken={request.token}\n"
    (home / ".npmrc").write_text(f"registry={request.gate.url}/\nfetch-retries=0\nupdate-notifier=false\n{token}")
    arguments = ["view", "widget"]
    if request.writes:
        (home / "package.json").write_text('{"name": "widget", "version": "1.0.0"}')
        arguments = ["publish"]
    return request.run(program("node"), str(REPOSITORY / "tests/edge/node_modules/npm/bin/npm-cli.js"), *arguments)


def _skopeo(request: RefusedRequest) -> str:
    image = f"docker://{request.host}/acme/widget:latest"
    credentials = "--no-creds" if request.token is None else f"--creds=alice:{request.token}"
    if request.writes:
        folder = request.person.home / "image"
        write_image(folder, "an image of the tests")
        policy = request.person.home / "policy.json"
        policy.write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
        credentials = credentials.replace("--", "--dest-")
        copied = f"dir:{folder}"
        return request.run(
            program("skopeo"), f"--policy={policy}", "copy", "--dest-tls-verify=false", credentials, copied, image
        )
    return request.run(program("skopeo"), "inspect", "--tls-verify=false", credentials, image)


# Libraries.


def _openai(request: RefusedRequest) -> str:
    client = openai.OpenAI(base_url=f"{request.gate.url}/v1", api_key=request.token or "none", max_retries=0)
    with pytest.raises(openai.APIStatusError) as refused:
        if request.writes:
            client.files.delete("file-1")
        else:
            client.chat.completions.create(model="acme/widget", messages=[{"role": "user", "content": "x"}])
    return str(refused.value)


def _anthropic(request: RefusedRequest) -> str:
    client = anthropic.Anthropic(base_url=request.gate.url, auth_token=request.token or "none", max_retries=0)
    with pytest.raises(anthropic.APIStatusError) as refused:
        if request.writes:
            client.messages.batches.delete("batch-1")
        else:
            client.messages.create(model="acme/widget", max_tokens=1, messages=[{"role": "user", "content": "x"}])
    return refused.value.body["error"]["message"] if refused.value.body["type"] == "error" else ""


def _pygit2(request: RefusedRequest) -> str:
    token = request.token
    callbacks = pygit2.RemoteCallbacks(credentials=pygit2.UserPass("alice", token) if token else None)
    repository = pygit2.init_repository(str(request.person.home / "repository"))
    remote = repository.remotes.create_anonymous(f"{request.gate.url}/acme/widget")
    with pytest.raises(Exception) as refused:
        if request.writes:
            signature = pygit2.Signature("Alice", "alice@example.org")
            tree = repository.index.write_tree()
            repository.create_commit("refs/heads/main", signature, signature, "x", tree, [])
            remote.push(["refs/heads/main"], callbacks=callbacks)
        else:
            remote.list_heads(callbacks=callbacks)
    return str(refused.value)


def _dulwich(request: RefusedRequest) -> str:
    login = {} if request.token is None else {"username": "alice", "password": request.token}
    url = f"{request.gate.url}/acme/widget"
    with pytest.raises(Exception) as refused:
        if request.writes:
            folder = str(request.person.home / "repository")
            porcelain.init(folder)
            porcelain.commit(folder, b"x", author=b"A <a@example.org>", committer=b"A <a@example.org>", sign=False)
            porcelain.push(folder, url, "refs/heads/master", errstream=io.BytesIO(), **login)
        else:
            porcelain.ls_remote(url, **login)
    return f"{type(refused.value).__name__}: {refused.value}"


def _huggingface_hub(request: RefusedRequest) -> str:
    """Over https, where the library knows the Hub's addresses by their form. A download begins with HEAD, whose answer has no
    body: what is shown there is in the log."""
    api = huggingface_hub.HfApi(endpoint=request.gate.secure, token=request.token or False)
    with _trusting(request.gate), _logged_warnings() as logged, pytest.raises(Exception) as refused:
        if request.writes:
            api.create_repo("alice/never")
        else:
            api.hf_hub_download("acme/widget", "config.json", cache_dir=request.person.home)
    assert not isinstance(refused.value, RepositoryNotFoundError)
    return "\n".join([*logged, str(refused.value)])


@contextlib.contextmanager
def _trusting(gate: RefusingGate) -> Iterator[None]:
    trust = ssl.create_default_context(cafile=str(gate.certificate))
    huggingface_hub.set_client_factory(lambda: httpx2.Client(verify=trust, follow_redirects=True, timeout=None))
    yield
    huggingface_hub.set_client_factory(hub_http.default_client_factory)


@contextlib.contextmanager
def _logged_warnings() -> Iterator[list[str]]:
    """What the library logs during the block."""
    logged: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: logged.append(record.getMessage())
    logger = logging.getLogger("huggingface_hub")
    hub_http._WARNED_TOPICS.clear()
    logger.addHandler(handler)
    yield logged
    logger.removeHandler(handler)


PYTHON: dict[str, Callable[[RefusedRequest], str]] = {
    "curl": _curl,
    "wget": _wget,
    "git": _git,
    "git-lfs": _git_lfs,
    "hf": _hf,
    "huggingface_hub": _huggingface_hub,
    "pip": _pip,
    "uv": _uv,
    "uv publish": _uv_publish,
    "twine": _twine,
    "npm": _npm,
    "skopeo": _skopeo,
    "openai": _openai,
    "anthropic": _anthropic,
    "libgit2": _pygit2,
    "dulwich": _dulwich,
}

JAVASCRIPT = ["openai", "ai-sdk", "huggingface.js", "isomorphic-git", "fetch"]

# What is shown in place of the gate's words: the client asks for nothing without a token, sends a word of its own in its place,
# or hides whatever the server says.
OWN_WORDS = {
    ("git", "none"): "could not read Username for",
    ("git-lfs", "none"): "could not read Username for",
    ("openai", "none"): "What was sent is a placeholder",
    ("anthropic", "none"): "What was sent is a placeholder",
    ("twine", "none"): "tokens here begin with hf_",
    ("ai-sdk", "none"): "no token after Bearer: is the variable set?",
    ("skopeo", "none"): "access token",
    ("skopeo", "unavailable"): "received unexpected HTTP status: 503 Service Unavailable",
    ("pip", "unavailable"): "too many 503 error responses",
    ("uv publish", "none"): "Missing credentials for",
    ("uv", "unavailable"): "503 Service Unavailable",
    ("libgit2", "none"): "remote authentication required but no callback set",
    ("libgit2", "role"): "unexpected http status code: 403",
    ("libgit2", "unavailable"): "unexpected http status code: 503",
    ("dulwich", "role"): "unexpected http resp 403",
    ("dulwich", "unavailable"): "unexpected http resp 503",
}
for situation in ("none", "forged", "expired", "revoked"):
    OWN_WORDS["uv", situation] = "a lack of valid authentication credentials (401 Unauthorized)"
    OWN_WORDS["dulwich", situation] = "HTTPUnauthorized: No valid credentials provided"
    OWN_WORDS.setdefault(("libgit2", situation), "too many redirects or authentication replays")

# What is not tried: pip only reads, and `hf` waits half a minute where huggingface_hub need not.
NOT_TRIED = {("pip", "role"), ("uv", "role"), ("hf", "unavailable")}


def _expected(client: str, situation: str, token: tool.Token | None) -> str:
    return OWN_WORDS.get((client, situation)) or message(situation, token)


TRIED = [(client, situation) for client in PYTHON for situation in SITUATIONS if (client, situation) not in NOT_TRIED]


@pytest.mark.parametrize(("client", "situation"), TRIED)
def test_a_person_reads_why(
    refusing: RefusingGate,
    tokens: dict[str, tool.Token | None],
    person: Person,
    monkeypatch: pytest.MonkeyPatch,
    client: str,
    situation: str,
) -> None:
    token = tokens[situation]
    request = RefusedRequest(refusing, token.text if token else None, situation == "role", person)
    # The libraries wait before they try again.
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    assert _expected(client, situation, token) in PYTHON[client](request)


@pytest.fixture(scope="module")
def shown_in_javascript(refusing: RefusingGate, tokens: dict[str, tool.Token | None]) -> dict[tuple[str, str], str | None]:
    """What each JavaScript client shows in each situation, from one process."""
    cases = [(client, situation) for client in JAVASCRIPT for situation in SITUATIONS]
    asked = [
        {
            "client": client,
            "url": refusing.url,
            "token": str(tokens[situation]) if tokens[situation] else None,
            "does": "write" if situation == "role" else "read",
        }
        for client, situation in cases
    ]
    script = str(REPOSITORY / "tests/edge/support/clients.mjs")
    ran = subprocess.run(
        [program("node"), script],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=60,
        env=bare_environment(refusing.folder),
    )
    assert ran.returncode == 0, ran.stderr
    return dict(zip(cases, json.loads(ran.stdout), strict=True))


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("client", JAVASCRIPT)
def test_a_person_reads_why_in_javascript(
    shown_in_javascript: dict[tuple[str, str], str | None], tokens: dict[str, tool.Token | None], client: str, situation: str
) -> None:
    shown = shown_in_javascript[client, situation]
    assert shown is not None
    assert _expected(client, situation, tokens[situation]) in shown


def test_pip_shows_nothing_of_an_index_that_refuses_it(
    refusing: RefusingGate, tokens: dict[str, tool.Token | None], person: Person
) -> None:
    """pip takes an index that it cannot read for an empty one. With `-vv` it shows the reason phrase."""
    url = f"http://alice:{tokens['revoked']}@{refusing.host}/simple/"
    download = [sys.executable, "-m", "pip", "download", "--no-input", "--no-cache-dir", "--index-url", url, "widget"]
    request = RefusedRequest(refusing, None, False, person)
    assert "(from versions: none)" in request.run(*download)
    assert words.TOKEN_REVOKED in request.run(*download, "-vv")


def test_the_challenge_is_one_line_with_basic_first(refusing: RefusingGate) -> None:
    """docker reads the first challenge of the first line. With another one, it would ask a token server that does not exist."""
    head = f"GET /v2/ HTTP/1.1\r\nHost: {refusing.host}\r\nUser-Agent: docker/28.5.1\r\nConnection: close\r\n\r\n"
    answer = exchange(refusing.host, head.encode()).decode()
    lines = [line for line in answer.split("\r\n") if line.lower().startswith("www-authenticate:")]
    assert lines == ['WWW-Authenticate: Basic realm="hf", charset="UTF-8", Bearer realm="hf"']


NAVIGATION = ["Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", "Sec-Fetch-Site: none"]
FETCH = ["Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty", "Sec-Fetch-Site: cross-site"]
IMAGE = ["Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image", "Sec-Fetch-Site: same-origin"]


@pytest.mark.parametrize("path", ["/acme/widget", "/api/models/acme/widget", "/acme/widget/resolve/main/x.png", "/v2/", "/v1/models"])
@pytest.mark.parametrize(("fields", "asks"), [([], True), (NAVIGATION, True), (FETCH, False), (IMAGE, False)])
def test_a_browser_asks_for_a_password_where_a_person_goes(
    refusing: RefusingGate, path: str, fields: list[str], asks: bool
) -> None:
    answer = curl(refusing.url + path, headers=fields)
    assert answer.status == 401
    challenge = answer.header("WWW-Authenticate") or ""
    assert challenge.endswith('Bearer realm="hf"')
    assert challenge.startswith("Basic ") == asks


MISTAKES = {
    "Authorization: Bearer": "no token after Bearer: is the variable set?",
    "Authorization: Bearer ": "no token after Bearer: is the variable set?",
    "Authorization: Bearer undefined": "is the variable set?",
    "Authorization: Bearer null": "is the variable set?",
    "Authorization: Bearer None": "is the variable set?",
    "Authorization: Bearer $HF_TOKEN": "is the variable set?",
    "Authorization: Bearer ${{secrets.TOKEN}}": "is the variable set?",
    "Authorization: Bearer <token>": "is the variable set?",
    "Authorization: Bearer hunter2": "tokens here begin with hf_",
    "Authorization: Bearer a-password-as-long-as-a-token-would-be-and-some-more-letters-still": "tokens here begin with hf_",
    "Authorization: Bearer github_pat_aBcDeFgHiJkLmNoPqRsTuVwXyZ": "This is a token of another service",
    "Authorization: Bearer ghp_aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789": "This is a token of another service",
    "Authorization: Bearer glpat-aBcDeFgHiJkLmNoPqRsT": "This is a token of another service",
    "Authorization: Bearer \"{token}\"": "There are quotes or brackets around the access token",
    "Authorization: Bearer '{token}'": "There are quotes or brackets around the access token",
    "Authorization: Bearer {token}\\n": "There is a space or a line end",
    "Authorization: Bearer {token}%0A": "There is a space or a line end",
    "Authorization: Bearer HF_TOKEN={token}": "There is something before the access token",
    "Authorization: Bearer Bearer {token}": "holds the scheme twice",
    "Authorization: Bearer token {token}": "holds the scheme twice",
    "Authorization: token {token}": "the Authorization scheme must be Bearer or Basic",
    "Authorization: {token}": "must hold a scheme before the token",
    ("alice", "hunter2"): "tokens here begin with hf_",
    ("alice", "undefined"): "is the variable set?",
    ("alice", "{token}\n"): "There is a space or a line end",
    ("alice", "{token}\r\n"): "There is a space or a line end",
    ("alice", "Bearer {token}"): "There is something before the access token",
}


@pytest.mark.parametrize("sent_as_token", MISTAKES, ids=range(len(MISTAKES)))
def test_says_what_was_sent_in_the_place_of_a_token(
    refusing: RefusingGate, tokens: dict[str, tool.Token | None], sent_as_token: str | tuple[str, str]
) -> None:
    token = str(tokens["role"])
    if isinstance(sent_as_token, tuple):
        user, password = sent_as_token
        header = basic(user, password.replace("{token}", token))
    else:
        header = sent_as_token.replace("{token}", token)
    answer = curl(f"{refusing.url}/acme/widget", headers=[header])
    assert answer.status in (400, 401)
    assert MISTAKES[sent_as_token] in json.loads(answer.text)["detail"]
    assert token not in answer.text and token not in str(answer.headers)
