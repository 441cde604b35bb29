"""Send files, with ranges, entity tags, and headers that protect browsers.

RFC 9110, sections 13 (conditions) and 14 (ranges); RFC 6266 and RFC 8187 for the name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import FileResponse, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header

from registry.http.conditional import format_etag

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from registry.storage.base import Reader

#: Forbids scripts and resources, in case a browser displays a file after all.
_POLICY = "default-src 'none'; sandbox"

_RANGE = re.compile(r"bytes=\s*([0-9]{0,18})-([0-9]{0,18})\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Download:
    """A file that can be sent.

    ``open`` opens the whole file. ``open_part`` takes the first byte and the number of
    bytes; it returns None if only the whole file can be sent.
    """

    sha1: str
    size: int
    name: str
    media_type: str
    private: bool
    open: Callable[[], Reader]
    open_part: Callable[[int, int], Reader | None]


@dataclass(frozen=True)
class ByteRange:
    """A range of a file's bytes."""

    start: int
    length: int


class RangeNotSatisfiable(Exception):
    """The range lies completely beyond the end of the file."""


class _DownloadResponse(FileResponse):
    """A response with the bytes; servers that read the file use the block size."""

    block_size = 256 * 1024


def file_response(request: HttpRequest, file: Download) -> HttpResponseBase:
    """Return the response to GET or HEAD: the file, a range of it, or 304."""
    headers = _file_headers(file)
    whole = HttpResponse(headers=headers, content_type=file.media_type)
    answer = get_conditional_response(
        request, etag=format_etag(file.sha1), response=whole
    )
    if answer is not None and answer is not whole:
        # a browser replaces its stored headers by those of a 304
        answer["Content-Security-Policy"] = _POLICY
        return answer
    try:
        part = requested_range(request, file)
    except RangeNotSatisfiable:
        return HttpResponse(
            status=416,
            headers={**headers, "Content-Range": f"bytes */{file.size}"},
            content_type=file.media_type,
        )
    if request.method == "HEAD":
        whole["Content-Length"] = str(file.size)
        return whole
    return _stream_response(file, part, headers)


def requested_range(request: HttpRequest, file: Download) -> ByteRange | None:
    """Return the requested range; None for the whole file.

    Anything but a single byte range is ignored, as the standard allows, and so is a
    range of a file that has changed (``If-Range``).
    """
    header = request.META.get("HTTP_RANGE", "")
    known = request.META.get("HTTP_IF_RANGE", "").strip()
    match = _RANGE.fullmatch(header.strip())
    if (
        request.method != "GET"
        or not match
        or known not in {"", format_etag(file.sha1)}
    ):
        return None
    first, last = match[1], match[2]
    if not first:
        return _last_bytes(last, file.size)
    start, end = int(first), int(last) if last else file.size - 1
    if last and end < start:
        return None
    if start >= file.size:
        raise RangeNotSatisfiable
    return ByteRange(start, min(end, file.size - 1) - start + 1)


def _last_bytes(text: str, size: int) -> ByteRange | None:
    """Return the range for ``bytes=-500``: the last 500 bytes, or all if fewer."""
    if not text:
        return None
    length = min(int(text), size)
    if length == 0:
        raise RangeNotSatisfiable
    return ByteRange(size - length, length)


def _stream_response(
    file: Download, part: ByteRange | None, headers: dict[str, str]
) -> _DownloadResponse:
    """Return a streaming response with the file or a range of it."""
    reader = None if part is None else file.open_part(part.start, part.length)
    if part is None or reader is None:
        reader, part = file.open(), None
    length, status = (file.size, 200) if part is None else (part.length, 206)
    response = _DownloadResponse(reader, status=status, content_type=file.media_type)
    for name, value in headers.items():
        response[name] = value
    response["Content-Length"] = str(length)
    if part is not None:
        end = part.start + part.length - 1
        response["Content-Range"] = f"bytes {part.start}-{end}/{file.size}"
    return response


def _file_headers(file: Download) -> dict[str, str]:
    """Return the headers of all responses about the file.

    Caches must revalidate each time, because a file can become private.
    """
    return {
        "ETag": format_etag(file.sha1),
        "Accept-Ranges": "bytes",
        "Cache-Control": f"{'private' if file.private else 'public'}, no-cache",
        "Content-Disposition": str(content_disposition_header(True, file.name)),
        "Content-Security-Policy": _POLICY,
        "X-Content-Type-Options": "nosniff",
    }
