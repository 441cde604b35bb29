"""The running front, with clients that misbehave on real connections."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from urllib.parse import urlsplit

import pytest
import requests

from tests.plugins.server import LiveRegistry, StartRegistry

pytestmark = [pytest.mark.once, pytest.mark.xdist_group("front")]

#: Seconds after which a test gives up; nothing should take nearly as long.
PATIENCE = 60
CONNECTIONS = 20


@pytest.fixture(scope="module")
def registry(start_registry: StartRegistry) -> LiveRegistry:
    """Return a registry with short timeouts and few connections."""
    return start_registry(
        REGISTRY_IDLE_SECONDS="1", REGISTRY_CONNECTIONS=str(CONNECTIONS)
    )


@pytest.fixture
def connections(registry: LiveRegistry) -> Iterator[Connections]:
    """Return connections that are closed at the end of the test."""
    with ExitStack() as stack:
        yield Connections(registry, stack)


def address_of(registry: LiveRegistry) -> tuple[str, int]:
    """Return the host and port of a registry."""
    address = urlsplit(registry.url)
    return str(address.hostname), int(address.port or 80)


class Connections:
    """Raw connections to a registry."""

    def __init__(self, registry: LiveRegistry, stack: ExitStack) -> None:
        self.address = address_of(registry)
        self._stack = stack

    def open(self, *sent: bytes, source: str = "127.0.0.1") -> socket.socket:
        """Connect and send data; ``source`` is the local address."""
        connection = socket.create_connection(
            self.address, timeout=PATIENCE, source_address=(source, 0)
        )
        self._stack.callback(connection.close)
        for data in sent:
            connection.sendall(data)
        return connection


def all_of(connection: socket.socket) -> bytes:
    """Return everything that is received until the server closes the connection."""
    received = b""
    with suppress(ConnectionResetError):
        while data := connection.recv(65536):
            received += data
    return received


def request(method: str, path: str, *headers: str) -> bytes:
    """Return the head of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def stored(registry: LiveRegistry, data: bytes) -> str:
    """Upload a file; return its SHA-1."""
    sha1 = hashlib.sha1(data, usedforsecurity=False).hexdigest()
    me = {"Authorization": f"token {registry.token()}"}
    asked = requests.post(
        f"{registry.url}/api/data/{sha1}", headers=me, timeout=PATIENCE
    )
    answer = requests.put(asked.json()["url"], data=data, timeout=PATIENCE)
    assert answer.status_code == 201, answer.text
    return sha1


CLOSE = "Connection: close"
JSON = "Content-Type: application/json"
CHUNKED = "Transfer-Encoding: chunked"


@pytest.mark.parametrize(
    "path, headers, status",
    [
        ("/api/object/", [JSON, "Content-Length: 100"], 403),
        ("/api/object/", [JSON, "Content-Length: 100", "Authorization: token x"], 401),
        ("/api/object/", [JSON, "Transfer-Encoding: chunked"], 403),
        ("/nowhere", [JSON, "Content-Length: 1000000000"], 404),
        ("/api/ro-crate/", ["Content-Type: application/zip", "Content-Length: 9"], 403),
    ],
)
def test_requests_are_rejected_before_their_bodies_arrive(
    connections: Connections, path: str, headers: list[str], status: int
) -> None:
    connection = connections.open(request("POST", path, *headers))
    assert all_of(connection).startswith(f"HTTP/1.1 {status} ".encode())


def test_a_body_too_large_for_an_anonymous_client_is_rejected_immediately(
    connections: Connections, registry: LiveRegistry
) -> None:
    cookie = requests.get(f"{registry.url}/sign-in", timeout=PATIENCE).cookies
    sent = "; ".join(f"{name}={value}" for name, value in cookie.items())
    form = "Content-Type: application/x-www-form-urlencoded"
    head = request(
        "POST", "/sign-in", form, "Content-Length: 100000000", f"Cookie: {sent}"
    )
    assert b" 413 " in all_of(connections.open(head))[:20]


def test_the_connection_closes_if_headers_do_not_arrive(registry: LiveRegistry) -> None:
    """The timeout for headers is that of idle connections: 15 seconds."""
    with socket.create_connection(address_of(registry), PATIENCE) as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: ")
        assert all_of(connection) == b""


def test_a_body_that_arrives_too_slowly_gets_408(
    connections: Connections, registry: LiveRegistry
) -> None:
    head = request(
        "POST",
        "/api/object/",
        JSON,
        "Content-Length: 100",
        f"Authorization: token {registry.token()}",
    )
    assert all_of(connections.open(head, b"{")).startswith(b"HTTP/1.1 408 ")


def test_above_the_limit_the_connection_idle_longest_is_closed(
    connections: Connections, registry: LiveRegistry
) -> None:
    idle = [connections.open() for _ in range(3 * CONNECTIONS)]
    assert requests.get(f"{registry.url}/livez", timeout=PATIENCE).text == "alive\n"
    assert [all_of(one) for one in idle[:CONNECTIONS]] == [b""] * CONNECTIONS
    idle[-1].sendall(request("GET", "/livez", "Connection: close"))
    assert b"alive" in all_of(idle[-1])


def test_above_the_limit_the_network_with_most_connections_loses_one(
    connections: Connections, registry: LiveRegistry
) -> None:
    """Each client has sent half a request, so that no connection is idle."""
    form = "Content-Type: application/x-www-form-urlencoded"
    half = request("POST", "/o/token", form, "Content-Length: 50") + b"a"
    held = [connections.open(half, source="127.0.0.3") for _ in range(CONNECTIONS)]
    mine = connections.open(half)
    more = [connections.open(half, source="127.0.0.3") for _ in range(CONNECTIONS)]
    answer = requests.get(f"{registry.url}/livez", timeout=PATIENCE)
    assert answer.text == "alive\n"
    # slow, but not pushed out
    assert all_of(mine).startswith(b"HTTP/1.1 408 ")
    gone = [one for one in held + more if all_of(one) == b""]
    assert len(gone) > CONNECTIONS


def test_a_half_closed_client_gets_its_response(
    connections: Connections,
) -> None:
    connection = connections.open(request("GET", "/livez", "Connection: close"))
    connection.shutdown(socket.SHUT_WR)
    assert all_of(connection).endswith(b"alive\n")


def test_a_half_closed_connection_ends_after_its_responses(
    connections: Connections,
) -> None:
    """It does not stay open until the keep-alive timeout."""
    connection = connections.open(2 * request("GET", "/livez"))
    connection.settimeout(10)
    connection.shutdown(socket.SHUT_WR)
    assert all_of(connection).count(b"alive\n") == 2


@pytest.mark.parametrize(
    "kind", [JSON, "Content-Type: multipart/form-data; boundary=x"]
)
def test_an_incomplete_upload_is_rejected_and_leaves_no_files(
    connections: Connections, registry: LiveRegistry, kind: str
) -> None:
    objects = f"{registry.url}/api/object/"
    before = requests.get(objects, timeout=PATIENCE).json()["count"]
    key = f"Authorization: token {registry.token()}"
    head = request("POST", "/api/object/", kind, key, "Content-Length: 100")
    connection = connections.open(head, b'{"description": "half"}')
    connection.shutdown(socket.SHUT_WR)
    assert all_of(connection).startswith(b"HTTP/1.1 400 ")
    assert requests.get(objects, timeout=PATIENCE).json()["count"] == before


@pytest.mark.parametrize("chunk", [b"zz\r\n", b"-1\r\n", b'2\r\n{"x\r\n', b"2;\n{}\n"])
def test_a_malformed_chunk_is_rejected(
    connections: Connections, registry: LiveRegistry, chunk: bytes
) -> None:
    key = f"Authorization: token {registry.token()}"
    head = request("POST", "/api/object/", JSON, key, "Transfer-Encoding: chunked")
    assert all_of(connections.open(head, chunk)).startswith(b"HTTP/1.1 400 ")


def test_rejected_long_bodies_hold_no_upload_slots(
    connections: Connections, registry: LiveRegistry
) -> None:
    chunk = b"100000\r\n" + b"a" * (1 << 20) + b"\r\n"
    for path, key in (("/crates/", ""), ("/api/ro-crate/", registry.token())):
        for _ in range(6):
            head = request("POST", path, JSON, f"Authorization: token {key}", CHUNKED)
            connection = connections.open(head)
            with suppress(ConnectionError):
                for _ in range(40):
                    connection.sendall(chunk)
            assert all_of(connection)[:13] in {b"HTTP/1.1 413 ", b"HTTP/1.1 403 "}
    assert stored(registry, os.urandom(5_000_000))


def test_a_content_length_of_thousands_of_digits_is_rejected(
    connections: Connections,
) -> None:
    head = request("POST", "/api/object/", JSON, f"Content-Length: {'9' * 6000}")
    assert all_of(connections.open(head)).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "head, status",
    [
        (request("GET", f"/{'a' * 9000}"), b"414 URI Too Long"),
        (
            request("GET", "/", f"X-Long: {'a' * 70000}"),
            b"431 Request Header Fields Too Large",
        ),
        (request("GET", "/", "Bad Name: x"), b"400 Bad Request"),
        (
            request("POST", "/api/object/", JSON, "Transfer-Encoding: gzip, chunked"),
            b"501 Not Implemented",
        ),
        (
            request("POST", "/api/object/", JSON, "Transfer-Encoding: gzip")
            + b"0\r\n\r\n",
            b"400 Bad Request",
        ),
    ],
    ids=["address", "headers", "name", "coding", "no end"],
)
def test_the_servers_own_errors_have_the_format_of_the_api(
    connections: Connections, head: bytes, status: bytes
) -> None:
    answer, _, body = all_of(connections.open(head)).partition(b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 " + status + b"\r\n")
    assert b"content-type: application/json" in answer
    assert set(json.loads(body)) == {"detail"}


def test_not_modified_has_no_content_length(
    connections: Connections, registry: LiveRegistry
) -> None:
    data = b"a file of which a browser has a copy\n"
    sha1 = stored(registry, data)
    head = request("GET", f"/data/{sha1}", f'If-None-Match: "{sha1}"', CLOSE)
    answer = all_of(connections.open(head))
    assert answer.startswith(b"HTTP/1.1 304 Not Modified\r\n")
    assert b"content-length" not in answer.lower()
    part = request("GET", f"/data/{sha1}", "Range: bytes=1000-", CLOSE)
    answer = all_of(connections.open(part))
    assert answer.startswith(b"HTTP/1.1 416 ")
    assert b"Unknown" not in answer.partition(b"\r\n")[0]


def test_a_chunked_body_is_read(registry: LiveRegistry) -> None:
    answer = requests.post(
        f"{registry.url}/api/object/",
        data=iter([b'{"description":', b'"in chunks"}']),
        headers={
            "Authorization": f"token {registry.token()}",
            "Content-Type": "application/json",
        },
        timeout=PATIENCE,
    )
    assert answer.status_code == 201
    assert answer.json()["description"] == "in chunks"


def test_a_terminated_server_finishes_its_requests(
    start_registry: StartRegistry,
) -> None:
    registry = start_registry()
    address = address_of(registry)
    key = f"Authorization: token {registry.token()}"
    head = request("POST", "/api/object/", JSON, key, "Content-Length: 22")
    with (
        socket.create_connection(address, PATIENCE) as idle,
        socket.create_connection(address, PATIENCE) as busy,
    ):
        busy.sendall(head + b'{"description": ')
        time.sleep(0.5)
        os.kill(registry.pid, signal.SIGTERM)
        # idle connections end at once, though their clients stay
        assert all_of(idle) == b""
        busy.sendall(b'"end"}')
        assert all_of(busy).startswith(b"HTTP/1.1 201 ")
