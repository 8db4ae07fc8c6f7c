"""MLflow behind the gate, with its Python client and its web interface: what docs/mlflow.md promises."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import servers
import tool
import words
from bare import BareGate
from browser import Browser
from clients import Person, basic, curl
from probe import probe
from server import Server, gate_before, started
from surroundings import REPOSITORY, free_port
from tool import Token

PYTHON = str(servers.ENVIRONMENT / "python")
USER = REPOSITORY / "tests/servers/support/mlflow_user.py"
# A page needs some seconds for its scripts on a machine that is doing other things.
PAGE_SECONDS = 60


@pytest.fixture(scope="module")
def mlflow(workshop: Path) -> Iterator[Server]:
    """Its pages are asked for by the name `localhost`, but MLflow takes all names of this machine for one in any case."""
    with started("MLflow", workshop / "mlflow", lambda *place: servers.mlflow(*place, "http://localhost")) as running:
        yield running


@pytest.fixture(scope="module")
def gate(mlflow: Server, workshop: Path, keys: str) -> Iterator[BareGate]:
    with gate_before(mlflow, workshop / "mlflow-gate", keys, "mlflow") as running:
        yield running


@pytest.fixture(scope="module")
def logged(gate: BareGate, write: Token, workshop: Path) -> dict[str, Any]:
    """A run, a model and a trace, which went to MLflow through the gate."""
    return user(Person(workshop / "logger"), gate.url, write, "log")


def user(person: Person, url: str, token: object | None, step: str) -> dict[str, Any]:
    variables = {"MLFLOW_TRACKING_URI": url, "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0", "MLFLOW_DISABLE_TELEMETRY": "true"}
    if token is not None:
        variables["MLFLOW_TRACKING_TOKEN"] = str(token)
    done = person.run([PYTHON, str(USER), step], seconds=180, **variables).succeeded()
    return json.loads(done.output.splitlines()[-1])


def test_a_read_token_reads(gate: BareGate, read: Token, logged: dict[str, Any], person: Person) -> None:
    assert user(person, gate.url, read, "read") == {
        "experiments": ["Default", "weather"],
        "losses": [1.0, 0.5, 0.33],
        "frame": 1,
        "artifacts": ["a b+c.json", "notes"],
        "dictionary": {"rain": True},
        "forecast": "It will rain.",
        "model_files": [
            *("MLmodel", "conda.yaml", "notes", "python_env.yaml", "python_model.pkl", "registered_model_meta"),
            "requirements.txt",
        ],
        "registered": ["forecaster"],
        "versions": ["1"],
        "latest": ["1"],
        "champion": True,
        "logged_models": 1,
        "spans": ["question"],
        "trace": True,
    }


def test_a_read_token_changes_nothing(gate: BareGate, read: Token, logged: dict[str, Any], person: Person) -> None:
    """Each refusal in the words that the client shows."""
    refusals = user(person, gate.url, read, "change")
    # The client of artifacts shows the whole body.
    artifact = refusals.pop("log_artifact")
    assert artifact.startswith("HTTPError: 403 Client Error: Forbidden for url: "), artifact
    assert words.ROLE_INSUFFICIENT in artifact
    assert refusals == dict.fromkeys(refusals, f"PERMISSION_DENIED: {words.ROLE_INSUFFICIENT}")
    assert len(refusals) > 20


def test_without_a_token_nothing_is_shown(gate: BareGate, logged: dict[str, Any]) -> None:
    for path in ("/", "/api/2.0/mlflow/experiments/search?max_results=1", "/ajax-api/2.0/mlflow/runs/search", "/metrics"):
        assert curl(gate.url + path).code == "token_required", path
    for path in ("/health", "/version"):
        assert curl(gate.url + path).status == 200, path


def test_the_assistant_is_out_of_reach(gate: BareGate, mlflow: Server, write: Token) -> None:
    """It runs programs on the server for whoever comes from the server's own machine, as everybody behind a tunnel there does."""
    prefix = "/ajax-api/3.0/mlflow/assistant"
    assert curl(f"{mlflow.url}{prefix}/config").status == 200
    for method, path in (("GET", "/config"), ("PUT", "/config"), ("POST", "/message"), ("POST", "/skills/install")):
        answer = curl(f"{gate.url}{prefix}{path}", "--request", method, token=write)
        assert (answer.status, answer.code) == (403, "route_refused"), path


def test_graphql_has_nothing_but_searches(mlflow: Server) -> None:
    """The table calls it a read. An MLflow whose GraphQL changes something needs another line."""
    query = {"query": "{__schema{mutationType{fields{name}}}}"}
    answer = curl(f"{mlflow.url}/graphql", "--json", json.dumps(query))
    fields = json.loads(answer.text)["data"]["__schema"]["mutationType"]["fields"]
    assert {field["name"] for field in fields} == {"mlflowSearchDatasets", "mlflowSearchRuns", "testMutation"}


def test_the_web_interface_reads_and_is_refused(
    gate: BareGate, read: Token, logged: dict[str, Any]
) -> None:
    """A browser asks for a user name and a password, and sends them from then on."""
    browser = Browser()
    try:
        # In place of a person who answers the browser's question. From then on, it sends both by itself.
        browser.go(f"http://alice:{read}@{gate.host}/")
        browser.go(f"{gate.url}/#/experiments/1/runs")
        browser.await_text("body", "first", PAGE_SECONDS)
        browser.go(f"{gate.url}/#/experiments/1/runs/{logged['run']}")
        browser.await_text("body", "layers", PAGE_SECONDS)
        browser.go(f"{gate.url}/#/models")
        browser.await_text("body", "forecaster", PAGE_SECONDS)
        body = json.dumps({"experiment_id": "1", "new_name": "x"})
        refused = browser.driver.execute_async_script(
            "const done = arguments[1]; fetch('/ajax-api/2.0/mlflow/experiments/update', {method: 'POST', body: arguments[0], "
            "headers: {'Content-Type': 'application/json'}}).then(async (it) => done([it.status, await it.json()]))",
            body,
        )
        assert refused == [403, {"error_code": "PERMISSION_DENIED", "message": words.ROLE_INSUFFICIENT}]
    finally:
        browser.stop()


def test_a_page_of_another_site_changes_nothing_with_a_stored_password(gate: BareGate, write: Token) -> None:
    answer = curl(
        f"{gate.url}/ajax-api/2.0/mlflow/experiments/create",
        *("--json", '{"name": "x"}'),
        headers=[basic("alice", write), "Sec-Fetch-Site: cross-site", "Origin: https://evil.example"],
    )
    assert (answer.status, answer.code) == (403, "cross_site")


# Of each kind one, of which the writes can be repeated as often as one likes and change something each time.
REQUESTS = [
    ("read", "POST", "/api/2.0/mlflow/runs/search", {"experiment_ids": ["0"]}),
    ("read", "GET", "/api/2.0/mlflow/experiments/get?experiment_id=0", None),
    ("read", "GET", "/api/2.0/mlflow-artifacts/artifacts/seed.txt", None),
    ("read", "POST", "/graphql", {"query": "{test(inputString: \"x\"){output}}"}),
    ("write", "POST", "/api/2.0/mlflow/runs/create", {"experiment_id": "0"}),
    ("write", "POST", "/ajax-api/2.0/mlflow/experiments/update", {"experiment_id": "0", "new_name": "Default"}),
    ("write", "PATCH", "/api/2.0/mlflow/registered-models/update", {"name": "seed", "description": "d"}),
    ("write", "PUT", "/api/2.0/mlflow-artifacts/artifacts/probed.txt", "text"),
]


def test_no_disguise_does_more_than_its_class(workshop: Path, keys: str) -> None:
    """`lychgate probe`, at an MLflow that says whether a row or a file changed."""
    folder, port = workshop / "mlflow-probed", free_port()
    (folder / "artifacts").mkdir(parents=True)
    (folder / "artifacts/seed.txt").write_text("seed")
    starts = servers.mlflow(folder, port, "http://localhost")
    variables = {
        "MLFLOW_TEST_ARTIFACTS": str(folder / "artifacts"),
        "_MLFLOW_SERVER_FILE_STORE": f"sqlite:///{folder}/mlflow.db",
        "_MLFLOW_SERVER_ARTIFACT_DESTINATION": str(folder / "artifacts"),
        "_MLFLOW_SERVER_ARTIFACT_ROOT": "mlflow-artifacts:/",
        "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
        "PYTHONPATH": str(USER.parent),
    }
    argv = [PYTHON, "-m", "uvicorn", "--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"]
    adapted = servers.ServerCommand([*argv, "mlflow_with_effects:app"], starts.ready_path, starts.environment | variables)
    origin = Server("MLflow with effects", folder / "server", port, adapted)
    try:
        # The first request makes the experiment 0.
        curl(f"{origin.url}/api/2.0/mlflow/experiments/get?experiment_id=0")
        made = curl(f"{origin.url}/api/2.0/mlflow/registered-models/create", "--json", '{"name": "seed"}')
        assert made.status == 200 and made.header("X-Effect") == "write", made
        requests = folder / "requests.jsonl"
        requests.write_text("".join(_request(*request) for request in REQUESTS))
        with gate_before(origin, folder / "gate", keys, "mlflow") as gate:
            tokens = {"read": gate.mint("read", subject="reader"), "write": gate.mint("write", subject="writer")}
            options = ("--routes", "mlflow", "--sample", "2", "--seed", "1")
            probed = probe(origin.url, gate.url, requests, tokens, "--all", *options)
    finally:
        origin.stop()
    assert probed.cases == [], probed.explain_cases()
    assert probed.exit_code == 0, probed.errors
    assert probed.summary["variants"] > 300


def _request(access: str, method: str, target: str, body: dict[str, Any] | str | None) -> str:
    line: dict[str, Any] = {"access": access, "method": method, "target": target}
    if body is not None:
        plain = isinstance(body, str)
        line["headers"] = {"Content-Type": "text/plain" if plain else "application/json"}
        line["body"] = body if plain else json.dumps(body)
    return json.dumps(line) + "\n"


# examples/mlflow_auth


@pytest.fixture(scope="module")
def believing(workshop: Path, keys: str) -> Iterator[Server]:
    """MLflow with the plug-in."""
    folder, port = workshop / "mlflow-believing", free_port()
    folder.mkdir()
    key_set = folder / "assertion-keys.json"
    key_set.write_text(tool.run_lychgate("--json", "keys", "derive", "assertion", keys=keys))
    starts = servers.mlflow(folder, port, "http://localhost", "--app-name", "lychgate")
    # Everybody but the gate is refused, so that is what it answers once it is ready.
    environment = starts.environment | {"LYCHGATE_ASSERTION_KEYS": str(key_set)}
    running = Server("MLflow that believes the gate", folder, port, dataclasses.replace(starts, environment=environment))
    yield running
    running.stop()


def test_runs_get_the_name_of_the_tokens_user(
    believing: Server, workshop: Path, keys: str, person: Person
) -> None:
    with gate_before(believing, workshop / "believing-gate", keys, "mlflow") as gate:
        assert user(person, gate.url, gate.mint("write", subject="rita"), "log")["user"] == "rita"
        search = ("--json", '{"experiment_ids": ["1"]}')
        found = curl(f"{gate.url}/api/2.0/mlflow/runs/search", *search, token=gate.mint("read"))
        assert [run["info"]["user_id"] for run in json.loads(found.text)["runs"]] == ["rita"]
        # The client's own word for its user does not count, wherever it says it.
        said = {"experiment_id": "0", "user_id": "mallory", "tags": [{"key": "mlflow.user", "value": "mallory"}]}
        made = curl(f"{gate.url}/ajax-api/2.0/mlflow/runs/create", "--json", json.dumps(said), token=gate.mint("write"))
        run = json.loads(made.text)["run"]
        users = [tag["value"] for tag in run["data"]["tags"] if tag["key"] == "mlflow.user"]
        assert (run["info"]["user_id"], users) == ("alice", ["alice"])


def test_whoever_comes_around_the_gate_is_refused(believing: Server, workshop: Path) -> None:
    assert curl(f"{believing.url}/api/2.0/mlflow/experiments/get?experiment_id=0").status == 401
    plain = ["X-Lychgate-Subject: root", "X-Lychgate-Role: write"]
    assert curl(f"{believing.url}/", headers=plain).status == 401
    forged = curl(f"{believing.url}/", headers=["X-Lychgate-Assertion: x.y.z"])
    assert (forged.status, json.loads(forged.text)["error_code"]) == (401, "UNAUTHENTICATED")
    with gate_before(believing, workshop / "other-gate", tool.new_keys(), "mlflow") as other:
        assert curl(f"{other.url}/", token=other.mint("write")).status == 401
