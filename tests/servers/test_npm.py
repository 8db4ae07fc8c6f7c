"""An npm registry (verdaccio) behind the gate, with npm and pnpm: what docs/npm.md promises."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import servers
import words
from bare import BareGate
from clients import Outcome, Person, curl
from server import Server, gate_before, started
from surroundings import REPOSITORY, free_port, program
from tool import Token

NPM = REPOSITORY / "tests/edge/node_modules/npm/bin/npm-cli.js"
PNPM = REPOSITORY / "tests/servers/node_modules/pnpm/bin/pnpm.cjs"
# npm's own paths begin with /-/, so the gate's are elsewhere.
PREFIX = "/_gate/"
SCOPED, PLAIN = "@acme/widget", "lych-widget"


@pytest.fixture(scope="module")
def gate_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def registry(workshop: Path, gate_port: int) -> Iterator[Server]:
    """verdaccio, which clients find at the gate."""
    outside = f"http://127.0.0.1:{gate_port}/"
    with started("verdaccio", workshop / "verdaccio", lambda *place: servers.verdaccio(*place, outside)) as running:
        yield running


@pytest.fixture(scope="module")
def gate(registry: Server, workshop: Path, keys: str, gate_port: int) -> Iterator[BareGate]:
    with gate_before(registry, workshop / "npm-gate", keys, "npm", port=gate_port, GATE_PREFIX=PREFIX) as running:
        yield running


@pytest.fixture(scope="module")
def published(gate: BareGate, write: Token, workshop: Path) -> None:
    """A package with a scope and one without, which went to the registry through the gate."""
    for name in (SCOPED, PLAIN):
        developer = package(Person(workshop / f"publisher-{name.replace('/', '-')}"), name, "1.0.0")
        npm(developer, gate, write, "publish").succeeded()


def package(person: Person, name: str, version: str, **more: object) -> Person:
    (person.home / "package.json").write_text(json.dumps({"name": name, "version": version, **more}))
    (person.home / "index.js").write_text(f"module.exports = '{name} {version}';\n")
    return person


def configured(person: Person, gate: BareGate, token: object | None, path: str = "/") -> None:
    credentials = "" if token is None else f"//{gate.host}{path}:_authToken={token}\n"
    settings = "fetch-retries=0\nupdate-notifier=false\nfund=false\n"
    (person.home / ".npmrc").write_text(f"registry={gate.url}{path}\n{settings}{credentials}")


def npm(person: Person, gate: BareGate, token: object | None, *arguments: str) -> Outcome:
    configured(person, gate, token)
    return person.run([program("node"), str(NPM), *arguments])


def pnpm(person: Person, gate: BareGate, token: object | None, *arguments: str) -> Outcome:
    configured(person, gate, token)
    with (person.home / ".npmrc").open("a") as settings:
        settings.write(f"store-dir={person.home / 'store'}\n")
    return person.run([program("node"), str(PNPM), *arguments], CI="true", PNPM_HOME=str(person.home))


@pytest.mark.parametrize("client", [npm, pnpm])
def test_a_read_token_installs(client, gate: BareGate, read: Token, published: None, person: Person) -> None:
    package(person, "app", "1.0.0", dependencies={SCOPED: "^1.0.0", PLAIN: "1.0.0"}, private=True)
    client(person, gate, read, "install").succeeded()
    says = person.run([program("node"), "-p", f"[require('{SCOPED}'), require('{PLAIN}')].join()"]).succeeded()
    assert says.output.strip() == f"{SCOPED} 1.0.0,{PLAIN} 1.0.0"


def test_a_read_token_looks_around(gate: BareGate, read: Token, published: None, person: Person) -> None:
    assert npm(person, gate, read, "view", SCOPED, "version").succeeded().output.strip() == "1.0.0"
    assert npm(person, gate, read, "dist-tag", "ls", SCOPED).succeeded().output.strip() == "latest: 1.0.0"
    assert PLAIN in npm(person, gate, read, "search", PLAIN, "--json").succeeded().output
    npm(person, gate, read, "ping").succeeded()
    package(person, "app", "1.0.0", dependencies={PLAIN: "1.0.0"}, private=True)
    npm(person, gate, read, "install").succeeded()
    # An audit sends what is installed by POST, and changes nothing. This verdaccio has nobody to ask, so it answers 404.
    assert "Cannot POST /-/npm/v1/security/advisories/bulk" in npm(person, gate, read, "audit").output


@pytest.mark.parametrize("client", [npm, pnpm])
def test_a_read_token_publishes_nothing(client, gate: BareGate, read: Token, published: None, person: Person) -> None:
    package(person, PLAIN, "2.0.0")
    checks = ("--no-git-checks",) if client is pnpm else ()
    refused = client(person, gate, read, "publish", *checks)
    assert refused.status != 0
    assert words.ROLE_INSUFFICIENT in refused.output + refused.errors, refused


@pytest.mark.parametrize(
    "arguments",
    [
        ("dist-tag", "add", f"{SCOPED}@1.0.0", "beta"),
        ("dist-tag", "rm", SCOPED, "latest"),
        ("unpublish", "--force", f"{PLAIN}@1.0.0"),
        ("unpublish", "--force", SCOPED),
        ("deprecate", f"{PLAIN}@1.0.0", "use another"),
        ("owner", "add", "mallory", PLAIN),
    ],
)
def test_a_read_token_changes_nothing(
    arguments: tuple[str, ...], gate: BareGate, registry: Server, read: Token, published: None, person: Person
) -> None:
    before = [curl(f"{registry.url}/{name}").body for name in (SCOPED, PLAIN)]
    refused = npm(person, gate, read, *arguments)
    assert refused.status != 0
    if arguments[0] != "owner":
        assert words.ROLE_INSUFFICIENT in refused.errors, refused
    assert [curl(f"{registry.url}/{name}").body for name in (SCOPED, PLAIN)] == before


def test_a_write_token_publishes_tags_and_takes_back(gate: BareGate, write: Token, person: Person) -> None:
    name = "@acme/passing"
    for version in ("1.0.0", "1.1.0"):
        npm(package(person, name, version), gate, write, "publish").succeeded()
    npm(person, gate, write, "dist-tag", "add", f"{name}@1.0.0", "stable").succeeded()
    assert "stable: 1.0.0" in npm(person, gate, write, "dist-tag", "ls", name).succeeded().output
    npm(person, gate, write, "dist-tag", "rm", name, "stable").succeeded()
    npm(person, gate, write, "deprecate", f"{name}@1.0.0", "use 1.1.0").succeeded()
    npm(person, gate, write, "unpublish", "--force", f"{name}@1.1.0").succeeded()
    assert npm(person, gate, write, "view", name, "version").succeeded().output.strip() == "1.0.0"
    npm(person, gate, write, "unpublish", "--force", name).succeeded()
    assert "404" in npm(person, gate, write, "view", name).errors
    by_pnpm = package(person, "by-pnpm", "1.0.0")
    pnpm(by_pnpm, gate, write, "publish", "--no-git-checks").succeeded()
    assert npm(person, gate, write, "view", "by-pnpm", "version").succeeded().output.strip() == "1.0.0"


def test_without_a_token(gate: BareGate, published: None, person: Person) -> None:
    refused = npm(person, gate, None, "view", SCOPED)
    assert refused.status != 0 and words.TOKEN_REQUIRED in refused.errors


def test_the_gates_own_paths_are_not_the_registrys(gate: BareGate, read: Token, write: Token) -> None:
    assert curl(f"{gate.url}/-/ping", token=read).text.strip() == "{}"
    for path in (PREFIX, f"{PREFIX}api/x", "/_GATE/ping", "/_gate%2fping", "/_gate;x/ping"):
        assert curl(gate.url + path, token=write).code in ("path_reserved", "target_ambiguous"), path


def test_beside_a_hub_the_registry_is_below_a_path(workshop: Path, keys: str, person: Person) -> None:
    """nginx takes the path away, and the gate's own paths stay under `/-/`."""
    port, path = free_port(), "/npm/"
    outside = f"http://127.0.0.1:{port}{path}"
    with contextlib.ExitStack() as running:
        starts = lambda *place: servers.verdaccio(*place, outside)
        registry = running.enter_context(started("verdaccio below", workshop / "verdaccio-below", starts))
        below = lambda *place: servers.below(*place, path, registry.port)
        nginx = running.enter_context(started("nginx", workshop / "nginx", below))
        gate = running.enter_context(gate_before(nginx, workshop / "npm-below-gate", keys, "hub+npm@/npm", port=port))

        def npm(token: object | None, *arguments: str) -> Outcome:
            configured(person, gate, token, path)
            return person.run([program("node"), str(NPM), *arguments])

        read, write = gate.mint("read"), gate.mint("write")
        package(person, SCOPED, "1.0.0")
        assert words.ROLE_INSUFFICIENT in npm(read, "publish").errors
        npm(write, "publish").succeeded()
        npm(write, "dist-tag", "add", f"{SCOPED}@1.0.0", "beta").succeeded()
        package(person, "app", "1.0.0", dependencies={SCOPED: "beta"}, private=True)
        npm(read, "install").succeeded()
        assert curl(f"{gate.url}{path}-/ping", token=read).text.strip() == "{}"
        assert curl(f"{gate.url}/-/ping", token=read).code == "path_reserved"
