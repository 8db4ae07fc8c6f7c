"""MLflow that says in `X-Effect` what each request did, for `lychgate probe`: `write` if a row or a file changed, else `read`.

It looks at the database and the file system, whatever the handler was called. The tests run it with uvicorn and MLflow's own
variables (mlflow/server/__init__.py).
"""

import contextvars
import os
import sys

from mlflow.server.fastapi_app import app as mlflow
from sqlalchemy import event
from sqlalchemy.engine import Engine

# What the current request changed. Threads of the request share it.
changes: contextvars.ContextVar[list[str] | None] = contextvars.ContextVar("changes", default=None)
ARTIFACTS = os.environ["MLFLOW_TEST_ARTIFACTS"]
READING = ("SELECT", "PRAGMA", "BEGIN", "EXPLAIN")


@event.listens_for(Engine, "before_cursor_execute")
def _on_statement(_connection, _cursor, statement: str, *_rest) -> None:
    seen = changes.get()
    if seen is not None and not statement.lstrip().upper().startswith(READING):
        seen.append(statement)


def _on_audit(name: str, arguments: tuple) -> None:
    if name not in ("open", "os.remove", "os.rename", "os.mkdir", "os.rmdir", "shutil.rmtree"):
        return
    seen = changes.get()
    if seen is None or not str(arguments[0]).startswith(ARTIFACTS):
        return
    if name != "open" or (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        seen.append(name)


sys.addaudithook(_on_audit)


async def app(scope, receive, send) -> None:
    if scope["type"] != "http":
        return await mlflow(scope, receive, send)
    seen: list[str] = []
    changes.set(seen)
    access = [value for name, value in scope["headers"] if name == b"x-lychgate-access"]

    async def send_with_effect(message) -> None:
        if message["type"] == "http.response.start":
            fields = list(message["headers"])
            # What was not found or not allowed ran no handler that the probe could learn of.
            if seen or message["status"] < 400:
                fields.append((b"x-effect", b"write" if seen else b"read"))
            message = message | {"headers": [*fields, *((b"x-probe-access", value) for value in access)]}
        await send(message)

    await mlflow(scope, receive, send_with_effect)
