"""huggingface_hub and `hf` through the gate: what they do, and how they show a refusal."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import huggingface_hub
import pytest
from huggingface_hub import CommitInfo, CommitOperationAdd, HfApi
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, RepositoryNotFoundError

import words
from clients import Outcome
from conftest import Organization, Tokens
from gate import Gate, LoggingWorker
from surroundings import bare_environment
from tool import Token

# The shards of tests that publish a list of their own.
SHARD_PUBLISHED_LATE = 20

LFS_FILE_BYTES = 11 * 1024 * 1024

SEE_ALSO = "For more information check: https://developer.mozilla.org/en-US/docs/Web/HTTP/Status/"


@pytest.fixture(autouse=True)
def hub_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh HF_HOME. The library reads its environment when it is imported, so the constants are set as well."""
    home = tmp_path / "hf"
    monkeypatch.setattr(huggingface_hub.constants, "HF_HOME", str(home))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(home / "hub"))
    monkeypatch.setattr(huggingface_hub.constants, "HF_TOKEN_PATH", str(home / "token"))
    monkeypatch.setattr(huggingface_hub.constants, "HF_STORED_TOKENS_PATH", str(home / "stored_tokens"))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.delenv("HF_TOKEN", raising=False)
    return home


def _api(gate: LoggingWorker, token: Token | None) -> HfApi:
    return HfApi(endpoint=gate.url, token=token.text if token else False)


def _download(gate: Gate, token: Token | None, file: str, home: Path, repository: str = "acme/widget") -> bytes:
    return Path(_api(gate, token).hf_hub_download(repository, file, cache_dir=home / "hub")).read_bytes()


def test_tells_whose_token_it_is(gate: Gate, tokens: Tokens) -> None:
    who = _api(gate, tokens.read).whoami()
    assert who["name"] == "alice"
    assert who["auth"]["accessToken"] == {"displayName": tokens.read.id, "role": "read"}


def test_downloads_files_and_a_snapshot_with_a_read_token(gate: Gate, tokens: Tokens, hub_home: Path) -> None:
    assert b"hidden_size" in _download(gate, tokens.read, "config.json", hub_home)
    assert len(_download(gate, tokens.read, "weights.bin", hub_home)) == 4096
    snapshot = Path(_api(gate, tokens.read).snapshot_download("acme/widget", cache_dir=hub_home / "other"))
    assert {"README.md", "config.json", "weights.bin"} <= {file.name for file in snapshot.iterdir()}
    assert (snapshot / "weights.bin").stat().st_size == 4096
    corpus = _api(gate, tokens.read).snapshot_download("acme/corpus", repo_type="dataset", cache_dir=hub_home / "hub")
    assert (Path(corpus) / "data/train.csv").is_file()


def test_creates_a_repository_and_uploads_to_it_with_a_write_token(
    gate: Gate, tokens: Tokens, hub_home: Path
) -> None:
    api = _api(gate, tokens.write)
    assert str(api.create_repo("alice/uploads")) == f"{gate.url}/alice/uploads"
    large = os.urandom(LFS_FILE_BYTES)
    api.upload_file(path_or_fileobj=b"small\n", path_in_repo="small.txt", repo_id="alice/uploads")
    api.upload_file(path_or_fileobj=large, path_in_repo="large.bin", repo_id="alice/uploads")
    assert _download(gate, tokens.read, "small.txt", hub_home, "alice/uploads") == b"small\n"
    assert _download(gate, tokens.read, "large.bin", hub_home, "alice/uploads") == large


def test_opens_a_pull_request_with_a_write_token(gate: Gate, tokens: Tokens, hub_home: Path) -> None:
    api = _api(gate, tokens.write)
    change = [CommitOperationAdd("proposal.txt", b"better\n")]
    opened = api.create_commit("acme/widget", change, commit_message="Propose it", create_pr=True)
    assert opened.pr_url and opened.pr_revision == f"refs/pr/{opened.pr_num}"
    # The revision travels as refs%2Fpr%2FN.
    file = api.hf_hub_download("acme/widget", "proposal.txt", revision=opened.pr_revision, cache_dir=hub_home / "hub")
    assert Path(file).read_bytes() == b"better\n"


# Refusals: their class and message as the client shows them.


def _client_error(url: str, *lines: str) -> str:
    return "\n".join([f"Client error '401 Unauthorized' for url '{url}'", f"{SEE_ALSO}401", "", *lines])


def _forbidden(url: str, text: str = words.ROLE_INSUFFICIENT) -> str:
    return (
        f"403 Forbidden: {text}\nCannot access content at: {url}.\n"
        "Make sure your token has the correct permissions."
    )


@pytest.mark.parametrize("name", ["forged", "expired", "revoked", "organization"])
def test_shows_why_a_token_is_refused_and_never_that_the_repository_is_missing(
    gate: Gate, tokens: Tokens, hub_home: Path, name: str
) -> None:
    token = tokens.named(name)
    refusals = {
        "/acme/widget/resolve/main/config.json": lambda: _download(gate, token, "config.json", hub_home),
        "/api/models/acme/widget/revision/main": lambda: _api(gate, token).snapshot_download(
            "acme/widget", cache_dir=hub_home / "hub"
        ),
        "/api/models/acme/widget/preupload/main": lambda: _api(gate, token).upload_file(
            path_or_fileobj=b"x", path_in_repo="x", repo_id="acme/widget"
        ),
        "/api/repos/create": lambda: _api(gate, token).create_repo("alice/never"),
    }
    for path, call in refusals.items():
        with pytest.raises(HfHubHTTPError) as refused:
            call()
        assert not isinstance(refused.value, RepositoryNotFoundError)
        # The first is a HEAD request, whose answer has no body; the others show the body too.
        reason = [] if "/resolve/" in path else [words.refusal_of(name, token).removesuffix(".")]
        assert str(refused.value) == _client_error(gate.url + path, words.HUB_INVALID_TOKEN, *reason)

    with pytest.raises(HfHubHTTPError, match=r"^Invalid user token\.") as refused:
        _api(gate, token).whoami()
    assert refused.value.response.headers["X-Error-Code"] == {
        "forged": "token_invalid",
        "expired": "token_expired",
        "revoked": "token_revoked",
        "organization": "org_token_deprecated",
    }[name]


def test_asks_for_a_token_where_none_was_sent(gate: Gate, hub_home: Path) -> None:
    with pytest.raises(HfHubHTTPError) as refused:
        _download(gate, None, "config.json", hub_home)
    assert not isinstance(refused.value, RepositoryNotFoundError)
    url = f"{gate.url}/acme/widget/resolve/main/config.json"
    assert str(refused.value) == _client_error(url, words.HUB_INVALID_TOKEN)
    # The answer to HEAD has no body. The library logs what this header says.
    said = f"token_required; {words.TOKEN_REQUIRED}".removesuffix(".")
    assert refused.value.response.headers["X-HF-Warning"] == said


def test_denies_upload_commit_and_creation_with_read_token(gate: Gate, tokens: Tokens) -> None:
    api = _api(gate, tokens.read)
    with pytest.raises(HfHubHTTPError) as refused:
        api.upload_file(path_or_fileobj=b"x", path_in_repo="x", repo_id="acme/widget")
    assert str(refused.value) == _forbidden(f"{gate.url}/api/models/acme/widget/preupload/main")
    with pytest.raises(HfHubHTTPError) as refused:
        api.create_commit("acme/widget", [CommitOperationAdd("x", b"x")], commit_message="m", create_pr=True)
    assert str(refused.value) == _forbidden(f"{gate.url}/api/models/acme/widget/preupload/main?create_pr=1")
    with pytest.raises(HfHubHTTPError) as refused:
        api.create_repo("alice/never")
    assert str(refused.value) == _forbidden(f"{gate.url}/api/repos/create")


@pytest.mark.parametrize("membership", ["none", "no_access", "read", "contributor"])
def test_denies_upload_to_a_member_who_may_not(organization: Organization, membership: str) -> None:
    api = _api(organization.gate, organization[membership].write)
    with pytest.raises(HfHubHTTPError) as refused:
        api.upload_file(path_or_fileobj=b"x", path_in_repo="x", repo_id="acme/widget")
    url = f"{organization.gate.url}/api/models/acme/widget/preupload/main"
    assert str(refused.value) == _forbidden(url, words.membership_insufficient(membership))
    assert refused.value.response.headers["X-Error-Code"] == "membership_insufficient"


@pytest.mark.parametrize("membership", ["write", "admin"])
def test_uploads_as_writer_and_admin(organization: Organization, membership: str) -> None:
    api = _api(organization.gate, organization[membership].write)
    api.upload_file(path_or_fileobj=b"x\n", path_in_repo=f"by-{membership}.txt", repo_id="acme/widget")
    assert f"by-{membership}.txt" in _api(organization.gate, organization["read"].read).list_repo_files("acme/widget")


@pytest.mark.parametrize("membership", ["none", "read", "contributor"])
def test_proposes_a_change_without_the_right_to_write(organization: Organization, membership: str) -> None:
    opened = _propose(organization, membership)
    assert opened.pr_url and opened.pr_revision == f"refs/pr/{opened.pr_num}"


@pytest.mark.parametrize("membership", ["none", "contributor"])
def test_proposes_a_folder_without_the_right_to_write(
    organization: Organization, membership: str, tmp_path: Path, hub_home: Path
) -> None:
    api = _api(organization.gate, organization[membership].write)
    large = os.urandom(LFS_FILE_BYTES)
    (tmp_path / "folder" / "sub").mkdir(parents=True)
    (tmp_path / "folder" / f"small-{membership}.txt").write_bytes(b"small\n")
    (tmp_path / "folder" / "sub" / f"large-{membership}.bin").write_bytes(large)
    opened = api.upload_folder(
        repo_id="acme/widget", folder_path=tmp_path / "folder", commit_message="Propose files", create_pr=True
    )
    revision = opened.pr_revision
    assert revision and revision == f"refs/pr/{opened.pr_num}"
    # More for the same pull request, by its revision.
    more = os.urandom(LFS_FILE_BYTES)
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "more.bin").write_bytes(more)
    (tmp_path / "more" / "more.txt").write_bytes(b"more\n")
    api.upload_folder(
        repo_id="acme/widget", folder_path=tmp_path / "more", commit_message="More", revision=revision
    )
    snapshot = Path(api.snapshot_download("acme/widget", revision=revision, cache_dir=hub_home / "hub"))
    assert (snapshot / "sub" / f"large-{membership}.bin").read_bytes() == large
    assert (snapshot / "more.bin").read_bytes() == more
    assert (snapshot / f"small-{membership}.txt").read_bytes() == b"small\n"
    # A branch is not theirs, and what they uploaded is in none.
    with pytest.raises(HfHubHTTPError) as refused:
        api.upload_folder(repo_id="acme/widget", folder_path=tmp_path / "more", commit_message="Push")
    url = f"{organization.gate.url}/api/models/acme/widget/preupload/main"
    assert str(refused.value) == _forbidden(url, words.membership_insufficient(membership))
    assert "more.bin" not in api.list_repo_files("acme/widget")


def test_proposes_no_change_without_access(organization: Organization) -> None:
    with pytest.raises(HfHubHTTPError) as refused:
        _propose(organization, "no_access")
    url = f"{organization.gate.url}/api/models/acme/widget/preupload/main?create_pr=1"
    assert str(refused.value) == _forbidden(url, words.membership_insufficient("no_access", "contributor"))


def _propose(organization: Organization, membership: str) -> CommitInfo:
    api = _api(organization.gate, organization[membership].write)
    change = [CommitOperationAdd(f"of-{membership}.txt", b"better\n")]
    return api.create_commit("acme/widget", change, commit_message="Propose it", create_pr=True)


def test_says_that_memberships_are_unavailable(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    gate = organization.gate
    token = gate.create("heidi", "write")
    gate.store.values["members/heidi"] = b"not a record"
    with pytest.raises(HfHubHTTPError) as refused:
        _api(gate, token).upload_file(path_or_fileobj=b"x", path_in_repo="x", repo_id="acme/widget")
    url = f"{gate.url}/api/models/acme/widget/preupload/main"
    assert str(refused.value) == "\n".join(
        [f"Server error '503 Service Unavailable' for url '{url}'", f"{SEE_ALSO}503", "", words.MEMBERSHIPS_UNAVAILABLE.removesuffix(".")]
    )


def test_says_that_the_list_is_unavailable(gate: Gate, tokens: Tokens) -> None:
    with pytest.raises(HfHubHTTPError) as refused:
        _api(gate, tokens.listless).create_repo("alice/never")
    assert refused.value.response.headers["Retry-After"] == "5"
    assert str(refused.value) == "\n".join(
        [
            f"Server error '503 Service Unavailable' for url '{gate.url}/api/repos/create'",
            f"{SEE_ALSO}503",
            "",
            words.LIST_UNAVAILABLE.removesuffix("."),
        ]
    )


def test_a_download_waits_out_a_missing_list(gate: Gate, hub_home: Path) -> None:
    """The client tries again after `Retry-After`, and the list is published by then."""
    token = gate.mint("read", shard=SHARD_PUBLISHED_LATE)
    mark = gate.log_mark()
    publisher = threading.Thread(target=gate.publish, args=["--new"], kwargs={"shard": SHARD_PUBLISHED_LATE})

    def publish_once_refused() -> None:
        gate.await_log_line(mark, event="failed", code="revocations_unavailable")
        publisher.run()

    waiting = threading.Thread(target=publish_once_refused)
    waiting.start()
    try:
        assert b"hidden_size" in _download(gate, token, "config.json", hub_home)
    finally:
        waiting.join(60)
    assert not waiting.is_alive()


def test_without_a_list_a_download_is_not_called_a_missing_repository(
    gate: Gate, tokens: Tokens, hub_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)  # five times Retry-After
    with pytest.raises(LocalEntryNotFoundError) as refused:
        _download(gate, tokens.listless, "config.json", hub_home)
    cause = refused.value.__cause__
    assert isinstance(cause, HfHubHTTPError) and not isinstance(cause, RepositoryNotFoundError)
    assert words.LIST_UNAVAILABLE.removesuffix(".") in str(cause)


# The command line `hf`


def _hf(gate: LoggingWorker, token: Token, home: Path, *arguments: str) -> Outcome:
    environment = bare_environment(home) | {
        "HF_ENDPOINT": gate.url,
        "HF_HOME": str(home / "hf"),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_TOKEN": token.text,
    }
    command = [str(Path(sys.executable).parent / "hf"), *arguments]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    return Outcome(result.returncode, result.stdout, result.stderr)


def test_hf_shows_who_is_logged_in_and_downloads(gate: Gate, tokens: Tokens, tmp_path: Path) -> None:
    assert "user: alice" in _hf(gate, tokens.read, tmp_path, "auth", "whoami").succeeded().output
    target = str(tmp_path / "files")
    _hf(gate, tokens.read, tmp_path, "download", "acme/widget", "config.json", "--local-dir", target).succeeded()
    assert b"hidden_size" in (tmp_path / "files/config.json").read_bytes()


def test_hf_upload_shows_that_the_token_may_only_read(gate: Gate, tokens: Tokens, tmp_path: Path) -> None:
    file = tmp_path / "file.txt"
    file.write_text("x\n")
    refused = _hf(gate, tokens.read, tmp_path, "upload", "acme/widget", str(file), "file.txt")
    assert refused.status == 1
    assert f"Error: {_forbidden(f'{gate.url}/api/models/acme/widget/preupload/main')}" in refused.errors


def test_hf_upload_shows_that_the_member_may_not(organization: Organization, tmp_path: Path) -> None:
    gate = organization.gate
    file = tmp_path / "file.txt"
    file.write_text("x\n")
    refused = _hf(gate, organization["read"].write, tmp_path, "upload", "acme/widget", str(file), "file.txt")
    assert refused.status == 1
    url = f"{gate.url}/api/models/acme/widget/preupload/main"
    assert f"Error: {_forbidden(url, words.membership_insufficient('read'))}" in refused.errors
    _hf(gate, organization["write"].write, tmp_path, "upload", "acme/widget", str(file), "by-hf.txt").succeeded()


def test_hf_download_shows_that_the_token_is_invalid(gate: Gate, tokens: Tokens, tmp_path: Path) -> None:
    refused = _hf(gate, tokens.forged, tmp_path, "download", "acme/widget", "config.json")
    assert refused.status == 1
    url = f"{gate.url}/acme/widget/resolve/main/config.json"
    assert f"Error: {_client_error(url, words.HUB_INVALID_TOKEN)}" in refused.errors
    assert "not found" not in refused.errors.lower()
