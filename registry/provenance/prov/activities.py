"""Activities of a document: runs of code, with what they used and generated."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import filterfalse
from typing import TYPE_CHECKING

from registry.core.graph import Element, graph
from registry.core.graph.queries import field_of
from registry.core.graph.terms import COMPONENT
from registry.provenance.importing import Described, Part, Run
from registry.provenance.prov.fields import iris_of, text_of, values_of
from registry.provenance.prov.reading import moment
from registry.provenance.prov.sources import local_name
from registry.provenance.vocabulary import PROV

if TYPE_CHECKING:
    from datetime import datetime

    from registry.core.graph import NodeType, Role
    from registry.core.graph.mapping import Use
    from registry.provenance.prov.definitions import Definitions
    from registry.provenance.prov.entities import Entities
    from registry.provenance.prov.reading import Statement
    from registry.provenance.prov.sources import Source

_ROLE = f"{PROV}role"
_START, _END, _TIME = f"{PROV}startTime", f"{PROV}endTime", f"{PROV}time"
_COMPONENT = COMPONENT.iri
#: Relations that no record holds, and why.
_NO_RECORD = {
    "wasInformedBy": "Runs are linked by the files that one wrote and the other read.",
    "wasInvalidatedBy": "Nothing on record ceases to be.",
    "actedOnBehalfOf": "On whose behalf somebody acted is on no record.",
    "wasInfluencedBy": "It does not say what was used or generated; a registry says "
    "itself which of its runs it has verified.",
    "alternateOf": "No record says that two files are versions of one thing.",
    "hadMember": "Collections are on no record.",
    "mentionOf": "Bundles are on no record.",
}
#: Relations to who started, ended or was responsible for a run.
_NAMING_A_RUNNER = (
    ("wasStartedBy", "trigger"),
    ("wasEndedBy", "trigger"),
    ("wasAssociatedWith", "agent"),
)


@dataclass
class _Activity:
    """What the relations of a document say of one activity."""

    used: list[Statement] = field(default_factory=list)
    generated: list[Statement] = field(default_factory=list)
    started: list[Statement] = field(default_factory=list)
    ended: list[Statement] = field(default_factory=list)
    plans: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Activities:
    """The runs of a document, and its activities of other registered types."""

    runs: tuple[Run, ...]
    others: tuple[Described, ...]


def map_activities(
    source: Source, entities: Entities, definitions: Definitions
) -> Activities:
    """Read the activities, which refer to the entities of the document."""
    told = _gather(source, definitions)
    activities = {
        name: statement
        for name, statement in source.activities.items()
        if name not in definitions.elements
    }
    others = {
        name: node_type
        for name, statement in activities.items()
        if (node_type := source.other_type_of(statement, Element.ACTIVITY)) is not None
    }
    for name in activities:
        if name not in others:
            _leave_out_others(source, told[name], entities)
    thing_of = entities.thing_of
    runs = tuple(
        _run(source, statement, told[name], thing_of)
        for name, statement in activities.items()
        if name not in others
    )
    _leave_out(source, runs, thing_of, definitions)
    return Activities(
        runs,
        tuple(
            _described(source, source.activities[name], node_type, told[name], thing_of)
            for name, node_type in others.items()
        ),
    )


def _gather(source: Source, definitions: Definitions) -> defaultdict[str, _Activity]:
    """Gather the relations of each activity, except those that definitions cover."""
    told: defaultdict[str, _Activity] = defaultdict(_Activity)
    for kind, name in (
        ("used", "used"),
        ("wasGeneratedBy", "generated"),
        ("wasStartedBy", "started"),
        ("wasEndedBy", "ended"),
    ):
        for relation in filterfalse(definitions.cover, source.document.of(kind)):
            activity, entity = relation.target("activity"), relation.target("entity")
            if activity is None or (kind in {"used", "wasGeneratedBy"} and not entity):
                source.leave_out(relation.where, "It names no activity, or no entity.")
            else:
                getattr(told[activity], name).append(relation)
    associations = source.document.of("wasAssociatedWith")
    for relation in filterfalse(definitions.cover, associations):
        plan = relation.target("plan")
        if plan is not None:
            told[relation.target("activity") or ""].plans.append(plan)
    return told


def _leave_out_others(source: Source, told: _Activity, entities: Entities) -> None:
    """Leave out what no run has a field for: entities of other registered types."""
    for relations in (told.used, told.generated):
        for relation in list(relations):
            if relation.target("entity") in entities.others:
                relations.remove(relation)
                source.leave_out(
                    relation.where, "No record says that a code run used this."
                )


def _described(
    source: Source,
    statement: Statement,
    node_type: NodeType,
    told: _Activity,
    thing_of: Mapping[str, str],
) -> Described:
    """Read an activity of another registered type by its map."""
    document = node_type.document
    values = values_of(document, source, statement) if document else {}
    links: dict[str, str] = {}
    activity = document.activity if document else None
    if activity is not None:
        began, _ = _beginning(statement, told)
        values[field_of(activity.started).name] = began
        if activity.ended is not None:
            values[field_of(activity.ended).name] = _end(statement, told)
        links = {
            **_links(source, told.used, activity.uses, thing_of),
            **_links(source, told.generated, activity.generates, thing_of),
        }
    return Described(
        key=statement.name,
        where=statement.where,
        node_type=node_type,
        uuid=source.uuid_of(statement)[0],
        values=values,
        links=links,
        record=source.own.get(statement.name),
    )


def _links(
    source: Source,
    relations: Iterable[Statement],
    uses: Iterable[Use],
    thing_of: Mapping[str, str],
) -> dict[str, str]:
    """Return what an activity is linked to, by foreign key; each holds one entity."""
    links: dict[str, str] = {}
    for relation in relations:
        roles = {value.text for value in relation.values(_ROLE)}
        thing = thing_of[relation.target("entity") or ""]
        name = next(
            (
                use.name
                for use in uses
                if not use.is_list
                and (use.role is None or use.role.term.iri in roles)
                and links.get(use.name, thing) == thing
            ),
            None,
        )
        if name is None:
            source.leave_out(relation.where, "No record has a field for this.")
        else:
            links[name] = thing
    return links


def _run(
    source: Source,
    statement: Statement,
    told: _Activity,
    thing_of: Mapping[str, str],
) -> Run:
    run_type = graph.default_type(Element.ACTIVITY)
    record = source.own.get(statement.name)
    is_run = isinstance(record, run_type.model)
    if record is not None and not is_run:
        source.complaints.add(statement.where, f"A {record.kind} is no activity.")
    ran_with, read = _split(told, thing_of)
    began, is_dated = _beginning(statement, told)
    return Run(
        key=statement.name,
        where=statement.where,
        uuid=source.uuid_of(statement)[0],
        description=_description(run_type, statement) or local_name(statement.name),
        has_failed=_has_failed(run_type, source, statement),
        began=began,
        is_dated=is_dated,
        ended=_end(statement, told),
        links=ran_with,
        inputs=_parts(read, thing_of),
        outputs=_parts(told.generated, thing_of),
        record=record if is_run else None,
    )


def _description(run_type: NodeType, statement: Statement) -> str | None:
    """Return what a document says of a run, in any of the words for it."""
    document = run_type.required_document
    activity = document.activity
    if activity is None or activity.description is None:
        return None
    return text_of(document, activity.description, statement)


def _has_failed(run_type: NodeType, source: Source, statement: Statement) -> bool:
    """Return whether a document says that a run failed."""
    document = run_type.required_document
    activity = document.activity
    if activity is None or activity.failed is None:
        return False
    field = document.field_for(activity.failed)
    return bool(source.flag_of(statement, *iris_of(field), implied=False))


def _link_fields() -> dict[Role, str]:
    """Return the foreign keys of a run by the roles of what it ran with."""
    uses = graph.default_type(Element.ACTIVITY).uses
    return {
        use.role: use.name for use in uses if use.role is not None and not use.is_list
    }


def _split(
    told: _Activity, thing_of: Mapping[str, str]
) -> tuple[dict[str, str], list[Statement]]:
    """Tell what an activity ran with from what it read."""
    ran_with: dict[str, str] = {}
    read = []
    links = _link_fields()
    fields = {role.term.iri: name for role, name in links.items()}
    for relation in told.used:
        roles = [value.text for value in relation.values(_ROLE)]
        name = next((fields[role] for role in roles if role in fields), None)
        thing = thing_of[relation.target("entity") or ""]
        if name is None or ran_with.setdefault(name, thing) != thing:
            read.append(relation)
    for name in (name for role, name in links.items() if role.is_plan):
        for plan in told.plans:
            ran_with.setdefault(name, thing_of[plan])
    return ran_with, read


def _parts(
    relations: Iterable[Statement], thing_of: Mapping[str, str]
) -> tuple[Part, ...]:
    """Return the parts of files that these relations name, each once."""
    parts: dict[Part, None] = {}
    for relation in relations:
        thing = thing_of[relation.target("entity") or ""]
        named = [Part(thing, value.text) for value in relation.values(_COMPONENT)]
        parts |= dict.fromkeys(named or [Part(thing)])
    return tuple(parts)


def _beginning(statement: Statement, told: _Activity) -> tuple[datetime | None, bool]:
    """Find when an activity began, and whether the document says so.

    Otherwise it is the earliest time at which something was used or generated.
    """
    said = [statement.text(_START), *(one.text(_TIME) for one in told.started)]
    known = next((moment(text) for text in said if text), None)
    if known is not None:
        return known, True
    times = [one.text(_TIME) for one in (*told.used, *told.generated)]
    found = [time for text in times if text and (time := moment(text)) is not None]
    return min(found, default=None), False


def _end(statement: Statement, told: _Activity) -> datetime | None:
    """Find when an activity ended."""
    said = [statement.text(_END), *(one.text(_TIME) for one in told.ended)]
    return next((moment(text) for text in said if text), None)


def _leave_out(
    source: Source,
    runs: Iterable[Run],
    thing_of: Mapping[str, str],
    definitions: Definitions,
) -> None:
    """Note the relations that become no record, and that no definition covers."""
    for kind, why in _NO_RECORD.items():
        for relation in filterfalse(definitions.cover, source.document.of(kind)):
            source.leave_out(relation.where, why)
    for kind, attribute in _NAMING_A_RUNNER:
        for relation in filterfalse(definitions.cover, source.document.of(kind)):
            if relation.target(attribute):
                source.leave_out(
                    relation.where,
                    "A run on record is that of the account which registers it.",
                )
    derived = source.document.of("wasDerivedFrom")
    _leave_out_derivations(
        source, filterfalse(definitions.cover, derived), runs, thing_of
    )


def _leave_out_derivations(
    source: Source,
    relations: Iterable[Statement],
    runs: Iterable[Run],
    thing_of: Mapping[str, str],
) -> None:
    """Note derivations that no run stands for; of the others the runs tell."""
    known = {
        (written.thing, read.thing)
        for run in runs
        for written in run.outputs
        for read in run.inputs
    }
    for relation in relations:
        made, of = (
            thing_of.get(relation.target(name) or "")
            for name in ("generatedEntity", "usedEntity")
        )
        if (made, of) not in known:
            source.leave_out(
                relation.where, "No run in the document used the one for the other."
            )
