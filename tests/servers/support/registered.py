"""Prints every route that a server of another make has registered: `python registered.py mlflow|pypiserver|devpi|klaus|olah`, in that
server's own environment. One line for each method and path, in JSON; slots are as the server writes them.
"""

import contextlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator

Routes = Iterator[tuple[str, str]]


def of_werkzeug(rules, prefix: str = "") -> Routes:
    for rule in rules:
        for method in rule.methods or ("GET",):
            yield method, prefix + str(rule)


def of_starlette(routes, prefix: str = "") -> Routes:
    for route in routes:
        path = prefix + getattr(route, "path", "")
        if hasattr(route, "methods"):
            for method in route.methods or ():
                yield method, path
        # FastAPI keeps a router that is included as it is.
        elif hasattr(route, "original_router"):
            yield from of_starlette(route.original_router.routes, prefix + route.include_context.prefix)
        elif getattr(route, "routes", None):
            yield from of_starlette(route.routes, path)
        # Its handshake is a GET.
        elif "WebSocket" in type(route).__name__:
            yield "GET", path
        elif not hasattr(route, "app"):
            raise TypeError(f"a route of an unknown kind: {route!r}")


def mlflow() -> Routes:
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    from mlflow.server import app as flask
    from mlflow.server.fastapi_app import app as fastapi

    yield from of_starlette(fastapi.routes)
    yield from of_werkzeug(flask.url_map.iter_rules())


def pypiserver() -> Routes:
    import pypiserver

    with tempfile.TemporaryDirectory() as packages:
        for route in pypiserver.app(roots=[packages], password_file=".", authenticate=[]).routes:
            yield route.method, route.rule


def devpi() -> Routes:
    from devpi_server.config import get_pluginmanager, parseoptions
    from devpi_server.main import XOM

    with tempfile.TemporaryDirectory() as data:
        configuration = parseoptions(get_pluginmanager(), ["devpi-server", "--serverdir", data])
        configuration.init_nodeinfo()
        server = XOM(configuration)
        # Its log, which tells of plug-ins, goes to where the routes are printed.
        with contextlib.redirect_stdout(sys.stderr):
            introspector = server.create_app().app.registry.introspector
    patterns = {route["introspectable"]["name"]: route["introspectable"]["pattern"] for route in introspector.get_category("routes")}
    for view in introspector.get_category("views"):
        registered = view["introspectable"]
        if registered["route_name"] is None:
            continue
        path = re.sub(r"\{(\w+):[^}]*\}", r"{\1}", patterns[registered["route_name"]])
        methods = registered["request_methods"] or ("GET",)
        for method in (methods,) if isinstance(methods, str) else methods:
            yield method, path


def klaus() -> Routes:
    from klaus import Klaus

    # Smart HTTP has paths of its own, which dulwich registers.
    from dulwich.web import HTTPGitApplication

    yield from of_werkzeug(Klaus({}, "klaus", True).url_map.iter_rules())
    for method, pattern in HTTPGitApplication.services:
        # What it reads are files, by regular expressions.
        if method != "GET":
            yield method, "/widget" + pattern.pattern.rstrip("$")


def olah() -> Routes:
    from olah.server_routes import router

    yield from of_starlette(router.routes)


if __name__ == "__main__":
    for registered in sorted(set({"mlflow": mlflow, "pypiserver": pypiserver, "devpi": devpi, "klaus": klaus, "olah": olah}[sys.argv[1]]())):
        print(json.dumps(registered))
