#!/usr/bin/env python3
"""Writes token.json, revocation.json, assertion.json and sign_in.json: the wire formats, made a second time, from the
documents alone. Writes refusal.json too (refusals.py).

Nothing here comes from the crate under test. The formats are the tables at the head of src/token/layout.rs,
src/state/revocation/mod.rs, src/identity/sign_in_assertion.rs and src/identity/session.rs, for a token's tag the head of
src/token/wire_format.rs, and for assertions docs/origin.md, RFC 7515 and RFC 7519. HKDF is RFC 5869, and the bitmaps are
RoaringFormatSpec, all by hand. Only the Python standard library is needed. Run it from anywhere; `--check` writes
nothing and fails if a file differs.
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


USER, SERVICE_ACCOUNT = 1, 2
ROLE, EXPIRES, REPOSITORIES, AREAS, NETWORKS, REQUESTS = range(1, 7)
KINDS = ("role", "expires", "repositories", "areas", "networks", "requests")


def claims(
    role=READ, subject=b"alice", shard=0, serial=7, issued_at=1_700_000_000, expires_at=NEVER, bearer=USER, restrictions=()
):
    return dict(
        role=role, subject=subject, shard=shard, serial=serial, issued_at=issued_at, expires_at=expires_at,
        bearer=bearer, restrictions=tuple(restrictions),
    )


def signed_part(said, key_id, version=2):
    """Everything up to and including the subject."""
    head = (version, said["role"], said["bearer"], key_id, said["issued_at"], said["expires_at"])
    head += (said["shard"], said["serial"], len(said["subject"]))
    return struct.pack(">BBBBIIHIB", *head) + said["subject"]


def restriction(kind, value):
    """A restriction's bytes. Text stands for its ASCII."""
    value = value.encode() if isinstance(value, str) else value
    return bytes([kind, len(value)]) + value


def expires(at):
    return restriction(EXPIRES, struct.pack(">I", at))


def chained(tag, restrictions):
    """The last tag of a chain that goes on from this one."""
    for one in restrictions:
        tag = sign(tag, one)[:16]
    return tag


def with_checksum(data):
    return data + struct.pack(">I", zlib.crc32(data))


def body(said, key_id=1, prefix="hub", version=2, key=None):
    """The bytes of a token whose tag and CRC are right, whatever it says."""
    signed = signed_part(said, key_id, version)
    key = derived(key_id, "token") if key is None else key
    tag = chained(sign(key, prefix.encode(), b"_", signed)[:16], said["restrictions"])
    return with_checksum(signed + b"".join(said["restrictions"]) + tag)


def token(said, key_id=1, prefix="hub", **how):
    return f"{prefix}_{base64url(body(said, key_id, prefix, **how))}"


def narrowed(data, *restrictions):
    """Body bytes with more restrictions, made without any key."""
    return with_checksum(data[:-20] + b"".join(restrictions) + chained(data[-20:-4], restrictions))


def as_text(data):
    return "hub_" + base64url(data)


def resummed(data):
    """Body bytes that someone without the key has changed, with the checksum made to fit again."""
    return "hub_" + base64url(with_checksum(data[:-4]))


def with_same_checksum(data, original, free):
    """Changed bytes, of which the four from `free` on are chosen so that the CRC-32 is the one of the original."""
    data = bytearray(data[:-4])
    data[free : free + 4] = bytes(4)
    wanted = zlib.crc32(original[:-4]) ^ zlib.crc32(data)
    # CRC-32 is linear but for a constant: each free bit flips a fixed set of the sum's bits.
    basis = {}
    for bit in range(32):
        changed = bytearray(data)
        changed[free + bit // 8] ^= 1 << bit % 8
        effect, made_of = zlib.crc32(changed) ^ zlib.crc32(data), 1 << bit
        while effect and effect.bit_length() in basis:
            other = basis[effect.bit_length()]
            effect, made_of = effect ^ other[0], made_of ^ other[1]
        if effect:
            basis[effect.bit_length()] = (effect, made_of)
    chosen = 0
    while wanted:
        effect, made_of = basis[wanted.bit_length()]
        wanted, chosen = wanted ^ effect, chosen ^ made_of
    data[free : free + 4] = chosen.to_bytes(4, "little")
    assert zlib.crc32(data) == zlib.crc32(original[:-4])
    return bytes(data) + original[-4:]


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
        "bearer": {USER: "user", SERVICE_ACCOUNT: "service_account"}[said["bearer"]],
        "restrictions": [restriction_text(one) for one in said["restrictions"]],
        "key_id": key_id,
    }


def restriction_text(one):
    kind, value = one[0], one[2:]
    if kind == ROLE:
        shown_value = {READ: "read", WRITE: "write"}[value[0]]
    elif kind == EXPIRES:
        shown_value = str(int.from_bytes(value))
    else:
        shown_value = value.decode().replace("\n", ";")
    return f"{KINDS[kind - 1]}={shown_value}"


NOW = 1_750_000_000
EXPIRING = claims(role=WRITE, expires_at=NOW)


# Names that a path, a store or an object takes for something else.
MISTAKABLE_SUBJECTS = (
    ("of_a_folder", "."),
    ("of_the_folder_above", ".."),
    ("of_dots", "..."),
    ("of_a_hidden_file", ".git"),
    ("of_the_gates_own_paths", "-"),
    ("of_an_option", "--help"),
    ("of_a_prototype", "__proto__"),
    ("of_an_underscore", "_"),
    ("with_a_dot_at_the_end", "alice."),
)


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
    yield "a_subject_of_dots_and_dashes", claims(subject=b"a-._.-"), "one", 1, "hub", NOW
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
    yield "a_service_account", claims(bearer=SERVICE_ACCOUNT), "one", 1, "hub", NOW
    for name, restrictions in well_formed_restrictions():
        yield name, claims(role=WRITE, restrictions=restrictions), "one", 1, "hub", NOW
    fills = restriction(AREAS, ",".join(["abcdefg"] * 32)[:255]), restriction(AREAS, "a" * 19)
    longest = claims(subject=b"a" * 64, restrictions=fills)
    assert len(token(longest)) == 512
    yield "the_longest_token", longest, "one", 1, "hub", NOW
    yield "the_last_second_of_a_restriction", claims(restrictions=[expires(NOW + 1)]), "one", 1, "hub", NOW
    yield "a_restriction_that_outlives_its_token", claims(
        expires_at=NOW + 5, restrictions=[expires(NOW + 60)]
    ), "one", 1, "hub", NOW


def well_formed_restrictions():
    """(name, restrictions): every kind, at the edges of its form."""
    yield "the_role_read", [restriction(ROLE, b"\1")]
    yield "the_role_write", [restriction(ROLE, b"\2")]
    yield "a_time", [expires(2**32 - 1)]
    repositories = "acme/widget,acme/*,datasets/acme/corpus,*/acme/*,*/*/*,*/*,models/A.b_c-9/x.git.x,a-1/.x/..x,images/acme/team/app.git.x"
    yield "repositories", [restriction(REPOSITORIES, repositories)]
    yield "a_repository_of_longest_names", [restriction(REPOSITORIES, f"{'k' * 32}/{'n' * 96}/{'r' * 96}")]
    yield "areas", [restriction(AREAS, f"git,a,x9-,{'a' * 32}")]
    yield "networks", [
        restriction(NETWORKS, "203.0.113.0/24,0.0.0.0/0,198.51.100.7/32,128.0.0.0/1"),
        restriction(NETWORKS, "2001:db8::/32,::/0,::1/128,2001:DB8:0:0:1::/80,64:ff9b::192.0.2.0/120"),
    ]
    lines = "POST /v1/chat/completions\nGET,PUT /a|b?/{namespace}?/{repo}/resolve/{rev}/{*path}\nDELETE /x/\nGET /"
    yield "requests", [restriction(REQUESTS, lines)]
    yield "a_request_of_many_alternatives", [restriction(REQUESTS, "GET /" + "/".join(["a|b?"] * 50))]
    yield "restrictions_of_the_same_kind", [restriction(AREAS, "git,api"), restriction(AREAS, "api")]
    yield "the_role_before_the_areas", [restriction(ROLE, b"\1"), restriction(AREAS, "git")]
    yield "the_areas_before_the_role", [restriction(AREAS, "git"), restriction(ROLE, b"\1")]
    yield "eight_restrictions", [restriction(AREAS, f"a{number}") for number in range(8)]


def malformed_restrictions():
    """(name, restriction): values that hold never."""
    for name, kind, value in (
        ("an_unknown_kind", 7, b"x"),
        ("kind_zero", 0, b"\1"),
        ("kind_255", 255, b""),
        ("an_empty_role", ROLE, b""),
        ("the_role_zero", ROLE, b"\0"),
        ("the_role_three", ROLE, b"\3"),
        ("a_role_of_two_bytes", ROLE, b"\1\2"),
        ("a_role_in_letters", ROLE, b"read"),
        ("a_time_of_three_bytes", EXPIRES, b"\xff\xff\xff"),
        ("a_time_of_five_bytes", EXPIRES, b"\xff\xff\xff\xff\xff"),
        ("a_time_of_zero_which_would_mean_never", EXPIRES, bytes(4)),
        ("no_repositories", REPOSITORIES, b""),
        ("no_areas", AREAS, b""),
        ("no_networks", NETWORKS, b""),
        ("no_requests", REQUESTS, b""),
        ("an_empty_repository_at_the_end", REPOSITORIES, b"acme/widget,"),
        ("an_empty_repository_at_the_start", REPOSITORIES, b",acme/widget"),
        ("an_empty_repository_between", REPOSITORIES, b"acme/a,,acme/b"),
        ("a_comma_alone", REPOSITORIES, b","),
        ("a_space_after_a_comma", REPOSITORIES, b"acme/a, acme/b"),
        ("a_repository_of_one_part", REPOSITORIES, b"widget"),
        ("a_star_among_the_parts_of_a_name", REPOSITORIES, b"images/acme/team/*"),
        ("a_name_that_begins_with_a_star", REPOSITORIES, b"images/acme/*/app"),
        ("two_dots_in_a_name_of_several_parts", REPOSITORIES, b"images/acme/team/.."),
        ("an_empty_part_of_a_name", REPOSITORIES, b"images/acme/team//app"),
        ("git_behind_a_name_of_several_parts", REPOSITORIES, b"images/acme/team/app.git"),
        ("an_empty_namespace", REPOSITORIES, b"/widget"),
        ("an_empty_name", REPOSITORIES, b"acme/"),
        ("an_empty_kind", REPOSITORIES, b"/acme/widget"),
        ("a_slash_at_the_end", REPOSITORIES, b"acme/widget/"),
        ("a_star_in_a_name", REPOSITORIES, b"acme/wid*"),
        ("a_star_in_a_namespace", REPOSITORIES, b"ac*me/widget"),
        ("two_stars", REPOSITORIES, b"acme/**"),
        ("a_star_in_a_kind", REPOSITORIES, b"data*/acme/widget"),
        ("a_star_alone", REPOSITORIES, b"*"),
        ("a_question_mark", REPOSITORIES, b"acme/widge?"),
        ("a_dot_dot", REPOSITORIES, b"acme/.."),
        ("a_dot_dot_namespace", REPOSITORIES, b"../widget"),
        ("a_dot", REPOSITORIES, b"acme/."),
        ("an_encoded_slash", REPOSITORIES, b"acme%2fwidget"),
        ("an_encoded_letter", REPOSITORIES, b"acme/widge%74"),
        ("a_backslash", REPOSITORIES, b"acme\\widget"),
        ("a_kind_in_upper_case", REPOSITORIES, b"Datasets/acme/corpus"),
        ("a_kind_that_begins_with_a_digit", REPOSITORIES, b"1a/acme/corpus"),
        ("a_kind_of_33_letters", REPOSITORIES, b"k" * 33 + b"/acme/corpus"),
        ("a_name_of_97_letters", REPOSITORIES, b"acme/" + b"r" * 97),
        ("a_namespace_of_97_letters", REPOSITORIES, b"n" * 97 + b"/widget"),
        ("a_name_with_dot_git", REPOSITORIES, b"acme/widget.git"),
        ("a_letter_outside_ascii", REPOSITORIES, "acme/wid\u0261et".encode()),
        ("a_letter_of_full_width", REPOSITORIES, "acme/\uff57idget".encode()),
        ("a_combining_accent", REPOSITORIES, "acme/widge\u0301t".encode()),
        ("bytes_that_are_not_utf_8", REPOSITORIES, b"acme/\xff"),
        ("an_overlong_slash", REPOSITORIES, b"acme\xc0\xafwidget"),
        ("a_nul", REPOSITORIES, b"acme/widget\0"),
        ("a_line_feed", REPOSITORIES, b"acme/widget\n"),
        ("an_area_in_upper_case", AREAS, b"Git"),
        ("an_area_with_an_underscore", AREAS, b"a_b"),
        ("an_area_that_begins_with_a_dash", AREAS, b"-git"),
        ("an_area_of_33_letters", AREAS, b"a" * 33),
        ("an_area_of_a_star", AREAS, b"*"),
        ("an_empty_area", AREAS, b"git,"),
        ("a_space_before_an_area", AREAS, b" git"),
        ("an_address_without_a_prefix", NETWORKS, b"203.0.113.7"),
        ("a_prefix_of_33", NETWORKS, b"203.0.113.7/33"),
        ("a_prefix_of_129", NETWORKS, b"2001:db8::/129"),
        ("a_prefix_with_a_leading_zero", NETWORKS, b"203.0.113.0/024"),
        ("a_prefix_with_a_sign", NETWORKS, b"203.0.113.0/+24"),
        ("an_empty_prefix", NETWORKS, b"203.0.113.0/"),
        ("a_netmask", NETWORKS, b"203.0.113.0/255.255.255.0"),
        ("bits_behind_the_prefix", NETWORKS, b"203.0.113.7/24"),
        ("bits_behind_an_ipv6_prefix", NETWORKS, b"2001:db8::1/64"),
        ("a_bit_behind_a_prefix_of_zero", NETWORKS, b"128.0.0.0/0"),
        ("an_octal_number", NETWORKS, b"0203.0.113.0/24"),
        ("a_number_of_256", NETWORKS, b"256.0.0.0/8"),
        ("three_numbers", NETWORKS, b"10.0.0/24"),
        ("a_hexadecimal_number", NETWORKS, b"0x0a.0.0.0/8"),
        ("an_ipv4_mapped_block", NETWORKS, b"::ffff:203.0.113.0/120"),
        ("an_ipv4_mapped_address", NETWORKS, b"::ffff:cb00:7107/128"),
        ("a_zone", NETWORKS, b"fe80::1%eth0/128"),
        ("an_address_in_brackets", NETWORKS, b"[2001:db8::]/32"),
        ("two_double_colons", NETWORKS, b"2001::db8::/32"),
        ("a_group_of_five_digits", NETWORKS, b"02001:db8::/32"),
        ("nine_groups", NETWORKS, b"1:2:3:4:5:6:7:8:9/128"),
        ("a_host_name", NETWORKS, b"localhost/32"),
        ("an_empty_network", NETWORKS, b"203.0.113.0/24,"),
        ("a_space_in_a_network", NETWORKS, b"203.0.113.0/24, 198.51.100.0/24"),
        ("a_request_without_a_method", REQUESTS, b"/v1/chat/completions"),
        ("a_request_without_a_path", REQUESTS, b"POST"),
        ("a_request_with_two_spaces", REQUESTS, b"POST  /v1"),
        ("a_request_with_a_space_at_the_end", REQUESTS, b"POST /v1 "),
        ("a_request_with_a_tab", REQUESTS, b"POST\t/v1"),
        ("a_method_in_lower_case", REQUESTS, b"post /v1"),
        ("the_method_head", REQUESTS, b"HEAD /v1"),
        ("an_unknown_method", REQUESTS, b"BREW /v1"),
        ("a_star_for_a_method", REQUESTS, b"* /v1"),
        ("an_empty_method", REQUESTS, b"POST, /v1"),
        ("a_path_without_a_slash", REQUESTS, b"POST v1"),
        ("a_path_with_an_empty_segment", REQUESTS, b"POST /v1//chat"),
        ("a_path_with_dot_dot", REQUESTS, b"POST /v1/.."),
        ("a_path_with_a_query", REQUESTS, b"GET /v1?x=1"),
        ("a_path_with_percent_encoding", REQUESTS, b"GET /v%31"),
        ("a_path_with_a_star", REQUESTS, b"GET /v1/*"),
        ("a_rest_that_is_not_at_the_end", REQUESTS, b"GET /{*rest}/x"),
        ("a_rest_that_may_be_absent", REQUESTS, b"GET /{*rest}?"),
        ("a_slot_without_a_name", REQUESTS, b"GET /{}"),
        ("a_slot_named_in_upper_case", REQUESTS, b"GET /{Rev}"),
        ("a_slot_beside_a_literal", REQUESTS, b"GET /a{rev}"),
        ("a_slot_among_alternatives", REQUESTS, b"GET /a|{rev}"),
        ("an_empty_alternative", REQUESTS, b"GET /a|"),
        ("a_request_with_a_condition", REQUESTS, b"GET /a ?service=git-upload-pack"),
        ("a_line_feed_at_the_end", REQUESTS, b"GET /a\n"),
        ("an_empty_line", REQUESTS, b"GET /a\n\nGET /b"),
        ("a_carriage_return", REQUESTS, b"GET /a\r\nGET /b"),
        ("lines_with_a_semicolon", REQUESTS, b"GET /a;GET /b"),
    ):
        yield name, restriction(kind, value)


def refused():
    """(name, code, text, now), all for prefix `hub` and the ring of one key, in the order of the checks."""
    good = token(claims())
    data = body(claims())
    encoded = good.removeprefix("hub_")
    # 39 + n bytes: n = 6 leaves no bits over, n = 4 leaves one byte (4 bits over), n = 5 two (2 bits).
    four_bits_over = token(claims(subject=b"alic"))
    two_bits_over = token(claims(subject=b"alice"))
    none_over = token(claims(subject=b"alice0"))

    def last_raised(text):
        return text[:-1] + ALPHABET[ALPHABET.index(text[-1]) + 1]

    yield "empty", "prefix", "", NOW
    yield "the_prefix_alone", "length", "hub_", NOW
    yield "one_character_less_than_the_shortest", "length", "hub_" + "A" * 53, NOW
    yield "one_character_more_than_the_longest", "length", "hub_" + "A" * 509, NOW
    yield "ten_thousand_characters", "length", "hub_" + "A" * 10_000, NOW
    yield "genuine_but_the_subject_is_empty", "length", token(claims(subject=b"")), NOW
    too_long = [restriction(AREAS, ("abcdefg," * 32)[:255]), restriction(AREAS, "a" * 20)]
    yield "genuine_but_a_byte_longer_than_the_longest", "length", token(
        claims(subject=b"a" * 64, restrictions=too_long)
    ), NOW
    yield "the_prefix_is_checked_before_the_length", "prefix", "hug_" + "A" * 509, NOW
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
    yield "padding_where_none_is_due", "alphabet", none_over + "=", NOW
    yield "a_line_feed_after", "alphabet", good + "\n", NOW
    yield "a_space_after", "alphabet", good + " ", NOW
    yield "a_space_within", "alphabet", "hub_" + encoded[:9] + " " + encoded[9:], NOW
    yield "a_letter_outside_ascii", "alphabet", "hub_" + encoded[:9] + "\u00e9" + encoded[10:], NOW
    yield "a_second_underscore_is_a_character_too_many", "alphabet", "hub__" + none_over.removeprefix("hub_"), NOW
    yield "a_percent_encoded_character", "alphabet", "hub_%41" + encoded[1:], NOW
    yield "a_length_that_base64_cannot_have", "alphabet", "hub_" + "A" * 57, NOW
    yield "four_trailing_bits_set", "alphabet", last_raised(four_bits_over), NOW
    yield "two_trailing_bits_set", "alphabet", last_raised(two_bits_over), NOW
    yield "the_alphabet_is_checked_before_the_checksum", "alphabet", "hub_" + "A" * 59 + "=", NOW
    yield "all_zero_bits", "checksum", "hub_" + "A" * 56, NOW
    yield "a_character_changed", "checksum", "hub_" + ("B" if encoded[0] == "A" else "A") + encoded[1:], NOW
    yield "two_characters_swapped", "checksum", "hub_" + encoded[1] + encoded[0] + encoded[2:], NOW
    yield "all_in_lower_case", "checksum", good.lower(), NOW
    yield "four_characters_cut_off", "checksum", none_over[:-4], NOW
    yield "four_characters_added", "checksum", none_over + "AAAA", NOW
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
        b"\x01" + data[1:]
    ), NOW
    for version in (0, 1, 3, 255):
        yield f"genuine_but_of_version_{version}", "version", token(claims(), version=version), NOW
    yield "the_version_is_checked_before_the_key", "version", token(claims(), key_id=2, version=3), NOW
    yield "the_version_is_checked_before_the_structure", "version", token(claims(subject=b"a" * 65), version=3), NOW
    yield from structures()
    yield "a_key_that_is_not_in_the_ring", "unknown_key", token(claims(), key_id=2), NOW
    yield "a_key_id_changed_to_none_of_the_ring", "unknown_key", resummed(flipped(data, 3, 7)), NOW
    yield "the_key_is_looked_up_before_the_hmac", "unknown_key", resummed(flipped(flipped(data, 3, 7), -10)), NOW
    for name, index, bit in (
        ("the_role_raised_to_write", 1, 0),
        ("the_bearer_changed", 2, 1),
        ("the_time_of_issue_changed", 7, 0),
        ("the_expiry_changed", 11, 0),
        ("the_shard_changed", 13, 0),
        ("the_serial_changed", 17, 0),
        ("the_subject_changed", 19, 1),
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
    ):
        yield name, "signature", "hub_" + base64url(with_checksum(signed + tag)), NOW
    expired_forged = body(claims(expires_at=NOW - 1))
    yield "the_hmac_is_checked_before_the_expiry", "signature", resummed(flipped(expired_forged, -20)), NOW
    yield "the_hmac_is_checked_before_the_role", "signature", resummed(
        flipped(body(claims(role=9)), -20)
    ), NOW
    yield from widened()
    for bearer in (0, 3, 255):
        yield f"genuine_but_of_bearer_{bearer}", "claims", token(claims(bearer=bearer)), NOW
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
    for name, subject in MISTAKABLE_SUBJECTS:
        yield f"genuine_but_the_subject_is_a_name_{name}", "claims", token(claims(subject=subject.encode())), NOW
    yield "the_claims_are_read_before_the_expiry", "claims", token(claims(role=3, expires_at=1)), NOW
    unknown = restriction(7, b"x")
    yield "the_claims_are_read_before_the_restrictions", "claims", token(claims(role=3, restrictions=[unknown])), NOW
    yield "the_restrictions_are_read_before_the_expiry", "restriction", token(
        claims(expires_at=NOW - 1, restrictions=[unknown])
    ), NOW
    for name, malformed in malformed_restrictions():
        yield f"genuine_but_restricted_to_{name}", "restriction", token(claims(restrictions=[malformed])), NOW
        yield f"restricted_by_its_holder_to_{name}", "restriction", as_text(narrowed(data, malformed)), NOW
    yield "a_malformed_restriction_before_a_good_one", "restriction", token(
        claims(restrictions=[unknown, restriction(AREAS, "git")])
    ), NOW
    yield "expired_by_a_restriction", "expired", token(claims(restrictions=[expires(NOW)])), NOW
    yield "expired_by_the_earlier_of_two_restrictions", "expired", token(
        claims(restrictions=[expires(NOW), expires(NOW + 60)])
    ), NOW
    yield "expired_though_a_restriction_is_later", "expired", token(
        claims(expires_at=NOW, restrictions=[expires(NOW + 60)])
    ), NOW
    yield "expired_at_the_second_it_names", "expired", token(EXPIRING), NOW
    yield "expired_a_second_ago", "expired", token(EXPIRING), NOW + 1
    yield "expired_at_the_first_second_of_the_format", "expired", token(claims(expires_at=1)), 1
    yield "expired_at_the_last_second_of_the_format", "expired", token(claims(expires_at=2**32 - 1)), 2**32 - 1
    yield "expired_before_it_was_issued", "expired", token(claims(expires_at=5)), NOW


def structures():
    """Genuine tags over bytes that are not laid out as a token is."""
    yield "a_subject_of_65_bytes", "structure", token(claims(subject=b"a" * 65)), NOW
    git = restriction(AREAS, "git")
    nine = [restriction(AREAS, f"a{number}") for number in range(9)]
    yield "nine_restrictions", "structure", token(claims(restrictions=nine)), NOW
    eight = body(claims(restrictions=nine[:8]))
    yield "a_ninth_restriction_by_the_holder", "structure", as_text(narrowed(eight, git)), NOW
    for name, cut in (
        ("a_restriction_without_a_length", b"\x04"),
        ("a_restriction_longer_than_what_is_left", b"\x04\x04git"),
        ("a_restriction_that_reaches_into_the_tag", b"\x04\x14git"),
        ("a_byte_after_the_last_restriction", git + b"\0"),
    ):
        yield name, "structure", token(claims(restrictions=[cut])), NOW
    # The length byte says another number than there is.
    signed = signed_part(claims(restrictions=()), 1)
    for length in (0, 6, 64, 65, 255):
        changed = signed[:18] + bytes([length]) + signed[19:]
        tag = sign(derived(1, "token"), b"hub_", changed)[:16]
        yield f"a_length_of_{length}_for_a_subject_of_five", "structure", as_text(with_checksum(changed + tag)), NOW
    yield "the_structure_is_checked_before_the_key", "structure", token(claims(subject=b"a" * 65), key_id=2), NOW
    for name, tag in (("of_32_bytes", 32), ("of_15_bytes", 15)):
        full = sign(derived(1, "token"), b"hub_", signed)[:tag]
        yield f"an_hmac_{name}", "structure", as_text(with_checksum(signed + full)), NOW


def widened():
    """What somebody tries who holds restricted tokens, and wants them to be less so."""
    plain = body(claims(role=WRITE))
    role, git, other = restriction(ROLE, b"\1"), restriction(AREAS, "git"), restriction(AREAS, "api")
    one = narrowed(plain, git)
    two = narrowed(plain, role, git)
    sibling = narrowed(plain, other)
    head = plain[:-20]

    def put(restrictions, tag, start=head):
        return as_text(with_checksum(start + b"".join(restrictions) + tag))

    def tag_of(data):
        return data[-20:-4]

    yield "a_restriction_taken_away", "signature", put([], tag_of(one)), NOW
    yield "the_first_of_two_taken_away", "signature", put([git], tag_of(two)), NOW
    yield "the_last_of_two_taken_away", "signature", put([role], tag_of(two)), NOW
    yield "both_of_two_taken_away", "signature", put([], tag_of(two)), NOW
    yield "two_the_areas_before_the_role", "signature", put([git, role], tag_of(two)), NOW
    yield "a_restriction_twice_under_the_tag_of_one", "signature", put([git, git], tag_of(one)), NOW
    yield "a_restriction_changed", "signature", put([other], tag_of(one)), NOW
    yield "a_letter_of_a_restriction_in_upper_case", "signature", put([restriction(AREAS, "giT")], tag_of(one)), NOW
    yield "a_restriction_lengthened", "signature", put([restriction(AREAS, "git,api")], tag_of(one)), NOW
    yield "a_restriction_shortened", "signature", put([restriction(AREAS, "gi")], tag_of(one)), NOW
    yield "a_restriction_of_another_kind", "signature", put([restriction(NETWORKS, "git")], tag_of(one)), NOW
    yield "the_role_of_a_restriction_raised", "signature", put([restriction(ROLE, b"\2"), git], tag_of(two)), NOW
    yield "the_tag_of_a_sibling", "signature", put([git], tag_of(sibling)), NOW
    yield "the_restriction_of_a_sibling_added", "signature", put([git, other], tag_of(sibling)), NOW
    yield "a_restriction_added_under_the_old_tag", "signature", put([git, role], tag_of(one)), NOW
    yield "a_restriction_added_under_the_tag_without_one", "signature", put([git], tag_of(plain)), NOW
    yield "a_restriction_moved_to_another_token", "signature", put(
        [git], tag_of(one), signed_part(claims(role=WRITE, serial=8), 1)
    ), NOW
    yield "a_restriction_chained_to_the_tag_of_another_token", "signature", put(
        [git], tag_of(narrowed(body(claims(role=WRITE, serial=8)), git))
    ), NOW
    yield "the_tag_of_two_restrictions_as_if_one", "signature", put(
        [restriction(ROLE, b"\1" + git)], tag_of(two)
    ), NOW
    # One restriction whose value holds the bytes of two.
    inner = restriction(AREAS, b"git" + role)
    yield "one_restriction_split_in_two", "signature", put([b"\x04\x03git", role], tag_of(narrowed(plain, inner))), NOW
    yield "the_subject_lengthened_over_a_restriction", "signature", as_text(
        with_checksum(one[:18] + bytes([5 + len(git)]) + one[19:-4])
    ), NOW
    shorter = signed_part(claims(role=WRITE, subject=b"ali"), 1)
    yield "the_end_of_the_subject_as_a_restriction", "signature", put([b"\x63\x00"], tag_of(plain), shorter), NOW
    yield "a_chain_that_begins_with_the_derived_key", "signature", put([git], chained(derived(1, "token"), [git])), NOW
    yield "a_chain_over_whole_hmacs", "signature", put(
        [git], sign(sign(derived(1, "token"), b"hub_", head), git)[:16]
    ), NOW
    yield "a_chain_that_leaves_out_the_kind", "signature", put([git], sign(tag_of(plain), git[1:])[:16]), NOW
    yield "a_chain_that_leaves_out_the_length", "signature", put([git], sign(tag_of(plain), git[:1], git[2:])[:16]), NOW
    yield "one_hmac_over_everything", "signature", put([git], sign(derived(1, "token"), b"hub_", head, git)[:16]), NOW
    yield "a_chain_in_the_other_order", "signature", put([role, git], chained(tag_of(plain), [git, role])), NOW
    yield "a_restriction_of_zeros_as_the_tag", "signature", put([git], bytes(16)), NOW
    wider = head + restriction(AREAS, "api") + one[-20:]
    yield "a_change_with_the_same_checksum", "signature", as_text(with_same_checksum(wider, one, len(wider) - 20)), NOW
    yield "the_tag_is_checked_before_the_restrictions", "signature", put([restriction(7, b"x")], bytes(16)), NOW
    yield "the_tag_is_checked_before_a_restricted_expiry", "signature", put([expires(1)], bytes(16)), NOW


def narrow_vectors():
    """(name, token, restriction as text, narrowed token or code)."""
    plain = body(claims(role=WRITE))
    for name, restrictions in well_formed_restrictions():
        before = narrowed(plain, *restrictions[:-1])
        after = as_text(narrowed(before, restrictions[-1]))
        yield f"narrows_to_{name}", as_text(before), restriction_text(restrictions[-1]), {"narrowed": after}
    forged = body(claims(role=WRITE), key=b"not the key")
    git = restriction(AREAS, "git")
    yield "narrows_what_it_cannot_verify", as_text(forged), "areas=git", {"narrowed": as_text(narrowed(forged, git))}
    eight = narrowed(plain, *[git] * 8)
    yield "will_not_add_a_ninth_restriction", as_text(eight), "areas=git", {"code": "TooMany"}
    long = narrowed(plain, restriction(AREAS, "a," * 127 + "a"))
    yield "will_not_make_a_token_too_long", as_text(long), "areas=" + "b," * 60 + "b", {"code": "TooLong"}


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
    narrow = [
        {"name": name, "token": text, "restriction": added} | outcome for name, text, added, outcome in narrow_vectors()
    ]
    rings = {name: ring_text(name) for name in RINGS}
    return {"rings": rings, "derive": derive, "mint": mint, "narrow": narrow, "verify": verify}


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
            "name": "a_cached_list_outlives_a_failed_load",
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


# Assertions


TARGET = "/acme/widget/resolve/main/a%20file?download=true&x=%2F"
HS256 = '"alg":"HS256"'
HEADER = '{%s,"kid":"1","typ":"JWT"}' % HS256
MAXIMUM_JWS_CHARACTERS = 36 * 1024


RESTRICTIONS = [
    {"role": "read"},
    {"expires": 2_000_000_000},
    {"repositories": ["acme/widget", "datasets/acme/*"]},
    {"areas": ["git", "api"]},
    {"networks": ["203.0.113.0/24", "2001:db8::/32"]},
    {"requests": ["POST /v1/chat/completions", "GET,PUT /a|b/{x}?"]},
]


def asserted(**changes):
    """Claims in the order of the document; a change to None leaves one out."""
    said = {
        "iss": "https://hub.example",
        "aud": "origin",
        "sub": "alice",
        "role": "read",
        "access": "read",
        "jti": "0-7",
        "htm": "GET",
        "htu": TARGET,
        "observed": None,
        "restrictions": None,
        "iat": NOW,
        "exp": NOW + 60,
    }
    assert changes.keys() <= said.keys()
    return {claim: value for claim, value in (said | changes).items() if value is not None}


def nobody(**changes):
    return asserted(sub=None, role=None, jti=None, **changes)


def as_json(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def jws(claims_text, header=HEADER, key=None):
    """RFC 7515 section 7.1: signed with HMAC-SHA-256, whatever the header says."""
    signed = f"{base64url(header.encode())}.{base64url(claims_text.encode())}"
    key = derived(1, "assertion") if key is None else key
    return f"{signed}.{base64url(sign(key, signed.encode()))}"


def assertion(said, key_id=1):
    return jws(as_json(said), HEADER.replace('"1"', f'"{key_id}"'), derived(key_id, "assertion"))


def key_set(name):
    keys = [
        {"kty": "oct", "kid": str(key_id), "alg": "HS256", "k": base64url(derived(key_id, "assertion"))}
        for key_id in RINGS[name][1]
    ]
    return json.dumps({"keys": keys}, separators=(",", ":"))


def made_assertions():
    """(name, ring, claims): what the gate makes, byte by byte."""
    yield "who_came_with_a_read_token", "one", asserted()
    yield "who_came_with_a_write_token", "one", asserted(role="write", access="write", htm="POST", jti="65535-4294967295")
    yield "a_contribution", "one", asserted(access="contribute", htm="POST")
    yield "nothing_of_whom_where_reads_are_anonymous", "one", nobody()
    yield "nothing_of_whom_where_all_is_public", "one", nobody(access="public", htm="POST", htu="/oauth/token")
    yield "the_refusal_that_was_not_made", "one", asserted(access="write", htm="POST", observed="role_insufficient")
    yield "what_limits_the_token", "one", asserted(restrictions=RESTRICTIONS)
    yield "what_limits_the_token_beside_what_is_observed", "one", asserted(
        access="write", htm="POST", observed="restriction_insufficient", restrictions=RESTRICTIONS[:1]
    )
    yield "another_audience", "one", asserted(aud="https://origin.example/a_b~c.d-e")
    yield "another_port", "one", asserted(iss="http://127.0.0.1:8787")
    yield "the_active_key_of_a_rotated_ring", "rotated", asserted()
    yield "the_active_key_of_a_ring_rolled_back", "rolled_back", asserted()
    yield "key_id_255", "edges", asserted()
    yield "key_id_0", "edge_zero", asserted()
    yield "the_root_target", "one", asserted(htu="/")
    yield "quotes_and_backslashes_escaped", "one", asserted(htu='/a"b\\c?d=\\"\\\\"')
    yield "controls_escaped", "one", asserted(htu="/\x01\x1f\x7f\x0b")
    yield "letters_outside_ascii_as_they_are", "one", asserted(htu="/a\u00e9\u20ac\U0001f511")
    yield "the_longest_target_with_all_of_it_escaped", "one", asserted(htu='"' * 8192)
    yield "the_longest_subject", "one", asserted(sub="a" * 64)
    yield "the_first_second", "one", asserted(iat=0, exp=60)
    for length in (1, 2, 3):
        yield f"claims_with_{length}_bytes_more", "one", asserted(htu="/" + "a" * length)


def believed_assertions():
    """(name, text, claims, changes to the case): genuine ones, at the edges of what is believed."""
    for name, ring, said in made_assertions():
        active = RINGS[ring][0]
        yield f"what_the_gate_makes_of_{name}", assertion(said, active), said, {
            "ring": ring,
            "audience": said["aud"],
            "method": said["htm"],
            "target": said["htu"],
            "now": said["iat"],
        }
    good = asserted()
    yield "an_older_key_of_the_set", assertion(good, 1), good, {"ring": "rotated"}
    yield "a_newer_key_than_the_active_one", assertion(good, 2), good, {"ring": "rolled_back"}
    yield "its_first_second_without_leeway", assertion(good), good, {"leeway": 0}
    yield "its_last_second_without_leeway", assertion(good), good, {"leeway": 0, "now": NOW + 59}
    yield "its_last_second_of_leeway", assertion(good), good, {"now": NOW + 64}
    yield "a_clock_that_is_behind_by_the_leeway", assertion(good), good, {"now": NOW - 5}
    brief = asserted(exp=NOW + 1)
    yield "one_of_a_second", assertion(brief), brief, {"leeway": 0}
    for name, text in (
        ("a_header_in_another_order", jws(as_json(good), '{"typ":"JWT","kid":"1",%s}' % HS256)),
        ("a_header_with_spaces", jws(as_json(good), '{ %s, "kid": "1", "typ": "JWT" }' % HS256)),
        ("claims_with_spaces", jws(json.dumps(good))),
        ("claims_in_another_order", jws(as_json(dict(reversed(good.items()))))),
        ("the_longest_that_is_read", longest_and_one_more()[0]),
    ):
        yield name, text, good, {}


def longest_and_one_more():
    """Genuine ones padded by spaces after the claims: the longest that is read, and the next longer."""
    short = longer = jws(as_json(asserted()))
    spaces = (MAXIMUM_JWS_CHARACTERS - len(short)) * 3 // 4 - 4
    while len(longer) <= MAXIMUM_JWS_CHARACTERS:
        short, longer = longer, jws(as_json(asserted()) + " " * spaces)
        spaces += 1
    assert len(longer) - len(short) <= 2
    return short, longer


def refused_assertions():
    """(name, code, text, changes to the case), in the order of the checks."""
    said = asserted()
    good = assertion(said)
    text = as_json(said)
    header, claims_part, tag = good.split(".")
    signed = f"{header}.{claims_part}"

    yield "one_that_is_too_long", "long", longest_and_one_more()[1], {}
    yield "length_before_the_parts", "long", "." * (MAXIMUM_JWS_CHARACTERS + 1), {}

    yield "nothing", "parts", "", {}
    yield "one_part", "parts", header, {}
    yield "no_signature_part", "parts", signed, {}
    yield "a_fourth_part", "parts", good + "." + tag, {}
    yield "a_part_before", "parts", header + "." + good, {}
    yield "a_dot_after", "parts", good + ".", {}
    yield "five_parts_as_an_encrypted_one_has", "parts", good + ".." + tag, {}
    yield "two_joined_as_one_header", "parts", f"{good}, {good}", {}

    # A length of 3n + 1 or 3n + 2 bytes is what padding and stray bits need.
    loose = next(
        each for each in (assertion(asserted(htu="/" + "a" * count)) for count in range(3)) if len(each.split(".")[1]) % 4 == 2
    )
    loose_header, loose_claims, loose_tag = loose.split(".")

    def last_raised(part):
        return part[:-1] + ALPHABET[ALPHABET.index(part[-1]) + 1]

    def spelled(claims_spelled):
        """The right signature over another spelling of the claims."""
        other = f"{loose_header}.{claims_spelled}"
        return f"{other}.{base64url(sign(derived(1, 'assertion'), other.encode()))}"

    yield "padding_on_the_signature", "encoding", good + "=", {}
    yield "padding_on_the_claims", "encoding", spelled(loose_claims + "=="), {}
    yield "half_the_padding_on_the_claims", "encoding", spelled(loose_claims + "="), {}
    yield "padding_on_the_header", "encoding", f"{header}=.{claims_part}.{tag}", {}
    yield "stray_bits_in_the_claims", "encoding", spelled(last_raised(loose_claims)), {}
    yield "stray_bits_in_the_signature", "encoding", f"{signed}.{last_raised(tag)}", {}
    yield "a_plus_of_the_standard_alphabet", "encoding", f"{signed}.+{tag[1:]}", {}
    yield "a_slash_of_the_standard_alphabet", "encoding", f"{signed}./{tag[1:]}", {}
    yield "a_space_before", "encoding", " " + good, {}
    yield "a_space_after", "encoding", good + " ", {}
    yield "a_line_feed_after", "encoding", good + "\n", {}
    yield "a_line_feed_in_the_claims", "encoding", spelled(loose_claims[:8] + "\n" + loose_claims[8:]), {}
    yield "a_letter_outside_ascii", "encoding", "\u00e9" + good[1:], {}
    yield "a_scheme_before", "encoding", "Bearer " + good, {}

    for name, changed in (
        ("an_empty_header", ""),
        ("a_header_that_is_an_array", '["HS256","1","JWT"]'),
        ("a_header_that_is_no_json", "HS256"),
        ("a_header_without_alg", '{"kid":"1","typ":"JWT"}'),
        ("a_header_without_kid", '{%s,"typ":"JWT"}' % HS256),
        ("a_header_without_typ", '{%s,"kid":"1"}' % HS256),
        ("alg_twice", '{"alg":"none",%s,"kid":"1","typ":"JWT"}' % HS256),
        ("alg_twice_once_escaped", '{"al\\u0067":"none",%s,"kid":"1","typ":"JWT"}' % HS256),
        ("kid_twice", '{%s,"kid":"2","kid":"1","typ":"JWT"}' % HS256),
        ("kid_as_a_number", '{%s,"kid":1,"typ":"JWT"}' % HS256),
        ("an_extension_it_must_understand", '{%s,"kid":"1","typ":"JWT","crit":["b64"],"b64":false}' % HS256),
        ("a_key_in_the_header", '{%s,"kid":"1","typ":"JWT","jwk":{"kty":"oct","k":"AA"}}' % HS256),
        ("a_url_of_keys_in_the_header", '{%s,"kid":"1","typ":"JWT","jku":"https://evil.example/"}' % HS256),
        ("something_after_the_header", HEADER + "{}"),
    ):
        yield name, "header", jws(text, changed), {}

    for name, algorithm in (
        ("alg_none", "none"),
        ("alg_none_in_another_spelling", "nOnE"),
        ("no_alg", ""),
        ("alg_hs256_in_lower_case", "hs256"),
        ("alg_hs512", "HS512"),
        ("alg_rs256", "RS256"),
        ("alg_es256", "ES256"),
    ):
        yield name, "algorithm", jws(text, HEADER.replace("HS256", algorithm)), {}
    none = base64url(HEADER.replace("HS256", "none").encode())
    yield "alg_none_unsigned", "algorithm", f"{none}.{claims_part}.", {}
    hs512 = base64url(HEADER.replace("HS256", "HS512").encode()) + "." + claims_part
    digest = hmac.new(derived(1, "assertion"), hs512.encode(), hashlib.sha512).digest()
    yield "alg_hs512_signed_with_it", "algorithm", f"{hs512}.{base64url(digest)}", {}
    yield "another_type", "type", jws(text, HEADER.replace("JWT", "at+jwt")), {}
    yield "a_type_in_lower_case", "type", jws(text, HEADER.replace("JWT", "jwt")), {}
    for name, key_id in (
        ("an_empty_kid", ""),
        ("a_kid_with_a_zero_before", "01"),
        ("a_kid_with_a_sign", "+1"),
        ("a_kid_beyond_255", "256"),
        ("a_kid_that_is_a_path", "../../dev/null"),
        ("a_kid_with_a_space", "1 "),
    ):
        yield name, "key_id", jws(text, HEADER.replace('"1"', f'"{key_id}"')), {}
    yield "a_kid_that_is_not_in_the_set", "unknown_key", assertion(said, 2), {}
    yield "a_kid_changed_to_none_of_the_set", "unknown_key", jws(text, HEADER.replace('"1"', '"9"')), {}

    for name, key in (
        ("the_key_of_tokens", derived(1, "token")),
        ("the_key_of_lists", derived(1, "list")),
        ("the_key_of_memberships", derived(1, "membership")),
        ("the_root_key_itself", ROOTS[1]),
        ("another_root_key", derived(2, "assertion")),
        ("the_key_as_its_text", base64url(derived(1, "assertion")).encode()),
        ("an_empty_key", b""),
        ("a_key_of_zeros", bytes(32)),
    ):
        yield f"one_signed_with_{name}", "signature", jws(text, key=key), {}
    full = sign(derived(1, "assertion"), signed.encode())
    for name, given in (
        ("no_signature", b""),
        ("half_of_the_signature", full[:16]),
        ("31_bytes_of_the_signature", full[:31]),
        ("a_byte_more_than_the_signature", full + b"\0"),
        ("a_signature_of_zeros", bytes(32)),
        ("the_first_bit_of_the_signature_flipped", flipped(full, 0, 7)),
        ("the_last_bit_of_the_signature_flipped", flipped(full, -1)),
        ("a_signature_of_the_claims_alone", sign(derived(1, "assertion"), claims_part.encode())),
        ("a_signature_of_the_decoded_parts", sign(derived(1, "assertion"), f"{HEADER}.{text}".encode())),
        ("a_plain_hash_for_the_signature", hashlib.sha256(signed.encode()).digest()),
    ):
        yield name, "signature", f"{signed}.{base64url(given)}", {}
    raised = base64url(as_json(asserted(role="write")).encode())
    yield "a_role_raised_after_it_was_signed", "signature", f"{header}.{raised}.{tag}", {}
    yield "the_signature_of_another_request", "signature", f"{signed}.{assertion(asserted(htu='/')).split('.')[2]}", {}
    yield "the_header_of_another_key", "signature", f"{assertion(said, 2).split('.')[0]}.{claims_part}.{tag}", {"ring": "rotated"}
    yield "the_signature_before_the_claims", "signature", jws("[]", key=bytes(32)), {}
    yield "the_signature_before_the_time", "signature", jws(text, key=bytes(32)), {"now": NOW + 3600}

    for name, changed in (
        ("no_claims", ""),
        ("claims_that_are_an_array", as_json(list(said.values()))),
        ("claims_that_are_no_json", text[:-1]),
        ("claims_with_something_after", text + "{}"),
        ("claims_with_a_space_before", " " + text),
        ("claims_that_are_an_assertion_again", f'"{good}"'),
        ("a_claim_that_is_not_known", text[:-1] + ',"admin":true}'),
        ("a_time_not_to_use_it_before", text[:-1] + f',"nbf":{NOW}}}'),
        ("claims_with_a_comma_at_the_end", text[:-1] + ",}"),
    ):
        yield name, "claims", jws(changed), {}
    for claim, value in asserted(observed="role_insufficient").items():
        again = text[:-1] + f',"{claim}":{as_json(value)}}}'
        if claim != "observed":
            without = {name: held for name, held in said.items() if name != claim}
            yield f"no_{claim}", "claims", jws(as_json(without)), {}
            yield f"{claim}_twice", "claims", jws(again), {}
            escaped = text[:-1] + f',"\\u{ord(claim[0]):04x}{claim[1:]}":{as_json(value)}}}'
            yield f"{claim}_twice_once_escaped", "claims", jws(escaped), {}
        yield f"{claim}_null", "claims", jws(as_json(said | {claim: None})), {}
        yield f"{claim}_in_an_array", "claims", jws(as_json(said | {claim: [value]})), {}
    for name, changes in (
        ("a_role_that_is_not_known", {"role": "admin"}),
        ("a_role_in_upper_case", {"role": "READ"}),
        ("an_access_that_is_not_known", {"access": "delete"}),
        ("a_subject_with_a_slash", {"sub": "acme/alice"}),
        ("an_empty_subject", {"sub": ""}),
        ("a_subject_of_65_bytes", {"sub": "a" * 65}),
        *((f"a_subject_by_the_name_{name}", {"sub": subject}) for name, subject in MISTAKABLE_SUBJECTS),
        ("a_token_id_without_a_shard", {"jti": "7"}),
        ("a_token_id_with_a_zero_before", {"jti": "0-07"}),
        ("a_time_as_text", {"iat": str(NOW)}),
        ("a_time_with_a_fraction", {"iat": NOW + 0.5}),
        ("a_time_before_1970", {"iat": -1}),
        ("a_time_beyond_32_bits", {"exp": 2**32}),
        ("an_end_before_the_beginning", {"exp": NOW - 1}),
        ("61_seconds", {"exp": NOW + 61}),
        ("a_year", {"exp": NOW + 365 * 86400}),
    ):
        yield name, "claims", assertion(asserted(**changes)), {}
    yield "a_subject_alone", "claims", assertion(nobody() | {"sub": "alice"}), {}
    yield "a_role_alone", "claims", assertion(nobody() | {"role": "write"}), {}
    yield "all_of_whom_null", "claims", jws(as_json(said | {"sub": None, "role": None, "jti": None})), {}
    yield "the_claims_before_the_audience", "claims", assertion(asserted(aud="another", role="admin")), {}

    for name, audience in (
        ("another_audience", "another"),
        ("no_name_for_an_audience", ""),
        ("an_audience_in_upper_case", "ORIGIN"),
        ("a_longer_audience", "origin2"),
    ):
        yield name, "audience", assertion(asserted(aud=audience)), {}
    yield "one_for_the_audience_that_another_origin_has", "audience", good, {"audience": "origin2"}
    yield "the_audience_before_the_time", "audience", good, {"audience": "other", "now": NOW + 3600}

    yield "one_from_a_second_ahead", "early", good, {"now": NOW - 1, "leeway": 0}
    yield "one_from_beyond_the_leeway", "early", good, {"now": NOW - 6}
    yield "one_from_the_last_hour_there_is", "early", assertion(asserted(iat=2**32 - 60, exp=2**32 - 1)), {}
    yield "one_in_the_second_that_it_names", "expired", good, {"now": NOW + 60, "leeway": 0}
    yield "one_in_the_second_after_the_leeway", "expired", good, {"now": NOW + 65}
    yield "one_of_an_hour_ago", "expired", good, {"now": NOW + 3600}
    yield "one_of_1970", "expired", assertion(asserted(iat=0, exp=60)), {}
    yield "one_that_ends_as_it_begins", "expired", assertion(asserted(exp=NOW)), {"leeway": 0}
    last = assertion(asserted(iat=2**32 - 61, exp=2**32 - 1))
    yield "one_in_the_last_second_there_is", "expired", last, {"now": 2**32 - 1}
    yield "the_time_before_the_method", "expired", good, {"now": NOW + 3600, "method": "POST"}

    yield "another_method", "method", good, {"method": "POST"}
    yield "the_method_in_lower_case", "method", good, {"method": "get"}
    yield "one_for_get_with_head", "method", good, {"method": "HEAD"}
    yield "the_method_before_the_target", "method", good, {"method": "POST", "target": "/"}
    for name, restrictions in (
        ("no_list", {"role": "read"}),
        ("a_text", "role=read"),
        ("an_empty_list", []),
        ("an_empty_object", [{}]),
        ("two_members_in_one", [{"role": "read", "areas": ["git"]}]),
        ("an_unknown_kind", [{"owner": ["alice"]}]),
        ("an_unknown_role", [{"role": "admin"}]),
        ("a_role_in_a_list", [{"role": ["read"]}]),
        ("a_time_as_text", [{"expires": "2000000000"}]),
        ("a_time_of_zero", [{"expires": 0}]),
        ("a_time_beyond_32_bits", [{"expires": 2**32}]),
        ("no_areas", [{"areas": []}]),
        ("areas_as_text", [{"areas": "git"}]),
        ("two_areas_as_one", [{"areas": ["git,api"]}]),
        ("two_requests_as_one", [{"requests": ["GET /a\nGET /b"]}]),
        ("two_requests_as_one_by_a_semicolon", [{"requests": ["GET /a;GET /b"]}]),
        ("a_star_in_a_name", [{"repositories": ["acme/wid*"]}]),
        ("bits_behind_a_prefix", [{"networks": ["203.0.113.7/24"]}]),
        ("nine_of_them", [{"role": "read"}] * 9),
    ):
        yield f"restrictions_that_are_{name}", "claims", jws(as_json(asserted(restrictions=restrictions))), {}
    yield "restrictions_of_nobody", "claims", jws(as_json(nobody(restrictions=RESTRICTIONS))), {}
    yield "restrictions_twice", "claims", jws(
        as_json(asserted(restrictions=RESTRICTIONS[:1]))[:-1] + ',"restrictions":[{"role":"write"}]}'
    ), {}
    yield "restrictions_null", "claims", jws(as_json(said | {"restrictions": None})), {}
    for name, target in (
        ("another_path", "/acme/other"),
        ("another_query", TARGET.replace("true", "false")),
        ("a_query_more", TARGET + "&y=1"),
        ("no_query", TARGET.partition("?")[0]),
        ("the_path_decoded", TARGET.replace("%20", " ")),
        ("an_escape_in_lower_case", TARGET.replace("%2F", "%2f")),
        ("a_slash_at_the_end", TARGET + "/"),
        ("a_scheme_and_host_before", "https://hub.example" + TARGET),
        ("the_first_part_of_the_target", TARGET[:9]),
    ):
        yield f"one_for_a_target_with_{name}", "target", good, {"target": target}


def shown_assertion(said):
    identity = None
    if "sub" in said:
        identity = {"subject": said["sub"], "role": said["role"], "id": said["jti"]}
        identity["restrictions"] = said.get("restrictions", [])
    return {
        "issuer": said["iss"],
        "audience": said["aud"],
        "identity": identity,
        "access": said["access"],
        "method": said["htm"],
        "target": said["htu"],
        "observed": said.get("observed"),
        "issued_at": said["iat"],
        "expires_at": said["exp"],
    }


def assertion_vectors():
    make, verify = [], []
    for name, ring, said in made_assertions():
        fields = {"name": f"makes_{name}", "ring": ring, "claims": shown_assertion(said)}
        make.append(fields | {"assertion": assertion(said, RINGS[ring][0])})
    arrival = {"ring": "one", "audience": "origin", "method": "GET", "target": TARGET, "now": NOW, "leeway": 5}
    for name, text, said, changes in believed_assertions():
        case = {"name": f"believes_{name}"} | arrival | changes
        verify.append(case | {"assertion": text, "claims": shown_assertion(said)})
    for name, code, text, changes in refused_assertions():
        verify.append({"name": f"refuses_{name}"} | arrival | changes | {"assertion": text, "code": code})
    rings = {name: ring_text(name) for name in RINGS}
    return {"rings": rings, "key_sets": {name: key_set(name) for name in RINGS}, "make": make, "verify": verify}


# Signing in: sign-in assertions and sessions

GATE = "https://hub.example"
JTI = "0123456789abcdef"


def said(**changes):
    """The claims of a sign-in assertion; one of None is left out."""
    claims = {"aud": GATE, "sub": "alice", "iat": NOW, "exp": NOW + 60, "jti": JTI} | changes
    return {name: value for name, value in claims.items() if value is not None}


def sign_in_jws(claims, header=None, key_id=1, key=None):
    """RFC 7515, compact; what is text already is taken as it stands."""
    header = {"alg": "HS256", "kid": str(key_id), "typ": "JWT"} if header is None else header
    parts = [part if isinstance(part, str) else json.dumps(part) for part in (header, claims)]
    signed = ".".join(base64url(part.encode()) for part in parts)
    return f"{signed}.{base64url(sign(derived(key_id, 'sign-in') if key is None else key, signed.encode()))}"


def sign_in_assertions():
    cases = []

    def taken(name, text, now=NOW, ring="one", subject="alice", jti=JTI, expires_at=NOW + 60):
        expected = {"subject": subject, "jti": jti, "expires_at": expires_at}
        cases.append({"name": f"takes_{name}", "ring": ring, "now": now, "text": text, "assertion": expected})

    def refused(name, code, text, now=NOW, ring="one"):
        cases.append({"name": f"refuses_{name}", "ring": ring, "now": now, "text": text, "code": code})

    good = sign_in_jws(said())
    head, middle, tag = good.split(".")
    taken("one_in_its_first_second", good)
    taken("one_in_its_last_second", good, now=NOW + 59)
    taken("one_from_a_clock_five_seconds_ahead", good, now=NOW - 5)
    taken("one_that_names_its_issuer", sign_in_jws(said(iss="https://sso.example")))
    taken("claims_in_another_order", sign_in_jws(dict(reversed(said().items()))))
    taken("a_header_in_another_order", sign_in_jws(said(), header={"typ": "JWT", "kid": "1", "alg": "HS256"}))
    taken("claims_with_blanks", sign_in_jws(json.dumps(said(), indent=2)))
    taken("a_life_of_one_second", sign_in_jws(said(exp=NOW + 1)), expires_at=NOW + 1)
    taken("the_longest_subject", sign_in_jws(said(sub="a" * 64)), subject="a" * 64)
    taken("the_longest_jti", sign_in_jws(said(jti="~" * 128)), jti="~" * 128)
    taken("one_of_an_older_key", sign_in_jws(said(), key_id=1), ring="rotated")
    taken("one_of_the_active_key", sign_in_jws(said(), key_id=2), ring="rotated")
    taken("one_of_key_255", sign_in_jws(said(), key_id=255), ring="edges")
    taken("one_of_key_0", sign_in_jws(said(), key_id=0), ring="edge_zero")

    refused("one_in_the_second_it_ends", "expired", good, now=NOW + 60)
    refused("one_from_a_clock_six_seconds_ahead", "early", good, now=NOW - 6)
    refused("a_life_of_61_seconds", "lifetime", sign_in_jws(said(exp=NOW + 61)))
    refused("a_life_of_no_second", "lifetime", sign_in_jws(said(exp=NOW)))
    refused("an_end_before_its_beginning", "lifetime", sign_in_jws(said(exp=NOW - 1)))
    for name in ("aud", "sub", "iat", "exp", "jti"):
        refused(f"one_without_{name}", "claims", sign_in_jws(said(**{name: None})))
    refused("claims_that_it_does_not_know", "claims", sign_in_jws(said(role="write")))
    refused("a_claim_that_stands_twice", "claims", sign_in_jws(json.dumps(said())[:-1] + ', "sub": "mallory"}'))
    refused("claims_that_are_a_list", "signed_claims", sign_in_jws(list(said().values())))
    refused("a_time_in_fractions", "claims", sign_in_jws(said(iat=NOW + 0.5)))
    refused("a_time_as_text", "claims", sign_in_jws(said(iat=str(NOW))))
    refused("a_time_below_zero", "claims", sign_in_jws(said(iat=-1)))
    refused("a_time_of_33_bits", "claims", sign_in_jws(said(exp=2**32)))
    refused("several_audiences", "claims", sign_in_jws(said(aud=[GATE])))
    for name, audience in (
        ("another_host", "https://other.example"),
        ("the_host_over_http", "http://hub.example"),
        ("a_slash_behind_the_host", GATE + "/"),
        ("the_host_in_capitals", GATE.upper()),
        ("nobody", ""),
    ):
        refused(f"the_audience_{name}", "audience", sign_in_jws(said(aud=audience)))
    for name, subject in (("empty", ""), ("too_long", "a" * 65), ("with_a_slash", "acme/alice"), ("with_a_line", "a\n"), *MISTAKABLE_SUBJECTS):
        refused(f"a_subject_{name}", "subject", sign_in_jws(said(sub=subject)))
    for name, jti in (("too_short", "a" * 15), ("too_long", "a" * 129), ("with_a_blank", "a" * 15 + " b"), ("of_umlauts", "\u00e4" * 16)):
        refused(f"a_jti_{name}", "identifier", sign_in_jws(said(jti=jti)))
    for name, key in (
        ("the_key_of_assertions", derived(1, "assertion")),
        ("the_key_of_sessions", derived(1, "session")),
        ("the_key_of_tokens", derived(1, "token")),
        ("the_root_key_itself", ROOTS[1]),
        ("another_root_key", derived(2, "sign-in")),
        ("no_key", b""),
    ):
        refused(f"a_signature_with_{name}", "signature", sign_in_jws(said(), key=key))
    refused("a_key_that_is_not_in_the_ring", "unknown_key", sign_in_jws(said(), key_id=2))
    refused("the_key_of_another_id", "signature", sign_in_jws(said(), key_id=2, key=derived(1, "sign-in")), ring="rotated")
    refused("no_signature", "signature", f"{head}.{middle}.")
    half = sign(derived(1, "sign-in"), f"{head}.{middle}".encode())[:16]
    refused("half_a_signature", "signature", f"{head}.{middle}.{base64url(half)}")
    refused("a_changed_signature", "signature", f"{head}.{middle}.{'A' if tag[0] != 'A' else 'B'}{tag[1:]}")
    refused("changed_claims", "signature", f"{head}.{sign_in_jws(said(sub='mallory')).split('.')[1]}.{tag}")
    refused("the_signature_before_the_time", "signature", f"{head}.{sign_in_jws(said(exp=1)).split('.')[1]}.{tag}")
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
        refused(name, code, sign_in_jws(said(), header=header))
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
    refused("one_that_expired_long_ago", "expired", session(issued_at=1, expires_at=2))
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
        ("sign_in_assertions", derived(1, "sign-in")),
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
    for name, subject in MISTAKABLE_SUBJECTS:
        refused(f"a_subject_by_the_name_{name}", "malformed", session(subject=subject.encode()))
    refused("nothing", "malformed", "")
    refused("a_seal_and_nothing", "malformed", good[-32:])
    refused("padding", "malformed", base64url(session(subject=b"al")) + "=")
    refused("the_other_alphabet", "malformed", "+" + base64url(good)[1:])
    refused("a_sign_in_assertion", "malformed", sign_in_jws(said()))
    return cases


def sign_in_vectors():
    rings = {name: ring_text(name) for name in RINGS}
    return {"rings": rings, "audience": GATE, "assertion": sign_in_assertions(), "session": sessions()}


# Membership records.

MEMBERSHIP_ROLES = {"no_access": 1, "read": 2, "contributor": 3, "write": 4, "admin": 5}


def entry(role, namespace):
    role = MEMBERSHIP_ROLES.get(role, role)
    return bytes([role, len(namespace)]) + namespace.encode()


def record_body(roles, subject="alice", count=None):
    entries = b"".join(entry(role, namespace) for namespace, role in roles)
    count = len(roles) if count is None else count
    return bytes([len(subject)]) + subject.encode() + struct.pack(">H", count) + entries


def record(rest, version=7, written_at=NOW, key_id=1, key=None, magic=b"LYMR", form=1, valid_until=NOW + 86_400):
    signed = magic + struct.pack(">BBQII", form, key_id, version, written_at, valid_until) + rest
    return signed + sign(derived(key_id, "membership") if key is None else key, signed)


def membership_vectors():
    cases = []

    def opened(name, roles, ring="one", subject="alice", key_id=1, version=7, written_at=NOW, valid_until=NOW + 86_400):
        data = record(record_body(roles, subject), version, written_at, key_id, valid_until=valid_until)
        shown = {"version": version, "written_at": written_at, "valid_until": valid_until, "roles": dict(roles)}
        common = {"name": f"opens_{name}", "ring": ring, "subject": subject, "sealed": base64url(data)}
        cases.append(common | {"record": shown})

    def refused_record(name, code, data, subject="alice"):
        common = {"name": f"refuses_{name}", "ring": "one", "subject": subject, "sealed": base64url(data)}
        cases.append(common | {"code": f"membership_{code}"})

    two = [("acme", "write"), ("lab", "read")]
    opened("two_roles", two)
    opened("no_role", [])
    opened("each_role", [(name.replace("_", "-"), name) for name in sorted(MEMBERSHIP_ROLES)])
    opened("namespaces_in_the_order_of_their_bytes", [(name, "read") for name in ("-", "0", "A", "Z", "_", "a", "a-", "a.b", "aa")])
    opened("the_shortest_and_the_longest_namespace", [("a", "read"), ("b" * 96, "admin")])
    opened("a_subject_of_64_bytes", two, subject="s" * 64)
    opened("the_highest_version_and_time", two, version=2**64 - 1, written_at=2**32 - 1, valid_until=2**32 - 1)
    opened("numbers_that_tell_the_byte_order", two, version=0x0102030405060708, written_at=0x01020304, valid_until=0x05060708)
    opened("one_that_was_never_valid", two, valid_until=0)
    opened("one_of_an_older_key", two, ring="rotated", key_id=1)
    opened("one_of_the_active_key", two, ring="rotated", key_id=2)
    opened("most_namespaces", [(f"{number:04}", "read") for number in range(1000)])

    good = record(record_body(two))
    refused_record("nothing", "short", b"")
    refused_record("one_byte_less_than_header_and_seal", "short", good[:53])
    refused_record("more_than_the_largest", "long", good + bytes(98_122 - len(good)))
    refused_record("another_magic", "magic", record(record_body(two), magic=b"LYRL"))
    refused_record("the_magic_before_the_seal", "magic", b"X" + good[1:])
    for form in (0, 2, 255):
        refused_record(f"format_version_{form}", "version", record(record_body(two), form=form))
    refused_record("the_format_before_the_key", "version", record(record_body(two), form=2, key_id=2))
    refused_record("a_key_that_is_not_in_the_ring", "unknown_key", record(record_body(two), key_id=2))
    for name, index in (("version", 13), ("time", 17), ("valid_until", 21), ("subject", 23), ("role", 30), ("namespace", 32), ("seal", -1)):
        refused_record(f"a_changed_{name}", "seal", flipped(good, index))
    refused_record("a_record_cut_by_a_byte", "seal", good[:-1])
    refused_record("a_record_with_a_byte_more", "seal", good + b"\0")
    refused_record("a_seal_of_zeros", "seal", good[:-32] + bytes(32))
    for purpose in ("list", "token"):
        refused_record(f"a_seal_with_the_key_of_{purpose}s", "seal", record(record_body(two), key=derived(1, purpose)))
    refused_record("a_seal_with_the_root_key_itself", "seal", record(record_body(two), key=ROOTS[1]))
    refused_record("a_seal_of_another_root_key", "seal", record(record_body(two), key=derived(2, "membership")))
    refused_record("the_seal_before_the_subject", "seal", flipped(record(record_body(two, "bob")), -1))
    refused_record("a_genuine_record_of_another_subject", "subject", record(record_body(two, "bob")))
    refused_record("a_subject_in_another_case", "subject", record(record_body(two, "Alice")))
    refused_record("the_subject_before_the_entries", "subject", record(record_body(two, "bob", count=9)))
    refused_record("no_subject_at_all", "entries", record(b""))
    refused_record("a_subject_cut_short", "entries", record(bytes([6]) + b"alice"))
    refused_record("no_count", "entries", record(bytes([5]) + b"alice"))
    refused_record("a_count_too_low", "entries", record(record_body(two, count=1)))
    refused_record("a_count_too_high", "entries", record(record_body(two, count=3)))
    refused_record("a_byte_behind_the_last", "entries", record(record_body(two) + b"\0"))
    refused_record("an_entry_cut_short", "entries", record(record_body(two)[:-1]))
    for role in (0, 6, 255):
        refused_record(f"the_role_{role}", "entries", record(record_body([("acme", role)])))
    for name, namespace in (
        ("nothing", ""),
        ("97_bytes", "a" * 97),
        ("a_slash", "a/b"),
        ("a_dot_at_its_end", "a."),
        ("a_blank", "a b"),
        ("an_umlaut", "\u00e4"),
    ):
        data = namespace.encode()
        body = record_body([], count=1) + bytes([2, len(data)]) + data
        refused_record(f"a_namespace_of_{name}", "entries", record(body))
    refused_record("namespaces_in_another_order", "entries", record(record_body(two[::-1])))
    refused_record("a_namespace_twice", "entries", record(record_body([two[0], two[0]])))
    many = [(f"{number:04}", "read") for number in range(1001)]
    refused_record("more_than_most_namespaces", "entries", record(record_body(many)))
    rings = {name: ring_text(name) for name in ("one", "rotated")}
    return {"rings": rings, "open": cases}


def ceiling(shard=7, ceiling=129, key_id=1, key=None, magic=b"LYSC", form=1, more=b""):
    signed = magic + struct.pack(">BBHQ", form, key_id, shard, ceiling) + more
    return signed + sign(derived(key_id, "list") if key is None else key, signed)


def serial_vectors():
    cases = []

    def opened(name, found, ring="one", shard=7, **how):
        data = base64url(ceiling(shard, found, **how))
        cases.append({"name": f"opens_{name}", "ring": ring, "shard": shard, "sealed": data, "ceiling": found})

    def refused_ceiling(name, code, data):
        case = {"name": f"refuses_{name}", "ring": "one", "shard": 7, "sealed": base64url(data)}
        cases.append(case | {"code": f"ceiling_{code}"})

    opened("a_ceiling", 129)
    opened("none_given_out", 0)
    opened("the_end_of_serials", 2**32)
    opened("numbers_that_tell_the_byte_order", 0x01020304, shard=0x0506)
    opened("one_of_an_older_key", 65, ring="rotated")
    opened("one_of_the_active_key", 65, ring="rotated", key_id=2)
    good = ceiling()
    refused_ceiling("nothing", "short", b"")
    refused_ceiling("one_byte_less", "short", good[:-1])
    refused_ceiling("one_byte_more", "long", good + b"\0")
    refused_ceiling("a_sealed_byte_more", "long", ceiling(more=b"\0"))
    refused_ceiling("the_magic_of_a_list", "magic", ceiling(magic=b"LYRL"))
    refused_ceiling("the_magic_before_the_seal", "magic", b"X" + good[1:])
    refused_ceiling("format_version_2", "version", ceiling(form=2))
    refused_ceiling("a_key_that_is_not_in_the_ring", "unknown_key", ceiling(key_id=2))
    for name, index in (("shard", 7), ("ceiling", 15), ("seal", -1)):
        refused_ceiling(f"a_changed_{name}", "seal", flipped(good, index))
    refused_ceiling("a_seal_with_the_key_of_memberships", "seal", ceiling(key=derived(1, "membership")))
    refused_ceiling("a_seal_with_the_root_key_itself", "seal", ceiling(key=ROOTS[1]))
    refused_ceiling("the_ceiling_of_another_shard", "shard", ceiling(shard=8))
    refused_ceiling("the_seal_before_the_shard", "seal", flipped(ceiling(shard=8), -1))
    return {"rings": {name: ring_text(name) for name in ("one", "rotated")}, "open": cases}


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
    # Beside this file, which others import by its path.
    from refusals import refusal_vectors

    stale = []
    for name, vectors in (
        ("token.json", token_vectors()),
        ("revocation.json", revocation_vectors()),
        ("serials.json", serial_vectors()),
        ("membership.json", membership_vectors()),
        ("assertion.json", assertion_vectors()),
        ("sign_in.json", sign_in_vectors()),
        ("refusal.json", refusal_vectors()),
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
