"""The management API does what docs/openapi.yaml says: schemathesis makes valid and invalid requests from it, and checks the
answers."""

import json
from collections.abc import Callable, Iterator

import hypothesis
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis import Case, GenerationMode
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

import secrets_used
from contract import FILE, OPERATIONS
from ledger_gate import LedgerGate
from scanner import Scanner
from visitor import Visitor
from waiting import wait_for

EXAMPLES = 15

CHECKS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

SCHEMA = schemathesis.openapi.from_path(FILE)

# Nothing can be wrong with a request that says nothing.
WITHOUT_INPUT = {"health", "hub", "session", "whoami"}

SETTINGS = hypothesis.settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


class Signed(requests.auth.AuthBase):
    """Signs each body as GitHub does."""

    def __init__(self, scanner: Scanner) -> None:
        self._scanner = scanner

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        body = request.body or b""
        for header in self._scanner.headers(body.encode() if isinstance(body, str) else body):
            name, _, value = header.partition(": ")
            request.headers[name] = value
        return request


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as opened:
        # No proxy or .netrc of the person who runs the tests.
        opened.trust_env = False
        yield opened


@pytest.fixture(scope="module")
def holder(managed: LedgerGate) -> str:
    """A token of somebody whose tokens no request here revokes. The lists of both shards are in force."""
    token = managed.create("holder-of-the-contract", "token")
    managed.get("subjects/holder-of-the-contract/tokens")
    managed.await_code(token, None)
    wait_for(lambda: managed.call("GET", "health").status == 200, 15, "both lists to be in force")
    return token.text


def exercise(
    managed: LedgerGate,
    session: requests.Session,
    key: str,
    operation_id: str,
    mode: GenerationMode,
    prepare: Callable[[Case], None] = lambda case: None,
    cookie: str | None = None,
) -> set[int]:
    """Sends generated requests to one operation, checks each response, and returns the statuses."""
    statuses: set[int] = set()
    credentials = {"Authorization": f"Bearer {key}"} if cookie is None else {"Cookie": cookie}

    @SETTINGS
    @hypothesis.given(case=SCHEMA.find_operation_by_id(operation_id).as_strategy(generation_mode=mode))
    def run(case: Case) -> None:
        prepare(case)
        response = case.call(base_url=managed.url, session=session, headers=credentials, timeout=45)
        statuses.add(response.status_code)
        if response.status_code == 201:
            secrets_used.remember(json.loads(response.content)["token"])
        case.validate_response(response, checks=CHECKS)

    run()
    return statuses


def limited(restrictions: list) -> list:
    """Keeps restrictions few and short enough for a token, and replaces networks and requests that only match the pattern."""
    for restriction in restrictions:
        for name, entries in restriction.items():
            if name in ("networks", "requests"):
                restriction[name] = ["203.0.113.0/24"] if name == "networks" else ["GET /v1/models"]
            elif isinstance(entries, list):
                restriction[name] = entries[:1]
    return restrictions[:1]


def keep_what_only_prose_says(case: Case) -> None:
    """What a schema cannot say and the descriptions do: how high an id goes, how long restrictions may be, and that a cursor
    comes from a page."""
    if isinstance(case.body, dict):
        for body in (case.body, *case.body.get("records", ())):
            if "restrictions" in body:
                body["restrictions"] = limited(body["restrictions"])
    case.query.pop("cursor", None)
    if "id" in case.path_parameters:
        shard, serial = map(int, case.path_parameters["id"].split("-"))
        case.path_parameters["id"] = f"{min(shard, 65535)}-{min(serial, 4294967295)}"
    if "shard" in case.path_parameters:
        case.path_parameters["shard"] = int(case.path_parameters["shard"]) % 2
        for record in case.body["records"] if isinstance(case.body, dict) else []:
            # 7.0 is an integer to a schema alone.
            record |= {name: int(value) for name, value in record.items() if isinstance(value, float)}
            # Beside those of the other tests, which this gate serves too.
            if "serial" in record:
                record["serial"] = 2_000_000_000 + record["serial"] % 1_000_000_000


def key_of(managed: LedgerGate, operation_id: str, holder: str) -> str:
    return holder if OPERATIONS[operation_id].security == ("token",) else managed.admin_key


@pytest.mark.parametrize("operation_id", sorted(OPERATIONS))
def test_good_requests_are_answered_as_documented(
    managed: LedgerGate, session: requests.Session, holder: str, hub_key: bytes, operation_id: str
) -> None:
    key = key_of(managed, operation_id, holder)
    is_for_people = OPERATIONS[operation_id].security == ("session",)
    cookie = Visitor(managed, hub_key, "visitor-of-the-contract").cookie if is_for_people else None
    statuses = exercise(
        managed, session, key, operation_id, GenerationMode.POSITIVE, keep_what_only_prose_says, cookie
    )
    # What the document allows is never the caller's mistake.
    assert not statuses & {400, 413, 415}
    if operation_id == "githubSecretScanning":
        assert statuses == {401}
    elif "{id}" not in OPERATIONS[operation_id].path:
        assert min(statuses) < 300


@pytest.mark.parametrize("operation_id", sorted(set(OPERATIONS) - WITHOUT_INPUT))
def test_bad_requests_are_answered_as_documented(
    managed: LedgerGate, session: requests.Session, holder: str, operation_id: str
) -> None:
    key = key_of(managed, operation_id, holder)
    statuses = exercise(managed, session, key, operation_id, GenerationMode.NEGATIVE)
    assert max(statuses) >= 400


@pytest.mark.parametrize("operation_id", sorted(name for name, one in OPERATIONS.items() if "{subject}" in one.path))
def test_requests_about_tokens_that_are_there_are_answered_as_documented(
    managed: LedgerGate, session: requests.Session, operation_id: str
) -> None:
    number = 0

    def prepare(case: Case) -> None:
        nonlocal number
        number += 1
        keep_what_only_prose_says(case)
        # Whoever is blocked gets no token.
        of_three = number if operation_id == "blockSubject" else number % 3
        token = managed.create(f"{operation_id}-{of_three}", f"token {number}", expires_in=3600)
        case.path_parameters = {"subject": token.subject} | ({"id": token.id} if "id" in case.path_parameters else {})

    statuses = exercise(managed, session, managed.admin_key, operation_id, GenerationMode.POSITIVE, prepare)
    assert statuses & {200, 201, 202}
    assert not statuses & {400, 404, 413, 415}


def test_signed_reports_are_answered_as_documented(
    managed: LedgerGate, session: requests.Session, scanner: Scanner
) -> None:
    session.auth = Signed(scanner)
    leaked = [managed.create("leaky-by-contract", f"token {number}") for number in range(EXAMPLES)]

    def prepare(case: Case) -> None:
        if leaked and isinstance(case.body, list):
            case.body.append({"token": leaked.pop().text, "type": "lychgate_token"})

    statuses = exercise(
        managed, session, managed.admin_key, "githubSecretScanning", GenerationMode.POSITIVE, prepare
    )
    assert statuses == {200}
    assert "reported" in {record["revocation_reason"] for record in managed.tokens("leaky-by-contract")}
