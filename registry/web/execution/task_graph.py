"""The tasks of a job as a picture: what needs what, in which state, what takes longest.

Time runs from left to right. The columns are those of K. Sugiyama, S. Tagawa and
M. Toda (1981): each task stands in the column after the last task that it needs, and
near to the tasks that it needs in the column before. Nothing has to be installed for
it, and it takes milliseconds, so that the picture can change while tasks run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from registry.web.execution.svg import cut, element, picture, written
from registry.web.execution.words import spoken_seconds

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    from registry.execution.graphs import TaskNode

    Places = Mapping[int, tuple[float, float]]

#: The most tasks in a picture; of more there is the table.
MAX_DRAWN = 200
#: Pixels of a task, and between tasks.
WIDTH, HEIGHT = 152, 44
_GAP_X, _GAP_Y, _EDGE = 44, 16, 12
#: Characters of a name in a task, and names in the description.
_NAME, _MAX_NAMED = 20, 12


def graph_picture(
    nodes: Sequence[TaskNode], url_of: Callable[[int], str]
) -> SafeString:
    """Return the picture of tasks, needs first; they lead to their pages."""
    places = _places(_columns(nodes))
    right = max(x for x, _ in places.values()) + WIDTH + _EDGE
    bottom = max(y for _, y in places.values()) + HEIGHT + _EDGE
    root = picture("task-graph", right, bottom, "What the tasks need")
    root.extend(_arrows(nodes, places))
    root.extend(_task(one, places[one.pk], url_of) for one in nodes)
    return written(root)


def critical_path_in_words(nodes: Sequence[TaskNode]) -> str:
    """Return the names of the tasks on the critical path, the first one first."""
    names = [one.name for one in _critical(nodes)]
    more = len(names) - _MAX_NAMED
    shown = ", then ".join(names[:_MAX_NAMED])
    return f"{shown}, and {more} more" if more > 0 else shown


def _critical(nodes: Sequence[TaskNode]) -> list[TaskNode]:
    return [one for one in nodes if one.is_critical]


def _depths(nodes: Sequence[TaskNode]) -> dict[int, int]:
    """Return the column of each task; tasks come after those that they need."""
    depths: dict[int, int] = {}
    for one in nodes:
        depths[one.pk] = 1 + max((depths.get(need, 0) for need in one.needs), default=0)
    return depths


def _columns(nodes: Sequence[TaskNode]) -> list[list[TaskNode]]:
    """Return the tasks by column, each near to what it needs."""
    depths = _depths(nodes)
    columns: defaultdict[int, list[TaskNode]] = defaultdict(list)
    for one in nodes:
        columns[depths[one.pk]].append(one)
    ordered = [columns[depth] for depth in sorted(columns)]
    rows: dict[int, float] = {}
    for column in ordered:
        column.sort(key=lambda one: _middle([rows[x] for x in one.needs if x in rows]))
        middle = (len(column) - 1) / 2
        rows |= {one.pk: at - middle for at, one in enumerate(column)}
    return ordered


def _middle(rows: Sequence[float]) -> float:
    return sum(rows) / len(rows) if rows else 0


def _places(columns: Sequence[Sequence[TaskNode]]) -> dict[int, tuple[float, float]]:
    """Return where tasks stand; columns are centred beside each other."""
    tallest = max(len(column) for column in columns)
    places: dict[int, tuple[float, float]] = {}
    for across, column in enumerate(columns):
        top = _EDGE + (tallest - len(column)) * (HEIGHT + _GAP_Y) / 2
        for down, one in enumerate(column):
            places[one.pk] = (
                _EDGE + across * (WIDTH + _GAP_X),
                top + down * (HEIGHT + _GAP_Y),
            )
    return places


def _arrows(nodes: Sequence[TaskNode], places: Places) -> Iterator[ET.Element]:
    """Yield a line from each needed task, with a head at the one that needs it."""
    path = [one.pk for one in _critical(nodes)]
    critical = set(pairwise(path))
    for one in nodes:
        for need in one.needs:
            if need not in places:
                continue
            (x, y), (ends, at) = places[need], places[one.pk]
            begins, half = x + WIDTH, HEIGHT / 2
            bend = begins + _GAP_X / 2
            name = "arrow critical" if (need, one.pk) in critical else "arrow"
            yield element(
                "path",
                class_=name,
                d=f"M{begins:g} {y + half:g}C{bend:g} {y + half:g} "
                f"{ends - _GAP_X / 2:g} {at + half:g} {ends - 6:g} {at + half:g}",
            )
            yield element(
                "path",
                class_="head",
                d=f"M{ends - 7:g} {at + half - 4:g}l7 4l-7 4z",
            )


def _task(
    node: TaskNode, place: tuple[float, float], url_of: Callable[[int], str]
) -> ET.Element:
    """Return a task as a box with its name and state, which leads to its page."""
    x, y = place
    on_path = ", on the critical path" if node.is_critical else ""
    took = "" if node.seconds is None else f", took {spoken_seconds(node.seconds)}"
    link = element(
        "a",
        href=url_of(node.pk),
        class_=f"task state-{node.state}{' critical' if node.is_critical else ''}",
        id=f"node-{node.pk}",
    )
    link.append(element("title", f"{node.name}: {node.state}{took}{on_path}"))
    link.append(element("rect", x=x, y=y, width=WIDTH, height=HEIGHT, rx=6))
    link.append(element("text", cut(node.name, _NAME), x=x + 10, y=y + 18))
    link.append(element("text", node.state, class_="state", x=x + 10, y=y + 35))
    return link
