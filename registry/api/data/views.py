"""Upload a file in two steps: request an address, then send the bytes to it.

The program that sends the bytes needs no credentials. The registry knows the checksum
in advance, so it stores only files that an account announced.
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
from registry.http.bodies import is_form, set_body_limit
from registry.http.body_stream import BodyStream
from registry.http.permissions import SignedIn
from registry.identity.models import User
from registry.identity.quotas import quota_of
from registry.storage.services import is_stored, parse_sha1, store_upload
from registry.storage.signing import permit_upload, permitted_user

if TYPE_CHECKING:
    from rest_framework.request import Request

#: The largest size of a file in bytes; in practice the disk is the limit.
MAX_FILE_BYTES = 2**62


class UploadsView(PlainView):
    """Upload addresses: POST the `checksum` of a file to get one."""

    permission_classes = (SignedIn,)
    parameters = ("format",)

    @schema.describe_request
    def post(self, request: Request) -> Response:
        """Request an address to upload a file to.

        `checksum` is the SHA-1 of the file's bytes, in 40 hexadecimal digits. Send the
        bytes with PUT to the `url` in the response, within an hour and without
        credentials. If the registry already holds the file, the response is 409, and
        you need not send it.
        """
        data: Any = request.data
        checksum = data.get("checksum") if isinstance(data, Mapping) else None
        if not isinstance(checksum, str):
            raise InvalidInput({"checksum": ["Give the SHA-1 of the file, as text."]})
        return self.upload_address(checksum)

    def upload_address(self, checksum: str) -> Response:
        """Return the upload address; raise ``Conflict`` if the file is stored."""
        sha1 = parse_sha1(checksum)
        if is_stored(sha1):
            raise Conflict(f"The registry already holds the file {sha1}.")
        path = reverse("data-file", args=[sha1])
        query = urlencode(permit_upload(sha1, self.user.pk))
        return Response({"url": self.request.build_absolute_uri(f"{path}?{query}")})


class UploadView(UploadsView):
    """The upload address of one file: POST without a body to get it."""

    @schema.describe_request_by_address
    def post(  # type: ignore[override]
        self, request: Request, checksum: str
    ) -> Response:
        """Request an address to upload the file with the SHA-1 in this address.

        There is no body. Send the bytes with PUT to the `url` in the response, within
        an hour and without credentials. If the registry already holds the file, the
        response is 409, and you need not send it.
        """
        # a form is read, so that a file in it is refused and not lost
        if is_form(request._request):
            _ = request.data
        return self.upload_address(checksum)


class FileView(PlainView):
    """Receives the bytes of a file at its upload address."""

    authentication_classes = ()
    permission_classes = ()
    streams_body = True
    parameters = ("user", "expires", "signature", "format")

    @schema.describe_upload
    def put(self, request: Request, checksum: str) -> Response:
        """Upload the bytes of a file.

        The address is the credential for this file, so no header is needed. Bytes with
        another checksum are refused and not stored. 200 means that the registry already
        holds the file. 413 means that the file exceeds the quota of the account; `used`
        and `allowed` are in bytes.
        """
        sha1 = parse_sha1(checksum)
        by = request.user = _find_uploader(sha1, request.query_params)
        set_body_limit(request._request, MAX_FILE_BYTES, stream=True)
        # without parsers: a file of any size is read in chunks
        file, is_new = store_upload(
            BodyStream(request._request), sha1=sha1, by=by, quota=quota_of(by)
        )
        return Response(
            {"checksum": file.sha1, "sha256": file.sha256, "size": file.size},
            status=201 if is_new else 200,
        )


def _find_uploader(sha1: str, parameters: Mapping[str, str]) -> User:
    """Return the account that requested the address; raise ``Forbidden`` if closed."""
    pk = permitted_user(sha1, parameters)
    user = User.objects.filter(pk=pk, is_active=True).first()
    if user is None:
        raise Forbidden("The account that asked for this address is closed.")
    return user
