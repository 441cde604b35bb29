"""The formats of a lineage beside JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import BaseRenderer

from registry.api.base.renderers import (
    RecordCSVRenderer,
    RecordJSONRenderer,
    iter_csv,
    wants_raw_csv,
)
from registry.api.provenance.lineage.shapes import node_link_shape

_EDGES = ("source", "target", "type", "component", "role")
_LABELS = ("source_label", "target_label")
_WITHDRAWN = ("source_withdrawn", "target_withdrawn")


class NodeLinkRenderer(RecordJSONRenderer):
    """Node-link JSON, asked for by ``format=node-link`` alone: it is JSON as well."""

    format = "node-link"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Render a lineage."""
        shape = node_link_shape(data) if "edges" in data else data
        return super().render(shape, accepted_media_type, renderer_context)


class EdgesCSVRenderer(RecordCSVRenderer):
    """The edges of a lineage as CSV, with the labels of what they connect.

    Reasons say which of it is withdrawn.
    """

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> str:
        """Render a lineage; an error as any other."""
        if "edges" not in data:
            return super().render(data, accepted_media_type, renderer_context)
        labels = {node["id"]: node["label"] for node in data["nodes"]}
        reasons = {node["id"]: node["withdrawn"] for node in data["nodes"]}
        rows = (
            {
                **edge,
                "source_label": labels.get(edge["source"]),
                "target_label": labels.get(edge["target"]),
                "source_withdrawn": reasons.get(edge["source"]),
                "target_withdrawn": reasons.get(edge["target"]),
            }
            for edge in data["edges"]
        )
        raw = wants_raw_csv(renderer_context)
        names = [*_EDGES, *_LABELS, *_WITHDRAWN]
        return "".join(iter_csv(names, [rows], raw=raw))


class ProductsCSVRenderer(RecordCSVRenderer):
    """The data products of an impact as CSV."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> str:
        """Render an impact; an error as any other."""
        if "products" not in data:
            return super().render(data, accepted_media_type, renderer_context)
        names = (
            *("id", "url", "label", "version", "date"),
            *("newest", "distance", "issues", "withdrawn"),
        )
        raw = wants_raw_csv(renderer_context)
        return "".join(iter_csv(names, [data["products"]], raw=raw))


class SVGRenderer(BaseRenderer):
    """A picture, which the view has drawn."""

    media_type = "image/svg+xml"
    format = "svg"
    charset = "utf-8"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> str:
        """Return the picture."""
        return str(data)
