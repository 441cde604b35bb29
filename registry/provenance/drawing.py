"""A lineage as a picture: SVG with links and titles, in colours for light and dark.

Time runs from left to right. Arrows have PROV's direction, into the past. What the
picture shows, the table of the edges has as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from registry.core.graph import Look, graph
from registry.core.graph.captions import single_line
from registry.provenance.picture import digest_of, draw, in_lines, kept, quoted
from registry.provenance.style import style_sheet

if TYPE_CHECKING:
    from registry.core.graph import Caption
    from registry.provenance.captions import Captions
    from registry.provenance.lineage import Edge, Lineage, Node

    UrlOf = Callable[[Node], str]

#: Nodes of a picture that people can read, and arrows for each of them.
NODES, ARROWS = 150, 2

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "{http://www.w3.org/1999/xlink}"
#: Characters of a line in a node, and lines of its name.
_WIDTH, _LINES = 28, 3
#: A word with what follows it, or a part of a name.
_PIECE = re.compile(r"[^\s:/]+[:/]*\s*|[:/]+\s*")

#: The outline of what has quality issues.
_ISSUES_STROKE = "#a4262c"

#: The letters of a node, as Graphviz writes them.
_LETTERS = {
    "text-anchor": "middle",
    "font-family": "Helvetica,sans-Serif",
    "font-size": "11.00",
    "fill": "#2b343b",
}


@dataclass(frozen=True)
class Drawing:
    """A lineage, or the part of it nearest to the root, in the DOT language.

    ``titles`` are what each element of the picture says of itself, by its DOT name.
    """

    dot: str
    titles: dict[str, str]
    drawn: int
    nodes: int

    @property
    def is_whole(self) -> bool:
        """Whether every node is in the picture."""
        return self.drawn == self.nodes


def drawing_of(
    lineage: Lineage, captions: Captions, *, url_of: UrlOf, most: int = NODES
) -> Drawing:
    """Describe the picture of a lineage; its nodes lead to ``url_of``."""
    kept = _nearest(lineage, most)
    names = {node: f"n{number}" for number, node in enumerate(kept)}
    arrows: dict[tuple[Node, Node], list[Edge]] = {}
    cut = set(lineage.stopped_at)
    for edge in lineage.edges:
        ends = (edge.source, edge.target)
        if edge.source in names and edge.target in names:
            arrows.setdefault(ends, []).append(edge)
        else:
            cut |= names.keys() & set(ends)
    titles = {name: _title(node, captions.of.get(node)) for node, name in names.items()}
    lines = [
        _node(
            node,
            name,
            captions.of.get(node),
            url_of,
            is_cut=node in cut,
            is_root=node == lineage.root,
        )
        for node, name in names.items()
    ]
    for (source, target), edges in arrows.items():
        name = f"{names[source]}->{names[target]}"
        titles[name] = _arrow_title(titles[names[source]], titles[names[target]], edges)
        lines.append(_arrow(name, edges))
    total = len(lineage.nodes)
    return Drawing(_graph(lines, len(kept), total), titles, len(kept), total)


def svg_of(
    drawing: Drawing,
    *,
    title: str,
    alone: bool = False,
    permit: AbstractContextManager[Any] | None = None,
) -> str:
    """Return the picture, from the cache or drawn.

    ``alone`` is for one that no page has around it. ``permit`` is entered only while
    the picture is really drawn. Raises what ``picture.draw`` and ``kept`` raise.
    """

    def make() -> bytes:
        with permit or nullcontext():
            return _finished(drawing, title, alone=alone)

    titles = (text for pair in drawing.titles.items() for text in pair)
    return kept(digest_of(drawing.dot, title, str(alone), *titles), make).decode()


def _finished(drawing: Drawing, title: str, *, alone: bool) -> bytes:
    """Draw the picture and put our titles, links and colours into it."""
    # written by dot from a text of ours
    tree = ET.fromstring(draw(drawing.dot, "svg"))  # noqa: S314
    graph = tree.find(f"{{{_SVG}}}g")
    if graph is None:
        raise ValueError("the picture has no graph in it")
    graph.attrib.pop("id", None)
    for child in list(graph):
        if child.tag not in {f"{{{_SVG}}}g", f"{{{_SVG}}}text"}:
            graph.remove(child)
    for part in graph.findall(f"{{{_SVG}}}g"):
        _simplify(part, drawing.titles)
    _share_letters(graph)
    _introduce(tree, title, drawing, alone=alone)
    ET.register_namespace("", _SVG)
    return ET.tostring(tree, encoding="unicode").encode()


def _nearest(lineage: Lineage, most: int) -> list[Node]:
    """Return as many of the nodes as a picture can hold, with their arrows."""
    near: dict[Node, set[Node]] = {}
    for edge in lineage.edges:
        near.setdefault(edge.source, set()).add(edge.target)
        near.setdefault(edge.target, set()).add(edge.source)
    kept: dict[Node, None] = {}
    arrows = 0
    for node in lineage.nodes[:most]:
        arrows += len(near.get(node, set()) & kept.keys())
        if arrows > ARROWS * most:
            break
        kept[node] = None
    return list(kept)


def _graph(lines: Iterable[str], drawn: int, total: int) -> str:
    note = f"The nearest {drawn:,} of {total:,} nodes" if drawn < total else ""
    label = f" label={quoted(note)} labelloc=b labeljust=l" if note else ""
    return "\n".join(
        (
            "digraph lineage {",
            "rankdir=RL bgcolor=transparent nodesep=0.15 ranksep=0.3 fontsize=12",
            f'fontname=Helvetica fontcolor="#55616a"{label}',
            'node [fontname=Helvetica fontsize=11 fontcolor="#2b343b"]',
            'node [margin="0.12,0.06" height=0.4]',
            'edge [color="#55616a" arrowsize=0.7]',
            *lines,
            "}",
        )
    )


def _node(
    node: Node,
    name: str,
    caption: Caption | None,
    url_of: UrlOf,
    *,
    is_cut: bool,
    is_root: bool,
) -> str:
    has_issues = caption is not None and bool(caption.issues)
    look = graph.type_of(node.kind).look
    flags = {
        look.css_class: True,
        "issues": has_issues,
        "root": is_root,
        "withdrawn": _is_withdrawn(caption),
    }
    classes = " ".join(name for name, is_set in flags.items() if is_set)
    lines = _label(node, caption) + (["… more"] if is_cut else [])
    width = " penwidth=3" if is_root else ""
    return (
        f"{name} [label={in_lines(lines)} URL={quoted(url_of(node))} "
        f'class="{classes}" {_shape(look, caption)}{width}]'
    )


def _shape(look: Look, caption: Caption | None) -> str:
    """Write the outline and the colours.

    Data from outside, and what is withdrawn, have a dashed outline.
    """
    is_outside = caption is not None and caption.origin is not None
    is_dashed = is_outside or _is_withdrawn(caption)
    style = f"{look.style},dashed" if is_dashed else look.style
    # a single word needs no quotes
    style = f'"{style}"' if "," in style else style
    has_issues = caption is not None and caption.issues
    stroke = _ISSUES_STROKE if has_issues else look.stroke
    return f'shape=box style={style} fillcolor="{look.fill}" color="{stroke}"'


def _is_withdrawn(caption: Caption | None) -> bool:
    return caption is not None and caption.withdrawn is not None


def _label(node: Node, caption: Caption | None) -> list[str]:
    """Name a node in a few short lines."""
    if caption is None:
        return [node.key]
    lines = _wrapped(caption.label) or [node.key]
    if caption.version:
        lines.append(caption.version)
    if graph.type_of(node.kind).look.is_dated:
        lines.append(f"{caption.date:%Y-%m-%d}")
    if caption.issues:
        lines.append(_count(len(caption.issues), "issue"))
    if caption.withdrawn is not None:
        lines.append("withdrawn")
    return lines


def _wrapped(label: str) -> list[str]:
    """Break a label between words, and after the colons and slashes of names."""
    lines = [""]
    for piece in _PIECE.findall(label):
        if lines[-1] and len(lines[-1] + piece.rstrip()) > _WIDTH:
            lines.append("")
        lines[-1] += piece
    kept = [_cut(line.strip(), _WIDTH + 4) for line in lines[:_LINES]]
    if len(lines) > _LINES:
        kept[-1] = f"{kept[-1]} …"
    return [line for line in kept if line]


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _title(node: Node, caption: Caption | None) -> str:
    """Name a node in a line."""
    name = graph.kinds[node.kind][0].label
    if caption is None:
        return f"{name} {node.id}"
    title = f"{name} {caption.label}"
    if caption.version:
        title += f" {caption.version}"
    if caption.origin and caption.origin.title and node.kind != caption.origin.kind:
        title += f", from outside: {caption.origin.title}"
    title += _remarks(caption)
    # XML has no control characters, however they are escaped
    return "".join(letter if letter.isprintable() else " " for letter in title)


def _remarks(caption: Caption) -> str:
    """Say what is wrong with a node."""
    said = ""
    if caption.issues:
        said += f", {_count(len(caption.issues), 'quality issue')}"
    if caption.withdrawn is not None:
        said += f", withdrawn: {single_line(caption.withdrawn)}"
    return said


def _arrow(name: str, edges: list[Edge]) -> str:
    kind = edges[0].type
    role = edges[0].role
    style = "" if role is None or role.is_data else " style=dashed"
    return f'{name} [class="{kind}"{style}]'


def _arrow_title(source: str, target: str, edges: list[Edge]) -> str:
    roles = list(dict.fromkeys(edge.role.phrase for edge in edges if edge.role))
    if not roles:
        return f"{source} was generated by {target}"
    return f"{source} used {target} {' and '.join(roles)}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _simplify(part: ET.Element, titles: dict[str, str]) -> None:
    """Give a node or an arrow its title, and leave out what a page has no use for."""
    part.attrib.pop("id", None)
    title = part.find(f"{{{_SVG}}}title")
    if title is not None:
        title.text = titles.get(title.text or "", "")
    for group in part.findall(f"{{{_SVG}}}g"):
        # the group around a link has an id and nothing else
        part.remove(group)
        part.extend(list(group))
    for link in part.findall(f"{{{_SVG}}}a"):
        link.attrib = {"href": link.get(f"{_XLINK}href", "")}


def _share_letters(graph: ET.Element) -> None:
    """Say once what the letters of all nodes look like: half of a picture is that."""
    for text in graph.iter(f"{{{_SVG}}}text"):
        usual = {name: text.get(name) for name in _LETTERS}
        if usual == _LETTERS:
            text.attrib = {"x": text.get("x", ""), "y": text.get("y", "")}
    graph.attrib.update(_LETTERS)


def _introduce(tree: ET.Element, title: str, drawing: Drawing, *, alone: bool) -> None:
    """Say what the picture is, to those who cannot see it as well."""
    # of the WAI-ARIA Graphics Module: what is in it can be read and followed
    tree.set("role", "graphics-document")
    tree.set("aria-labelledby", "lineage-title lineage-description")
    tree.set("class", "lineage")
    parts: Iterator[tuple[str, dict[str, str], str]] = iter(
        (
            ("title", {"id": "lineage-title"}, title),
            ("desc", {"id": "lineage-description"}, _described(drawing)),
            *((("style", {}, style_sheet()),) if alone else ()),
        )
    )
    for position, (tag, attributes, text) in enumerate(parts):
        element: Any = ET.Element(f"{{{_SVG}}}{tag}", attributes)
        element.text = text
        tree.insert(position, element)


def _described(drawing: Drawing) -> str:
    part = "" if drawing.is_whole else f", the nearest of {drawing.nodes:,}"
    return (
        f"{_count(drawing.drawn, 'node')}{part}. Time runs from left to right; arrows "
        "point into the past, from a run to what it used and from what was generated "
        "to its run."
    )
