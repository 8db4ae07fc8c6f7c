#!/usr/bin/env python3
"""Writes token.json, revocation.json and sign_in.json: the wire formats, made a second time and from the documents
alone.

Nothing here comes from the crate under test. The formats are the tables at the head of src/token.rs,
src/revocation.rs, src/hand_off.rs and src/session.rs; HKDF is RFC 5869, JWS is RFC 7515, and the bitmaps are
RoaringFormatSpec, all by hand. Only the Python standard library is needed. Run it from anywhere; `--check` writes nothing and fails where a file differs.
"""

import base64
import hashlib
import hmac
import json
import pathlib
import struct
import sys
import zlib

HERE = pathlib.Path(__file__).resolve().parent
PURPOSES = ("token", "list", "membership", "assertion", "session", "sign-in")
READ, WRITE = 1, 2
NEVER = 0
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

# Test keys, and nothing but: each is its number over and over, or a counter.
ROOTS = {
    0: bytes([0x20]) * 32,
    1: bytes(range(32)),
    2: bytes(range(255, 191, -1)),
    7: bytes([0x77]) * 33,
    255: bytes([0xFF]) * 32,
}
RINGS = {
    "one": (1, [1]),
    "rotated": (2, [1, 2]),
    "rolled_back": (1, [1, 2]),
    "edges": (255, [0, 7, 255]),
    "edge_zero": (0, [0, 255]),
}


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def hkdf_sha256(root, info, length=32):
    """RFC 5869: extract without a salt, then expand."""
    pseudorandom = hmac.new(bytes(32), root, hashlib.sha256).digest()
    output, block, counter = b"", b"", 1
    while len(output) < length:
        block = hmac.new(pseudorandom, block + info + bytes([counter]), hashlib.sha256).digest()
        output, counter = output + block, counter + 1
    return output[:length]


def derived(key_id, purpose):
    return hkdf_sha256(ROOTS[key_id], b"lychgate v1 " + purpose.encode())


def sign(key, *parts):
    return hmac.new(key, b"".join(parts), hashlib.sha256).digest()


def ring_text(name):
    active, ids = RINGS[name]
    return json.dumps(
        {"active": active, "keys": {str(key_id): base64url(ROOTS[key_id]) for key_id in ids}},
        separators=(",", ":"),
    )


# Tokens


def claims(role=READ, subject=b"alice", shard=0, serial=7, issued_at=1_700_000_000, expires_at=NEVER):
    return dict(
        role=role, subject=subject, shard=shard, serial=serial, issued_at=issued_at, expires_at=expires_at
    )


def signed_part(said, key_id, version=1):
    return (
        struct.pack(
            ">BBBIIHI",
            version,
            said["role"],
            key_id,
            said["issued_at"],
            said["expires_at"],
            said["shard"],
            said["serial"],
        )
        + said["subject"]
    )


def with_checksum(data):
    return data + struct.pack(">I", zlib.crc32(data))


def body(said, key_id=1, prefix="hub", version=1, key=None):
    """The bytes of a token whose HMAC and CRC are right, whatever it says."""
    signed = signed_part(said, key_id, version)
    key = derived(key_id, "token") if key is None else key
    return with_checksum(signed + sign(key, prefix.encode(), b"_", signed)[:16])


def token(said, key_id=1, prefix="hub", **how):
    return f"{prefix}_{base64url(body(said, key_id, prefix, **how))}"


def resummed(data):
    """Body bytes that someone without the key has changed, with the checksum made to fit again."""
    return "hub_" + base64url(with_checksum(data[:-4]))


def flipped(data, index, bit=0):
    changed = bytearray(data)
    changed[index] ^= 1 << bit
    return bytes(changed)


def shown(said, key_id):
    return {
        "role": {READ: "read", WRITE: "write"}[said["role"]],
        "subject": said["subject"].decode(),
        "id": f"{said['shard']}-{said['serial']}",
        "issued_at": said["issued_at"],
        "expires_at": said["expires_at"] or None,
        "key_id": key_id,
    }


NOW = 1_750_000_000
EXPIRING = claims(role=WRITE, expires_at=NOW)


def genuine():
    """(name, claims, ring, key id, prefix, now): genuine tokens, each at an edge of the format."""
    every_character = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._"
    yield "a_read_token_that_never_expires", claims(), "one", 1, "hub", NOW
    yield "a_write_token_in_its_last_second", EXPIRING, "one", 1, "hub", NOW - 1
    yield "a_subject_of_one_byte", claims(subject=b"x"), "one", 1, "hub", NOW
    yield "a_subject_of_two_bytes", claims(subject=b"xy"), "one", 1, "hub", NOW
    yield "a_subject_of_three_bytes", claims(subject=b"xyz"), "one", 1, "hub", NOW
    yield "a_subject_of_64_bytes", claims(subject=b"a" * 64), "one", 1, "hub", NOW
    yield "a_subject_of_all_its_characters_but_the_dash", claims(subject=every_character), "one", 1, "hub", NOW
    yield "a_subject_of_dots_and_dashes", claims(subject=b"-._.-"), "one", 1, "hub", NOW
    yield "the_highest_shard_and_serial", claims(shard=65535, serial=2**32 - 1), "one", 1, "hub", NOW
    yield "shard_and_serial_zero", claims(shard=0, serial=0), "one", 1, "hub", NOW
    yield "numbers_that_tell_the_byte_order", claims(shard=0x0102, serial=0x03040506), "one", 1, "hub", NOW
    yield "times_that_tell_the_byte_order", claims(issued_at=0x01020304, expires_at=0x65666768), "one", 1, "hub", 1
    yield "the_last_second_of_the_format", claims(expires_at=2**32 - 1), "one", 1, "hub", 2**32 - 2
    yield "a_token_issued_ahead_of_the_clock", claims(issued_at=NOW + 60), "one", 1, "hub", NOW
    yield "the_shortest_prefix", claims(), "one", 1, "h0", NOW
    yield "the_longest_prefix", claims(), "one", 1, "abcdefghi9", NOW
    yield "the_active_key_of_a_rotated_ring", claims(), "rotated", 2, "hub", NOW
    yield "an_older_key_of_a_rotated_ring", claims(), "rotated", 1, "hub", NOW
    yield "a_newer_key_than_the_active_one", claims(), "rolled_back", 2, "hub", NOW
    yield "key_id_255", claims(), "edges", 255, "hub", NOW
    yield "key_id_0", claims(), "edges", 0, "hub", NOW
    yield "a_root_key_of_33_bytes", claims(), "edges", 7, "hub", NOW


def refused():
    """(name, code, text, now), all for prefix `hub` and the ring of one key, in the order of the checks."""
    good = token(claims())
    data = body(claims())
    encoded = good.removeprefix("hub_")
    # 17 + n + 20 bytes: n = 5 leaves no bits over, n = 4 leaves two bytes' worth (4 bits), n = 3 one (2 bits).
    four_bits_over = token(claims(subject=b"alic"))
    two_bits_over = token(claims(subject=b"ali"))

    def last_raised(text):
        return text[:-1] + ALPHABET[ALPHABET.index(text[-1]) + 1]

    yield "empty", "length", "", NOW
    yield "the_prefix_alone", "length", "hub_", NOW
    yield "one_character_less_than_the_shortest", "length", "hub_" + "A" * 50, NOW
    yield "one_character_more_than_the_longest", "length", "hub_" + "A" * 136, NOW
    yield "ten_thousand_characters", "length", "hub_" + "A" * 10_000, NOW
    yield "genuine_but_the_subject_is_empty", "length", token(claims(subject=b"")), NOW
    yield "genuine_but_the_subject_has_65_bytes", "length", token(claims(subject=b"a" * 65)), NOW
    yield "the_length_is_checked_before_the_prefix", "length", "hug_" + "A" * 136, NOW
    yield "another_prefix", "prefix", token(claims(), prefix="hug"), NOW
    yield "the_prefix_in_upper_case", "prefix", "HUB_" + encoded, NOW
    yield "a_dash_for_the_underscore", "prefix", "hub-" + encoded, NOW
    yield "no_underscore", "prefix", "hub" + encoded, NOW
    yield "no_prefix", "prefix", "_" + encoded + "AAA", NOW
    yield "a_prefix_that_goes_on", "prefix", token(claims(), prefix="hubs"), NOW
    yield "a_space_before", "prefix", " " + good, NOW
    yield "the_prefix_is_checked_before_the_alphabet", "prefix", "hug_" + "=" * 60, NOW
    yield "a_plus_of_the_standard_alphabet", "alphabet", "hub_" + "+" + encoded[1:], NOW
    yield "a_slash_of_the_standard_alphabet", "alphabet", "hub_" + encoded[:20] + "/" + encoded[21:], NOW
    yield "padding_added", "alphabet", four_bits_over + "==", NOW
    yield "one_padding_character_added", "alphabet", two_bits_over + "=", NOW
    yield "padding_where_none_is_due", "alphabet", good + "=", NOW
    yield "a_line_feed_after", "alphabet", good + "\n", NOW
    yield "a_space_after", "alphabet", good + " ", NOW
    yield "a_space_within", "alphabet", "hub_" + encoded[:9] + " " + encoded[9:], NOW
    yield "a_letter_outside_ascii", "alphabet", "hub_" + encoded[:9] + "\u00e9" + encoded[10:], NOW
    yield "a_second_underscore_is_a_character_too_many", "alphabet", "hub__" + encoded, NOW
    yield "a_percent_encoded_character", "alphabet", "hub_%41" + encoded[1:], NOW
    yield "a_length_that_base64_cannot_have", "alphabet", "hub_" + "A" * 53, NOW
    yield "four_trailing_bits_set", "alphabet", last_raised(four_bits_over), NOW
    yield "two_trailing_bits_set", "alphabet", last_raised(two_bits_over), NOW
    yield "the_alphabet_is_checked_before_the_checksum", "alphabet", "hub_" + "A" * 59 + "=", NOW
    yield "all_zero_bits", "checksum", "hub_" + "A" * 56, NOW
    yield "a_character_changed", "checksum", "hub_" + ("B" if encoded[0] == "A" else "A") + encoded[1:], NOW
    yield "two_characters_swapped", "checksum", "hub_" + encoded[1] + encoded[0] + encoded[2:], NOW
    yield "all_in_lower_case", "checksum", good.lower(), NOW
    yield "four_characters_cut_off", "checksum", good[:-4], NOW
    yield "four_characters_added", "checksum", good + "AAAA", NOW
    yield "the_checksum_in_the_other_byte_order", "checksum", "hub_" + base64url(
        data[:-4] + data[:-5:-1]
    ), NOW
    yield "the_checksum_over_the_prefix_too", "checksum", "hub_" + base64url(
        data[:-4] + struct.pack(">I", zlib.crc32(b"hub_" + data[:-4]))
    ), NOW
    yield "the_checksum_without_the_hmac", "checksum", "hub_" + base64url(
        data[:-4] + struct.pack(">I", zlib.crc32(data[:-20]))
    ), NOW
    yield "an_adler_32_for_the_checksum", "checksum", "hub_" + base64url(
        data[:-4] + struct.pack(">I", zlib.adler32(data[:-4]))
    ), NOW
    yield "the_checksum_is_checked_before_the_version", "checksum", "hub_" + base64url(
        b"\x02" + data[1:]
    ), NOW
    for version in (0, 2, 255):
        yield f"genuine_but_of_version_{version}", "version", token(claims(), version=version), NOW
    yield "the_version_is_checked_before_the_key", "version", token(claims(), key_id=2, version=2), NOW
    yield "a_key_that_is_not_in_the_ring", "unknown_key", token(claims(), key_id=2), NOW
    yield "a_key_id_changed_to_none_of_the_ring", "unknown_key", resummed(flipped(data, 2, 7)), NOW
    yield "the_key_is_looked_up_before_the_hmac", "unknown_key", resummed(flipped(flipped(data, 2, 7), 25)), NOW
    for name, index, bit in (
        ("the_role_raised_to_write", 1, 0),
        ("the_time_of_issue_changed", 6, 0),
        ("the_expiry_changed", 10, 0),
        ("the_shard_changed", 12, 0),
        ("the_serial_changed", 16, 0),
        ("the_subject_changed", 17, 1),
        ("the_first_bit_of_the_hmac_flipped", -20, 7),
        ("the_last_bit_of_the_hmac_flipped", -5, 0),
    ):
        changed = flipped(data, index, bit)
        if name == "the_role_raised_to_write":
            changed = data[:1] + bytes([WRITE]) + data[2:]
        yield name, "signature", resummed(changed), NOW
    signed = signed_part(claims(), 1)
    for name, tag in (
        ("an_hmac_of_zeros", bytes(16)),
        ("the_last_half_of_the_hmac", sign(derived(1, "token"), b"hub_", signed)[16:]),
        ("an_hmac_without_the_prefix", sign(derived(1, "token"), signed)[:16]),
        ("an_hmac_without_the_underscore", sign(derived(1, "token"), b"hub", signed)[:16]),
        ("an_hmac_of_another_prefix", sign(derived(1, "token"), b"hug_", signed)[:16]),
        ("an_hmac_with_the_root_key_itself", sign(ROOTS[1], b"hub_", signed)[:16]),
        ("an_hmac_with_the_key_of_lists", sign(derived(1, "list"), b"hub_", signed)[:16]),
        ("an_hmac_with_the_key_of_assertions", sign(derived(1, "assertion"), b"hub_", signed)[:16]),
        ("an_hmac_with_another_root_key", sign(derived(2, "token"), b"hub_", signed)[:16]),
        ("a_plain_hash_for_the_hmac", hashlib.sha256(b"hub_" + signed).digest()[:16]),
        ("a_full_hmac_of_32_bytes", sign(derived(1, "token"), b"hub_", signed)),
        ("an_hmac_of_15_bytes", sign(derived(1, "token"), b"hub_", signed)[:15]),
    ):
        yield name, "signature", "hub_" + base64url(with_checksum(signed + tag)), NOW
    expired_forged = body(claims(expires_at=NOW - 1))
    yield "the_hmac_is_checked_before_the_expiry", "signature", resummed(flipped(expired_forged, -20)), NOW
    yield "the_hmac_is_checked_before_the_role", "signature", resummed(
        flipped(body(claims(role=9)), -20)
    ), NOW
    for role in (0, 3, 255):
        yield f"genuine_but_of_role_{role}", "claims", token(claims(role=role)), NOW
    for name, subject in (
        ("a_space", b"al ice"),
        ("a_slash", b"acme/alice"),
        ("a_colon", b"alice:x"),
        ("an_at_sign", b"alice@acme"),
        ("a_nul", b"alice\0"),
        ("a_line_feed", b"alice\nX-Lychgate-Role: write"),
        ("a_letter_outside_ascii", "aliç".encode()),
        ("bytes_that_are_not_utf_8", b"ali\xff"),
    ):
        yield f"genuine_but_the_subject_holds_{name}", "claims", token(claims(subject=subject)), NOW
    yield "the_claims_are_read_before_the_expiry", "claims", token(claims(role=3, expires_at=1)), NOW
    yield "expired_at_the_second_it_names", "expired", token(EXPIRING), NOW
    yield "expired_a_second_ago", "expired", token(EXPIRING), NOW + 1
    yield "expired_at_the_first_second_of_the_format", "expired", token(claims(expires_at=1)), 1
    yield "expired_at_the_last_second_of_the_format", "expired", token(claims(expires_at=2**32 - 1)), 2**32 - 1
    yield "expired_before_it_was_issued", "expired", token(claims(expires_at=5)), NOW


def token_vectors():
    verify, mint = [], []
    for name, said, ring, key_id, prefix, now in genuine():
        text = token(said, key_id, prefix)
        assert text.count("=") == 0
        case = {"name": f"accepts_{name}", "ring": ring, "prefix": prefix, "now": now, "token": text}
        verify.append(case | {"claims": shown(said, key_id)})
        if RINGS[ring][0] == key_id:
            fields = shown(said, key_id)
            mint.append({"name": f"mints_{name}", "ring": ring, "prefix": prefix, "claims": fields, "token": text})
    for name, code, text, now in refused():
        case = {"name": f"refuses_{name}", "ring": "one", "prefix": "hub", "now": now, "token": text}
        verify.append(case | {"code": code})
    for name, issued_at, expires_at in (
        ("a_token_that_expires_as_it_is_issued", 100, 100),
        ("a_token_that_expires_before_it_is_issued", 100, 99),
        ("an_expiry_of_zero_which_would_mean_never", 100, 0),
    ):
        fields = shown(claims(issued_at=issued_at), 1) | {"expires_at": expires_at}
        mint.append(
            {"name": f"will_not_mint_{name}", "ring": "one", "prefix": "hub", "claims": fields, "code": "Expiry"}
        )
    derive = [
        {
            "name": f"derives_the_{purpose}_key_of_root_{key_id}_in_ring_{ring}",
            "ring": ring,
            "key_id": key_id,
            "purpose": purpose,
            "key": derived(key_id, purpose).hex(),
        }
        for ring in ("rotated", "edges")
        for key_id in RINGS[ring][1]
        for purpose in PURPOSES
    ]
    return {"rings": {name: ring_text(name) for name in RINGS}, "derive": derive, "mint": mint, "verify": verify}


# Revocation lists


def members(ranges):
    """Serials from (first, last, step) triples, both ends in."""
    return sorted({serial for first, last, step in ranges for serial in range(first, last + 1, step)})


def runs_of(values):
    runs = []
    for value in values:
        if runs and runs[-1][0] + runs[-1][1] + 1 == value:
            runs[-1][1] += 1
        else:
            runs.append([value, 0])
    return runs


def containers(serials, optimized=True):
    """(key, kind, cardinality, bytes) for each run of 65536 serials, by the rules of RoaringFormatSpec."""
    by_key = {}
    for serial in serials:
        by_key.setdefault(serial >> 16, []).append(serial & 0xFFFF)
    for key, values in sorted(by_key.items()):
        if len(values) <= 4096:
            kind, data = "array", struct.pack(f"<{len(values)}H", *values)
        else:
            bits = bytearray(8192)
            for value in values:
                bits[value >> 3] |= 1 << (value & 7)
            kind, data = "bitmap", bytes(bits)
        runs = runs_of(values)
        if optimized and 2 + 4 * len(runs) < len(data):
            flat = [number for run in runs for number in run]
            kind, data = "run", struct.pack(f"<H{len(flat)}H", len(runs), *flat)
        yield key, kind, len(values), data


def bitmap(serials, optimized=True):
    """The portable serialization."""
    parts = list(containers(serials, optimized))
    count = len(parts)
    has_runs = any(kind == "run" for _, kind, _, _ in parts)
    if has_runs:
        flags = bytearray((count + 7) // 8)
        for index, (_, kind, _, _) in enumerate(parts):
            if kind == "run":
                flags[index >> 3] |= 1 << (index & 7)
        head = struct.pack("<I", 12347 | (count - 1) << 16) + bytes(flags)
    else:
        head = struct.pack("<II", 12346, count)
    head += b"".join(struct.pack("<HH", key, cardinality - 1) for key, _, cardinality, _ in parts)
    if not has_runs or count >= 4:
        offset = len(head) + 4 * count
        for _, _, _, data in parts:
            head += struct.pack("<I", offset)
            offset += len(data)
    return head + b"".join(data for _, _, _, data in parts)


def list_header(shard=0, version=2, published_at=NOW, valid_until=NOW + 3600, key_id=1, magic=b"LYRL", form=1):
    return magic + struct.pack(">BBHQII", form, key_id, shard, version, published_at, valid_until)


def sealed(serials_bytes, key_id=1, key=None, **fields):
    signed = list_header(key_id=key_id, **fields) + serials_bytes
    key = derived(key_id, "list") if key is None else key
    return signed + sign(key, signed)


# name, ranges, the kinds of container that the smallest form has
BITMAPS = [
    ("no_serial", [], []),
    ("one_serial", [[7, 7, 1]], ["array"]),
    ("serial_zero", [[0, 0, 1]], ["array"]),
    ("the_highest_serial", [[2**32 - 1, 2**32 - 1, 1]], ["array"]),
    ("an_array", [[10, 90, 9]], ["array"]),
    ("two_serials_in_a_row", [[5, 6, 1]], ["array"]),
    ("three_serials_in_a_row", [[5, 7, 1]], ["array"]),
    ("a_run", [[5, 8, 1]], ["run"]),
    ("a_run_over_the_edge_of_a_container", [[65530, 65541, 1]], ["run", "run"]),
    ("a_full_container", [[65536, 131071, 1]], ["run"]),
    ("the_largest_array", [[0, 8190, 2]], ["array"]),
    ("the_smallest_bitmap", [[0, 8192, 2]], ["bitmap"]),
    ("an_array_beside_a_run", [[1, 9, 2], [65536 * 3, 65536 * 3 + 99, 1]], ["array", "run"]),
    (
        "four_containers_with_runs_and_so_with_offsets",
        [[1, 9, 2], [65536, 65635, 1], [65536 * 2, 65536 * 2, 1], [65536 * 9, 65536 * 9 + 7, 1]],
        ["array", "run", "array", "run"],
    ),
    (
        "nine_containers_so_that_the_flags_take_two_bytes",
        [[65536 * key, 65536 * key + 4, 1] for key in range(9)],
        ["run"] * 9,
    ),
    ("an_array_a_bitmap_and_a_run", [[3, 3, 1], [65536, 65536 + 12286, 2], [131072, 140000, 1]], ["array", "bitmap", "run"]),
]


def neighbours(serials):
    """Serials on the list, and off it, close by."""
    held = set(serials)
    on = sorted({*serials[:2], *serials[-2:], *serials[len(serials) // 2 : len(serials) // 2 + 1]})
    near = {serial + step for serial in on for step in (-1, 1)} | {0, 65535, 65536, 2**32 - 1}
    return on, sorted(serial for serial in near if 0 <= serial < 2**32 and serial not in held)


def revocation_vectors():
    opens, seals = [], []
    for name, ranges, kinds in BITMAPS:
        serials = members(ranges)
        assert [kind for _, kind, _, _ in containers(serials)] == kinds, name
        on, off = neighbours(serials)
        plain = sealed(bitmap(serials))
        expected = {
            "list": {"version": 2, "published_at": NOW, "valid_until": NOW + 3600, "serials": ranges},
            "revoked": on,
            "not_revoked": off,
        }
        case = {"name": f"opens_{name}", "ring": "one", "shard": 0, "sealed": base64url(plain)}
        opens.append(case | expected)
        seals.append(
            {
                "name": f"seals_{name}",
                "ring": "one",
                "shard": 0,
                "published_at": NOW,
                "valid_until": NOW + 3600,
                "serials": ranges,
                "sealed": base64url(plain),
            }
        )
        unoptimized = sealed(bitmap(serials, optimized=False))
        if unoptimized != plain and len(unoptimized) < 4096:
            case = {"name": f"opens_{name}_without_run_containers", "ring": "one", "shard": 0}
            opens.append(case | {"sealed": base64url(unoptimized)} | expected)

    def opened(name, ring, shard, data, serials, **header):
        header = {"version": 2, "published_at": NOW, "valid_until": NOW + 3600} | header
        opens.append(
            {
                "name": f"opens_{name}",
                "ring": ring,
                "shard": shard,
                "sealed": base64url(data),
                "list": header | {"serials": serials},
                "revoked": [],
                "not_revoked": [],
            }
        )

    seven = bitmap([7])
    opened("the_highest_shard", "one", 65535, sealed(seven, shard=65535), [[7, 7, 1]])
    opened("a_shard_that_tells_the_byte_order", "one", 0x0102, sealed(seven, shard=0x0102), [[7, 7, 1]])
    version = 0x0102030405060708
    opened("a_version_that_tells_the_byte_order", "one", 0, sealed(seven, version=version), [[7, 7, 1]], version=version)
    opened("the_highest_version", "one", 0, sealed(seven, version=2**64 - 1), [[7, 7, 1]], version=2**64 - 1)
    opened(
        "times_that_tell_the_byte_order",
        "one",
        0,
        sealed(seven, published_at=0x01020304, valid_until=0x05060708),
        [[7, 7, 1]],
        published_at=0x01020304,
        valid_until=0x05060708,
    )
    opened("a_list_of_an_older_key", "rotated", 0, sealed(seven, key_id=1), [[7, 7, 1]])
    opened("a_list_of_the_active_key", "rotated", 0, sealed(seven, key_id=2), [[7, 7, 1]])
    opened("a_list_past_its_time_whose_age_is_not_its_own_to_judge", "one", 0, sealed(seven, valid_until=1), [[7, 7, 1]], valid_until=1)

    good = sealed(seven)

    def refused_list(name, code, data, shard=0):
        opens.append(
            {"name": f"refuses_{name}", "ring": "one", "shard": shard, "sealed": base64url(data), "code": code}
        )

    refused_list("nothing", "list_short", b"")
    refused_list("31_bytes", "list_short", good[:31])
    refused_list("one_byte_less_than_header_and_seal", "list_short", good[:55])
    refused_list("another_magic", "list_magic", sealed(seven, magic=b"LYRM"))
    refused_list("a_magic_in_lower_case", "list_magic", sealed(seven, magic=b"lyrl"))
    refused_list("the_magic_is_checked_before_the_seal", "list_magic", b"X" + good[1:])
    for form in (0, 2, 255):
        refused_list(f"format_version_{form}", "list_version", sealed(seven, form=form))
    refused_list("the_format_is_checked_before_the_key", "list_version", sealed(seven, form=2, key_id=2))
    refused_list("a_key_that_is_not_in_the_ring", "list_unknown_key", sealed(seven, key_id=2))
    for name, index in (
        ("shard", 7),
        ("list_version", 15),
        ("time_of_publication", 19),
        ("end_of_validity", 23),
        ("first_byte_of_the_bitmap", 24),
        ("last_byte_of_the_bitmap", -33),
        ("first_byte_of_the_seal", -32),
        ("last_byte_of_the_seal", -1),
    ):
        refused_list(f"a_changed_{name}", "list_seal", flipped(good, index))
    refused_list("a_list_cut_by_a_byte", "list_seal", good[:-1])
    refused_list("a_list_with_a_byte_more", "list_seal", good + b"\0")
    refused_list("a_seal_of_half_its_length", "list_seal", good[:-16])
    refused_list("a_seal_of_zeros", "list_seal", good[:-32] + bytes(32))
    refused_list("a_seal_with_the_key_of_tokens", "list_seal", sealed(seven, key=derived(1, "token")))
    refused_list("a_seal_with_the_root_key_itself", "list_seal", sealed(seven, key=ROOTS[1]))
    refused_list("a_seal_of_another_root_key", "list_seal", sealed(seven, key=derived(2, "list")))
    refused_list("the_seal_is_checked_before_the_shard", "list_seal", flipped(sealed(seven, shard=1), -1))
    refused_list("the_seal_is_checked_before_the_bitmap", "list_seal", flipped(sealed(b""), -1))
    refused_list("a_genuine_list_of_another_shard", "list_shard", sealed(seven, shard=1))
    refused_list("the_shard_in_the_other_byte_order", "list_shard", sealed(seven, shard=0x0100), shard=1)
    refused_list("the_shard_is_checked_before_the_bitmap", "list_shard", sealed(b"", shard=1))
    refused_list("a_genuine_list_without_a_bitmap", "list_bitmap", sealed(b""))
    refused_list("a_genuine_bitmap_cut_short", "list_bitmap", sealed(seven[:-1]))
    refused_list("a_genuine_bitmap_with_a_byte_more", "list_bitmap", sealed(seven + b"\0"))
    refused_list("a_genuine_bitmap_of_another_cookie", "list_bitmap", sealed(struct.pack("<I", 12345) + seven[4:]))
    refused_list("a_genuine_bitmap_that_promises_two_containers", "list_bitmap", sealed(seven[:4] + struct.pack("<I", 2) + seven[8:]))
    refused_list("a_genuine_bitmap_that_promises_65537_containers", "list_bitmap", sealed(struct.pack("<II", 12346, 65537)))
    two = bitmap([7, 9])
    refused_list("a_genuine_array_out_of_order", "list_bitmap", sealed(two[:-4] + two[-2:] + two[-4:-2]))

    def step(**fields):
        return fields

    hold = [
        {
            "name": "a_shard_that_nobody_asked_for_is_unknown",
            "steps": [step(lookup=10, finds="unknown")],
        },
        {
            "name": "a_list_is_in_force_up_to_the_second_it_names",
            "steps": [
                step(accept=1, valid_until=20),
                step(lookup=19, finds="in_force", version=1),
                step(lookup=20, finds="stale", version=1),
                step(lookup=2**32 - 1, finds="stale", version=1),
            ],
        },
        {
            "name": "missing_is_remembered_from_the_first_time_on",
            "steps": [step(missing=10), step(missing=15), step(lookup=30, finds="missing", since=10)],
        },
        {
            "name": "a_list_ends_what_was_missing",
            "steps": [step(missing=10), step(accept=3, valid_until=20), step(lookup=15, finds="in_force", version=3)],
        },
        {
            "name": "a_list_in_hand_outlives_a_failed_load",
            "steps": [step(accept=3, valid_until=20), step(missing=10), step(lookup=15, finds="in_force", version=3)],
        },
        {
            "name": "a_stale_list_outlives_a_failed_load",
            "steps": [step(accept=3, valid_until=20), step(missing=30), step(lookup=31, finds="stale", version=3)],
        },
        {
            "name": "a_newer_list_takes_the_place_of_an_older_one",
            "steps": [
                step(accept=3, valid_until=20),
                step(accept=4, valid_until=30),
                step(lookup=25, finds="in_force", version=4),
            ],
        },
        {
            "name": "the_same_version_published_again_prolongs",
            "steps": [
                step(accept=3, valid_until=20),
                step(accept=3, valid_until=30),
                step(lookup=25, finds="in_force", version=3),
            ],
        },
        {
            "name": "a_lower_version_is_refused_and_the_newer_kept",
            "steps": [
                step(accept=4, valid_until=20),
                step(accept=3, valid_until=90, code="list_rolled_back"),
                step(lookup=19, finds="in_force", version=4),
                step(lookup=25, finds="stale", version=4),
            ],
        },
        {
            "name": "a_stale_list_is_still_not_rolled_back",
            "steps": [
                step(accept=4, valid_until=20),
                step(lookup=40, finds="stale", version=4),
                step(accept=3, valid_until=90, code="list_rolled_back"),
                step(lookup=40, finds="stale", version=4),
            ],
        },
    ]
    rings = {name: ring_text(name) for name in ("one", "rotated")}
    return {"rings": rings, "open": opens, "seal": seals, "hold": hold}


# Signing in: hand-offs and sessions

GATE = "https://hub.example"
JTI = "0123456789abcdef"


def said(**changes):
    """The claims of a hand-off; one of None is left out."""
    claims = {"aud": GATE, "sub": "alice", "iat": NOW, "exp": NOW + 60, "jti": JTI} | changes
    return {name: value for name, value in claims.items() if value is not None}


def jws(claims, header=None, key_id=1, key=None):
    """RFC 7515, compact; what is text already is taken as it stands."""
    header = {"alg": "HS256", "kid": str(key_id), "typ": "JWT"} if header is None else header
    parts = [part if isinstance(part, str) else json.dumps(part) for part in (header, claims)]
    signed = ".".join(base64url(part.encode()) for part in parts)
    return f"{signed}.{base64url(sign(derived(key_id, 'sign-in') if key is None else key, signed.encode()))}"


def hand_offs():
    cases = []

    def taken(name, text, now=NOW, ring="one", subject="alice", jti=JTI, expires_at=NOW + 60):
        expected = {"subject": subject, "jti": jti, "expires_at": expires_at}
        cases.append({"name": f"takes_{name}", "ring": ring, "now": now, "text": text, "hand_off": expected})

    def refused(name, code, text, now=NOW, ring="one"):
        cases.append({"name": f"refuses_{name}", "ring": ring, "now": now, "text": text, "code": code})

    good = jws(said())
    head, middle, tag = good.split(".")
    taken("one_in_its_first_second", good)
    taken("one_in_its_last_second", good, now=NOW + 59)
    taken("one_from_a_clock_five_seconds_ahead", good, now=NOW - 5)
    taken("one_that_names_its_issuer", jws(said(iss="https://sso.example")))
    taken("claims_in_another_order", jws(dict(reversed(said().items()))))
    taken("a_header_in_another_order", jws(said(), header={"typ": "JWT", "kid": "1", "alg": "HS256"}))
    taken("claims_with_blanks", jws(json.dumps(said(), indent=2)))
    taken("a_life_of_one_second", jws(said(exp=NOW + 1)), expires_at=NOW + 1)
    taken("the_longest_subject", jws(said(sub="a" * 64)), subject="a" * 64)
    taken("the_longest_jti", jws(said(jti="~" * 128)), jti="~" * 128)
    taken("one_of_an_older_key", jws(said(), key_id=1), ring="rotated")
    taken("one_of_the_active_key", jws(said(), key_id=2), ring="rotated")
    taken("one_of_key_255", jws(said(), key_id=255), ring="edges")
    taken("one_of_key_0", jws(said(), key_id=0), ring="edge_zero")

    refused("one_in_the_second_it_ends", "expired", good, now=NOW + 60)
    refused("one_from_a_clock_six_seconds_ahead", "early", good, now=NOW - 6)
    refused("a_life_of_61_seconds", "lifetime", jws(said(exp=NOW + 61)))
    refused("a_life_of_no_second", "lifetime", jws(said(exp=NOW)))
    refused("an_end_before_its_beginning", "lifetime", jws(said(exp=NOW - 1)))
    for name in ("aud", "sub", "iat", "exp", "jti"):
        refused(f"one_without_{name}", "claims", jws(said(**{name: None})))
    refused("claims_that_it_does_not_know", "claims", jws(said(role="write")))
    refused("a_claim_that_stands_twice", "claims", jws(json.dumps(said())[:-1] + ', "sub": "mallory"}'))
    refused("claims_that_are_a_list", "signed_claims", jws(list(said().values())))
    refused("a_time_in_fractions", "claims", jws(said(iat=NOW + 0.5)))
    refused("a_time_as_text", "claims", jws(said(iat=str(NOW))))
    refused("a_time_below_zero", "claims", jws(said(iat=-1)))
    refused("a_time_of_33_bits", "claims", jws(said(exp=2**32)))
    refused("several_audiences", "claims", jws(said(aud=[GATE])))
    for name, audience in (
        ("another_host", "https://other.example"),
        ("the_host_over_http", "http://hub.example"),
        ("a_slash_behind_the_host", GATE + "/"),
        ("the_host_in_capitals", GATE.upper()),
        ("nobody", ""),
    ):
        refused(f"the_audience_{name}", "audience", jws(said(aud=audience)))
    for name, subject in (("empty", ""), ("too_long", "a" * 65), ("with_a_slash", "acme/alice"), ("with_a_line", "a\n")):
        refused(f"a_subject_{name}", "subject", jws(said(sub=subject)))
    for name, jti in (("too_short", "a" * 15), ("too_long", "a" * 129), ("with_a_blank", "a" * 15 + " b"), ("of_umlauts", "\u00e4" * 16)):
        refused(f"a_jti_{name}", "identifier", jws(said(jti=jti)))
    for name, key in (
        ("the_key_of_assertions", derived(1, "assertion")),
        ("the_key_of_sessions", derived(1, "session")),
        ("the_key_of_tokens", derived(1, "token")),
        ("the_root_key_itself", ROOTS[1]),
        ("another_root_key", derived(2, "sign-in")),
        ("no_key", b""),
    ):
        refused(f"a_signature_with_{name}", "signature", jws(said(), key=key))
    refused("a_key_that_is_not_in_the_ring", "unknown_key", jws(said(), key_id=2))
    refused("the_key_of_another_id", "signature", jws(said(), key_id=2, key=derived(1, "sign-in")), ring="rotated")
    refused("no_signature", "signature", f"{head}.{middle}.")
    half = sign(derived(1, "sign-in"), f"{head}.{middle}".encode())[:16]
    refused("half_a_signature", "signature", f"{head}.{middle}.{base64url(half)}")
    refused("a_changed_signature", "signature", f"{head}.{middle}.{'A' if tag[0] != 'A' else 'B'}{tag[1:]}")
    refused("changed_claims", "signature", f"{head}.{jws(said(sub='mallory')).split('.')[1]}.{tag}")
    refused("the_signature_before_the_time", "signature", f"{head}.{jws(said(exp=1)).split('.')[1]}.{tag}")
    for name, header, code in (
        ("the_algorithm_none", {"alg": "none", "kid": "1", "typ": "JWT"}, "algorithm"),
        ("the_algorithm_HS512", {"alg": "HS512", "kid": "1", "typ": "JWT"}, "algorithm"),
        ("the_algorithm_in_small_letters", {"alg": "hs256", "kid": "1", "typ": "JWT"}, "algorithm"),
        ("another_type", {"alg": "HS256", "kid": "1", "typ": "at+jwt"}, "type"),
        ("a_header_without_kid", {"alg": "HS256", "typ": "JWT"}, "header"),
        ("a_header_with_jwk", {"alg": "HS256", "kid": "1", "typ": "JWT", "jwk": {}}, "header"),
        ("a_kid_that_is_a_number", {"alg": "HS256", "kid": 1, "typ": "JWT"}, "header"),
        ("a_kid_with_a_zero_before", {"alg": "HS256", "kid": "01", "typ": "JWT"}, "key_id"),
        ("a_kid_of_256", {"alg": "HS256", "kid": "256", "typ": "JWT"}, "key_id"),
        ("a_header_that_is_a_list", ["HS256", "1", "JWT"], "header"),
    ):
        refused(name, code, jws(said(), header=header))
    refused("nothing", "parts", "")
    refused("two_parts", "parts", f"{head}.{middle}")
    refused("four_parts", "parts", f"{good}.{tag}")
    refused("padding", "encoding", f"{good}=")
    refused("a_blank_behind_it", "encoding", f"{good} ")
    refused("the_other_alphabet", "encoding", f"{head}.{middle}.{'+' + tag[1:]}")
    refused("stray_bits", "encoding", good[:-1] + ALPHABET[ALPHABET.index(good[-1]) + 1])
    refused("more_than_is_read", "long", "a" * 36865)
    return cases


SEAL = b"lychgate session seal v1 "
CSRF = b"lychgate session csrf v1 "
ID = bytes(range(16))
WORKING_DAY = 12 * 60 * 60


def session(subject=b"alice", issued_at=NOW, expires_at=NOW + WORKING_DAY, id=ID, key_id=1, version=1, label=SEAL, key=None):
    """The value of a session's cookie, as bytes."""
    signed = struct.pack(">BBII", version, key_id, issued_at, expires_at) + id + subject
    return signed + sign(derived(key_id, "session") if key is None else key, label, signed)


def sessions():
    cases = []

    def opened(name, data, now=NOW, ring="one", subject="alice", expires_at=NOW + WORKING_DAY, key_id=1, id=ID):
        csrf = base64url(sign(derived(key_id, "session"), CSRF, id))
        expected = {"subject": subject, "expires_at": expires_at, "csrf": csrf}
        cases.append({"name": f"opens_{name}", "ring": ring, "now": now, "text": base64url(data), "session": expected})

    def refused(name, code, text, now=NOW, ring="one"):
        text = text if isinstance(text, str) else base64url(text)
        cases.append({"name": f"refuses_{name}", "ring": ring, "now": now, "text": text, "code": code})

    good = session()
    opened("one_in_its_first_second", good)
    opened("one_in_its_last_second", good, now=NOW + WORKING_DAY - 1)
    opened("a_subject_of_one_byte", session(subject=b"x"), subject="x")
    opened("a_subject_of_64_bytes", session(subject=b"a" * 64), subject="a" * 64)
    opened("times_that_tell_the_byte_order", session(expires_at=0x71727374), expires_at=0x71727374)
    opened("another_id_with_its_own_csrf_token", session(id=bytes([255]) * 16), id=bytes([255]) * 16)
    opened("one_of_the_active_key", session(key_id=2), ring="rotated", key_id=2)
    opened("one_of_key_255", session(key_id=255), ring="edges", key_id=255)
    opened("one_of_key_0", session(key_id=0), ring="edge_zero", key_id=0)

    refused("one_in_the_second_it_ends", "expired", good, now=NOW + WORKING_DAY)
    refused("one_that_ended_long_ago", "expired", session(issued_at=1, expires_at=2))
    refused("one_of_the_key_before_the_rotation", "key_rotated", good, ring="rotated")
    refused("one_of_the_key_after_a_rollback", "key_rotated", session(key_id=2), ring="rolled_back")
    refused("one_of_a_key_that_is_not_in_the_ring", "key_rotated", session(key_id=2))
    refused("the_key_before_the_time", "key_rotated", session(expires_at=1), ring="rotated")
    for name, index in (
        ("time_of_issue", 5),
        ("end", 9),
        ("id", 10),
        ("last_byte_of_the_subject", -33),
        ("first_byte_of_the_seal", -32),
        ("last_byte_of_the_seal", -1),
    ):
        refused(f"a_changed_{name}", "seal", flipped(good, index))
    for name, key in (
        ("tokens", derived(1, "token")),
        ("hand_offs", derived(1, "sign-in")),
        ("assertions", derived(1, "assertion")),
        ("nobody", b""),
    ):
        refused(f"a_seal_with_the_key_of_{name}", "seal", session(key=key))
    refused("a_seal_with_the_root_key_itself", "seal", session(key=ROOTS[1]))
    refused("a_seal_of_another_root_key", "seal", session(key=derived(2, "session")))
    refused("a_seal_with_the_label_of_csrf_tokens", "seal", session(label=CSRF))
    refused("a_seal_without_a_label", "seal", session(label=b""))
    refused("the_seal_before_the_time", "seal", flipped(session(expires_at=1), -1))
    refused("a_seal_of_zeros", "seal", good[:-32] + bytes(32))
    for version in (0, 2, 255):
        refused(f"version_{version}", "malformed", session(version=version))
    refused("a_subject_of_no_byte", "malformed", session(subject=b""))
    refused("a_subject_of_65_bytes", "malformed", session(subject=b"a" * 65))
    refused("a_subject_with_a_slash", "malformed", session(subject=b"acme/alice"))
    refused("nothing", "malformed", "")
    refused("a_seal_and_nothing", "malformed", good[-32:])
    refused("padding", "malformed", base64url(session(subject=b"al")) + "=")
    refused("the_other_alphabet", "malformed", "+" + base64url(good)[1:])
    refused("a_hand_off", "malformed", jws(said()))
    return cases


def sign_in_vectors():
    rings = {name: ring_text(name) for name in RINGS}
    return {"rings": rings, "audience": GATE, "hand_off": hand_offs(), "session": sessions()}


def one_case_a_line(vectors):
    """JSON in which a case is a line, so that a change shows as one."""

    def compact(value):
        return json.dumps(value, ensure_ascii=True)

    parts = []
    for key, value in vectors.items():
        if isinstance(value, list):
            cases = ",\n".join(f"    {compact(case)}" for case in value)
            parts.append(f"  {compact(key)}: [\n{cases}\n  ]")
        else:
            parts.append(f"  {compact(key)}: {compact(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main():
    stale = []
    for name, vectors in (
        ("token.json", token_vectors()),
        ("revocation.json", revocation_vectors()),
        ("sign_in.json", sign_in_vectors()),
    ):
        text = one_case_a_line(vectors)
        path = HERE / name
        if sys.argv[1:] == ["--check"]:
            if not path.exists() or path.read_text() != text:
                stale.append(name)
        else:
            path.write_text(text)
    if stale:
        sys.exit(f"{', '.join(stale)}: not what generate.py makes; run it and look at the difference")


if __name__ == "__main__":
    main()
