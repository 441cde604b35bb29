"""Finding records by a part of their name, title or description, in any case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

from registry.catalogue import models
from registry.runs.models import CodeRun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from registry.core.models import Record

#: The links whose targets tell records of the same name apart; read along with them.
LINKS: dict[type[Record], str] = {
    models.DataProduct: "namespace",
    models.Keyword: "object",
}
#: Which texts name the records of a type; the order is that of the answers.
NAMED: tuple[tuple[type[Record], tuple[str, ...]], ...] = (
    (models.DataProduct, ("name",)),
    (models.ExternalObject, ("title", "identifier", "alternate_identifier")),
    (CodeRun, ("description",)),
    (models.CodeRepoRelease, ("name",)),
    (models.Object, ("description",)),
    (models.Keyword, ("keyphrase",)),
    (models.Author, ("name", "identifier")),
    (models.Namespace, ("name", "full_name")),
    (models.Issue, ("description",)),
)


@dataclass(frozen=True)
class Found:
    """The newest records of one type that were found, and whether there are more."""

    model: type[Record]
    records: Sequence[Record]
    more: bool


def search(text: str, *, limit: int = 10) -> list[Found]:
    """Find records whose names hold every word of a text.

    At most ``limit`` of each type, the newest first; types without any are left out.
    """
    words = text.split()
    if not words:
        return []
    found = [_search(model, fields, words, limit) for model, fields in NAMED]
    return [one for one in found if one.records]


def holding(words: Sequence[str], fields: Sequence[str]) -> Q:
    """Return the condition that every word is in one of the fields, in any case."""
    condition = Q()
    for word in words:
        any_field = Q()
        for field in fields:
            any_field |= Q(**{f"{field}__icontains": word})
        condition &= any_field
    return condition


def _search(
    model: type[Record], fields: Sequence[str], words: Sequence[str], limit: int
) -> Found:
    found = model._default_manager.filter(holding(words, fields)).order_by("-id")
    rows = list(found.select_related(LINKS.get(model))[: limit + 1])
    return Found(model, rows[:limit], len(rows) > limit)
