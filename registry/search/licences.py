"""Find licences by what people write for them: a name, a URL, a short name of SPDX.

A licence on record has its name, its text or its URL, as whoever registered it chose.
So ``CC0-1.0`` finds the URLs at SPDX and at Creative Commons, and "CC0 1.0 Universal".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.db.models import Value

from registry.catalogue.models import Licence
from registry.core.text_prefixes import IndexedStart

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet

#: A URL, whose scheme people often leave out.
_URL = re.compile(r"(?:https?://)?((?:[\w-]+\.)+[\w-]+/\S+?)/?", re.IGNORECASE)
#: The short names of licences in the list of SPDX.
_SPDX = re.compile(r"[a-z0-9][a-z0-9.+-]{1,60}", re.IGNORECASE)
_AT_SPDX = re.compile(
    rf"(?:www\.)?spdx\.org/licenses/({_SPDX.pattern}?)(?:\.html|\.json)?",
    re.IGNORECASE,
)
_AT_CC = re.compile(
    r"(?:www\.)?creativecommons\.org/(?:licenses/(by[a-z-]*)|publicdomain/(zero))"
    r"/(\d\.\d)(?:/(?:deed|legalcode)\S*)?",
    re.IGNORECASE,
)
_CC = re.compile(r"cc-(by[a-z-]*)-(\d\.\d)|cc0-(1\.0)", re.IGNORECASE)


def find_licences(text: str) -> list[QuerySet[Any]]:
    """Return the licences with this name, and those with a URL of it."""
    begun = Licence.objects.alias(start=IndexedStart("licence_info"))
    found: list[QuerySet[Any]] = [begun.filter(start=IndexedStart(Value(text)))]
    urls = list(dict.fromkeys(_urls(text)))
    return [*found, Licence.objects.filter(identifier__in=urls)] if urls else found


def words_for(text: str) -> list[str] | None:
    """Return the words that a licence with this short name or URL can have.

    None of a text that is neither.
    """
    short = _short_name(text)
    return re.split(r"-+", short.strip("-")) if short else None


def _short_name(text: str) -> str | None:
    """Return the name in the list of SPDX, of a URL too."""
    url = _URL.fullmatch(text)
    if url is None:
        return text if _SPDX.fullmatch(text) else None
    if at_spdx := _AT_SPDX.fullmatch(url[1]):
        return at_spdx[1]
    if at_cc := _AT_CC.fullmatch(url[1]):
        return f"CC0-{at_cc[3]}" if at_cc[2] else f"CC-{at_cc[1]}-{at_cc[3]}".upper()
    return None


def _urls(text: str) -> Iterator[str]:
    """Yield the URLs with which a licence can be on record."""
    url, short = _URL.fullmatch(text), _short_name(text)
    places = [url[1]] if url else []
    if short:
        places += [f"spdx.org/licenses/{short}{end}" for end in ("", ".html")]
        places += _places_at_cc(short)
    for place in places:
        for scheme in ("https", "http"):
            yield from (f"{scheme}://{place}", f"{scheme}://{place}/")


def _places_at_cc(short: str) -> list[str]:
    found = _CC.fullmatch(short)
    if found is None:
        return []
    kind = f"licenses/{found[1]}" if found[1] else "publicdomain/zero"
    return [f"creativecommons.org/{kind}/{found[2] or found[3]}".lower()]
