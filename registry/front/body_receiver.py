"""Receiving the body of a request on the event loop."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from http import HTTPStatus
from typing import IO, Any

from registry.front.bodies import ReaderGone, StreamedBody
from registry.front.environ import Environ
from registry.front.transfer_timeouts import TransferDeadline, TransferTimeout

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]

#: Bytes of a body that are kept in memory; more of them go to a temporary file.
MAX_BYTES_IN_MEMORY = 256 * 1024
#: Seconds that a small body has to arrive before the application is asked about it.
_SMALL_BODY_SECONDS = 0.1
#: Bytes of an unwanted body that are read, so that its sender comes to the answer.
_MAX_DISCARDED_BYTES = 64 * 1024 * 1024
#: Seconds without any byte of an unwanted body after which its sender has the answer.
DISCARD_IDLE_SECONDS = 2.0


class RequestRejected(Exception):
    """The body will not arrive; ``status`` is what its sender is told."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


def body_incomplete() -> RequestRejected:
    """Return the failure of a client that sent less than it announced."""
    detail = "The connection broke before the whole body had arrived."
    return RequestRejected(HTTPStatus.BAD_REQUEST, detail)


def body_too_slow() -> RequestRejected:
    """Return the failure of a client that took too long."""
    detail = "The body arrived too slowly."
    return RequestRejected(HTTPStatus.REQUEST_TIMEOUT, detail)


class BodyBudget:
    """The bytes of bodies that wait, together, until they are whole."""

    def __init__(self, size: int) -> None:
        self._left = size

    def take(self, size: int) -> None:
        """Take some of it; raise ``RequestRejected`` when there is not so much."""
        if size > self._left:
            detail = "The registry is receiving too much at once; try again."
            raise RequestRejected(HTTPStatus.SERVICE_UNAVAILABLE, detail)
        self._left -= size

    def give_back(self, size: int) -> None:
        """Give back what was taken."""
        self._left += size


class BodyReceiver:
    """The body of one request: how much of it is here, and the rest of it."""

    def __init__(
        self,
        environ: Environ,
        receive: Receive,
        transfer_timeout: TransferTimeout,
        budget: BodyBudget,
    ) -> None:
        self._receive = receive
        self._transfer_timeout = transfer_timeout
        self._budget = budget
        self._kept = 0
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(  # noqa: SIM115
            max_size=MAX_BYTES_IN_MEMORY
        )
        self._deadline: TransferDeadline | None = None
        length = environ.get("CONTENT_LENGTH", "")
        self.is_chunked = "HTTP_TRANSFER_ENCODING" in environ
        #: the announced size in bytes; None where the client sends chunks
        self.size = None if self.is_chunked else int(length or 0)
        self.received = 0
        self.is_complete = self.size == 0
        self._has_failed = False
        self._is_form = environ.get("CONTENT_TYPE", "").lower().startswith("multipart/")
        self._waits = "HTTP_EXPECT" in environ

    @property
    def _is_over(self) -> bool:
        return self.is_complete or self._has_failed

    @property
    def is_long(self) -> bool:
        """Whether the body is worth passing on while it arrives.

        Forms that come in chunks are not: frameworks only read those of known length.
        """
        if self.size is not None:
            return self.size > MAX_BYTES_IN_MEMORY
        return not self._is_form

    async def receive_small(self) -> bool:
        """Receive a body that comes with its headers; tell whether it is complete."""
        if self.is_complete:
            return True
        if self._waits or (self.size or 0) > MAX_BYTES_IN_MEMORY:
            return False
        clock = asyncio.get_running_loop().time
        end = clock() + _SMALL_BODY_SECONDS
        # looked at again and again, for a time-out can get lost on its way as well
        while self._lacks(MAX_BYTES_IN_MEMORY) and clock() < end:
            with suppress(TimeoutError):
                async with asyncio.timeout_at(end):
                    self._keep(await self._next())
        return self.is_complete

    async def receive_all(self, limit: int) -> bool:
        """Receive the whole body; False when it is longer than ``limit``.

        Raises ``RequestRejected``.
        """
        self._start_clock()
        await self._receive_until(limit)
        return self.is_complete and self.received <= limit

    async def receive_start(self) -> None:
        """Receive so much that the client has shown that it is no slow one."""
        self._start_clock()
        await self._receive_until(MAX_BYTES_IN_MEMORY)

    async def stream_to(self, body: StreamedBody) -> None:
        """Pass the body on while it arrives; what goes wrong is told to its reader."""
        try:
            await self._pass_on(body)
            body.end()
        except ReaderGone:
            return
        except RequestRejected as failure:
            slow = failure.status == HTTPStatus.REQUEST_TIMEOUT
            kind = TimeoutError if slow else ConnectionError
            body.end(kind(failure.detail))
        except BaseException:
            body.end(ConnectionError("The server stopped receiving."))
            raise

    async def _pass_on(self, body: StreamedBody) -> None:
        for piece in iter(self._rewound().read, b""):
            await body.feed(piece)
        while not self.is_complete:
            await body.feed(await self._next())

    async def discard(self) -> None:
        """Read on, so that a client which is still sending gets to the answer."""
        self._start_clock()
        most = self.received + _MAX_DISCARDED_BYTES
        with suppress(RequestRejected, TimeoutError):
            while not self._is_over and self.received < most:
                async with asyncio.timeout(DISCARD_IDLE_SECONDS):
                    await self._next()

    def whole(self) -> IO[bytes]:
        """Return the body, to be read from its start."""
        return self._rewound()

    def close(self) -> None:
        """Remove what was kept of the body."""
        self._budget.give_back(self._kept)
        self._file.close()

    def _rewound(self) -> IO[bytes]:
        self._file.seek(0)
        return self._file

    async def _receive_until(self, limit: int) -> None:
        """Keep what arrives until it is all, or at least ``limit`` bytes and more."""
        while self._lacks(limit):
            self._keep(await self._next())

    def _lacks(self, limit: int) -> bool:
        return not self.is_complete and self.received <= limit

    def _keep(self, data: bytes) -> None:
        self._budget.take(len(data))
        self._kept += len(data)
        self._file.write(data)

    async def _next(self) -> bytes:
        try:
            deadline = self._deadline.ends_at if self._deadline is not None else None
            async with asyncio.timeout_at(deadline):
                message = await self._receive()
        except TimeoutError as error:
            self._has_failed = True
            raise body_too_slow() from error
        if message["type"] == "http.disconnect":
            self._has_failed = True
            raise body_incomplete()
        data: bytes = message.get("body", b"")
        self.received += len(data)
        self.is_complete = not message.get("more_body", False)
        if self._deadline is not None:
            self._deadline.extend_for(len(data))
        return data

    def _start_clock(self) -> None:
        if self._deadline is None:
            self._deadline = self._transfer_timeout.start()
