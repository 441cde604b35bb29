"""A PROV document as text, in the formats that the W3C has defined."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prov.model import ProvDocument

#: The keys of a value with a type in PROV-JSON.
_TYPED = {"$", "type"}


def as_json(document: ProvDocument) -> dict[str, Any]:
    """Return PROV-JSON (W3C member submission of 24 April 2013)."""
    container: dict[str, Any] = json.loads(
        _written(document, "json"), object_hook=_with_portable_name_type
    )
    return container


def _with_portable_name_type(value: dict[str, Any]) -> dict[str, Any]:
    """Return a value; a qualified name with the type that every reader knows.

    Releases 1.5 and 2.x of the package ``prov`` read ``xsd:QName``, which later ones
    write, as a literal; all of them read ``prov:QUALIFIED_NAME`` as a name.
    """
    if value.keys() == _TYPED and value["type"] == "xsd:QName":
        value["type"] = "prov:QUALIFIED_NAME"
    return value


def as_json_ld(document: ProvDocument) -> dict[str, Any]:
    """Return PROV-JSONLD (W3C member submission of 2024), its context in it.

    A document that is read in ten years must not need another host for its meaning.
    """
    container: dict[str, Any] = json.loads(
        _written(document, "jsonld", context="embed")
    )
    return container


def as_xml(document: ProvDocument) -> bytes:
    """Return PROV-XML (W3C note of 30 April 2013) in UTF-8."""
    return _written(document, "xml")


def as_provn(document: ProvDocument) -> bytes:
    """Return PROV-N (W3C recommendation of 30 April 2013) in UTF-8."""
    return _written(document, "provn")


def _written(document: ProvDocument, name: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    document.serialize(stream, format=name, **options)
    return stream.getvalue()
