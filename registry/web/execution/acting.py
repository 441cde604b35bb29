"""Do what a button is for, and redirect to a page with a message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect

from registry.core.errors import Forbidden, InvalidInput, NotFound, RegistryError
from registry.web.execution.words import tasks_in_words
from registry.web.views.errors import page

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from registry.identity.models import User


@dataclass(frozen=True)
class Done:
    """What to tell a person, and the page to show if it is not the same one."""

    message: str
    address: str = ""


#: Does something in a person's name.
Work = Callable[["User"], Done]


def do_and_return(request: HttpRequest, address: str, work: Work) -> HttpResponse:
    """Do the work, and redirect to a page that shows what was done, or why not."""
    try:
        done = work(cast("User", request.user))
        messages.success(request, done.message)
        return redirect(done.address or address)
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
    return f"{tasks_in_words(number) if number else 'No task'} changed."
