"""Captions of objects, of the data products that name them, and of their origins.

Rows instead of model objects, and of long texts their beginning: a lineage has
thousands of nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce, Substr

from registry.catalogue.models import (
    DataProduct,
    ExternalObject,
    Object,
    ObjectComponent,
)
from registry.core.compiled import CompiledByIds
from registry.core.graph.captions import (
    READ_LENGTH,
    Caption,
    Origin,
    single_line,
    time_as_text,
    time_from_text,
)
from registry.core.lookups import IdIn

_PRODUCTS = CompiledByIds(
    lambda ids: (
        DataProduct.objects.filter(IdIn("pk", ids))
        .values_list(
            "pk",
            "namespace__name",
            "name",
            "version",
            time_as_text("last_updated"),
            "external_object__pk",
            "external_object__title",
            "external_object__withdrawn",
            # without its object, its data is gone
            Coalesce("withdrawn", "object__withdrawn"),
        )
        .order_by()
    )
)
_EXTERNALS = CompiledByIds(
    lambda ids: (
        ExternalObject.objects.filter(IdIn("pk", ids))
        .values_list(
            "pk",
            "title",
            "version",
            time_as_text("release_date"),
            Coalesce(
                "withdrawn",
                "data_product__withdrawn",
                "data_product__object__withdrawn",
            ),
        )
        .order_by()
    )
)
_OBJECTS = CompiledByIds(
    lambda ids: (
        Object.objects.filter(IdIn("pk", ids))
        .values_list(
            "pk",
            Substr("description", 1, READ_LENGTH),
            "code_repo_release__name",
            "code_repo_release__version",
            "code_repo_release__withdrawn",
            time_as_text("last_updated"),
            "withdrawn",
        )
        .order_by()
    )
)


def _issues_query(ids: str) -> QuerySet[Any]:
    links: QuerySet[Any] = ObjectComponent.issues.through._default_manager.all()
    rows: QuerySet[Any] = (
        links.filter(
            IdIn("objectcomponent__object", ids), issue__withdrawn__isnull=True
        )
        .annotate(
            thing=F("objectcomponent__object"),
            severity=F("issue__severity"),
            text=Substr("issue__description", 1, READ_LENGTH),
        )
        .values_list("thing", "issue_id", "severity", "text")
        .distinct()
        .order_by("-severity", "-issue_id", "thing")
    )
    return rows


_ISSUES = CompiledByIds(_issues_query)


def caption_products(ids: Sequence[int]) -> dict[int, Caption]:
    """Caption data products by namespace and name."""
    return {
        pk: Caption(
            f"{space}:{name}",
            version,
            time_from_text(date),
            (),
            _origin_of(*source),
            withdrawn,
        )
        for pk, space, name, version, date, *source, withdrawn in _PRODUCTS.rows(ids)
    }


def _origin_of(pk: int | None, title: str | None, withdrawn: str | None) -> Any:
    """Return the origin that an external object is; None without, or if withdrawn."""
    if pk is None or withdrawn is not None:
        return None
    return Origin(ExternalObject.kind, pk, title or "")


def caption_externals(ids: Sequence[int]) -> dict[int, Caption]:
    """Caption external objects by title."""
    kind = ExternalObject.kind
    return {
        pk: Caption(
            title,
            version,
            time_from_text(date),
            (),
            Origin(kind, pk, title),
            withdrawn,
        )
        for pk, title, version, date, withdrawn in _EXTERNALS.rows(ids)
    }


def caption_objects(ids: Sequence[int]) -> dict[int, Caption]:
    """Caption objects by their release, else by their description."""
    return {
        pk: Caption(
            *_object_label(pk, *texts), time_from_text(date), withdrawn=withdrawn
        )
        for pk, *texts, date, withdrawn in _OBJECTS.rows(ids)
    }


def _object_label(
    pk: int,
    text: str | None,
    release: str | None,
    version: str | None,
    withdrawn: str | None,
) -> tuple[str, str | None]:
    """Return what an object is called, and its version: not by a withdrawn release."""
    if release and withdrawn is None:
        return release, version
    return single_line(text) or f"object {pk}", None


def issues_of_objects(ids: Iterable[int]) -> list[tuple[Any, ...]]:
    """Return the quality issues with any component of these objects, the worst first.

    Withdrawn ones are left out. As rows: the object's id, the issue's id, its severity
    and its text.
    """
    return _ISSUES.rows(ids)
