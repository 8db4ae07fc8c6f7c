"""Tokens that are limited beyond their role: made so, or narrowed by their holder."""

import base64
import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any

import openai
import pytest
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

import secrets_used
import tool
from clients import Person, create_repository, curl
from conftest import Tokens
from gate import Gate
from ledger_gate import JSON, LedgerGate, issued
from tool import Token
from waiting import wait_for
from witness import Witness

FILE = "/acme/widget/resolve/main/config.json"


def test_a_token_of_one_repository_reaches_no_other_by_git(gate: Gate, tokens: Tokens, person: Person) -> None:
    own = create_repository(gate.url, tokens.write, f"own-{person.home.parent.name}")
    other = create_repository(gate.url, tokens.write, f"other-{person.home.parent.name}")
    name = "/".join(own.split("/")[-2:])
    person.store_password(gate.url, tool.narrowed(tokens.write, "--repo", name))

    person.git("clone", "--quiet", own, "own").succeeded()
    clone = person.home / "own"
    (clone / "a.txt").write_text("one\n")
    person.git("add", "a.txt", cwd=clone).succeeded()
    person.git("commit", "--quiet", "--message", "Add a.txt", cwd=clone).succeeded()
    person.git("push", "--quiet", "origin", "HEAD:main", cwd=clone).succeeded()
    said = f"remote: This token is limited to the repositories {name}; the request is for {'/'.join(other.split('/')[-2:])}."
    for outcome in (
        person.git("clone", "--quiet", other, "other"),
        person.git("push", "--quiet", other, "HEAD:main", cwd=clone),
    ):
        assert outcome.status != 0
        assert said in outcome.errors
    # The refusal is no reason to forget the password.
    person.git("fetch", "--quiet", cwd=clone).succeeded()


def test_a_token_narrowed_to_read_pushes_nothing(gate: Gate, tokens: Tokens, person: Person) -> None:
    url = create_repository(gate.url, tokens.write, f"narrow-{person.home.parent.name}")
    person.store_password(gate.url, tool.narrowed(tokens.write, "--role", "read", "--expires-in", "15m"))
    person.git("clone", "--quiet", url, "clone").succeeded()
    clone = person.home / "clone"
    person.git("commit", "--quiet", "--allow-empty", "--message", "Nothing", cwd=clone).succeeded()
    pushed = person.git("push", "--quiet", "origin", "HEAD:main", cwd=clone)
    assert pushed.status != 0
    assert "This token is limited to the role read; the request needs write." in pushed.errors


def test_a_token_of_a_network_works_from_there_alone(gate: Gate, tokens: Tokens) -> None:
    token = tool.narrowed(tokens.read, "--network", "203.0.113.0/24", "--network", "2001:db8::/32")
    for address, status in (
        ("203.0.113.7", 200),
        ("2001:db8::7", 200),
        ("198.51.100.7", 403),
        ("2001:db9::7", 403),
    ):
        answer = curl(gate.url + FILE, token=token, headers=[f"CF-Connecting-IP: {address}"])
        assert answer.status == status, address
        assert (answer.code == "restriction_insufficient") == (status == 403)
    # No other header says where a request comes from.
    forged = ["X-Forwarded-For: 203.0.113.7", "True-Client-IP: 203.0.113.7", "CF-Connecting-IP: 198.51.100.7"]
    assert curl(gate.url + FILE, token=token, headers=forged).code == "restriction_insufficient"


def test_the_origin_is_told_what_limits_a_token(witnessed: Gate, witness: Witness) -> None:
    token = tool.narrowed(witnessed.mint("write"), "--role", "read", "--repo", "acme/widget", "--area", "files")
    assert curl(witnessed.url + FILE, token=token).status == 200
    seen = witness.last()
    assert seen.all("X-Lychgate-Role") == ["read"]
    (assertion,) = seen.all("X-Lychgate-Assertion")
    part = assertion.split(".")[1]
    said = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    assert said["role"] == "read"
    assert said["restrictions"] == [{"role": "read"}, {"repositories": ["acme/widget"]}, {"areas": ["files"]}]
    assert curl(witnessed.url + "/acme/widget/info/refs?service=git-upload-pack", token=token).code == (
        "restriction_insufficient"
    )


def test_revoking_a_token_revokes_what_was_narrowed_from_it(gate: Gate) -> None:
    parent = gate.mint("read")
    child = tool.narrowed(parent, "--repo", "acme/widget")
    assert curl(gate.url + FILE, token=child).status == 200
    gate.revoke(parent)
    wait_for(lambda: curl(gate.url + FILE, token=child).code == "token_revoked", 10, "the revocation to be in force")


def test_revoking_a_narrowed_token_covers_its_id_until_it_expires(
    managed: LedgerGate,
) -> None:
    subject = "narrowed-and-reported"
    reported, revoked, kept = (managed.create(subject, name, "write") for name in ("reported", "revoked", "kept"))
    children = [tool.narrowed(token, "--role", "read", "--expires-in", "1h") for token in (reported, revoked)]
    expired = tool.narrowed(kept, "--expires-in", "1s")
    time.sleep(2)
    # In the log of a job of last month: nobody can use it, and whoever finds it revokes nothing.
    sibling = tool.narrowed(reported, "--repo", "acme/widget")
    texts = json.dumps([children[0], sibling, expired]).encode()
    assert managed.call("POST", "revoke", headers=[JSON], stdin=texts, anonymous=True).status == 202
    for text in (children[1], expired):
        assert managed.form("revoke", text, anonymous=True).status == 200
    for text in (reported, children[0], revoked, children[1]):
        managed.await_code(text, "token_revoked")
    assert managed.use(kept).status == 200
    reasons = {token.id: managed.record(token)["revocation_reason"] for token in (reported, revoked, kept)}
    assert reasons == {reported.id: "reported", revoked.id: "requested", kept.id: None}
    # However many of its texts came.
    entries = [entry["token"] for entry in managed.audit(subject) if entry["action"] == "revoked"]
    assert sorted(entries) == [reported.id, revoked.id]


def test_a_token_of_a_network_tells_whose_it_is_nowhere_else(managed: LedgerGate) -> None:
    token = managed.create("of-a-network", "office", restrictions=[{"networks": ["203.0.113.0/24"]}])
    for path in ("/-/api/whoami", "/api/whoami-v2"):
        for address, status in (("203.0.113.7", 200), ("198.51.100.7", 403)):
            answer = curl(managed.url + path, token=token, headers=[f"CF-Connecting-IP: {address}"])
            assert answer.status == status, (path, address)
            assert (answer.code == "restriction_insufficient") == (status == 403)
    # Nobody says so here: it is this machine's own.
    assert curl(f"{managed.url}/-/api/whoami", token=token).code == "restriction_insufficient"


# In clients


def _hub(gate: Gate, token: object) -> HfApi:
    return HfApi(endpoint=gate.url, token=str(token))


def test_huggingface_hub_reaches_one_repository_and_shows_why_no_other(
    gate: Gate, tokens: Tokens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    create_repository(gate.url, tokens.write, "one-of-two")
    create_repository(gate.url, tokens.write, "two-of-two")
    token = tool.narrowed(tokens.write, "--repo", "alice/one-of-two")
    api = _hub(gate, token)
    assert api.whoami()["name"] == "alice"
    large = os.urandom(11 * 1024 * 1024)
    api.upload_file(path_or_fileobj=b"small\n", path_in_repo="small.txt", repo_id="alice/one-of-two")
    api.upload_file(path_or_fileobj=large, path_in_repo="large.bin", repo_id="alice/one-of-two")
    file = api.hf_hub_download("alice/one-of-two", "small.txt", cache_dir=tmp_path / "file")
    assert Path(file).read_bytes() == b"small\n"
    snapshot = Path(api.snapshot_download("alice/one-of-two", cache_dir=tmp_path / "all"))
    assert (snapshot / "large.bin").read_bytes() == large

    only = "This token is limited to the repositories alice/one-of-two"
    other = f"{only}; the request is for alice/two-of-two."
    for call, said in (
        (lambda: api.snapshot_download("alice/two-of-two", cache_dir=tmp_path / "no"), other),
        (lambda: api.upload_file(path_or_fileobj=b"x", path_in_repo="x", repo_id="alice/two-of-two"), other),
        (lambda: api.create_repo("alice/three"), only),
        (lambda: api.delete_repo("alice/two-of-two"), only),
        (lambda: api.move_repo("alice/one-of-two", "alice/three"), only),
        (lambda: api.duplicate_repo("alice/one-of-two", "alice/three"), only),
    ):
        with pytest.raises((HfHubHTTPError, LocalEntryNotFoundError)) as refused:
            call()
        assert f"403 Forbidden: {said}" in str(refused.value)
    # It asks by HEAD first, whose answer has no body, and shows the header that has the words.
    with pytest.raises(LocalEntryNotFoundError) as refused:
        api.hf_hub_download("alice/two-of-two", "small.txt", cache_dir=tmp_path / "no")
    assert other in str(refused.value.__cause__)


def test_git_lfs_reaches_one_repository_and_gets_no_object_of_another(gate: Gate, tokens: Tokens, person: Person) -> None:
    own = create_repository(gate.url, tokens.write, "lfs-of-one")
    person.git("lfs", "install", "--skip-repo").succeeded()
    person.store_password(gate.url, tool.narrowed(tokens.write, "--repo", "alice/lfs-of-one", "--area", "git"))
    person.git("clone", "--quiet", own, "own").succeeded()
    clone, content = person.home / "own", os.urandom(2 * 1024 * 1024)
    person.git("lfs", "track", "*.big", "*.bin", cwd=clone).succeeded()
    (clone / "a.big").write_bytes(content)
    person.git("add", ".", cwd=clone).succeeded()
    person.git("commit", "--quiet", "--message", "Add a large file", cwd=clone).succeeded()
    person.git("push", "--quiet", "origin", "HEAD:main", cwd=clone).succeeded()
    person.git("clone", "--quiet", own, "again").succeeded()
    assert (person.home / "again" / "a.big").read_bytes() == content

    # The other repository's batch, and its object asked for in the own one.
    person.git("config", "lfs.transfer.maxretries", "1", cwd=clone).succeeded()
    pushed = person.git("lfs", "push", f"{gate.url}/acme/widget", "HEAD", cwd=clone)
    assert pushed.status != 0
    said = "This token is limited to the repositories alice/lfs-of-one; the request is for acme/widget."
    assert said in pushed.errors
    weights = curl(f"{gate.url}/acme/widget/resolve/main/weights.bin", "--location", token=tokens.read).body
    oid = hashlib.sha256(weights).hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(weights)}\n"
    blob = person.run(["sh", "-c", f"printf '{pointer}' | git hash-object -w --stdin"], clone).succeeded().output.strip()
    person.git("update-index", "--add", "--cacheinfo", f"100644,{blob},stolen.bin", cwd=clone).succeeded()
    person.git("commit", "--quiet", "--message", "Name an object of another repository", cwd=clone).succeeded()
    pulled = person.git("lfs", "fetch", "origin", "HEAD", cwd=clone)
    assert pulled.status != 0
    assert oid not in {file.name for file in (clone / ".git/lfs/objects").rglob("*") if file.is_file()}


def test_git_follows_alternates_to_no_other_repository(gate: Gate, tokens: Tokens) -> None:
    token = tool.narrowed(tokens.read, "--repo", "acme/widget")
    for path in ("objects/info/packs", "objects/info/alternates", "HEAD", "info/refs"):
        assert curl(f"{gate.url}/acme/widget/{path}", token=token).code != "restriction_insufficient"
        assert curl(f"{gate.url}/acme/corpus/{path}", token=token).code == "restriction_insufficient"
        assert curl(f"{gate.url}/datasets/acme/corpus/{path}", token=token).code == "restriction_insufficient"


def test_an_openai_client_has_a_token_for_inference_alone(witnessed: Gate, witness: Witness) -> None:
    token = tool.narrowed(witnessed.mint("write"), "--area", "inference")
    completion = {
        "id": "x",
        "object": "chat.completion",
        "created": 1,
        "model": "acme/widget",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello."}}],
    }
    headers = ("200 OK", "Content-Type: application/json")
    witness.answer("/v1/chat/completions", *headers, body=json.dumps(completion).encode())
    client = openai.OpenAI(base_url=f"{witnessed.url}/v1", api_key=token, max_retries=0)
    messages = [{"role": "user", "content": "Hello?"}]
    answer = client.chat.completions.create(model="acme/widget", messages=messages)
    assert answer.choices[0].message.content == "Hello."
    with pytest.raises(openai.PermissionDeniedError) as refused:
        client.models.list()
    assert "This token is limited to the areas inference" in str(refused.value)
    for path in (FILE, "/api/models/acme/widget", "/acme/widget/info/refs?service=git-upload-pack"):
        assert curl(witnessed.url + path, token=token).code == "restriction_insufficient"


# Made by the management API

LIMITS = [
    {"repositories": ["acme/widget", "datasets/acme/*"]},
    {"areas": ["files", "git"]},
    {"networks": ["0.0.0.0/0", "::/0"]},
]


def _facts(gate: LedgerGate, token: object) -> dict[str, Any]:
    return json.loads(curl(f"{gate.url}/-/api/whoami", token=token).body)


def test_a_token_is_created_with_restrictions_and_recorded_with_them(managed: LedgerGate) -> None:
    subject = "restricted-by-the-api"
    answer = managed.call(
        "POST", f"subjects/{subject}/tokens", {"name": "ci", "role": "write", "restrictions": LIMITS}
    )
    token, made = issued(answer), json.loads(answer.body)
    assert made.pop("token") == token.text
    assert made["restrictions"] == LIMITS
    assert made == managed.record(token)
    assert _facts(managed, token)["restrictions"] == LIMITS
    assert json.loads(managed.form("introspect", token).body)["restrictions"] == LIMITS
    assert curl(managed.url + FILE, token=token).status == 200
    assert curl(managed.url + "/acme/other/resolve/main/config.json", token=token).code == "restriction_insufficient"

    listed = managed.lychgate("tokens", "list", "--subject", subject).succeeded()
    assert "acme/widget, datasets/acme/*; files, git; 0.0.0.0/0, ::/0" in listed.output
    options = ("--repo", "acme/widget", "--area", "git", "--request", "GET,POST /acme/widget/{*path}")
    created = managed.lychgate(
        "--json", "tokens", "create", "--subject", subject, "--name", "cli", "--role", "read", *options
    ).succeeded()
    made = json.loads(created.output)
    secrets_used.remember(made["token"])
    assert made["restrictions"] == [
        {"repositories": ["acme/widget"]},
        {"areas": ["git"]},
        {"requests": ["GET,POST /acme/widget/{*path}"]},
    ]
    assert _facts(managed, made["token"])["restrictions"] == made["restrictions"]
    plain = managed.create(subject, "plain")
    assert managed.record(plain)["restrictions"] == []
    restricted = {entry["token"]: entry["restricted"] for entry in managed.audit(subject)}
    assert restricted == {token.id: True, made["id"]: True, plain.id: False}


def test_role_and_expiry_of_a_record_are_those_to_which_restrictions_limit_it(managed: LedgerGate) -> None:
    end = int(time.time()) + 600
    limits = [{"role": "read"}, {"expires": end}]
    token = managed.create("restricted-twice", "short", "write", expires_in=3600, restrictions=limits)
    record = managed.record(token)
    assert (record["role"], record["expires_at"], record["restrictions"]) == ("read", end, limits)
    facts = _facts(managed, token)
    assert (facts["role"], facts["expires_at"], facts["restrictions"]) == ("read", end, limits)


@pytest.mark.parametrize(
    ("restrictions", "code", "said"),
    [
        (None, "restrictions_invalid", "expected a list of objects"),
        ({"role": "read"}, "restrictions_invalid", "expected a list of objects"),
        ([{"areas": ["git"]}, {"owner": "alice"}], "restrictions_invalid", "restrictions[1]: expected an object"),
        ([{"areas": ["git"], "role": "read"}], "restrictions_invalid", "restrictions[0]: expected an object"),
        ([{"networks": ["::/0", "10.1.0.0/8"]}], "restrictions_invalid", "restrictions[0].networks[1]: expected an address"),
        ([{"repositories": ["acme/../other"]}], "restrictions_invalid", "restrictions[0].repositories[0]: expected"),
        ([{"areas": ["a" * 32] * 8}], "restrictions_invalid", "restrictions[0].areas: expected at most 255"),
        ([{"role": "read"}] * 9, "restrictions_invalid", "at most 8"),
        ([{"areas": ["a" * 32] * 7}, {"areas": ["b" * 32] * 7}], "token_too_long", "512 characters"),
        ([{"expires": 1}], "restriction_expired", "a time that has passed"),
    ],
)
def test_restrictions_that_no_token_can_have_make_none(
    managed: LedgerGate, restrictions: Any, code: str, said: str
) -> None:
    body = {"name": "none", "role": "read", "restrictions": restrictions}
    answer = managed.call("POST", "subjects/without-tokens/tokens", body)
    assert (answer.status, answer.code) == (409 if code == "restriction_expired" else 400, code)
    assert said in json.loads(answer.body)["detail"]
    assert managed.tokens("without-tokens") == []


def test_a_refresh_keeps_all_restrictions_and_makes_none_wider(managed: LedgerGate) -> None:
    subject, end = "refreshed-with-limits", int(time.time()) + 600
    limits = [{"areas": ["git"]}, {"expires": end}]
    old = managed.create(subject, "ci", "write", restrictions=limits)
    # Somebody may hold a narrower one; it is the same token to the ledger, which knows what it made.
    assert curl(f"{managed.url}/api/whoami-v2", token=tool.narrowed(old, "--repo", "acme/widget")).status == 200
    refreshed = managed.refresh(old, body={"expires_in": 86_400})
    new = issued(refreshed)
    assert json.loads(refreshed.body)["restrictions"] == limits
    facts = _facts(managed, new)
    assert (facts["restrictions"], facts["expires_at"]) == (limits, end)
    # No field widens it.
    answer = managed.refresh(new, body={"restrictions": []})
    assert (answer.status, answer.code) == (400, "body_malformed")

    brief = managed.create(subject, "brief", restrictions=[{"expires": int(time.time()) + 2}])
    time.sleep(3)
    assert managed.record(brief)["state"] == "expired"
    answer = managed.refresh(brief)
    assert (answer.status, answer.code) == (409, "restriction_expired")


def test_the_same_key_with_other_restrictions_is_another_call(managed: LedgerGate) -> None:
    headers = [f"Idempotency-Key: {secrets_used.marker('idempotency')}"]
    path = "subjects/restricted-once/tokens"
    body = {"name": "ci", "role": "read", "restrictions": LIMITS}
    first = managed.call("POST", path, body, headers=headers)
    token: Token = issued(first)
    again = managed.call("POST", path, body, headers=headers)
    assert (again.status, again.header("Idempotency-Replayed")) == (201, "true")
    assert issued(again) == token
    for others in ([], LIMITS[:2], LIMITS[::-1], [*LIMITS, {"role": "read"}]):
        answer = managed.call("POST", path, body | {"restrictions": others}, headers=headers)
        assert (answer.status, answer.code) == (422, "idempotency_key_reused"), others
    del body["restrictions"]
    assert managed.call("POST", path, body, headers=headers).code == "idempotency_key_reused"
    assert len(managed.tokens("restricted-once")) == 1
