"""What goes into a crate: runs with what they used and made, and the files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from registry.catalogue.access import downloadable_files
from registry.catalogue.files import extension_of, valid_file_name
from registry.catalogue.models import DataProduct, Object
from registry.catalogue.provenance import OBJECT
from registry.catalogue.provenance.rows import name_of_object
from registry.core.errors import InvalidInput
from registry.core.graph import Direction, EdgeType, Element, Role, graph
from registry.provenance.crates.terms import INPUTS, OUTPUTS
from registry.provenance.lineage import Edge, Lineage, Node, lineage
from registry.provenance.records import Records, records_of
from registry.runs.models import CodeRun
from registry.runs.provenance import CODE_RUN
from registry.runs.provenance.roles import SOFTWARE
from registry.storage.services import get_store

if TYPE_CHECKING:
    from registry.core.graph import NodeType

#: What a crate can be about.
Subject = DataProduct | CodeRun


@dataclass
class Done:
    """A run, with the names of the parts of objects that it read and wrote.

    ``inputs`` and ``outputs`` are by the ids of objects; ``roles`` are the ids of the
    objects that it ran with.
    """

    run: CodeRun
    inputs: dict[int, list[str]] = field(default_factory=dict)
    outputs: dict[int, list[str]] = field(default_factory=dict)
    roles: dict[Role, int] = field(default_factory=dict)


@dataclass
class Other:
    """A record of another registered type.

    ``links`` are the kinds and ids of the entities that an activity used, by role, and
    with None of those that it generated.
    """

    node_type: NodeType
    record: Any
    links: dict[Role | None, list[tuple[str, int]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Content:
    """What a crate tells of: its subject, the runs, the nearest first, the objects.

    ``packed`` has the paths of the files that go into a zip, by the ids of their
    objects; ``is_named`` says whether accounts are called by their names.
    """

    subject: Subject
    runs: tuple[Done, ...]
    others: tuple[Other, ...]
    objects: tuple[Object, ...]
    records: Records
    packed: dict[int, str]
    is_named: bool

    @property
    def results(self) -> tuple[Object, ...]:
        """What the crate is about: the product, or what the run wrote."""
        if isinstance(self.subject, DataProduct):
            wanted: Iterable[int] = [self.subject.object_id]
        else:
            wanted = [
                pk
                for done in self.runs
                if done.run.pk == self.subject.pk
                for pk in done.outputs
            ]
        return tuple(self.records.objects[pk] for pk in wanted)


def load(subject: Subject, *, depth: int | None, user: Any) -> Content:
    """Load what a crate about a record has in it, ``depth`` runs back, None for all.

    Files of the store go in that ``user`` may have. Takes as many queries whatever
    the depth. Raises ``InvalidInput`` about ``depth`` where it would be too much.
    """
    found = _lineage(subject, depth)
    if found.truncated:
        raise InvalidInput(
            {
                "depth": [
                    f"The crate would tell of more than {len(found.nodes)} records: "
                    "ask for fewer runs."
                ]
            }
        )
    records = records_of(found)
    runs = _runs(found, records)
    objects = tuple(
        records.objects[pk] for pk in found.ids_of(Object) if pk in records.objects
    )
    return Content(
        subject=subject,
        runs=runs,
        others=_others(found, records),
        objects=objects,
        records=records,
        packed=_packed(objects, runs, subject, records, user),
        is_named=bool(user.is_authenticated),
    )


def _lineage(subject: Subject, depth: int | None) -> Lineage:
    """Return what is upstream, and of a run what it wrote as well."""
    upstream = lineage(subject, direction=Direction.UPSTREAM, depth=depth)
    if isinstance(subject, DataProduct):
        return upstream
    written = lineage(subject, direction=Direction.DOWNSTREAM, depth=1)
    known = {node.key for node in upstream.nodes}
    new = tuple(node for node in written.nodes if node.key not in known)
    edges = dict.fromkeys((*upstream.edges, *written.edges))
    return replace(
        upstream,
        nodes=upstream.nodes + new,
        edges=tuple(edges),
        truncated=upstream.truncated or written.truncated,
    )


def _runs(found: Lineage, records: Records) -> tuple[Done, ...]:
    """Gather the links of each run."""
    ids = found.ids_of(CodeRun)
    done = {pk: Done(records.runs[pk]) for pk in ids if pk in records.runs}
    for edge in found.edges:
        run, thing = _ends_of(edge)
        here = done.get(run.id) if run.kind == CODE_RUN.kind else None
        is_object = graph.type_of(thing.kind) is OBJECT
        if here is None or not is_object or thing.object not in records.objects:
            continue
        if edge.component is None:
            here.roles[edge.role or SOFTWARE] = thing.object
        elif edge.component in records.components:
            is_use = edge.type == EdgeType.USED
            parts = here.inputs if is_use else here.outputs
            names = parts.setdefault(thing.object, [])
            name = records.components[edge.component].name
            if name not in names:
                names.append(name)
    return tuple(done.values())


def _ends_of(edge: Edge) -> tuple[Node, Node]:
    """Return the activity and the entity that an edge connects."""
    if edge.type == EdgeType.USED:
        return edge.source, edge.target
    return edge.target, edge.source


def _others(found: Lineage, records: Records) -> tuple[Other, ...]:
    """Gather the records of other types, entities first, with their links."""
    others = {
        (node_type.kind, pk): Other(node_type, record)
        for element in (Element.ENTITY, Element.ACTIVITY)
        for node_type in graph.other_types(element)
        for pk, record in records.others.get(node_type, {}).items()
    }
    for edge in found.edges:
        activity, entity = _ends_of(edge)
        here = others.get((activity.kind, activity.id))
        key = (graph.type_of(entity.kind).kind, entity.object or 0)
        if here is not None and key not in here.links.setdefault(edge.role, []):
            here.links[edge.role].append(key)
    return tuple(others.values())


def _packed(
    objects: Iterable[Object],
    runs: Iterable[Done],
    subject: Subject,
    records: Records,
    user: Any,
) -> dict[int, str]:
    """Name the files of the store that this person may have, each once."""
    held = {
        thing.pk: file.sha1
        for thing in objects
        if (file := records.file_of(thing)) is not None
    }
    visible = downloadable_files(user, set(held.values()))
    made = {pk for done in runs for pk in done.outputs}
    if isinstance(subject, DataProduct):
        made.add(subject.object_id)
    paths: dict[int, str] = {}
    taken: set[str] = set()
    for thing in objects:
        sha1 = held.get(thing.pk)
        if sha1 is None or sha1 not in visible or not get_store().exists(sha1):
            continue
        folder = OUTPUTS if thing.pk in made else INPUTS
        paths[thing.pk] = _free_path(folder, thing, taken)
    return paths


def _free_path(folder: str, thing: Object, taken: set[str]) -> str:
    """Return a path that no other file has, whatever the case of letters."""
    extension = extension_of(thing.file_type)
    stem = name_of_object(thing)
    path = f"{folder}/{valid_file_name(stem, extension)}"
    if path.lower() in taken:
        path = f"{folder}/{thing.pk}/{valid_file_name(stem, extension)}"
    taken.add(path.lower())
    return path
