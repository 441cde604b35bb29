"""Suggestions for fields that link to records, as one types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, JsonResponse
from django.views.decorators.http import require_safe

from registry.catalogue.models import ObjectComponent
from registry.core.texts import shorten_text
from registry.identity.models import User
from registry.search.names import holding
from registry.web.describe import label_of
from registry.web.kinds import KINDS

if TYPE_CHECKING:
    from django.http import HttpRequest

#: Records that are suggested at once.
SHOWN = 12
#: Characters that are looked at.
LONGEST = 200


@require_safe
def suggestions(request: HttpRequest, kind: str) -> JsonResponse:
    """Suggest records that have this id, or that hold every word, the newest first."""
    text = request.GET.get("q", "").replace("\0", "")[:LONGEST].strip()
    if kind == User.kind:
        if not request.user.is_authenticated:
            raise PermissionDenied("There is no list of accounts without one.")
        found: list[Any] = _find(User, ("username", "full_name"), text)
    elif kind in KINDS:
        found = _records(kind, text)
    else:
        raise Http404(f"There is no record type {kind[:100]}.")
    return JsonResponse(
        {"records": [{"id": one.pk, "label": _label(one)} for one in found]}
    )


def _records(kind: str, text: str) -> list[Any]:
    """Find records by the texts that their list shows."""
    model = KINDS[kind].model
    if model is ObjectComponent:
        return _find(model, ("name", "object__description"), text, "object")
    columns = (model._meta.get_field(name) for name in KINDS[kind].columns)
    texts = tuple(
        one.name
        for one in columns
        if isinstance(one, models.CharField | models.TextField)
    )
    return _find(model, texts, text)


def _find(
    model: type[models.Model], fields: tuple[str, ...], text: str, *links: str
) -> list[Any]:
    # no link is None to Django, which else would follow every one
    rows = model._default_manager.select_related(*links or (None,)).order_by("-pk")
    by_id = list(rows.filter(pk=int(text))) if _is_id(text) else []
    if text and not fields:
        return by_id
    others = rows.filter(holding(text.split(), fields))[: SHOWN + len(by_id)]
    return [*by_id, *(one for one in others if one not in by_id)][:SHOWN]


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text[:20]) < 2**63


def _label(one: Any) -> str:
    """Name a record so that it can be told from others like it."""
    if isinstance(one, User):
        return f"{one.username} ({one.full_name})" if one.full_name else one.username
    if isinstance(one, ObjectComponent) and one.object.description:
        return f"{label_of(one)}: {shorten_text(one.object.description)}"
    return label_of(one)
