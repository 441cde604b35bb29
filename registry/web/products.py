"""The context of the pages of data products, objects and components."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Case, Prefetch, Subquery, When
from django.db.models.functions import Coalesce

from registry.catalogue.access import may_download
from registry.catalogue.files import InStore, NotDownloadable, OnTheWeb, place_of
from registry.catalogue.models import (
    DataProduct,
    ExternalObject,
    Issue,
    Keyword,
    Object,
    ObjectComponent,
)
from registry.catalogue.names import cited_version, path_of_cited
from registry.core.file_addresses import file_address
from registry.core.models import Event
from registry.core.verbs import CREATED
from registry.runs.models import CodeRun
from registry.storage.models import StoredFile
from registry.web.addresses import addresses_of_latest
from registry.web.citation import Citation
from registry.web.describe import link_to
from registry.web.runs import describe_components

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet
    from django.http import HttpRequest

    from registry.catalogue.models import Author
    from registry.identity.models import User
    from registry.web.describe import Viewer

#: The largest number of versions, of issues, and of inputs of a run on a page.
MAX_SHOWN = 50
#: The largest number of runs that wrote a product, and of runs that read it.
MAX_RUNS_SHOWN = 10


def product_context(product: DataProduct, request: HttpRequest) -> dict[str, Any]:
    """Return the versions, file, runs, issues, labels and citation of a product."""
    thing = product.object
    authors = list(thing.authors.order_by("pk")[:MAX_SHOWN])
    made_by = _runs_that_wrote(thing, request.user)
    return {
        **_versions(product, request),
        "file": file_of(thing, request, product),
        "issues": issues_of(thing),
        "issue_component": whole_component(thing),
        "made_by": made_by,
        "used_by": _runs_that_read(thing),
        "authors": authors,
        "keywords": keywords_of(thing),
        "licences": list(thing.licences.not_withdrawn()[:MAX_SHOWN]),
        "source": None if made_by else _source(product),
        "citation": _citation(product, authors),
    }


def _versions(product: DataProduct, request: HttpRequest) -> dict[str, Any]:
    """Return the versions of a product, which is the latest, and its addresses.

    The latest is among them, however many others there are.
    """
    named = DataProduct.objects.filter(
        namespace=product.namespace_id, name=product.name
    )
    latest_id = Subquery(named.with_data().latest_first().values("pk")[:1])
    versions = named.annotate(
        reason=Coalesce("withdrawn", "object__withdrawn"),
        is_latest=Case(When(pk=latest_id, then=True), default=False),
    ).order_by("-is_latest", "-version_key", "-pk")
    shown = list(versions[:MAX_SHOWN])
    latest = next((one for one in shown if one.is_latest), None)
    shown.sort(key=lambda one: (bytes(one.version_key), one.pk), reverse=True)
    addresses = addresses_of_latest(product, request)
    if latest is None:
        addresses.pop("file", None)
    return {"versions": shown, "latest": latest, "latest_addresses": addresses}


def _source(product: DataProduct) -> ExternalObject | None:
    """Return the outside source of a product, unless it is withdrawn."""
    return ExternalObject.objects.not_withdrawn().filter(data_product=product).first()


def object_context(thing: Object, request: HttpRequest) -> dict[str, Any]:
    """Return the file and the keywords of an object, and the issues with it."""
    return {
        "file": file_of(thing, request),
        "keywords": keywords_of(thing),
        "issues": issues_of(thing),
        "issue_component": whole_component(thing),
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
    parts = ObjectComponent.objects.select_related("object").order_by("pk")
    runs: Any = (
        _latest_runs(CodeRun.objects.filter(outputs__object=thing.pk))
        .select_related("registered_by", "code_repo")
        .prefetch_related(Prefetch("inputs", parts[:MAX_SHOWN], to_attr="first_inputs"))
    )
    described = describe_components(part for run in runs for part in run.first_inputs)
    of_part = {entry["id"]: entry for entry in described}
    return [
        {
            "run": link_to(run),
            "date": run.run_date,
            "by": _account_name(run.registered_by, viewer),
            "code": link_to(run.code_repo) if run.code_repo else None,
            "inputs": [of_part[part.pk] for part in run.first_inputs],
        }
        for run in runs
    ]


def _runs_that_read(thing: Object) -> list[dict[str, Any]]:
    """Return the runs that read an object."""
    runs = _latest_runs(CodeRun.objects.filter(inputs__object=thing.pk))
    return [{"run": link_to(run), "date": run.run_date} for run in runs]


def _latest_runs(runs: QuerySet[CodeRun]) -> QuerySet[CodeRun]:
    return runs.distinct().order_by("-run_date", "-pk")[:MAX_RUNS_SHOWN]


def _account_name(user: User, viewer: Viewer) -> str:
    """Return the name of an account, or an empty text for anonymous users."""
    return user.get_username() if viewer.is_authenticated else ""


def whole_component(thing: Object) -> int | None:
    """Return the id of the component ``whole_object`` of an object."""
    return (
        thing.components.filter(whole_object=True)
        .order_by("pk")
        .values_list("pk", flat=True)
        .first()
    )


def keywords_of(thing: Object) -> list[Keyword]:
    """Return the keywords of an object, with who added each."""
    keywords = Keyword.objects.not_withdrawn().filter(object=thing.pk)
    return list(keywords.select_related("registered_by")[:MAX_SHOWN])


def issues_of(thing: Object) -> list[Issue]:
    """Return the issues with any component of an object, the worst first."""
    return list(
        Issue.objects.not_withdrawn()
        .filter(component_issues__object=thing.pk)
        .select_related("registered_by")
        .distinct()
        .order_by("-severity", "-pk")[:MAX_SHOWN]
    )


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
    stored = StoredFile.objects.filter(sha1=location.hash.lower()).first()
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
    created = Event.objects.filter(
        kind=product.kind, record_id=product.pk, action=CREATED.name
    ).first()
    return Citation(
        authors=[str(author) for author in authors],
        year=(created.at if created else product.last_updated).year,
        title=product.name,
        version=product.version,
        publisher=product.namespace.full_name or product.namespace.name,
        address=f"{settings.REGISTRY_URL}/data_product/{product.pk}/",
    )
