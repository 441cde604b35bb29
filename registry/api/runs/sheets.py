"""Sheets of model runs: to download and fill in, and to register what is in them."""

from __future__ import annotations

import hashlib
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any

from django.http import FileResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header
from rest_framework.response import Response

from registry.api.base.browsable import RecordBrowsableRenderer
from registry.api.base.idempotency import run_idempotently
from registry.api.base.renderers import RecordJSONRenderer
from registry.api.base.views import PlainView
from registry.api.provenance.documents import DocumentView
from registry.api.runs import sheet_schema as openapi
from registry.api.runs.sheet_bodies import (
    PARSERS,
    XLSX,
    CsvSheetRenderer,
    XlsxSheetRenderer,
    sheet_in,
)
from registry.catalogue.files import valid_file_name
from registry.http.bodies import SHEET, reject_encoded_body
from registry.http.permissions import SignedIn
from registry.http.read_slots import hold_read_slot
from registry.runs.model_runs.sheet_outcomes import (
    RowOutcome,
    SheetOutcome,
    iter_problems,
)
from registry.runs.model_runs.sheet_templates import (
    RunsOfTemplate,
    choices_of,
    find_agreement,
    sheet_template,
)
from registry.runs.model_runs.sheets import register_sheet
from registry.runs.models import ModelRun, WorkflowTemplate
from registry.runs.spreadsheets.csv_writing import write_csv
from registry.runs.spreadsheets.xlsx_writing import write_xlsx

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http.response import HttpResponseBase
    from rest_framework.request import Request

    from registry.runs.model_runs.agreements import Agreement


class SheetView(DocumentView):
    """Sheets in which runs that follow a workflow template can be registered."""

    schema = openapi.SheetSchema()
    parameters = ("format", "runs")
    renderer_classes = (CsvSheetRenderer, XlsxSheetRenderer)
    has_raw_csv = False

    @openapi.download
    def get(self, request: Request, id: str) -> HttpResponseBase:  # noqa: A002
        """Hand out the sheet of a workflow template, to fill in.

        It has a column for each input, output, resource and annotation, and an example
        row. XLSX has explanations too, and lists of the newest people, organisations,
        studies and versions of the model. With `runs=true` it has the registered runs:
        what is sent back unchanged is registered already. A withdrawn template, which
        takes no more runs, has only that.
        """
        with_runs = openapi.SheetParameters.read(request.query_params)["runs"]
        agreement = find_agreement(int(id), for_new_runs=not with_runs)
        runs = RunsOfTemplate.now(agreement.pk) if with_runs else None
        response: HttpResponseBase
        if isinstance(request.accepted_renderer, XlsxSheetRenderer):
            response = _workbook(agreement, runs)
        else:
            response = StreamingHttpResponse(
                write_csv(sheet_template(agreement), runs),
                content_type="text/csv; charset=utf-8",
            )
        what = "runs" if with_runs else "new-runs"
        name = valid_file_name(
            f"{what}-of-{agreement.name}-{agreement.pk}",
            request.accepted_renderer.format,
        )
        response["Content-Disposition"] = _attachment(name)
        response["Cache-Control"] = "private, no-cache"
        return response


def _workbook(agreement: Agreement, runs: RunsOfTemplate | None) -> FileResponse:
    if runs is not None:
        runs.require_few()
    file = TemporaryFile()  # noqa: SIM115 (the response closes it)
    try:
        write_xlsx(file, sheet_template(agreement), runs, choices_of(agreement))
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return FileResponse(file, content_type=XLSX)


class _WrongRows(Exception):
    """Rows of a sheet are wrong, so that nothing was stored and no key is used up."""

    def __init__(self, outcome: SheetOutcome) -> None:
        super().__init__()
        self.outcome = outcome


class UploadView(PlainView):
    """Takes sheets of model runs, and registers all of their rows or none."""

    permission_classes = (SignedIn,)
    parser_classes = PARSERS
    renderer_classes = (RecordJSONRenderer, RecordBrowsableRenderer, CsvSheetRenderer)
    schema = openapi.UploadSchema()
    streams_body = True
    accepts_files = True
    upload_limit = SHEET
    # checking a sheet costs as much as writing one
    is_export = True
    parameters = ("format", "template", "dry_run")
    has_raw_csv = False

    @openapi.upload
    def post(self, request: Request) -> Any:
        """Register the model runs of a sheet, CSV or XLSX: all of them or none.

        If rows are wrong, the answer is 400 with all errors of all rows, each by its
        column; `format=csv` gives these as a table. What is registered already is
        found, so that a sheet can be sent again. A sheet has 10,000 rows at most.
        """
        options = openapi.UploadParameters.read(request.query_params)
        reject_encoded_body(request._request)
        outcome = SheetOutcome(0)
        with sheet_in(request) as file:
            # not while the sheet arrives
            hold_read_slot(request._request, request.user)
            try:
                response = run_idempotently(
                    request,
                    lambda: self._register(file, options),
                    content={**options, "sheet": _digest_of(file)},
                )
            except _WrongRows as error:
                outcome = error.outcome
                response = Response(self._shape(outcome), status=400)
        if isinstance(request.accepted_renderer, CsvSheetRenderer):
            return _problems(outcome, response.status_code)
        return response

    def _register(self, file: IO[bytes], options: Mapping[str, Any]) -> Response:
        outcome = register_sheet(file, by=self.user, **options)
        if outcome.wrong:
            raise _WrongRows(outcome)
        is_new = outcome.registered and not options["dry_run"]
        return Response(self._shape(outcome), status=201 if is_new else 200)

    def _shape(self, outcome: SheetOutcome) -> dict[str, Any]:
        """Return the outcome of a sheet, as JSON has it."""
        template = f"{self.base}{WorkflowTemplate.kind}/{outcome.template}/"
        return {
            "workflow_template": template,
            "rows": [self._row(one) for one in outcome.rows],
            "registered": outcome.registered,
            "found": outcome.found,
            "wrong": outcome.wrong,
            "warnings": list(outcome.warnings),
        }

    def _row(self, one: RowOutcome) -> dict[str, Any]:
        errors: dict[str, list[str]] = {}
        for problem in one.problems:
            errors.setdefault(problem.column, []).extend(problem.messages)
        run = None if one.run is None else f"{self.base}{ModelRun.kind}/{one.run}/"
        return {
            "row": one.row,
            "model_run": run,
            "is_new": one.is_new,
            "errors": errors,
            "values": {problem.column: problem.value for problem in one.problems},
        }


def _digest_of(file: IO[bytes]) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while data := file.read(2**20):
        digest.update(data)
    return digest.hexdigest()


def _problems(outcome: SheetOutcome, status: int) -> StreamingHttpResponse:
    response = StreamingHttpResponse(
        iter_problems(outcome), content_type="text/csv; charset=utf-8", status=status
    )
    response["Content-Disposition"] = _attachment("errors.csv")
    return response


def _attachment(name: str) -> str:
    return str(content_disposition_header(True, name))
