"""Registering a crate: its files in the store, what it tells on record, or nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction

from registry.identity.quotas import quota_of
from registry.provenance.crates.reading.definitions import definitions_of
from registry.provenance.crates.reading.files import CrateFile, find_files, take_files
from registry.provenance.crates.reading.graph import Crate
from registry.provenance.crates.reading.labels import people_of
from registry.provenance.crates.reading.others import others_of
from registry.provenance.crates.reading.runs import Runs
from registry.provenance.crates.reading.things import things_of
from registry.provenance.crates.terms import ACTIONS, METADATA, PREVIEW
from registry.provenance.importing import Graph, register_graph, require_private
from registry.storage.services import get_store, require_quota, store_drafts

if TYPE_CHECKING:
    from registry.core.models import Record
    from registry.identity.models import User
    from registry.provenance.crates.reading.package import Package
    from registry.storage.base import Checksums


@dataclass(frozen=True)
class LeftOut:
    """A part of a crate that became no record, where it stands and why."""

    where: str
    why: str


@dataclass(frozen=True)
class Received:
    """What became of a crate.

    ``records`` are by the names of the crate's entities, whether they are new or were
    on record; ``registered`` are all that are new, those that no entity stands for
    among them; ``files`` is how many came into the store.
    """

    records: dict[str, Record]
    registered: tuple[Record, ...]
    files: int
    left_out: tuple[LeftOut, ...]


def receive(package: Package, *, by: User) -> Received:
    """Register what a crate tells and keep its files: all of it, or nothing.

    Raises ``InvalidInput`` with messages by place in the crate, ``Conflict`` where it
    contradicts what is on record, ``Forbidden`` where it would change somebody else's
    run, ``QuotaExceeded`` where the files are more than the account may store, and
    ``Unavailable`` when the store cannot take them.
    """
    crate = Crate(package.metadata)
    files = find_files(crate, package.files)
    with get_store().drafts() as drafts:
        # the bytes first, which may take long, and hold no lock
        taken = take_files(files, package, drafts)
        sums = {path: draft.checksums for path, draft in taken.items()}
        quota = quota_of(by)
        require_quota(taken.values(), by=by, quota=quota)
        graph = graph_of(crate, files, sums)
        with transaction.atomic():
            imported = register_graph(graph, by=by)
            # last: what fails from here on takes its files out again
            kept = store_drafts(
                taken.values(),
                by=by,
                quota=quota,
                check=partial(require_private, graph),
            )
    named = {file.entity.id for file in files} | {entity.id for entity in crate}
    return Received(
        records={key: one for key, one in imported.records.items() if key in named},
        registered=imported.registered,
        files=len(kept),
        left_out=tuple(_left_out(crate, package, taken)),
    )


def _left_out(
    crate: Crate, package: Package, taken: Collection[str]
) -> Iterator[LeftOut]:
    """Tell of actions that are no runs, and of files that nothing is said about."""
    for entity in crate:
        if any(kind.endswith("Action") for kind in entity.types - ACTIONS):
            yield LeftOut(
                entity.where, f"Only {', '.join(sorted(ACTIONS))} are taken for runs."
            )
    for path in package.files:
        if path not in taken and path != PREVIEW:
            yield LeftOut(path, f"{METADATA} does not describe this file.")


def graph_of(
    crate: Crate, files: Sequence[CrateFile], sums: Mapping[str, Checksums]
) -> Graph:
    """Convert a crate to an import graph."""
    things = things_of(crate, files, sums)
    runs = Runs(
        crate,
        {key: thing for thing in things for key in thing.keys},
        {file.path: file.entity.id for file in files if file.path is not None},
    )
    runs.read()
    others = others_of(crate, runs)
    every = {id(thing): thing for thing in runs.things.values()}
    return Graph(
        tuple(people_of(crate)),
        tuple(every.values()),
        tuple(runs.runs),
        others,
        definitions_of(crate),
    )
