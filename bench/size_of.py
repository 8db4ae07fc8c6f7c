"""The size of the Worker as it is uploaded."""

import gzip

import size
from configuration import ROOT


def worker() -> dict:
    """Bytes of the gate module, which every request pays for, of the service module, of the parser of
    route tables, of the snapshots that it made, and of everything that is uploaded, raw
    and after gzip; and the largest parts of the gate module."""
    built = ROOT / "build/worker"
    gate, service, tables = ((built / f"{module}_bg.wasm").read_bytes() for module in ("gate", "service", "tables"))
    snapshots = (built / "tables.bin").read_bytes()
    scripts = [ROOT / "src/isolate/entry.mjs", *sorted(built.rglob("*.js"))]
    everything = [gate, service, tables, snapshots, *(script.read_bytes() for script in scripts)]
    return {
        "wasm": len(gate),
        "wasm_gzip": zipped(gate),
        "service": len(service),
        "service_gzip": zipped(service),
        "tables": len(tables),
        "tables_gzip": zipped(tables),
        "snapshots": len(snapshots),
        "snapshots_gzip": zipped(snapshots),
        "all": sum(len(part) for part in everything),
        "all_gzip": sum(zipped(part) for part in everything),
        "modules": size.measure(built, "gate")["modules"],
    }


def zipped(content: bytes) -> int:
    return len(gzip.compress(content, 9, mtime=0))
