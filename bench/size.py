#!/usr/bin/env python3
"""The size of one of the Worker's modules, raw and compressed, and the parts that it consists of: `bench/size.py [MODULE]`, `gate` or
`service`.

Reads the module as it is deployed, and beside it `MODULE.symbols`, the names of its functions, which the build writes before it
strips them. `--functions N` lists the N largest functions; `--json` is for programs.
"""

import argparse
import gzip
import json
import re
import sys
from collections import Counter
from pathlib import Path

CODE, DATA = 10, 11

# The path of a module, such as `lychgate::gate::fetch`, anywhere in a name.
PATH = re.compile(r"(?<![\w:])(?:[a-z_][a-z0-9_]*::)+")
RUST_ITSELF = {"core", "alloc", "std"}


def number(data, at):
    """Parses a LEB128 number: its value, and the position behind it."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def sections(module):
    """The id of each section, and the beginning and end of its content."""
    if module[:4] != b"\0asm":
        raise SystemExit("this is not a WebAssembly module; `make worker` builds one")
    at = 8
    while at < len(module):
        kind = module[at]
        size, begin = number(module, at + 1)
        yield kind, begin, begin + size
        at = begin + size


def function_sizes(module, begin):
    """The bytes of each function that the module defines, in order."""
    count, at = number(module, begin)
    sizes = []
    for _ in range(count):
        size, body = number(module, at)
        sizes.append(body + size - at)
        at = body + size
    return sizes


def module_of(name):
    """The place that a function belongs to: a crate, or, for Lychgate's own functions, a module.

    A generic function of Rust itself belongs to the code that instantiated it, if its name shows that.
    """
    paths = [path.rstrip(":").split("::") for path in PATH.findall(name)]
    own = next((path for path in paths if path[0] == "lychgate"), None)
    if own:
        parts = own[1:3] if own[1:2] in (["gate"], ["service"], ["ledger"], ["management"]) else own[1:2]
        # wasm-bindgen names a function for an import or export after its type, which is not a module.
        return "::".join(["lychgate", *parts]) if parts else "lychgate"
    others = [path[0] for path in paths if path[0] not in RUST_ITSELF]
    if others:
        return others[0]
    if not paths:
        return "alloc" if "alloc" in name else "(without a name)"
    return "::".join(paths[0][:2])


def measure(folder, name):
    module = (folder / f"{name}_bg.wasm").read_bytes()
    symbols = folder / f"{name}.symbols"
    if not symbols.exists():
        raise SystemExit(f"{symbols}, the names of the functions, is missing; `make worker` writes it")
    # Behind the index and, if it is one of the module's own, the place that dev/sort-functions.mjs gave it.
    names = dict(re.findall(r"^(\d+):(?:\d{6} )?(.*)$", symbols.read_text(), re.MULTILINE))
    modules, functions, held = Counter(), [], Counter()
    for kind, begin, end in sections(module):
        held[kind] += end - begin
        if kind == CODE:
            sizes = function_sizes(module, begin)
            first = len(names) - len(sizes)
            for index, size in enumerate(sizes):
                name = names.get(str(first + index), "?")
                modules[module_of(name)] += size
                functions.append((size, name))
    modules["(texts and tables)"] = held[DATA]
    modules["(types, imports, exports)"] = len(module) - held[CODE] - held[DATA]
    return {
        "raw": len(module),
        "gzip": len(gzip.compress(module, 9, mtime=0)),
        "modules": dict(modules.most_common()),
        "functions": sorted(functions, reverse=True),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("module", nargs="?", choices=["gate", "service"], default="gate")
    parser.add_argument("--folder", type=Path, default=Path("build/worker"))
    parser.add_argument("--functions", type=int, default=0, metavar="N")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    size = measure(arguments.folder, arguments.module)
    size["functions"] = size["functions"][: arguments.functions]
    if arguments.json:
        json.dump(size, sys.stdout, indent=1)
        print()
        return
    print(f"{size['raw']:>8}  raw\n{size['gzip']:>8}  gzip -9\n")
    for name, count in size["modules"].items():
        print(f"{count:>8}  {name}")
    for count, name in size["functions"]:
        print(f"{count:>8}  {name}")


if __name__ == "__main__":
    main()
