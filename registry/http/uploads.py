"""The body of a request as a stream, for bytes that must not pass through memory."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from rest_framework.exceptions import APIException, ParseError

from registry.http.bodies import BodyRefused
from registry.storage.base import CHUNK

if TYPE_CHECKING:
    from django.http import HttpRequest


#: Bytes of a refused body that are read nevertheless.
_PATIENCE = 64 * CHUNK


class LengthRequired(APIException):
    """The length of the body is not known (RFC 9110, section 15.5.12)."""

    status_code = 411
    default_detail = "Send the length of the file as Content-Length."


class Body:
    """Reads a request's body as it arrives, sent with its length or in chunks."""

    def __init__(self, request: HttpRequest) -> None:
        self._stream = _stream_of(request)

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes; ``ParseError`` when the connection breaks."""
        try:
            return self._stream.read(size)
        except OSError as error:
            raise ParseError("The upload broke off; nothing was kept.") from error


def discard_body(request: HttpRequest) -> None:
    """Read what is left of a body that nobody wants, up to some tens of megabytes.

    Who is still sending when the server hangs up sees the connection break, and not
    the answer that says why.
    """
    left = _PATIENCE
    try:
        body = Body(request)
        while left > 0 and (data := body.read(min(CHUNK, left))):
            left -= len(data)
    except (APIException, BodyRefused):
        # nobody is sending any more
        return


def _stream_of(request: HttpRequest) -> IO[bytes]:
    """Return what to read from.

    Django itself takes a body without Content-Length for an empty one; a server that
    undoes the chunks, as gunicorn does, says that its stream has an end.
    """
    environ: dict[str, Any] = request.META
    if "chunked" not in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
        return request  # type: ignore[return-value]
    if not environ.get("wsgi.input_terminated"):
        raise LengthRequired
    stream: IO[bytes] = environ["wsgi.input"]
    return stream
