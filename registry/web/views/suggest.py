"""Suggestions for inputs with links to records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, JsonResponse
from django.views.decorators.http import require_safe

from registry.core.field_references import name_of
from registry.core.record_types import record_kinds, record_type_named
from registry.identity.models import User
from registry.search.names import contains_every_word
from registry.web.describe import label_of

if TYPE_CHECKING:
    from django.http import HttpRequest

    from registry.core.record_types import RecordType

    #: The id and the label of a record.
    Suggested = dict[str, Any]

#: The largest number of suggestions.
MAX_SHOWN = 12
#: The largest number of characters of a search.
MAX_LENGTH = 200


@require_safe
def suggestions(request: HttpRequest, kind: str) -> JsonResponse:
    """Return records with this id or with every word, the newest first."""
    text = request.GET.get("q", "").replace("\0", "")[:MAX_LENGTH].strip()
    if kind == User.kind:
        if not request.user.is_authenticated:
            raise PermissionDenied("There is no list of accounts without one.")
        found = _suggest_accounts(text)
    elif kind in record_kinds():
        found = _suggest_records(record_type_named(kind), text, request.user)
    else:
        raise Http404(f"There is no record type {kind[:100]}.")
    return JsonResponse({"records": found})


def _suggest_accounts(text: str) -> list[Suggested]:
    return [
        {
            "id": user.pk,
            "label": f"{user.username} ({user.full_name})"
            if user.full_name
            else user.username,
        }
        for user in _find(User.objects.all(), ("username", "full_name"), text)
    ]


def _suggest_records(
    record_type: RecordType[Any], text: str, viewer: Any
) -> list[Suggested]:
    """Return records that match in the declared texts, or in those of their list.

    Withdrawn ones are left out.
    """
    present = record_type.visible(record_type.model.objects.not_withdrawn(), viewer)
    declared = record_type.suggestion
    if declared is None:
        found = _find(present, _texts_of(record_type), text)
        return [{"id": one.pk, "label": label_of(one)} for one in found]
    linked = () if declared.linked is None else (name_of(declared.linked),)
    words = text.translate(dict.fromkeys(map(ord, declared.between), " "))
    found = _find(present, declared.texts, words.strip(), *linked)
    return [{"id": one.pk, "label": declared.label(one)} for one in found]


def _texts_of(record_type: RecordType[Any]) -> tuple[str, ...]:
    """Return the text fields among the columns of a list."""
    columns = map(record_type.model._meta.get_field, record_type.column_names)
    texts = (models.CharField, models.TextField)
    return tuple(one.name for one in columns if isinstance(one, texts))


def _find(
    queryset: models.QuerySet[Any], fields: tuple[str, ...], text: str, *links: str
) -> list[Any]:
    # with None, Django follows no link; without arguments it would follow all
    rows = queryset.select_related(*links or (None,)).order_by("-pk")
    by_id = list(rows.filter(pk=int(text))) if _is_id(text) else []
    if text and not fields:
        return by_id
    matches = contains_every_word(text.split(), fields)
    others = rows.filter(matches)[: MAX_SHOWN + len(by_id)]
    return [*by_id, *(one for one in others if one not in by_id)][:MAX_SHOWN]


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text[:20]) < 2**63
