"""Two quantities of runs as a plot: SVG with a link and a title for each run.

Colours are those of a style sheet: that of the page around it, or its own if it stands
alone. Its description has the same in numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from registry.runs.describing import describe_points, spelled_value
from registry.runs.ticks import Axis, axis_of

if TYPE_CHECKING:
    from registry.runs.quantities import Point, Points

    UrlOf = Callable[[int], str]

_SVG = "http://www.w3.org/2000/svg"
#: Pixels of the picture, of its margins, and of a point.
WIDTH, HEIGHT = 720, 440
_LEFT, _RIGHT, _TOP, _BOTTOM = 100, 24, 16, 64
_RADIUS = 3.5
#: Characters of the name of an axis, and of a run.
_LABEL, _NAME = 70, 120

STYLE = """
svg.plot { background: #fff; }
svg.plot text { font: 12px Helvetica, Arial, sans-serif; fill: #2b343b; }
svg.plot .grid { stroke: #dcdfe0; }
svg.plot .axis { stroke: #55616a; }
svg.plot circle { fill: #0b5c6b; fill-opacity: 0.65; }
svg.plot a:hover circle, svg.plot a:focus circle { fill: #8a4b08; fill-opacity: 1; }
@media (prefers-color-scheme: dark) {
  svg.plot { background: #11161a; }
  svg.plot text { fill: #d3dade; }
  svg.plot .grid { stroke: #2c363d; }
  svg.plot .axis { stroke: #a3b0b8; }
  svg.plot circle { fill: #7cc7d4; }
  svg.plot a:hover circle, svg.plot a:focus circle { fill: #f0b46c; }
}
"""


def plot_of(points: Points, *, url_of: UrlOf, alone: bool = False) -> str:
    """Return the picture; its points lead to ``url_of`` their runs.

    ``alone`` is for one that no page has around it.
    """
    x_axis = axis_of(points.x, [one.x for one in points.points])
    y_axis = axis_of(points.y, [one.y for one in points.points])
    root = _root(points, alone=alone)
    root.extend(_x_marks(x_axis))
    root.extend(_y_marks(y_axis))
    root.append(_frame())
    for point in points.points:
        root.append(_point(point, points, (x_axis, y_axis), url_of))
    return ET.tostring(root, encoding="unicode")


def _root(points: Points, *, alone: bool) -> ET.Element:
    """Return the picture without points, with its title and description."""
    root = ET.Element(
        "svg",
        {
            **({"xmlns": _SVG} if alone else {}),
            "class": "plot",
            "viewBox": f"0 0 {WIDTH} {HEIGHT}",
            "width": str(WIDTH),
            "height": str(HEIGHT),
            # of the WAI-ARIA Graphics Module: what is in it can be read and followed
            "role": "graphics-document",
            "aria-labelledby": "plot-title plot-description",
        },
    )
    title = f"{points.y.label} against {points.x.label}"
    root.append(_element("title", title, id="plot-title"))
    described = " ".join(describe_points(points))
    root.append(_element("desc", described, id="plot-description"))
    if alone:
        root.append(_element("style", STYLE))
    return root


def _element(tag: str, text: str = "", **attributes: Any) -> ET.Element:
    """Return an element; underscores in names of attributes are hyphens."""
    named = {name.replace("_", "-"): str(one) for name, one in attributes.items()}
    element = ET.Element(tag, named)
    element.text = text if tag == "style" else _printable(text)
    return element


def _printable(text: str) -> str:
    # XML has no control characters, however they are escaped
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _across(axis: Axis, value: float) -> float:
    return round(_LEFT + axis.fraction(value) * (WIDTH - _LEFT - _RIGHT), 1)


def _down(axis: Axis, value: float) -> float:
    return round(HEIGHT - _BOTTOM - axis.fraction(value) * _inner_height(), 1)


def _inner_height() -> int:
    return HEIGHT - _TOP - _BOTTOM


def _x_marks(axis: Axis) -> Iterator[ET.Element]:
    """Yield the lines, the numbers and the name of the axis below."""
    bottom = HEIGHT - _BOTTOM
    for value, text in axis.ticks:
        at = _across(axis, value)
        yield _grid_line(x1=at, x2=at, y1=_TOP, y2=bottom)
        yield _element("text", text, x=at, y=bottom + 18, text_anchor="middle")
    middle = _LEFT + (WIDTH - _LEFT - _RIGHT) / 2
    yield _axis_name(axis, x=middle, y=HEIGHT - 16)


def _y_marks(axis: Axis) -> Iterator[ET.Element]:
    """Yield the lines, the numbers and the name of the axis at the left."""
    for value, text in axis.ticks:
        at = _down(axis, value)
        yield _grid_line(x1=_LEFT, x2=WIDTH - _RIGHT, y1=at, y2=at)
        yield _element("text", text, x=_LEFT - 8, y=at + 4, text_anchor="end")
    middle = _TOP + _inner_height() / 2
    yield _axis_name(axis, x=18, y=middle, transform=f"rotate(-90 18 {middle})")


def _grid_line(**ends: Any) -> ET.Element:
    line = _element("line", **ends)
    line.set("class", "grid")
    return line


def _axis_name(axis: Axis, **place: Any) -> ET.Element:
    """Return the name of an axis, in the direction in which it is written."""
    return _element(
        "text",
        _cut(axis.label, _LABEL),
        text_anchor="middle",
        unicode_bidi="plaintext",
        **place,
    )


def _frame() -> ET.Element:
    bottom, right = HEIGHT - _BOTTOM, WIDTH - _RIGHT
    path = f"M{_LEFT} {_TOP}V{bottom}H{right}"
    return _element("path", **{"class": "axis"}, d=path, fill="none")


def _point(
    point: Point, points: Points, axes: tuple[Axis, Axis], url_of: UrlOf
) -> ET.Element:
    """Return a run as a circle that leads to its page, with a title."""
    x_text = spelled_value(points.x, point.x)
    y_text = spelled_value(points.y, point.y)
    title = (
        f"{_cut(point.name, _NAME)}: {_cut(points.x.label, _LABEL)} {x_text}, "
        f"{_cut(points.y.label, _LABEL)} {y_text}"
    )
    link = _element("a", href=url_of(point.run))
    circle = _element(
        "circle", cx=_across(axes[0], point.x), cy=_down(axes[1], point.y), r=_RADIUS
    )
    link.append(_element("title", title))
    link.append(circle)
    return link
