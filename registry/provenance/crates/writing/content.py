"""What goes into a crate: runs with what they used and made, and the files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from registry.catalogue.access import downloadable_among
from registry.catalogue.files import extension_of, file_name, last_name_of
from registry.catalogue.models import DataProduct, Object
from registry.core.errors import InvalidInput
from registry.core.graph import Direction, EdgeType, Role
from registry.core.texts import shortened
from registry.provenance.crates.terms import INPUTS, OUTPUTS
from registry.provenance.lineage import Lineage, lineage
from registry.provenance.records import Records, records_of
from registry.runs.models import CodeRun
from registry.runs.provenance.links import SOFTWARE
from registry.storage.services import the_store

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


@dataclass(frozen=True)
class Content:
    """What a crate tells of: its subject, the runs, the nearest first, the objects.

    ``packed`` has the paths of the files that go into a zip, by the ids of their
    objects; ``is_named`` says whether accounts are called by their names.
    """

    subject: Subject
    runs: tuple[Done, ...]
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
    done = {
        pk: Done(records.runs[pk]) for pk in found.ids_of(CodeRun) if pk in records.runs
    }
    for edge in found.edges:
        is_use = edge.type == EdgeType.USED
        run, thing = (
            (edge.source, edge.target) if is_use else (edge.target, edge.source)
        )
        here = done.get(run.id)
        if here is None or thing.object not in records.objects:
            continue
        if edge.component is None:
            here.roles[edge.role or SOFTWARE] = thing.object
        elif edge.component in records.components:
            parts = here.inputs if is_use else here.outputs
            names = parts.setdefault(thing.object, [])
            name = records.components[edge.component].name
            if name not in names:
                names.append(name)
    return tuple(done.values())


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
    visible = downloadable_among(user, set(held.values()))
    made = {pk for done in runs for pk in done.outputs}
    if isinstance(subject, DataProduct):
        made.add(subject.object_id)
    paths: dict[int, str] = {}
    taken: set[str] = set()
    for thing in objects:
        sha1 = held.get(thing.pk)
        if sha1 is None or sha1 not in visible or not the_store().exists(sha1):
            continue
        folder = OUTPUTS if thing.pk in made else INPUTS
        paths[thing.pk] = _free_path(folder, thing, taken)
    return paths


def _free_path(folder: str, thing: Object, taken: set[str]) -> str:
    """Return a path that no other file has, whatever the case of letters."""
    extension = extension_of(thing.file_type)
    stem = name_of(thing)
    path = f"{folder}/{file_name(stem, extension)}"
    if path.lower() in taken:
        path = f"{folder}/{thing.pk}/{file_name(stem, extension)}"
    taken.add(path.lower())
    return path


def name_of(thing: Object) -> str:
    """Return what an object is called: as a product or a release, else as a file."""
    for product in thing.data_products.all():
        return product.name
    release = getattr(thing, "code_repo_release", None)
    if release is not None:
        return f"{release.name} {release.version}"
    described = shortened(thing.description, 60).removesuffix(" …").rstrip(".")
    return last_name_of(thing) or described or f"object {thing.pk}"
