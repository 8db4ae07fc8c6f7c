"""A hub in Flask, with the method override of Flask's documentation, and the old snippet for a script name.

It takes parameters from `request.values`, which merges query and form. It trusts every client, and names the class of the
handler that ran in X-Effect.
"""

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, request
from hub_answer import answer
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.serving import make_server

app = Flask("hub")


class MethodOverride:
    """flask.palletsprojects.com/en/stable/patterns/methodoverrides/"""

    def __init__(self, application: Callable[..., Any]) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        method = environ.get("HTTP_X_HTTP_METHOD_OVERRIDE", "").upper()
        if method in {"GET", "HEAD", "POST", "DELETE", "PUT", "PATCH", "OPTIONS"}:
            environ["REQUEST_METHOD"] = method
        return self.application(environ, start_response)


class ScriptName:
    """A snippet that many applications have used behind nginx: it removes the prefix of the path that a header names."""

    def __init__(self, application: Callable[..., Any]) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        if prefix := environ.get("HTTP_X_SCRIPT_NAME", ""):
            environ["SCRIPT_NAME"] = prefix
            environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix(prefix)
        return self.application(environ, start_response)


def does(effect: str) -> Response:
    body, headers = answer(effect, request.headers.get)
    return Response(body, headers=headers)


@app.get("/<namespace>/<repo>/info/refs")
def refs(namespace: str, repo: str) -> Response:
    return does("write" if request.values.get("service") == "git-receive-pack" else "read")


@app.post("/<namespace>/<repo>/git-receive-pack")
def receive_pack(namespace: str, repo: str) -> Response:
    return does("write")


@app.post("/<namespace>/<repo>/info/lfs/objects/batch")
def batch(namespace: str, repo: str) -> Response:
    operation = request.values.get("operation")
    if operation is None:
        body = request.get_json(force=True)
        operation = body.get("operation") if isinstance(body, dict) else None
    return does("write" if operation == "upload" else "read")


@app.route("/api/models/<namespace>/<repo>", methods=["GET", "DELETE"])
def model(namespace: str, repo: str) -> Response:
    return does("write" if request.method == "DELETE" else "read")


@app.put("/api/models/<namespace>/<repo>/settings")
def settings(namespace: str, repo: str) -> Response:
    return does("write")


@app.get("/api/models/<namespace>/<repo>/xet-write-token/<rev>")
def write_token(namespace: str, repo: str, rev: str) -> Response:
    return does("write")


@app.post("/api/models/<namespace>/<repo>/paths-info/<rev>")
def paths_info(namespace: str, repo: str, rev: str) -> Response:
    return does("read")


@app.post("/api/models/<namespace>/<repo>/commit/<rev>")
def commit(namespace: str, repo: str, rev: str) -> Response:
    return does("contribute" if request.values.get("create_pr") == "1" else "write")


@app.post("/api/repos/create")
def create() -> Response:
    return does("contribute")


@app.post("/generate")
@app.post("/v1/chat/completions")
def infer() -> Response:
    return does("read")


app.wsgi_app = ProxyFix(ScriptName(MethodOverride(app.wsgi_app)), x_prefix=1)  # type: ignore[method-assign]

if __name__ == "__main__":
    server = make_server("127.0.0.1", 0, app, threaded=True)
    print(f"listening on {server.port}", flush=True)
    server.serve_forever()
