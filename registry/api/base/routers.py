"""The addresses of resources, and the root that lists them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils.html import format_html, format_html_join
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.routers import Route, SimpleRouter

from registry.api.base.views import PlainView
from registry.http.links import kind_of

if TYPE_CHECKING:
    from rest_framework.request import Request


class RecordRouter(SimpleRouter):
    """Lists at ``<name>/``, records at ``<name>/<id>/``."""

    routes = [
        Route(
            url=r"^{prefix}{trailing_slash}$",
            mapping={"get": "list", "post": "create"},
            name="{basename}-list",
            detail=False,
            initkwargs={"suffix": "List"},
        ),
        Route(
            url=r"^{prefix}/{lookup}{trailing_slash}$",
            mapping={
                "get": "retrieve",
                "put": "update",
                "patch": "partial_update",
                "delete": "destroy",
            },
            name="{basename}-detail",
            detail=True,
            initkwargs={"suffix": "Instance"},
        ),
    ]

    def get_default_basename(self, viewset: Any) -> str:
        """Name addresses by the kind of record."""
        return kind_of(viewset.model)

    @property
    def names(self) -> list[str]:
        """The names of the resources, in the order of registration."""
        return [prefix for prefix, _, _ in self.registry]


class RootView(PlainView):
    """The record types of this registry.

    Each key is a record type and each value the address of its list. Send OPTIONS to
    an address to learn its filters and fields.
    """

    name = "API"
    names: tuple[str, ...] = ()
    #: What else there is below the API, by address; only a page for people lists it.
    further: Mapping[str, str] = {}
    parameters = ("format",)

    def get_view_description(self, html: bool = False) -> str:
        """Return the docstring; for a page, with links to what else there is."""
        description = super().get_view_description(html)
        if not html:
            return description
        items = format_html_join(
            "", '<li><a href="{}">{}</a></li>', self.further.items()
        )
        return description + format_html("<p>Also here:</p><ul>{}</ul>", items)

    @extend_schema(
        operation_id="root",
        responses={
            200: {
                "type": "object",
                "additionalProperties": {"type": "string", "format": "uri"},
            }
        },
    )
    def get(self, request: Request) -> Response:
        """Map the record types to their addresses."""
        base = self.base
        return Response({name: f"{base}{name}/" for name in self.names})
