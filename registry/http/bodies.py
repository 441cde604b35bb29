"""What bodies a request may have: how large, how complete, and with files or without.

Django parses a form before the view runs, for its check against forged requests, and
it writes the files of a form to the disk as it does. So the limits are checked before
that, by `BodyMiddleware`. Views of the REST framework read the body themselves, once
they know who asks; `registry.http.views` prepares it for them.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Any, BinaryIO, NoReturn, cast

from django.conf import settings
from django.core.exceptions import BadRequest
from django.core.files.uploadhandler import FileUploadHandler, load_handler
from django.core.handlers.wsgi import LimitedStream

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

#: Bytes of a form from somebody who is not signed in, and of any OAuth request.
SMALL_BODY_BYTES = 64 * 1024
#: Bytes of a form: one record, whose longest text has 2^20 characters.
MAX_FORM_BYTES = 16 * 1024 * 1024
_MEGABYTE = 1024 * 1024
#: What Django does with files by default.
_FILE_HANDLERS = (
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
)
_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


class BodyRefused(BadRequest):
    """A body that is not taken; ``handler400`` and the API answer with its status."""

    status_code = 400
    detail = "The body of the request cannot be read."

    def __init__(self, detail: str = "", field: str = "") -> None:
        self.detail = detail or self.detail
        #: The field of a form that is wrong, if it is one field.
        self.field = field
        super().__init__(self.detail)


class BodyIncomplete(BodyRefused):
    """The connection ended before the body did."""

    detail = "The body is shorter than its Content-Length; nothing was stored."


class BodyTooSlow(BodyRefused):
    """The client took too long to send the body (RFC 9110, section 15.5.9)."""

    status_code = 408
    detail = "The body arrived too slowly; nothing was stored."


class LengthRequired(BodyRefused):
    """The length of the body cannot be known (RFC 9110, section 15.5.12)."""

    status_code = 411
    detail = "Send the length of the body as Content-Length."


class BodyTooLarge(BodyRefused):
    """The body is larger than is needed here."""

    status_code = 413
    detail = "The body is too large."


class BodyEncoded(BodyRefused):
    """The body is compressed (RFC 9110, section 15.5.16)."""

    status_code = 415
    detail = "Send the body as it is: no Content-Encoding is undone here."


class RejectFilesHandler(FileUploadHandler):
    """Refuses the files of a form, so that none is written to the disk."""

    def new_file(self, field_name: str, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse the file."""
        raise BodyRefused("No file is expected here.", field_name[:100])

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Take no bytes."""

    def file_complete(self, file_size: int) -> None:
        """Make no file."""


class CompleteBodyReader(io.IOBase):
    """Reads a body, and tells one that ended too early from a short one."""

    def __init__(self, stream: IO[bytes], length: int) -> None:
        self._stream = stream
        self._left = length

    def read(self, size: int | None = -1, /) -> bytes:
        """Return ``size`` bytes, or all where fewer are left.

        Raises ``BodyIncomplete`` where the connection ends before.
        """
        all_of_it = size is None or size < 0
        wanted = self._left if all_of_it else min(size or 0, self._left)
        pieces = []
        while wanted > 0:
            pieces.append(self._next(self._stream.read, wanted))
            wanted -= len(pieces[-1])
        return b"".join(pieces)

    def readline(self, size: int | None = -1, /) -> bytes:
        """Return the next line, or its first ``size`` bytes."""
        if self._left <= 0 or size == 0:
            return b""
        return self._next(self._stream.readline, -1 if size is None else size)

    def _next(self, read: Callable[[int], bytes], size: int) -> bytes:
        try:
            data = read(size)
        except TimeoutError as error:
            raise BodyTooSlow from error
        except OSError as error:
            raise BodyIncomplete from error
        if not data:
            raise BodyIncomplete
        self._left -= len(data)
        return data


class BodyMiddleware:
    """Checks the bodies that Django would read before their view does."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Wrap what answers the request."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; whoever reads the body learns when it broke off."""
        length = content_length(request)
        if length and not is_chunked(request):
            request._stream = cast(
                "BinaryIO", CompleteBodyReader(request._stream, length)
            )
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> None:
        """Refuse what is too large before anything is read of it."""
        if _attribute(view, "accepts_files"):
            handlers = [load_handler(path, request) for path in _FILE_HANDLERS]
            request.upload_handlers = handlers
        if hasattr(view, "cls"):
            # the session is only looked up for a body that is worth waiting for
            if is_pending(request) and request.user.is_authenticated:
                allow_large_body(request, view)
            return
        if request.method != "POST":
            return
        most = _most_for(request, view)
        if content_length(request) > most:
            raise BodyTooLarge
        # nobody without an account has a body read while it arrives
        set_body_limit(request, most, stream=most > MAX_FORM_BYTES)
        read_chunked_body(request, min(most, MAX_FORM_BYTES))


def accepts_files(view: Any) -> Any:
    """Let forms with files come to a view (a decorator for functions and classes)."""
    view.accepts_files = True
    return view


def allow_large_body(request: HttpRequest, view: Any) -> None:
    """Allow a signed-in person to send as much as the view takes.

    The server gives a body that has not arrived yet a small limit, which is for those
    whom nobody knows. A view that takes files reads the body while it arrives.
    """
    if _attribute(view, "streams_body") or _attribute(view, "accepts_files"):
        set_body_limit(request, max_crate_bytes(), stream=True)
    else:
        set_body_limit(request, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def set_body_limit(request: HttpRequest, limit: int, *, stream: bool = False) -> None:
    """Tell the server how long a body may be that has not arrived yet, in bytes."""
    if is_pending(request):
        request.META["wsgi.input"].raise_limit(limit, stream=stream)


def is_pending(request: HttpRequest) -> bool:
    """Tell whether the body of the request has not arrived yet.

    The server then calls the view again when it has, if the view reads it.
    """
    return hasattr(request.META.get("wsgi.input"), "raise_limit")


def max_crate_bytes() -> int:
    """Return how many bytes a request with a crate may have, its form included."""
    return int(settings.CRATE_UPLOAD_MB + 1) * _MEGABYTE


def content_length(request: HttpRequest) -> int:
    """Return the announced length of the body, 0 where there is none."""
    try:
        return max(0, int(request.META.get("CONTENT_LENGTH") or 0))
    except ValueError:
        return 0


def is_chunked(request: HttpRequest) -> bool:
    """Tell whether the body comes in chunks (RFC 9112, section 7.1)."""
    return "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower()


def is_form(request: HttpRequest) -> bool:
    """Tell whether the body says that it is a form."""
    return request.content_type in _FORMS


def reject_encoded_body(request: HttpRequest) -> None:
    """Raise ``BodyEncoded`` where the body says that it is compressed."""
    coding = request.META.get("HTTP_CONTENT_ENCODING", "").strip().lower()
    if coding not in {"", "identity"}:
        raise BodyEncoded


def read_chunked_body(request: HttpRequest, most: int) -> None:
    """Read a body that comes in chunks, which Django takes for an empty one.

    A server that decodes the chunks, as gunicorn does, says that its stream has an
    end. Raises ``LengthRequired`` where it does not, and ``BodyTooLarge``.
    """
    if not is_chunked(request):
        return
    if not request.META.get("wsgi.input_terminated"):
        raise LengthRequired
    body = _read(request.META["wsgi.input"], most)
    del request.META["HTTP_TRANSFER_ENCODING"]
    request.META["CONTENT_LENGTH"] = str(len(body))
    stream = LimitedStream(io.BytesIO(body), len(body))
    request._stream = cast("BinaryIO", stream)


def _read(stream: IO[bytes], most: int) -> bytes:
    """Read a stream to its end."""
    body = io.BytesIO()
    try:
        while data := stream.read(min(_MEGABYTE, most + 1 - body.tell())):
            body.write(data)
    except OSError as error:
        raise BodyIncomplete from error
    if body.tell() > most:
        raise BodyTooLarge
    return body.getvalue()


def _most_for(request: HttpRequest, view: Any) -> int:
    """Return how many bytes a form may have; who asks is looked up for a large one."""
    most = _attribute(view, "max_body_bytes")
    if most is not None:
        return int(most)
    if content_length(request) <= SMALL_BODY_BYTES and not is_chunked(request):
        return SMALL_BODY_BYTES
    if not request.user.is_authenticated:
        return SMALL_BODY_BYTES
    if _attribute(view, "accepts_files"):
        return max_crate_bytes()
    return MAX_FORM_BYTES


def _attribute(view: Any, name: str) -> Any:
    """Return what a view, or the class that it was made of, says of itself."""
    made_by = getattr(view, "cls", None) or getattr(view, "view_class", None)
    return getattr(made_by, name, None) or getattr(view, name, None)
