"""Handle one request: receive its body, call the application, send the response."""

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

#: Seconds within which a fast client receives a chunk.
_FAST_SEND_SECONDS = 0.02

_BUSY_DETAIL = "The registry is busy with other transfers; try again."


class RequestHandler:
    """Pass one request to the application, and the response to the client."""

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
            await self._send_response(await self._respond())
            if not self._body.is_complete:
                await self._body.discard()
        except RequestRejected as failure:
            await self._reject(failure.status, failure.detail)
        finally:
            self._body.close()

    # --- the request

    async def _respond(self) -> Response:
        if "HTTP_HOST" not in self._environ and self._is_http_1_1:
            # RFC 9112, section 3.2
            raise RequestRejected(HTTPStatus.BAD_REQUEST, "The header Host is missing.")
        coding = self._environ.get("HTTP_TRANSFER_ENCODING", "chunked")
        if coding.strip().lower() != "chunked":
            # RFC 9112, section 6.1: a transfer coding that is not understood is 501
            detail = "Of the transfer codings only chunked is known."
            raise RequestRejected(HTTPStatus.NOT_IMPLEMENTED, detail)
        if await self._body.receive_small():
            return await self._call_with_body()
        pending = PendingBody(self._body.size, self._front.limits.body)
        response = await self._call_in_thread(with_pending_body(self._environ, pending))
        if isinstance(response, BodyNeeded):
            return await self._respond_with_body(response)
        # the unread body stands between this request and the next one
        response.headers.append((b"connection", b"close"))
        return response

    @property
    def _is_http_1_1(self) -> bool:
        return bool(self._environ["SERVER_PROTOCOL"] == "HTTP/1.1")

    async def _respond_with_body(self, needed: BodyNeeded) -> Response:
        """Call the application again, with the body that it tried to read."""
        if needed.stream and self._body.is_long:
            return await self._respond_streaming()
        if await self._body.receive_all(needed.limit):
            return await self._call_with_body()
        oversized = with_pending_body(self._environ, OversizedBody())
        return _require_response(await self._call_in_thread(oversized))

    async def _respond_streaming(self) -> Response:
        """Call the application while the body arrives, in an upload slot."""
        await self._body.receive_start()
        try:
            async with self._front.uploads.hold(self._client_address):
                return await self._call_streaming()
        except NoFreeSlot as error:
            raise RequestRejected(
                HTTPStatus.SERVICE_UNAVAILABLE, _BUSY_DETAIL
            ) from error

    async def _call_streaming(self) -> Response:
        body = StreamedBody()
        pump = asyncio.create_task(self._body.stream_to(body))
        try:
            environ = with_streamed_body(self._environ, body)
            front = self._front
            response = await front.call_application(front.upload_threads, environ)
        finally:
            body.abandon()
            pump.cancel()
            await asyncio.wait({pump})
        response = _require_response(response)
        if not self._body.is_complete:
            response.headers.append((b"connection", b"close"))
        return response

    async def _call_with_body(self) -> Response:
        size = self._body.received
        body = self._body.complete_body() if size else io.BytesIO()
        return _require_response(
            await self._call_in_thread(with_whole_body(self._environ, body, size))
        )

    async def _call_in_thread(self, environ: Environ) -> Response | BodyNeeded:
        front = self._front
        if environ["PATH_INFO"] in front.limits.urgent:
            return await front.call_application(front.urgent_threads, environ)
        address = self._client_address
        async with front.address_limiter.hold(address), front.requests.hold(address):
            return await front.call_application(front.threads, environ)

    async def _reject(self, status: int, detail: str) -> None:
        """Send an error response of the front itself and close the connection."""
        path = self._environ["PATH_INFO"]
        log.info("refused %s from %s: %s", path, self._client_address, detail)
        response = error_response(status, detail)
        await self._send_start(response)
        # not marked as the end, so that the server closes the connection
        await self._send_chunk(response.body, more=True)
        raise asyncio.CancelledError

    @property
    def _client_address(self) -> str:
        return self._front.address_of(self._environ)

    # --- the response

    async def _send_response(self, response: Response) -> None:
        if response.stream is None:
            await self._send_start(response)
            await self._send_body(response.body)
        elif response.stream.is_file:
            await self._send_start(response)
            await self._send_file(response.stream)
        else:
            await self._send_produced(response, response.stream)

    async def _send_start(self, response: Response) -> None:
        start = {
            "type": "http.response.start",
            "status": response.status,
            "headers": response.headers,
        }
        await self._send(start)

    async def _send_body(self, body: bytes) -> None:
        """Send a complete body, in chunks if it is long."""
        for at in range(0, len(body), CHUNK_SIZE) or (0,):
            more = at + CHUNK_SIZE < len(body)
            await self._send_chunk(body[at : at + CHUNK_SIZE], more=more)

    async def _send_file(self, stream: ResponseStream) -> None:
        """Read and send a file; no thread is held between two chunks."""
        front = self._front
        clock = asyncio.get_running_loop().time
        taken, size = 0, CHUNK_SIZE
        try:
            while chunk := await front.run_in_thread(
                front.file_threads, stream.read, size
            ):
                self._require_connected()
                began = clock()
                await self._send_chunk(chunk, more=True)
                # larger chunks only for clients that receive them immediately; the
                # first ones do not count, since they go into the system's buffers
                taken = taken + 1 if clock() - began < _FAST_SEND_SECONDS else 0
                size = min(CHUNK_SIZE << (taken // 4), LARGE_CHUNK_SIZE)
            await self._send_chunk(b"", more=False)
        except OSError as error:
            log.warning("a response broke off because of its file: %s", error)
            raise asyncio.CancelledError from error
        finally:
            await front.run_in_thread(front.file_threads, stream.close)

    async def _send_produced(self, response: Response, stream: ResponseStream) -> None:
        """Send a response that a thread produces at full speed into a spool.

        Production stops if the client disconnects, also while it waits for a slot.
        """
        disconnect = asyncio.create_task(self._wait_for_disconnect())
        sending = asyncio.create_task(self._send_with_slot(response, stream))
        try:
            await asyncio.wait(
                {disconnect, sending}, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            disconnect.cancel()
            if not sending.done():
                sending.cancel()
            await asyncio.wait({sending})
        # raises if not everything was sent, which closes the connection
        sending.result()

    async def _send_with_slot(self, response: Response, stream: ResponseStream) -> None:
        front = self._front
        try:
            await front.exports.acquire(self._client_address)
        except BaseException as error:
            await front.run_in_thread(front.file_threads, stream.close)
            if isinstance(error, NoFreeSlot):
                status = HTTPStatus.SERVICE_UNAVAILABLE
                raise RequestRejected(status, _BUSY_DETAIL) from error
            raise
        spool = Spool(front.spool_space)
        producer = asyncio.create_task(
            front.run_in_thread(front.export_threads, spool.fill, stream)
        )
        # the slot is free when all is produced, however slowly it is read
        producer.add_done_callback(
            lambda _: front.exports.release(self._client_address)
        )
        await self._send_start(response)
        await self._send_spooled(spool, producer)

    async def _send_spooled(self, spool: Spool, producer: asyncio.Task[None]) -> None:
        try:
            while chunk := await spool.next_chunk():
                await self._send_chunk(chunk, more=True)
            await self._send_chunk(b"", more=False)
        except EOFError:
            log.warning("a response broke off because the application failed")
        finally:
            spool.abandon()
            await asyncio.wait({producer})
            spool.close()
        producer.result()

    def _require_connected(self) -> None:
        """Raise ``CancelledError`` if the client has disconnected."""
        if self._client_disconnected():
            raise asyncio.CancelledError

    async def _send_chunk(self, chunk: bytes, *, more: bool) -> None:
        """Send a chunk; close the connection if the client does not read it."""
        message = {"type": "http.response.body", "body": chunk, "more_body": more}
        try:
            async with asyncio.timeout(
                self._front.limits.transfer_timeout.seconds_for(len(chunk))
            ):
                await self._send(message)
        except TimeoutError as error:
            log.info(
                "closed the connection of %s, which does not read", self._client_address
            )
            raise asyncio.CancelledError from error

    async def _wait_for_disconnect(self) -> None:
        """Wait until the client disconnects, as far as the server notices."""
        if not self._body.is_complete:
            # the next message would be the rest of the body, so nothing can be learned
            await asyncio.Event().wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass


def _never_disconnected() -> bool:
    """Return False: the default for servers that do not report disconnects."""
    return False


def _require_response(response: Response | BodyNeeded) -> Response:
    """Return the response; raise ``TypeError`` if the application asks for a body."""
    if isinstance(response, BodyNeeded):
        raise TypeError("The application reads a body that it was given.")
    return response
