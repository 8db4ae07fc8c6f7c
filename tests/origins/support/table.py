"""The table of docs/disagreement.md: by which disguises which servers do more than the gate's table says."""

from typing import Any

from probe import Probed

# A write or a contribution is what a disguise is after.
STRENGTH = {None: 0, "public": 0, "refused": 0, "read": 0, "contribute": 1, "write": 2}


def table(found: dict[str, Probed]) -> str:
    """A line for each kind by which a server does more, and one of the kinds by which none does."""
    kinds = dict.fromkeys(variant["kind"] for probed in found.values() for variant in probed.variants)
    lines = ["| disguise | the gate's table | servers that did more |", "| --- | --- | --- |"]
    harmless = []
    for kind in kinds:
        classes, servers = set[str](), list[str]()
        having = 0
        for name, probed in found.items():
            of_kind = [variant for variant in probed.variants if variant["kind"] == kind]
            having += bool(of_kind)
            beyond = [variant for variant in of_kind if _goes_beyond(variant)]
            classes |= {variant["table"] for variant in beyond}
            if beyond:
                servers.append(name)
        if not servers:
            harmless.append(kind)
            continue
        order = ("refused", "public", "read", "contribute", "write")
        says = ", ".join(name for name in order if name in classes)
        lines.append(f"| {kind} | {says} | {_enumerated(servers, having)} |")
    lines += ["", f"By these disguises no server did more than the table says: {', '.join(harmless)}.", ""]
    return "\n".join(lines)


def _goes_beyond(variant: dict[str, Any]) -> bool:
    return STRENGTH[variant["origin"]] > STRENGTH[variant["table"]]


def _enumerated(servers: list[str], having: int) -> str:
    """The names, or that it is all of them."""
    return f"all {having}" if len(servers) == having else f"{len(servers)}: {', '.join(servers)}"
