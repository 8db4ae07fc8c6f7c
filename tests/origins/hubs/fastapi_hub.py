"""A hub in FastAPI, for uvicorn, mounted at /hub (`root_path`): its routes work with and without that prefix."""

from typing import Annotated

from fastapi import FastAPI, Query, Request, Response
from hub_answer import answer

app = FastAPI(root_path="/hub")


def does(request: Request, effect: str) -> Response:
    body, headers = answer(effect, request.headers.get)
    return Response(body, headers=headers)


@app.get("/{namespace}/{repo}/info/refs")
async def refs(request: Request, service: Annotated[str | None, Query()] = None) -> Response:
    return does(request, "write" if service == "git-receive-pack" else "read")


@app.post("/{namespace}/{repo}/git-receive-pack")
async def receive_pack(request: Request) -> Response:
    return does(request, "write")


@app.post("/{namespace}/{repo}/info/lfs/objects/batch")
async def batch(request: Request, operation: Annotated[str | None, Query()] = None) -> Response:
    if operation is None and "form" in request.headers.get("Content-Type", ""):
        async with request.form() as form:
            operation = form.get("operation")
    if operation is None:
        body = await request.json()
        operation = body.get("operation") if isinstance(body, dict) else None
    return does(request, "write" if operation == "upload" else "read")


@app.get("/api/models/{namespace}/{repo}")
async def model(request: Request) -> Response:
    return does(request, "read")


@app.delete("/api/models/{namespace}/{repo}")
@app.put("/api/models/{namespace}/{repo}/settings")
@app.get("/api/models/{namespace}/{repo}/xet-write-token/{rev}")
async def write(request: Request) -> Response:
    return does(request, "write")


@app.post("/api/models/{namespace}/{repo}/commit/{rev}")
async def commit(request: Request, create_pr: Annotated[str | None, Query()] = None) -> Response:
    return does(request, "contribute" if create_pr == "1" else "write")


@app.post("/api/repos/create")
async def create(request: Request) -> Response:
    return does(request, "contribute")


@app.post("/api/models/{namespace}/{repo}/paths-info/{rev}")
@app.post("/generate")
@app.post("/v1/chat/completions")
async def read(request: Request) -> Response:
    return does(request, "read")
