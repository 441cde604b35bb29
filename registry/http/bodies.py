"""Limits of request bodies: their size, their completeness, and their files.

Django parses a form before the view runs, for its CSRF check, and writes the files of
the form to disk. So `BodyMiddleware` checks the limits before that. Views of the REST
framework read the body themselves, after authentication; `registry.http.views`
prepares it for them.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import ExitStack
from typing import IO, TYPE_CHECKING, Any, BinaryIO, NoReturn, cast

from django.conf import settings
from django.core.exceptions import BadRequest
from django.core.files.uploadhandler import FileUploadHandler, load_handler
from django.core.handlers.wsgi import LimitedStream

from registry.http.addresses import client_address
from registry.http.large_bodies import LARGE_BODY_BYTES, hold_large_body

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

#: Maximum bytes of a form of an anonymous user, and of any OAuth request.
SMALL_BODY_BYTES = 64 * 1024
#: Maximum bytes of a form: one record, whose longest text has 2^20 characters.
MAX_FORM_BYTES = 16 * 1024 * 1024
MEGABYTE = 1024 * 1024
#: The settings with the largest upload, in megabytes.
CRATE, SHEET = "CRATE_UPLOAD_MB", "SHEET_UPLOAD_MB"
#: Django's default upload handlers.
_FILE_HANDLERS = (
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
)
_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


class BodyRefused(BadRequest):
    """The body is rejected; ``handler400`` and the API respond with its status."""

    status_code = 400
    detail = "The body of the request cannot be read."

    def __init__(self, detail: str = "", field: str = "") -> None:
        self.detail = detail or self.detail
        #: Name of the invalid form field, if it is one field.
        self.field = field
        super().__init__(self.detail)


class BodyIncomplete(BodyRefused):
    """The connection ended before the body was complete."""

    detail = "The body is shorter than its Content-Length; nothing was stored."


class BodyTooSlow(BodyRefused):
    """The client took too long to send the body (RFC 9110, section 15.5.9)."""

    status_code = 408
    detail = "The body arrived too slowly; nothing was stored."


class LengthRequired(BodyRefused):
    """The length of the body is unknown (RFC 9110, section 15.5.12)."""

    status_code = 411
    detail = "Send the length of the body as Content-Length."


class BodyTooLarge(BodyRefused):
    """The body is larger than the limit of the view."""

    status_code = 413
    detail = "The body is too large."


class BodyEncoded(BodyRefused):
    """The body is compressed (RFC 9110, section 15.5.16)."""

    status_code = 415
    detail = "Send the body as it is: no Content-Encoding is undone here."


class RejectFilesHandler(FileUploadHandler):
    """Rejects the files of a form, so that none is written to disk."""

    def new_file(self, field_name: str, *args: Any, **kwargs: Any) -> NoReturn:
        """Reject the file."""
        raise BodyRefused(
            "No file is expected here. Files are uploaded in two steps: POST the SHA-1 "
            "to /api/data/, then PUT the bytes to the address in the response.",
            field_name[:100],
        )

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Return no data for the next handler."""

    def file_complete(self, file_size: int) -> None:
        """Return no file."""


class CompleteBodyReader(io.IOBase):
    """Reads a body and raises an error if it ends before its announced length."""

    def __init__(self, stream: IO[bytes], length: int) -> None:
        self._stream = stream
        self._left = length

    def read(self, size: int | None = -1, /) -> bytes:
        """Return ``size`` bytes, or all that are left.

        Raises ``BodyIncomplete`` if the connection ends earlier.
        """
        all_of_it = size is None or size < 0
        wanted = self._left if all_of_it else min(size or 0, self._left)
        pieces = []
        while wanted > 0:
            pieces.append(self._read_part(self._stream.read, wanted))
            wanted -= len(pieces[-1])
        return b"".join(pieces)

    def readline(self, size: int | None = -1, /) -> bytes:
        """Return the next line, or its first ``size`` bytes."""
        if self._left <= 0 or size == 0:
            return b""
        return self._read_part(self._stream.readline, -1 if size is None else size)

    def _read_part(self, read: Callable[[int], bytes], size: int) -> bytes:
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
    """Checks bodies that Django would read before their view does."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Store the next middleware or view."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request; reading an incomplete body raises an error."""
        length = content_length(request)
        if length and not is_chunked(request):
            request._stream = cast(
                "BinaryIO", CompleteBodyReader(request._stream, length)
            )
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> None:
        """Reject a body that is too large before any of it is read."""
        if _view_attribute(view, "accepts_files"):
            handlers = [load_handler(path, request) for path in _FILE_HANDLERS]
            request.upload_handlers = handlers
        if hasattr(view, "cls"):
            # look up the session only if the body has not arrived yet
            if is_pending(request) and request.user.is_authenticated:
                allow_large_body(request, view)
            return
        if request.method != "POST":
            return
        limit = _max_form_bytes(request, view)
        if content_length(request) > limit:
            raise BodyTooLarge
        # only for authenticated users is a body streamed while it arrives
        set_body_limit(request, limit, stream=limit > MAX_FORM_BYTES)
        read_chunked_body(request, min(limit, MAX_FORM_BYTES))


def accepts_files(view: Any) -> Any:
    """Accept forms with files (a decorator for view functions and classes)."""
    view.accepts_files = True
    return view


def accepts_sheets(view: Any) -> Any:
    """Accept forms with a sheet of model runs (a decorator)."""
    view.upload_limit = SHEET
    return accepts_files(view)


def allow_large_body(request: HttpRequest, view: Any) -> None:
    """Raise the body limit to that of the view, for an authenticated user.

    The server sets a small limit for bodies that have not arrived yet, which is meant
    for anonymous users. A view that accepts files reads the body while it arrives.
    """
    if _view_attribute(view, "streams_body") or _view_attribute(view, "accepts_files"):
        set_body_limit(request, max_upload_bytes(view), stream=True)
    else:
        set_body_limit(request, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def prepare_body(request: HttpRequest, view: Any, held: ExitStack) -> None:
    """Prepare the body of a request for its view, now that the user is known.

    A large body is counted until ``held`` is closed. Raises ``BodyRefused`` for a body
    that the view does not read; one that the view streams is left to it.
    """
    if request.user.is_authenticated:
        allow_large_body(request, view)
    if _view_attribute(view, "streams_body"):
        return
    reject_encoded_body(request)
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if is_form(request):
        limit = min(limit, MAX_FORM_BYTES)
    if content_length(request) > limit:
        raise BodyTooLarge
    hold_if_large(request, held)
    read_chunked_body(request, limit)


def hold_if_large(request: HttpRequest, held: ExitStack) -> None:
    """Count a body that will be in memory as a large one, until ``held`` is closed."""
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    # a chunked body may turn out to be as large as any
    size = limit if is_chunked(request) else min(content_length(request), limit)
    if size > LARGE_BODY_BYTES:
        who = str(request.user.pk or client_address(request))
        held.enter_context(hold_large_body(who, size))


def refuse_large_upload(request: HttpRequest, limit: str) -> None:
    """Raise ``BodyTooLarge`` for a body that is larger than a setting.

    Raises ``LengthRequired`` for a form in chunks, which Django would treat as empty.
    """
    if is_chunked(request) and is_form(request):
        raise LengthRequired
    megabytes = getattr(settings, limit)
    if content_length(request) > megabytes * MEGABYTE:
        raise BodyTooLarge(f"Send at most {megabytes} megabytes.")


def set_body_limit(request: HttpRequest, limit: int, *, stream: bool = False) -> None:
    """Set the limit in bytes of a body that has not arrived yet."""
    if is_pending(request):
        request.META["wsgi.input"].raise_limit(limit, stream=stream)


def is_pending(request: HttpRequest) -> bool:
    """Return whether the body of the request has not arrived yet.

    If the view reads it, the server calls the view again when the body is complete.
    """
    return hasattr(request.META.get("wsgi.input"), "raise_limit")


def max_upload_bytes(view: Any) -> int:
    """Return the maximum bytes of a request with a file, its form included.

    A view names the setting of its limit as ``upload_limit``; others accept crates.
    """
    limit = _view_attribute(view, "upload_limit") or CRATE
    return int(getattr(settings, limit) + 1) * MEGABYTE


def content_length(request: HttpRequest) -> int:
    """Return the announced length of the body, or 0 if there is none."""
    try:
        return max(0, int(request.META.get("CONTENT_LENGTH") or 0))
    except ValueError:
        return 0


def is_chunked(request: HttpRequest) -> bool:
    """Return whether the body is chunked (RFC 9112, section 7.1)."""
    return "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower()


def is_form(request: HttpRequest) -> bool:
    """Return whether the content type is that of a form."""
    return request.content_type in _FORMS


def reject_encoded_body(request: HttpRequest) -> None:
    """Raise ``BodyEncoded`` if the body has a Content-Encoding."""
    coding = request.META.get("HTTP_CONTENT_ENCODING", "").strip().lower()
    if coding not in {"", "identity"}:
        raise BodyEncoded


def read_chunked_body(request: HttpRequest, limit: int) -> None:
    """Read a chunked body, which Django would treat as empty.

    A server that decodes chunks, as gunicorn does, sets ``wsgi.input_terminated``.
    Raises ``LengthRequired`` if it is not set, and ``BodyTooLarge``.
    """
    if not is_chunked(request):
        return
    if not request.META.get("wsgi.input_terminated"):
        raise LengthRequired
    body = _read_stream(request.META["wsgi.input"], limit)
    del request.META["HTTP_TRANSFER_ENCODING"]
    request.META["CONTENT_LENGTH"] = str(len(body))
    stream = LimitedStream(io.BytesIO(body), len(body))
    request._stream = cast("BinaryIO", stream)


def _read_stream(stream: IO[bytes], limit: int) -> bytes:
    """Read a stream to its end; raise ``BodyTooLarge`` above the limit."""
    body = io.BytesIO()
    try:
        while data := stream.read(min(MEGABYTE, limit + 1 - body.tell())):
            body.write(data)
    except OSError as error:
        raise BodyIncomplete from error
    if body.tell() > limit:
        raise BodyTooLarge
    return body.getvalue()


def _max_form_bytes(request: HttpRequest, view: Any) -> int:
    """Return the maximum bytes of a form; look up the user only for a large one."""
    limit = _view_attribute(view, "max_body_bytes")
    if limit is not None:
        return int(limit)
    if content_length(request) <= SMALL_BODY_BYTES and not is_chunked(request):
        return SMALL_BODY_BYTES
    if not request.user.is_authenticated:
        return SMALL_BODY_BYTES
    if _view_attribute(view, "accepts_files"):
        return max_upload_bytes(view)
    return MAX_FORM_BYTES


def _view_attribute(view: Any, name: str) -> Any:
    """Return an attribute of a view function, or of the class that created it."""
    made_by = getattr(view, "cls", None) or getattr(view, "view_class", None)
    return getattr(made_by, name, None) or getattr(view, name, None)
