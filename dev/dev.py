"""Runs a gate on this machine with everything around it, and prints commands to try it with.

`make dev` calls this once all is built. The example origin, its repositories and the log lie in `.dev`; the keys
lie in `.dev.vars`, where wrangler looks for them; tokens and lists lie in wrangler's local state.
"""

import contextlib
import json
import os
import pathlib
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
DEV = ROOT / ".dev"
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug"
LYCHGATE = TARGET / "lychgate"
KEYS = DEV / "keys.json"
ADMIN_KEY = DEV / "admin-key"
USUAL_PORT = 8787


def main() -> int:
    DEV.mkdir(exist_ok=True)
    admin_key = development_keys()
    port = free_port(USUAL_PORT)
    with contextlib.ExitStack() as running:
        step("starting the example origin")
        origin = start_origin(running)
        step("starting wrangler dev")
        start_gate(running, port, origin)
        gate = Gate(port, admin_key)
        read, write = gate.token("read"), gate.token("write")
        print(page(port, read, write), flush=True)
        return wait_for_the_end()


def development_keys() -> str:
    """A key ring and an admin key of this checkout's own, made once; gives the admin key."""
    dev_vars = ROOT / ".dev.vars"
    if not dev_vars.exists():
        step("making a development key ring in .dev.vars")
        ring = run(LYCHGATE, "keys", "new").strip()
        with private_file(dev_vars) as file:
            file.write("# Development secrets, made by `make dev`. Never deploy them.\n")
            file.write(f"LYCHGATE_KEYS='{ring}'\n")
            file.write(f"LYCHGATE_ADMIN_KEY='{secrets.token_urlsafe(32)}'\n")
    values = dict(line.split("=", 1) for line in dev_vars.read_text().splitlines() if "=" in line)
    ring, admin_key = (values.get(name, "").strip("'\"") for name in ("LYCHGATE_KEYS", "LYCHGATE_ADMIN_KEY"))
    if not ring or not admin_key:
        sys.exit(".dev.vars lacks LYCHGATE_KEYS or LYCHGATE_ADMIN_KEY: remove it, and `make dev` makes a new one.")
    for path, secret in ((KEYS, ring), (ADMIN_KEY, admin_key)):
        with private_file(path) as file:
            file.write(secret + "\n")
    return admin_key


def private_file(path: pathlib.Path):
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w")


def start_origin(running: contextlib.ExitStack) -> str:
    """Starts the example origin; gives its URL."""
    log = running.enter_context(open(DEV / "origin.log", "w"))
    process = start(
        running,
        [TARGET / "examples" / "origin", "--listen", "127.0.0.1:0", "--data", DEV / "hub", "--sample"],
        stdout=subprocess.PIPE,
        stderr=log,
    )
    first_line = process.stdout.readline().strip()
    url = first_line.removeprefix("origin listening on ")
    if url == first_line:
        sys.exit(f"The example origin did not start; see {DEV / 'origin.log'}.")
    return url


def start_gate(running: contextlib.ExitStack, port: int, origin: str) -> None:
    """Starts wrangler dev and waits until the gate answers."""
    log_path = DEV / "gate.log"
    log = running.enter_context(open(log_path, "w"))
    gate = start(
        running,
        ["wrangler", "dev", "--ip", "127.0.0.1", "--port", str(port), "--var", f"ORIGIN_URL:{origin}"]
        + ["--show-interactive-dev-session=false"],
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    for _ in range(600):
        if gate.poll() is not None:
            break
        if "Ready on" in log_path.read_text():
            return
        time.sleep(0.2)
    sys.exit(f"The gate did not start; the end of {log_path}:\n{log_path.read_text()[-2000:]}")


class Gate:
    """The running gate's management API, as a hub's backend calls it."""

    def __init__(self, port: int, admin_key: str):
        self.tokens = f"http://127.0.0.1:{port}/-/api/subjects/alice/tokens"
        self.admin_key = admin_key

    def token(self, role: str) -> dict:
        """Alice's token of this role: a new one, or the last run's refreshed, so that runs do not pile up tokens."""
        name = f"make dev, {role}"
        for token in self.call("GET", "?limit=100")["tokens"]:
            if token["name"] == name and token["state"] == "live":
                return self.call("POST", f"/{token['id']}/refresh")
        return self.call("POST", body={"name": name, "role": role, "expires_in": 30 * 86_400})

    def call(self, method: str, path: str = "", body: dict | None = None) -> dict:
        headers = {"Authorization": f"Bearer {self.admin_key}"}
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body).encode()
        request = urllib.request.Request(self.tokens + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)


def page(port: int, read: dict, write: dict) -> str:
    bold, plain = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")
    host = f"127.0.0.1:{port}"

    def title(text: str) -> str:
        return f"{bold}# {text}{plain}"

    return f"""
{bold}The gate runs at http://{host}{plain}, with a small hub behind it. Paste what follows into another terminal:

cd {ROOT}
export PATH="$PWD/.tools/venv/bin:$PWD/node_modules/.bin:{TARGET}:$PATH" WRANGLER_SEND_METRICS=false
export READ={read["token"]}
export WRITE={write["token"]}
rm -rf .dev/try && mkdir .dev/try

{title(f"git: the read token clones (token {read['id']})")}
git clone http://me:$READ@{host}/acme/widget .dev/try/widget

{title("and is refused when it pushes: 403, This access token has the role read, and this request needs write.")}
git -C .dev/try/widget commit --allow-empty -m 'Try the gate'
git -C .dev/try/widget push

{title(f"the write token pushes (token {write['id']})")}
git -C .dev/try/widget push http://me:$WRITE@{host}/acme/widget HEAD:main

{title("curl: without a token 401, with one the hub's answer")}
curl -i http://{host}/api/whoami-v2
curl -H "Authorization: Bearer $READ" http://{host}/api/whoami-v2

{title("Python: huggingface_hub downloads")}
HF_ENDPOINT=http://{host} HF_TOKEN=$READ HF_HUB_DISABLE_XET=1 python3 -c '
from huggingface_hub import hf_hub_download
print(open(hf_hub_download("acme/widget", "README.md")).read())'

{title("end the read token, and see it refused ten seconds later at most: 401 token_revoked")}
export ADMIN="Authorization: Bearer $(cat .dev/admin-key)" TOKENS=http://{host}/-/api/subjects/alice/tokens
curl -H "$ADMIN" -X DELETE "$TOKENS/{read["id"]}?wait=10"
sleep 10; curl -i -H "Authorization: Bearer $READ" http://{host}/api/whoami-v2

{title("create a token, list them, and see who changed what")}
curl -H "$ADMIN" -H 'Content-Type: application/json' -d '{{"name":"laptop","role":"read","expires_in":86400}}' $TOKENS
curl -H "$ADMIN" $TOKENS
curl -H "$ADMIN" http://{host}/-/api/audit

{title("what any request counts as")}
lychgate explain GET '/acme/widget/info/refs?service=git-receive-pack'

The gate's log is .dev/gate.log, the origin's .dev/origin.log. Ctrl-C ends both.
"""


def wait_for_the_end() -> int:
    """Waits for Ctrl-C, or for a process to end that should not."""
    stop = []
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.append(True))
    while not stop:
        for process in PROCESSES:
            if process.poll() is not None:
                print(f"{process.args[0]} ended with {process.returncode}; see .dev/*.log", file=sys.stderr)
                return 1
        time.sleep(0.3)
    print()
    return 0


PROCESSES: list[subprocess.Popen] = []


def start(running: contextlib.ExitStack, command: list, **streams) -> subprocess.Popen:
    """Starts a process that ends with this one, in a group of its own so that its children end too."""
    process = subprocess.Popen(
        [str(word) for word in command], cwd=ROOT, text=True, start_new_session=True, **streams
    )
    PROCESSES.append(process)
    running.callback(end, process)
    return process


def end(process: subprocess.Popen) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)


def run(*command) -> str:
    """Runs a command to its end; gives what it printed, or ends with what it complained of."""
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=ROOT, text=True, capture_output=True)
    if done.returncode != 0:
        sys.exit(f"`{' '.join(words)}` failed:\n{done.stderr}")
    return done.stdout


def free_port(usual: int) -> int:
    """The usual port where it is free, any other where it is not."""
    for port in (usual, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return probe.getsockname()[1]
    sys.exit("No port is free on 127.0.0.1.")


def step(text: str) -> None:
    print(f"   {text} …", flush=True)


if __name__ == "__main__":
    sys.exit(main())
