"""Request headers that no client may set for the origin, as lines of a request."""

# Characters that servers fold into `-` or `_`: PHP the dot, CGI the dash, lighttpd nearly everything.
SEPARATORS = ["_", ".", "!", "~", "^", "'", "*", "+", "`", "|", "$", "%", "&", "#"]

IDENTITIES = [
    "X-Lychgate-Subject: root",
    "x-lychgate-role: root",
    "X-LYCHGATE-ACCESS: root",
    "X-Lychgate-Token: root",
    "X-Lychgate-Assertion: root",
    "X-Lychgate-Observed: root",
    "X-Lychgate-Anything: root",
    "X-Lychgate_Subject: root",
    "Remote-User: root",
    "X-Remote-User: root",
    "X-Remote-Group: root",
    "X-Forwarded-User: root",
    "X-Auth-Request-User: root",
    "X-WebAuth-User: root",
    "X-Goog-Authenticated-User-Email: root",
    "X-MS-Client-Principal: root",
    "Impersonate-User: root",
    "Client-Cert: root",
    "Proxy-Authorization: Basic root",
    *(f"X{mark}Lychgate{mark}Subject: root" for mark in SEPARATORS),
    *(f"X{mark}Lychgate{mark}Role: root" for mark in SEPARATORS),
    *(f"Remote{mark}User: root" for mark in SEPARATORS),
]

WAYS = [
    "Forwarded: for=192.0.2.1;host=evil.example;proto=gopher",
    "X-Forwarded: evil.example",
    "X-Forwarded-For: 203.0.113.77",
    "X-Forwarded-Host: evil.example",
    "X-Forwarded-Proto: gopher",
    "X-Forwarded-Port: 4711",
    "X-Forwarded-Scheme: gopher",
    "X-Forwarded-Server: evil.example",
    "X-Real-IP: 203.0.113.77",
    "True-Client-IP: 203.0.113.77",
    "X-Host: evil.example",
    "X-Forwarded.Host: evil.example",
    "X_Forwarded_Host: evil.example",
]

OVERRIDES = [
    "X-HTTP-Method-Override: DELETE",
    "X-HTTP-Method: DELETE",
    "X-Method-Override: DELETE",
    "X-Original-Method: DELETE",
    "X-Forwarded-Method: DELETE",
    "X-Original-URL: /api/repos/delete",
    "X-Rewrite-URL: /api/repos/delete",
    "X-Original-URI: /api/repos/delete",
    "X-Forwarded-Uri: /api/repos/delete",
    "X-Forwarded-Path: /api/repos/delete",
    "X-Forwarded-Prefix: /api",
    "X-Script-Name: /api",
    "x_script_name: /api",
    "X-Vhm-Root: /acme/widget/git-receive-pack",
    "X-Matched-Path: /api/repos/delete",
    "X-Accel-Redirect: /api/repos/delete",
    "Destination: /api/repos/delete",
    "SOAPAction: delete",
    *(f"X{mark}HTTP{mark}Method{mark}Override: DELETE" for mark in SEPARATORS),
]

ALL = [*IDENTITIES, *WAYS, *OVERRIDES]

# The headers of these names that the gate itself sets.
OWN = {
    "x-lychgate-subject",
    "x-lychgate-role",
    "x-lychgate-access",
    "x-lychgate-token",
    "x-lychgate-assertion",
    "x-forwarded-host",
    "x-forwarded-proto",
}


def assert_none_arrived(headers: list[tuple[str, str]]) -> None:
    """Asserts that neither these headers nor their values reached the origin."""
    names = {name.lower() for name, _ in headers}
    assert not (names & {line.partition(":")[0].lower() for line in ALL}) - OWN
    for name, value in headers:
        assert not any(word in value for word in ("root", "evil", "gopher", "203.0.113.77", "delete", "DELETE", "4711")), name
        assert not set(SEPARATORS) & set(name), name
