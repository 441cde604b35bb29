"""Inputs and outputs in a comparison, matched by the names of data products.

Runs rarely have the same objects, but often versions of the same data product. An
object that is no data product is matched by its description, else by its file name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from registry.catalogue.models import (
    DataProduct,
    Namespace,
    Object,
    ObjectComponent,
    StorageLocation,
)
from registry.catalogue.models.places import spellings_of_hash
from registry.core.compiled import CompiledByIds
from registry.core.errors import InvalidInput
from registry.core.light_rows import LightRows
from registry.core.lookups import IdIn
from registry.core.texts import shorten_text
from registry.runs.comparing import (
    PARAMETER,
    Cell,
    ComparedRun,
    Row,
    Section,
    SectionBuilder,
    Target,
    Value,
)

if TYPE_CHECKING:
    from django.db.models import QuerySet

#: The largest number of inputs, and of outputs, of all runs of a comparison together.
MAX_LINKS = 20_000
#: The aspects of an input or output.
VERSION, OBJECT, CHECKSUM = "version", "object", "SHA-1"

_PART = LightRows(
    ObjectComponent,
    "name",
    "whole_object",
    object=LightRows(
        Object,
        "description",
        "withdrawn",
        storage_location=LightRows(StorageLocation, "path", "hash"),
    ),
)
_PRODUCT = LightRows(
    DataProduct,
    "name",
    "version",
    "withdrawn",
    namespace=LightRows(Namespace, "name"),
)
_PRODUCTS = CompiledByIds(
    lambda objects: (
        DataProduct.objects.filter(IdIn("object", objects))
        .order_by("pk")
        .values_list("object_id", *_PRODUCT.paths)[: MAX_LINKS + 1]
    )
)


def checksum_of(location: Any) -> Cell:
    """Return the checksum or commit at a location, in small letters."""
    if location is None:
        return ()
    return (Value(spellings_of_hash(location.hash)[0], is_code=True),)


#: The checksum of an object that has no location.
NO_CHECKSUM = Value("none")


def with_bytes_noted(which: Row, checksums: Row, note: str) -> Row:
    """Add a note to a row that differs although all runs have the same bytes."""
    cells = checksums.cells
    is_known = all(cell and NO_CHECKSUM not in cell for cell in cells)
    is_known &= not checksums.differs
    return replace(which, note=note) if which.differs and is_known else which


@dataclass
class _Fact:
    """The values of each run about one thing by text, and its checksums."""

    aspect: str
    values: list[dict[str, Value]]
    checksums: list[dict[str, Value]] = field(default_factory=list)


def data_section(title: str, links: Any) -> SectionBuilder:
    """Return the function that builds a section of a list of components of runs."""
    parts_of = CompiledByIds(lambda runs: _parts(links, runs))

    def build(runs: Sequence[ComparedRun]) -> Section:
        rows = parts_of.rows(run.id for run in runs)
        _require_few(rows, title)
        parts = [(run, _PART.row(values)) for run, *values in rows]
        found = _PRODUCTS.rows({part.object.pk for _, part in parts})
        _require_few(found, title)
        return Section.of(title, _rows(runs, parts, _PRODUCT.by_owner(found)))

    return build


def _parts(links: Any, runs: Any) -> QuerySet[Any]:
    through = links.through._default_manager
    paths = (f"objectcomponent__{path}" for path in _PART.paths)
    rows: QuerySet[Any] = through.filter(IdIn("coderun", runs)).order_by()
    return rows.values_list("coderun_id", *paths)[: MAX_LINKS + 1]


def _require_few(rows: Sequence[Any], title: str) -> None:
    if len(rows) > MAX_LINKS:
        message = (
            f"These code runs have more than {MAX_LINKS:,} {title.lower()} together. "
            "Compare fewer of them."
        )
        raise InvalidInput({PARAMETER: [message]})


def _rows(
    runs: Sequence[ComparedRun],
    parts: Sequence[tuple[int, Any]],
    products: dict[int, Any],
) -> list[Row]:
    """Return two rows for each thing that runs have, in the order of their names."""
    order = {run.id: at for at, run in enumerate(runs)}
    facts: dict[tuple[str, str], _Fact] = {}
    for run, part in parts:
        for label, aspect, value in _names_of(part, products):
            known = facts.get((label, aspect))
            if known is None:
                known = facts[label, aspect] = _new_fact(aspect, len(runs))
            at = order[run]
            known.values[at][value.text] = value
            for one in checksum_of(part.object.storage_location) or (NO_CHECKSUM,):
                known.checksums[at][one.text] = one
    return [
        row
        for (label, _), fact in sorted(facts.items(), key=lambda item: item[0])
        for row in _rows_of(label, fact)
    ]


def _new_fact(aspect: str, count: int) -> _Fact:
    return _Fact(aspect, [{} for _ in range(count)], [{} for _ in range(count)])


def _rows_of(label: str, fact: _Fact) -> Iterator[Row]:
    which = Row(label, _cells(fact.values), fact.aspect)
    checksums = Row(label, _cells(fact.checksums), CHECKSUM)
    note = f"Different {fact.aspect}s, but the same bytes."
    yield with_bytes_noted(which, checksums, note)
    if any(value != NO_CHECKSUM for cell in checksums.cells for value in cell):
        yield checksums


def _cells(values: Sequence[dict[str, Value]]) -> tuple[Cell, ...]:
    return tuple(tuple(one[text] for text in sorted(one)) for one in values)


def _names_of(part: Any, products: dict[int, Any]) -> Iterator[tuple[str, str, Value]]:
    """Yield what a component is called, which aspect tells it apart, and its value.

    An object can be several data products; then it is matched by all of their names.
    """
    thing = part.object
    suffix = "" if part.whole_object else f", component {part.name}"
    gone = thing.withdrawn is not None
    known = products.get(thing.pk, ())
    for product in known:
        target = Target(DataProduct.kind, product.pk)
        value = Value(product.version, target, gone or product.withdrawn is not None)
        name = f"{product.namespace.name}:{product.name}"
        yield f"{name}{suffix}", VERSION, value
    if not known:
        value = Value(f"object {thing.pk}", Target(Object.kind, thing.pk), gone)
        yield f"{_name_without_product(thing)}{suffix}", OBJECT, value


def _name_without_product(thing: Any) -> str:
    """Return what an object that is no data product is called."""
    place = thing.storage_location
    file_name = "" if place is None else place.path.rstrip("/").rpartition("/")[2]
    return shorten_text(thing.description) or file_name or f"object {thing.pk}"
