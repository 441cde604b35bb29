"""Permission to upload one file, for an hour, to whoever has the address.

The address itself is the credential, so that the program that sends the bytes needs
no token: HMAC-SHA-256 with the registry's secret key over checksum, account and time.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from django.core.signing import BadSignature, Signer

from registry.core.errors import Forbidden

#: Seconds that an upload may begin within.
LIFETIME = 3600

_SALT = "registry.storage.upload"


def permit_upload(
    sha1: str, user_id: int, *, lifetime: int = LIFETIME
) -> dict[str, str]:
    """Return the query parameters that let their bearer upload the file."""
    expires = int(time.time()) + lifetime
    signature = Signer(salt=_SALT).signature(_text(sha1, user_id, expires))
    return {"user": str(user_id), "expires": str(expires), "signature": signature}


def permitted_user(sha1: str, parameters: Mapping[str, str]) -> int:
    """Return the id of who was given this permission.

    Raises ``Forbidden`` when it is for another file, was changed, or is too old.
    """
    user_id, expires = parameters.get("user", ""), parameters.get("expires", "")
    signed = f"{_text(sha1, user_id, expires)}:{parameters.get('signature', '')}"
    try:
        # the keys of SECRET_KEY_FALLBACKS count here too
        Signer(salt=_SALT).unsign(signed)
    except BadSignature as error:
        raise Forbidden(
            "This is no address that the registry gave out for this file. Ask for "
            "one with POST /api/data/<checksum>, and use it unchanged."
        ) from error
    if int(expires) < time.time():
        raise Forbidden(
            "This address has expired. Ask for a new one with POST "
            "/api/data/<checksum>; an upload has to begin within the hour."
        )
    return int(user_id)


def _text(sha1: str, user_id: int | str, expires: int | str) -> str:
    return f"{sha1}:{user_id}:{expires}"
