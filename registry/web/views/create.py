"""Register a record on a page, and raise an issue from a record's page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from registry.catalogue.models import ObjectComponent
from registry.catalogue.record_types import ISSUE
from registry.core.errors import Forbidden, InvalidInput, RegistryError
from registry.core.models import Record
from registry.core.record_types import RecordType, is_shown, record_type_named
from registry.http.documents import DocumentFormField
from registry.web.describe import address_of, label_of
from registry.web.forms import LinksFormField, RecordForm, initial_values

#: Digits of the longest id.
MAX_DIGITS = 18

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from registry.identity.models import User


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_record(request: HttpRequest, kind: str) -> HttpResponse:
    """Show the form of a record type; a POST registers the record."""
    record_type = record_type_named(kind)
    if request.method != "POST":
        return _page(
            request, RecordForm(record_type, initial=_initial_of(request, record_type))
        )
    form = RecordForm(record_type, request.POST)
    record = _register(form, cast("User", request.user))
    if record is None:
        return _page(request, form, status=getattr(form, "status", 400))
    title = record_type.title.capitalize()
    messages.success(request, f"{title} {record.pk} is registered.")
    return redirect(address_of(record))


def _initial_of(request: HttpRequest, record_type: RecordType[Any]) -> dict[str, Any]:
    """Return what a form begins with: the parameters of the address.

    The next version of a record begins with the values of the one that it replaces.
    """
    given: dict[str, Any] = request.GET.dict()
    link = record_type.writable_fields.get("replaces")
    pk = given.get("replaces", "")
    if link is None or not (pk.isascii() and pk.isdigit() and len(pk) <= MAX_DIGITS):
        return given
    replaced = record_type.model._default_manager.filter(pk=pk).first()
    return given if replaced is None else initial_values(record_type, replaced) | given


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def raise_issue(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the form of an issue with a component; a POST registers the issue."""
    component = get_object_or_404(
        ObjectComponent.objects.select_related("object"), pk=pk
    )
    about = {"component_issues": str(component.pk)}
    form = (
        RecordForm(ISSUE, request.POST)
        if request.method == "POST"
        else RecordForm(ISSUE, initial=about)
    )
    if request.method != "POST":
        return _page(request, form, about=component)
    issue = _register(form, cast("User", request.user))
    if issue is None:
        return _page(request, form, about=component, status=400)
    messages.success(request, f"Issue {issue.pk} is raised.")
    return redirect(address_of(component))


def _register(form: RecordForm, user: User) -> Record | None:
    """Register the values of a form; on errors, add them to the form, return None."""
    if not form.is_valid():
        return None
    try:
        [record] = form.record_type.register_rows([form.values()], by=user)
    except InvalidInput as error:
        form.add_errors(error.fields)
    except RegistryError as error:
        form.add_error(None, error.detail)
        form.existing = getattr(error, "existing", None)  # type: ignore[attr-defined]
        form.status = 403 if isinstance(error, Forbidden) else 400  # type: ignore[attr-defined]
    else:
        return cast("Record", record)
    return None


def _page(
    request: HttpRequest,
    form: RecordForm,
    *,
    about: Record | None = None,
    status: int = 200,
) -> HttpResponse:
    record_type: RecordType[Any] = form.record_type
    existing = getattr(form, "existing", None)
    context = {
        "record_type": record_type,
        "form": form,
        "about": about,
        "about_label": label_of(about) if about else "",
        "existing": _address_of_existing(existing, request),
        "api_path": reverse(f"{record_type.kind}-list"),
        "api_url": request.build_absolute_uri(reverse(f"{record_type.kind}-list")),
        "example": _shell_quoted(
            json.dumps(_example(form), indent=2, default=_format_time)
        ),
    }
    return render(request, "web/new.html", context, status=status)


def _address_of_existing(existing: Any, request: HttpRequest) -> str:
    """Return the address of the record of a duplicate, if the viewer can see it."""
    if isinstance(existing, Record) and is_shown(existing, request.user):
        return address_of(existing)
    return ""


def _format_time(value: datetime) -> str:
    """Return a time as the API accepts it."""
    return value.strftime("%Y-%m-%dT%H:%MZ")


def _example(form: RecordForm) -> dict[str, Any]:
    """Return the JSON body of an API request with the values of the form."""
    return {
        name: _in_json(field, value)
        for name, field in form.fields.items()
        if (value := form[name].value()) not in (None, "")
    }


def _in_json(field: Any, value: Any) -> Any:
    """Return the value of a field as JSON has it."""
    if isinstance(field, LinksFormField):
        return field.split_links(value)
    return field.parse(value) if isinstance(field, DocumentFormField) else value


def _shell_quoted(text: str) -> str:
    """Return a text escaped for single quotes in a shell."""
    return text.replace("'", "'\\''")
