"""Register the model runs of a sheet on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from registry.core.errors import InvalidInput, NotFound, RegistryError
from registry.http.bodies import accepts_sheets
from registry.http.form_files import require_form_file
from registry.runs.model_runs.sheet_outcomes import (
    RowOutcome,
    SheetOutcome,
    iter_problems,
)
from registry.runs.model_runs.sheet_templates import find_agreement
from registry.runs.model_runs.sheets import register_sheet
from registry.runs.spreadsheets.layout import Limits
from registry.web.costly import costly_view

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from registry.identity.models import User
    from registry.runs.model_runs.agreements import Agreement

#: The field of the form that has the sheet.
FIELD = "file"
#: So many wrong rows are shown, so many cells of each, and so many new runs.
MOST_ROWS, _MOST_CELLS, _MOST_RUNS = 200, 50, 20


@accepts_sheets
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def upload_runs(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Show the form; a POST checks the sheet, or registers its runs."""
    try:
        agreement = find_agreement(pk, for_new_runs=False)
    except NotFound as error:
        raise Http404(error.detail) from error
    if request.method != "POST":
        return _page(request, agreement, {})
    return _answer(request, agreement)


@costly_view
def _answer(request: HttpRequest, agreement: Agreement) -> Any:
    action = request.POST.get("action", "check")
    is_dry = action != "register"
    try:
        outcome = _register(request, agreement, dry_run=is_dry)
    except InvalidInput as error:
        problems = [(where, " ".join(texts)) for where, texts in error.fields.items()]
        return _page(request, agreement, {"problems": problems}, status=400)
    except RegistryError as error:
        problems = [("", error.detail)]
        return _page(request, agreement, {"problems": problems}, status=409)
    if action == "errors":
        return _table_of_errors(outcome)
    status = 400 if outcome.wrong else 200
    return _page(request, agreement, _shown(outcome, is_dry=is_dry), status=status)


def _register(
    request: HttpRequest, agreement: Agreement, *, dry_run: bool
) -> SheetOutcome:
    file = require_form_file(
        request.FILES,
        FIELD,
        "a sheet, CSV or XLSX",
        megabytes=settings.SHEET_UPLOAD_MB,
    )
    return register_sheet(
        file.file,
        by=cast("User", request.user),
        template=agreement.pk,
        dry_run=dry_run,
    )


def _table_of_errors(outcome: SheetOutcome) -> StreamingHttpResponse:
    return StreamingHttpResponse(
        iter_problems(outcome),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="errors.csv"'},
    )


def _shown(outcome: SheetOutcome, *, is_dry: bool) -> dict[str, Any]:
    """Return the context of the page about a sheet that could be read."""
    runs = [one for one in outcome.rows if one.run is not None]
    return {
        "outcome": outcome,
        "right": len(outcome.rows) - outcome.wrong,
        "is_dry": is_dry,
        "wrong_rows": _wrong_rows(outcome),
        "more_rows": outcome.wrong - MOST_ROWS,
        "runs": sorted(runs, key=_new_first)[:_MOST_RUNS],
        "more_runs": len(runs) - _MOST_RUNS,
    }


def _new_first(one: RowOutcome) -> tuple[bool, int]:
    return not one.is_new, one.row


def _wrong_rows(outcome: SheetOutcome) -> list[dict[str, Any]]:
    wrong = [one for one in outcome.rows if one.problems][:MOST_ROWS]
    return [
        {
            "row": one.row,
            "problems": one.problems[:_MOST_CELLS],
            "more": len(one.problems) - _MOST_CELLS,
        }
        for one in wrong
    ]


def _page(
    request: HttpRequest,
    agreement: Agreement,
    result: Mapping[str, Any],
    status: int = 200,
) -> HttpResponseBase:
    context = {
        "template": agreement,
        "field": FIELD,
        "megabytes": settings.SHEET_UPLOAD_MB,
        "most_rows": Limits().rows,
        "sheet": reverse("workflow_template-spreadsheet", args=[agreement.pk]),
        "api_url": request.build_absolute_uri(reverse("model_run-spreadsheet")),
        **result,
    }
    return render(request, "web/upload_runs.html", context, status=status)
