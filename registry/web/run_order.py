"""The order of the runs of a template: by a field, or by an annotation.

By an annotation, the runs whose annotation is a number come first, then those with
another text, then those without it. Each part is read in the order of an index, and
only as far as a page reaches: pages begin after a row, as those of other lists do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef
from rest_framework.exceptions import ValidationError

from registry.core.lookups import IdIn
from registry.http.keyset import Cursor, InvalidCursor, SortKey, order_from_cursor
from registry.http.pagination import parse_ordering
from registry.runs.annotations import ANNOTATION_FILTER, number_of
from registry.runs.models import ModelRun, RunAnnotation
from registry.runs.models.shapes import KEY_LENGTH
from registry.runs.quantities import PREFIX

if TYPE_CHECKING:
    from django.db.models import QuerySet

_NOTHING: Mapping[str, str] = MappingProxyType({})
#: What no table shows of a run, and can be long.
_LONG = ("inputs", "outputs", "description")


@dataclass(frozen=True)
class Part:
    """Runs in one order; ``run_of`` returns the run of a row."""

    rows: QuerySet[Any]
    keys: Sequence[SortKey]
    run_of: Callable[[Any], ModelRun]

    def read(self, cursor: Cursor | None, *, backwards: bool, limit: int) -> list[Any]:
        """Return the next rows, or the ones before."""
        if cursor is not None:
            rows = order_from_cursor(self.rows, self.keys, cursor)
        else:
            order = (key.order_by(backwards=backwards) for key in self.keys)
            rows = self.rows.order_by(*order)
        return list(rows[:limit])

    def values_of(self, row: Any) -> tuple[Any, ...]:
        """Return the values of the keys of a row."""
        fields = (row._meta.get_field(key.name).attname for key in self.keys)
        return tuple(getattr(row, name) for name in fields)


@dataclass(frozen=True)
class RunPage:
    """Runs with the beginnings of the next page and of the one before, if any."""

    runs: Sequence[ModelRun]
    next: str | None
    previous: str | None


def parts_of(
    runs: QuerySet[ModelRun],
    ordering: str,
    given: Mapping[str, str] = _NOTHING,
    *,
    among: Sequence[int] | None = None,
) -> list[Part]:
    """Return runs in an order, in parts that follow one another.

    ``given`` are the filters that the runs have passed: if one is by the annotation of
    the order, the database begins where its numbers do. ``among`` are the ids of the
    runs if they are few: otherwise it looks for them among those of all templates whose
    annotations have the same name. Raises ``ValidationError``
    unless the order is by an annotation or by fields of runs.
    """
    name = ordering.removeprefix("-")
    if not name.startswith(PREFIX):
        keys = parse_ordering(ordering, ModelRun)
        return [Part(runs.defer(*_LONG), keys, _itself)]
    key = name.removeprefix(PREFIX)
    if not key or len(key) > KEY_LENGTH or "\0" in key:
        raise ValidationError({"ordering": ["Give the name of an annotation."]})
    annotations = RunAnnotation.objects.filter(key=key)
    if among is not None:
        annotations = annotations.filter(IdIn("model_run", among))
    bounds = dict(_bounds(key, given))
    return list(_parts_by(runs, annotations, bounds, descending=name != ordering))


def _bounds(key: str, given: Mapping[str, str]) -> Iterator[tuple[str, float]]:
    """Yield the conditions of filters for the numbers of an annotation."""
    for comparison in ("", *ANNOTATION_FILTER.comparisons):
        end = f"__{comparison}" if comparison else ""
        number = number_of(str(given.get(f"{PREFIX}{key}{end}", "")))
        if number is not None:
            yield f"number{end}", number


def _itself(run: Any) -> ModelRun:
    found: ModelRun = run
    return found


def _run_of(row: Any) -> ModelRun:
    found: ModelRun = row.model_run
    return found


def _parts_by(
    runs: QuerySet[ModelRun],
    annotations: QuerySet[RunAnnotation],
    bounds: Mapping[str, float],
    *,
    descending: bool,
) -> Iterator[Part]:
    """Yield the numbers, the other texts, and the runs without an annotation."""
    these = Exists(runs.filter(pk=OuterRef("model_run")))
    long = (f"model_run__{name}" for name in _LONG)
    rows = annotations.filter(these).select_related("model_run").defer(*long)
    run = SortKey("model_run", descending)
    numbers = rows.filter(number__isnull=False, **bounds)
    yield Part(numbers, (SortKey("number", descending), run), _run_of)
    texts = rows.filter(number__isnull=True)
    yield Part(texts, (SortKey("text", descending), run), _run_of)
    has_one = Exists(annotations.filter(model_run=OuterRef("pk")))
    without = runs.filter(~has_one).defer(*_LONG)
    yield Part(without, (SortKey("id", True),), _itself)


def read_page(parts: Sequence[Part], place: str, size: int) -> RunPage:
    """Return a page; ``place`` is where it begins, empty for the first.

    This takes a statement for each part that the page reaches. Raises
    ``InvalidCursor`` for a place that is none.
    """
    at, cursor = _parse_place(parts, place)
    backwards = cursor is not None and cursor.backwards
    found: list[tuple[int, Any]] = []
    for number in range(at, -1, -1) if backwards else range(at, len(parts)):
        begins = cursor if number == at else None
        limit = size + 1 - len(found)
        rows = parts[number].read(begins, backwards=backwards, limit=limit)
        found += [(number, row) for row in rows]
        if len(found) > size:
            break
    page, has_more = found[:size], len(found) > size
    if backwards:
        page.reverse()
    runs = [parts[number].run_of(row) for number, row in page]
    has_next, has_previous = (
        (True, has_more) if backwards else (has_more, cursor is not None)
    )
    return RunPage(
        runs,
        _place(parts, page[-1], backwards=False) if has_next and page else None,
        _place(parts, page[0], backwards=True) if has_previous and page else None,
    )


def _parse_place(parts: Sequence[Part], place: str) -> tuple[int, Cursor | None]:
    """Return the number of a part, and the position in it."""
    if not place:
        return 0, None
    if place[:1] not in {str(number) for number in range(len(parts))}:
        raise InvalidCursor(place)
    part = parts[int(place[0])]
    return int(place[0]), Cursor.decode(place[1:], part.rows.model, part.keys)


def _place(parts: Sequence[Part], end: tuple[int, Any], *, backwards: bool) -> str:
    number, row = end
    cursor = Cursor(parts[number].values_of(row), backwards=backwards)
    return f"{number}{cursor.encode()}"
