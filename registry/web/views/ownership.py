"""Withdraw records, name co-owners and close namespaces, by forms of record pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from registry.catalogue.members import set_closed
from registry.catalogue.models import Namespace
from registry.core.errors import Forbidden, InvalidInput, NotFound, RegistryError
from registry.core.models import MAX_REASON, Record
from registry.core.record_types import record_type_named
from registry.identity.co_owners import name_co_owner, remove_co_owner
from registry.identity.ownership import may_withdraw, names_of_people
from registry.identity.withdrawal import put_back_record, withdraw_record
from registry.web.describe import address_of, label_of
from registry.web.views.errors import page
from registry.web.views.records import find_record

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from registry.identity.models import User


class ReasonForm(forms.Form):
    """Why a record is withdrawn."""

    reason = forms.CharField(
        label="Why it is withdrawn",
        max_length=MAX_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Everybody can read this on the page of the record, and whoever asks "
        "for its data.",
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Show the form that asks for a reason; a POST withdraws the record."""
    record = _find(request, kind, pk)
    if not may_withdraw(request.user, record):
        who = record_type_named(kind).withdrawn_by.value
        detail = f"It belongs to {names_of_people(record)}. Only {who} can withdraw it."
        return page(request, 403, detail)
    if record.withdrawn is not None:
        messages.error(request, f"It is withdrawn already: {record.withdrawn}")
        return redirect(address_of(record))
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        return _change(
            request,
            record,
            lambda by: withdraw_record(
                type(record), pk, by=by, reason=form.cleaned_data["reason"]
            ),
            "The record is withdrawn.",
        )
    context = {"form": form, "record": record, "title": label_of(record)}
    context["record_type"] = record_type_named(kind)
    status = 400 if form.errors else 200
    return render(request, "web/withdraw.html", context, status=status)


@login_required
@require_POST
def put_back(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Put a withdrawn record back."""
    record = _find(request, kind, pk)
    return _change(
        request,
        record,
        lambda by: put_back_record(type(record), pk, by=by),
        "The record is put back.",
    )


@login_required
@require_POST
def name_person(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Name a co-owner, or a member of a namespace."""
    record = _find(request, kind, pk)
    name = request.POST.get("user", "").strip()
    return _change(
        request,
        record,
        lambda by: name_co_owner(type(record), pk, name, by=by),
        f"{name} looks after this record now.",
    )


@login_required
@require_POST
def remove_person(
    request: HttpRequest, kind: str, pk: int, account: int
) -> HttpResponse:
    """Remove a co-owner, or a member of a namespace."""
    record = _find(request, kind, pk)
    return _change(
        request,
        record,
        lambda by: remove_co_owner(type(record), pk, account, by=by),
        "Removed.",
    )


@login_required
@require_POST
def close(request: HttpRequest, pk: int, *, closed: bool) -> HttpResponse:
    """Close a namespace, or open it."""
    record = _find(request, Namespace.kind, pk)
    done = "closed: only its members register data products in it"
    if not closed:
        done = "open: everybody with an account can register data products in it"
    return _change(
        request,
        record,
        lambda by: set_closed(pk, closed=closed, by=by),
        f"The namespace is {done}.",
    )


def _change(
    request: HttpRequest, record: Record, work: Callable[[User], object], done: str
) -> HttpResponse:
    """Do it, and return to the page of the record with a message."""
    try:
        work(cast("User", request.user))
        messages.success(request, done)
    except Forbidden as error:
        return page(request, 403, error.detail)
    except NotFound as error:
        raise Http404(error.detail) from error
    except InvalidInput as error:
        texts = (text for said in error.fields.values() for text in said)
        messages.error(request, " ".join(texts))
    except RegistryError as error:
        messages.error(request, error.detail)
    return redirect(address_of(record))


def _find(request: HttpRequest, kind: str, pk: int) -> Record:
    try:
        record_type = record_type_named(kind)
    except LookupError as error:
        raise Http404(str(error)) from error
    found = find_record(record_type, pk, request.user)
    if found is None:
        raise Http404(f"There is no {record_type.title} {pk}.")
    return found
