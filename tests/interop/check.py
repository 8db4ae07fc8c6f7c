#!/usr/bin/env python3
"""Runs the second reader, lychgate.py, against the test vectors that the gate itself must pass."""

import base64
import json
import pathlib
import sys

import lychgate
from lychgate import KeyRing, Refused

VECTORS = pathlib.Path(__file__).resolve().parents[1] / "vectors"


def outcome(act, *arguments):
    try:
        return act(*arguments)
    except Refused as refused:
        return str(refused)


def unpadded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def tokens():
    vectors = json.loads((VECTORS / "token.json").read_text())
    rings = {name: KeyRing(text) for name, text in vectors["rings"].items()}
    for case in vectors["derive"]:
        found = rings[case["ring"]].derived(case["key_id"], case["purpose"]).hex()
        yield case["name"], found, case["key"]
    for case in vectors["mint"]:
        said = case["claims"]
        shard, serial = map(int, said["id"].split("-"))
        what = (said["role"], said["subject"], shard, serial, said["issued_at"], said["expires_at"])
        found = outcome(lychgate.mint, rings[case["ring"]], case["prefix"], *what)
        yield case["name"], found, case.get("token") or case["code"]
    for case in vectors["verify"]:
        found = outcome(lychgate.verify, rings[case["ring"]], case["prefix"], case["token"], case["now"])
        yield case["name"], found, case.get("claims") or case["code"]


def lists():
    vectors = json.loads((VECTORS / "revocation.json").read_text())
    rings = {name: KeyRing(text) for name, text in vectors["rings"].items()}
    for case in vectors["open"] + [seal | {"shard": 0} for seal in vectors["seal"]]:
        found = outcome(lychgate.open_list, rings[case["ring"]], unpadded(case["sealed"]), case["shard"])
        expected = case.get("list") or case.get("code")
        if expected is None:  # a list that is to be sealed: what is sealed must be read as what it was made of
            found, expected = found["serials"], serials(case["serials"])
        elif "list" in case:
            expected = expected | {"serials": serials(expected["serials"])}
        yield case["name"], found, expected


def serials(ranges):
    return [serial for first, last, step in ranges for serial in range(first, last + 1, step)]


def main():
    passed, failed = 0, 0
    for name, found, expected in [*tokens(), *lists()]:
        if found == expected:
            passed += 1
        else:
            failed += 1
            print(f"{name}: expected {str(expected)[:200]}, found {str(found)[:200]}", file=sys.stderr)
    print("tests/interop, a reader written from docs/formats.md:")
    print(f"{passed} passed, {failed} failed")
    if failed or passed < 230:
        sys.exit("every vector must be there and pass")


if __name__ == "__main__":
    main()
