"""Assertions, sign-in assertions and sessions according to docs/formats.md: the part of the second implementation outside lychgate.py."""

import base64
import hmac
import re
import struct

import restrictions

from lychgate import SUBJECT, base64url, need, open_jws

IDENTITY = {"sub", "role", "jti"}
TOKEN_ID = re.compile(r"(0|[1-9][0-9]*)-(0|[1-9][0-9]*)")


def is_subject(value):
    return type(value) is str and SUBJECT.fullmatch(value.encode()) is not None


def is_token_id(value):
    found = type(value) is str and TOKEN_ID.fullmatch(value)
    return bool(found) and int(found[1]) < 1 << 16 and int(found[2]) < 1 << 32


def need_types(claims, times=("iat", "exp")):
    for name, value in claims.items():
        if name in times:
            need(type(value) is int and 0 <= value < 1 << 32, "claims")
        else:
            need(type(value) is str, "claims")


def verify_assertion(ring, text, audience, method, target, now, leeway):
    said = open_jws(ring, text, "assertion")
    always = {"iss", "aud", "access", "htm", "htu", "iat", "exp"}
    limits = said.pop("restrictions", ())
    need(said.keys() - {"observed"} in (always, always | IDENTITY), "claims")
    need_types(said)
    if limits != ():
        need("sub" in said and type(limits) is list and 1 <= len(limits) <= 8, "claims")
        need(all(map(restrictions.is_json, limits)), "claims")
    if "sub" in said:
        need(is_subject(said["sub"]) and said["role"] in ("read", "write") and is_token_id(said["jti"]), "claims")
    need(said["access"] in ("public", "read", "contribute", "write"), "claims")
    need(0 <= said["exp"] - said["iat"] <= 60, "claims")
    need(said["aud"] == audience, "audience")
    need(said["iat"] <= now + leeway, "early")
    need(min(said["exp"] + leeway, (1 << 32) - 1) > now, "expired")
    need(said["htm"] == method, "method")
    need(said["htu"] == target, "target")
    return said if limits == () else said | {"restrictions": limits}


def open_sign_in_assertion(ring, text, gate, now):
    said = open_jws(ring, text, "sign-in")
    need(said.keys() - {"iss"} == {"aud", "sub", "iat", "exp", "jti"}, "claims")
    need_types(said)
    need(is_subject(said["sub"]), "subject")
    need(re.fullmatch(r"[!-~]{16,128}", said["jti"]), "identifier")
    need(said["aud"] == gate, "audience")
    need(1 <= said["exp"] - said["iat"] <= 60, "lifetime")
    need(said["iat"] <= now + 5, "early")
    need(said["exp"] > now, "expired")
    return {"subject": said["sub"], "jti": said["jti"], "expires_at": said["exp"]}


def open_session(ring, text, now):
    sealed = base64url(text, "malformed")
    need(len(sealed) > 26 + 32, "malformed")
    version, key_id, _, expires_at, session_id = struct.unpack(">BBII16s", sealed[:26])
    need(version == 1 and SUBJECT.fullmatch(sealed[26:-32]), "malformed")
    need(key_id == ring.active, "key_rotated")
    expected = ring.tag(key_id, "session", b"lychgate session seal v1 " + sealed[:-32], "malformed")
    need(hmac.compare_digest(expected, sealed[-32:]), "seal")
    need(expires_at > now, "expired")
    csrf = ring.tag(key_id, "session", b"lychgate session csrf v1 " + session_id, "malformed")
    csrf = base64.urlsafe_b64encode(csrf).rstrip(b"=").decode()
    return {"subject": sealed[26:-32].decode(), "expires_at": expires_at, "csrf": csrf}
