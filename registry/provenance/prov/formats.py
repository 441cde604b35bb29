"""A PROV document as text, in the formats that the W3C has defined.

PROV-JSON, JSON-LD and PROV-N are written from the statements of a report, exactly as
the `prov` library writes its documents, only faster; PROV-XML is written by the
library itself. Its functions write the values that are neither texts nor names.
"""

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING, Any

from prov.model.records import encoding_provn_value
from prov.serializers.provjson import encode_json_representation
from prov.serializers.provjsonld import encode_jsonld_value, load_vendored_context

from registry.provenance.prov.statements import Name, as_prov, values_by_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from registry.provenance.prov.statements import Kind, Report, Statement

#: The type of a name among other values, in PROV-JSON and in JSON-LD. Releases 1.5 and
#: 2.x of the package ``prov`` read ``xsd:QName``, which later ones write, as a literal;
#: all of them read ``prov:QUALIFIED_NAME`` as a name.
_NAME_TYPE, _NAME_TYPE_LD = "prov:QUALIFIED_NAME", "xsd:QName"
#: Attributes that JSON-LD has shorter words for; their names are no objects there.
_JSON_LD_WORDS = {"prov:label": "label", "prov:role": "role"}


def as_json(report: Report) -> dict[str, Any]:
    """Return PROV-JSON (W3C member submission of 24 April 2013)."""
    document: dict[str, Any] = {"prefix": report.prefixes}
    relations = 0
    for kind, identifier, values, said in report.statements:
        if identifier is None:
            relations += 1
            identifier = f"_:id{relations}"  # noqa: PLW2901
        statement: dict[str, Any] = {
            name: _formal_text(value)
            for name, value in zip(_names_in_json(kind), values, strict=False)
            if value is not None
        }
        for name, found in values_by_name(said).items():
            statement[name] = (
                _in_json(found[0])
                if len(found) == 1
                else [_in_json(value) for value in found]
            )
        document.setdefault(kind.word, {})[identifier] = statement
    return document


@cache
def _names_in_json(kind: Kind) -> tuple[str, ...]:
    return tuple(f"prov:{name}" for name in kind.formal)


def _formal_text(value: Any) -> str:
    """Write an identifier, or a time."""
    return value if isinstance(value, str) else str(value.isoformat())


def _in_json(value: Any) -> Any:
    if isinstance(value, Name):
        return {"$": str(value), "type": _NAME_TYPE}
    return value if isinstance(value, str) else encode_json_representation(value)


def as_json_ld(report: Report) -> dict[str, Any]:
    """Return PROV-JSONLD (W3C member submission of 2024), its context in it.

    A document that is read in ten years must not need another host for its meaning.
    """
    return {
        "@context": [report.prefixes, load_vendored_context()],
        "@graph": [_in_json_ld(statement) for statement in report.statements],
    }


def _in_json_ld(statement: Statement) -> dict[str, Any]:
    kind, identifier, values, said = statement
    found: dict[str, Any] = {"@type": kind.class_name}
    if identifier is not None:
        found["@id"] = identifier
    for name, value in zip(kind.formal, values, strict=False):
        if value is not None:
            found[name] = _formal_text(value)
    for name, several in values_by_name(said).items():
        word = _JSON_LD_WORDS.get(name, name)
        found[word] = [_value_in_json_ld(word, value) for value in several]
    return found


def _value_in_json_ld(word: str, value: Any) -> Any:
    if isinstance(value, Name):
        return str(value) if word == "role" else _object(str(value), _NAME_TYPE_LD)
    return _object(value) if isinstance(value, str) else encode_jsonld_value(value, "")


def _object(value: str, datatype: str = "") -> dict[str, str]:
    return {"@value": value, "@type": datatype} if datatype else {"@value": value}


def as_provn(report: Report) -> bytes:
    """Return PROV-N (W3C recommendation of 30 April 2013) in UTF-8."""
    prefixes = (f"prefix {name} <{iri}>" for name, iri in report.prefixes.items())
    lines = ["document", *prefixes, "", *map(_in_provn, report.statements)]
    return ("\n  ".join(lines) + "\nendDocument").encode()


def _in_provn(statement: Statement) -> str:
    kind, identifier, values, said = statement
    parts = [] if identifier is None else [identifier]
    parts += ["-" if value is None else _formal_text(value) for value in values]
    parts += ["-"] * (len(kind.formal) - len(values))
    told = ", ".join(_pairs_in_provn(said))
    if told:
        parts.append(f"[{told}]")
    return f"{kind.word}({', '.join(parts)})"


def _pairs_in_provn(said: list[Any]) -> Iterator[str]:
    for name, values in values_by_name(said).items():
        for value in values:
            text = f"'{value}'" if isinstance(value, Name) else _value_in_provn(value)
            yield f"{name}={text}"


def _value_in_provn(value: Any) -> str:
    return str(encoding_provn_value(value))


def as_xml(report: Report) -> bytes:
    """Return PROV-XML (W3C note of 30 April 2013) in UTF-8."""
    stream = io.BytesIO()
    as_prov(report).serialize(stream, format="xml")
    return stream.getvalue()
