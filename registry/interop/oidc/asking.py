"""The request that is being answered, for what oauthlib asks without handing it on."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest

_current: ContextVar[HttpRequest] = ContextVar("oidc_request")


@contextmanager
def answering(request: HttpRequest) -> Iterator[None]:
    """Have ``current_request`` return this one in the block."""
    earlier = _current.set(request)
    try:
        yield
    finally:
        _current.reset(earlier)


def current_request() -> HttpRequest:
    """Return Django's request."""
    return _current.get()
