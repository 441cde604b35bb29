"""One request and its answer."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from registry.front.bodies import BodyNeeded, OversizedBody, PendingBody, StreamedBody
from registry.front.body_receiver import BodyReceiver, Receive, RequestRejected
from registry.front.environ import (
    CLIENT_DISCONNECTED,
    Environ,
    Scope,
    build_environ,
    with_pending_body,
    with_streamed_body,
    with_whole_body,
)
from registry.front.responses import (
    CHUNK_SIZE,
    LARGE_CHUNK_SIZE,
    Response,
    ResponseStream,
    error_response,
)
from registry.front.slots import NoFreeSlot
from registry.front.spool import Spool

if TYPE_CHECKING:
    from registry.front.application import Front

Send = Callable[[dict[str, Any]], Awaitable[None]]

log = logging.getLogger("registry.front")

#: Seconds within which a client takes a piece that reads as fast as it is sent to.
_AT_ONCE = 0.02

_BUSY = "The registry is busy with other transfers; try again."


class RequestHandler:
    """Takes a request to the application, and its answer to the client."""

    def __init__(
        self, front: Front, scope: Scope, receive: Receive, send: Send
    ) -> None:
        self._front = front
        self._receive = receive
        self._send = send
        self._environ = build_environ(scope)
        self._client_disconnected: Callable[[], bool] = scope.get(
            CLIENT_DISCONNECTED, _never_disconnected
        )
        self._body = BodyReceiver(
            self._environ, receive, front.limits.transfer_timeout, front.budget
        )

    async def run(self) -> None:
        """Answer the request."""
        try:
            await self._send_answer(await self._answer())
            if not self._body.is_complete:
                await self._body.discard()
        except RequestRejected as failure:
            await self._refuse(failure.status, failure.detail)
        finally:
            self._body.close()

    # --- the request

    async def _answer(self) -> Response:
        if "HTTP_HOST" not in self._environ and self._is_http_1_1:
            # RFC 9112, section 3.2
            raise RequestRejected(HTTPStatus.BAD_REQUEST, "The header Host is missing.")
        coding = self._environ.get("HTTP_TRANSFER_ENCODING", "chunked")
        if coding.strip().lower() != "chunked":
            # RFC 9112, section 6.1: no body is read by a coding that is not undone
            detail = "Of the transfer codings only chunked is known."
            raise RequestRejected(HTTPStatus.NOT_IMPLEMENTED, detail)
        if await self._body.receive_small():
            return await self._call_with_whole()
        pending = PendingBody(self._body.size, self._front.limits.body)
        answer = await self._call(with_pending_body(self._environ, pending))
        if isinstance(answer, BodyNeeded):
            return await self._answer_with_body(answer)
        # the rest of the body stands between this request and the next
        answer.headers.append((b"connection", b"close"))
        return answer

    @property
    def _is_http_1_1(self) -> bool:
        return bool(self._environ["SERVER_PROTOCOL"] == "HTTP/1.1")

    async def _answer_with_body(self, needed: BodyNeeded) -> Response:
        """Call the application again, with what it wanted to read."""
        if needed.stream and self._body.is_long:
            return await self._answer_streaming()
        if await self._body.receive_all(needed.limit):
            return await self._call_with_whole()
        oversized = with_pending_body(self._environ, OversizedBody())
        return _final(await self._call(oversized))

    async def _answer_streaming(self) -> Response:
        """Call the application while the body arrives, in a place for slow work."""
        await self._body.receive_start()
        try:
            async with self._front.uploads.hold(self._address):
                return await self._stream_through()
        except NoFreeSlot as error:
            raise RequestRejected(HTTPStatus.SERVICE_UNAVAILABLE, _BUSY) from error

    async def _stream_through(self) -> Response:
        body = StreamedBody()
        pump = asyncio.create_task(self._body.stream_to(body))
        try:
            environ = with_streamed_body(self._environ, body)
            front = self._front
            answer = await front.call_application(front.upload_threads, environ)
        finally:
            body.abandon()
            pump.cancel()
            await asyncio.wait({pump})
        answer = _final(answer)
        if not self._body.is_complete:
            answer.headers.append((b"connection", b"close"))
        return answer

    async def _call_with_whole(self) -> Response:
        size = self._body.received
        body = self._body.whole() if size else io.BytesIO()
        return _final(await self._call(with_whole_body(self._environ, body, size)))

    async def _call(self, environ: Environ) -> Response | BodyNeeded:
        front = self._front
        if environ["PATH_INFO"] in front.limits.urgent:
            return await front.call_application(front.urgent_threads, environ)
        address = self._address
        async with front.address_limiter.hold(address), front.requests.hold(address):
            return await front.call_application(front.threads, environ)

    async def _refuse(self, status: int, detail: str) -> None:
        """Answer for the front itself, and end the connection."""
        path = self._environ["PATH_INFO"]
        log.info("refused %s from %s: %s", path, self._address, detail)
        answer = error_response(status, detail)
        await self._send_start(answer)
        # all of the answer, though not said to be so, and then nothing more
        await self._send_piece(answer.body, more=True)
        raise asyncio.CancelledError

    @property
    def _address(self) -> str:
        return self._front.address_of(self._environ)

    # --- the answer

    async def _send_answer(self, answer: Response) -> None:
        if answer.stream is None:
            await self._send_start(answer)
            await self._send_body(answer.body)
        elif answer.stream.is_file:
            await self._send_start(answer)
            await self._send_file(answer.stream)
        else:
            await self._send_made(answer, answer.stream)

    async def _send_start(self, answer: Response) -> None:
        start = {
            "type": "http.response.start",
            "status": answer.status,
            "headers": answer.headers,
        }
        await self._send(start)

    async def _send_body(self, body: bytes) -> None:
        """Send a whole body, a piece at a time where it is long."""
        for at in range(0, len(body), CHUNK_SIZE) or (0,):
            more = at + CHUNK_SIZE < len(body)
            await self._send_piece(body[at : at + CHUNK_SIZE], more=more)

    async def _send_file(self, stream: ResponseStream) -> None:
        """Read and send a file; between two pieces it needs no thread."""
        front = self._front
        clock = asyncio.get_running_loop().time
        taken, size = 0, CHUNK_SIZE
        try:
            while piece := await front.run_in_thread(
                front.file_threads, stream.read, size
            ):
                self._require_client()
                began = clock()
                await self._send_piece(piece, more=True)
                # more memory at a time only for those who free it at once; the first
                # pieces say nothing, for the system takes them
                taken = taken + 1 if clock() - began < _AT_ONCE else 0
                size = min(CHUNK_SIZE << (taken // 4), LARGE_CHUNK_SIZE)
            await self._send_piece(b"", more=False)
        finally:
            await front.run_in_thread(front.file_threads, stream.close)

    async def _send_made(self, answer: Response, stream: ResponseStream) -> None:
        """Send what a thread makes as fast as it can, however slowly it is read.

        It is not made for a client that leaves, while it waits for a place or later.
        """
        gone = asyncio.create_task(self._wait_until_gone())
        sending = asyncio.create_task(self._send_in_place(answer, stream))
        try:
            await asyncio.wait({gone, sending}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            if not sending.done():
                sending.cancel()
            await asyncio.wait({sending})
        # which ends the connection, unless all was sent
        sending.result()

    async def _send_in_place(self, answer: Response, stream: ResponseStream) -> None:
        front = self._front
        try:
            await front.exports.acquire(self._address)
        except BaseException as error:
            await front.run_in_thread(front.file_threads, stream.close)
            if isinstance(error, NoFreeSlot):
                status = HTTPStatus.SERVICE_UNAVAILABLE
                raise RequestRejected(status, _BUSY) from error
            raise
        spool = Spool(front.spool_space)
        maker = asyncio.create_task(
            front.run_in_thread(front.export_threads, spool.fill, stream)
        )
        # the place is free when all is made, however long it takes to read
        maker.add_done_callback(lambda _: front.exports.release(self._address))
        await self._send_start(answer)
        await self._send_spooled(spool, maker)

    async def _send_spooled(self, spool: Spool, maker: asyncio.Task[None]) -> None:
        try:
            while piece := await spool.next_chunk():
                await self._send_piece(piece, more=True)
            await self._send_piece(b"", more=False)
        except EOFError:
            log.warning("an answer broke off, for the application failed")
        finally:
            spool.abandon()
            await asyncio.wait({maker})
            spool.close()
        maker.result()

    def _require_client(self) -> None:
        """End the connection of a client that has left; nothing is done for it."""
        if self._client_disconnected():
            raise asyncio.CancelledError

    async def _send_piece(self, piece: bytes, *, more: bool) -> None:
        """Send some bytes; break the connection off when they are not read."""
        message = {"type": "http.response.body", "body": piece, "more_body": more}
        try:
            async with asyncio.timeout(
                self._front.limits.transfer_timeout.seconds_for(len(piece))
            ):
                await self._send(message)
        except TimeoutError as error:
            log.info("broke off an answer that %s does not read", self._address)
            raise asyncio.CancelledError from error

    async def _wait_until_gone(self) -> None:
        """Wait for the client to leave, as far as that can be told."""
        if not self._body.is_complete:
            # what comes next is the rest of the body, which is nobody's yet
            await asyncio.Event().wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass


def _never_disconnected() -> bool:
    """Answer for a server that cannot tell whether a client has left."""
    return False


def _final(answer: Response | BodyNeeded) -> Response:
    """Return the answer of an application that had its body."""
    if isinstance(answer, BodyNeeded):
        raise TypeError("The application reads a body that it was given.")
    return answer
