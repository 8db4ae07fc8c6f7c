"""A hub in aiohttp. `request.json()` decodes by the charset of the Content-Type."""

import asyncio

from aiohttp import web
from hub_answer import answer

routes = web.RouteTableDef()


def does(request: web.Request, effect: str) -> web.Response:
    body, headers = answer(effect, request.headers.get)
    return web.Response(body=body, headers=headers)


@routes.get("/{namespace}/{repo}/info/refs")
async def refs(request: web.Request) -> web.Response:
    return does(request, "write" if request.query.get("service") == "git-receive-pack" else "read")


@routes.post("/{namespace}/{repo}/info/lfs/objects/batch")
async def batch(request: web.Request) -> web.Response:
    operation = request.query.get("operation") or (await request.post()).get("operation")
    if operation is None:
        body = await request.json()
        operation = body.get("operation") if isinstance(body, dict) else None
    return does(request, "write" if operation == "upload" else "read")


@routes.post("/api/models/{namespace}/{repo}/commit/{rev}")
async def commit(request: web.Request) -> web.Response:
    create_pr = (await request.post()).get("create_pr", request.query.get("create_pr"))
    return does(request, "contribute" if create_pr == "1" else "write")


@routes.post("/{namespace}/{repo}/git-receive-pack")
@routes.delete("/api/models/{namespace}/{repo}")
@routes.put("/api/models/{namespace}/{repo}/settings")
@routes.get("/api/models/{namespace}/{repo}/xet-write-token/{rev}")
async def write(request: web.Request) -> web.Response:
    return does(request, "write")


@routes.post("/api/repos/create")
async def create(request: web.Request) -> web.Response:
    return does(request, "contribute")


@routes.get("/api/models/{namespace}/{repo}")
@routes.post("/api/models/{namespace}/{repo}/paths-info/{rev}")
@routes.post("/generate")
@routes.post("/v1/chat/completions")
async def read(request: web.Request) -> web.Response:
    return does(request, "read")


async def main() -> None:
    application = web.Application()
    application.add_routes(routes)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"listening on {runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
