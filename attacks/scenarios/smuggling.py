"""Request smuggling: ambiguous requests (RFC 9112, sections 5 to 7 and 11).

If a proxy and a server disagree about where a request ends, one client can insert
requests for another. So each of these must be rejected, and what follows it on the
connection must never be answered as a request.
"""

from __future__ import annotations

import asyncio
import re

from attacks.connection import CLOSED
from attacks.event_loops import run_coroutine
from attacks.findings import Finding
from attacks.target import Target

#: Seconds within which a malformed request must be answered or its connection closed.
TIMEOUT = 15
#: Outcomes that reject a malformed request.
REFUSALS = frozenset({"400", "411", "413", "414", "431", "501", "505", CLOSED})
NO_ANSWER = b"no answer"
#: Bytes of headers that no server should receive.
MAX_RECEIVED = 16 * 2**20

_CHUNKED = "Transfer-Encoding: chunked"
#: The registry repeats this request header in its response.
_MARK = "smuggled-request"
_HIDDEN = f"GET /livez HTTP/1.1\r\nHost: {{host}}\r\nX-Request-Id: {_MARK}\r\n\r\n"


def shapes(target: Target) -> dict[str, bytes]:
    """Return malformed requests by what is wrong; a hidden request follows each."""
    return {name: made.encode("latin-1") for name, made in _all_shapes(target)}


def _all_shapes(target: Target) -> list[tuple[str, str]]:
    host = target.host
    hidden = _HIDDEN.format(host=host)
    headers = [
        (name, _build_post(target, lines, f"0\r\n\r\n{hidden}"))
        for name, lines in _LENGTHS
    ]
    chunks = [
        (f"chunk {name}", _build_post(target, [_CHUNKED], f"{chunk}0\r\n\r\n{hidden}"))
        for name, chunk in _CHUNKS
    ]
    lines = [(name, start.format(host=host) + hidden) for name, start in _LINES]
    return headers + chunks + lines


def _build_post(target: Target, headers: list[str], body: str) -> str:
    """Return a request whose body the registry would read."""
    start = (
        "POST /api/object/ HTTP/1.1",
        f"Host: {target.host}",
        f"Authorization: token {target.token}",
        "Content-Type: application/json",
    )
    return "\r\n".join((*start, *headers, "", "")) + body


#: Headers without one clear length.
_LENGTHS = [
    ("length and chunks", ["Content-Length: 5", _CHUNKED]),
    ("chunks and length", [_CHUNKED, "Content-Length: 5"]),
    ("two lengths", ["Content-Length: 5", "Content-Length: 6"]),
    ("two lengths in a list", ["Content-Length: 5, 6"]),
    ("length with a sign", ["Content-Length: +5"]),
    ("negative length", ["Content-Length: -1"]),
    ("hexadecimal length", ["Content-Length: 0x5"]),
    ("length with an underscore", ["Content-Length: 0_5"]),
    ("length of other digits", ["Content-Length: \xb2"]),
    ("empty length", ["Content-Length:"]),
    ("unknown coding", ["Transfer-Encoding: xchunked"]),
    ("chunks before the last coding", ["Transfer-Encoding: chunked, gzip"]),
    ("chunks twice", [_CHUNKED, _CHUNKED]),
    ("coding after a vertical tab", ["Transfer-Encoding: \x0bchunked"]),
    ("identity and length", ["Transfer-Encoding: identity", "Content-Length: 5"]),
    ("space before the colon", ["Transfer-Encoding : chunked"]),
    ("space before the colon of a length", ["Content-Length : 5"]),
    ("header that goes on in a second line", ["X-Folded: a", " b"]),
    ("length that goes on in a second line", ["Content-Length: 1", " 0"]),
    ("header without a colon", ["Transfer-Encoding chunked"]),
    ("header without a name", [": chunked"]),
    ("carriage return in a header", ["X-A: a\rContent-Length: 5"]),
    ("zero byte in a header", ["X-A: a\x00b"]),
    ("name that is no token", ["X(A): a"]),
]

#: Chunks without one clear size; a last chunk and a hidden request follow.
_CHUNKS = [
    ("size in 0x", "0x1\r\nx\r\n"),
    ("size with a sign", "+1\r\nx\r\n"),
    ("negative size", "-1\r\nx\r\n"),
    ("size with an underscore", "0_1\r\nx\r\n"),
    ("size that is none", "G\r\nx\r\n"),
    ("size without digits", "\r\nx\r\n"),
    ("size after a space", " 1\r\nx\r\n"),
    ("size beyond all numbers", f"{'F' * 40}\r\nx\r\n"),
    ("longer than its size", "1\r\nxyz\r\n"),
    ("shorter than its size", "5\r\nx\r\n"),
    ("line that ends with LF", "1\nx\r\n"),
]

#: Whole heads that are not valid HTTP/1.1.
_LINES = [
    ("lines that end with LF", "GET /livez HTTP/1.1\nHost: {host}\n\n"),
    ("two hosts", "GET /livez HTTP/1.1\r\nHost: {host}\r\nHost: b\r\n\r\n"),
    ("no host", "GET /livez HTTP/1.1\r\n\r\n"),
    ("two spaces", "GET  /livez HTTP/1.1\r\nHost: {host}\r\n\r\n"),
    ("words after the version", "GET /livez HTTP/1.1 x\r\nHost: {host}\r\n\r\n"),
    ("no version", "GET /livez\r\nHost: {host}\r\n\r\n"),
    ("a version of tomorrow", "GET /livez HTTP/9.9\r\nHost: {host}\r\n\r\n"),
    ("method that is no token", "GE(T /livez HTTP/1.1\r\nHost: {host}\r\n\r\n"),
    ("first header after a space", "GET /livez HTTP/1.1\r\n Host: {host}\r\n\r\n"),
    (
        "chunks in HTTP/1.0",
        "POST /livez HTTP/1.0\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n",
    ),
]


def ambiguous_requests(target: Target) -> list[Finding]:
    """Send each shape; it must be rejected, and the hidden request never answered."""
    return run_coroutine(_check_all_shapes(target))


async def _check_all_shapes(target: Target) -> list[Finding]:
    return [
        await _check_rejected(target, name, data)
        for name, data in shapes(target).items()
    ]


async def _check_rejected(target: Target, name: str, data: bytes) -> Finding:
    received = await sent(target, data)
    statuses = _find_statuses(received)
    hidden = _MARK.encode() in received
    seen = ", ".join(statuses) + (" and the hidden one was answered" * hidden)
    refused = statuses[0] in REFUSALS and not hidden
    return Finding(f"rejected with all that follows: {name}", refused, seen)


async def sent(target: Target, data: bytes) -> bytes:
    """Send bytes and return everything that is received until the server closes.

    The client's side is closed after the bytes, so that a server that waits for more of
    a body finishes too. Returns ``NO_ANSWER`` if no response came in time.
    """
    reader, writer = await target.open()
    try:
        writer.write(data)
        if writer.can_write_eof():
            writer.write_eof()
        return await asyncio.wait_for(reader.read(), TIMEOUT)
    except TimeoutError:
        return NO_ANSWER
    except OSError:
        return b""
    finally:
        writer.transport.abort()


def _find_statuses(received: bytes) -> list[str]:
    """Return the statuses of all responses, or the outcome without any."""
    if received == NO_ANSWER:
        return ["no answer"]
    found = re.findall(rb"HTTP/1\.[01] (\d{3}) [A-Z]", received)
    return [status.decode() for status in found] or [CLOSED]


def headers_without_end(target: Target) -> list[Finding]:
    """Send headers that are too long or too many; they must be rejected."""
    start = f"GET /livez HTTP/1.1\r\nHost: {target.host}\r\n".encode()
    return [
        run_coroutine(_check_cut_off(target, name, begin, piece))
        for name, begin, piece in (
            ("a header line", start + b"X-Long: ", b"x" * 2**16),
            ("headers", start, b"X-Many: x\r\n" * 2**12),
            ("an address", b"GET /livez?", b"x" * 2**16),
            ("blank lines", b"", b"\r\n" * 2**15),
        )
    ]


async def _check_cut_off(
    target: Target, name: str, begin: bytes, piece: bytes
) -> Finding:
    """Send data without end until the server closes, or has received far too much."""
    _, writer = await target.open()
    sent = 0
    try:
        writer.write(begin)
        while sent < MAX_RECEIVED and not writer.transport.is_closing():
            writer.write(piece)
            sent += len(piece)
            await asyncio.wait_for(writer.drain(), TIMEOUT)
    except (OSError, TimeoutError):
        # disconnected, or no longer read: both are correct
        pass
    finally:
        writer.transport.abort()
    return Finding(
        f"cut off: endless {name}", sent < MAX_RECEIVED, f"{sent} bytes taken"
    )
