"""Request bodies can be read as streams."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.exceptions import RequestDataTooBig
from django.core.handlers.wsgi import WSGIRequest
from django.test import RequestFactory
from pytest_django import Settings
from rest_framework.exceptions import ParseError

from registry.front.bodies import BodyNeeded, PendingBody
from registry.http.bodies import (
    BodyTooSlow,
    LengthRequired,
    allow_large_body,
    set_body_limit,
)
from registry.http.body_stream import BodyStream

DATA = b"day,in_bed\n"

pytestmark = pytest.mark.once


class Broken(io.BytesIO):
    """A stream whose connection is lost."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Raise the error of gunicorn for a lost connection."""
        raise ConnectionResetError


def chunked(stream: io.BytesIO, **environ: Any) -> WSGIRequest:
    """Return a chunked request, as a server passes it on."""
    made = RequestFactory().put("/", headers={"transfer-encoding": "chunked"}).environ
    return WSGIRequest({**made, "wsgi.input": stream, **environ})


def pending(body: PendingBody) -> WSGIRequest:
    """Return a request whose body has not arrived, as the front passes it on."""
    return WSGIRequest({**RequestFactory().put("/").environ, "wsgi.input": body})


def test_a_body_is_read_in_chunks() -> None:
    body = BodyStream(RequestFactory().put("/", DATA, content_type="text/csv"))
    assert (body.read(4), body.read(100), body.read(100)) == (DATA[:4], DATA[4:], b"")


def test_a_streamed_body_can_exceed_the_memory_limit(settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 5
    body = BodyStream(RequestFactory().put("/", DATA, content_type="text/csv"))
    assert body.read(100) == DATA


def test_a_chunked_body_is_read_to_its_end() -> None:
    stream = io.BytesIO(DATA)
    body = BodyStream(chunked(stream, **{"wsgi.input_terminated": True}))
    assert body.read(100) == DATA
    assert body.read(100) == b""


def test_a_chunked_body_that_is_not_decoded_requires_a_length() -> None:
    with pytest.raises(LengthRequired):
        BodyStream(chunked(io.BytesIO(DATA)))


def test_a_lost_connection_raises_parse_error() -> None:
    body = BodyStream(chunked(Broken(), **{"wsgi.input_terminated": True}))
    with pytest.raises(ParseError, match="broke off"):
        body.read(10)
    request = WSGIRequest(
        {
            **RequestFactory().put("/").environ,
            "wsgi.input": Broken(),
            "CONTENT_LENGTH": "10",
        }
    )
    with pytest.raises(ParseError, match="broke off"):
        BodyStream(request).read(10)


def test_a_pending_body_is_requested_before_anything_is_prepared() -> None:
    request = pending(PendingBody(100, limit=10))
    set_body_limit(request, 1000, stream=True)
    with pytest.raises(BodyNeeded) as needed:
        BodyStream(request)
    assert (needed.value.limit, needed.value.stream) == (1000, True)


def test_a_pending_body_is_rejected_by_its_announced_length() -> None:
    with pytest.raises(RequestDataTooBig):
        BodyStream(pending(PendingBody(100, limit=10)))


def test_views_define_the_limit_for_authenticated_users(settings: Settings) -> None:
    class Plain:
        pass

    class Crates:
        accepts_files = True

    settings.CRATE_UPLOAD_MB = 100
    for view, limit, stream in (
        (Plain, settings.DATA_UPLOAD_MAX_MEMORY_SIZE, False),
        (Crates, 101 * 1024 * 1024, True),
    ):
        request = pending(PendingBody(None, limit=10))
        allow_large_body(request, view)
        with pytest.raises(BodyNeeded) as needed:
            request.META["wsgi.input"].read()
        assert (needed.value.limit, needed.value.stream) == (limit, stream)


def test_the_limit_of_a_complete_body_cannot_be_raised() -> None:
    request = RequestFactory().put("/", DATA, content_type="text/csv")
    set_body_limit(request, 1)
    assert BodyStream(request).read(100) == DATA


def test_a_client_that_sends_too_slowly_gets_408() -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise TimeoutError

    for environ in ({"wsgi.input_terminated": True}, {"CONTENT_LENGTH": "10"}):
        request = chunked(Slow(), **environ)
        if "CONTENT_LENGTH" in environ:
            del request.META["HTTP_TRANSFER_ENCODING"]
        with pytest.raises(BodyTooSlow):
            BodyStream(request).read(10)
