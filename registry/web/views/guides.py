"""The pages of the guides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from registry.web.guides import guides

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Redirect to the first guide."""
    return redirect("web:guide", name=guides()[0].name)


@require_safe
def guide(request: HttpRequest, name: str) -> HttpResponse:
    """Show a guide next to the list of all guides."""
    everything = guides()
    found = next((one for one in everything if one.name == name), None)
    if found is None:
        raise Http404(f"There is no guide {name}.")
    return render(request, "web/guide.html", {"guide": found, "guides": everything})
