"""Receive the body of a request on the event loop."""

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

#: Bytes of a body kept in memory; a larger one goes to a temporary file.
MAX_BYTES_IN_MEMORY = 256 * 1024
#: Seconds that a small body has to arrive before the application is called without it.
_SMALL_BODY_SECONDS = 0.1
#: Bytes of an unneeded body that are read, so that its sender reads the response.
_MAX_DISCARDED_BYTES = 64 * 1024 * 1024
#: Seconds without data after which reading an unneeded body ends.
DISCARD_IDLE_SECONDS = 2.0


class RequestRejected(Exception):
    """The front rejects the request; ``status`` is that of its response."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


def body_incomplete() -> RequestRejected:
    """Return the error for a client that sent less than it announced."""
    detail = "The connection broke before the whole body had arrived."
    return RequestRejected(HTTPStatus.BAD_REQUEST, detail)


def body_too_slow() -> RequestRejected:
    """Return the error for a client that sent too slowly."""
    detail = "The body arrived too slowly."
    return RequestRejected(HTTPStatus.REQUEST_TIMEOUT, detail)


class BodyBudget:
    """The bytes that all incomplete bodies together can have."""

    def __init__(self, size: int) -> None:
        self._left = size

    def take(self, size: int) -> None:
        """Reserve bytes; raise ``RequestRejected`` if there are not enough left."""
        if size > self._left:
            detail = "The registry is receiving too much at once; try again."
            raise RequestRejected(HTTPStatus.SERVICE_UNAVAILABLE, detail)
        self._left -= size

    def give_back(self, size: int) -> None:
        """Release reserved bytes."""
        self._left += size


class BodyReceiver:
    """Receive the body of one request."""

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
        self._reserved_bytes = 0
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(  # noqa: SIM115
            max_size=MAX_BYTES_IN_MEMORY
        )
        self._deadline: TransferDeadline | None = None
        length = environ.get("CONTENT_LENGTH", "")
        self.is_chunked = "HTTP_TRANSFER_ENCODING" in environ
        #: announced size in bytes; None for a chunked body
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
        """Whether the body should be streamed while it arrives.

        Chunked forms should not: frameworks read only forms of known length.
        """
        if self.size is not None:
            return self.size > MAX_BYTES_IN_MEMORY
        return not self._is_form

    async def receive_small(self) -> bool:
        """Receive a body that comes with its headers; return whether it is complete."""
        if self.is_complete:
            return True
        if self._waits or (self.size or 0) > MAX_BYTES_IN_MEMORY:
            return False
        clock = asyncio.get_running_loop().time
        end = clock() + _SMALL_BODY_SECONDS
        # the clock is checked each time, because a timeout can be lost as well
        while self._needs_more(MAX_BYTES_IN_MEMORY) and clock() < end:
            with suppress(TimeoutError):
                async with asyncio.timeout_at(end):
                    self._store_chunk(await self._receive_chunk())
        return self.is_complete

    async def receive_all(self, limit: int) -> bool:
        """Receive the whole body; return False if it is longer than ``limit``.

        Raises ``RequestRejected`` if the body is incomplete or too slow.
        """
        self._start_clock()
        await self._receive_until(limit)
        return self.is_complete and self.received <= limit

    async def receive_start(self) -> None:
        """Receive the first bytes, which shows that the client is not slow."""
        self._start_clock()
        await self._receive_until(MAX_BYTES_IN_MEMORY)

    async def stream_to(self, body: StreamedBody) -> None:
        """Feed the body to its reader while it arrives; errors go to the reader."""
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
        for piece in iter(self._rewound_file().read, b""):
            await body.feed(piece)
        while not self.is_complete:
            await body.feed(await self._receive_chunk())

    async def discard(self) -> None:
        """Discard the rest of the body, so that its sender gets to read the response.

        Many clients read nothing before they have sent everything.
        """
        self._start_clock()
        most = self.received + _MAX_DISCARDED_BYTES
        with suppress(RequestRejected, TimeoutError):
            while not self._is_over and self.received < most:
                async with asyncio.timeout(DISCARD_IDLE_SECONDS):
                    await self._receive_chunk()

    def complete_body(self) -> IO[bytes]:
        """Return the complete body as a file, at its start."""
        return self._rewound_file()

    def close(self) -> None:
        """Delete the stored part of the body."""
        self._budget.give_back(self._reserved_bytes)
        self._file.close()

    def _rewound_file(self) -> IO[bytes]:
        self._file.seek(0)
        return self._file

    async def _receive_until(self, limit: int) -> None:
        """Store what arrives, until the body is complete or longer than ``limit``."""
        while self._needs_more(limit):
            self._store_chunk(await self._receive_chunk())

    def _needs_more(self, limit: int) -> bool:
        return not self.is_complete and self.received <= limit

    def _store_chunk(self, data: bytes) -> None:
        self._budget.take(len(data))
        self._reserved_bytes += len(data)
        self._file.write(data)

    async def _receive_chunk(self) -> bytes:
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
