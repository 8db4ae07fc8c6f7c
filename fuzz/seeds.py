"""Seeds for the fuzz targets: every test vector in the format that its target reads. `seeds(folder)` writes them."""

import base64
import json
import pathlib
import struct
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "interop"))
import lychgate  # noqa: E402

REQUESTS = (
    "GET /acme/widget\nPOST /api/models/a/b/commit/main\nGET /a/b/info/refs?service=git-receive-pack\nPUT /a/\n"
    "GET /api/spaces/x%2Fy/z"
)
GITHUB_KEY = (
    "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEsz9ugWDj5jK5ELBK42ynytbo38gP\n"
    "HzZFI03Exwz8Lh/tCfL3YxwMdLjB+bMznsanlhK0RwcGP3IDb34kQDIo3Q==\n-----END PUBLIC KEY-----\n"
)
GITHUB_SIGNATURE = "MEUCIFLZzeK++IhS+y276SRk2Pe5LfDrfvTXu6iwKKcFGCrvAiEAhHN2kDOhy2I6eGkOFmxNkOJ+L2y8oQ9A2T9GGJo6WJY="
REPORT = '[{"token":"some_token","type":"some_type","url":"some_url","source":"some_source"}]'
BATCHES = (
    r'{"operation":"download"}',
    r' {"objects":[{"operation":"upload"}],"operation":"downl\u006fad"} ',
    '{"operation":"download","transfers":["basic"],"objects":[{"oid":"12345678","size":123}],"hash_algo":"sha256"}',
    r'{"operation\u0000":"upload","operation":"download"}',
    '{"operation":"download","OPERATION":"upload"}',
)


def vectors(name):
    return json.loads((ROOT / "tests" / "vectors" / f"{name}.json").read_text())


def token():
    for case in vectors("token")["verify"]:
        yield case["token"]
        if case.get("code") not in ("length", "prefix", "alphabet"):
            yield b"S" + lychgate.base64url(case["token"].split("_", 1)[1])[:-20]
    for case in vectors("token")["mint"]:
        said = case["claims"]
        times = (said["issued_at"], said["expires_at"] or 0)
        fixed = struct.pack(">BIIHI", said["role"] == "write", *times, *map(int, said["id"].split("-")))
        yield b"C" + fixed + said["subject"].encode()


def authorization():
    for case in vectors("credentials")["cases"]:
        if case["authorization"] is not None:
            yield f"{case['target']}\n{case['authorization']}"
    for case in vectors("token")["verify"]:
        if "claims" in case:
            basic = base64.b64encode(f"alice:{case['token']}".encode()).decode()
            yield f"/acme/widget\nBearer {case['token']}"
            yield f"/acme/widget\nBasic {basic}"


def request():
    for row in vectors("corpus_requests")["rows"] + vectors("corpus_bypass")["rows"]:
        yield f"{row['method']} {row['target']}\n{row['body']}"
    for case in vectors("target")["cases"]:
        yield f"GET {case['raw']}"
    for case in vectors("routes")["attacks"]:
        yield f"{case['method']} {case['target']}"


def route_table():
    for table in sorted((ROOT / "src" / "routes").glob("*.routes")):
        lines = [line for line in table.read_text().splitlines() if line and not line.startswith("#")]
        api = ROOT / "tests" / "vectors" / f"{table.stem}_api.tsv"
        rows = [row.split("\t") for row in api.read_text().splitlines()[1:]]
        # The list for hubs has its columns in another order.
        at = 0 if table.stem == "hub" else 1
        asked = [f"{row[at]} {row[at + 1]}" for row in rows]
        for first in range(0, len(lines), 6):
            some = asked[first * 5 :: 97][:4]
            yield "\n".join(lines[first : first + 6]) + "\n---\n" + "\n".join([*some, REQUESTS])


def sealed_list():
    for case in vectors("revocation")["open"]:
        sealed = lychgate.base64url(case["sealed"])
        if len(sealed) <= 4096:
            yield sealed
            yield b"S" + sealed[:-32]
    for count in range(0, 13, 3):
        yield b"N\0\7" + struct.pack(f">{count}I", *[7777 * (index + 1) for index in range(count)])


def membership_record():
    ring = lychgate.KeyRing(vectors("token")["rings"]["rotated"])
    several = [(b"A", 1), (b"a", 5), (b"b-_", 3)]
    many = [(b"n%02d" % index, 1 + index % 5) for index in range(20)]
    faulty = [[(b"b", 1), (b"a", 2)], [(b"a", 9)], [(b"a", 1), (b"a", 1)], [(b"a.", 1)]]
    for roles in [[], [(b"acme", 4), (b"lab", 2)], several, many, *faulty]:
        signed = b"LYMR" + struct.pack(">BBQII", 1, 2, 1, 1_750_000_000, 1_750_086_400) + b"\5alice" + struct.pack(">H", len(roles))
        signed += b"".join(bytes([role, len(name)]) + name for name, role in roles)
        yield b"S" + signed
        yield signed + ring.tag(2, "membership", signed, "unknown_key")
    yield "Nalice 4acme 2lab"
    yield "Nbob 0ACME 1acme 4x.y"


def lfs_batch():
    yield from BATCHES
    for row in vectors("corpus_requests")["rows"] + vectors("corpus_bypass")["rows"]:
        if row["body"]:
            yield row["body"]


def github_report():
    yield "K" + json.dumps({"public_keys": [{"key_identifier": "f9", "key": GITHUB_KEY, "is_current": True}]})
    yield f"S{REPORT}"
    yield f"{GITHUB_SIGNATURE}\n{REPORT}"


HEADERS = (
    '{"alg":"HS256","kid":"2","typ":"JWT"}',
    '{"alg":"HS256","kid":"1","typ":"JWT"}',
    '{"typ":"JWT","alg":"none","kid":"9"}',
    '["HS256","2","JWT"]',
)


def words(purpose, *claims):
    """Each as claims that the target signs, with every header, and as a whole JWS."""
    ring = lychgate.KeyRing(vectors("token")["rings"]["rotated"])
    for said in claims:
        yield f"C{said}"
        for header in HEADERS:
            yield f"S{header}\n{said}"
        encoded = [base64.urlsafe_b64encode(part.encode()).rstrip(b"=") for part in (HEADERS[0], said)]
        tag = ring.tag(2, purpose, b".".join(encoded), "unknown_key")
        yield b".".join([*encoded, base64.urlsafe_b64encode(tag).rstrip(b"=")])


def assertion():
    asked = '"htm":"GET","htu":"/acme/widget?x=1"'
    times = '"iat":1750000000,"exp":1750000060'
    issued = '"iss":"https://hub.example","aud":"origin"'
    yield from words(
        "assertion",
        f'{{{issued},"sub":"alice","role":"write","access":"read","jti":"0-7",{asked},{times}}}',
        f'{{{issued},"access":"public",{asked},{times}}}',
        f'{{{issued},"sub":"alice","access":"read",{asked},{times}}}',
        f'{{{issued},"access":"read",{asked},"observed":"role_insufficient",{times}}}',
        f'{{{issued},"access":"read",{asked},"iat":1750000000,"exp":1750000099}}',
    )


def sign_in_assertion():
    who = '"aud":"https://hub.example","sub":"alice","jti":"0123456789abcdef"'
    yield from words(
        "sign-in",
        f'{{{who},"iat":1750000000,"exp":1750000060}}',
        f'{{"iss":"hub",{who},"iat":1749999990,"exp":1750000001}}',
        f'{{{who},"iat":1750000000,"exp":1750000061}}',
        f'{{{who},"iat":1749999000,"exp":1749999060}}',
        f'{{{who},{who},"iat":1750000000,"exp":1750000060}}',
    )


SEEDS = [
    token, authorization, request, route_table, sealed_list, membership_record, lfs_batch, github_report, assertion,
    sign_in_assertion,
]


def seeds(folder):
    for make in SEEDS:
        place = folder / make.__name__
        place.mkdir(parents=True, exist_ok=True)
        for index, seed in enumerate(make()):
            (place / f"{index:04}").write_bytes(seed.encode() if isinstance(seed, str) else seed)
