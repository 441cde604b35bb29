"""The page that compares code runs, and the form that asks which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from registry.core.errors import InvalidInput
from registry.http.comparison import written_runs
from registry.runs.comparing import (
    FEWEST,
    MOST,
    PARAMETER,
    chosen_runs,
    compare_runs,
)
from registry.runs.record_types import CODE_RUN
from registry.web.comparison import comparison_context
from registry.web.costly import costly_view

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest, HttpResponse

    from registry.core.record_types import RecordType


@require_safe
def compare(
    request: HttpRequest, record_type: RecordType[Any] = CODE_RUN
) -> HttpResponse:
    """Compare the runs in the address; with fewer than two, show the form.

    The form has one field for all of them, with spaces or commas between.
    """
    texts = (text.replace(",", " ") for text in written_runs(request))
    written = [one for text in texts for one in text.split()]
    if len(written) < FEWEST:
        return _page(request, record_type, written)
    return _comparison(request, record_type, written)


@costly_view
def _comparison(
    request: HttpRequest, record_type: RecordType[Any], written: Sequence[str]
) -> HttpResponse:
    names = request.user.is_authenticated
    try:
        subjects = chosen_runs(written, record_type.model)
        found = compare_runs(subjects, names_accounts=names)
    except InvalidInput as error:
        errors = error.fields[PARAMETER]
        return _page(request, record_type, written, errors=errors, status=400)
    return _page(request, record_type, written, **comparison_context(found, request))


def _page(
    request: HttpRequest,
    record_type: RecordType[Any],
    written: Sequence[str],
    *,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """Return the page; ``written`` fills the field, in which more can be typed."""
    context |= {
        "record_type": record_type,
        "list_path": reverse(f"web:{record_type.kind}-list"),
        "parameter": PARAMETER,
        "written": "".join(f"{one} " for one in written),
        "chosen": len(written),
        "fewest": FEWEST,
        "most": MOST,
    }
    return render(request, "web/comparison.html", context, status=status)
