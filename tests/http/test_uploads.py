"""Bodies of requests as streams."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import RequestFactory
from pytest_django import Settings
from rest_framework.exceptions import ParseError

from registry.http.uploads import Body, LengthRequired, discard_body

DATA = b"day,in_bed\n"

pytestmark = pytest.mark.once


class Broken(io.BytesIO):
    """A connection that breaks."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Fail as gunicorn does when the other side is gone."""
        raise ConnectionResetError


def chunked(stream: io.BytesIO, **environ: Any) -> WSGIRequest:
    """Return a request as a server hands it on that was sent in chunks."""
    made = RequestFactory().put("/", headers={"transfer-encoding": "chunked"}).environ
    return WSGIRequest({**made, "wsgi.input": stream, **environ})


def test_a_body_is_read_piece_by_piece() -> None:
    body = Body(RequestFactory().put("/", DATA, content_type="text/csv"))
    assert (body.read(4), body.read(100), body.read(100)) == (DATA[:4], DATA[4:], b"")


def test_a_body_is_not_limited_by_what_may_be_in_memory(settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 5
    body = Body(RequestFactory().put("/", DATA, content_type="text/csv"))
    assert body.read(100) == DATA


def test_a_body_in_chunks_is_read_to_its_end() -> None:
    stream = io.BytesIO(DATA)
    body = Body(chunked(stream, **{"wsgi.input_terminated": True}))
    assert body.read(100) == DATA
    assert body.read(100) == b""


def test_where_chunks_have_no_end_the_length_is_required() -> None:
    with pytest.raises(LengthRequired):
        Body(chunked(io.BytesIO(DATA)))


def test_a_connection_that_breaks_is_told_from_a_defect() -> None:
    body = Body(chunked(Broken(), **{"wsgi.input_terminated": True}))
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
        Body(request).read(10)


def test_what_is_left_of_a_refused_body_is_read() -> None:
    stream = io.BytesIO(DATA)
    request = chunked(stream, **{"wsgi.input_terminated": True})
    Body(request).read(4)
    discard_body(request)
    assert stream.read() == b""


def test_a_refused_body_is_not_read_for_ever() -> None:
    class Endless(io.BytesIO):
        given = 0

        def read(self, size: int | None = -1, /) -> bytes:
            self.given += size or 0
            return b"x" * (size or 0)

    stream = Endless()
    discard_body(chunked(stream, **{"wsgi.input_terminated": True}))
    assert stream.given == 64 * 1024 * 1024


def test_a_refused_body_may_break_off_or_have_no_end() -> None:
    discard_body(chunked(Broken(), **{"wsgi.input_terminated": True}))
    discard_body(chunked(Broken()))
