"""The servers of other makes that the gate stands in front of, as docs/mlflow.md, docs/oci.md, docs/pypi.md and docs/npm.md
start them: command line, environment and configuration of each. `make try-*` and the tests of tests/servers use the same.
"""

import dataclasses
import pathlib
import shutil
import subprocess
import sys
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
# MLflow needs other versions of what the tests' own environment has, so these servers have one of their own.
ENVIRONMENT = ROOT / ".tools/servers/bin"
PACKAGES = ROOT / "tests/servers/node_modules/.bin"


@dataclasses.dataclass(frozen=True)
class ServerCommand:
    """What starts a server, and a path that answers 200 once it is ready."""

    argv: list[str]
    ready_path: str = "/"
    environment: dict[str, str] = dataclasses.field(default_factory=dict)


def mlflow(folder: pathlib.Path, port: int, outside: str, *more: str) -> ServerCommand:
    """MLflow with runs in SQLite and artifacts in a folder. Browsers send writes with the gate's address as their `Origin`."""
    argv = [str(ENVIRONMENT / "mlflow"), "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    argv += ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", str(folder / "artifacts")]
    argv += ["--allowed-hosts", f"127.0.0.1:{port}", "--cors-allowed-origins", outside, *more]
    # The job runner starts processes of its own; the assistant and scheduled evaluations need it, tracking does not.
    quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
    return ServerCommand(argv, "/health", quiet)


def registry(folder: pathlib.Path, port: int, more: str = "") -> ServerCommand:
    """CNCF distribution, in Debian's package docker-registry. It makes its links from `X-Forwarded-Host`, which the gate sets."""
    program = shutil.which("docker-registry") or shutil.which("registry")
    if program is None:
        sys.exit("docker-registry is not installed: `make try-oci` and `make test-servers` install it on Debian.")
    configuration = folder / "registry.yml"
    configuration.write_text(
        "version: 0.1\nlog: {level: warn}\n"
        f"storage:\n  filesystem: {{rootdirectory: {folder / 'images'}}}\n  delete: {{enabled: true}}\n"
        f"http: {{addr: '127.0.0.1:{port}'}}\n{more}"
    )
    return ServerCommand([program, "serve", str(configuration)], "/v2/", {"OTEL_TRACES_EXPORTER": "none"})


def pypiserver(folder: pathlib.Path, port: int) -> ServerCommand:
    """pypiserver without passwords (`-P . -a .`) and without PyPI as a fallback."""
    packages = folder / "packages"
    packages.mkdir(exist_ok=True)
    argv = [str(ENVIRONMENT / "pypi-server"), "run", "-i", "127.0.0.1", "-p", str(port), "-P", ".", "-a", "."]
    return ServerCommand([*argv, "--disable-fallback", str(packages)], "/health")


def devpi(folder: pathlib.Path, port: int, outside: str) -> ServerCommand:
    """devpi without a mirror of PyPI. It makes its addresses from `outside`, the gate's address. Its root has the password `root`."""
    data = folder / "data"
    if not data.exists():
        init = [str(ENVIRONMENT / "devpi-init"), "--serverdir", str(data), "--no-root-pypi", "--root-passwd", "root"]
        subprocess.run(init, check=True, capture_output=True)
    argv = [str(ENVIRONMENT / "devpi-server"), "--serverdir", str(data), "--host", "127.0.0.1", "--port", str(port)]
    return ServerCommand([*argv, "--outside-url", outside, "--restrict-modify", "root"], "/+api")


def verdaccio(folder: pathlib.Path, port: int, outside: str) -> ServerCommand:
    """verdaccio with every right for everybody, since nobody reaches it but through the gate, and without npmjs behind it.

    It makes the addresses of files from `outside`, the address of the registry as clients know it, with a slash at the end.
    """
    configuration = folder / "verdaccio.yaml"
    prefix = urllib.parse.urlsplit(outside).path
    configuration.write_text(
        f"storage: {folder / 'storage'}\nurl_prefix: {prefix}\nweb: {{enable: false}}\nuplinks: {{}}\n"
        "packages:\n  '**': {access: $all, publish: $all, unpublish: $all}\n"
        "log: {type: stdout, format: pretty, level: warn}\n"
    )
    argv = [str(PACKAGES / "verdaccio"), "--config", str(configuration), "--listen", f"127.0.0.1:{port}"]
    return ServerCommand(argv, "/-/ping", {"VERDACCIO_PUBLIC_URL": outside})


def below(folder: pathlib.Path, port: int, path: str, behind: int, directives: str = "") -> ServerCommand:
    """nginx, which serves under this path what the server on the port `behind` serves at its root."""
    temporary = "".join(
        f"  {name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"daemon off;\nmaster_process off;\npid {folder}/nginx.pid;\nerror_log stderr;\nevents {{}}\nhttp {{\n{temporary}"
        f"  access_log off;\n  client_max_body_size 100m;\n  server {{\n    listen 127.0.0.1:{port};\n"
        f"    location {path} {{ proxy_pass http://127.0.0.1:{behind}/; proxy_set_header Host $http_host; {directives} }}\n  }}\n}}\n"
    )
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin") or "nginx"
    return ServerCommand([program, "-e", "stderr", "-c", str(configuration)], f"{path}-/ping")


def klaus(port: int, *repositories: pathlib.Path) -> ServerCommand:
    """klaus, which shows git repositories and serves them to git, with pushes that ask for no password of its own."""
    argv = [str(ENVIRONMENT / "waitress-serve"), "--listen", f"127.0.0.1:{port}", "klaus.contrib.wsgi:application"]
    environment = {"KLAUS_REPOS": " ".join(map(str, repositories)), "KLAUS_SITE_NAME": "klaus"}
    return ServerCommand(argv, "/", environment | {"KLAUS_USE_SMARTHTTP": "1", "KLAUS_UNAUTHENTICATED_PUSH": "1"})


def olah(folder: pathlib.Path, port: int, hub: str) -> ServerCommand:
    """olah, a mirror of the Hub, here of another hub.

    It sends `Authorization` on to that hub, also the gate's own, so something between gate and olah must remove the header.
    """
    scheme, _, netloc = hub.partition("://")
    argv = [str(ENVIRONMENT / "olah-cli"), "--host", "127.0.0.1", "--port", str(port), "--repos-path", str(folder / "repos")]
    argv += ["--hf-scheme", scheme, "--hf-netloc", netloc, "--hf-lfs-netloc", netloc]
    return ServerCommand(argv)
