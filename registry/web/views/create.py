"""Registering a record in the browser, and raising an issue from a record's page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from registry.catalogue.models import Issue, ObjectComponent
from registry.core.errors import Duplicate, InvalidInput, RegistryError
from registry.core.models import Record
from registry.runs.registration import register
from registry.web.describe import address_of, label_of
from registry.web.forms import LinksFormField, RecordForm
from registry.web.kinds import KINDS, Kind

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from registry.identity.models import User


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_record(request: HttpRequest, kind: str) -> HttpResponse:
    """Show the form of a record type; a POST registers the record."""
    shown = KINDS[kind]
    if request.method != "POST":
        return _page(request, shown, RecordForm(shown, initial=request.GET.dict()))
    form = RecordForm(shown, request.POST)
    record = _registered(form, shown, cast("User", request.user))
    if record is None:
        return _page(request, shown, form, status=400)
    messages.success(request, f"{shown.title.capitalize()} {record.pk} is registered.")
    return redirect(address_of(record))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def raise_issue(request: HttpRequest, pk: int) -> HttpResponse:
    """Raise an issue against a component: the form, and then the issue."""
    component = get_object_or_404(
        ObjectComponent.objects.select_related("object"), pk=pk
    )
    kind = KINDS[Issue.kind]
    about = {"component_issues": str(component.pk)}
    form = (
        RecordForm(kind, request.POST)
        if request.method == "POST"
        else RecordForm(kind, initial=about)
    )
    if request.method != "POST":
        return _page(request, kind, form, about=component)
    issue = _registered(form, kind, cast("User", request.user))
    if issue is None:
        return _page(request, kind, form, about=component, status=400)
    messages.success(request, f"Issue {issue.pk} is raised.")
    return redirect(address_of(component))


def _registered(form: RecordForm, kind: Kind, user: User) -> Record | None:
    """Register what a form holds; None, with the reasons in the form, if it cannot."""
    if not form.is_valid():
        return None
    try:
        [record] = register(kind.model, [form.values()], by=user)
    except InvalidInput as error:
        form.add_problems(error.fields)
    except Duplicate as error:
        form.add_error(None, error.detail)
        form.existing = error.existing  # type: ignore[attr-defined]
    except RegistryError as error:
        form.add_error(None, error.detail)
    else:
        return record
    return None


def _page(
    request: HttpRequest,
    kind: Kind,
    form: RecordForm,
    *,
    about: Record | None = None,
    status: int = 200,
) -> HttpResponse:
    existing = getattr(form, "existing", None)
    context = {
        "kind": kind,
        "form": form,
        "about": about,
        "about_label": label_of(about) if about else "",
        "existing": address_of(existing) if isinstance(existing, Record) else "",
        "api_path": reverse(f"{kind.name}-list"),
        "api_url": request.build_absolute_uri(reverse(f"{kind.name}-list")),
        "example": _quoted(json.dumps(_example(form), indent=2, default=_iso)),
    }
    return render(request, "web/new.html", context, status=status)


def _iso(value: datetime) -> str:
    """Spell a time as the API takes it."""
    return value.strftime("%Y-%m-%dT%H:%MZ")


def _example(form: RecordForm) -> dict[str, Any]:
    """Return the JSON that a program would send for what the form holds."""
    return {
        name: field.links_in(value) if isinstance(field, LinksFormField) else value
        for name, field in form.fields.items()
        if (value := form[name].value()) not in (None, "")
    }


def _quoted(text: str) -> str:
    """Spell a text as it stands between single quotes in a shell."""
    return text.replace("'", "'\\''")
