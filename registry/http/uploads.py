"""The body of a request as a stream, for bytes that must not pass through memory."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from django.conf import settings
from rest_framework.exceptions import APIException, ParseError

if TYPE_CHECKING:
    from django.http import HttpRequest


class LengthRequired(APIException):
    """The length of the body is not known (RFC 9110, section 15.5.12)."""

    status_code = 411
    default_detail = "Send the length of the file as Content-Length."


class TooSlow(APIException):
    """The client took too long to send the body (RFC 9110, section 15.5.9)."""

    status_code = 408
    default_detail = "The upload arrived too slowly; nothing was kept."


class Body:
    """Reads a request's body as it arrives, sent with its length or in chunks."""

    def __init__(self, request: HttpRequest) -> None:
        if is_pending(request):
            # before anything is prepared for bytes that are not there
            request.META["wsgi.input"].read()
        self._stream = _stream_of(request)

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes; ``ParseError`` when the connection breaks."""
        try:
            return self._stream.read(size)
        except OSError as error:
            if isinstance(error.__cause__ or error, TimeoutError):
                raise TooSlow from error
            raise ParseError("The upload broke off; nothing was kept.") from error


def allow_body(request: HttpRequest, view: Any) -> None:
    """Allow a signed-in person to send as much as the view takes.

    The server gives a body that has not arrived yet a small limit, which is for those
    whom nobody knows. A view that takes more than records has a ``body_limit``, a
    function that returns the bytes; it then reads the body while it arrives.
    """
    limit = getattr(getattr(view, "cls", view), "body_limit", None)
    if limit is None:
        accept_body(request, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    else:
        accept_body(request, limit(), stream=True)


def largest_crate() -> int:
    """Return how many bytes a request with a crate may have, its form included."""
    return int(settings.CRATE_UPLOAD_MB + 1) * 1024 * 1024


def accept_body(request: HttpRequest, limit: int, *, stream: bool = False) -> None:
    """Tell the server how long a body may be that has not arrived yet, in bytes."""
    if is_pending(request):
        request.META["wsgi.input"].accept(limit, stream=stream)


def is_pending(request: HttpRequest) -> bool:
    """Tell whether the body of the request has not arrived yet."""
    return hasattr(request.META.get("wsgi.input"), "accept")


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
