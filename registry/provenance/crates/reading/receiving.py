"""Registering a crate: its files in the store, what it tells on record, or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from registry.provenance.crates.reading.files import CrateFile, find_files, take_files
from registry.provenance.crates.reading.graph import Crate
from registry.provenance.crates.reading.labels import people_of
from registry.provenance.crates.reading.runs import Runs
from registry.provenance.crates.reading.things import things_of
from registry.provenance.importing import Graph, register_graph
from registry.storage.services import keep_drafts, the_store

if TYPE_CHECKING:
    from registry.core.models import Record
    from registry.identity.models import User
    from registry.provenance.crates.reading.package import Package
    from registry.storage.base import Checksums


@dataclass(frozen=True)
class Received:
    """What became of a crate.

    ``records`` are all that it tells of, on record before or not; ``registered`` the
    new ones among them and beside them; ``files`` how many came into the store.
    """

    records: tuple[Record, ...]
    registered: tuple[Record, ...]
    files: int


def receive(package: Package, *, by: User) -> Received:
    """Register what a crate tells and keep its files: all of it, or nothing.

    Raises ``InvalidInput`` with messages by place in the crate, ``Conflict`` where it
    contradicts what is on record, ``Forbidden`` where it would change somebody else's
    run, and ``Unavailable`` when the store cannot take the files.
    """
    crate = Crate(package.metadata)
    files = find_files(crate, package.files)
    with the_store().drafts() as drafts:
        # the bytes first, which may take long, and hold no lock
        taken = take_files(files, package, drafts)
        sums = {path: draft.checksums for path, draft in taken.items()}
        graph = graph_of(crate, files, sums)
        with transaction.atomic():
            imported = register_graph(graph, by=by)
            # last: what fails from here on takes its files out again
            kept = keep_drafts(taken.values(), by=by)
    records = {(one.kind, one.pk): one for one in imported.records.values()}
    return Received(tuple(records.values()), imported.registered, len(kept))


def graph_of(
    crate: Crate, files: Sequence[CrateFile], sums: Mapping[str, Checksums]
) -> Graph:
    """Say in the words of the way in what a crate tells."""
    things = things_of(crate, files, sums)
    runs = Runs(
        crate,
        {key: thing for thing in things for key in thing.keys},
        {file.path: file.entity.id for file in files if file.path is not None},
    )
    runs.read()
    every = {id(thing): thing for thing in runs.things.values()}
    return Graph(tuple(people_of(crate)), tuple(every.values()), tuple(runs.runs))
