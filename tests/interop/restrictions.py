"""What restrictions say, by docs/formats.md and the Python standard library alone."""

import ipaddress
import re

NAMES = ("role", "expires", "repositories", "areas", "networks", "requests")
ROLES = ("read", "write")
WORD = r"[a-z][a-z0-9-]{0,31}"
PLAIN = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9._-]{1,96}"
PART = rf"(?:\*|{PLAIN})"
# Only behind a kind has a name several parts.
ENTRY = re.compile(rf"(?!.*\.git$)(?:{PART}/{PART}|(?:\*|{WORD})/{PART}/(?:\*|{PLAIN}(?:/{PLAIN})*))")
SLOT = re.compile(r"\{[a-z_]+\}")
REST = re.compile(r"\{\*[a-z_]+\}")
LITERALS = re.compile(r"(?!\.{1,2}(?:\||$))[A-Za-z0-9._~-]+(?:\|(?!\.{1,2}(?:\||$))[A-Za-z0-9._~-]+)*")
METHODS = re.compile(r"(?:GET|OPTIONS|POST|PUT|PATCH|DELETE)(?:,(?:GET|OPTIONS|POST|PUT|PATCH|DELETE))*")


def is_block(text):
    address, _, prefix = text.partition("/")
    if not re.fullmatch(r"0|[1-9][0-9]{0,2}", prefix) or not re.fullmatch(r"[0-9a-fA-F.:]+", address):
        return False
    try:
        network = ipaddress.ip_network(text)
    except ValueError:  # which bits behind the prefix are too
        return False
    return network.version == 4 or network.network_address.ipv4_mapped is None


def is_path(path):
    if not path.startswith("/"):
        return False
    pieces = path[1:].split("/")
    if pieces[-1] == "" or REST.fullmatch(pieces[-1]):
        pieces.pop()
    return all(SLOT.fullmatch(piece) or LITERALS.fullmatch(piece) for piece in (one.removesuffix("?") for one in pieces))


def is_line(line):
    methods, space, path = line.partition(" ")
    return bool(space and METHODS.fullmatch(methods) and is_path(path))


LISTS = {
    3: (",", lambda entry: bool(ENTRY.fullmatch(entry))),
    4: (",", lambda word: bool(re.fullmatch(WORD, word))),
    5: (",", is_block),
    6: ("\n", is_line),
}


def read(kind, value):
    """A restriction as text; None where it holds never."""
    if kind == 1 and value in (b"\1", b"\2"):
        return f"role={ROLES[value[0] - 1]}"
    if kind == 2 and len(value) == 4 and any(value):
        return f"expires={int.from_bytes(value)}"
    if kind in LISTS and value.isascii():
        separator, is_well_formed = LISTS[kind]
        text = value.decode()
        if all(map(is_well_formed, text.split(separator))):
            return f"{NAMES[kind - 1]}={text}".replace("\n", ";")
    return None


def is_json(member):
    """Whether it is a restriction as JSON: an object with one member."""
    if type(member) is not dict or len(member) != 1:
        return False
    ((name, value),) = member.items()
    if name == "role":
        return value in ROLES
    if name == "expires":
        return type(value) is int and 0 < value < 1 << 32
    if name not in NAMES or type(value) is not list or not all(type(entry) is str for entry in value):
        return False
    separator, is_well_formed = LISTS[NAMES.index(name) + 1]
    text = separator.join(value)
    return text.isascii() and len(text) <= 255 and bool(value) and all(map(is_well_formed, value))


def write(text):
    """A restriction's kind and value, from text."""
    name, _, said = text.partition("=")
    kind = NAMES.index(name) + 1
    if kind == 1:
        return kind, bytes([ROLES.index(said) + 1])
    if kind == 2:
        return kind, int(said).to_bytes(4)
    return kind, said.replace(";", "\n").encode()
