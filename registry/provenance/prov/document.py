"""A PROV document about a record: what made it, from what, when and by whom."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from registry.core.graph import Element, graph
from registry.provenance.prov import attributes
from registry.provenance.prov.attributes import described
from registry.provenance.prov.companions import identify, named, of_definition
from registry.provenance.prov.records import is_same, load
from registry.provenance.prov.statements import Name, Report

if TYPE_CHECKING:
    from registry.core.graph import NodeType, Role
    from registry.core.graph.companions import CompanionData
    from registry.core.graph.mapping import Influence, Use
    from registry.provenance.prov.records import Reported
    from registry.provenance.prov.statements import Attribute


def report(
    subject: Any,
    *,
    depth: int | None,
    registry_url: str,
    naming_accounts: bool = False,
) -> Report:
    """Tell how a record, or what an activity generated, was made.

    ``depth`` counts activities back from the subject, None for all. ``registry_url`` is
    what the identifiers begin with, without the last slash. Accounts that are no
    authors are named with ``naming_accounts`` alone. Takes a constant number of
    queries.
    """
    reported = load(subject, depth=depth)
    return _Teller(reported, registry_url, naming_accounts=naming_accounts).report


class _Teller:
    """A document while it is written: every record once, then its relations.

    The order is that of the activities, the nearest first, so that the same records
    are always told in the same order.
    """

    def __init__(
        self, reported: Reported, registry_url: str, *, naming_accounts: bool
    ) -> None:
        self.report = Report(registry_url)
        self._reported = reported
        self._naming_accounts = naming_accounts
        self._told: set[tuple[str, int]] = set()
        self._derived: set[tuple[str, str]] = set()
        #: What is said of each entity that the report tells of.
        self._said: dict[str, list[Attribute]] = {}
        self._detailed = {
            (pk, field, identify(name)): details
            for data in reported.companion_data.values()
            for (pk, field, name), details in data.details.items()
        }
        self._tell_subject()
        started = [self._tell_activity(*one) for one in reported.activities]
        for activity, starter, plan in started:
            self.report.relation(
                "wasAssociatedWith", activity, starter, plan, said=_RUNNER
            )
        for data in reported.companion_data.values():
            self._tell_companions(data)
        self._tell_influences()

    def _tell_subject(self) -> None:
        """Tell of the subject first, so that it is there also without any activity."""
        node_type = graph.type_of(self._reported.subject.kind)
        if node_type.element is Element.ENTITY:
            self._names(node_type, graph.node_id_of(self._reported.subject))
            return
        record = next(
            one
            for _, one in self._reported.activities
            if is_same(one, self._reported.subject)
        )
        for use in node_type.generates:
            for pk in use.parts_of(record):
                self._names(use.target, pk)

    def _tell_activity(
        self, node_type: NodeType, record: Any
    ) -> tuple[str, str, str | None]:
        """Tell of an activity, what it used and what it generated."""
        document = node_type.document
        if document is None or document.activity is None:
            raise TypeError(f"{node_type.kind} declares no times of its activities")
        began, ended = document.activity.times_of(record)
        activity = identify(record)
        said = attributes.of_record(document, record, frozenset())
        said += self._companion(node_type, record)
        self.report.element("activity", activity, began, ended, said=said)
        written = [
            entity
            for use in node_type.generates
            for entity in self._tell_generated(use, record, activity)
        ]
        starter = self._agent(document.activity.agent(record))
        self.report.relation(
            "wasStartedBy", activity, starter, None, began, said=_RUNNER
        )
        plan = None
        for use in node_type.uses:
            entities = self._tell_used(use, record, activity, written)
            if use.role is not None and use.role.is_plan:
                plan = next(iter(entities), None)
        return activity, starter, plan

    def _tell_generated(self, use: Use, record: Any, activity: str) -> list[str]:
        """Say what an activity generated; return the entities."""
        written = []
        for pk, parts in use.parts_of(record).items():
            for entity in self._names(use.target, pk):
                said = _components(use.target, parts)
                said += self._details(use, record, entity)
                self.report.relation("wasGeneratedBy", entity, activity, said=said)
                written.append(entity)
        return written

    def _tell_used(
        self,
        use: Use,
        record: Any,
        activity: str,
        written: list[str],
    ) -> list[str]:
        """Say what an activity used in a role, and what was derived from data."""
        told = []
        role = use.role
        for pk, parts in use.parts_of(record).items():
            is_data = role is None or role.is_data
            for entity in (
                self._names(use.target, pk)
                if is_data
                else [self._used_as(role, use.target, pk)]
            ):
                said = _role(role.term.qualified) if role else []
                said = [*said, *_components(use.target, parts)]
                said += self._details(use, record, entity)
                self.report.relation("used", activity, entity, said=said)
                told.append(entity)
                for output in written if is_data else ():
                    self._derive(output, entity)
        return told

    def _companion(self, node_type: NodeType, record: Any) -> list[Attribute]:
        """Return the attributes of the companion of an activity, if it has one."""
        data = self._reported.companion_data.get(node_type)
        found = data.companions.get(record.pk) if data else None
        return [] if found is None else of_definition(found)

    def _details(self, use: Use, record: Any, entity: str) -> list[Attribute]:
        """Return what companions add to the link of an activity to an entity."""
        details = self._detailed.get((record.pk, use.name, entity), ())
        return [(name, named(value)) for name, value in details]

    def _tell_companions(self, data: CompanionData) -> None:
        """Tell of what companions link to."""
        for one in data.definitions:
            none = (None, None) if one.type.element == "activity" else ()
            word = one.type.element
            self.report.element(
                word, identify(one.record), *none, said=of_definition(one)
            )
        for agent in data.agents:
            self._agent(agent)
        for word, ends, facts in data.relations:
            self.report.relation(
                word,
                *(one and identify(one) for one in ends),
                said=[(name, named(value)) for name, value in facts],
            )

    def _tell_influences(self) -> None:
        """Tell what the activities have to do with others, such as their reruns."""
        by_type: defaultdict[NodeType, dict[int, Any]] = defaultdict(dict)
        for node_type, record in self._reported.activities:
            by_type[node_type][record.pk] = record
        for node_type, known in by_type.items():
            activity = node_type.required_document.activity
            if activity is not None and activity.influences is not None:
                for one in activity.influences(list(known)):
                    self._tell_influence(node_type, known, one)

    def _tell_influence(
        self, node_type: NodeType, known: dict[int, Any], one: Influence
    ) -> None:
        """Tell what an activity has to do with another; tell of those not ``known``."""
        for record in (one.influenced, one.influencer):
            if record.pk not in known:
                known[record.pk] = record
                self._tell_briefly(node_type, record)
        self.report.relation(
            "wasInfluencedBy",
            identify(one.influenced),
            identify(one.influencer),
            said=[(name, named(value)) for name, value in one.attributes],
        )

    def _tell_briefly(self, node_type: NodeType, record: Any) -> None:
        """Tell of an activity without what it used and generated."""
        document = node_type.required_document
        times = document.activity.times_of(record) if document.activity else ()
        said = attributes.of_record(document, record, frozenset())
        self.report.element("activity", identify(record), *times, said=said)

    def _derive(self, output: str, entity: str) -> None:
        """Say that one came of the other, once, whichever activities made it so."""
        if output != entity and (output, entity) not in self._derived:
            self._derived.add((output, entity))
            self.report.relation("wasDerivedFrom", output, entity)

    def _names(self, node_type: NodeType, pk: int) -> list[str]:
        """Tell of an entity as data, and return what it appears as."""
        record = self._reported.entities[node_type][pk]
        return [
            self._tell(name, node_type, record)
            for name in self._reported.names_of(node_type, record)
        ]

    def _used_as(self, role: Role | None, node_type: NodeType, pk: int) -> str:
        """Tell of an entity as what an activity was done with."""
        record = self._reported.entities[node_type][pk]
        name = role.named_by(record) if role and role.named_by else None
        if name is not None:
            return self._tell(name, node_type, record)
        is_software = role is not None and role.is_software
        return self._tell(record, node_type, record, is_software=is_software)

    def _tell(
        self, name: Any, node_type: NodeType, record: Any, *, is_software: bool = False
    ) -> str:
        """Tell of an entity, unless that was done; return its identifier."""
        identifier = identify(name)
        if not self._is_new(name):
            if is_software:
                self._said[identifier] += _SOFTWARE
            return identifier
        own = [] if name is record else self._attributes(name)
        own = own or (_SOFTWARE if is_software else [])
        said = self._said[identifier] = [*own, *self._attributes(record)]
        self.report.element("entity", identifier, said=said)
        document = node_type.document
        for agent in document.agents(record) if document and document.agents else ():
            told = self._agent(agent)
            self.report.relation("wasAttributedTo", identifier, told, said=_CREATOR)
        origin = self._reported.origin_of(name)
        if origin is not None:
            source = identify(origin)
            self.report.element("entity", source, said=self._attributes(origin))
            self.report.relation("specializationOf", source, identifier)
        return identifier

    def _attributes(self, record: Any) -> list[Attribute]:
        """Return what the map of a record says of it."""
        document = graph.document_of(record)
        if document is None:
            return []
        return attributes.of_record(document, record, self._reported.private)

    def _agent(self, agent: Any) -> str:
        """Tell of an agent: of an account only its name, where that is allowed."""
        identifier = identify(agent)
        if self._is_new(agent):
            said = self._attributes(agent) or self._account(agent)
            self.report.element("agent", identifier, said=said)
        return identifier

    def _account(self, account: Any) -> list[Attribute]:
        name = account.full_name or account.username
        return described(
            ("rdf:type", Name("prov:Person")),
            ("foaf:name", name if self._naming_accounts else None),
        )

    def _is_new(self, record: Any) -> bool:
        """Tell whether the document has not told of a record yet, and note that."""
        is_new = (record.kind, record.pk) not in self._told
        self._told.add((record.kind, record.pk))
        return is_new


def _components(node_type: NodeType, names: list[str]) -> list[Attribute]:
    """Name the parts that were used or generated, unless it was the whole."""
    if node_type.parts is None or names == [node_type.parts.whole_name]:
        return []
    return described(*(("fair:component", name) for name in names))


def _role(name: str) -> list[Attribute]:
    return [("prov:role", Name(name))]


_RUNNER = _role("fair:code_runner")
_CREATOR = _role("dcterms:creator")
_SOFTWARE: list[Attribute] = [("rdf:type", Name("dcmitype:Software"))]
