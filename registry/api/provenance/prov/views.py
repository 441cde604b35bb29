"""PROV reports of data products, objects and runs; and the way in."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404
from rest_framework.exceptions import NotAcceptable
from rest_framework.response import Response

from registry.api.base.browsable import RecordBrowsableRenderer
from registry.api.base.idempotency import run_idempotently
from registry.api.base.parsers import RecordJSONParser
from registry.api.base.renderers import RecordJSONRenderer
from registry.api.base.views import PlainView
from registry.api.provenance.documents import DocumentView, JSONLDRenderer
from registry.api.provenance.prov import renderers
from registry.api.provenance.prov import schema as openapi
from registry.api.provenance.prov.parameters import ReportParameters
from registry.catalogue.models import DataProduct, Object
from registry.core.errors import InvalidInput
from registry.core.links import kind_of
from registry.http.bodies import content_length
from registry.http.permissions import SignedIn
from registry.provenance.picture import CannotDraw, NoGraphviz, render
from registry.provenance.prov import formats
from registry.provenance.prov.document import report
from registry.provenance.prov.drawing import Look, as_dot
from registry.provenance.prov.importing import import_document
from registry.provenance.prov.statements import as_prov
from registry.runs.models import CodeRun

if TYPE_CHECKING:
    from rest_framework.request import Request

    from registry.core.models import Record
    from registry.provenance.prov.importing import Outcome
    from registry.provenance.prov.statements import Report

#: The formats that are the document in other words.
_TEXTS: dict[str, Callable[[Report], Any]] = {
    "json": formats.as_json,
    "api": formats.as_json,
    "json-ld": formats.as_json_ld,
    "xml": formats.as_xml,
    "provn": formats.as_provn,
}
#: Bytes of a document that comes in.
MOST_BYTES = 16 * 1024 * 1024


class ReportView(DocumentView):
    """What made a record, from what, when and by whom, in W3C PROV.

    PROV-JSON unless `Accept` or `format` asks for JSON-LD, XML, PROV-N or a picture.
    `depth` is how many code runs the report goes back.
    """

    schema = openapi.ReportSchema()
    parameters = ("depth", "attributes", "aspect_ratio", "dpi", "format")
    renderer_classes = (
        RecordJSONRenderer,
        RecordBrowsableRenderer,
        JSONLDRenderer,
        renderers.XMLRenderer,
        renderers.ProvNRenderer,
        renderers.SVGRenderer,
        renderers.PNGRenderer,
        renderers.JPEGRenderer,
    )
    subject: ClassVar[type[DataProduct | Object | CodeRun]]
    #: What the id in the address is of.
    named_by: ClassVar[str] = "pk"

    @openapi.report
    def get(self, request: Request, id: str) -> Response:  # noqa: A002
        """Report on the provenance of a record in W3C PROV."""
        depth, look = ReportParameters.read(request.query_params)
        rows = self.subject._default_manager.filter(**{self.named_by: int(id)})
        found = rows.first()
        if found is None:
            raise Http404
        document = report(
            found,
            depth=depth,
            registry_url=settings.REGISTRY_URL,
            naming_accounts=bool(request.user.is_authenticated),
        )
        name = str(request.accepted_renderer.format)
        if name in _TEXTS:
            return Response(_TEXTS[name](document))
        return Response(_drawn(document, look, name))


def _drawn(document: Report, look: Look, name: Any) -> bytes:
    """Draw a report, or say why that cannot be."""
    try:
        return render(as_dot(as_prov(document), look), name)
    except NoGraphviz as error:
        raise NotAcceptable(error.detail) from error
    except CannotDraw as error:
        raise InvalidInput({"depth": [f"{error.detail} Ask for less."]}) from error


class DataProductReportView(ReportView):
    """What made records, from what, when and by whom, in W3C PROV."""

    subject = DataProduct


class ObjectReportView(ReportView):
    """What made an object, from what, when and by whom, in W3C PROV."""

    subject = Object


class CodeRunReportView(ReportView):
    """What a code run read and wrote, when and by whom, in W3C PROV."""

    subject = CodeRun


class ModelRunReportView(CodeRunReportView):
    """What a model run read and wrote, when and by whom, in W3C PROV."""

    named_by = "model_run"


class ImportView(PlainView):
    """Takes PROV-JSON documents, whoever wrote them, and registers what they say."""

    schema = openapi.ImportSchema()
    permission_classes = (SignedIn,)
    parser_classes = (RecordJSONParser,)
    parameters = ("format",)

    @openapi.take_in
    def post(self, request: Request) -> Response:
        """Register what a PROV-JSON document says: all of it, or nothing.

        Activities become code runs, entities objects, data products, external objects
        and code releases, and the agents that entities are attributed to become
        authors. Definitions of a registry become model runs, and what these link to.
        Records that exist already, by UUID, identifier, or name and version,
        are used as they are: 200 means that nothing was new.
        """
        if content_length(request._request) > MOST_BYTES:
            raise RequestDataTooBig
        return run_idempotently(request, lambda: self._import(request.data))

    def _import(self, data: Any) -> Response:
        outcome = import_document(
            data, registry_url=settings.REGISTRY_URL, by=self.user
        )
        return Response(self._shown(outcome), status=201 if outcome.registered else 200)

    def _shown(self, outcome: Outcome) -> dict[str, Any]:
        return {
            "records": {key: self._url(one) for key, one in outcome.records.items()},
            "registered": [self._url(one) for one in outcome.registered],
            "left_out": [
                {"where": part.where, "why": part.why} for part in outcome.left_out
            ],
        }

    def _url(self, record: Record) -> str:
        return f"{self.base}{kind_of(type(record))}/{record.pk}/"
