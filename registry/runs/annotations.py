"""The index of annotations: to look for runs, and to order and compare them."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q

from registry.core.lookups import IdIn
from registry.core.traits import KeyedFilter
from registry.runs.models import RunAnnotation
from registry.runs.models.shapes import INDEXED_LENGTH

if TYPE_CHECKING:
    from registry.runs.models import ModelRun

#: Numbers as people and programs write them; not "nan", "inf" or "1_000".
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_BATCH = 5000


def number_of(text: str) -> float | None:
    """Return the number that an annotation is; None if it is none."""
    if not _NUMBER.fullmatch(text.strip()):
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def indexed_text(text: str) -> str:
    """Return a text as the index has it: of a long one the beginning, and a digest."""
    if len(text) <= INDEXED_LENGTH:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"{text[: INDEXED_LENGTH - len(digest) - 1]}…{digest}"


def insert_annotations(runs: Iterable[ModelRun]) -> None:
    """Add the annotations of new runs to the index."""
    rows = [row for run in runs for row in _rows_of(run)]
    if rows:
        RunAnnotation.objects.bulk_create(rows, batch_size=_BATCH)


def index_annotations(run: ModelRun) -> None:
    """Replace the annotations of a run in the index."""
    RunAnnotation.objects.filter(model_run=run).delete()
    insert_annotations([run])


def _rows_of(run: ModelRun) -> Iterator[RunAnnotation]:
    for key, text in run.annotations.items():
        yield RunAnnotation(
            model_run_id=run.pk,
            key=key,
            text=indexed_text(text),
            number=number_of(text),
        )


def annotations_of(ids: Iterable[int]) -> Any:
    """Return the annotations of runs in the index."""
    return RunAnnotation.objects.filter(IdIn("model_run", list(ids)))


def _rows(key: str, comparison: str, text: str) -> Q:
    """Return the condition for runs with an annotation: a text, or a number."""
    number = number_of(text)
    if comparison != "exact" and number is None:
        raise ValidationError("Compare with a number, such as 4.5.", code="invalid")
    found = RunAnnotation.objects.filter(model_run=OuterRef("pk"), key=key)
    if number is not None:
        found = found.filter(**{f"number__{comparison}": number})
    else:
        found = found.filter(text=indexed_text(text))
    return Q(Exists(found))


ANNOTATION_FILTER = KeyedFilter(
    prefix="annotation.",
    help_text="Model runs with this annotation.",
    explanation="a text; a number finds all ways to write it, and can be compared "
    "with __gte, __lte, __gt and __lt",
    comparisons=("gte", "lte", "gt", "lt"),
    rows=_rows,
)
