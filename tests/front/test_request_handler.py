"""The front passes requests to the application and responses to the client."""

from __future__ import annotations

import asyncio
import itertools
import random
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import RequestDataTooBig

from attacks.event_loops import run_coroutine
from registry.front import body_receiver
from registry.front.application import Front
from registry.front.body_receiver import MAX_BYTES_IN_MEMORY
from registry.front.responses import CHUNK_SIZE, LARGE_CHUNK_SIZE
from tests.front.asgi import (
    Client,
    Environ,
    StartResponse,
    answered,
    ask,
    echo,
    front_of,
    serve,
    with_length,
)

pytestmark = pytest.mark.once

LONG = b"x" * (3 * MAX_BYTES_IN_MEMORY)


def refusing(environ: Environ, start: StartResponse) -> list[bytes]:
    """Respond without reading the body."""
    answered(start, "403 Forbidden")
    return [b"no"]


class Application:
    """Reads bodies after raising their limit, and counts its calls."""

    def __init__(self, limit: int = 10**9, *, stream: bool = False) -> None:
        self.limit = limit
        self.stream = stream
        self.calls = 0
        self.kinds: list[str] = []

    def __call__(self, environ: Environ, start: StartResponse) -> list[bytes]:
        """Respond with the number of bytes, or the reading error."""
        self.calls += 1
        body = environ["wsgi.input"]
        self.kinds.append(type(body).__name__)
        if hasattr(body, "raise_limit"):
            body.raise_limit(self.limit, stream=self.stream)
        try:
            size = len(body.read(-1))
        except RequestDataTooBig:
            answered(start, "413 Content Too Large")
            return [b"too long"]
        except OSError as error:
            answered(start, "400 Bad Request")
            return [type(error).__name__.encode()]
        answered(start, "200 OK")
        return [str(size).encode()]


def test_a_request_without_a_body_is_answered() -> None:
    client = ask(echo, Client(method="GET"))
    assert (client.status, client.body) == (200, b"")
    assert client.asked == 0


def test_a_small_body_comes_with_its_headers() -> None:
    application = Application()
    client = ask(application, Client([b"ab", b"c"], headers=with_length(3)))
    assert (client.body, application.calls) == (b"3", 1)


def test_a_request_is_rejected_before_its_body_is_read() -> None:
    client = Client([b"a"] * 5, headers=with_length(10**9))
    answers: list[int] = []

    async def send(message: dict[str, Any]) -> None:
        answers.append(client.asked)
        await Client.send(client, message)

    run_coroutine(front_of(refusing)(client.scope, client.receive, send))
    assert client.status == 403
    assert answers == [0, 0]
    assert client.closes
    # whoever is still sending gets to the answer
    assert client.asked == 5


def test_the_connection_closes_when_a_rejected_body_does_not_arrive(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Long before a body that is needed would time out."""
    monkeypatch.setattr(body_receiver, "DISCARD_IDLE_SECONDS", 0.01)
    client = Client([b"a"] * 3, headers=with_length(10**9), stalls=True)

    async def exchange() -> None:
        async with asyncio.timeout(30):
            await serve(front_of(refusing, seconds=300), client)

    run_coroutine(exchange())
    assert not client.is_cut_off
    assert client.status == 403
    # the three that came, and the one that did not
    assert client.asked == 4


def test_the_application_is_called_again_when_its_body_is_complete() -> None:
    application = Application()
    client = ask(
        application, Client([LONG, b"end"], headers=with_length(len(LONG) + 3))
    )
    assert client.body == str(len(LONG) + 3).encode()
    assert application.kinds == ["PendingBody", "SpooledTemporaryFile"]
    assert not client.closes


def test_the_second_call_gets_the_same_environment() -> None:
    seen: list[Any] = []

    def counting(environ: Environ, start: StartResponse) -> list[bytes]:
        seen.append(environ.setdefault("counted", len(seen)))
        environ["wsgi.input"].read(-1)
        answered(start, "200 OK")
        return [b""]

    headers = with_length(len(LONG))
    ask(counting, Client([LONG], headers=headers), body=len(LONG))
    assert seen == [0, 0]


def test_a_long_body_is_streamed_if_the_application_asks_for_it() -> None:
    application = Application(stream=True)
    pieces = [LONG, LONG, b"end"]
    client = ask(application, Client(pieces, headers=with_length(2 * len(LONG) + 3)))
    assert client.body == str(2 * len(LONG) + 3).encode()
    assert application.kinds == ["PendingBody", "StreamedBody"]


def test_a_chunked_body_has_a_length_when_it_is_read() -> None:
    client = ask(echo, Client([b"ab", b"c"], headers={"transfer-encoding": "chunked"}))
    assert client.body == b"abc"
    assert (b"x-length", b"3") in client.messages[0]["headers"]


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data"])
def test_long_chunked_forms_are_received_completely(kind: str) -> None:
    application = Application(stream=True)
    headers = {"transfer-encoding": "chunked", "content-type": kind}
    client = ask(application, Client([LONG, LONG], headers=headers))
    assert client.body == str(2 * len(LONG)).encode()
    is_form = kind.startswith("multipart")
    assert application.kinds[-1] == (
        "SpooledTemporaryFile" if is_form else "StreamedBody"
    )


def test_a_body_announced_as_too_large_is_not_received() -> None:
    application = Application(limit=0)
    client = ask(application, Client([LONG], headers=with_length(len(LONG))))
    assert client.status == 413
    assert application.calls == 1


def test_the_application_rejects_a_chunked_body_that_is_too_large() -> None:
    application = Application(limit=MAX_BYTES_IN_MEMORY)
    pieces = [LONG] * 4
    client = ask(application, Client(pieces, headers={"transfer-encoding": "chunked"}))
    assert client.status == 413
    assert application.kinds == ["PendingBody", "OversizedBody"]


def test_an_incomplete_body_never_reaches_the_application() -> None:
    application = Application()
    client = ask(application, Client([b"ab", None], headers=with_length(3)))
    assert client.status == 400
    assert b"before the whole body had arrived" in client.body
    assert application.calls == 0


def test_an_incomplete_stream_raises_connection_error() -> None:
    application = Application(stream=True)
    client = ask(application, Client([LONG, None], headers=with_length(2 * len(LONG))))
    assert (client.status, client.body) == (400, b"ConnectionError")


def test_a_body_that_misses_its_deadline_is_rejected() -> None:
    application = Application()
    client = Client([LONG], headers=with_length(len(LONG) + 1), stalls=True)
    ask(application, client, seconds=0.1)
    assert client.status == 408
    assert application.kinds == ["PendingBody"]


def test_bodies_that_together_exceed_the_budget_get_503() -> None:
    application = Application()
    headers = with_length(2 * len(LONG))

    async def run() -> tuple[Client, Client]:
        front = front_of(application, bodies=2 * len(LONG))
        slow = Client([LONG], headers=headers, stalls=True)
        waiting = _all_at_once(front, [slow])
        while slow.asked < 2:
            await asyncio.sleep(0)
        refused, taken = (Client([LONG, LONG], headers=headers) for _ in range(2))
        await serve(front, refused)
        await _cancel(waiting)
        await serve(front, taken)
        return refused, taken

    refused, taken = run_coroutine(run())
    assert refused.status == 503
    assert (b"retry-after", b"5") in refused.messages[0]["headers"]
    assert taken.status == 200


def test_a_client_that_expects_100_continue_is_answered_immediately() -> None:
    headers = with_length(3, expect="100-continue")
    client = ask(refusing, Client([b"abc"], headers=headers))
    assert client.status == 403


class Streaming:
    """A streaming response like Django's; ``is_closed`` is set by ``close``."""

    streaming = True

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self.is_closed = threading.Event()

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def close(self) -> None:
        """Record that the response was closed."""
        self.is_closed.set()


class FromFile(Streaming):
    """A response from a file, which records the sizes of reads."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__(pieces)
        self.sizes: list[int] = []
        self.file_to_stream = self
        self._rest = b""

    def read(self, size: int) -> bytes:
        """Return at most ``size`` bytes."""
        self.sizes.append(size)
        while (
            len(self._rest) < size and (piece := next(self._pieces, None)) is not None
        ):
            self._rest += piece
        read, self._rest = self._rest[:size], self._rest[size:]
        return read


@pytest.mark.parametrize("kind", [Streaming, FromFile])
def test_long_responses_arrive_completely_and_are_closed(kind: type[Streaming]) -> None:
    streaming = kind(iter([b"a" * CHUNK_SIZE, b"", b"b" * CHUNK_SIZE, b"c"]))

    def application(environ: Environ, start: StartResponse) -> Streaming:
        answered(start, "200 OK")
        return streaming

    client = ask(application, Client(method="GET"))
    assert client.body == b"a" * CHUNK_SIZE + b"b" * CHUNK_SIZE + b"c"
    assert client.messages[-1]["more_body"] is False
    assert streaming.is_closed.wait(60)


@pytest.mark.parametrize("kind", [Streaming, FromFile])
def test_a_response_of_many_megabytes_arrives_unchanged(
    kind: type[Streaming],
) -> None:
    chance = random.Random(2)
    pieces = [chance.randbytes(chance.randrange(1, 300_000)) for _ in range(200)]
    streaming = kind(iter(pieces))

    def application(environ: Environ, start: StartResponse) -> Streaming:
        answered(start, "200 OK")
        return streaming

    assert ask(application, Client(method="GET")).body == b"".join(pieces)


@pytest.mark.parametrize("seconds, growth", [(0, [1, 2, 4]), (0.1, [1, 1, 1])])
@pytest.mark.slow
def test_fast_clients_get_files_in_larger_chunks(
    seconds: float, growth: list[int]
) -> None:
    streaming = FromFile(iter([b"a" * CHUNK_SIZE] * 30))

    def application(environ: Environ, start: StartResponse) -> Streaming:
        answered(start, "200 OK")
        return streaming

    client = ask(application, Client(method="GET", takes=seconds))
    assert len(client.body) == 30 * CHUNK_SIZE
    assert [size // CHUNK_SIZE for size in streaming.sizes[:12:4]] == growth
    assert max(streaming.sizes) <= LARGE_CHUNK_SIZE


def test_a_response_to_head_has_no_body_and_is_not_produced() -> None:
    made: list[bytes] = []

    def pieces() -> Iterator[bytes]:
        made.append(b"")
        yield b"nothing of this is needed"

    streaming = Streaming(pieces())

    def application(environ: Environ, start: StartResponse) -> Streaming:
        answered(start, "200 OK")
        return streaming

    assert ask(application, Client(method="HEAD")).body == b""
    assert made == []
    assert streaming.is_closed.wait(60)


def test_one_thread_produces_a_whole_response() -> None:
    threads: set[int] = set()

    def pieces() -> Iterator[bytes]:
        for _ in range(5):
            threads.add(threading.get_ident())
            yield b"x" * CHUNK_SIZE

    def application(environ: Environ, start: StartResponse) -> Streaming:
        answered(start, "200 OK")
        return Streaming(pieces())

    assert len(ask(application, Client(method="GET")).body) == 5 * CHUNK_SIZE
    assert len(threads) == 1


def test_a_response_that_fails_midway_stays_incomplete() -> None:
    def pieces() -> Iterator[bytes]:
        yield b"x" * CHUNK_SIZE
        raise ValueError("the database went away")

    def application(environ: Environ, start: StartResponse) -> Streaming:
        answered(start, "200 OK")
        return Streaming(pieces())

    client = Client(method="GET")
    with pytest.raises(ValueError, match="went away"):
        ask(application, client)
    assert all(one.get("more_body", True) for one in client.messages)


def test_a_file_that_cannot_be_read_to_its_end_breaks_off(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"x" * CHUNK_SIZE
        raise OSError("the file has other bytes by now")

    streaming = FromFile(pieces())

    def application(environ: Environ, start: StartResponse) -> Streaming:
        answered(start, "200 OK", ("Content-Length", str(2 * CHUNK_SIZE)))
        return streaming

    client = ask(application, Client(method="GET"))
    assert client.is_cut_off
    assert client.body == b"x" * CHUNK_SIZE
    assert all(one.get("more_body", True) for one in client.messages)
    assert streaming.is_closed.wait(60)
    assert "broke off because of its file: the file has other bytes" in caplog.text


@pytest.mark.parametrize("kind", [Streaming, FromFile])
def test_the_connection_of_a_client_that_does_not_read_is_closed(
    kind: type[Streaming],
) -> None:
    streaming = kind(iter([b"x" * CHUNK_SIZE] * 4))

    def application(environ: Environ, start: StartResponse) -> Streaming:
        answered(start, "200 OK")
        return streaming

    client = Client(method="GET", reads=False)
    ask(application, client, seconds=0.1, rate=10**9)
    assert client.is_cut_off
    assert streaming.is_closed.wait(60)


def test_clients_that_do_not_read_hold_no_thread() -> None:
    """More such clients than threads do not block other clients."""

    def application(environ: Environ, start: StartResponse) -> Any:
        answered(start, "200 OK")
        if environ["PATH_INFO"] == "/quick":
            return [b"quick"]
        return FromFile(iter([b"x" * CHUNK_SIZE] * 4))

    async def run() -> Client:
        front = front_of(application, threads=2)
        readers = [Client(method="GET", reads=False) for _ in range(20)]
        tasks = _all_at_once(front, readers)
        while not all(len(one.messages) > 1 for one in readers):
            await asyncio.sleep(0)
        quick = Client(method="GET", path=b"/quick")
        await serve(front, quick)
        await _cancel(tasks)
        return quick

    assert run_coroutine(run()).body == b"quick"


def uploading(environ: Environ, start: StartResponse) -> list[bytes]:
    """Read uploads while they arrive; respond to other requests immediately."""
    body = environ["wsgi.input"]
    if hasattr(body, "raise_limit"):
        body.raise_limit(10**9, stream=True)
    if environ["PATH_INFO"] == "/upload":
        body.read(-1)
    answered(start, "200 OK")
    return [b"done"]


def test_slow_uploads_use_no_request_threads() -> None:
    headers = with_length(10**8)
    uploads = [
        Client([LONG], path=b"/upload", headers=headers, stalls=True) for _ in range(20)
    ]

    async def run() -> Client:
        front = front_of(uploading, threads=2)
        tasks = _all_at_once(front, uploads)
        while not all(one.asked for one in uploads):
            await asyncio.sleep(0)
        quick = Client(method="GET", path=b"/quick")
        await serve(front, quick)
        await _cancel(tasks)
        return quick

    assert run_coroutine(run()).body == b"done"
    assert not any(one.messages for one in uploads)


def _all_at_once(front: Front, clients: list[Client]) -> list[asyncio.Task[None]]:
    return [asyncio.create_task(serve(front, one)) for one in clients]


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def test_one_address_cannot_occupy_all_threads() -> None:
    """The next of two waiting clients is the one whose address holds fewer threads."""
    order: list[str] = []
    go_on = threading.Event()

    def application(environ: Environ, start: StartResponse) -> list[bytes]:
        order.append(environ["REMOTE_ADDR"])
        if environ["PATH_INFO"] == "/wait":
            go_on.wait(60)
        answered(start, "200 OK")
        return [b""]

    async def run() -> None:
        front = front_of(application, threads=1)
        greedy = [Client(method="GET", path=b"/wait") for _ in range(5)]
        tasks = _all_at_once(front, greedy)
        while not order:
            await asyncio.sleep(0)
        other = Client(method="GET", address="127.0.0.9")
        tasks += _all_at_once(front, [other])
        await asyncio.sleep(0.01)
        go_on.set()
        await asyncio.gather(*tasks)

    run_coroutine(run())
    assert order[:2] == ["127.0.0.2", "127.0.0.9"]
    assert len(order) == 6


def test_no_response_is_produced_for_a_disconnected_client() -> None:
    streaming = Streaming(itertools.repeat(b"x" * CHUNK_SIZE))

    def application(environ: Environ, start: StartResponse) -> Streaming:
        answered(start, "200 OK")
        return streaming

    client = Client([None], method="GET")
    ask(application, client)
    assert streaming.is_closed.wait(60)
    assert client.is_cut_off


def test_no_file_is_read_for_a_disconnected_client() -> None:
    streaming = FromFile(itertools.repeat(b"x" * CHUNK_SIZE))

    def application(environ: Environ, start: StartResponse) -> Streaming:
        answered(start, "200 OK")
        return streaming

    client = ask(application, Client(method="GET", has_left=True))
    assert client.is_cut_off
    assert streaming.is_closed.wait(60)


def test_a_request_without_host_is_rejected() -> None:
    client = ask(echo, Client(method="GET", names_host=False))
    assert client.status == 400
    assert b"Host is missing" in client.body
    assert client.is_cut_off


def test_other_protocols_are_closed() -> None:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    run_coroutine(front_of(echo)({"type": "websocket"}, receive, send))
    assert sent == [{"type": "websocket.close", "code": 1000}]
