"""The body of a request as a stream, for data that must not be held in memory."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from rest_framework.exceptions import ParseError

from registry.http.bodies import BodyTooSlow, LengthRequired, is_chunked, is_pending

if TYPE_CHECKING:
    from django.http import HttpRequest


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
