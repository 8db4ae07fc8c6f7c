"""Runs a server of another make on this machine with a gate before it, and prints commands to try both with.

`make try-mlflow`, `make try-oci`, `make try-pypi` and `make try-npm` call this once everything is installed and built. What the
server keeps, and the logs, are in `.dev/try-…`, which begins empty each time; the keys are those of `make dev`.
"""

import contextlib
import dataclasses
import os
import pathlib
import shutil
import sys
import urllib.request
from collections.abc import Callable

import dev
import servers

START_SECONDS = 180


@dataclasses.dataclass(frozen=True)
class Trial:
    """One kind of server: the gate's table for it, what starts it, and what to paste."""

    table: str
    # Called with a folder, a free port and the gate's URL.
    server: Callable[[pathlib.Path, int, str], servers.ServerCommand]
    # Called with the gate's host; the variables READ and WRITE of the shell hold the tokens.
    commands: Callable[[str], str]
    # Where the gate has its own paths, if the server has some under /-/.
    gate_prefix: str = "/-/"


def mlflow(host: str) -> str:
    return f"""export PATH="{servers.ENVIRONMENT}:$PATH" MLFLOW_TRACKING_URI=http://{host} MLFLOW_HTTP_REQUEST_MAX_RETRIES=1

{dev.title("the write token logs a run")}
MLFLOW_TRACKING_TOKEN=$WRITE python -c '
import mlflow
mlflow.set_experiment("weather")
with mlflow.start_run(run_name="first"):
    mlflow.log_param("layers", 3); mlflow.log_metric("loss", 0.5); mlflow.log_text("It will rain.", "forecast.txt")'

{dev.title("the read token reads it")}
MLFLOW_TRACKING_TOKEN=$READ python -c '
import mlflow
runs = mlflow.search_runs(experiment_names=["weather"])
print(runs[["run_id", "metrics.loss"]])
print(mlflow.artifacts.load_text("runs:/" + runs.run_id[0] + "/forecast.txt"))'

{dev.title("and changes nothing: PERMISSION_DENIED: This access token has the role read, and this request needs write.")}
MLFLOW_TRACKING_TOKEN=$READ python -c '
import mlflow
mlflow.MlflowClient().delete_experiment(mlflow.get_experiment_by_name("weather").experiment_id)'

{dev.title("in a browser: any user name, and a token as the password")}
http://{host}/
"""


def oci(host: str) -> str:
    return f"""{dev.title("an image of one file, to have something to push")}
mkdir -p .dev/try-oci/image && python3 -c '
import pathlib, sys; sys.path.insert(0, "tests/edge/support"); import shutil, image
shutil.rmtree(".dev/try-oci/image"); image.write_image(pathlib.Path(".dev/try-oci/image"), "hello")'
alias skopeo='skopeo --insecure-policy'

{dev.title("the write token pushes")}
skopeo copy --dest-tls-verify=false --dest-creds=me:$WRITE dir:.dev/try-oci/image docker://{host}/acme/app:1

{dev.title("the read token pulls")}
skopeo inspect --tls-verify=false --creds=me:$READ docker://{host}/acme/app:1

{dev.title("and does not push: denied: This access token has the role read, and this request needs write.")}
skopeo copy --dest-tls-verify=false --dest-creds=me:$READ dir:.dev/try-oci/image docker://{host}/acme/app:2

{dev.title("docker, if it runs here")}
docker login -u me --password-stdin {host} <<< $READ && docker pull {host}/acme/app:1
"""


def pypi(host: str) -> str:
    return f"""export PATH="{servers.ENVIRONMENT}:$PATH"

{dev.title("a package of one file, to have something to upload")}
python3 -c '
import pathlib, sys; sys.path.insert(0, "tests/edge/support"); import wheel
wheel.write_wheel(pathlib.Path(".dev/try-pypi"), "lych", "1.0")'

{dev.title("the read token does not upload: 403, This access token has the role read, and this request needs write.")}
twine upload --repository-url http://{host}/ --username me --password $READ .dev/try-pypi/lych-1.0-py3-none-any.whl

{dev.title("the write token does")}
twine upload --repository-url http://{host}/ --username me --password $WRITE .dev/try-pypi/lych-1.0-py3-none-any.whl

{dev.title("the read token downloads, with pip and with uv")}
pip download --index-url http://me:$READ@{host}/simple/ --dest .dev/try-pypi/downloaded lych
uv pip install --index-url http://me:$READ@{host}/simple/ --target .dev/try-pypi/installed lych
"""


def npm(host: str) -> str:
    registry = f"http://{host}/"
    return f"""mkdir -p .dev/try-npm/package .dev/try-npm/app && cd .dev/try-npm/package
echo '{{"name": "@acme/widget", "version": "1.0.0"}}' > package.json
export npm_config_registry={registry}

{dev.title("the read token does not publish: 403, This access token has the role read, and this request needs write.")}
npm publish --//{host}/:_authToken=$READ

{dev.title("the write token does")}
npm publish --//{host}/:_authToken=$WRITE

{dev.title("the read token installs")}
cd ../app && echo '{{"private": true}}' > package.json && npm install --//{host}/:_authToken=$READ @acme/widget && cd ../../..
"""


def verdaccio(folder: pathlib.Path, port: int, gate: str) -> servers.ServerCommand:
    return servers.verdaccio(folder, port, f"{gate}/")


TRIALS = {
    "mlflow": Trial("mlflow", servers.mlflow, mlflow),
    "oci": Trial("oci", lambda folder, port, _gate: servers.registry(folder, port), oci),
    "pypi": Trial("pypi", lambda folder, port, _gate: servers.pypiserver(folder, port), pypi),
    "npm": Trial("npm", verdaccio, npm, "/_gate/"),
}


def main(name: str) -> int:
    trial, folder = TRIALS[name], dev.DEV / f"try-{name}"
    # A package that an earlier run published could not be published again.
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    admin_key = dev.development_keys()
    port = dev.free_port(dev.USUAL_PORT)
    gate = f"http://{dev.HUB_HOST}:{port}"
    with contextlib.ExitStack() as running:
        dev.step(f"starting the server; its log is {folder}/server.log")
        origin = start(running, folder, "server", lambda port: trial.server(folder, port, gate))
        dev.step("starting wrangler dev")
        dev.start_gate(running, port, f"http://127.0.0.1:{origin}", f"ROUTES:{trial.table}", f"GATE_PREFIX:{trial.gate_prefix}")
        dev.step("creating a read and a write token")
        place = f"{port}{trial.gate_prefix}"
        read, write = (dev.create_token(place, admin_key, dev.SUBJECT, role) for role in ("read", "write"))
        print(page(name, port, read["token"], write["token"], trial.commands(f"{dev.HUB_HOST}:{port}")), flush=True)
        return dev.wait_for_the_end()


def start(running: contextlib.ExitStack, folder: pathlib.Path, name: str, make: Callable[[int], servers.ServerCommand]) -> int:
    """Starts a server on a free port and waits until it responds; returns the port."""
    port = dev.free_port(0)
    server = make(port)
    log_path = folder / f"{name}.log"
    log = running.enter_context(open(log_path, "w"))
    process = dev.start(running, server.argv, stdout=log, stderr=log, env=os.environ | server.environment)
    url = f"http://127.0.0.1:{port}{server.ready_path}"

    def responds() -> bool:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(url, timeout=5)
            return True
        return False

    dev.await_ready(process, log_path, server.argv[0], responds, START_SECONDS)
    return port


def page(name: str, port: int, read: str, write: str, commands: str) -> str:
    bold, plain = dev.emphasis()
    return f"""
{bold}The gate runs at http://{dev.HUB_HOST}:{port}{plain}, with the server behind it. docs/{name}.md is the page for it.

Paste the following into another terminal:

cd {dev.ROOT}
export PATH="$PWD/node_modules/.bin:{dev.TARGET}:$PATH"
export READ={read}
export WRITE={write}

{commands}
{dev.title("a narrower token, which its holder makes without asking anybody")}
lychgate narrow --role read --expires-in 15m <<< $WRITE

Ctrl-C stops everything.
"""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
