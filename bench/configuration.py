"""workerd's configuration of a run."""

import base64
import json
import pathlib
import re
from typing import Protocol

from contenders import Contender

BENCH = pathlib.Path(__file__).resolve().parent
ROOT = BENCH.parent
BUILD = ROOT / "build" / "bench"
# What workerd calls a module with the file's suffix.
KINDS = {".js": "esModule", ".mjs": "esModule", ".wasm": "wasm", ".bin": "data"}
COMPATIBILITY_DATE = re.search(r'compatibility_date = "([^"]+)"', (ROOT / "wrangler.toml").read_text())[1]


class Surroundings(Protocol):
    """What the Workers of a run need from outside."""

    origin: str
    kv: str
    keys: str
    jwt_secret: str


def configuration(
    rig: Surroundings, among: list[Contender], ports: dict[str, int], folder: pathlib.Path, starts_isolates: bool
) -> str:
    """The configuration, with the code of all Workers copied into its folder. With `starts_isolates`, each request to a contender
    gets a new isolate."""
    services = "".join(f'    (name = "{c.service}", worker = .{constant(c)}),\n' for c in among)
    sockets = "".join(
        f'    (name = "{c.service}", address = "127.0.0.1:{ports[c.service]}", http = (), service = "{c.service}"),\n'
        for c in among
    )
    workers = "".join(worker(contender, rig, folder, starts_isolates) for contender in among)
    return f"""using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
{services}    (name = "internet", network = (allow = ["private"])),
    (name = "kv", external = (address = "{rig.kv}", http = ())),
    (name = "origin", external = (address = "{rig.origin.removeprefix("http://")}", http = ())),
  ],
  sockets = [
{sockets}  ],
);
{workers}"""


def worker(contender: Contender, rig: Surroundings, folder: pathlib.Path, starts_isolates: bool) -> str:
    bindings = [f"(name = {json.dumps(name)}, text = {json.dumps(text)})" for name, text in variables(contender, rig).items()]
    bindings.append('(name = "LYCHGATE_KV", kvNamespace = "kv")')
    flags = ""
    if starts_isolates:
        bindings.append('(name = "LOADER", workerLoader = ())')
        modules = starter(contender, folder)
        flags = '\n  compatibilityFlags = ["experimental"],'
    else:
        modules = [embedded(name, path, folder) for name, path in code(contender).items()]
    separator = ",\n    "
    # What the platform does for a route of a zone: a request to that zone reaches its origin.
    outbound = '\n  globalOutbound = "origin",' if contender.zone else ""
    return f"""const {constant(contender)} :Workerd.Worker = (
  compatibilityDate = "{COMPATIBILITY_DATE}",{flags}
  modules = [
    {separator.join(modules)},
  ],
  bindings = [
    {separator.join(bindings)},
  ],{outbound}
);
"""


def variables(contender: Contender, rig: Surroundings) -> dict[str, str]:
    refresh = {} if contender.refresh_seconds is None else {"REFRESH_SECONDS": str(contender.refresh_seconds)}
    return ({} if contender.zone else {"ORIGIN_URL": rig.origin}) | refresh | {
        "ASSERTION": "on" if contender.full else "off",
        "MEMBERSHIP": "kv" if contender.full else "off",
        "ROUTES": contender.routes,
        "LYCHGATE_KEYS": rig.keys,
        "JWT_SECRET": rig.jwt_secret,
    }


def code(contender: Contender) -> dict[str, pathlib.Path]:
    """The modules of a contender by their names, the main module first."""
    if contender.script is not None:
        return {"worker": BUILD / f"{contender.script}.mjs"}
    built = sorted(path for path in (ROOT / "build/worker").rglob("*") if path.suffix in KINDS)
    return {str(path.relative_to(ROOT)): path for path in (ROOT / "src/isolate/entry.mjs", *built)}


def embedded(name: str, path: pathlib.Path, folder: pathlib.Path) -> str:
    """A module, copied into the folder."""
    copy = folder / path.relative_to(ROOT)
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_bytes(path.read_bytes())
    return f'(name = "{name}", {KINDS[path.suffix]} = embed "{copy.relative_to(folder)}")'


def starter(contender: Contender, folder: pathlib.Path) -> list[str]:
    """The Worker that starts isolates, and the contender's code as data for it."""
    modules = code(contender)
    data = {
        "compatibilityDate": COMPATIBILITY_DATE,
        "main": next(iter(modules)),
        "modules": {
            name: [KINDS[path.suffix], base64.b64encode(path.read_bytes()).decode()] for name, path in modules.items()
        },
    }
    (folder / f"{contender.service}.json").write_text(json.dumps(data))
    return [embedded("starter", BENCH / "starter.mjs", folder), f'(name = "code", json = embed "{contender.service}.json")']


def constant(contender: Contender) -> str:
    first, *rest = contender.service.split("-")
    return first + "".join(word.capitalize() for word in rest)
