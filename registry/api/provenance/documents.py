"""What the views of documents about provenance share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.api.base.browsable import RecordBrowsableRenderer
from registry.api.base.renderers import RecordCSVRenderer, RecordJSONRenderer
from registry.api.base.views import PlainView

if TYPE_CHECKING:
    from rest_framework.request import Request

_HAVE_WORDS = (RecordBrowsableRenderer, RecordCSVRenderer)


class JSONLDRenderer(RecordJSONRenderer):
    """JSON-LD (https://www.w3.org/TR/json-ld11/), which the view has made."""

    media_type = "application/ld+json"
    format = "json-ld"


class DocumentView(PlainView):
    """A view of costly documents, which read many records and count as exports.

    Errors are plain JSON where the format that was asked for has no words for them.
    """

    is_export = True
    is_costly = True
    has_version = False

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Any:
        """Say what is wrong in JSON, whatever document or picture was asked for."""
        if getattr(response, "exception", False):
            renderer = getattr(request, "accepted_renderer", None)
            if not isinstance(renderer, _HAVE_WORDS):
                request.accepted_renderer = RecordJSONRenderer()
                request.accepted_media_type = RecordJSONRenderer.media_type
        return super().finalize_response(request, response, *args, **kwargs)
