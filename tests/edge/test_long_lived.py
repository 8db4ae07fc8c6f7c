"""WebSockets and event streams end with their token. The gate leaves alone those without a token and those that end by
themselves."""

import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from bare import BareGate
from clients import curl
from gate import REFRESH_SECONDS
from live_origin import DeafSocketOrigin, SocketOrigin, StreamOrigin, event, socket_origin, stream_origin  # noqa: F401
from streaming import Streaming
from waiting import wait_for

# From the publication of a list to the end of what it revokes: the list in memory is as old as one refresh at the look
# before, and the look after it comes another refresh later.
BOUND_SECONDS = 2 * REFRESH_SECONDS + 2

PUBLIC_ROUTES = "public GET /open/{*rest}\n"


@pytest.fixture(scope="module")
def sockets(workshop: Path, keys: str, socket_origin: SocketOrigin) -> Iterator[BareGate]:
    running = BareGate(workshop / "sockets", keys, {"ORIGIN_URL": socket_origin.url, "ROUTES": PUBLIC_ROUTES})
    running.publish("--new")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def streams(workshop: Path, keys: str, stream_origin: StreamOrigin) -> Iterator[BareGate]:
    running = BareGate(workshop / "streams", keys, {"ORIGIN_URL": stream_origin.url})
    running.publish("--new")
    yield running
    running.stop()


def _open(gate: BareGate, path: str, token: object | None, **more: object) -> ClientConnection:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return connect(
        f"ws://{gate.host}{path}", additional_headers=headers, proxy=None, open_timeout=20, max_size=None, **more
    )


def _open_unread(gate: BareGate, path: str, token: object) -> socket.socket:
    """A WebSocket that nobody reads from, with minimal buffers in the system."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect((gate.host.partition(":")[0], gate.port))
    fields = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + 22 * "A" + "=="]
    lines = [f"GET {path} HTTP/1.1", f"Host: {gate.host}", f"Authorization: Bearer {token}", *fields, "", ""]
    connection.sendall("\r\n".join(lines).encode())
    return connection


def _end(connection: ClientConnection, seconds: float) -> tuple[int, str]:
    """The code and reason with which the gate closes it."""
    until = time.monotonic() + seconds
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            connection.recv(timeout=max(0.1, until - time.monotonic()))
    assert closed.value.rcvd is not None, "the connection broke off"
    return closed.value.rcvd.code, closed.value.rcvd.reason


# WebSockets


def test_a_websocket_is_closed_when_its_token_is_revoked(sockets: BareGate, socket_origin: SocketOrigin) -> None:
    revoked, other = sockets.mint("read"), sockets.mint("read")
    socket_origin.closed.clear()
    with _open(sockets, "/echo", revoked) as connection, _open(sockets, "/echo", other) as bystander:
        # It goes on for longer than the bound.
        for _ in range(BOUND_SECONDS + 1):
            connection.send("hello")
            assert connection.recv(timeout=5) == "hello"
            time.sleep(1)
        sockets.publish("--revoke", revoked.id)
        revoked_at = time.monotonic()
        assert _end(connection, BOUND_SECONDS + 1) == (1008, "token_revoked")
        assert time.monotonic() - revoked_at < BOUND_SECONDS
        wait_for(lambda: (1008, "token_revoked") in socket_origin.closed, 5, "the origin to be told")
        time.sleep(BOUND_SECONDS)
        bystander.send("still here")
        assert bystander.recv(timeout=5) == "still here"


def test_a_websocket_that_only_listens_is_closed_too(sockets: BareGate) -> None:
    token = sockets.mint("read")
    with _open(sockets, "/tick", token) as connection:
        assert connection.recv(timeout=5) == "0"
        sockets.publish("--revoke", token.id)
        assert _end(connection, BOUND_SECONDS + 1) == (1008, "token_revoked")


def test_a_websocket_that_its_client_has_closed_is_cut_off_all_the_same(workshop: Path, keys: str) -> None:
    origin = DeafSocketOrigin()
    gate = BareGate(workshop / "half-closed", keys, {"ORIGIN_URL": origin.url})
    gate.publish("--new")
    token = gate.mint("read")
    with socket.create_connection((gate.host.partition(":")[0], gate.port), timeout=BOUND_SECONDS + 1) as client:
        fields = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + 22 * "A" + "=="]
        lines = ["GET /tick HTTP/1.1", f"Host: {gate.host}", f"Authorization: Bearer {token}", *fields, "", ""]
        client.sendall("\r\n".join(lines).encode())
        opened = client.recv(4096)
        assert opened.startswith(b"HTTP/1.1 101 "), opened
        # It has nothing more to say, and goes on reading.
        client.sendall(b"\x88\x82\0\0\0\0\x03\xe8")
        gate.publish("--revoke", token.id)
        until = time.monotonic() + BOUND_SECONDS + 1
        while time.monotonic() < until and b"token_revoked" not in (received := client.recv(4096)):
            assert received, "the connection broke off"
        assert received.endswith(b"\x03\xf0token_revoked"), received
        client.settimeout(1)
        with contextlib.suppress(TimeoutError):
            assert client.recv(4096) == b"", "something comes after the end"
    gate.stop()
    origin.stop()


def test_a_websocket_is_closed_when_its_token_expires(sockets: BareGate) -> None:
    token = sockets.mint("read", expires_in="4s")
    with _open(sockets, "/tick", token) as connection:
        assert _end(connection, 4 + BOUND_SECONDS) == (1008, "token_expired")
        assert time.time() >= token.expires_at


def test_a_websocket_without_a_token_is_left_alone(sockets: BareGate) -> None:
    with _open(sockets, "/open/echo", None) as connection:
        time.sleep(BOUND_SECONDS)
        connection.send("hello")
        assert connection.recv(timeout=5) == "hello"


def test_a_websocket_ends_after_the_longest_time(workshop: Path, keys: str, socket_origin: SocketOrigin) -> None:
    gate = BareGate(workshop / "limited-connections", keys, {"ORIGIN_URL": socket_origin.url, "CONNECTION_SECONDS": "3"})
    try:
        gate.publish("--new")
        with _open(gate, "/tick", gate.mint("read")) as connection:
            began = time.monotonic()
            assert _end(connection, 6) == (1001, "connection_limit")
            assert 2.5 < time.monotonic() - began < 5
    finally:
        gate.stop()


def test_a_websocket_is_closed_while_no_list_is_in_force(workshop: Path, keys: str, socket_origin: SocketOrigin) -> None:
    gate = BareGate(workshop / "unlisted", keys, {"ORIGIN_URL": socket_origin.url})
    try:
        gate.publish("--new", "--valid-for", "6s")
        with _open(gate, "/tick", gate.mint("read")) as connection:
            assert _end(connection, 12) == (1013, "revocations_unavailable")
    finally:
        gate.stop()


@pytest.mark.parametrize("code", [1000, 1001, 1011, 3000, 4321])
def test_each_side_learns_how_the_other_closed(sockets: BareGate, socket_origin: SocketOrigin, code: int) -> None:
    token = sockets.mint("read")
    with _open(sockets, f"/close/{code}", token) as connection:
        assert _end(connection, 10) == (code, "as asked")
    socket_origin.closed.clear()
    with _open(sockets, "/echo", token) as connection:
        connection.close(code, "by the client")
    # Connections of earlier tests may still be closing.
    wait_for(lambda: (code, "by the client") in socket_origin.closed, 5, "the origin to learn of it")


def test_each_side_learns_when_the_other_is_gone(sockets: BareGate, socket_origin: SocketOrigin) -> None:
    token = sockets.mint("read")
    with _open(sockets, "/drop", token) as connection:
        assert _end(connection, 10)[0] == 1011
    socket_origin.closed.clear()
    connection = _open(sockets, "/echo", token)
    connection.socket.shutdown(socket.SHUT_RDWR)
    wait_for(lambda: socket_origin.closed, 10, "the origin to learn of it")
    assert socket_origin.closed[0][0] == 1001


def test_messages_of_every_kind_and_size_arrive_in_order(sockets: BareGate) -> None:
    token = sockets.mint("read")
    for compression in (None, "deflate"):
        with _open(sockets, "/echo", token, compression=compression, subprotocols=["other", "graphql-ws"]) as connection:
            assert connection.subprotocol == "graphql-ws"
            messages = ["", "text", "ünïcode", b"", b"\x00\xff", b"x" * 1_000_000, "y" * 1_000_000, *map(str, range(100))]
            for message in messages:
                connection.send(message)
            assert [connection.recv(timeout=20) for _ in messages] == messages


def test_who_does_not_read_is_cut_off_before_memory_fills(sockets: BareGate) -> None:
    token = sockets.mint("read")
    before = sockets.resident_bytes()
    connections = [_open(sockets, "/flood", token, max_queue=1) for _ in range(4)]
    time.sleep(5)
    assert sockets.resident_bytes() - before < 160 * 1024 * 1024
    for connection in connections:
        connection.socket.close()
    assert curl(f"{sockets.url}/open/x").status != 503


def test_all_who_do_not_read_together_fill_no_memory(workshop: Path, keys: str, socket_origin: SocketOrigin) -> None:
    gate = BareGate(workshop / "slow-readers", keys, {"ORIGIN_URL": socket_origin.url})
    gate.publish("--new")
    with _open(gate, "/echo", gate.mint("read")) as bystander:
        bystander.send("hello")
        assert bystander.recv(timeout=5) == "hello"
        before = gate.resident_bytes()
        slow = []
        for _ in range(4):
            token = gate.mint("read")
            slow += [_open_unread(gate, "/flood", token) for _ in range(10)]
            time.sleep(1)
            # Most of it is what the process has given back to nobody yet.
            assert gate.resident_bytes() - before < 256 * 1024 * 1024
        # Who reads is left alone.
        for message in ("still here", "x" * 1_000_000):
            bystander.send(message)
            assert bystander.recv(timeout=10) == message
    # They are cut off, with what waited for them.
    for connection in slow[:4]:
        connection.settimeout(10)
        with contextlib.suppress(ConnectionResetError):
            while connection.recv(65536):
                pass
    for connection in slow:
        connection.close()
    gate.stop()


def test_a_token_has_so_many_websockets_and_no_more(sockets: BareGate) -> None:
    token, other = sockets.mint("read"), sockets.mint("read")
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(_open(sockets, "/echo", token)) for _ in range(100)]
        with _open(sockets, "/echo", token) as connection:
            assert _end(connection, 5) == (1013, "too_many_connections")
        with _open(sockets, "/echo", other) as connection:
            connection.send("hello")
            assert connection.recv(timeout=5) == "hello"
        held[0].close()
        held[1].socket.shutdown(socket.SHUT_RDWR)
        time.sleep(2)
        for _ in range(2):
            connection = stack.enter_context(_open(sockets, "/echo", token))
            connection.send("hello")
            assert connection.recv(timeout=5) == "hello"


# Event streams


@pytest.mark.parametrize("path", ["/events", "/packed"])
def test_an_event_stream_breaks_off_when_its_token_is_revoked(
    streams: BareGate, stream_origin: StreamOrigin, path: str
) -> None:
    token, left = streams.mint("read"), stream_origin.left
    with Streaming(f"{streams.url}{path}", token) as stream:
        # Events come one by one, at once.
        assert stream.await_bytes(event(0), 2)
        assert stream.await_bytes(event(3), 3)
        time.sleep(BOUND_SECONDS)
        assert stream.is_open()
        streams.publish("--revoke", token.id)
        assert stream.await_end(BOUND_SECONDS + 1), "it goes on"
        assert stream.broke_off()
    wait_for(lambda: stream_origin.left > left, 5, "the origin to learn of it")


def test_an_event_stream_goes_by_a_token_in_x_api_key_too(streams: BareGate) -> None:
    token = streams.mint("read")
    with Streaming(f"{streams.url}/events", token, field="X-Api-Key:") as stream:
        assert not stream.await_end(BOUND_SECONDS)
        streams.publish("--revoke", token.id)
        assert stream.await_end(BOUND_SECONDS + 1) and stream.broke_off()


def test_an_event_stream_breaks_off_when_its_token_expires(streams: BareGate) -> None:
    token = streams.mint("write", expires_in="3s")
    with Streaming(f"{streams.url}/events", token, "--request", "POST") as stream:
        assert stream.await_end(3 + BOUND_SECONDS)
        assert stream.broke_off() and time.time() >= token.expires_at


@pytest.mark.parametrize("path", ["/whole", "/log"])
def test_what_has_an_end_goes_on_to_it(streams: BareGate, path: str) -> None:
    token = streams.mint("read", expires_in="2s")
    with Streaming(f"{streams.url}{path}", token) as stream:
        assert stream.await_end(15)
        assert not stream.broke_off()
        assert time.time() > token.expires_at + 1


def test_the_rest_of_an_event_stream_s_answer_is_as_it_was(streams: BareGate) -> None:
    token = streams.mint("read")
    with Streaming(f"{streams.url}/events", token) as stream:
        assert stream.await_bytes(event(0), 2)
        head = stream.head()
    assert head.status == 200 and head.header("X-Kept") == "yes"
    assert head.header("Content-Type") == "Text/Event-Stream; charset=utf-8"
