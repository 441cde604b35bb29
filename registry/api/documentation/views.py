"""The OpenAPI description, and the pages that show it: Swagger UI and Redoc.

The registry serves all their files; the pages load nothing from other hosts.
"""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any

import orjson
from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)

from registry.api.base.views import PlainView

if TYPE_CHECKING:
    from rest_framework.request import Request


class SchemaView(PlainView):
    """The OpenAPI description of this API, as JSON or YAML."""

    schema = None
    parameters = ("format",)
    renderer_classes = (
        OpenApiJsonRenderer2,
        OpenApiJsonRenderer,
        OpenApiYamlRenderer2,
        OpenApiYamlRenderer,
    )

    def get(self, request: Request) -> HttpResponse:
        """Return the description, which is the same for everybody."""
        return HttpResponse(
            rendered(request.accepted_renderer.media_type),
            content_type=f"{request.accepted_renderer.media_type}; charset=utf-8",
        )


_generating = Lock()


@cache
def rendered(media_type: str) -> bytes:
    """Return the description in a format; once a process, because it takes a second."""
    if media_type.endswith("json"):
        # on one line, it has half the size
        return orjson.dumps(_description(), default=str)
    return bytes(OpenApiYamlRenderer().render(_description(), renderer_context={}))


def _description() -> dict[str, Any]:
    # the generator has state that all threads share
    with _generating:
        return _generated()


@cache
def _generated() -> dict[str, Any]:
    description: dict[str, Any] = SchemaGenerator().get_schema(public=True)
    return description


@require_safe
def swagger(request: HttpRequest) -> HttpResponse:
    """Show the description in Swagger UI, which can send requests."""
    return render(request, "api/swagger.html")


@csp_replace({"style-src": [SELF, UNSAFE_INLINE], "worker-src": ["blob:"]})
@require_safe
def redoc(request: HttpRequest) -> HttpResponse:
    """Show the description in Redoc, for reading.

    Redoc writes its own style sheet into the page, and searches in a worker that it
    creates from a text.
    """
    return render(request, "api/redoc.html")
