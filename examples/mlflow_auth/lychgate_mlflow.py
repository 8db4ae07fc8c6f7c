"""MLflow that believes Lychgate's assertion and nobody else: `mlflow server --app-name lychgate`.

LYCHGATE_ASSERTION_KEYS names the file that `lychgate --json keys derive assertion` wrote. A request without a valid assertion is
refused. A new run belongs to the user of the token that created it, whatever the client says.
"""

import json
import os
import pathlib

import jwt

LEEWAY_SECONDS = 5


class Lychgate:
    """An ASGI application: MLflow's own, behind the check of the assertion."""

    def __init__(self, key_set: str, audience: str) -> None:
        self.keys = {key.key_id: key for key in jwt.PyJWKSet.from_json(key_set).keys}
        self.audience = audience

    async def __call__(self, scope, receive, send) -> None:
        from mlflow.server.fastapi_app import app as mlflow

        if scope["type"] == "http":
            try:
                user = self.claims(scope).get("sub")
            except (jwt.InvalidTokenError, KeyError) as error:
                return await refuse(send, f"This server is reached through its gate only. The assertion is not valid: {error}.")
            if user and scope["path"].rstrip("/").endswith("/mlflow/runs/create"):
                scope, receive = await run_of(user, scope, receive)
        await mlflow(scope, receive, send)

    def claims(self, scope) -> dict:
        """The claims of the request's assertion; docs/origin.md says what is checked, and why."""
        assertions = [value for name, value in scope["headers"] if name == b"x-lychgate-assertion"]
        if len(assertions) != 1:
            raise jwt.InvalidTokenError("missing or repeated")
        key = self.keys.get(jwt.get_unverified_header(assertions[0]).get("kid"))
        if key is None:
            raise jwt.InvalidTokenError("unknown key")
        required = {"require": ["aud", "iat", "exp"]}
        claims = jwt.decode(assertions[0], key, ["HS256"], required, audience=self.audience, leeway=LEEWAY_SECONDS)
        target = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
        if (claims["htm"], claims["htu"]) != (scope["method"], target.decode()):
            raise jwt.InvalidTokenError("made for another request")
        return claims


async def run_of(user: str, scope, receive):
    """The request to create a run, in this user's name."""
    body, message = b"", {"more_body": True}
    while message.get("more_body"):
        message = await receive()
        body += message.get("body", b"")
    run = json.loads(body)
    tags = [tag for tag in run.get("tags", []) if tag.get("key") != "mlflow.user"]
    body = json.dumps(run | {"user_id": user, "tags": [*tags, {"key": "mlflow.user", "value": user}]}).encode()
    headers = [field for field in scope["headers"] if field[0] not in (b"content-length", b"transfer-encoding")]
    bodies = iter([{"type": "http.request", "body": body}])

    async def receive_changed():
        return next(bodies, None) or await receive()

    return scope | {"headers": [*headers, (b"content-length", b"%d" % len(body))]}, receive_changed


async def refuse(send, message: str) -> None:
    body = json.dumps({"error_code": "UNAUTHENTICATED", "message": message}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 401, "headers": headers})
    await send({"type": "http.response.body", "body": body})


app = Lychgate(
    pathlib.Path(os.environ["LYCHGATE_ASSERTION_KEYS"]).read_text(), os.environ.get("LYCHGATE_ASSERTION_AUDIENCE", "origin")
)
