"""The body of a request as a stream, for data that must not be held in memory."""

from __future__ import annotations

from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any

from django.conf import settings
from rest_framework.exceptions import ParseError

from registry.http.bodies import (
    MEGABYTE,
    BodyTooLarge,
    BodyTooSlow,
    LengthRequired,
    is_chunked,
    is_pending,
)
from registry.storage.base import CHUNK, reporting_write_errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest


@contextmanager
def spooled_body(request: HttpRequest, limit: str) -> Iterator[IO[bytes]]:
    """Copy a body into a temporary file, as long as it is within a limit.

    ``limit`` is the setting with the most megabytes. Raises ``BodyTooLarge``.
    """
    stream = BodyStream(request)
    with TemporaryFile() as file:
        _spool(stream, file, limit)
        file.seek(0)
        yield file


def _spool(source: BodyStream, file: IO[bytes], limit: str) -> None:
    megabytes = getattr(settings, limit)
    left = megabytes * MEGABYTE
    while data := source.read(CHUNK):
        left -= len(data)
        if left < 0:
            raise BodyTooLarge(f"Send at most {megabytes} megabytes.")
        with reporting_write_errors():
            file.write(data)
    with reporting_write_errors():
        file.flush()


class BodyStream:
    """Reads a request's body as it arrives, sent with its length or in chunks."""

    def __init__(self, request: HttpRequest) -> None:
        if is_pending(request):
            # raises before anything is prepared for data that has not arrived
            request.META["wsgi.input"].read()
        self._stream = _stream_of(request)

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes; raise ``ParseError`` if the upload fails."""
        try:
            return self._stream.read(size)
        except OSError as error:
            if isinstance(error.__cause__ or error, TimeoutError):
                raise BodyTooSlow from error
            raise ParseError("The upload broke off; nothing was kept.") from error


def _stream_of(request: HttpRequest) -> IO[bytes]:
    """Return the stream to read from.

    Django treats a body without Content-Length as empty; a server that decodes chunks,
    as gunicorn does, sets ``wsgi.input_terminated``.
    """
    environ: dict[str, Any] = request.META
    if not is_chunked(request):
        return request  # type: ignore[return-value]
    if not environ.get("wsgi.input_terminated"):
        raise LengthRequired
    stream: IO[bytes] = environ["wsgi.input"]
    return stream
