"""The numbers that runs of a template have: to compare two of them in a plot."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from statistics import StatisticsError, correlation
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db.models import (
    Case,
    Count,
    FilteredRelation,
    FloatField,
    OuterRef,
    Q,
    Subquery,
    When,
)
from django.db.models.functions import Cast

from registry.catalogue.models import KeyValue
from registry.core.lookups import IdIn
from registry.runs.annotations import ANNOTATION_FILTER, annotations_of
from registry.runs.models import ModelRun
from registry.runs.models.shapes import KEY_LENGTH

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from registry.runs.models import WorkflowTemplate

#: The largest number of points of a plot.
MAX_POINTS = 5000
#: The annotations of so many of the newest runs of a template are known.
NEWEST = 500
#: At most so many keys of configurations are offered.
MAX_PARAMETERS = 100
#: What the names of annotations begin with, among quantities and in orders.
PREFIX = ANNOTATION_FILTER.prefix
#: What the names of parameters begin with, among quantities.
PARAMETER = "parameter."
#: A value that both databases can read as a number.
_IS_NUMBER = r"^[+-]?([0-9]{1,15}(\.[0-9]{0,15})?|\.[0-9]{1,15})([eE][+-]?[0-9]{1,2})?$"


class Scale(Enum):
    """What the numbers of a quantity are."""

    NUMBER = "number"
    #: Seconds since 1970.
    MOMENT = "moment"
    SECONDS = "seconds"
    #: A number that the configuration of the run has for a key.
    PARAMETER = "parameter"


@dataclass(frozen=True)
class Quantity:
    """Something that runs have a number of; ``name`` is that of its parameter."""

    name: str
    label: str
    scale: Scale

    @property
    def key(self) -> str | None:
        """The name of the annotation; None if it is none."""
        return self.label if self.scale is Scale.NUMBER else None


#: The quantities that every run has.
START_TIME = Quantity("start_time", "start time", Scale.MOMENT)
DURATION = Quantity("duration", "duration", Scale.SECONDS)
_OF_EVERY_RUN = {one.name: one for one in (START_TIME, DURATION)}


def annotation_quantity(key: str) -> Quantity:
    """Return the quantity that an annotation is."""
    return Quantity(f"{PREFIX}{key}", key, Scale.NUMBER)


def parameter_quantity(key: str) -> Quantity:
    """Return the quantity that a key of configurations is."""
    return Quantity(f"{PARAMETER}{key}", key, Scale.PARAMETER)


def parse_quantity(text: str) -> Quantity:
    """Return the quantity of this name, or raise ``ValidationError``."""
    known = _OF_EVERY_RUN.get(text)
    if known is not None:
        return known
    for prefix, make in _NAMED.items():
        key = text.removeprefix(prefix)
        if key not in {"", text} and len(key) <= KEY_LENGTH and "\0" not in key:
            return make(key)
    raise ValidationError(
        f"Give {PREFIX} with the name of an annotation, such as {PREFIX}RCP, "
        f"{PARAMETER} with a key of the configuration, or "
        f"{' or '.join(_OF_EVERY_RUN)}.",
        code="invalid",
    )


_NAMED = {PREFIX: annotation_quantity, PARAMETER: parameter_quantity}


@dataclass(frozen=True)
class Keys:
    """The names of the annotations of a template, and of further ones of its runs.

    ``numeric`` are those for which a run has a number. ``runs`` are the ids of the
    runs, if there are so few that these are known.
    """

    required: Sequence[str]
    optional: Sequence[str]
    further: Sequence[str]
    numeric: Sequence[str]
    runs: Sequence[int] | None
    #: The keys of configurations with numbers.
    parameters: Sequence[str] = ()

    def __iter__(self) -> Iterator[str]:
        yield from (*self.required, *self.optional, *self.further)

    @property
    def quantities(self) -> list[Quantity]:
        """What the runs have numbers of, in the order of their names."""
        numbers = [annotation_quantity(key) for key in self if key in {*self.numeric}]
        parameters = map(parameter_quantity, self.parameters)
        return [*numbers, *parameters, START_TIME, DURATION]


def annotation_keys(template: WorkflowTemplate) -> Keys:
    """Return the names of the annotations of a template and of its newest runs.

    Of all runs it would take as long as there are runs. This takes two statements, for
    with one PostgreSQL reads the annotations of all runs of all templates, and one more
    if the runs have configurations.
    """
    rows = runs_of(template.pk).order_by("-pk").values_list("pk", "model_config")
    known_runs = list(rows[: NEWEST + 1])
    newest = [pk for pk, _ in known_runs]
    found = (
        annotations_of(newest[:NEWEST])
        .values("key")
        .annotate(numbers=Count("number"))
        .order_by("key")
        .values_list("key", "numbers")
    )
    numbers = dict(found)
    required = list(template.required_annotations)
    optional = list(template.optional_annotations)
    known = {*required, *optional}
    further = [key for key in numbers if key not in known]
    return Keys(
        required,
        optional,
        further,
        numeric=[key for key in numbers if numbers[key]],
        runs=newest if len(newest) <= NEWEST else None,
        parameters=_numeric_parameters({pk for _, pk in known_runs} - {None}),
    )


def _numeric_parameters(configs: Collection[Any]) -> list[str]:
    """Return the keys of configurations with a number, in the order of their names."""
    if not configs:
        return []
    pairs = KeyValue.objects.not_withdrawn().filter(IdIn("object", configs))
    numbers = pairs.filter(value__regex=_IS_NUMBER).order_by("key")
    return list(numbers.values_list("key", flat=True).distinct()[:MAX_PARAMETERS])


def runs_of(template: int) -> QuerySet[ModelRun]:
    """Return the runs of a template that nobody has withdrawn, without an order."""
    rows = ModelRun.objects.filter(workflow_template=template, withdrawn__isnull=True)
    return rows.order_by()


@dataclass(frozen=True)
class Point:
    """A run in a plot."""

    run: int
    name: str
    x: float
    y: float


@dataclass(frozen=True)
class Points:
    """The points of the newest runs that have both numbers; ``count`` are all."""

    x: Quantity
    y: Quantity
    points: Sequence[Point]
    count: int

    @property
    def left_out(self) -> int:
        """The number of runs with both numbers that have no point."""
        return self.count - len(self.points)

    @property
    def correlation(self) -> float | None:
        """Pearson's correlation coefficient of the points; None if there is none."""
        if len(self.points) < 2:
            return None
        xs = fractions([one.x for one in self.points])
        ys = fractions([one.y for one in self.points])
        try:
            return max(-1.0, min(1.0, correlation(xs, ys)))
        except StatisticsError:
            # one of them is the same for all
            return None


def fractions(values: Sequence[float]) -> list[float]:
    """Return where each number is between the least, 0, and the most, 1.

    Halves do not overflow, however far apart the numbers are.
    """
    low, high = min(values) / 2, max(values) / 2
    if high == low:
        return [0.5] * len(values)
    return [(value / 2 - low) / (high - low) for value in values]


def read_points(
    runs: QuerySet[ModelRun], x: Quantity, y: Quantity, *, most: int = MAX_POINTS
) -> Points:
    """Return the points of the newest of these runs, in at most two statements."""
    rows = _with_numbers(runs, x=x, y=y)
    names = ("pk", "display_name", *_columns("x", x), *_columns("y", y))
    width = len(_columns("x", x))
    found = list(rows.order_by("-pk").values_list(*names)[: most + 1])
    count = len(found) if len(found) <= most else rows.count()
    points = [
        Point(pk, name, _number(x, values[:width]), _number(y, values[width:]))
        for pk, name, *values in found[:most]
    ]
    return Points(x, y, points, count)


def _with_numbers(
    runs: QuerySet[ModelRun], **quantities: Quantity
) -> QuerySet[ModelRun]:
    """Return the runs that have a number of each quantity."""
    for name, quantity in quantities.items():
        if quantity.key is not None:
            annotation = FilteredRelation(
                "annotation_index", condition=Q(annotation_index__key=quantity.key)
            )
            runs = runs.annotate(**{f"{name}_annotation": annotation})
            runs = runs.filter(**{f"{name}_annotation__number__isnull": False})
        elif quantity.scale is Scale.PARAMETER:
            runs = runs.annotate(**{f"{name}_set": _parameter(quantity.label)})
            runs = runs.filter(**{f"{name}_set__isnull": False})
    return runs


def _parameter(key: str) -> Subquery:
    """Return the number that the configuration of a run has for a key."""
    pairs = KeyValue.objects.not_withdrawn().filter(
        object=OuterRef("model_config"), key=key
    )
    # only what matches is read as a number
    number = Case(When(value__regex=_IS_NUMBER, then=Cast("value", FloatField())))
    return Subquery(pairs.order_by("pk").values(number=number)[:1])


def _columns(name: str, quantity: Quantity) -> tuple[str, ...]:
    match quantity.scale:
        case Scale.NUMBER:
            return (f"{name}_annotation__number",)
        case Scale.PARAMETER:
            return (f"{name}_set",)
        case Scale.MOMENT:
            return ("start_time",)
        case Scale.SECONDS:
            return ("start_time", "end_time")


def _number(quantity: Quantity, values: Sequence[Any]) -> float:
    match quantity.scale:
        case Scale.NUMBER | Scale.PARAMETER:
            return float(values[0])
        case Scale.MOMENT:
            return float(values[0].timestamp())
        case Scale.SECONDS:
            return float((values[1] - values[0]).total_seconds())
