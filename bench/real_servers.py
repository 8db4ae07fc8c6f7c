"""What the gate costs before MLflow and a container registry, beside those servers' own checks of passwords.

`make bench-servers` runs this: each server bare, with its own check, and behind the gate, in turns within one run. A second bare
way is the server against itself. Requests go over kept connections on the loopback interface. A run writes
`bench/results/servers-<date>.json`; with BENCH=quick, it is too short for a result and writes to `build/bench/results`.
"""

import base64
import contextlib
import datetime
import http.client
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import servers_report
from machine import machine

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / folder) for folder in ("dev", "tests/edge/support", "tests/servers/support")]

import image  # noqa: E402
import servers  # noqa: E402
import tool  # noqa: E402
from server import gate_before, started  # noqa: E402
from surroundings import program  # noqa: E402

QUICK = os.environ.get("BENCH") == "quick"
RESULTS = ROOT / ("build/bench/results" if QUICK else "bench/results")
CLIENTS = 4
ROUND_SECONDS = 1 if QUICK else 2
ROUNDS = 1 if QUICK else 5
PASSWORD = "a password for the comparison"


@dataclass
class Way:
    """One way to the same response, and what was measured of it in each round."""

    name: str
    port: int
    headers: dict[str, str] = field(default_factory=dict)
    # Answers per second to several clients, and the median time of an answer to a single one.
    per_second: list[float] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)


def main() -> None:
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        requests = list(compared(pathlib.Path(folder)))
    date = datetime.date.today().isoformat()
    found = {
        "date": date,
        "quick": QUICK,
        "machine": machine(),
        "clients": CLIENTS,
        "rounds": ROUNDS,
        "round_seconds": ROUND_SECONDS,
        "requests": requests,
        "seconds": round(time.monotonic() - began),
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"servers-{date}.json"
    path.write_text(json.dumps(found, indent=1) + "\n")
    print(servers_report.table_of(found))
    print(f"written to {path.relative_to(ROOT)}, after {found['seconds']} s")


def compared(folder: pathlib.Path) -> Iterator[dict]:
    """Each request, with what was measured of its ways."""
    keys = tool.new_keys()
    for request, target, ways_of in (
        ("MLflow: an experiment", "/api/2.0/mlflow/experiments/get?experiment_id=0", mlflow_ways),
        ("registry: a manifest", "/v2/acme/app/manifests/1", registry_ways),
    ):
        with contextlib.ExitStack() as running:
            print(f"   {request} …", file=sys.stderr, flush=True)
            ways = ways_of(running, folder, keys)
            compare(target, ways)
        yield {
            "name": request,
            "ways": [{"name": way.name, "per_second": way.per_second, "milliseconds": way.milliseconds} for way in ways],
        }


def mlflow_ways(running: contextlib.ExitStack, folder: pathlib.Path, keys: str) -> list[Way]:
    bare = running.enter_context(
        started("mlflow", folder / "mlflow", lambda folder, port: servers.mlflow(folder, port, "http://localhost"))
    )
    own = running.enter_context(started("mlflow-users", folder / "mlflow-users", mlflow_with_users))
    gate = running.enter_context(gate_before(bare, folder / "mlflow-gate", keys, "mlflow"))
    return [
        Way("bare", bare.port),
        Way("bare, once more", bare.port),
        Way("its own basic auth", own.port, basic("admin", PASSWORD)),
        Way("behind the gate", gate.port, {"Authorization": f"Bearer {gate.mint('read')}"}),
    ]


def mlflow_with_users(folder: pathlib.Path, port: int) -> servers.ServerCommand:
    """MLflow with its own app for passwords, as its documentation sets it up."""
    (folder / "auth.ini").write_text(
        f"[mlflow]\ndefault_permission = READ\ndatabase_uri = sqlite:///{folder}/users.db\nadmin_username = admin\n"
        f"admin_password = {PASSWORD}\nauthorization_function = mlflow.server.auth:authenticate_request_basic_auth\n"
    )
    command = servers.mlflow(folder, port, "http://localhost", "--app-name", "basic-auth")
    more = {"MLFLOW_AUTH_CONFIG_PATH": str(folder / "auth.ini"), "MLFLOW_FLASK_SERVER_SECRET_KEY": PASSWORD}
    return servers.ServerCommand(command.argv, command.ready_path, command.environment | more)


def registry_ways(running: contextlib.ExitStack, folder: pathlib.Path, keys: str) -> list[Way]:
    bare = running.enter_context(started("registry", folder / "registry", servers.registry))
    own = running.enter_context(started("registry-users", folder / "registry-users", registry_with_users))
    gate = running.enter_context(gate_before(bare, folder / "registry-gate", keys, "oci"))
    copied = image.write_image(folder / "image", "an image of the comparison")
    policy = folder / "policy.json"
    policy.write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
    for port, credentials in ((bare.port, "none:none"), (own.port, f"alice:{PASSWORD}")):
        copy = [program("skopeo"), f"--policy={policy}", "copy", "--dest-tls-verify=false", f"--dest-creds={credentials}"]
        subprocess.run([*copy, f"dir:{copied}", f"docker://127.0.0.1:{port}/acme/app:1"], capture_output=True, check=True)
    accept = {"Accept": f"{image.MEDIA_TYPE}.manifest.v1+json"}
    return [
        Way("bare", bare.port, accept),
        Way("bare, once more", bare.port, accept),
        Way("its own htpasswd", own.port, accept | basic("alice", PASSWORD)),
        Way("behind the gate", gate.port, accept | basic("alice", str(gate.mint("read")))),
    ]


def registry_with_users(folder: pathlib.Path, port: int) -> servers.ServerCommand:
    """The registry with a file of passwords, bcrypt as `htpasswd -B` makes them."""
    passwords = folder / "htpasswd"
    made = subprocess.run([program("htpasswd"), "-Bbn", "alice", PASSWORD], capture_output=True, text=True, check=True)
    passwords.write_text(made.stdout)
    return servers.registry(folder, port, f"auth: {{htpasswd: {{realm: registry, path: '{passwords}'}}}}\n")


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def compare(target: str, ways: list[Way]) -> None:
    """Measures the ways in turn. The first round warms up."""
    for way in ways:
        measure(way, target, CLIENTS)
    for number in range(ROUNDS):
        begin = number % len(ways)
        for way in ways[begin:] + ways[:begin]:
            begun = time.perf_counter()
            answers = len(measure(way, target, CLIENTS))
            way.per_second.append(answers / (time.perf_counter() - begun))
            latencies = sorted(measure(way, target, 1))
            way.milliseconds.append(latencies[len(latencies) // 2] * 1e3)


def measure(way: Way, target: str, clients: int) -> list[float]:
    """Seconds of each request of a round. Each client has a connection of its own, and asks again once it was answered."""
    end = time.perf_counter() + ROUND_SECONDS
    with ThreadPoolExecutor(clients) as pool:
        return [taken for mine in pool.map(lambda _: ask(way, target, end), range(clients)) for taken in mine]


def ask(way: Way, target: str, end: float) -> list[float]:
    """One client: seconds of each of its requests until this time."""
    taken = []
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", way.port, timeout=60)) as connection:
        while (begun := time.perf_counter()) < end:
            connection.request("GET", target, headers=way.headers)
            answer = connection.getresponse()
            body = answer.read()
            taken.append(time.perf_counter() - begun)
            if answer.status != 200:
                raise RuntimeError(f"{way.name}: expected 200, got {answer.status} {body[:200]!r}")
    return taken


if __name__ == "__main__":
    main()
