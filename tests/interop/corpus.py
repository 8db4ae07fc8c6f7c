#!/usr/bin/env python3
"""Compares the second implementation with the gate on the inputs that the fuzzer found: corpus.py REPLAY CORPUS

For every entry of the membership records, assertions and sign-in assertions, lychgate.py must have the same result as the
gate's own code.
"""

import base64
import json
import pathlib
import re
import subprocess
import sys

import lychgate
from lychgate import KeyRing, outcome

VECTORS = pathlib.Path(__file__).resolve().parents[1] / "vectors"
RING = KeyRing(json.loads((VECTORS / "token.json").read_text())["rings"]["rotated"])
ENVELOPE = ("long", "parts", "encoding", "header", "algorithm", "type", "key_id", "unknown_key", "signature")
# The same errors as they begin in the texts of a sign-in assertion's error, in the same order.
FOR_PEOPLE = ("it has ", "it is not three", "a part is", "its header", "its alg", "its typ", "its kid", "it was signed", "the sig")


def tag(key_id, purpose, signed):
    return RING.tag(key_id if key_id in RING.roots else RING.active, purpose, signed, "unknown_key")


def record(data):
    if data[:1] == b"N":
        return None
    sealed = data[1:] + tag(data[6] if len(data) > 6 else 0, "membership", data[1:]) if data[:1] == b"S" else data
    name = sealed[23 : 23 + sealed[22]] if len(sealed) > 22 else b""
    whole = len(sealed) > 22 and len(name) == sealed[22] and lychgate.SUBJECT.fullmatch(name)
    subject = name.decode() if whole else "alice"
    found = outcome(lychgate.open_record, RING, sealed, subject)
    if isinstance(found, str):
        return found
    roles = json.dumps(found["roles"], separators=(",", ":"))
    return f"{subject} version {found['version']} at {found['written_at']} {roles}"


def envelope(purpose, data):
    if data[:1] in (b"C", b"S"):
        header, _, claims = data[1:].partition(b"\n") if data[:1] == b"S" else (b'{"alg":"HS256","kid":"2","typ":"JWT"}', b"", data[1:])
        kid = re.search(rb'"kid"\s*:\s*"([0-9]+)"', header)
        parts = [base64.urlsafe_b64encode(part).rstrip(b"=") for part in (header, claims)]
        seal = tag(int(kid[1]) if kid else 0, purpose, b".".join(parts))
        data = b".".join([*parts, base64.urlsafe_b64encode(seal).rstrip(b"=")])
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return "not text"
    found = outcome(lychgate.open_jws, RING, text, purpose)
    return found if found in ENVELOPE else "believed"


def as_envelope(said):
    """The gate's result, as far as it concerns the envelope."""
    for code, words in zip(ENVELOPE, FOR_PEOPLE):
        if said == code or said.startswith(words):
            return code
    return said if said == "not text" else "believed"


def main():
    replay, corpus = sys.argv[1:]
    printed = subprocess.run([replay, corpus], capture_output=True, text=True, check=True).stdout
    passed, failed = 0, 0
    for line in printed.splitlines():
        entry, said = line.split("\t", 1)
        target, data = entry.split("/")[0], (pathlib.Path(corpus) / entry).read_bytes()
        if target == "membership_record":
            found, expected = record(data), said.replace('\\"', '"')
        elif target in ("assertion", "sign_in_assertion"):
            found, expected = envelope({"assertion": "assertion", "sign_in_assertion": "sign-in"}[target], data), as_envelope(said)
        else:
            continue
        if found is not None and found != expected:
            failed += 1
            print(f"{entry}: the gate {expected[:200]}, the second implementation {found[:200]}", file=sys.stderr)
        elif found is not None:
            passed += 1
    print("tests/interop, inputs that the fuzzer found, with the second implementation:")
    print(f"{passed} passed, {failed} failed")
    if failed or passed < 60:
        sys.exit("every entry must have the same result as in the gate")


if __name__ == "__main__":
    main()
