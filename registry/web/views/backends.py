"""The address by name, the live part and the flags of backends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from registry.execution import flags
from registry.execution.models import Backend
from registry.execution.record_types import BACKEND
from registry.web.addresses import page_address
from registry.web.execution.acting import Done, do_and_return
from registry.web.execution.backends import live_context
from registry.web.execution.live import live_part
from registry.web.views.records import find_record

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from registry.identity.models import User


@require_safe
def named(request: HttpRequest, slug: str) -> HttpResponse:
    """Redirect to the page of the backend with this name."""
    pk = Backend.objects.filter(slug=slug).values_list("pk", flat=True).first()
    if pk is None:
        raise Http404(f"There is no backend {slug}.")
    return redirect(page_address(Backend.kind, pk))


@require_safe
def live(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the part of the page that changes while the backend is at work."""
    backend: Any = find_record(BACKEND, pk, request.user)
    if backend is None:
        raise Http404(f"There is no backend {pk}.")
    context = live_context(backend, request)
    return live_part(request, "web/parts/backend_work.html", context)


@login_required
@require_POST
def set_flag(request: HttpRequest, pk: int) -> HttpResponse:
    """Set a flag of a backend, or clear it."""
    name, value = request.POST.get("name", ""), bool(request.POST.get("value"))

    def work(by: User) -> Done:
        flags.set_flag(pk, name, value=value, by=by)
        return Done(f"{name.capitalize()}: {'on' if value else 'off'}.")

    return do_and_return(request, page_address(Backend.kind, pk), work)
