"""A second implementation of Lychgate's formats, based only on docs/formats.md and the Python standard library."""

import base64
import hashlib
import hmac
import json
import re
import struct
import zlib

import restrictions

SUBJECT = re.compile(rb"(?!.*[.]\Z)[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
NAMESPACE = re.compile(rb"[A-Za-z0-9._-]{0,95}[A-Za-z0-9_-]")
ROLES = {1: "no_access", 2: "read", 3: "contributor", 4: "write", 5: "admin"}


class Refused(Exception):
    """An error, with the code that the page gives it."""


def need(condition, code):
    if not condition:
        raise Refused(code)


def outcome(act, *arguments):
    """The result of a call, or the code with which it refuses."""
    try:
        return act(*arguments)
    except Refused as refused:
        return str(refused)


def base64url(text, code="encoding"):
    try:
        data = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise Refused(code) from None
    # Only the canonical spelling is accepted: encoding the decoded bytes must give the same text.
    need(base64.urlsafe_b64encode(data).rstrip(b"=").decode() == text, code)
    return data


class KeyRing:
    def __init__(self, text):
        ring = json.loads(text)
        self.active = ring["active"]
        self.roots = {int(key_id): base64url(key) for key_id, key in ring["keys"].items()}

    def derived(self, key_id, purpose):
        pseudorandom = hmac.digest(bytes(32), self.roots[key_id], "sha256")
        return hmac.digest(pseudorandom, b"lychgate v1 " + purpose.encode() + b"\x01", "sha256")

    def tag(self, key_id, purpose, signed, unknown_key):
        need(key_id in self.roots, unknown_key)
        return hmac.digest(self.derived(key_id, purpose), signed, "sha256")


BEARERS = ("user", "service_account")


def chained(tag, pairs):
    """The tag after these restrictions, each a kind and a value."""
    for kind, value in pairs:
        tag = hmac.digest(tag, bytes([kind, len(value)]) + value, "sha256")[:16]
    return tag


def text_of(prefix, body):
    body += struct.pack(">I", zlib.crc32(body))
    return f"{prefix}_" + base64.urlsafe_b64encode(body).rstrip(b"=").decode()


def mint(ring, prefix, role, subject, shard, serial, issued_at, expires_at, bearer, limits):
    need(expires_at is None or expires_at > issued_at, "Expiry")
    head = (2, ("read", "write").index(role) + 1, BEARERS.index(bearer) + 1, ring.active, issued_at, expires_at or 0)
    signed = struct.pack(">BBBBIIHIB", *head, shard, serial, len(subject)) + subject.encode()
    tag = ring.tag(ring.active, "token", prefix.encode() + b"_" + signed, "unknown_key")[:16]
    pairs = [restrictions.write(limit) for limit in limits]
    restricted = b"".join(bytes([kind, len(value)]) + value for kind, value in pairs)
    return text_of(prefix, signed + restricted + chained(tag, pairs))


def narrow(text, limit):
    prefix, _, encoded = text.partition("_")
    body = base64url(encoded)
    need(len(pairs_of(body)) < 8, "TooMany")
    pair = restrictions.write(limit)
    added = bytes([pair[0], len(pair[1])]) + pair[1]
    longer = text_of(prefix, body[:-20] + added + chained(body[-20:-4], [pair]))
    need(len(longer) <= 512, "TooLong")
    return longer


def pairs_of(body):
    """The restrictions of a body, each a kind and a value."""
    at, end, pairs = 19 + body[18], len(body) - 20, []
    need(1 <= body[18] <= 64 and at <= end, "structure")
    while at < end:
        need(len(pairs) < 8 and at + 2 <= end and at + 2 + body[at + 1] <= end, "structure")
        pairs.append((body[at], body[at + 2 : at + 2 + body[at + 1]]))
        at += 2 + body[at + 1]
    return pairs


def verify(ring, prefix, text, now):
    start = prefix + "_"
    need(text.startswith(start), "prefix")
    need(len(text.encode()) <= 512 and len(text.encode()) - len(start) >= 54, "length")
    body = base64url(text[len(start) :], "alphabet")
    need(zlib.crc32(body[:-4]) == struct.unpack(">I", body[-4:])[0], "checksum")
    need(body[0] == 2, "version")
    pairs = pairs_of(body)
    signed, tag = body[: 19 + body[18]], body[-20:-4]
    _, role, bearer, key_id, issued_at, expires_at, shard, serial, _ = struct.unpack(">BBBBIIHIB", signed[:19])
    first = ring.tag(key_id, "token", start.encode() + signed, "unknown_key")[:16]
    need(hmac.compare_digest(chained(first, pairs), tag), "signature")
    need(role in (1, 2) and bearer in (1, 2) and SUBJECT.fullmatch(signed[19:]), "claims")
    limits = [restrictions.read(*pair) for pair in pairs]
    need(None not in limits, "restriction")
    ends = [expires_at] * (expires_at != 0) + [int.from_bytes(value) for kind, value in pairs if kind == 2]
    need(all(end > now for end in ends), "expired")
    return {
        "role": ("read", "write")[role - 1],
        "subject": signed[19:].decode(),
        "id": f"{shard}-{serial}",
        "issued_at": issued_at,
        "expires_at": expires_at or None,
        "bearer": BEARERS[bearer - 1],
        "restrictions": limits,
        "key_id": key_id,
    }


class Reader:
    """Bytes that are consumed from the front. Reading beyond the end is an error."""

    def __init__(self, data, code):
        self.data, self.at, self.code = data, 0, code

    def take(self, count):
        need(self.at + count <= len(self.data), self.code)
        self.at += count
        return self.data[self.at - count : self.at]

    def numbers(self, letter, count=1):
        return struct.unpack(f"{letter[0]}{count}{letter[1]}", self.take(count * struct.calcsize(letter)))

    def end(self):
        need(self.at == len(self.data), self.code)


def roaring(reader):
    """The serials of a bitmap, ascending."""
    (cookie,) = reader.numbers("<I")
    flags = b""
    if cookie == 12346:
        (count,) = reader.numbers("<I")
        need(count <= 65536, reader.code)
    else:
        need(cookie & 0xFFFF == 12347, reader.code)
        count = (cookie >> 16) + 1
        flags = reader.take((count + 7) // 8)
    heads = [reader.numbers("<H", 2) for _ in range(count)]
    need(all(one[0] < next_one[0] for one, next_one in zip(heads, heads[1:])), reader.code)
    if cookie == 12346 or count >= 4:
        reader.take(4 * count)
    serials = []
    for index, (key, cardinality) in enumerate(heads):
        if flags and flags[index // 8] >> (index % 8) & 1:
            (runs,) = reader.numbers("<H")
            need(runs > 0, reader.code)
            values, last = [], -2
            for first, length in [reader.numbers("<H", 2) for _ in range(runs)]:
                need(first > last + 1 and first + length <= 65535, reader.code)
                last = first + length
                values += range(first, last + 1)
        elif cardinality < 4096:
            values = list(reader.numbers("<H", cardinality + 1))
            need(all(one < next_one for one, next_one in zip(values, values[1:])), reader.code)
        else:
            bits = int.from_bytes(reader.take(8192), "little")
            need(bits.bit_count() == cardinality + 1, reader.code)
            values = [value for value in range(65536) if bits >> value & 1]
        serials += [key << 16 | value for value in values]
    return serials


def unseal(ring, sealed, kind, magic, purpose, head, longest):
    """The common part of sealed lists and records: the fields of the head after the key id, and the rest."""
    need(len(sealed) <= longest, f"{kind}_long")
    need(len(sealed) >= struct.calcsize(head) + 32, f"{kind}_short")
    found, version, key_id, *fields = struct.unpack_from(head, sealed)
    need(found == magic, f"{kind}_magic")
    need(version == 1, f"{kind}_version")
    expected = ring.tag(key_id, purpose, sealed[:-32], f"{kind}_unknown_key")
    need(hmac.compare_digest(expected, sealed[-32:]), f"{kind}_seal")
    return fields, sealed[struct.calcsize(head) : -32]


def open_list(ring, sealed, shard):
    fields, rest = unseal(ring, sealed, "list", b"LYRL", "list", ">4sBBHQII", 25 * 1024 * 1024)
    found, version, published_at, valid_until = fields
    need(found == shard, "list_shard")
    reader = Reader(rest, "list_bitmap")
    serials = roaring(reader)
    reader.end()
    return {"version": version, "published_at": published_at, "valid_until": valid_until, "serials": serials}


def open_ceiling(ring, sealed, shard):
    (found, ceiling), _ = unseal(ring, sealed, "ceiling", b"LYSC", "list", ">4sBBHQ", 48)
    need(found == shard, "ceiling_shard")
    return ceiling


def open_record(ring, sealed, subject):
    fields, rest = unseal(ring, sealed, "membership", b"LYMR", "membership", ">4sBBQII", 98_121)
    reader = Reader(rest, "membership_entries")
    need(reader.take(reader.take(1)[0]) == subject.encode(), "membership_subject")
    (count,) = reader.numbers(">H")
    need(count <= 1000, reader.code)
    roles, last = {}, b""
    for _ in range(count):
        role, length = reader.take(2)
        name = reader.take(length)
        need(role in ROLES and NAMESPACE.fullmatch(name) and name > last, reader.code)
        roles[name.decode()], last = ROLES[role], name
    reader.end()
    return {"version": fields[0], "written_at": fields[1], "valid_until": fields[2], "roles": roles}


def open_jws(ring, text, purpose):
    need(len(text.encode()) <= 36 * 1024, "long")
    need(text.count(".") == 2, "parts")
    head, claims, signature = text.split(".")
    header = one_object(base64url(head), "header")
    need(set(header) == {"alg", "kid", "typ"} and all(type(value) is str for value in header.values()), "header")
    need(header["alg"] == "HS256", "algorithm")
    need(header["typ"] == "JWT", "type")
    need(re.fullmatch(r"0|[1-9][0-9]{0,2}", header["kid"]) and int(header["kid"]) < 256, "key_id")
    said, tag = base64url(claims), base64url(signature)
    need(len(tag) == 32, "signature")
    expected = ring.tag(int(header["kid"]), purpose, f"{head}.{claims}".encode(), "unknown_key")
    need(hmac.compare_digest(expected, tag), "signature")
    return one_object(said, "claims")


def one_object(data, code):
    """A JSON object in which no object has repeated members."""

    def members(pairs):
        need(len(dict(pairs)) == len(pairs), code)
        return dict(pairs)

    try:
        found = json.loads(data.decode(), object_pairs_hook=members)
        need(data[:1] == b"{" and type(found) is dict, code)
        return found
    except (ValueError, TypeError):
        raise Refused(code) from None
