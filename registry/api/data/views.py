"""Uploads in two steps: an address for one file, then the bytes to that address.

The program that sends the bytes needs no credentials of its own, and what it sends is
known before it arrives, so that nothing is kept that nobody announced.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.urls import reverse
from rest_framework.response import Response

from registry.api.base.views import PlainView
from registry.api.data import schema
from registry.core.errors import Conflict, Forbidden, InvalidInput
from registry.http.bodies import set_body_limit
from registry.http.body_stream import BodyStream
from registry.http.permissions import SignedIn
from registry.identity.models import User
from registry.identity.quotas import quota_of
from registry.storage.services import find_file, parse_sha1, store_upload
from registry.storage.signing import permit_upload, permitted_user

if TYPE_CHECKING:
    from rest_framework.request import Request

#: Bytes that a file may have, which is as many as there are disks for.
LARGEST = 2**62


class UploadsView(PlainView):
    """Addresses to upload files to: POST the `checksum` of a file to have one."""

    permission_classes = (SignedIn,)
    parameters = ("format",)

    @schema.ask
    def post(self, request: Request) -> Response:
        """Ask for an address to upload a file to.

        `checksum` is the SHA-1 of the file's bytes, in 40 hexadecimal digits. The
        answer's `url` takes the bytes by PUT, within an hour and without credentials.
        When the registry holds the file already the answer is 409, and nothing need
        be sent.
        """
        data: Any = request.data
        checksum = data.get("checksum") if isinstance(data, Mapping) else None
        if not isinstance(checksum, str):
            raise InvalidInput({"checksum": ["Give the SHA-1 of the file, as text."]})
        return self.permit(checksum)

    def permit(self, checksum: str) -> Response:
        """Answer with the address, unless the file is held."""
        sha1 = parse_sha1(checksum)
        if find_file(sha1) is not None:
            raise Conflict(f"The registry already holds the file {sha1}.")
        path = reverse("data-file", args=[sha1])
        query = urlencode(permit_upload(sha1, self.user.pk))
        return Response({"url": self.request.build_absolute_uri(f"{path}?{query}")})


class UploadView(UploadsView):
    """The address to upload one file to: POST without a body to have it."""

    @schema.ask_by_address
    def post(  # type: ignore[override]
        self, request: Request, checksum: str
    ) -> Response:
        """Ask for an address to upload the file to whose SHA-1 is in this address.

        There is no body. The answer's `url` takes the bytes by PUT, within an hour and
        without credentials. When the registry holds the file already the answer is 409,
        and nothing need be sent.
        """
        return self.permit(checksum)


class FileView(PlainView):
    """Takes the bytes of a file, at an address that the registry gave out."""

    authentication_classes = ()
    permission_classes = ()
    streams_body = True
    parameters = ("user", "expires", "signature", "format")

    @schema.put
    def put(self, request: Request, checksum: str) -> Response:
        """Upload the bytes of a file.

        The address is the credential, so that no header is needed; the registry gave
        it out for this file. Bytes with another checksum are refused, and not kept.
        200 says that the registry held the file by then. 413 says that it is more than
        the account may store; `used` and `allowed` are in bytes.
        """
        sha1 = parse_sha1(checksum)
        by = request.user = _permitted(sha1, request.query_params)
        set_body_limit(request._request, LARGEST, stream=True)
        # past the parsers: a file of any size goes through in pieces
        file, is_new = store_upload(
            BodyStream(request._request), sha1=sha1, by=by, quota=quota_of(by)
        )
        return Response(
            {"checksum": file.sha1, "sha256": file.sha256, "size": file.size},
            status=201 if is_new else 200,
        )


def _permitted(sha1: str, parameters: Mapping[str, str]) -> User:
    """Find who may upload here, as long as their account is open."""
    pk = permitted_user(sha1, parameters)
    user = User.objects.filter(pk=pk, is_active=True).first()
    if user is None:
        raise Forbidden("The account that asked for this address is closed.")
    return user
