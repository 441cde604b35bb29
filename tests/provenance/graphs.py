"""Graphs of runs and objects: made by hypothesis, stored, and walked plainly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import strategies as st

from registry.catalogue.models import Object, ObjectComponent
from registry.catalogue.services import register_data_products, register_objects
from registry.core.records import create_records
from registry.runs.models import CodeRun
from registry.runs.services import register_code_runs
from tests.factories import NamespaceFactory, registrar

WITH = {
    "code_repo": "software",
    "model_config": "model_configuration",
    "submission_script": "submission_script",
}


@dataclass(frozen=True)
class Run:
    """What a run read and wrote, as parts of objects, and what it ran with.

    A part is an object's number with the number of the component in it.
    """

    reads: frozenset[tuple[int, int]] = frozenset()
    writes: frozenset[tuple[int, int]] = frozenset()
    ran_with: tuple[int | None, int | None, int | None] = (None, None, None)


@dataclass(frozen=True)
class Graph:
    """Objects, each with its number of data products, and runs."""

    products: tuple[int, ...]
    runs: tuple[Run, ...]
    parts: int = 2


@st.composite
def graphs(draw: st.DrawFn, most: int = 7) -> Graph:
    """Make graphs with anything in them: cycles, diamonds, hubs, loose ends."""
    objects = draw(st.integers(1, most))
    numbers = st.integers(0, objects - 1)
    parts = st.frozensets(st.tuples(numbers, st.integers(0, 1)), max_size=3)
    ran_with = st.tuples(*[st.none() | numbers] * 3)
    runs = st.builds(Run, reads=parts, writes=parts, ran_with=ran_with)
    return Graph(
        tuple(draw(st.lists(st.integers(0, 2), min_size=objects, max_size=objects))),
        tuple(draw(st.lists(runs, max_size=most))),
    )


def chain(length: int) -> Graph:
    """Make runs of which each reads what the one before it wrote."""
    runs = [Run(_whole(n), _whole(n + 1)) for n in range(length)]
    return Graph((1,) * (length + 1), tuple(runs), parts=1)


def ladder(rungs: int, width: int = 2) -> Graph:
    """Make layers of objects, each written from all of the layer before.

    There are ``width ** (2 * rungs)`` ways through it.
    """
    layers = [range(at * width, (at + 1) * width) for at in range(rungs + 1)]
    runs = [
        Run(_whole(*before), _whole(*after))
        for before, after in pairwise(layers)
        for _ in range(width)
    ]
    return Graph((0,) * (width * (rungs + 1)), tuple(runs), parts=1)


def _whole(*objects: int) -> frozenset[tuple[int, int]]:
    return frozenset((number, 0) for number in objects)


@dataclass(frozen=True)
class Stored:
    """A graph in the database; ``products`` are those of each object, by ids."""

    graph: Graph
    objects: list[Object]
    runs: list[CodeRun]
    components: dict[tuple[int, int], int]
    products: dict[int, list[int]]


def store(graph: Graph) -> Stored:
    """Register a graph by the services."""
    by = registrar()
    rows = [{"description": f"Thing {n}"} for n, _ in enumerate(graph.products)]
    objects = register_objects(rows, by=by)
    components = _components(graph, objects)
    return Stored(
        graph,
        objects,
        _runs(graph, objects, components),
        components,
        _products(graph, objects),
    )


def _components(graph: Graph, objects: list[Object]) -> dict[tuple[int, int], int]:
    """Return the components by object and number; the first is the whole."""
    whole = ObjectComponent.objects.filter(object__in=objects).order_by("pk")
    found = {(n, 0): part.pk for n, part in enumerate(whole)}
    rows = [
        {"object": thing, "name": f"part {number}"}
        for thing in objects
        for number in range(1, graph.parts)
    ]
    keys = [(n, part) for n, _ in enumerate(objects) for part in range(1, graph.parts)]
    parts = create_records(ObjectComponent, rows, by=registrar())
    return found | {key: part.pk for key, part in zip(keys, parts, strict=True)}


def _runs(
    graph: Graph, objects: list[Object], components: dict[tuple[int, int], int]
) -> list[CodeRun]:
    rows = [
        {
            "run_date": datetime(2026, 1, 1, tzinfo=UTC),
            "description": f"Run {number}",
            "inputs": [components[part] for part in run.reads],
            "outputs": [components[part] for part in run.writes],
            **{
                name: None if thing is None else objects[thing]
                for name, thing in zip(WITH, run.ran_with, strict=True)
            },
        }
        for number, run in enumerate(graph.runs)
    ]
    return register_code_runs(rows, by=registrar())


def _products(graph: Graph, objects: list[Object]) -> dict[int, list[int]]:
    if not any(graph.products):
        return {}
    namespace = NamespaceFactory()
    rows = [
        {
            "namespace": namespace,
            "name": f"thing/{number}",
            "version": f"{version}.0.0",
            "object": objects[number],
        }
        for number, count in enumerate(graph.products)
        for version in range(count)
    ]
    found: dict[int, list[int]] = {}
    for product in register_data_products(rows, by=registrar()):
        found.setdefault(product.object_id, []).append(product.pk)
    return found
