"""A plain breadth-first walk in Python, which the recursive query is held against."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from tests.provenance.graphs import WITH, Stored

#: An object or a run, by "object" or "run" and its id.
Place = tuple[str, int]
#: Run, object, component, and the role of a use; None for a generation.
Link = tuple[int, int, int | None, str | None]


@dataclass(frozen=True)
class Walked:
    """The distances of places, in the order in which they were met, and the links."""

    distances: dict[Place, int]
    links: set[Link]


def walk(stored: Stored, start: Place, side: str, levels: int | None) -> Walked:
    """Walk ``upstream`` or ``downstream`` from a place."""
    distances = {start: 0}
    links: set[Link] = set()
    queue = deque([start])
    while queue:
        here = queue.popleft()
        if distances[here] == levels:
            continue
        for there, link in neighbours(stored, here, side):
            links.add(link)
            if there not in distances:
                distances[there] = distances[here] + 1
                queue.append(there)
    return Walked(distances, links)


def neighbours(stored: Stored, here: Place, side: str) -> list[tuple[Place, Link]]:
    """Return what is one link further, and by which link."""
    kind, pk = here
    used = (kind == "run") == (side == "upstream")
    found = [link for link in _links(stored) if (link[3] is not None) == used]
    order = [None, "input_data", *WITH.values()]
    if kind == "run":
        mine = [link for link in found if link[0] == pk]
        mine.sort(key=lambda link: (order.index(link[3]), link[2] or 0))
        return [(("object", link[1]), link) for link in mine]
    mine = [link for link in found if link[1] == pk]
    mine.sort(key=lambda link: (order.index(link[3]), link[2] or 0, link[0]))
    return [(("run", link[0]), link) for link in mine]


def _links(stored: Stored) -> Iterator[Link]:
    objects = stored.objects
    for run, record in zip(stored.graph.runs, stored.runs, strict=True):
        for parts, role in ((run.reads, "input_data"), (run.writes, None)):
            for part in parts:
                yield record.pk, objects[part[0]].pk, stored.components[part], role
        for thing, role in zip(run.ran_with, WITH.values(), strict=True):
            if thing is not None:
                yield record.pk, objects[thing].pk, None, role
