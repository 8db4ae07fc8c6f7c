"""An origin that takes a request and does not begin to answer: the client gets an error within ORIGIN_SECONDS of the whole
request, and the gate cuts off no upload or download for being long."""

import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import words
from bare import BareGate
from clients import curl, parse_response
from test_answers import CLIENTS, assert_answer, assert_body
from tool import Token
from troubled_origin import DRIPS, SLOW_SECONDS, TroubledOrigin, troubled_origin  # noqa: F401
from waiting import wait_for

ORIGIN_SECONDS = 2

# What may come on top on a busy machine.
LEEWAY_SECONDS = 2

# Above 64 KiB the time of a body does not count.
LONG_BODY = b"x" * 300_000


@pytest.fixture(scope="module")
def time_limited_gate(workshop: Path, keys: str, troubled_origin: TroubledOrigin) -> Iterator[BareGate]:  # noqa: F811
    variables = {"ORIGIN_URL": troubled_origin.url, "ORIGIN_SECONDS": str(ORIGIN_SECONDS)}
    running = BareGate(workshop / "time_limited_gate", keys, variables)
    running.publish("--new")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def token(time_limited_gate: BareGate) -> Token:
    return time_limited_gate.mint("write")


def _length(body: bytes) -> list[bytes]:
    return [b"Content-Length: %d\r\n\r\n" % len(body), body]


def _chunked(body: bytes) -> list[bytes]:
    return [b"Transfer-Encoding: chunked\r\n\r\n", b"%x\r\n%s\r\n" % (len(body), body), b"0\r\n\r\n"]


def _send(gate: BareGate, token: Token, path: str, parts: list[bytes], pause: float = 0) -> tuple[bytes, float]:
    """The response to a POST that is sent in parts, and the time from the last part to the response."""
    head = f"POST {path} HTTP/1.1\r\nHost: {gate.host}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n"
    with socket.create_connection(("127.0.0.1", gate.port), timeout=30) as connection:
        connection.sendall(head.encode())
        for part in parts:
            connection.sendall(part)
            time.sleep(pause if part is not parts[-1] else 0)
        sent = time.monotonic()
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
        return received, time.monotonic() - sent


def _assert_timed_out(received: bytes) -> None:
    head, _, body = received.partition(b"\r\n\r\n")
    answer = parse_response(head + b"\r\n\r\n", body)
    assert (answer.status, answer.code) == (504, "origin_timeout")
    # It may have been done: nobody is asked to send it again.
    assert answer.header("Retry-After") is None


@pytest.mark.parametrize("client", CLIENTS)
def test_each_client_is_told_in_its_form(time_limited_gate: BareGate, token: Token, client: str) -> None:
    mark = time_limited_gate.log_mark()
    began = time.monotonic()
    answer = curl(f"{time_limited_gate.url}/silent", token=token, headers=CLIENTS[client])
    assert ORIGIN_SECONDS <= time.monotonic() - began < ORIGIN_SECONDS + LEEWAY_SECONDS
    assert_answer(answer, client, 504, "origin_timeout", words.ORIGIN_TIMEOUT)
    assert_body(answer, client, 504, "origin_timeout", words.ORIGIN_TIMEOUT)
    assert answer.header("Retry-After") == "5"
    (line,) = time_limited_gate.log_lines_since(mark)
    assert (line["event"], line["code"], line["status"]) == ("failed", "origin_timeout", 504)


def test_none_of_many_hangs_and_the_origin_is_left(
    time_limited_gate: BareGate,
    token: Token,
    troubled_origin: TroubledOrigin,  # noqa: F811
    note_figure: Callable[[str], None],
) -> None:
    asked, left = troubled_origin.silent_for, troubled_origin.silent_left
    took: list[float] = []
    bodies = [_length(b""), _length(b"short"), _length(LONG_BODY), _chunked(b"short"), _chunked(LONG_BODY)]

    def ask(parts: list[bytes]) -> None:
        received, seconds = _send(time_limited_gate, token, "/silent", parts)
        _assert_timed_out(received)
        took.append(seconds)

    threads = [threading.Thread(target=ask, args=[bodies[number % len(bodies)]]) for number in range(100)]
    for thread in threads:
        thread.start()
    # Others are served meanwhile.
    began = time.monotonic()
    assert curl(f"{time_limited_gate.url}/fine", token=token).status == 200
    assert time.monotonic() - began < LEEWAY_SECONDS
    for thread in threads:
        thread.join(30)
    assert len(took) == len(threads)
    assert max(took) < ORIGIN_SECONDS + LEEWAY_SECONDS
    assert troubled_origin.silent_for == asked + len(threads)
    wait_for(lambda: troubled_origin.silent_left == left + len(threads), 10, "the gate to leave the silent origin")
    note_figure(
        f"origin never answers: {len(took)} requests, all told 504, the last {max(took):.1f} s after its last byte with "
        f"ORIGIN_SECONDS = {ORIGIN_SECONDS}"
    )


@pytest.mark.parametrize("framed", [_length, _chunked], ids=["length", "chunked"])
def test_a_long_upload_takes_its_time_and_only_then_does_the_origin_s_begin(
    time_limited_gate: BareGate,
    token: Token,
    troubled_origin: TroubledOrigin,  # noqa: F811
    framed: Callable[[bytes], list[bytes]],
) -> None:
    head, *rest = framed(LONG_BODY)
    whole = b"".join(rest)
    step = len(whole) // 5
    parts = [head, *(whole[at : at + step] for at in range(0, len(whole), step))]
    pause = 1.2 * ORIGIN_SECONDS / 5
    before = len(troubled_origin.uploads)
    received, _ = _send(time_limited_gate, token, "/upload", parts, pause)
    assert received.startswith(b"HTTP/1.1 200 ")
    assert troubled_origin.uploads[before:] == [(len(LONG_BODY), True)]
    received, seconds = _send(time_limited_gate, token, "/silent", parts, pause)
    _assert_timed_out(received)
    assert ORIGIN_SECONDS <= seconds + 0.1 < ORIGIN_SECONDS + LEEWAY_SECONDS


def test_an_answer_that_has_begun_may_take_as_long_as_it_likes(time_limited_gate: BareGate, token: Token) -> None:
    began = time.monotonic()
    answer = curl(f"{time_limited_gate.url}/dripping", token=token)
    assert (answer.status, answer.body) == (200, b"." * DRIPS)
    assert time.monotonic() - began >= DRIPS > ORIGIN_SECONDS


def test_a_batch_that_the_gate_has_read_is_bounded_too(time_limited_gate: BareGate, token: Token) -> None:
    body = b'{"operation":"download","objects":[]}'
    received, _ = _send(time_limited_gate, token, "/acme/silent.git/info/lfs/objects/batch", _length(body))
    _assert_timed_out(received)


def test_without_a_limit_the_origin_is_waited_for(
    workshop: Path, keys: str, troubled_origin: TroubledOrigin  # noqa: F811
) -> None:
    assert SLOW_SECONDS > ORIGIN_SECONDS
    gate = BareGate(workshop / "patient", keys, {"ORIGIN_URL": troubled_origin.url, "ORIGIN_SECONDS": "0"})
    try:
        gate.publish("--new")
        connection = http.client.HTTPConnection(gate.host, timeout=20)
        connection.request("GET", "/slow", headers={"Authorization": f"Bearer {gate.mint('read')}"})
        assert connection.getresponse().status == 200
    finally:
        gate.stop()


def test_a_slow_answer_is_cut_where_it_has_not_begun(time_limited_gate: BareGate, token: Token) -> None:
    answer = curl(f"{time_limited_gate.url}/slow", token=token)
    assert (answer.status, answer.code) == (504, "origin_timeout")
