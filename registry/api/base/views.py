"""The base classes of all views of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.http import Http404, HttpResponsePermanentRedirect
from django.urls import get_script_prefix, resolve
from django.utils.safestring import mark_safe
from markdown_it import MarkdownIt

from registry.api.base.renderers import RecordJSONRenderer
from registry.api.base.versions import NEWEST
from registry.core.errors import NotFound
from registry.http.filters.backend import RECORD_PARAMETERS, refuse_unknown
from registry.http.views import CountedView

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from rest_framework.request import Request

    from registry.identity.models import User


def api_base(request: Any) -> str:
    """Return the base address of the API on the host of the request."""
    return str(request.build_absolute_uri(f"{get_script_prefix()}api/"))


class RegistryView(CountedView):
    """A view of the native API."""

    #: Whether JSON has the version of the API; documents of other standards have none.
    has_version = True
    #: Whether CSV can have texts that a spreadsheet would calculate.
    has_raw_csv = True

    def get_description_text(self) -> str:
        """Return the description of the view in Markdown."""
        return super().get_view_description()

    def get_view_description(self, html: bool = False) -> str:
        """Return the description of the view in Markdown, or in HTML for a page."""
        description = self.get_description_text()
        # the descriptions are our own, so nothing in them needs escaping
        return mark_safe(MarkdownIt().render(description)) if html else description  # noqa: S308

    def finalize_response(
        self, request: Request, response: Any, *args: Any, **kwargs: Any
    ) -> Any:
        """Name the version of the API in the type of JSON, that of errors included."""
        response = super().finalize_response(request, response, *args, **kwargs)
        renderer = getattr(response, "accepted_renderer", None)
        media_type = RecordJSONRenderer.media_type
        is_json = getattr(renderer, "media_type", None) == media_type
        if is_json and self.has_version:
            # a request that was refused before it was negotiated has no version
            version = getattr(request, "version", None) or NEWEST
            response.content_type = f"{media_type}; version={version}"
        return response

    @property
    def user(self) -> User:
        """The signed-in user; only for views that require an account."""
        return cast("User", self.request.user)

    @property
    def base(self) -> str:
        """The base address of the API on the host of the request."""
        return api_base(self.request)


class PlainView(RegistryView):
    """A view without filters, which accepts only the common query parameters."""

    parameters: tuple[str, ...] = RECORD_PARAMETERS
    #: The parameters that can have several values.
    repeatable: Collection[str] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse unknown query parameters."""
        super().initial(request, *args, **kwargs)
        refuse_unknown(request.query_params, self._known_parameters(), self.repeatable)

    def _known_parameters(self) -> tuple[str, ...]:
        """Return the accepted parameters; with CSV, ``raw`` is one of them."""
        formats = {renderer.format for renderer in self.renderer_classes}
        has_raw = self.has_raw_csv and "csv" in formats
        return (*self.parameters, "raw") if has_raw else self.parameters


class UnknownAddressView(RegistryView):
    """Returns 404 for unknown addresses below ``/api/``, in the formats of the API.

    A GET of a known address without its last slash is redirected. Other methods are
    not, because clients turn a redirected POST into a GET; the error says which address
    is right.
    """

    schema = None
    permission_classes = ()

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """Redirect to the address with a slash, or return 404."""
        if request.method in {"GET", "HEAD"} and self._lacks_slash(request.path_info):
            return HttpResponsePermanentRedirect(
                request.get_full_path(force_append_slash=True)
            )
        return super().dispatch(request, *args, **kwargs)

    def _lacks_slash(self, path: str) -> bool:
        if path.endswith("/"):
            return False
        found = resolve(f"{path}/").func
        return getattr(found, "cls", None) is not type(self)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Raise ``NotFound`` for every method; name the address with a slash."""
        super().initial(request, *args, **kwargs)
        if not self._lacks_slash(request.path_info):
            raise Http404
        path = request.get_full_path(force_append_slash=True)
        raise NotFound(
            f"This address lacks its last slash; nothing was done. Send the "
            f"{request.method} to {request.build_absolute_uri(path)}"
        )
