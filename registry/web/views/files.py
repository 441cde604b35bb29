"""Download files by their checksums, and by the names of data products.

Programs use these addresses with tokens, and browsers with sessions, so errors are JSON
unless the client prefers a page. The server never fetches a file from another host: it
redirects to it.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.encoding import iri_to_uri
from rest_framework.renderers import JSONRenderer

from registry.catalogue.access import require_download
from registry.catalogue.files import (
    InStore,
    OnDisk,
    OnTheWeb,
    download_name,
    original_location,
    place_of,
)
from registry.catalogue.names import (
    cited_version,
    find_external_object,
    find_latest,
    find_page,
    find_product,
    names_latest,
    names_page,
    path_of_cited,
)
from registry.catalogue.served import require_disk_download
from registry.catalogue.withdrawn import require_place, require_present, require_served
from registry.core.errors import InvalidInput, NotFound
from registry.http.downloads import Download, file_response
from registry.http.read_slots import brief_read_slot
from registry.http.views import CountedView
from registry.storage.sending import open_part, open_whole, require_file
from registry.storage.served_files import open_served_file
from registry.storage.services import get_store, parse_sha1
from registry.web.views import errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http.response import HttpResponseBase
    from rest_framework.request import Request
    from rest_framework.response import Response

    from registry.catalogue.models import DataProduct, StorageLocation


class FileView(CountedView):
    """The base class of the three views.

    ``Accept`` decides only the format of errors, not the media type of a file.
    """

    schema = None
    http_method_names = ["get", "head", "options"]
    permission_classes = ()
    renderer_classes = (JSONRenderer,)
    versioning_class = None

    def perform_content_negotiation(
        self,
        request: Request,
        force: bool = False,
    ) -> Any:
        """Accept any ``Accept`` header."""
        return super().perform_content_negotiation(request, force=True)

    def handle_exception(self, exc: Exception) -> Response:
        """Return an error as a page, if a browser sent the request."""
        response = super().handle_exception(exc)
        if not _wants_page(self.request) or not errors.has_page(response.status_code):
            return response
        page: Any = errors.page(
            self.request._request, response.status_code, str(response.data["detail"])
        )
        for name in ("WWW-Authenticate", "Retry-After"):
            if name in response:
                page[name] = response[name]
        return page  # type: ignore[no-any-return]

    def send_stored(
        self, sha1: str, product: DataProduct | None = None
    ) -> HttpResponseBase:
        """Send a file of the store, or redirect to its download address."""
        private = require_download(self.request.user, sha1)
        if product is None:
            require_served(sha1)
        file, name = require_file(sha1), download_name(sha1, product)
        link = get_store().download_link(
            sha1, name=name.name, media_type=name.media_type
        )
        if link is not None:
            return _redirect(link)
        return file_response(
            self.request._request,
            Download(
                sha1=sha1,
                size=file.size,
                name=name.name,
                media_type=name.media_type,
                private=private,
                open=lambda: open_whole(file),
                open_part=partial(open_part, file, hashing=self._hold_slot),
            ),
        )

    def send_located(
        self, location: StorageLocation, product: DataProduct
    ) -> HttpResponseBase:
        """Send the file at a location, or redirect to it."""
        if "root" in self.request.query_params:
            root = location.storage_root.root
            return HttpResponse(root, content_type="text/plain; charset=utf-8")
        private = require_download(self.request.user, location.hash)
        require_present(product, product.object)
        require_place(location)
        match place_of(location):
            case InStore(sha1):
                return self.send_stored(sha1, product)
            case OnDisk(paths):
                return self._send_from_disk(paths, product, private=private)
            case OnTheWeb(address):
                return _redirect(address)
            case place:
                raise NotFound(
                    f"The file is at {place.address}, where only programs made for "
                    "that can fetch it."
                )

    def _send_from_disk(
        self, paths: Sequence[str], product: DataProduct, *, private: bool
    ) -> HttpResponseBase:
        """Send a file on the server's own disk, if its present bytes allow that."""
        with ExitStack() as stack:
            file = open_served_file(paths, hashing=self._hold_slot)
            stack.callback(file.stream.close)
            hidden = require_disk_download(self.request.user, file)
            name = download_name(file.sha1, product)
            response = file_response(
                self.request._request,
                Download(
                    sha1=file.sha1,
                    size=file.size,
                    name=name.name,
                    media_type=name.media_type,
                    private=private or hidden,
                    open=file.open,
                    open_part=file.open_part,
                ),
            )
            if response.streaming:
                # the response closes the file at its end
                stack.pop_all()
        return response

    def _hold_slot(self) -> AbstractContextManager[None]:
        """Hold a slot of costly reads during a block."""
        return brief_read_slot(self.request._request, self.request.user)

    @property
    def _wants_original(self) -> bool:
        return "original" in self.request.query_params


class DataView(FileView):
    """Files by the SHA-1 of their bytes."""

    def get(self, request: Request, checksum: str) -> HttpResponseBase:
        """Send the file."""
        try:
            sha1 = parse_sha1(checksum)
        except InvalidInput as error:
            raise NotFound(" ".join(error.fields["checksum"])) from error
        return self.send_stored(sha1)


class DataProductView(FileView):
    """Files by namespace, name and version of a data product.

    What is always the latest version redirects to the address of that version.
    """

    def get(self, request: Request, cited: str) -> HttpResponseBase:
        """Send the file of a data product, or redirect to its original store."""
        if names_page(cited):
            page = reverse("web:data_product", args=[find_page(cited).pk])
            return self._redirect_to(page)
        if names_latest(cited):
            latest = cited_version(find_latest(cited))
            return self._redirect_to(path_of_cited(latest))
        product = find_product(cited)
        require_present(product, product.object)
        here = None if self._wants_original else product.object.storage_location
        location = here or original_location(product)
        if location is None:
            what = "original store" if self._wants_original else "location of a file"
            raise NotFound(f"No {what} is registered for the data product {cited}.")
        return self.send_located(location, product)

    def _redirect_to(self, path: str) -> HttpResponse:
        """Redirect to another address for the time being, with the same query."""
        query = self.request.META["QUERY_STRING"]
        return _redirect(f"{path}?{query}" if query else path)


class ExternalObjectView(FileView):
    """Files by alternate identifier, title and version of an external object."""

    def get(self, request: Request, cited: str) -> HttpResponseBase:
        """Send the file of an external object, or redirect to its original store."""
        found = find_external_object(cited)
        require_present(found, found.data_product)
        here = found.data_product.object.storage_location
        location = (None if self._wants_original else here) or found.original_store
        if location is not None:
            return self.send_located(location, found.data_product)
        if here is None:
            return HttpResponse(status=204)
        raise NotFound(f"No original store is registered for {cited}.")


def _redirect(address: str) -> HttpResponse:
    """Return a redirect to an address of any length, encoded for the header."""
    return HttpResponse(status=302, headers={"Location": iri_to_uri(address)})


def _wants_page(request: HttpRequest | Request) -> bool:
    """Return whether the client prefers a page; programs accept anything, or JSON."""
    plain: HttpRequest = getattr(request, "_request", request)
    return plain.get_preferred_type(["application/json", "text/html"]) == "text/html"
