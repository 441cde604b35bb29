"""Responses that name their version of the API, and carry an entity tag."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.utils.cache import patch_vary_headers
from rest_framework.response import Response

from registry.api.base.renderers import RecordJSONRenderer
from registry.api.base.versions import NEWEST, with_version
from registry.api.base.views import RegistryView
from registry.http.conditional import tag_response

if TYPE_CHECKING:
    from rest_framework.request import Request


class TaggedView(RegistryView):
    """A view whose JSON clients can ask for again only if it has changed."""

    @property
    def version(self) -> str:
        """The version of the API that the request asks for."""
        return self.request.version or NEWEST

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Any:
        """Name the version of the API in the type of JSON, and tag the response."""
        response = super().finalize_response(request, response, *args, **kwargs)
        # a request that was refused before it was negotiated has no version
        version = getattr(request, "version", None)
        if isinstance(response, Response) and version is not None:
            renderer = response.accepted_renderer
            if isinstance(renderer, RecordJSONRenderer):
                response.content_type = with_version(renderer.media_type, version)
                if response.status_code < 300:
                    self._tag(request, response)
        return response

    @staticmethod
    def _tag(request: Request, response: Response) -> None:
        """Let caches keep a response, and ask each time whether it still holds."""
        if request.method in {"GET", "HEAD"}:
            patch_vary_headers(response, ("Authorization", "Cookie"))
            private = "private, " if request.user.is_authenticated else ""
            response.setdefault("Cache-Control", f"{private}no-cache")
        response.add_post_render_callback(partial(tag_response, request._request))
