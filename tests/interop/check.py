#!/usr/bin/env python3
"""Runs the second implementation, lychgate.py and signed_words.py, with the test vectors that the gate itself must pass."""

import json
import pathlib
import sys

import lychgate
import signed_words
from lychgate import KeyRing, base64url, outcome

VECTORS = pathlib.Path(__file__).resolve().parents[1] / "vectors"


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
        what += (said["bearer"], said["restrictions"])
        found = outcome(lychgate.mint, rings[case["ring"]], case["prefix"], *what)
        yield case["name"], found, case.get("token") or case["code"]
    for case in vectors["narrow"]:
        found = outcome(lychgate.narrow, case["token"], case["restriction"])
        yield case["name"], found, case.get("narrowed") or case["code"]
    for case in vectors["verify"]:
        found = outcome(lychgate.verify, rings[case["ring"]], case["prefix"], case["token"], case["now"])
        yield case["name"], found, case.get("claims") or case["code"]


def lists():
    vectors = json.loads((VECTORS / "revocation.json").read_text())
    rings = {name: KeyRing(text) for name, text in vectors["rings"].items()}
    for case in vectors["open"] + [seal | {"shard": 0} for seal in vectors["seal"]]:
        found = outcome(lychgate.open_list, rings[case["ring"]], base64url(case["sealed"]), case["shard"])
        expected = case.get("list") or case.get("code")
        if expected is None:  # a list to be sealed: the sealed list must give the same content when it is read
            found, expected = found["serials"], serials(case["serials"])
        elif "list" in case:
            expected = expected | {"serials": serials(expected["serials"])}
        yield case["name"], found, expected


def records():
    vectors = json.loads((VECTORS / "membership.json").read_text())
    rings = {name: KeyRing(text) for name, text in vectors["rings"].items()}
    for case in vectors["open"]:
        found = outcome(lychgate.open_record, rings[case["ring"]], base64url(case["sealed"]), case["subject"])
        yield case["name"], found, case.get("record") or case["code"]


def ceilings():
    vectors = json.loads((VECTORS / "serials.json").read_text())
    rings = {name: KeyRing(text) for name, text in vectors["rings"].items()}
    for case in vectors["open"]:
        found = outcome(lychgate.open_ceiling, rings[case["ring"]], base64url(case["sealed"]), case["shard"])
        yield case["name"], found, case["code"] if "code" in case else case["ceiling"]


def assertions():
    vectors = json.loads((VECTORS / "assertion.json").read_text())
    rings = {name: KeyRing(text) for name, text in vectors["rings"].items()}
    for case in vectors["verify"]:
        how = (case[name] for name in ("audience", "method", "target", "now", "leeway"))
        found = outcome(signed_words.verify_assertion, rings[case["ring"]], case["assertion"], *how)
        yield case["name"], found, case.get("code") or claims_of(case["claims"])
    for case in vectors["make"]:
        said = case["claims"]
        how = (said["audience"], said["method"], said["target"], said["issued_at"], 0)
        found = outcome(signed_words.verify_assertion, rings[case["ring"]], case["assertion"], *how)
        yield case["name"], found, claims_of(said)


def claims_of(said):
    """The names of the claims for the fields of a vector."""
    names = {"issuer": "iss", "audience": "aud", "access": "access", "method": "htm", "target": "htu"}
    names |= {"observed": "observed", "issued_at": "iat", "expires_at": "exp"}
    claims = {name: said[shown] for shown, name in names.items() if said[shown] is not None}
    who = said["identity"] or {}
    names = [("subject", "sub"), ("role", "role"), ("id", "jti")]
    names += [("restrictions", "restrictions")] if who.get("restrictions") else []
    return claims | {name: who[shown] for shown, name in names if who}


def sign_ins():
    vectors = json.loads((VECTORS / "sign_in.json").read_text())
    rings = {name: KeyRing(text) for name, text in vectors["rings"].items()}
    for case in vectors["assertion"]:
        how = (rings[case["ring"]], case["text"], vectors["audience"], case["now"])
        found = outcome(signed_words.open_sign_in_assertion, *how)
        # The envelope and its content share this code.
        expected = case.get("assertion") or case["code"].removeprefix("signed_")
        yield case["name"], found, expected
    for case in vectors["session"]:
        found = outcome(signed_words.open_session, rings[case["ring"]], case["text"], case["now"])
        yield case["name"], found, case.get("session") or case["code"]


def serials(ranges):
    return [serial for first, last, step in ranges for serial in range(first, last + 1, step)]


def main():
    passed, failed = 0, 0
    for name, found, expected in [*tokens(), *lists(), *ceilings(), *records(), *assertions(), *sign_ins()]:
        if found == expected:
            passed += 1
        else:
            failed += 1
            print(f"{name}: expected {str(expected)[:200]}, found {str(found)[:200]}", file=sys.stderr)
    print("tests/interop, the second implementation of docs/formats.md:")
    print(f"{passed} passed, {failed} failed")
    if failed or passed < 650:
        sys.exit("every vector must exist and pass")


if __name__ == "__main__":
    main()
