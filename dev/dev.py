"""Runs a gate on this machine with everything around it, and prints commands to try it with.

`make dev` calls this once everything is built. The example origin, its repositories and the logs are in `.dev`; the keys
are in `.dev.vars`, where wrangler looks for them; the ledger and its list are in wrangler's local state.
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
from collections.abc import Callable

ROOT = pathlib.Path(__file__).resolve().parent.parent
DEV = ROOT / ".dev"
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug"
LYCHGATE = TARGET / "lychgate"
# Where wrangler, and the command line with --local, keep the ledger and Workers KV unless they are told otherwise.
STATE = ROOT / ".wrangler/state"
USUAL_PORT = 8787
# The hub and the page are two hosts, as in a deployment. Every browser, curl and Python know both names of this machine.
HUB_HOST = "127.0.0.1"
PAGE_HOST = "localhost"
SUBJECT = "alice"
# How long the gate may take to start: wrangler builds it first.
START_SECONDS = 120

# The roles of the users in the organization acme. Each also has a namespace of their own.
MEMBERS = {"rita": "read", SUBJECT: "write", "ada": "admin"}
# The only repository that the restricted token reaches.
RESTRICTED_TO = "acme/widget"
# The number of seconds within which a change of these roles takes effect.
MEMBERSHIP_SECONDS = 2
HUB_VARIABLES = ("MEMBERSHIP:kv", "OWN_NAMESPACE:by-name", f"MEMBERSHIP_SECONDS:{MEMBERSHIP_SECONDS}")


def main() -> int:
    DEV.mkdir(exist_ok=True)
    admin_key = development_keys()
    port = free_port(USUAL_PORT)
    with contextlib.ExitStack() as running:
        step("starting the example origin")
        origin = start_origin(running, port)
        step("starting wrangler dev")
        start_gate(running, port, origin, *HUB_VARIABLES)
        step("creating a read and a write token")
        read, write = (create_token(port, admin_key, SUBJECT, role) for role in ("read", "write"))
        step("creating a token for one repository")
        limited = create_token(port, admin_key, SUBJECT, "write", "--repo", RESTRICTED_TO)
        step("making an organization with a reader, a writer and an admin")
        for subject, membership in MEMBERS.items():
            set_membership(port, admin_key, subject, membership)
        reader, admin = (create_token(port, admin_key, subject, "write") for subject in ("rita", "ada"))
        parts = (restricted(port, limited), organization(port, reader, admin))
        print(page(port, origin, read, write, "\n".join(parts)), flush=True)
        return wait_for_the_end()


def development_keys() -> str:
    """Creates a key ring and an admin key for this checkout once; returns the admin key."""
    dev_vars = ROOT / ".dev.vars"
    if not dev_vars.exists():
        step("creating a development key ring in .dev.vars")
        ring = run(LYCHGATE, "keys", "new").strip()
        with private_file(dev_vars) as file:
            file.write("# Development secrets, created by `make dev`. Never deploy them.\n")
            file.write(f"LYCHGATE_KEYS='{ring}'\n")
            file.write(f"LYCHGATE_ADMIN_KEY='{secrets.token_urlsafe(32)}'\n")
    return development_secret("LYCHGATE_ADMIN_KEY")


def development_secret(wanted: str) -> str:
    for line in (ROOT / ".dev.vars").read_text().splitlines():
        name, _, value = line.partition("=")
        if name == wanted:
            return value.strip("'\"")
    sys.exit(f".dev.vars has no {wanted}: remove the file, and `make dev` creates a new one.")


def private_file(path: pathlib.Path):
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w")


def start_origin(running: contextlib.ExitStack, gate_port: int) -> str:
    """Starts the example origin, whose page signs people in at the gate; returns its URL."""
    log = running.enter_context(open(DEV / "origin.log", "w"))
    key_set = DEV / "assertion-keys.json"
    with private_file(key_set) as file:
        ring = development_secret("LYCHGATE_KEYS")
        file.write(run(LYCHGATE, "--json", "keys", "derive", "assertion", LYCHGATE_KEYS=ring))
    sign_in_key = DEV / "sign-in-key.json"
    with private_file(sign_in_key) as file:
        file.write(run(LYCHGATE, "--json", "keys", "derive", "sign-in", LYCHGATE_KEYS=ring))
    process = start(
        running,
        [TARGET / "examples" / "origin", "--listen", "127.0.0.1:0", "--data", DEV / "hub", "--sample"]
        + ["--assertion-keys", key_set, "--gate", f"http://{PAGE_HOST}:{gate_port}", "--sign-in-key", sign_in_key],
        stdout=subprocess.PIPE,
        stderr=log,
    )
    first_line = process.stdout.readline().strip()
    url = first_line.removeprefix("origin listening on ")
    if url == first_line:
        sys.exit(f"The example origin did not start; see {DEV / 'origin.log'}.")
    return url


def start_gate(
    running: contextlib.ExitStack, port: int, origin: str, *variables: str, state: pathlib.Path = STATE
) -> None:
    """Starts wrangler dev with these variables, each NAME:VALUE, and waits until the gate responds. Its ledger and KV are in `state`."""
    log_path = DEV / "gate.log"
    log = running.enter_context(open(log_path, "w"))
    gate = start(
        running,
        ["wrangler", "dev", "--ip", HUB_HOST, "--port", str(port), "--persist-to", state, "--var", f"ORIGIN_URL:{origin}"]
        + [word for variable in variables for word in ("--var", variable)]
        + ["--var", f"PAGE_HOST:{PAGE_HOST}", "--var", f"HUB_HOST:{HUB_HOST}"]
        + ["--show-interactive-dev-session=false"],
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    await_ready(gate, log_path, "The gate", lambda: "Ready on" in log_path.read_text(), START_SECONDS)


def await_ready(
    process: subprocess.Popen, log_path: pathlib.Path, name: str, is_ready: Callable[[], bool], seconds: float
) -> None:
    """Waits until a process is ready; if it ends or takes too long, exits with the end of its log."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        if is_ready():
            return
        time.sleep(0.2)
    sys.exit(f"{name} did not start; the end of {log_path}:\n{log_path.read_text()[-2000:]}")


def create_token(place: int | str, admin_key: str, subject: str, role: str, *restrictions: str) -> dict:
    """A token of the gate at a port, behind which may be its GATE_PREFIX. It is named after this run, because a name is unique among
    a subject's valid tokens."""
    name = " ".join((role, *restrictions[1::2], time.strftime("%Y-%m-%d %H:%M:%S")))
    create = [LYCHGATE, "--json", "tokens", "create", "--subject", subject, "--name", name, "--role", role]
    return json.loads(run(*create, "--expires-in", "1d", *restrictions, **management(place, admin_key)))


def set_membership(port: int, admin_key: str, subject: str, membership: str) -> None:
    set_roles = [LYCHGATE, "members", "set", "--subject", subject, f"acme={membership}", "--wait", "30"]
    run(*set_roles, **management(port, admin_key))


def management(place: int | str, admin_key: str) -> dict[str, str]:
    """The environment variables that give the command line the gate's URL and the admin key."""
    return {"LYCHGATE_URL": f"http://{HUB_HOST}:{place}", "LYCHGATE_ADMIN_KEY": admin_key}


def title(text: str) -> str:
    bold, plain = emphasis()
    return f"{bold}# {text}{plain}"


def emphasis() -> tuple[str, str]:
    return ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")


def restricted(port: int, limited: dict) -> str:
    """Commands that try a restricted token."""
    url = f"http://{HUB_HOST}:{port}"
    bearer = "Authorization: Bearer"
    return f"""{title(f"a token restricted to {RESTRICTED_TO} may read and write there, and nowhere else (token {limited['id']})")}
export LIMITED={limited["token"]}
curl -H "{bearer} $LIMITED" {url}/{RESTRICTED_TO}/resolve/main/README.md

{title("in another repository: 403, This token is limited to the repositories acme/widget; the request is for acme/gadget.")}
curl -i -H "{bearer} $LIMITED" {url}/acme/gadget/resolve/main/README.md

{title("narrow it further, without the gate: this one only reads, and for 15 minutes")}
JOB=$(lychgate narrow --role read --expires-in 15m <<< $LIMITED)
git clone http://me:$JOB@{HUB_HOST}:{port}/{RESTRICTED_TO} .dev/try/job
lychgate inspect - <<< $JOB

{title("and is refused when it pushes: 403, This token is limited to the role read; the request needs write.")}
git -C .dev/try/job commit --allow-empty -m 'Try the narrowed token'
git -C .dev/try/job push
"""


def organization(port: int, reader: dict, admin: dict) -> str:
    """Commands that try memberships, in the clone of the commands before."""
    host = f"{HUB_HOST}:{port}"
    return f"""{title("acme has a reader, a writer and an admin: rita, alice and ada, with a write token each")}
export READER={reader["token"]}
export ADMIN={admin["token"]}
git -C .dev/try/widget commit --allow-empty -m 'Try the memberships'

{title("the reader is refused: 403, Your role in this organization is read, and this request needs write or admin.")}
git -C .dev/try/widget push http://me:$READER@{host}/acme/widget HEAD:main

{title("the admin is not")}
git -C .dev/try/widget push http://me:$ADMIN@{host}/acme/widget HEAD:main

{title(f"make the reader a writer: in effect after at most {MEMBERSHIP_SECONDS} seconds")}
lychgate members set --subject rita acme=write --wait 30
sleep {MEMBERSHIP_SECONDS}; git -C .dev/try/widget commit --allow-empty -m 'As a writer'
git -C .dev/try/widget push http://me:$READER@{host}/acme/widget HEAD:main

{title("how the gate decides about a push by a reader, step by step, and the response for each client")}
echo '{{"rita":{{"acme":"read"}}}}' > .dev/try/members.json
lychgate explain POST /acme/widget/git-receive-pack --role write --subject rita --members .dev/try/members.json
"""


def page(port: int, origin: str, read: dict, write: dict, organization: str) -> str:
    bold, plain = emphasis()
    host = f"{HUB_HOST}:{port}"

    return f"""
{bold}The gate runs at http://{host}{plain}, with a small hub behind it.

{title("in a browser: sign in as alice, bob or carol, and manage their tokens at the gate's page")}
{origin}/sign-in
http://{PAGE_HOST}:{port}/-/

Paste the following into another terminal:

cd {ROOT}
export PATH="$PWD/.tools/venv/bin:$PWD/node_modules/.bin:{TARGET}:$PATH" WRANGLER_SEND_METRICS=false
export LYCHGATE_URL=http://{host} LYCHGATE_ADMIN_KEY="$(sed -n "s/^LYCHGATE_ADMIN_KEY='\(.*\)'/\\1/p" .dev.vars)"
export READ={read["token"]}
export WRITE={write["token"]}
rm -rf .dev/try && mkdir .dev/try

{title(f"git: the read token clones (token {read['id']})")}
git clone http://me:$READ@{host}/acme/widget .dev/try/widget

{title("and is refused when it pushes: 403, This access token has the role read, and this request needs write.")}
git -C .dev/try/widget commit --allow-empty -m 'Try the gate'
git -C .dev/try/widget push

{title(f"the write token is accepted (token {write['id']})")}
git -C .dev/try/widget push http://me:$WRITE@{host}/acme/widget HEAD:main

{organization}
{title("curl: without a token 401, with one the hub's response")}
curl -i http://{host}/api/whoami-v2
curl -H "Authorization: Bearer $READ" http://{host}/api/whoami-v2

{title("Python: huggingface_hub downloads")}
HF_ENDPOINT=http://{host} HF_TOKEN=$READ HF_HUB_DISABLE_XET=1 python3 -c '
from huggingface_hub import hf_hub_download
print(open(hf_hub_download("acme/widget", "README.md")).read())'

{title("refresh the write token: a new one replaces it, and the old one is refused after at most ten seconds")}
OLD=$WRITE WRITE=$(lychgate tokens refresh {write["id"]} --subject {SUBJECT})
curl -H "Authorization: Bearer $WRITE" http://{host}/api/whoami-v2
sleep 11; curl -i -H "Authorization: Bearer $OLD" http://{host}/api/whoami-v2

{title("revoke the read token, and see it refused: 401 token_revoked")}
lychgate tokens revoke {read["id"]} --subject {SUBJECT} --wait 30
sleep 11; curl -i -H "Authorization: Bearer $READ" http://{host}/api/whoami-v2

{title("all tokens of alice, and what happened to them")}
lychgate tokens list --subject {SUBJECT} --all
lychgate audit --subject {SUBJECT}

{title("the class of any request")}
lychgate explain GET '/acme/widget/info/refs?service=git-receive-pack'

The gate's log is .dev/gate.log, the origin's .dev/origin.log. Ctrl-C stops both.
"""


def wait_for_the_end() -> int:
    """Waits for Ctrl-C, or until a process exits that should not."""
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
    """Starts a process that is stopped together with this one. It has its own process group, so its children stop too."""
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


def run(*command, **environment: str) -> str:
    """Runs a command and returns its output, or exits with its error message."""
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=ROOT, text=True, capture_output=True, env=os.environ | environment)
    if done.returncode != 0:
        sys.exit(f"`{' '.join(words)}` failed:\n{done.stderr}{what_to_do() if 'LYCHGATE_URL' in environment else ''}")
    return done.stdout


def what_to_do() -> str:
    """What to do about a request that the gate refused."""
    log = DEV / "gate.log"
    if "the ledger has schema version" in log.read_text():
        return f"The ledger in {STATE} is another version's: remove that folder, and with it the tokens of earlier runs."
    return f"The gate's log is {log}."


def free_port(usual: int) -> int:
    """The usual port if it is free, otherwise any other."""
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
