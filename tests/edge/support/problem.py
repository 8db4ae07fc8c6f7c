"""Errors of the management API (RFC 9457)."""

import json

from clients import Response


def problem(answer: Response, status: int, code: str) -> str:
    """Checks an error and returns its text for people."""
    assert (answer.status, answer.code) == (status, code), answer
    assert answer.header("Content-Type") == "application/problem+json"
    said = json.loads(answer.body)
    assert (said["status"], said["code"]) == (status, code)
    assert said["title"] and said["detail"]
    return said["detail"]
