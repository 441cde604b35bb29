"""The context of the pages of data products, objects and components."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from django.conf import settings
from django.db.models import Prefetch

from registry.catalogue.files import InStore, NotDownloadable, OnTheWeb, place_of
from registry.catalogue.models import DataProduct, Issue, Object, ObjectComponent
from registry.core.models import Event
from registry.core.verbs import CREATED
from registry.runs.models import CodeRun
from registry.storage.models import StoredFile
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
    versions = DataProduct.objects.filter(
        namespace=product.namespace_id, name=product.name
    ).order_by("-version_key")[:MAX_SHOWN]
    return {
        "versions": list(versions),
        "file": file_of(thing, request, product),
        "issues": issues_of(thing),
        "issue_component": whole_component(thing),
        "made_by": _runs_that_wrote(thing, request.user),
        "used_by": _runs_that_read(thing),
        "authors": authors,
        "keywords": list(thing.keywords.all()[:MAX_SHOWN]),
        "licences": list(thing.licences.all()[:MAX_SHOWN]),
        "citation": _citation(product, authors),
    }


def object_context(thing: Object, request: HttpRequest) -> dict[str, Any]:
    """Return the file of an object and the issues with it."""
    return {
        "file": file_of(thing, request),
        "issues": issues_of(thing),
        "issue_component": whole_component(thing),
    }


def component_context(component: ObjectComponent, _: HttpRequest) -> dict[str, Any]:
    """Return the issues with a component."""
    issues = Issue.objects.filter(component_issues=component.pk)
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


def issues_of(thing: Object) -> list[Issue]:
    """Return the issues with any component of an object, the worst first."""
    return list(
        Issue.objects.filter(component_issues__object=thing.pk)
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
    """Return the download address of a file, if it has one."""
    location = thing.storage_location
    place = place_of(location) if location is not None else None
    match place:
        case None | NotDownloadable():
            return None
        case InStore() if not held:
            return None
        case _ if product is not None:
            name = f"{product.namespace.name}:{product.name}@{product.version}"
            path = f"/data_product/{quote(name, safe='/:@')}"
            return request.build_absolute_uri(path)
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
