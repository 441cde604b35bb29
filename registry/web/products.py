"""What the page of a data product shows besides its fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from django.conf import settings

from registry.catalogue.models import DataProduct, Issue, Object
from registry.core.models import Event
from registry.identity.models import User
from registry.runs.models import CodeRun
from registry.storage.models import StoredFile
from registry.web.citation import Citation
from registry.web.describe import link_to
from registry.web.runs import components

if TYPE_CHECKING:
    from django.http import HttpRequest

#: Versions, runs and issues that a page names.
SHOWN = 50


def product_context(product: DataProduct, request: HttpRequest) -> dict[str, Any]:
    """Gather versions, file, runs, issues, labels and the citation."""
    thing = product.object
    versions = DataProduct.objects.filter(
        namespace=product.namespace_id, name=product.name
    ).order_by("-version_key")[:SHOWN]
    return {
        "versions": list(versions),
        "file": file_of(thing, request, product),
        "issues": issues_of(thing),
        "issue_component": whole_component(thing),
        "made_by": _runs(CodeRun.objects.filter(outputs__object=thing.pk), request),
        "used_by": _runs(CodeRun.objects.filter(inputs__object=thing.pk), request),
        "authors": list(thing.authors.all()[:SHOWN]),
        "keywords": list(thing.keywords.all()[:SHOWN]),
        "licences": list(thing.licences.all()[:SHOWN]),
        "citation": _citation(product, thing, request),
    }


def _runs(runs: Any, request: HttpRequest) -> list[dict[str, Any]]:
    """Describe runs: when, by whom, and what they read."""
    signed_in = request.user.is_authenticated
    return [
        {
            "run": link_to(run),
            "date": run.run_date,
            "by": _name(run.registered_by, signed_in=signed_in),
            "code": link_to(run.code_repo) if run.code_repo else None,
            "inputs": components(run.inputs.select_related("object")[:SHOWN]),
        }
        for run in runs.distinct()
        .select_related("registered_by", "code_repo")
        .order_by("-run_date")[:10]
    ]


def _name(user: User, *, signed_in: bool) -> str:
    return user.get_username() if signed_in else ""


def whole_component(thing: Object) -> int | None:
    """Return the id of the component that stands for all of an object."""
    return (
        thing.components.filter(whole_object=True)
        .order_by("pk")
        .values_list("pk", flat=True)
        .first()
    )


def issues_of(thing: Object) -> list[Issue]:
    """Return the issues with any component of an object, the worst first."""
    return list(
        Issue.objects.filter(component_issues__object=thing.pk)
        .distinct()
        .order_by("-severity", "-pk")[:SHOWN]
    )


def file_of(
    thing: Object, request: HttpRequest, product: DataProduct | None = None
) -> dict[str, Any] | None:
    """Describe an object's file: where it is, how large, and whether it can be had."""
    location = thing.storage_location
    if location is None:
        return None
    stored = StoredFile.objects.filter(sha1=location.hash.lower()).first()
    return {
        "location": link_to(location),
        "where": f"{location.storage_root.root}{location.path}",
        "hash": location.hash,
        "size": stored.size if stored else None,
        "sha256": stored.sha256 if stored else "",
        "public": location.public,
        "type": thing.file_type,
        "address": _download(thing, request, product, held=stored is not None),
    }


def _download(
    thing: Object, request: HttpRequest, product: DataProduct | None, *, held: bool
) -> str | None:
    """Return where the file can be fetched, if it can."""
    location = thing.storage_location
    if location is None:
        return None
    if product is not None:
        name = f"{product.namespace.name}:{product.name}@{product.version}"
        return request.build_absolute_uri(f"/data_product/{quote(name, safe='/:@')}")
    if held:
        return request.build_absolute_uri(f"/data/{location.hash.lower()}")
    address = f"{location.storage_root.root}{location.path}"
    return address if address.startswith(("https://", "http://")) else None


def _citation(product: DataProduct, thing: Object, request: HttpRequest) -> Citation:
    """Cite a product by the address that it has on this registry's public host."""
    created = Event.objects.filter(
        kind=product.kind, record_id=product.pk, action=Event.Action.CREATED
    ).first()
    return Citation(
        authors=[str(author) for author in thing.authors.order_by("pk")[:SHOWN]],
        year=(created.at if created else product.last_updated).year,
        title=product.name,
        version=product.version,
        publisher=product.namespace.full_name or product.namespace.name,
        address=f"{settings.REGISTRY_URL}/data_product/{product.pk}/",
    )
