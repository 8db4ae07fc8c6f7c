"""Hubs in Python, JavaScript, Ruby and PHP under their languages' own servers."""

import sys
from pathlib import Path

from foreign import HUBS, ForeignOrigin
from surroundings import free_port, program

# More than the default, because a request that never ends would block the only worker.
GUNICORN_WORKERS = 4


def flask(folder: Path) -> ForeignOrigin:
    return ForeignOrigin("Flask", folder, [sys.executable, str(HUBS / "flask_hub.py")])


def flask_gunicorn(folder: Path) -> ForeignOrigin:
    return _gunicorn("Flask under gunicorn", folder, "flask_hub:app")


def django_gunicorn(folder: Path) -> ForeignOrigin:
    return _gunicorn("Django under gunicorn", folder, "django_hub:application")


def _gunicorn(name: str, folder: Path, application: str) -> ForeignOrigin:
    port = free_port()
    argv = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", str(GUNICORN_WORKERS)]
    return ForeignOrigin(name, folder, [*argv, application], port)


def fastapi(folder: Path) -> ForeignOrigin:
    port = free_port()
    argv = [sys.executable, "-m", "uvicorn", "--host", "127.0.0.1", "--port", str(port), "--no-access-log"]
    origin = ForeignOrigin("FastAPI", folder, [*argv, "fastapi_hub:app"], port)
    origin.mounted_at = "/hub"
    return origin


def pyramid(folder: Path) -> ForeignOrigin:
    return ForeignOrigin("Pyramid", folder, [sys.executable, str(HUBS / "pyramid_hub.py")])


def aiohttp(folder: Path) -> ForeignOrigin:
    return ForeignOrigin("aiohttp", folder, [sys.executable, str(HUBS / "aiohttp_hub.py")])


def express(folder: Path) -> ForeignOrigin:
    return _node("Express", folder, "express.mjs")


def koa(folder: Path) -> ForeignOrigin:
    return _node("Koa", folder, "koa.mjs")


def fastify(folder: Path) -> ForeignOrigin:
    return _node("Fastify", folder, "fastify.mjs")


def _node(name: str, folder: Path, hub: str) -> ForeignOrigin:
    return ForeignOrigin(name, folder, [program("node"), str(HUBS / hub)])


def sinatra(folder: Path) -> ForeignOrigin:
    port = free_port()
    return ForeignOrigin("Sinatra", folder, [program("ruby"), str(HUBS / "sinatra_hub.rb"), "-p", str(port)], port)


def php_path_info(folder: Path) -> ForeignOrigin:
    """Without a router: a path that is not a file goes to index.php. With Debian's configuration of PHP."""
    public = folder / "public"
    public.mkdir(parents=True)
    (public / "index.php").symlink_to(HUBS / "hub.php")
    return _php(folder, ["-t", str(public)], "PATH_INFO")


def php_request_uri(folder: Path) -> ForeignOrigin:
    """With the front controller as router, and PHP's compiled defaults, which merge cookies into $_REQUEST."""
    folder.mkdir(parents=True)
    return _php(folder, ["-n", str(HUBS / "hub.php")], "REQUEST_URI")


def php_front_controller(folder: Path) -> ForeignOrigin:
    """With a front controller that takes the path from a parameter, and other spellings of its words."""
    return _php(folder, [str(HUBS / "hub.php")], "_url")


def _php(folder: Path, arguments: list[str], path_from: str) -> ForeignOrigin:
    port = free_port()
    environment = {"HUB_PATH": path_from, "PHP_CLI_SERVER_WORKERS": "4"}
    argv = [program("php"), "-S", f"127.0.0.1:{port}", *arguments]
    return ForeignOrigin(f"PHP by {path_from}", folder, argv, port, environment)
