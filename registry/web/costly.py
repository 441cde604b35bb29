"""Limit costly pages: each takes a slot of the process and counts as an export."""

from __future__ import annotations

from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any

from registry.core.errors import Busy
from registry.http.read_slots import hold_read_slot
from registry.http.throttling import count_export
from registry.web.views import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.http import HttpRequest, HttpResponse

    View = Callable[..., HttpResponse]


def costly_view(view: View) -> View:
    """Decorate a view so that it holds a slot until its page is sent.

    The response is 503 if no slot is free, and 429 beyond the limit of exports.
    """

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        allowed, usage = count_export(request, request.user)
        if not allowed:
            return errors.too_many(request, usage.reset)
        hold_read_slot(request, request.user)
        return view(request, *args, **kwargs)

    return answer


@contextmanager
def count_picture(request: HttpRequest) -> Iterator[None]:
    """Count one picture as an export; raise ``Busy`` beyond the limit.

    The page must hold a slot.
    """
    allowed, _ = count_export(request, request.user)
    if not allowed:
        raise Busy("You have requested many pictures; try again later.")
    yield
