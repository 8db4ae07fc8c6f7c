"""What the gate costs before MLflow and a container registry, beside those servers' own checks of passwords.

`make bench-servers` runs this: each server bare, with its own check, and behind the gate, in turns within one run. It prints the
table of docs/performance.md. Requests go over kept connections on the loopback interface.
"""

import base64
import contextlib
import http.client
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / folder) for folder in ("dev", "tests/edge/support", "tests/servers/support")]

import image  # noqa: E402
import servers  # noqa: E402
import tool  # noqa: E402
from server import Server, gate_before  # noqa: E402
from surroundings import free_port, program  # noqa: E402

CLIENTS = 4
ROUND_SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 5
ROUNDS = 5
PASSWORD = "a password for the comparison"


@dataclass
class Way:
    """One way to the same response, and what was measured of it."""

    name: str
    port: int
    headers: dict[str, str]
    latencies: list[float]
    rates: list[float]


def main() -> None:
    keys = tool.new_keys()
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as running:
        folder = pathlib.Path(name)
        mlflow = mlflow_ways(running, folder, keys)
        registry = registry_ways(running, folder, keys)
        rows = [
            *compare("MLflow: an experiment", "/api/2.0/mlflow/experiments/get?experiment_id=0", mlflow),
            *compare("registry: a manifest", "/v2/acme/app/manifests/1", registry),
        ]
    print(f"{time.strftime('%Y-%m-%d')}, {platform.machine()}; medians of {ROUNDS} rounds of {ROUND_SECONDS:g} s each")
    print(f"\n| request | way | requests a second, {CLIENTS} clients | of bare | median latency, 1 client | of bare |\n| --- | --- | --- | --- | --- | --- |")
    print("\n".join(rows))


def mlflow_ways(running: contextlib.ExitStack, folder: pathlib.Path, keys: str) -> list[Way]:
    bare = started(running, folder / "mlflow", lambda folder, port: servers.mlflow(folder, port, "http://localhost"))

    def with_users(folder: pathlib.Path, port: int) -> servers.ServerCommand:
        (folder / "auth.ini").write_text(
            f"[mlflow]\ndefault_permission = READ\ndatabase_uri = sqlite:///{folder}/users.db\nadmin_username = admin\n"
            f"admin_password = {PASSWORD}\nauthorization_function = mlflow.server.auth:authenticate_request_basic_auth\n"
        )
        starts = servers.mlflow(folder, port, "http://localhost", "--app-name", "basic-auth")
        more = {"MLFLOW_AUTH_CONFIG_PATH": str(folder / "auth.ini"), "MLFLOW_FLASK_SERVER_SECRET_KEY": PASSWORD}
        return servers.ServerCommand(starts.argv, starts.ready_path, starts.environment | more)

    own = started(running, folder / "mlflow-users", with_users)
    gate = running.enter_context(gate_before(bare, folder / "mlflow-gate", keys, "mlflow"))
    return [
        Way("bare", bare.port, {}, [], []),
        Way("its own basic auth", own.port, basic("admin", PASSWORD), [], []),
        Way("behind the gate", gate.port, {"Authorization": f"Bearer {gate.mint('read')}"}, [], []),
    ]


def registry_ways(running: contextlib.ExitStack, folder: pathlib.Path, keys: str) -> list[Way]:
    bare = started(running, folder / "registry", servers.registry)
    passwords = folder / "htpasswd"
    made = subprocess.run([program("htpasswd"), "-Bbn", "alice", PASSWORD], capture_output=True, text=True, check=True)
    passwords.write_text(made.stdout)
    checks = f"auth: {{htpasswd: {{realm: registry, path: '{passwords}'}}}}\n"
    own = started(running, folder / "registry-users", lambda folder, port: servers.registry(folder, port, checks))
    gate = running.enter_context(gate_before(bare, folder / "registry-gate", keys, "oci"))
    copied = image.write_image(folder / "image", "an image of the comparison")
    policy = folder / "policy.json"
    policy.write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
    for port, credentials in ((bare.port, "none:none"), (own.port, f"alice:{PASSWORD}")):
        copy = [program("skopeo"), f"--policy={policy}", "copy", "--dest-tls-verify=false", f"--dest-creds={credentials}"]
        subprocess.run([*copy, f"dir:{copied}", f"docker://127.0.0.1:{port}/acme/app:1"], capture_output=True, check=True)
    accept = {"Accept": f"{image.MEDIA_TYPE}.manifest.v1+json"}
    return [
        Way("bare", bare.port, accept, [], []),
        Way("its own htpasswd", own.port, accept | basic("alice", PASSWORD), [], []),
        Way("behind the gate", gate.port, accept | basic("alice", str(gate.mint("read"))), [], []),
    ]


def started(running: contextlib.ExitStack, folder: pathlib.Path, make) -> Server:
    folder.mkdir()
    port = free_port()
    server = Server(folder.name, folder, port, make(folder, port))
    running.callback(server.stop)
    return server


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def compare(request: str, target: str, ways: list[Way]) -> Iterator[str]:
    for way in ways:
        measure(way, target, CLIENTS)
    for _ in range(ROUNDS):
        for way in ways:
            way.rates.append(len(measure(way, target, CLIENTS)) / ROUND_SECONDS)
            way.latencies.extend(measure(way, target, 1))
    bare = ways[0]
    for way in ways:
        rate, latency = statistics.median(way.rates), statistics.median(way.latencies)
        rates, latencies = rate / statistics.median(bare.rates), latency / statistics.median(bare.latencies)
        yield f"| {request} | {way.name} | {rate:,.0f} | {rates:.2f} | {latency * 1000:.1f} ms | {latencies:.2f} |"


def measure(way: Way, target: str, clients: int) -> list[float]:
    """The latency of each request of a round. Each client has a connection of its own, and asks again once it was answered."""
    taken: list[list[float]] = [[] for _ in range(clients)]
    failures: list[str] = []
    end = time.perf_counter() + ROUND_SECONDS

    def ask(mine: list[float]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", way.port, timeout=60)
        while (begun := time.perf_counter()) < end:
            connection.request("GET", target, headers=way.headers)
            answer = connection.getresponse()
            body = answer.read()
            mine.append(time.perf_counter() - begun)
            if answer.status != 200:
                failures.append(f"{way.name}: {answer.status} {body[:200]!r}")
                return

    threads = [threading.Thread(target=ask, args=[mine]) for mine in taken]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        sys.exit(failures[0])
    return [latency for mine in taken for latency in mine]


if __name__ == "__main__":
    main()
