"""What goes into a crate: runs with what they used and made, and the files."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from registry.core.errors import InvalidInput
from registry.core.graph import Direction, EdgeType, Element, Role, graph
from registry.core.graph.companions import CompanionData
from registry.core.models import Record
from registry.provenance.crates.terms import INPUTS, OUTPUTS
from registry.provenance.lineage import Edge, Lineage, Node, lineage
from registry.provenance.records import Records, records_of
from registry.storage.sending import is_intact

if TYPE_CHECKING:
    from registry.core.graph import NodeType
    from registry.core.graph.files import FileOnDisk

#: What a crate can be about: an activity of the default type, or the name of a file.
Subject: TypeAlias = Record


@dataclass
class Done:
    """A run, with the names of the parts of files that it read and wrote.

    ``inputs`` and ``outputs`` are by the ids of files; ``roles`` are the ids of the
    files that it ran with.
    """

    run: Any
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
    """What a crate tells of: its subject, the runs, the nearest first, the files.

    ``packed`` has the paths of the files that go into a zip, by their ids; those in
    ``on_disk`` are on the server's own disk, others in the store. ``is_named`` says
    whether accounts are called by their names. ``companion_data`` is that of the
    companions of the runs.
    """

    subject: Subject
    runs: tuple[Done, ...]
    others: tuple[Other, ...]
    things: tuple[Any, ...]
    records: Records
    packed: dict[int, str]
    on_disk: Mapping[int, FileOnDisk]
    is_named: bool
    companion_data: CompanionData

    @property
    def results(self) -> tuple[Any, ...]:
        """What the crate is about: the file of that name, or what the run wrote."""
        if _is_of_file(self.subject):
            wanted: Iterable[int] = [graph.node_id_of(self.subject)]
        else:
            wanted = [
                pk
                for done in self.runs
                if done.run.pk == self.subject.pk
                for pk in done.outputs
            ]
        return tuple(self.records.things[pk] for pk in wanted)

    @property
    def why_withdrawn(self) -> str | None:
        """Why the subject is withdrawn, itself or with its file; None if it is not."""
        subjects = [self.subject, *(self.results if _is_of_file(self.subject) else ())]
        reasons = (one.withdrawn for one in subjects)
        return next((one for one in reasons if one is not None), None)


def load(subject: Subject, *, depth: int | None, user: Any) -> Content:
    """Load what a crate about a record has in it, ``depth`` runs back, None for all.

    Files go in that the registry serves and ``user`` may have. Takes as many queries
    whatever the depth. Raises ``InvalidInput`` about ``depth`` where it would be too
    much.
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
    data = _companion_data(records)
    whole = _with_written(found, data)
    if whole is not found:
        found, records = whole, records_of(whole)
    runs = _runs(found, records)
    ids = found.ids_of(graph.default_type(Element.ENTITY).model)
    things = tuple(records.things[pk] for pk in ids if pk in records.things)
    elsewhere = [one for one in things if records.file_of(one) is None]
    on_disk = graph.files.served_among(user, elsewhere)
    ids_to_pack = {*_stored(things, records, user), *on_disk}
    return Content(
        subject=subject,
        runs=runs,
        others=_others(found, records),
        things=things,
        records=records,
        packed=_packed(things, runs, subject, ids_to_pack),
        on_disk=on_disk,
        is_named=bool(user.is_authenticated),
        companion_data=data,
    )


def _is_of_file(subject: Subject) -> bool:
    """Tell whether a crate is about a file, rather than about what a run wrote."""
    return graph.type_of(subject.kind).element is Element.ENTITY


def _lineage(subject: Subject, depth: int | None) -> Lineage:
    """Return what is upstream, and of a run what it wrote as well."""
    upstream = lineage(subject, direction=Direction.UPSTREAM, depth=depth)
    if _is_of_file(subject):
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


def _companion_data(records: Records) -> CompanionData:
    """Return the data of the companions of runs."""
    declared = graph.default_type(Element.ACTIVITY).companion
    return declared.data_of(records.runs.values()) if declared else CompanionData()


def _with_written(found: Lineage, data: CompanionData) -> Lineage:
    """Return a lineage with all that runs with companions wrote.

    It is the same if that is in it already.
    """
    nodes = {(node.kind, node.id): node for node in found.nodes}
    run_type = graph.default_type(Element.ACTIVITY)
    kind = graph.default_type(Element.ENTITY).kind
    known = {*found.ids_of(graph.default_type(Element.ENTITY).model)}
    new: dict[int, Node] = {}
    edges = []
    for one in data.written:
        if one.entity not in known:
            run = nodes[run_type.kind, one.activity]
            distance = run.distance + 1
            thing = Node(kind, one.entity, distance, one.entity)
            thing = new.setdefault(one.entity, thing)
            relation = EdgeType.WAS_GENERATED_BY
            edges.append(Edge(thing, run, relation, one.part, None))
    if not new:
        return found
    return replace(
        found, nodes=(*found.nodes, *new.values()), edges=(*found.edges, *edges)
    )


def _runs(found: Lineage, records: Records) -> tuple[Done, ...]:
    """Gather the links of each run."""
    run_type = graph.default_type(Element.ACTIVITY)
    thing_type = graph.default_type(Element.ENTITY)
    ids = found.ids_of(run_type.model)
    done = {pk: Done(records.runs[pk]) for pk in ids if pk in records.runs}
    for edge in found.edges:
        run, thing = _ends_of(edge)
        here = done.get(run.id) if run.kind == run_type.kind else None
        is_file = graph.type_of(thing.kind) is thing_type
        if here is None or not is_file or thing.object not in records.things:
            continue
        if edge.component is None:
            here.roles |= {edge.role: thing.object} if edge.role else {}
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


def _stored(things: Iterable[Any], records: Records, user: Any) -> set[int]:
    """Return the ids of those whose files are in the store and open to this person.

    Missing and altered files are left out: the crate has links to them.
    """
    held = {
        thing.pk: file
        for thing in things
        if (file := records.file_of(thing)) is not None
    }
    sha1s = {file.sha1 for file in held.values()}
    visible = graph.files.downloadable_among(user, sha1s)
    return {pk for pk, file in held.items() if file.sha1 in visible and is_intact(file)}


def _packed(
    things: Iterable[Any], runs: Iterable[Done], subject: Subject, ids: Collection[int]
) -> dict[int, str]:
    """Name the files that go into a zip, each once."""
    made = {pk for done in runs for pk in done.outputs}
    if _is_of_file(subject):
        made.add(graph.node_id_of(subject))
    paths: dict[int, str] = {}
    taken: set[str] = set()
    for thing in things:
        if thing.pk in ids:
            folder = OUTPUTS if thing.pk in made else INPUTS
            paths[thing.pk] = _free_path(folder, thing, taken)
    return paths


def _free_path(folder: str, thing: Any, taken: set[str]) -> str:
    """Return a path that no other file has, whatever the case of letters."""
    name = graph.files.file_name_of(thing)
    path = f"{folder}/{name}"
    if path.lower() in taken:
        path = f"{folder}/{thing.pk}/{name}"
    taken.add(path.lower())
    return path
