"""Ask for a code run again, by the button of its page."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from registry.core.errors import Forbidden, NotFound, RegistryError
from registry.execution import rerunning
from registry.runs.models import CodeRun
from registry.web.addresses import page_address
from registry.web.describe import address_of
from registry.web.views.errors import page

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from registry.identity.models import User


@login_required
@require_POST
def rerun(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a code run again; show the new request."""
    try:
        made = rerunning.rerun(pk, by=cast("User", request.user))
    except Forbidden as error:
        return page(request, 403, error.detail)
    except NotFound as error:
        raise Http404(f"There is no code run {pk}.") from error
    except RegistryError as error:
        messages.error(request, error.detail)
        return redirect(page_address(CodeRun.kind, pk))
    messages.success(
        request, "The run is asked for again. When it ends, the outputs are compared."
    )
    return redirect(address_of(made))
