"""Do what a button of a page is for, and go back to the page with a message."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect

from registry.core.errors import Forbidden, InvalidInput, NotFound, RegistryError
from registry.web.views.errors import page

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from registry.identity.models import User

#: Does something in a person's name, and returns what to tell them.
Work = Callable[["User"], str]


def do_and_return(request: HttpRequest, address: str, work: Work) -> HttpResponse:
    """Do the work, and redirect to a page that shows what was done."""
    try:
        messages.success(request, work(cast("User", request.user)))
    except Forbidden as error:
        return page(request, 403, error.detail)
    except NotFound as error:
        raise Http404(error.detail) from error
    except InvalidInput as error:
        texts = (text for said in error.fields.values() for text in said)
        messages.error(request, " ".join(texts))
    except RegistryError as error:
        messages.error(request, error.detail)
    return redirect(address)


def changed_tasks(number: int) -> str:
    """Return how many tasks an action changed, in a sentence."""
    if not number:
        return "No task had to change."
    return "1 task changed." if number == 1 else f"{number:,} tasks changed."
