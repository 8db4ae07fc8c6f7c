"""A hub in Pyramid by traversal, for waitress: a tree of resources, and views by name.

Pyramid's traverser reads X-Vhm-Root, and interprets a segment after `@@` as a view's name. Query and form are merged in
`request.params`; JSON is decoded by the charset of the Content-Type.
"""

from typing import Any

from hub_answer import answer
from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response
from waitress.server import create_server


class Repository:
    """A repository at the hub's root, for git."""


class Model:
    """A repository below /api/models."""


class Folder:
    """A resource that contains others by name."""

    def __init__(self, make: Any) -> None:
        self.make = make

    def __getitem__(self, name: str) -> Any:
        return self.make()


class Api:
    def __getitem__(self, name: str) -> Any:
        return {"models": Folder(lambda: Folder(Model)), "repos": Repos()}[name]


class Repos:
    def __getitem__(self, name: str) -> Any:
        raise KeyError(name)


class Chat(Repos):
    pass


class Root:
    def __init__(self, request: Request) -> None:
        pass

    def __getitem__(self, name: str) -> Any:
        if name == "generate":
            raise KeyError(name)
        if name == "v1":
            return {"chat": Chat()}
        return Api() if name == "api" else Folder(Repository)


def does(request: Request, effect: str) -> Response:
    body, headers = answer(effect, request.headers.get)
    response = Response(body)
    response.headers.update(headers)
    return response


def always(effect: str) -> Any:
    return lambda _context, request: does(request, effect)


def info(_context: Repository, request: Request) -> Response:
    """/info/refs and /info/lfs/objects/batch of a repository."""
    if request.subpath == ("refs",) and request.method == "GET":
        return does(request, "write" if request.params.get("service") == "git-receive-pack" else "read")
    if request.subpath == ("lfs", "objects", "batch") and request.method == "POST":
        operation = request.params.get("operation")
        if operation is None:
            body = request.json_body
            operation = body.get("operation") if isinstance(body, dict) else None
        return does(request, "write" if operation == "upload" else "read")
    return Response(status=404)


def commit(_context: Model, request: Request) -> Response:
    create_pr = request.params.getall("create_pr")
    return does(request, "contribute" if create_pr and create_pr[-1] == "1" else "write")


def main() -> None:
    with Configurator(root_factory=Root) as config:
        config.add_view(info, context=Repository, name="info")
        config.add_view(always("write"), context=Repository, name="git-receive-pack", request_method="POST")
        config.add_view(always("read"), context=Model, request_method="GET")
        config.add_view(always("write"), context=Model, request_method="DELETE")
        config.add_view(always("write"), context=Model, name="settings", request_method="PUT")
        config.add_view(always("write"), context=Model, name="xet-write-token", request_method="GET")
        config.add_view(always("read"), context=Model, name="paths-info", request_method="POST")
        config.add_view(commit, context=Model, name="commit", request_method="POST")
        config.add_view(always("contribute"), context=Repos, name="create", request_method="POST")
        config.add_view(always("read"), context=Chat, name="completions", request_method="POST")
        config.add_view(always("read"), context=Root, name="generate", request_method="POST")
        application = config.make_wsgi_app()
    server = create_server(application, host="127.0.0.1", port=0)
    print(f"listening on {server.effective_port}", flush=True)
    server.run()


if __name__ == "__main__":
    main()
