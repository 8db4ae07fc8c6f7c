"""How large the Worker is, as it is uploaded."""

import gzip

import size
from workers import ROOT


def worker() -> dict:
    """Bytes of the wasm and of everything that is uploaded, raw and after gzip."""
    wasm = (ROOT / "build/edge/lychgate_bg.wasm").read_bytes()
    scripts = [ROOT / "src/edge/entry.mjs", *sorted((ROOT / "build/edge").rglob("*.js"))]
    everything = [wasm, *(script.read_bytes() for script in scripts)]
    return {
        "wasm": len(wasm),
        "wasm_gzip": zipped(wasm),
        "all": sum(len(part) for part in everything),
        "all_gzip": sum(zipped(part) for part in everything),
        "modules": size.measure(ROOT / "build/edge")["modules"],
    }


def zipped(content: bytes) -> int:
    return len(gzip.compress(content, 9, mtime=0))
