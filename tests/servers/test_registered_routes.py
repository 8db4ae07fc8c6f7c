"""Every route that a server has registered, with the class that the shipped table gives it: what writes is a write.

The servers are asked themselves, so a new version with another route fails here until somebody has looked at that route.
"""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import servers
from clients import curl
from server import started
from surroundings import LYCHGATE_BIN, REPOSITORY, program

SUPPORT = REPOSITORY / "tests/servers/support"
READING = ("GET", "HEAD")
CHANGING = ("POST", "PUT", "PATCH", "DELETE")

# What each server does by another method than GET and HEAD without changing anything: searches whose questions are long,
# answers of models, and checks. Each was looked at in the server's source.
READS = {
    "mlflow": """
        POST /ajax-api/2.0/mlflow/gateway-proxy
        POST /ajax-api/2.0/mlflow/artifacts/presigned-download-url
        POST /ajax-api/2.0/mlflow/experiments/search
        POST /ajax-api/2.0/mlflow/experiments/search-datasets
        POST /ajax-api/2.0/mlflow/logged-models/search
        POST /ajax-api/2.0/mlflow/registered-models/get-latest-versions
        POST /ajax-api/2.0/mlflow/runs/search
        POST /ajax-api/2.0mlflow/experiments/search-datasets
        POST /ajax-api/3.0/jobs/search
        POST /ajax-api/3.0/mlflow/datasets/search
        POST /ajax-api/3.0/mlflow/issues/search
        POST /ajax-api/3.0/mlflow/prompt-optimization/jobs/search
        POST /ajax-api/3.0/mlflow/traces/batchGetInfos
        POST /ajax-api/3.0/mlflow/traces/calculate-filter-correlation
        POST /ajax-api/3.0/mlflow/traces/metrics
        POST /ajax-api/3.0/mlflow/traces/search
        POST /api/2.0/mlflow/artifacts/presigned-download-url
        POST /api/2.0/mlflow/experiments/search
        POST /api/2.0/mlflow/logged-models/search
        POST /api/2.0/mlflow/registered-models/get-latest-versions
        POST /api/2.0/mlflow/runs/search
        POST /api/2.0mlflow/experiments/search-datasets
        POST /api/3.0/mlflow/datasets/search
        POST /api/3.0/mlflow/issues/search
        POST /api/3.0/mlflow/prompt-optimization/jobs/search
        POST /api/3.0/mlflow/traces/batchGetInfos
        POST /api/3.0/mlflow/traces/calculate-filter-correlation
        POST /api/3.0/mlflow/traces/metrics
        POST /api/3.0/mlflow/traces/search
        POST /gateway/anthropic/v1/messages
        POST /gateway/gemini/v1beta/models/{endpoint_name}:generateContent
        POST /gateway/gemini/v1beta/models/{endpoint_name}:streamGenerateContent
        POST /gateway/mlflow/v1/chat/completions
        POST /gateway/openai/v1/chat/completions
        POST /gateway/openai/v1/embeddings
        POST /gateway/openai/v1/responses
        POST /gateway/openai/v1/responses/compact
        POST /gateway/typesafe/v1/systemone
        POST /gateway/{endpoint_name}/mlflow/invocations
        POST /graphql
    """,
    "pypiserver": "POST /RPC2",
    # It gives out devpi's own login, for a password.
    "devpi": "POST /+login",
    "klaus": "POST /widget/git-upload-pack",
    # Of a repository without a namespace, the table takes it for a write: `paths-info` may be a repository too.
    "olah": "POST /api/{repo_type}/{org}/{repo}/paths-info/{commit}",
    "verdaccio": """
        POST /-/npm/v1/security/advisories/bulk
        POST /-/npm/v1/security/audits
        POST /-/npm/v1/security/audits/quick
    """,
}

# What nobody needs a token for: whether MLflow runs, and which.
PUBLIC = {"mlflow": ["GET /health", "GET /version"]}
# What reads more than anybody should with a token that reads: devpi's change log holds the hashes of passwords.
SECRET = {"devpi": ["GET /+changelog/{serial}", "GET /+changelog/{serial}-"]}
# The assistant runs programs on the server.
REFUSED = re.compile("/mlflow/assistant/")


def registered(server: str) -> Iterator[tuple[str, str]]:
    """The routes of a server in Python, from its own objects."""
    asked = subprocess.run(
        [str(servers.ENVIRONMENT / "python"), str(SUPPORT / "registered.py"), server], capture_output=True, text=True, timeout=120
    )
    assert asked.returncode == 0, asked.stderr
    for line in asked.stdout.splitlines():
        method, path = json.loads(line)
        yield method, path


def with_names(path: str) -> list[str]:
    """Paths that a route's pattern matches: with a name in each slot, and with a package that has a scope."""
    path = path.replace("{repo_type}", "models")
    path = re.sub(r"<(?:\w+:)?\w+>|\{\w+(?::\w+)?\}|:\w+#[^#]*#", "x1", path).removesuffix(r"\Z")
    if "(/since)?" in path:
        return [path.replace("(/since)?", with_or_without) for with_or_without in ("", "/since")]
    paths = [path]
    if "/:_rev?/:revision?" in path:
        paths = [path.replace("/:_rev?/:revision?", rest) for rest in ("", "/-rev/1-a")]
    elif path.endswith("?"):
        whole = path.removesuffix("?")
        paths = [whole, whole.rpartition("/")[0]]
    named = []
    for path in paths:
        path = path.replace("*", "x1")
        for package in ("widget", "@acme%2fwidget", "@acme/widget") if ":package" in path else ("",):
            path_of_package = path.replace(":package", package).replace(":org_couchdb_user", "org.couchdb.user:alice")
            named.append(re.sub(r":\w+", "x1", path_of_package))
    return named


def classes(table: str, requests: list[tuple[str, str]]) -> list[str]:
    """The class of each request, by the command line. The gate's own paths are where no server has any."""
    lines = "".join(f"{method}\t{target}\n" for method, target in requests)
    explain = [str(LYCHGATE_BIN), "explain", "--stdin", "--routes", table, "--gate-prefix", "/_gate/"]
    answered = subprocess.run(explain, input=lines, capture_output=True, text=True, timeout=60)
    assert answered.returncode == 0, answered.stderr
    found = [json.loads(line) for line in answered.stdout.splitlines()]
    assert len(found) == len(requests)
    return [answer["access"] for answer in found]


def assert_classes(server: str, table: str, routes: list[tuple[str, str]]) -> None:
    """That what changes something is a write, and nothing that reads is public."""
    asked = [(method, path, target) for method, path in routes for target in with_names(path) if method != "OPTIONS"]
    found = classes(table, [(method, target) for method, _, target in asked])
    reads = {line.strip() for line in READS.get(server, "").strip().splitlines()}
    public = PUBLIC.get(server, [])
    wrong, read_by_another_method = [], set()
    for (method, path, target), access in zip(asked, found, strict=True):
        route = f"{method} {path}".removesuffix(r"\Z")
        # The gate knows no other methods than these, such as devpi's PUSH.
        if REFUSED.search(path) or method not in READING + CHANGING:
            expected = {"refused"}
        elif route in SECRET.get(server, []):
            expected = {"write"}
        elif route.replace("HEAD", "GET") in public:
            expected = {"public"}
        elif method in READING or route in reads:
            expected = {"read"}
        else:
            expected = {"write"}
        if method in CHANGING and access == "read":
            read_by_another_method.add(route)
        if access not in expected:
            wrong.append((route, target, access))
    assert wrong == []
    # Nothing is listed here that the server no longer has.
    assert reads <= read_by_another_method | {route for route in reads if "advisories/bulk" in route}, reads - read_by_another_method


@pytest.mark.parametrize(
    ("server", "table", "least"), [("mlflow", "mlflow", 800), ("pypiserver", "pypi", 15), ("devpi", "pypi", 40), ("klaus", "hub", 100), ("olah", "hub", 40)]
)
def test_what_a_server_in_python_writes_is_a_write(server: str, table: str, least: int) -> None:
    routes = list(registered(server))
    assert len(routes) >= least
    assert_classes(server, table, routes)


def test_what_verdaccio_writes_is_a_write(workshop: Path) -> None:
    folder = workshop / "verdaccio-registered"
    folder.mkdir()
    servers.verdaccio(folder, 0, "http://npm.example/")
    configuration = folder / "verdaccio.yaml"
    # Everything that a registry of it can have: the web interface, and audits.
    text = configuration.read_text().replace("{enable: false}", "{enable: true}")
    configuration.write_text(f"{text}middlewares: {{audit: {{enabled: true}}}}\n")
    asked = subprocess.run(
        [program("node"), str(SUPPORT / "registered.mjs"), str(configuration)], capture_output=True, text=True, timeout=120
    )
    lines = [line for line in asked.stdout.splitlines() if line.startswith("[")]
    assert asked.returncode == 0 and len(lines) >= 35, asked
    assert_classes("verdaccio", "npm", [tuple(json.loads(line)) for line in lines])


def test_what_the_registry_takes_by_another_method_than_get_is_a_write(workshop: Path) -> None:
    """It says for each of its paths which methods it takes there."""
    with started("the registry that is asked", workshop / "registered-registry", servers.registry) as registry:
        methods = {}
        for path in ("", "_catalog", "%s/tags/list", "%s/manifests/1", f"%s/blobs/sha256:{'0' * 64}", "%s/blobs/uploads/", "%s/blobs/uploads/1"):
            asked = curl(f"{registry.url}/v2/{path.replace('%s', 'acme/app')}", "--request", "OPTIONS")
            for method in re.findall("[A-Z]+", asked.header("Allow") or ""):
                methods.setdefault(path, set()).add(method)
    assert methods["%s/manifests/1"] >= {"GET", "PUT", "DELETE"}, methods
    requests = [
        (method, f"/v2/{path.replace('%s', name)}")
        for path, taken in methods.items()
        for method in sorted(taken - {"OPTIONS"})
        for name in ("app", "acme/app", "a/b/c/d/e", "a/b/c/d/e/f/g")
    ]
    expected = ["read" if method in READING else "write" for method, _ in requests]
    assert classes("oci", requests) == expected
