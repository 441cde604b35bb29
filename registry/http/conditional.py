"""Entity tags and conditional requests (RFC 9110, sections 8.8.3, 13.1.1 and 13.1.2).

The tag of a record is its revision and a digest of the response: ``7-1a.9c0d…``. The
revision says whether the record was changed, which is what a change requires, and the
digest whether the response was, which also has links of other records. The tag of a
list is a digest alone.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from django.http import HttpResponseNotModified

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

_TAG = re.compile(r'(W/)?"([^"]*)"')
#: What stands between the revision and the digest in the tag of a record.
_DIGEST_FOLLOWS = "."
#: The headers of a response that its 304 has too (RFC 9110, section 15.4.5).
_KEPT_HEADERS = ("Cache-Control", "Content-Location", "ETag", "Vary")


def format_etag(revision: str) -> str:
    """Return the entity tag for a revision."""
    return f'"{revision}"'


def if_match_revisions(request: HttpRequest) -> frozenset[str] | None:
    """Return the revisions in ``If-Match``; None if any revision matches.

    Weak tags never match, because a change requires exactly the state that the caller
    has seen.
    """
    header = request.META.get("HTTP_IF_MATCH", "").strip()
    if not header or header == "*":
        return None
    return frozenset(
        tag.partition(_DIGEST_FOLLOWS)[0]
        for weak, tag in _TAG.findall(header)
        if not weak
    )


def is_known(request: HttpRequest, tag: str) -> bool:
    """Return whether ``If-None-Match`` has a tag; weak tags count as strong ones."""
    header = request.META.get("HTTP_IF_NONE_MATCH", "").strip()
    return header == "*" or tag in {known for _, known in _TAG.findall(header)}


def tag_response(request: HttpRequest, response: Any) -> HttpResponse | None:
    """Add the digest of a rendered response to its entity tag.

    Returns 304 for a read if the client has this response.
    """
    digest = hashlib.blake2b(response.content, digest_size=8).hexdigest()
    revision = response.get("ETag", "").strip('"')
    tag = f"{revision}{_DIGEST_FOLLOWS}{digest}" if revision else digest
    response["ETag"] = format_etag(tag)
    if request.method not in {"GET", "HEAD"} or not is_known(request, tag):
        return None
    not_modified = HttpResponseNotModified()
    for name in _KEPT_HEADERS:
        if name in response:
            not_modified[name] = response[name]
    return not_modified
