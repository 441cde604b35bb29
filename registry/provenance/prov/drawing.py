"""A PROV document as a graph in DOT, in the usual shapes and colours of PROV.

Entities are yellow ovals, activities blue boxes, agents orange houses; arrows point
into the past, which is above. A large document is drawn in part, and the picture says
so: the time that Graphviz takes grows much faster than the graph.
"""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from prov.constants import PROV_ATTRIBUTE_QNAMES, PROV_ROLE
from prov.identifier import Identifier, QualifiedName
from prov.model import ProvActivity, ProvAgent, ProvDerivation, ProvEntity

from registry.core.graph.definitions import DEFINITION
from registry.core.graph.terms import WITHDRAWN
from registry.provenance.picture import in_lines, quoted
from registry.provenance.prov.statements import term

if TYPE_CHECKING:
    from prov.model import ProvDocument, ProvRecord

_STYLES: dict[type, str] = {
    ProvEntity: 'shape=oval, fillcolor="#fffc87"',
    ProvActivity: 'shape=box, fillcolor="#9fb1fc"',
    ProvAgent: 'shape=house, fillcolor="#fed37f"',
}
_NOTE = 'shape=note, fillcolor="#f5f5f5", color="#808080", fontsize=10'
_FONT = 'fontname="Helvetica,Arial,sans-serif"'
#: What names an element to people, the first that there is.
_TITLES = ("dcterms:title", "foaf:name", "dcterms:description")
_WIDTH, _LINES = 48, 4
#: Nodes of a picture, of which an element with its attributes is two, and relations.
MOST_NODES, MOST_RELATIONS = 300, 400
#: Dots per inch where nothing is said; Graphviz's own points are 72.
DPI = 96
#: Pixels of the longer side of a picture: 256 MB while it is drawn.
_LONGEST_SIDE = 8000


@dataclass(frozen=True)
class Look:
    """How a picture is to look.

    `attributes` shows what is said of each element beside it; `aspect_ratio` is the
    height over the width; `dpi` are pixels per inch.
    """

    attributes: bool = True
    aspect_ratio: float | None = None
    dpi: float = DPI


@dataclass(frozen=True)
class Shown:
    """What of a document is in its picture."""

    elements: list[ProvRecord]
    relations: list[ProvRecord]
    note: str


def as_dot(document: ProvDocument, look: Look) -> str:
    """Write a document as a graph, or the part of it that is nearest to its subject."""
    shown = _shown(document, look)
    known: dict[Any, str] = {}
    lines = ["digraph provenance {", *_settings(look, shown.note)]
    for record in shown.elements:
        known[record.identifier] = f"n{len(known)}"
        lines.extend(_element(record, known[record.identifier], look))
    for record in shown.relations:
        lines.extend(_relation(record, known))
    return "\n".join([*lines, "}"]) + "\n"


def _shown(document: ProvDocument, look: Look) -> Shown:
    """Choose what is drawn: reports name what is nearest to their subject first.

    Of derivations there may be very many, a run's outputs times its inputs, so that
    they come after all other relations where there are too many.
    """
    records = document.get_records()
    elements = [record for record in records if record.is_element()]
    all_relations = [record for record in records if record.is_relation()]
    near = list(_first(elements, look))
    names = {record.identifier for record in near}
    between = [one for one in all_relations if len(_ends(one, names)) > 1]
    derived_last = sorted(between, key=lambda one: isinstance(one, ProvDerivation))
    drawn = set(map(id, derived_last[:MOST_RELATIONS]))
    relations = [record for record in between if id(record) in drawn]
    note = ""
    if len(near) < len(elements) or len(relations) < len(between):
        note = (
            f"The nearest {len(near):,} of {len(elements):,} elements, with "
            f"{len(relations):,} of {len(all_relations):,} relations. "
            "The other formats have all of them."
        )
    return Shown(near, relations, note)


def _first(elements: Iterable[ProvRecord], look: Look) -> Iterator[ProvRecord]:
    """Yield elements while there is room for them and for their attributes."""
    nodes = 0
    for record in elements:
        nodes += 2 if look.attributes and record.attributes else 1
        if nodes > MOST_NODES:
            return
        yield record


def _ends(relation: ProvRecord, names: Collection[Any]) -> list[Any]:
    """Return what a relation connects, as far as that is drawn."""
    return [
        value
        for name, value in relation.attributes
        if name in PROV_ATTRIBUTE_QNAMES and value in names
    ]


def _settings(look: Look, note: str) -> Iterator[str]:
    side = _LONGEST_SIDE / look.dpi
    yield f'graph [rankdir=BT, charset="utf-8", dpi={look.dpi:g}, {_FONT}];'
    # larger pictures are made smaller, smaller ones stay as they are
    yield f'graph [size="{side:g},{side:g}"];'
    if look.aspect_ratio is not None:
        yield f"graph [ratio={look.aspect_ratio:g}];"
    if note:
        yield f"graph [label={quoted(note)}, labelloc=b, labeljust=l];"
    yield f'node [style=filled, color="#404040", {_FONT}];'
    yield f'edge [fontsize=10, color="#404040", {_FONT}];'


def _element(record: ProvRecord, node: str, look: Look) -> Iterator[str]:
    """Draw an element, and what is said of it."""
    identifier = str(record.identifier)
    attributes = list(record.attributes)
    title = _title(attributes)
    withdrawn = any(name == term(WITHDRAWN.qualified) for name, _ in attributes)
    mark = ["withdrawn"] if withdrawn else []
    label = in_lines([*_wrapped(title), identifier, *mark])
    style = next(s for kind, s in _STYLES.items() if isinstance(record, kind))
    style += ', style="filled,dashed"' if withdrawn else ""
    yield (
        f"{node} [label={label}, tooltip={quoted(title or identifier)}, "
        f"{_link(record.identifier)}{style}];"
    )
    if look.attributes and attributes:
        lines = [
            line
            for name, value in attributes
            if name != term(DEFINITION.qualified)
            for line in _said(name, value)
        ]
        yield f"{node}a [label={_to_the_left(lines)}, {_NOTE}];"
        yield f'{node}a -> {node} [dir=none, style=dashed, color="#808080"];'


def _title(attributes: list[tuple[QualifiedName, Any]]) -> str:
    for name in _TITLES:
        wanted = term(name)
        found = next((value for key, value in attributes if key == wanted), None)
        if found is not None:
            return str(found)
    return ""


def _said(name: QualifiedName, value: Any) -> list[str]:
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return _wrapped(f"{name}: {text}")


def _wrapped(text: str) -> list[str]:
    """Break a text into few lines; the rest is in the other formats."""
    return textwrap.wrap(text, _WIDTH, max_lines=_LINES, placeholder=" …")


def _to_the_left(lines: list[str]) -> str:
    return '"' + "".join(f"{quoted(line)[1:-1]}\\l" for line in lines) + '"'


def _link(identifier: Identifier | None) -> str:
    """Lead to what an element is about, where a browser may be sent there."""
    uri = identifier.uri if identifier is not None else ""
    if not uri.startswith(("http://", "https://")):
        return ""
    return f"URL={quoted(uri)}, "


def _relation(record: ProvRecord, known: dict[Any, str]) -> Iterator[str]:
    """Draw a relation from what comes later to what was before."""
    nodes = [known[end] for end in _ends(record, known)]
    roles = [value for name, value in record.attributes if name == PROV_ROLE]
    relation = record.get_provn().partition("(")[0]
    label = in_lines([relation, *(str(role) for role in roles)])
    yield (f"{nodes[0]} -> {nodes[1]} [label={label}, tooltip={quoted(relation)}];")
