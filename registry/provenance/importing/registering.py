"""The way in: finds what is on record, registers the rest, and ties runs to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

from registry.catalogue.models import Author
from registry.catalogue.services import author_uuid
from registry.core.transactions import atomic
from registry.provenance.importing.ledger import Ledger
from registry.provenance.importing.others import register_others
from registry.provenance.importing.privacy import close_private
from registry.provenance.importing.runs import register_runs
from registry.provenance.importing.things import register_things

if TYPE_CHECKING:
    import uuid

    from registry.core.models import Record
    from registry.identity.models import User
    from registry.provenance.importing.described import Graph, Person


@dataclass(frozen=True)
class Imported:
    """What became of a document.

    `records` are by the document's keys, whether they are new or were on record;
    `registered` are all that are new, those that no key stands for among them.
    """

    records: dict[str, Record]
    registered: tuple[Record, ...]


@atomic
def register_graph(graph: Graph, *, by: User) -> Imported:
    """Register what a document says, all of it or nothing.

    What is on record already, by UUID, identifier, name and version, is used as it is
    and never changed, but for a run, to which parts that it read or wrote are added.
    Raises ``InvalidInput`` with messages by place in the document, ``Conflict`` where
    the document contradicts what is on record, and ``Forbidden`` where parts would
    be added to another person's run. Ask `require_private` afterwards, as soon as the
    files are in the store.
    """
    graph = close_private(graph)
    ledger = Ledger(by)
    people = _register_people(graph.people, ledger)
    things = register_things(graph.things, people, ledger)
    runs = register_runs(graph.runs, things.objects, ledger)
    others = register_others(graph.others, things.objects, ledger)
    records = {**people, **things.records, **runs, **others}
    return Imported(records, tuple(ledger.registered))


def _register_people(people: Sequence[Person], ledger: Ledger) -> dict[str, Author]:
    """Return the authors by the keys of the people."""
    known = _known_authors(person for person in people if person.record is None)
    new = {
        _uuid(person): person
        for person in people
        if person.record is None and _uuid(person) not in known
    }
    rows = [
        (
            person.where,
            {"name": person.name, "identifier": person.identifier, "uuid": uuid},
        )
        for uuid, person in new.items()
    ]
    for author in ledger.register(Author, rows):
        known[author.uuid] = author
    return {person.key: person.record or known[_uuid(person)] for person in people}


def _uuid(person: Person) -> uuid.UUID:
    """Return the UUID by which registries agree on an author."""
    return author_uuid(person.identifier) if person.identifier else person.uuid


def _known_authors(people: Iterable[Person]) -> dict[uuid.UUID, Author]:
    """Find people on record: by UUID, and by identifier, whatever UUID they have."""
    wanted = {_uuid(person): person.identifier for person in people}
    identifiers = {identifier for identifier in wanted.values() if identifier}
    found = Author.objects.filter(Q(uuid__in=wanted) | Q(identifier__in=identifiers))
    by_identifier = {author.identifier: author for author in found}
    by_uuid = {author.uuid: author for author in found}
    matches = {
        uuid: by_uuid.get(uuid) or by_identifier.get(identifier or "")
        for uuid, identifier in wanted.items()
    }
    return {uuid: author for uuid, author in matches.items() if author is not None}
