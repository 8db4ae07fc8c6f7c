"""The table of docs/disagreement.md: the disguises with which servers do more than the gate's table says."""

from typing import Any

from probe import Probed

# A disguise aims at a write or a contribution.
STRENGTH = {None: 0, "public": 0, "refused": 0, "read": 0, "contribute": 1, "write": 2}


def table(found: dict[str, Probed]) -> str:
    """A line for each kind with which a server does more, and one line for the kinds with which none does."""
    kinds = dict.fromkeys(variant["kind"] for probed in found.values() for variant in probed.variants)
    lines = ["| disguise | the gate's table | servers that did more |", "| --- | --- | --- |"]
    harmless = []
    for kind in kinds:
        classes, servers = set[str](), list[str]()
        having = list[str]()
        for name, probed in found.items():
            of_kind = [variant for variant in probed.variants if variant["kind"] == kind]
            if of_kind:
                having.append(name)
            beyond = [variant for variant in of_kind if _goes_beyond(variant)]
            classes |= {variant["table"] for variant in beyond}
            if beyond:
                servers.append(name)
        if not servers:
            harmless.append(kind)
            continue
        by_strength = ("refused", "public", "read", "contribute", "write")
        says = ", ".join(name for name in by_strength if name in classes)
        lines.append(f"| {kind} | {says} | {_enumerated(servers, having)} |")
    lines += ["", f"By these disguises no server did more than the table says: {', '.join(harmless)}.", ""]
    return "\n".join(lines)


def _goes_beyond(variant: dict[str, Any]) -> bool:
    return STRENGTH[variant["origin"]] > STRENGTH[variant["table"]]


def _enumerated(servers: list[str], having: list[str]) -> str:
    """The names, or "all" of those that received the disguise, perhaps with a few exceptions."""
    others = [name for name in having if name not in servers]
    if not others:
        return f"all {len(servers)}"
    if len(others) < len(servers):
        return f"all but {', '.join(others)}"
    return ", ".join(servers)
