"""An origin that is slow, silent, cuts its answers off or never completes them, and clients that leave: no client takes
half an answer for the whole, none waits because of another, and the origin learns when nobody reads a stream any more.

An origin that does not answer at all is in test_origins.py.
"""

import http.client
import socket
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bare import BareGate
from troubled_origin import CUT_AFTER, SLOW_SECONDS, TroubledOrigin, troubled_origin  # noqa: F401
from tool import Token
from waiting import wait_for

# Within how long the origin learns that the client has gone.
LEAVES_WITHIN_SECONDS = 10

# How many uploads break off in each way.
BROKEN_UPLOADS = 20

# What a request through the gate may take beside another's trouble, on a busy machine.
UNDISTURBED_SECONDS = 2


@pytest.fixture(scope="module")
def before_trouble(workshop: Path, keys: str, troubled_origin: TroubledOrigin) -> Iterator[BareGate]:  # noqa: F811
    running = BareGate(workshop / "before-trouble", keys, {"ORIGIN_URL": troubled_origin.url})
    running.publish("--new")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def token(before_trouble: BareGate) -> Token:
    return before_trouble.mint("write")


def _ask(gate: BareGate, path: str, token: object, seconds: float = 20) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(gate.host, timeout=seconds)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        return connection.getresponse()
    except OSError:
        connection.close()
        raise


def _assert_undisturbed(gate: BareGate, token: Token) -> None:
    for sent, status in ((token, 200), ("nonsense", 401)):
        began = time.monotonic()
        answer = _ask(gate, "/fine", sent)
        answer.read()
        assert answer.status == status
        assert time.monotonic() - began < UNDISTURBED_SECONDS


def test_a_slow_answer_arrives_and_delays_no_other(before_trouble: BareGate, token: Token) -> None:
    connection = http.client.HTTPConnection(before_trouble.host, timeout=20)
    began = time.monotonic()
    connection.request("GET", "/slow", headers={"Authorization": f"Bearer {token}"})
    _assert_undisturbed(before_trouble, token)
    assert connection.getresponse().read() == b"done"
    assert SLOW_SECONDS <= time.monotonic() - began < SLOW_SECONDS + UNDISTURBED_SECONDS


def test_a_silent_origin_is_waited_for_and_delays_no_other(
    before_trouble: BareGate, token: Token, troubled_origin: TroubledOrigin  # noqa: F811
) -> None:
    for _ in range(5):
        with pytest.raises(TimeoutError):
            _ask(before_trouble, "/silent", token, seconds=1)
    _assert_undisturbed(before_trouble, token)
    connection = http.client.HTTPConnection(before_trouble.host, timeout=20)
    connection.request("GET", "/silent", headers={"Authorization": f"Bearer {token}"})
    wait_for(lambda: troubled_origin.silent_for == 6, 10, "all requests to reach the origin")
    began = time.monotonic()
    troubled_origin.hangs_up.set()
    answer = connection.getresponse()
    assert (answer.status, answer.headers["X-Error-Code"]) == (502, "origin_unreachable")
    assert time.monotonic() - began < UNDISTURBED_SECONDS
    _assert_undisturbed(before_trouble, token)


@pytest.mark.parametrize("path", ["/cut", "/cut-chunked"])
def test_half_an_answer_is_not_taken_for_the_whole(before_trouble: BareGate, token: Token, path: str) -> None:
    for _ in range(3):
        began = time.monotonic()
        with pytest.raises((http.client.IncompleteRead, ConnectionResetError)) as error:
            _ask(before_trouble, path, token).read()
        assert time.monotonic() - began < UNDISTURBED_SECONDS
        if isinstance(error.value, http.client.IncompleteRead):
            assert error.value.partial in (b"", CUT_AFTER)
    _assert_undisturbed(before_trouble, token)


def test_an_answer_without_end_is_not_kept_and_ends_with_the_client(
    before_trouble: BareGate, token: Token, troubled_origin: TroubledOrigin  # noqa: F811
) -> None:
    answer = _ask(before_trouble, "/endless", token)
    assert answer.status == 200
    for _ in range(64):
        assert len(answer.read(1024 * 1024)) == 1024 * 1024
    # Read no further: what comes is not to pile up in the gate.
    before = before_trouble.resident_bytes()
    time.sleep(2)
    assert before_trouble.resident_bytes() < before + 32 * 1024 * 1024
    _assert_undisturbed(before_trouble, token)
    answer.close()
    assert troubled_origin.left.acquire(timeout=LEAVES_WITHIN_SECONDS), "the origin still answers a client that left"


@pytest.mark.parametrize("leaving", ["closes", "resets", "ends its half"])
@pytest.mark.parametrize(
    "framing", [b"Content-Length: 1000000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n100000\r\n"], ids=["length", "chunked"]
)
def test_an_upload_that_breaks_off_is_no_whole_one_at_the_origin(
    before_trouble: BareGate,
    token: Token,
    troubled_origin: TroubledOrigin,  # noqa: F811
    framing: bytes,
    leaving: str,
    note_figure: Callable[[str], None],
) -> None:
    before = len(troubled_origin.uploads)
    for number in range(BROKEN_UPLOADS):
        asked = troubled_origin.asked
        with socket.create_connection(("127.0.0.1", before_trouble.port), timeout=20) as connection:
            head = f"POST /upload HTTP/1.1\r\nHost: {before_trouble.host}\r\nAuthorization: Bearer {token}\r\n"
            connection.sendall(head.encode() + framing + b"x" * 300_000)
            wait_for(lambda: troubled_origin.asked > asked, 10, "the upload to reach the origin")
            if leaving == "resets":
                # socket(7): lingering for no time at all sends a reset.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            elif leaving == "ends its half":
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass
        wait_for(lambda: len(troubled_origin.uploads) > before + number, LEAVES_WITHIN_SECONDS, "the end of the upload")
    for received, is_whole in troubled_origin.uploads[before:]:
        assert received <= 300_000
        assert not is_whole, "the origin took half an upload for a whole one"
    _assert_undisturbed(before_trouble, token)
    framed = framing.partition(b":")[0].decode()
    note_figure(f"client {leaving} in an upload ({framed}): {BROKEN_UPLOADS} tried, none taken for a whole one")
