"""The style sheet of a picture of a lineage, with the colours of all node types."""

from __future__ import annotations

from registry.core.graph import Element, Look, graph

_STYLE = """
text {{ font-family: Helvetica, Arial, sans-serif; }}
@media (prefers-color-scheme: dark) {{
  svg {{ background: #11161a; }}
  text {{ fill: #d3dade; }}
{nodes}
  .issues polygon, .issues path {{ stroke: #f3a0a4; }}
  .edge path, .edge polygon {{ stroke: #a3b0b8; }}
  .edge polygon {{ fill: #a3b0b8; }}
}}
"""


def style_sheet() -> str:
    """Return the style sheet of a picture that stands alone.

    On a page the page's own style sheet has this.
    """
    activities_first = sorted(
        graph.types, key=lambda one: one.element is Element.ENTITY
    )
    looks = {one.look.css_class: one.look for one in activities_first}
    return _STYLE.format(nodes="\n".join(map(_dark_rule, looks.values())))


def _dark_rule(look: Look) -> str:
    """Write the colours of a node on a dark page."""
    # rounded boxes are paths in the picture, others polygons
    is_rounded = "rounded" in look.style
    shapes = ("path", "polygon") if is_rounded else ("polygon", "path")
    selectors = ", ".join(f".{look.css_class} {shape}" for shape in shapes)
    return f"  {selectors} {{ fill: {look.dark_fill}; stroke: {look.dark_stroke}; }}"
