"""Entity tags (RFC 9110, sections 8.8.3 and 13.1.1), for changing what one has seen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.http import HttpRequest

_TAG = re.compile(r'(W/)?"([^"]*)"')


def format_etag(revision: str) -> str:
    """Spell a record's revision as an entity tag."""
    return f'"{revision}"'


def if_match_revisions(request: HttpRequest) -> frozenset[str] | None:
    """Return the revisions that ``If-Match`` names; None when any will do.

    Weak tags never match, for a change needs the very state that the caller saw.
    """
    header = request.META.get("HTTP_IF_MATCH", "").strip()
    if not header or header == "*":
        return None
    return frozenset(tag for weak, tag in _TAG.findall(header) if not weak)
