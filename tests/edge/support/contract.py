"""docs/openapi.yaml, parsed for the tests."""

from dataclasses import dataclass
from typing import Any

import yaml

from surroundings import REPOSITORY

FILE = REPOSITORY / "docs/openapi.yaml"
CONTRACT: dict[str, Any] = yaml.safe_load(FILE.read_text())
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    method: str
    # The path after `/-/api/`, with its parameters in braces.
    path: str
    # The names of the security schemes that authorize a caller; empty if anyone may call.
    security: tuple[str, ...]


OPERATIONS: dict[str, Operation] = {
    operation["operationId"]: Operation(
        method.upper(),
        path.removeprefix("/-/api/"),
        tuple(name for way in operation.get("security", CONTRACT["security"]) for name in way),
    )
    for path, item in CONTRACT["paths"].items()
    for method, operation in item.items()
    if method in METHODS
}
