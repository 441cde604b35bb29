"""The formats of a PROV report. The view makes the bytes; these name their types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import BaseRenderer


class DocumentRenderer(BaseRenderer):
    """Bytes as the view has made them."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Pass the bytes on."""
        return data


class XMLRenderer(DocumentRenderer):
    """PROV-XML."""

    media_type = "text/xml"
    format = "xml"
    charset = "utf-8"


class ProvNRenderer(DocumentRenderer):
    """PROV-N, whose media type is registered with the charset as a parameter."""

    media_type = "text/provenance-notation"
    format = "provn"
    charset = "utf-8"


class PictureRenderer(DocumentRenderer):
    """A picture, drawn by Graphviz where that is installed."""

    charset = None
    render_style = "binary"


class SVGRenderer(PictureRenderer):
    """Scalable Vector Graphics."""

    media_type = "image/svg+xml"
    format = "svg"


class PNGRenderer(PictureRenderer):
    """Portable Network Graphics."""

    media_type = "image/png"
    format = "png"


class JPEGRenderer(PictureRenderer):
    """JPEG."""

    media_type = "image/jpeg"
    format = "jpg"
