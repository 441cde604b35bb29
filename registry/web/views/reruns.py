"""Request a code run again, with the button of its page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.views.decorators.http import require_POST

from registry.execution import rerunning
from registry.runs.models import CodeRun
from registry.web.addresses import page_address
from registry.web.describe import address_of
from registry.web.execution.acting import Done, do_and_return

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from registry.identity.models import User

_MESSAGE = "A rerun was requested. When it ends, the outputs of both runs are compared."


@login_required
@require_POST
def rerun(request: HttpRequest, pk: int) -> HttpResponse:
    """Request a code run again; show the new request."""

    def work(by: User) -> Done:
        made = rerunning.rerun(pk, by=by)
        return Done(_MESSAGE, address_of(made))

    return do_and_return(request, page_address(CodeRun.kind, pk), work)
