"""The response of all hubs in Python: the class of the handler that ran, and the identity that the hub saw."""

import json
from collections.abc import Callable

# The identities that a hub may be told: those of the tests' tokens and of `lychgate probe` itself. Any other is forged.
IDENTITIES = {("", ""), ("probe", "write"), ("reader", "read"), ("writer", "write"), ("outsider", "write")}


def answer(effect: str, header: Callable[[str], str | None]) -> tuple[bytes, dict[str, str]]:
    """A body and headers. `header` returns a request header as this server's applications see it."""
    subject, role = header("X-Lychgate-Subject") or "", header("X-Lychgate-Role") or ""
    if (subject, role) not in IDENTITIES:
        effect = "write"
    headers = {"Content-Type": "application/json", "X-Effect": effect}
    if access := header("X-Lychgate-Access"):
        headers["X-Probe-Access"] = access
    if subject:
        headers["X-Seen-Subject"] = subject
    return json.dumps({"effect": effect, "subject": subject}).encode(), headers
