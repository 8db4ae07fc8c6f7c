"""Bodies in both directions: of any size and form, unchanged, and not buffered in memory."""

import hashlib
import json
import os
import socket
import threading
from pathlib import Path

import pytest

import words
from bare import BareGate
from clients import Person, create_repository, curl
from conftest import Tokens
from gate import Gate, Memory
from waiting import wait_for
from witness import Witness

MIB = 1024 * 1024

# As much as the gate reads of a git-lfs batch.
BATCH_LIMIT = MIB

# By how much the peak may differ between a small and a large body: buffers and garbage, not the body.
SLACK = 48 * MIB


def _in_mib(memory: Memory) -> str:
    return f"resident {memory.resident // MIB} MiB, peak {memory.peak // MIB} MiB"


# Uploads


def test_passes_a_chunked_upload_on(gate: Gate, tokens: Tokens, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(os.urandom(3 * MIB + 17))
    answer = curl(
        f"{gate.url}/sink", "--upload-file", str(file), "--request", "POST", token=tokens.write,
        headers=["Transfer-Encoding: chunked", "Expect:"],
    )  # fmt: skip
    assert (answer.status, json.loads(answer.text)) == (200, {"bytes": 3 * MIB + 17})


def test_passes_an_upload_on_whose_client_waits_for_100_continue(gate: Gate, tokens: Tokens, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(os.urandom(2 * MIB))
    # Without an answer to Expect, curl would wait that long before it sends the body.
    answer = curl(
        f"{gate.url}/sink", "--upload-file", str(file), "--request", "POST", "--expect100-timeout", "20",
        token=tokens.write, headers=["Expect: 100-continue"], seconds=15,
    )  # fmt: skip
    assert (answer.status, json.loads(answer.text)) == (200, {"bytes": 2 * MIB})


@pytest.mark.parametrize("target", ["/sink", "/acme/widget.git/info/lfs/objects/batch"])
def test_refuses_an_upload_before_its_body_was_sent(bare: BareGate, target: str) -> None:
    # The body never comes: an answer shows that nobody waits for it. wrangler dev would wait, in a Worker of its own.
    with socket.create_connection(("127.0.0.1", bare.port), timeout=20) as connection:
        head = f"POST {target} HTTP/1.1\r\nHost: {bare.host}\r\nContent-Length: {2**40}\r\nExpect: 100-continue\r\n\r\n"
        connection.sendall(head.encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize("arguments", [["--data", ""], ["--request", "POST"]], ids=["length-0", "no-body"])
def test_passes_an_empty_body_on(gate: Gate, tokens: Tokens, arguments: list[str]) -> None:
    answer = curl(f"{gate.url}/sink", *arguments, token=tokens.write)
    assert (answer.status, json.loads(answer.text)) == (200, {"bytes": 0})


def test_passes_each_byte_on(witnessed: Gate, witness: Witness) -> None:
    body = bytes(range(256)) * 5000
    token = witnessed.mint("write")
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = curl(
            f"{witnessed.url}/anything", "--request", method, "--data-binary", "@-", token=token, stdin=body,
            headers=["Content-Type: application/x-odd", "Content-Encoding: gzip"],
        )  # fmt: skip
        assert answer.status == 200
        seen = witness.last()
        assert (seen.method, seen.body) == (method, body)
        assert seen.all("Content-Type") == ["application/x-odd"]
        assert seen.all("Content-Encoding") == ["gzip"]


def test_an_upload_that_breaks_off_leaves_the_gate_healthy(gate: Gate, tokens: Tokens) -> None:
    mark = gate.log_mark()
    for framing in (f"Content-Length: {64 * MIB}\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n100000\r\n"):
        with socket.create_connection(("127.0.0.1", gate.port), timeout=20) as connection:
            head = f"POST /sink HTTP/1.1\r\nHost: {gate.host}\r\nAuthorization: Bearer {tokens.write}\r\n"
            connection.sendall(head.encode() + framing.encode() + os.urandom(MIB // 2))
        answer = curl(f"{gate.url}/sink", "--data", "after", token=tokens.write)
        assert (answer.status, json.loads(answer.text)) == (200, {"bytes": 5})
    assert not [line for line in gate.log_lines_since(mark) if line["code"] == "gate_trapped"]


def test_a_download_that_breaks_off_leaves_the_gate_healthy(gate: Gate, tokens: Tokens) -> None:
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", gate.port), timeout=20) as connection:
            head = f"GET /stream/{64 * MIB} HTTP/1.1\r\nHost: {gate.host}\r\nAuthorization: Bearer {tokens.read}\r\n\r\n"
            connection.sendall(head.encode())
            assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")
    assert curl(f"{gate.url}/stream/100", token=tokens.read).body == b"." * 100


# Large bodies


def _push_random_data(gate: Gate, tokens: Tokens, person: Person, mebibytes: int) -> Memory:
    """The gate's memory after a push of an incompressible file. A clone shows that the file arrived."""
    url = create_repository(gate.url, tokens.write, f"push-{mebibytes}")
    person.store_password(gate.url, tokens.write)
    person.git("clone", "--quiet", url, f"in-{mebibytes}").succeeded()
    clone = person.home / f"in-{mebibytes}"
    # No time on looking for what does not compress.
    person.git("config", "--global", "core.compression", "0")
    person.git("config", "--global", "pack.window", "0")
    person.git("config", "--global", "core.bigFileThreshold", "1m")
    digest = hashlib.sha256()
    with (clone / "random.bin").open("wb") as file:
        for _ in range(mebibytes):
            block = os.urandom(MIB)
            digest.update(block)
            file.write(block)
    person.git("add", "random.bin", cwd=clone).succeeded()
    person.git("commit", "--quiet", "--message", "Add much", cwd=clone).succeeded()
    gate.forget_memory_peak()
    person.git("push", "--quiet", "origin", "HEAD:main", cwd=clone, seconds=180).succeeded()
    memory = gate.workerd_memory()
    person.git("clone", "--quiet", url, f"out-{mebibytes}", seconds=180).succeeded()
    with (person.home / f"out-{mebibytes}/random.bin").open("rb") as file:
        assert hashlib.file_digest(file, "sha256").digest() == digest.digest()
    return memory


def test_memory_does_not_grow_with_what_is_pushed(
    gate: Gate, tokens: Tokens, person: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    small = _push_random_data(gate, tokens, person, 20)
    large = _push_random_data(gate, tokens, person, 200)
    with capsys.disabled():
        print(f"\n  push of 20 MiB: {_in_mib(small)}; of 200 MiB: {_in_mib(large)}", end=" ")
    assert large.peak < small.peak + SLACK


def test_memory_does_not_grow_with_what_is_downloaded(
    gate: Gate, tokens: Tokens, capsys: pytest.CaptureFixture[str]
) -> None:
    memory = {}
    for mebibytes in (20, 200):
        gate.forget_memory_peak()
        answer = curl(f"{gate.url}/stream/{mebibytes * MIB}", token=tokens.read)
        assert (answer.status, len(answer.body)) == (200, mebibytes * MIB)
        memory[mebibytes] = gate.workerd_memory()
    with capsys.disabled():
        print(f"\n  download of 20 MiB: {_in_mib(memory[20])}; of 200 MiB: {_in_mib(memory[200])}", end=" ")
    assert memory[200].peak < memory[20].peak + SLACK


# The one body that the gate reads: a git-lfs batch


def _batch(operation: str, length: int) -> bytes:
    """A batch body of exactly this many bytes."""
    body = json.dumps({"operation": operation, "transfers": ["basic"], "objects": []}).encode()
    return body[:-1] + b" " * (length - len(body)) + body[-1:]


def _post_batch(gate: Gate | BareGate, token: object, body: bytes, *headers: str):
    path = "/acme/widget.git/info/lfs/objects/batch"
    lfs = ["Content-Type: application/vnd.git-lfs+json", "Accept: application/vnd.git-lfs+json"]
    return curl(gate.url + path, "--data-binary", "@-", token=token, stdin=body, headers=[*lfs, *headers])


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("length", [200, BATCH_LIMIT - 1, BATCH_LIMIT])
def test_passes_a_batch_of_up_to_a_mebibyte_on_unchanged(
    front: Gate | BareGate, witness: Witness, length: int, framing: str
) -> None:
    chunked = ["Transfer-Encoding: chunked"] if framing == "chunked" else []
    body = _batch("download", length)
    assert len(body) == length
    assert _post_batch(front, front.mint("read"), body, *chunked).status == 200
    seen = witness.last()
    assert seen.body == body
    assert seen.all("X-Lychgate-Access") == ["read"]
    assert seen.all("Content-Type") == ["application/vnd.git-lfs+json"]


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("length", [BATCH_LIMIT + 1, 3 * BATCH_LIMIT])
def test_refuses_a_batch_of_more_than_a_mebibyte(
    front: Gate | BareGate, witness: Witness, length: int, framing: str
) -> None:
    chunked = ["Transfer-Encoding: chunked"] if framing == "chunked" else []
    reached = len(witness.seen)
    answer = _post_batch(front, front.mint("write"), _batch("download", length), *chunked)
    assert (answer.status, answer.code) == (413, "body_too_large")
    assert json.loads(answer.text) == {"message": words.BODY_TOO_LARGE}
    assert len(witness.seen) == reached


@pytest.mark.parametrize(
    ("body", "access"),
    [
        (b'{"operation":"download"}', "read"),
        (b'{"operation":"upload"}', "write"),
        (b'{"operation":"download","operation":"upload"}', "write"),
        (b'{"Operation":"download"}', "write"),
        (b'{"operation":"verify"}', "write"),
        (b"not json", "write"),
        (b"", "write"),
    ],
)
def test_judges_a_batch_by_its_operation(
    front: Gate | BareGate, witness: Witness, body: bytes, access: str
) -> None:
    reached = len(witness.seen)
    refused_or_not = _post_batch(front, front.mint("read"), body)
    if access == "read":
        assert refused_or_not.status == 200
    else:
        assert (refused_or_not.status, refused_or_not.code) == (403, "role_insufficient")
        assert len(witness.seen) == reached
    assert _post_batch(front, front.mint("write"), body).status == 200
    assert witness.last().all("X-Lychgate-Access") == [access]
    assert witness.last().body == body


def test_many_bodies_at_once_stay_apart(gate: Gate, tokens: Tokens) -> None:
    results: dict[int, object] = {}

    def send(number: int) -> None:
        body = b"x" * (number * 100_003)
        results[number] = json.loads(
            curl(f"{gate.url}/sink", "--data-binary", "@-", token=tokens.write, stdin=body).text
        )

    threads = [threading.Thread(target=send, args=[number]) for number in range(1, 13)]
    for thread in threads:
        thread.start()
    wait_for(lambda: not any(thread.is_alive() for thread in threads), 60, "all uploads to end")
    assert results == {number: {"bytes": number * 100_003} for number in range(1, 13)}
