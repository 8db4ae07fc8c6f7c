"""The refusals of the gate in clients that take long to install: JGit, transformers and datasets.

`tests/edge/test_refusals_in_clients.py` has the others.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import tool
from clients import Person
from origin import Origin
from refusing import SITUATIONS, RefusedRequest, RefusingGate, message, new_refusing_gate, tokens_by_situation
from surroundings import REPOSITORY, program


@pytest.fixture(scope="module")
def refusing(workshop: Path, keys: str) -> Iterator[RefusingGate]:
    origin = Origin(workshop / "origin-of-clients", keys)
    running = new_refusing_gate(workshop / "refusing", keys, origin.url)
    yield running
    running.stop()
    origin.stop()


@pytest.fixture(scope="module")
def tokens(refusing: RefusingGate) -> dict[str, tool.Token | None]:
    return tokens_by_situation(refusing)


# Debian's command line of JGit does not start, so a small program uses the library.
JGIT_PROGRAM = str(REPOSITORY / "tests/origins/support/JGitClient.java")
JGIT_CLASSES = ":".join(f"/usr/share/java/{name}.jar" for name in ("org.eclipse.jgit", "slf4j-api", "jsch"))


def _jgit(request: RefusedRequest) -> str:
    url = f"{request.gate.url}/acme/widget"
    does = "write" if request.writes else "read"
    token = [] if request.token is None else [request.token]
    folder = str(request.person.home / "repository")
    return request.run(program("java"), "-cp", JGIT_CLASSES, JGIT_PROGRAM, does, url, folder, *token)


# The libraries wait before they try again.
WITHOUT_WAITING = "import time; time.sleep = lambda _seconds: None\n"


def _python(request: RefusedRequest, reads: str, writes: str) -> str:
    token = {} if request.token is None else {"HF_TOKEN": request.token}
    script = WITHOUT_WAITING + (writes if request.writes else reads)
    variables = {"HF_ENDPOINT": request.gate.url, "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1"} | token
    return request.run(sys.executable, "-c", script, **variables)


def _transformers(request: RefusedRequest) -> str:
    return _python(
        request,
        reads="from transformers import AutoConfig; AutoConfig.from_pretrained('acme/widget')",
        writes="from transformers import BertConfig; BertConfig().push_to_hub('acme/widget')",
    )


def _datasets(request: RefusedRequest) -> str:
    return _python(
        request,
        reads="from datasets import load_dataset; load_dataset('acme/corpus')",
        writes="from datasets import Dataset; Dataset.from_dict({'x': [1]}).push_to_hub('acme/corpus')",
    )


CLIENTS: dict[str, Callable[[RefusedRequest], str]] = {
    "jgit": _jgit,
    "transformers": _transformers,
    "datasets": _datasets,
}

# What a client shows in place of the gate's message.
OWN_WORDS = {
    ("jgit", "none"): "Authentication is required but no CredentialsProvider has been registered",
    ("jgit", "forged"): "not authorized",
    ("jgit", "expired"): "not authorized",
    ("jgit", "revoked"): "not authorized",
    ("jgit", "role"): "git-receive-pack not permitted on",
    ("jgit", "unavailable"): "503 Service Unavailable",
}


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("client", CLIENTS)
def test_a_person_reads_why(
    refusing: RefusingGate, tokens: dict[str, tool.Token | None], tmp_path: Path, client: str, situation: str
) -> None:
    if client == "jgit" and sys.platform != "linux":
        pytest.skip("JGit comes from Debian's packages")
    token = tokens[situation]
    request = RefusedRequest(refusing, token.text if token else None, situation == "role", Person(tmp_path))
    shown = CLIENTS[client](request)
    assert OWN_WORDS.get((client, situation), message(situation, token)) in shown
