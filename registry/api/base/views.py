"""What every view of the API does, resource or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.http import Http404, HttpResponsePermanentRedirect
from django.urls import get_script_prefix, resolve
from django.utils.safestring import mark_safe
from markdown_it import MarkdownIt

from registry.http.filters.backend import RECORD_PARAMETERS, refuse_unknown
from registry.http.views import CountedView

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from rest_framework.request import Request

    from registry.identity.models import User


def api_base(request: Any) -> str:
    """Return the address that all of the API is below, by the request's host."""
    return str(request.build_absolute_uri(f"{get_script_prefix()}api/"))


class RegistryView(CountedView):
    """A view of the native API."""

    def get_description_text(self) -> str:
        """Return what the view is for, in Markdown."""
        return super().get_view_description()

    def get_view_description(self, html: bool = False) -> str:
        """Return what the view is for: as Markdown, or for a page as HTML."""
        description = self.get_description_text()
        # descriptions are our own, so that nothing in them needs escaping
        return mark_safe(MarkdownIt().render(description)) if html else description  # noqa: S308

    @property
    def user(self) -> User:
        """Who asks; for views that let nobody in without an account."""
        return cast("User", self.request.user)

    @property
    def base(self) -> str:
        """The address that all of the API is below, by the request's host."""
        return api_base(self.request)


class PlainView(RegistryView):
    """A view without filters: of query parameters it knows the common ones."""

    parameters: tuple[str, ...] = RECORD_PARAMETERS

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse parameters that mean nothing here."""
        super().initial(request, *args, **kwargs)
        refuse_unknown(request.query_params, self._known_parameters())

    def _known_parameters(self) -> tuple[str, ...]:
        """Return the parameters; with CSV there is one for its cells."""
        formats = {renderer.format for renderer in self.renderer_classes}
        return (*self.parameters, "raw") if "csv" in formats else self.parameters


class UnknownAddressView(RegistryView):
    """Answers below ``/api/`` where there is nothing, as the API answers.

    An address to read that lacks nothing but its last slash is redirected; a redirected
    POST would arrive as a GET, so others are not.
    """

    schema = None
    permission_classes = ()

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """Redirect, or answer as the API does."""
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
        """Whatever the method, there is nothing."""
        super().initial(request, *args, **kwargs)
        raise Http404
