"""Entity tags and conditional requests (RFC 9110, sections 8.8.3 and 13.1.1)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.http import HttpRequest

_TAG = re.compile(r'(W/)?"([^"]*)"')


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
    return frozenset(tag for weak, tag in _TAG.findall(header) if not weak)
