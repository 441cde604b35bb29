"""Responses that name their version of the API, and carry an entity tag."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.utils.cache import patch_vary_headers

from registry.api.base.renderers import RecordJSONRenderer
from registry.api.base.versions import NEWEST
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
        """Tag the response if it is JSON.

        Other formats have no tag: that of a record would be the same for all of them.
        """
        response = super().finalize_response(request, response, *args, **kwargs)
        # a request that was refused before it was negotiated has no version
        if getattr(request, "version", None) is None:
            return response
        if request.method in {"GET", "HEAD"} and response.status_code < 300:
            _let_caches_ask(request, response)
        renderer = getattr(response, "accepted_renderer", None)
        if isinstance(renderer, RecordJSONRenderer):
            if response.status_code < 300:
                tag = partial(tag_response, request._request)
                response.add_post_render_callback(tag)
        else:
            response.headers.pop("ETag", None)
        return response


def _let_caches_ask(request: Request, response: Any) -> None:
    """Let caches keep a response, and ask each time whether it still holds."""
    patch_vary_headers(response, ("Authorization", "Cookie"))
    private = "private, " if request.user.is_authenticated else ""
    response.setdefault("Cache-Control", f"{private}no-cache")
