"""The special pages of some record types, with more than fields, links and history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from registry.catalogue.record_types import (
    DATA_PRODUCT,
    EXTERNAL_OBJECT,
    OBJECT,
    OBJECT_COMPONENT,
)
from registry.execution.record_types import BACKEND, RUN_REQUEST
from registry.runs.record_types import (
    CODE_RUN,
    DATASET_TEMPLATE,
    MODEL_RUN,
    WORKFLOW_TEMPLATE,
)
from registry.runs.templates import SLOTS
from registry.web.execution.backends import backend_context
from registry.web.execution.requests import list_context, only_mine, request_context
from registry.web.execution.verifications import rerun_context
from registry.web.lineage import lineage_context
from registry.web.model_runs import (
    code_run_rows,
    model_run_context,
    model_run_rows,
    run_of_code_context,
)
from registry.web.products import (
    component_context,
    object_context,
    object_rows,
    product_context,
    product_rows,
)
from registry.web.runs import run_context
from registry.web.templates import (
    dataset_template_context,
    template_rows,
    workflow_template_context,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet
    from django.http import HttpRequest

    from registry.core.record_types import RecordType

Context = Callable[[Any, "HttpRequest"], dict[str, Any]]
ListContext = Callable[["Sequence[Any]", "HttpRequest"], dict[str, Any]]


def _as_they_are(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows


def _of_all(rows: QuerySet[Any], _: HttpRequest) -> QuerySet[Any]:
    return rows


def _nothing_more(_: Sequence[Any], __: HttpRequest) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class RecordList:
    """The template of a type's list, and what it has besides the filtered records.

    ``context`` is built of the records of a page, which are selected with ``links``.
    ``parameters`` are those of the page alone; ``narrow`` returns the records that
    they ask for.
    """

    template: str = "web/list.html"
    context: ListContext = _nothing_more
    links: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    narrow: Callable[[QuerySet[Any], HttpRequest], QuerySet[Any]] = _of_all


@dataclass(frozen=True)
class RecordPage:
    """The template of a record's page, and the functions that build its context.

    ``rows`` selects with a record what these functions need. The fields and links
    ``without`` are left out of the lists of all, because the template shows them. With
    ``imports_crates``, the list of the type offers to import an RO-Crate. With
    ``compares``, the name of a view, it offers to compare chosen records there.
    """

    template: str = "web/record.html"
    contexts: tuple[Context, ...] = ()
    imports_crates: bool = False
    compares: str = ""
    rows: Callable[[QuerySet[Any]], QuerySet[Any]] = _as_they_are
    without: frozenset[str] = frozenset()
    list: RecordList = RecordList()

    def context_of(self, record: Any, request: HttpRequest) -> dict[str, Any]:
        """Return the context of the template besides the fields of the record."""
        context: dict[str, Any] = {}
        for build in self.contexts:
            context |= build(record, request)
        return context


def _lineage(record: Any, request: HttpRequest) -> dict[str, Any]:
    return {"lineage": lineage_context(record, request)}


_DEFAULT_PAGE = RecordPage()
_PAGES: list[tuple[RecordType[Any], RecordPage]] = []


def declare_page(record_type: RecordType[Any], page: RecordPage) -> None:
    """Declare the page of a record type."""
    _PAGES.append((record_type, page))


def page_of(record_type: RecordType[Any]) -> RecordPage:
    """Return the declared page of a record type, or the default page."""
    return next((page for one, page in _PAGES if one is record_type), _DEFAULT_PAGE)


declare_page(
    DATA_PRODUCT,
    RecordPage("web/data_product.html", (product_context, _lineage), rows=product_rows),
)
declare_page(
    CODE_RUN,
    RecordPage(
        "web/code_run.html",
        (run_context, run_of_code_context, rerun_context, _lineage),
        imports_crates=True,
        compares="web:compare-runs",
        rows=code_run_rows,
    ),
)
declare_page(EXTERNAL_OBJECT, RecordPage("web/external_object.html", (_lineage,)))
declare_page(
    OBJECT,
    RecordPage("web/object.html", (_lineage, object_context), rows=object_rows),
)
declare_page(
    OBJECT_COMPONENT, RecordPage("web/object_component.html", (component_context,))
)
declare_page(
    MODEL_RUN,
    RecordPage(
        "web/model_run.html",
        (model_run_context,),
        compares="web:compare-model-runs",
        rows=model_run_rows,
        without=frozenset({"inputs", "outputs", "annotations"}),
    ),
)
declare_page(
    DATASET_TEMPLATE,
    RecordPage(
        "web/dataset_template.html",
        (dataset_template_context,),
        rows=template_rows,
        without=frozenset({"defined_resources", "deferred_resources"}),
    ),
)
declare_page(
    WORKFLOW_TEMPLATE,
    RecordPage(
        "web/workflow_template.html",
        (workflow_template_context,),
        rows=template_rows,
        without=frozenset({"model_runs", *SLOTS}),
    ),
)
declare_page(
    RUN_REQUEST,
    RecordPage(
        "web/run_request.html",
        (request_context,),
        without=frozenset({"tasks"}),
        list=RecordList(
            "web/run_request_list.html",
            list_context,
            links=("registered_by",),
            parameters=("mine",),
            narrow=only_mine,
        ),
    ),
)
declare_page(
    BACKEND,
    RecordPage(
        "web/backend.html", (backend_context,), without=frozenset({"grants", "flags"})
    ),
)
