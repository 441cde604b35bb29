"""The records that a PROV report tells of, in as many queries whatever their number."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Prefetch

from registry.catalogue.access import ACCESSIBILITY, PRIVATE
from registry.catalogue.models import (
    Author,
    DataProduct,
    KeyValue,
    Object,
    ObjectComponent,
)
from registry.core.errors import InvalidInput
from registry.core.graph import Direction
from registry.provenance.lineage import lineage
from registry.provenance.privacy import HINT, hint, private_hashes
from registry.runs.models import CodeRun

#: What a report can be about.
Subject = DataProduct | Object | CodeRun

#: Relations in one report: a run with a thousand inputs and outputs has a million.
MOST_RELATIONS = 20_000


@dataclass(frozen=True)
class Reported:
    """What a report tells of: runs, the nearest first, and the objects they used.

    ``private`` are the hashes of private files.
    """

    subject: Subject
    runs: tuple[CodeRun, ...]
    objects: dict[int, Object]
    private: frozenset[str]

    def names_of(self, thing: Object) -> tuple[DataProduct | Object, ...]:
        """Return what an object appears as: each data product that it is, or itself.

        The data product that the report is about is the only one of its object.
        """
        products = sorted(thing.data_products.all(), key=lambda product: product.pk)
        if self.subject in products:
            products = [one for one in products if one == self.subject]
        return tuple(products) or (thing,)


def load(subject: Subject, *, depth: int | None) -> Reported:
    """Load what a report about a record tells of, ``depth`` runs back or all.

    A run that the report is about is the first, with all that it wrote. Raises
    ``InvalidInput`` about ``depth`` where that would be too much for one report.
    """
    found = lineage(subject, direction=Direction.UPSTREAM, depth=depth)
    if found.truncated:
        raise _too_large(f"more than {len(found.nodes)} records", depth)
    objects = set(found.ids_of(Object))
    if isinstance(subject, CodeRun):
        objects |= set(subject.outputs.values_list("object", flat=True))
    runs = _runs(found.ids_of(CodeRun), objects)
    relations = sum(
        len(run.outputs.all()) * len(run.inputs.all())
        + len(run.outputs.all())
        + len(run.inputs.all())
        for run in runs
    )
    if relations > MOST_RELATIONS:
        raise _too_large(f"some {relations} relations", depth)
    told = _objects(objects)
    return Reported(subject, runs, told, private_hashes(told.values()))


def _too_large(what: str, depth: int | None) -> InvalidInput:
    advice = "ask for fewer runs" if depth != 1 else "read the lineage instead"
    return InvalidInput({"depth": [f"The report would have {what}: {advice}."]})


def _runs(ids: tuple[int, ...], objects: set[int]) -> tuple[CodeRun, ...]:
    """Load runs in this order, with those of their outputs that are told of."""
    written = ObjectComponent.objects.filter(object__in=objects).order_by("pk")
    rows = (
        CodeRun.objects.filter(pk__in=ids)
        .select_related("registered_by__user_author__author")
        .prefetch_related(
            Prefetch("inputs", ObjectComponent.objects.order_by("pk")),
            Prefetch("outputs", written),
        )
    )
    found = {run.pk: run for run in rows}
    return tuple(found[pk] for pk in ids if pk in found)


def _objects(ids: set[int]) -> dict[int, Object]:
    """Load objects with all that is told of them."""
    products = DataProduct.objects.select_related(
        "namespace", "external_object__original_store__storage_root"
    ).annotate(**{HINT: hint("external_object__original_store")})
    private = KeyValue.objects.filter(key=ACCESSIBILITY, value__iexact=PRIVATE)
    rows = (
        Object.objects.filter(pk__in=ids)
        .select_related(
            "storage_location__storage_root", "file_type", "code_repo_release"
        )
        .annotate(**{HINT: hint("storage_location")})
        .prefetch_related(
            Prefetch("data_products", products),
            Prefetch("authors", Author.objects.order_by("pk")),
            Prefetch("key_values", private, to_attr="closing"),
        )
    )
    return {thing.pk: thing for thing in rows}
