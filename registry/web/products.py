"""The context of the pages of data products, objects and components."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import OuterRef, QuerySet, Subquery

from registry.catalogue.access import may_download
from registry.catalogue.files import InStore, NotDownloadable, OnTheWeb, place_of
from registry.catalogue.models import DataProduct, Issue, Object, ObjectComponent
from registry.catalogue.names import cited_version, path_of_cited
from registry.core.file_addresses import file_address
from registry.core.models import Event
from registry.core.verbs import CREATED
from registry.web import product_queries as queries
from registry.web.addresses import addresses_of_latest
from registry.web.citation import Citation
from registry.web.describe import link_to
from registry.web.product_queries import MAX_SHOWN
from registry.web.runs import describe_components

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest

    from registry.catalogue.models import Author
    from registry.identity.models import User
    from registry.web.describe import Viewer


def product_rows(products: QuerySet[Any]) -> QuerySet[Any]:
    """Select data products with what their pages show of their objects.

    ``created_at`` is when each was registered.
    """
    created = Event.objects.filter(
        kind=DataProduct.kind, action=CREATED.name, record_id=OuterRef("pk")
    )
    rows: QuerySet[Any] = products.select_related(
        "object__storage_location__storage_root", "object__file_type", "external_object"
    ).annotate(
        created_at=Subquery(created.values("at")[:1]),
        whole_part=_whole_part("object"),
    )
    return rows


def object_rows(objects: QuerySet[Any]) -> QuerySet[Any]:
    """Select objects with what their pages show."""
    rows: QuerySet[Any] = objects.select_related(
        "storage_location__storage_root"
    ).annotate(whole_part=_whole_part("pk"))
    return rows


def _whole_part(thing: str) -> Subquery:
    """Select the id of the component that is all of an object."""
    parts = ObjectComponent.objects.filter(object=OuterRef(thing), whole_object=True)
    return Subquery(parts.order_by("pk").values("pk")[:1])


def product_context(product: DataProduct, request: HttpRequest) -> dict[str, Any]:
    """Return the versions, file, runs, issues, labels and citation of a product."""
    thing = product.object
    authors = queries.AUTHORS.records(thing.pk)
    made_by = _runs_that_wrote(thing, request.user)
    return {
        **_versions(product, request),
        "file": file_of(thing, request, product),
        "issues": queries.ISSUES.records(thing.pk),
        "issue_component": product.whole_part,  # type: ignore[attr-defined]
        "made_by": made_by,
        "used_by": _runs_that_read(thing),
        "authors": authors,
        "keywords": queries.KEYWORDS.records(thing.pk),
        "licences": queries.LICENCES.records(thing.pk),
        "source": None if made_by else _source(product),
        "citation": _citation(product, authors),
    }


def _versions(product: DataProduct, request: HttpRequest) -> dict[str, Any]:
    """Return the versions of a product, which is the latest, and its addresses.

    The latest is among them, however many others there are.
    """
    shown = queries.VERSIONS.records(product.namespace_id, product.name)
    latest = next((one for one in shown if one.is_latest), None)
    shown.sort(key=lambda one: (bytes(one.version_key), one.pk), reverse=True)
    addresses = addresses_of_latest(product, request)
    if latest is None:
        addresses.pop("file", None)
    return {"versions": shown, "latest": latest, "latest_addresses": addresses}


def _source(product: DataProduct) -> Any:
    """Return the outside source of a product, unless it is withdrawn."""
    source = getattr(product, "external_object", None)
    return None if source is None or source.withdrawn is not None else source


def object_context(thing: Object, request: HttpRequest) -> dict[str, Any]:
    """Return the file and the keywords of an object, and the issues with it."""
    return {
        "file": file_of(thing, request),
        "keywords": queries.KEYWORDS.records(thing.pk),
        "issues": queries.ISSUES.records(thing.pk),
        "issue_component": thing.whole_part,  # type: ignore[attr-defined]
    }


def component_context(component: ObjectComponent, _: HttpRequest) -> dict[str, Any]:
    """Return the issues with a component."""
    issues = (
        Issue.objects.not_withdrawn()
        .filter(component_issues=component.pk)
        .select_related("registered_by")
    )
    return {"issues": list(issues[:MAX_SHOWN]), "issue_component": component.pk}


def _runs_that_wrote(thing: Object, viewer: Viewer) -> list[dict[str, Any]]:
    """Return the runs that wrote an object, with their owners, code and inputs."""
    runs = queries.RUNS_THAT_WROTE.records(thing.pk)
    inputs: dict[int, list[ObjectComponent]] = {run.pk: [] for run in runs}
    for run, part in queries.first_inputs(inputs):
        inputs[run].append(part)
    described = describe_components(part for read in inputs.values() for part in read)
    of_part = {entry["id"]: entry for entry in described}
    return [
        {
            "run": link_to(run),
            "date": run.run_date,
            "by": _account_name(run.registered_by, viewer),
            "code": link_to(run.code_repo) if run.code_repo else None,
            "inputs": [of_part[part.pk] for part in inputs[run.pk]],
        }
        for run in runs
    ]


def _runs_that_read(thing: Object) -> list[dict[str, Any]]:
    """Return the runs that read an object."""
    runs = queries.RUNS_THAT_READ.records(thing.pk)
    return [{"run": link_to(run), "date": run.run_date} for run in runs]


def _account_name(user: User, viewer: Viewer) -> str:
    """Return the name of an account, or an empty text for anonymous users."""
    return user.get_username() if viewer.is_authenticated else ""


def file_of(
    thing: Object, request: HttpRequest, product: DataProduct | None = None
) -> dict[str, Any] | None:
    """Return the location, size and download address of an object's file."""
    location = thing.storage_location
    if location is None:
        return None
    parts = (product, thing, location)
    withdrawn = any(part is not None and part.withdrawn is not None for part in parts)
    refused = not may_download(request.user, location.hash)
    stored = queries.STORED.first(location.hash.lower())
    return {
        "location": link_to(location),
        "where": file_address(location.storage_root.root, location.path),
        "hash": location.hash,
        "size": stored.size if stored else None,
        "sha256": stored.sha256 if stored else "",
        "public": location.public,
        "type": thing.file_type,
        "withdrawn": withdrawn,
        "refused": refused,
        "address": None
        if withdrawn or refused
        else _download(thing, request, product, held=stored is not None),
    }


def _download(
    thing: Object, request: HttpRequest, product: DataProduct | None, *, held: bool
) -> str | None:
    """Return the download address of a file, if it has one."""
    location = thing.storage_location
    place = place_of(location) if location is not None else None
    match place:
        case None | NotDownloadable():
            return None
        case InStore() if not held:
            return None
        case _ if product is not None:
            return request.build_absolute_uri(path_of_cited(cited_version(product)))
        case InStore(sha1):
            return request.build_absolute_uri(f"/data/{sha1}")
        case OnTheWeb(address):
            return address
    return None


def _citation(product: DataProduct, authors: Sequence[Author]) -> Citation:
    """Return the citation of a product, with its address on the public host."""
    created: Any = product.created_at or product.last_updated  # type: ignore[attr-defined]
    return Citation(
        authors=[str(author) for author in authors],
        year=created.year,
        title=product.name,
        version=product.version,
        publisher=product.namespace.full_name or product.namespace.name,
        address=f"{settings.REGISTRY_URL}/data_product/{product.pk}/",
    )
