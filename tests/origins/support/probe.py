"""`lychgate probe` and its findings."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from surroundings import LYCHGATE_BIN

# All classes, from nothing to the most that a request can do.
EFFECTS = (None, "public", "read", "contribute", "write")

# The longest that one run may take. If several run at once, a probe of a slow origin takes a minute or two.
TIMEOUT_SECONDS = 900


@dataclass(frozen=True)
class Probed:
    """The findings of a probe."""

    exit_code: int
    variants: list[dict[str, Any]]
    summary: dict[str, Any]
    errors: str

    @property
    def cases(self) -> list[dict[str, Any]]:
        return [variant for variant in self.variants if variant["case"]]

    def explain_cases(self) -> str:
        """The cases as readable lines, a few of each kind."""
        lines, shown = [self.errors], dict[str, int]()
        for case in self.cases:
            shown[case["kind"]] = shown.get(case["kind"], 0) + 1
            if shown[case["kind"]] <= 3:
                lines.append(explain(case))
        more = sum(count - 3 for count in shown.values() if count > 3)
        return "\n".join(lines + ([f"and {more} more"] if more else []))


def explain(case: dict[str, Any]) -> str:
    # A request of the fuzz has one asker, whose members are next to the others.
    beyond = ", ".join(
        f"{seen['who']}, {seen['finding']}: did {seen['did']} of {seen['allowed']} as {seen['subject']}"
        for seen in case.get("gate", [case])
        if seen["finding"]
    )
    headers = "; ".join(f"{name}: {value}" for name, value in case["headers"])
    return f"{case['kind']}: {beyond}: {case['method']} {case['target']} [{headers}] {case['body'][:120]!r}"


def probe(origin: str, gate: str, requests: Path, tokens: Mapping[str, object], *arguments: str) -> Probed:
    """`lychgate probe --json`, with tokens (read, write, outsider) from the environment."""
    environment = {f"LYCHGATE_PROBE_{name.upper()}_TOKEN": str(token) for name, token in tokens.items()}
    places = ("--origin", origin, "--gate", gate, "--requests", str(requests))
    result = subprocess.run(
        [str(LYCHGATE_BIN), "probe", *places, "--json", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert lines or result.returncode in (2, 3), result.stderr
    # The summary is the last line, if the probe came that far.
    has_summary = bool(lines) and "cases" in lines[-1]
    variants = lines[:-1] if has_summary else lines
    return Probed(result.returncode, variants, lines[-1] if has_summary else {}, result.stderr)
