"""Import a crate on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from registry.core.errors import (
    InvalidInput,
    QuotaExceeded,
    RegistryError,
    StorageFull,
)
from registry.core.record_types import record_kinds
from registry.http.bodies import accepts_files
from registry.http.form_files import require_form_file
from registry.provenance.crates.reading import Received, open_zip, receive
from registry.runs.models import CodeRun
from registry.web.describe import address_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from registry.core.models import Record
    from registry.identity.models import User

#: The name of the form field.
FIELD = "crate"
#: The largest number of messages about parts of a crate.
_MAX_MESSAGES = 20

#: The problems of a crate: places in it, each with its message.
Problems = list[tuple[str, str]]


@accepts_files
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def import_crate(request: HttpRequest) -> HttpResponse:
    """Show the form; a POST imports the crate and redirects to a record of it."""
    if request.method != "POST":
        return _page(request, [])
    try:
        received = _receive(request)
    except InvalidInput as error:
        problems = [(where, " ".join(texts)) for where, texts in error.fields.items()]
        return _page(request, problems, status=400)
    except RegistryError as error:
        return _page(request, [("", error.detail)], status=_status_of(error))
    _add_messages(request, received)
    target = _record_to_show(received)
    return redirect(address_of(target) if target else reverse("web:crates"))


def _status_of(error: RegistryError) -> int:
    match error:
        case QuotaExceeded():
            return 413
        case StorageFull():
            return 507
    return 409


def _receive(request: HttpRequest) -> Received:
    limit = settings.CRATE_UPLOAD_MB
    file = require_form_file(
        request.FILES, FIELD, "a crate, a zip file", megabytes=limit
    )
    with open_zip(file) as package:
        return receive(package, by=cast("User", request.user))


def _add_messages(request: HttpRequest, received: Received) -> None:
    """Add messages about what was imported and what was left out."""
    if not received.registered and not received.files:
        messages.info(request, "The registry has everything in this crate already.")
    else:
        messages.success(
            request,
            f"Imported: {_count_text(len(received.registered), 'new record')}, "
            f"{_count_text(received.files, 'new file')}.",
        )
    for part in received.left_out[:_MAX_MESSAGES]:
        messages.warning(request, f"Not imported: {part.where}. {part.why}")


def _count_text(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _record_to_show(received: Received) -> Record | None:
    """Return the record to show: a run, or else any record with a page."""
    kinds = record_kinds()
    records = [one for one in received.records.values() if one.kind in kinds]
    runs = [one for one in records if isinstance(one, CodeRun)]
    return next(iter([*runs, *records]), None)


def _page(request: HttpRequest, problems: Problems, status: int = 200) -> HttpResponse:
    context = {
        "problems": problems[:_MAX_MESSAGES],
        "more": len(problems) - _MAX_MESSAGES,
        "field": FIELD,
        "megabytes": settings.CRATE_UPLOAD_MB,
        "api_url": request.build_absolute_uri(reverse("ro-crate")),
    }
    return render(request, "web/crates.html", context, status=status)
