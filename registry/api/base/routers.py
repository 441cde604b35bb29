"""The router of resources, and the root view that lists them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from django.urls import re_path
from django.utils.html import format_html, format_html_join
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.routers import Route, SimpleRouter

from registry.api.base.views import PlainView
from registry.api.base.viewsets import RecordViewSet
from registry.core.links import kind_of
from registry.core.record_types import RecordType, record_types

if TYPE_CHECKING:
    from rest_framework.request import Request


class RecordRouter(SimpleRouter):
    """Routes lists at ``<name>/`` and records at ``<name>/<id>/``."""

    def __init__(self) -> None:
        self._row_types: dict[str, RecordType[Any]] = {}
        super().__init__()

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
        """Return the kind of the rows, which is the base of the URL names."""
        return kind_of(viewset.row_type.model)

    def register_record_types(self, *viewsets: type[RecordViewSet]) -> None:
        """Register every record type; ``viewsets`` are those of special types."""
        own = {viewset.row_type: viewset for viewset in viewsets}
        for record_type in record_types():
            viewset = own.get(record_type, RecordViewSet)
            self._row_types[record_type.kind] = record_type
            self.register(record_type.kind, viewset, basename=record_type.kind)

    def get_urls(self) -> list[Any]:
        """Return the URL patterns; those of record types get their declarations."""
        return [
            pattern
            for prefix, viewset, basename in self.registry
            for pattern in self._patterns(prefix, viewset, basename)
        ]

    def _patterns(self, prefix: str, viewset: Any, basename: str) -> Iterator[Any]:
        """Yield the URL patterns of one resource."""
        record_type = self._row_types.get(prefix)
        lookup = self.get_lookup_regex(viewset)
        for route in self.get_routes(viewset):
            mapping = self.get_method_map(viewset, route.mapping)
            if record_type is not None:
                allowed = _actions_of(record_type)
                mapping = {way: act for way, act in mapping.items() if act in allowed}
            options = {"basename": basename, "detail": route.detail, **route.initkwargs}
            if record_type is not None:
                options["row_type"] = record_type
            url = route.url.format(
                prefix=prefix, lookup=lookup, trailing_slash=self.trailing_slash
            )
            view = viewset.as_view(mapping, **options)
            yield re_path(url, view, name=route.name.format(basename=basename))

    @property
    def names(self) -> list[str]:
        """The names of the resources, in the order of registration."""
        return [prefix for prefix, _, _ in self.registry]

    @property
    def root_names(self) -> list[str]:
        """The names of the resources that the root lists."""
        return [name for name in self.names if not self._is_outside_root(name)]

    @property
    def names_outside_root(self) -> list[str]:
        """The names of the resources that the root leaves out."""
        return [name for name in self.names if self._is_outside_root(name)]

    def _is_outside_root(self, name: str) -> bool:
        record_type = self._row_types.get(name)
        return record_type is not None and record_type.outside_root


def _actions_of(record_type: RecordType[Any]) -> set[str]:
    """Return the actions that the records of a type have."""
    actions = {"list", "create", "retrieve"}
    if record_type.change is not None:
        actions |= {"update", "partial_update"}
    return actions | ({"destroy"} if record_type.delete is not None else set())


class RootView(PlainView):
    """The record types of this registry.

    Each key is a record type and each value the address of its list. Send OPTIONS to
    an address to get its filters and fields.
    """

    name = "API"
    names: tuple[str, ...] = ()
    #: Other addresses below the API, with their titles; only the HTML page lists them.
    other_addresses: Mapping[str, str] = {}
    parameters = ("format",)

    def get_view_description(self, html: bool = False) -> str:
        """Return the docstring; in HTML, with links to the other addresses."""
        description = super().get_view_description(html)
        if not html:
            return description
        items = format_html_join(
            "", '<li><a href="{}">{}</a></li>', self.other_addresses.items()
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
        """Return the address of the list of each record type."""
        base = self.base
        return Response({name: f"{base}{name}/" for name in self.names})
