"""What all hubs in Python say: what the handler that ran does, and as whom it was asked."""

import json
from collections.abc import Callable

# The identities that a hub may be told, by the tests' tokens and by `lychgate probe` itself. Any other is forged.
IDENTITIES = {("", ""), ("probe", "write"), ("reader", "read"), ("writer", "write"), ("outsider", "write")}


def answer(effect: str, header: Callable[[str], str | None]) -> tuple[bytes, dict[str, str]]:
    """A body and headers. `header` gives a request header as this server's applications see it."""
    subject, role = header("X-Lychgate-Subject") or "", header("X-Lychgate-Role") or ""
    if (subject, role) not in IDENTITIES:
        effect = "write"
    headers = {"Content-Type": "application/json", "X-Effect": effect}
    if access := header("X-Lychgate-Access"):
        headers["X-Lychgate-Access"] = access
    if subject:
        headers["X-Seen-Subject"] = subject
    return json.dumps({"effect": effect, "subject": subject}).encode(), headers
