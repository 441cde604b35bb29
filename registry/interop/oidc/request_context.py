"""Django's current request, for callbacks of oauthlib that do not get it."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest

_current: ContextVar[HttpRequest] = ContextVar("oidc_request")


@contextmanager
def set_current_request(request: HttpRequest) -> Iterator[None]:
    """Make ``current_request`` return this request during the block."""
    earlier = _current.set(request)
    try:
        yield
    finally:
        _current.reset(earlier)


def current_request() -> HttpRequest:
    """Return Django's request."""
    return _current.get()
