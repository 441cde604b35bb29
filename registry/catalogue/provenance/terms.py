"""Terms of the vocabulary for what several types of the catalogue have, or no field."""

from __future__ import annotations

from registry.core.graph import Term, TermKind

_PROPERTY = TermKind.PROPERTY

UUID = Term(
    "uuid",
    _PROPERTY,
    "The UUID by which registries recognise a file, a run or a person. Several "
    "entities with one UUID are several names of the same file.",
    in_crates=True,
)
HASH = Term(
    "hash",
    _PROPERTY,
    "The SHA-1 of the bytes of a file in hexadecimal digits, or the commit of a "
    "code repository.",
    in_crates=True,
)
PUBLIC = Term(
    "public",
    _PROPERTY,
    "Whether everybody may have the bytes of a file (true, also where nothing is "
    "said) or only few (false).",
    in_crates=True,
)
STORAGE_ROOT = Term(
    "storage_root",
    _PROPERTY,
    "The URI of the place that a file is kept below. It is the beginning of the "
    "file's prov:atLocation.",
    in_crates=True,
)
COMPONENT = Term(
    "component",
    _PROPERTY,
    "The name of the part of a file that a run read or wrote, such as a column or "
    "a table, on prov:used and prov:wasGeneratedBy. Without it, the whole file is "
    "meant; several parts are several values.",
    in_crates=True,
)

#: The terms that belong to no single field.
TERMS = (UUID, HASH, PUBLIC, STORAGE_ROOT, COMPONENT)
