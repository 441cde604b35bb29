"""Activities of a document: runs of code, with what they used and generated."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from registry.provenance.importing import Part, Run
from registry.provenance.prov.reading import moment
from registry.provenance.prov.sources import local_name
from registry.provenance.vocabulary import DCTERMS, FAIR, PROV, RDFS
from registry.runs.models import CodeRun

if TYPE_CHECKING:
    from datetime import datetime

    from registry.provenance.prov.reading import Statement
    from registry.provenance.prov.sources import Source

_ROLE = f"{PROV}role"
_START, _END, _TIME = f"{PROV}startTime", f"{PROV}endTime", f"{PROV}time"
_COMPONENT = f"{FAIR}component"
_DESCRIPTIONS = (f"{DCTERMS}description", f"{PROV}label", f"{RDFS}label")
#: The roles of what a run ran with, and the fields of a run that hold it.
_FIELDS = {
    f"{FAIR}software": "code_repo",
    f"{FAIR}model_configuration": "model_config",
    f"{FAIR}submission_script": "submission_script",
}
#: Relations that no record holds, and why.
_NO_RECORD = {
    "wasInformedBy": "Runs are linked by the files that one wrote and the other read.",
    "wasInvalidatedBy": "Nothing on record ceases to be.",
    "actedOnBehalfOf": "On whose behalf somebody acted is on no record.",
    "wasInfluencedBy": "It does not say what was used or generated.",
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


def map_activities(source: Source, thing_of: Mapping[str, str]) -> tuple[Run, ...]:
    """Read the runs; ``thing_of`` is the file that each entity stands for."""
    told: defaultdict[str, _Activity] = defaultdict(_Activity)
    for kind, name in (
        ("used", "used"),
        ("wasGeneratedBy", "generated"),
        ("wasStartedBy", "started"),
        ("wasEndedBy", "ended"),
    ):
        for relation in source.document.of(kind):
            activity, entity = relation.target("activity"), relation.target("entity")
            if activity is None or (kind in {"used", "wasGeneratedBy"} and not entity):
                source.leave_out(relation.where, "It names no activity, or no entity.")
            else:
                getattr(told[activity], name).append(relation)
    for relation in source.document.of("wasAssociatedWith"):
        plan = relation.target("plan")
        if plan is not None:
            told[relation.target("activity") or ""].plans.append(plan)
    runs = tuple(
        _run(source, statement, told[name], thing_of)
        for name, statement in source.activities.items()
    )
    _leave_out(source, runs, thing_of)
    return runs


def _run(
    source: Source,
    statement: Statement,
    told: _Activity,
    thing_of: Mapping[str, str],
) -> Run:
    record = source.own.get(statement.name)
    if record is not None and not isinstance(record, CodeRun):
        source.complaints.add(statement.where, f"A {record.kind} is no activity.")
    ran_with, read = _split(told, thing_of)
    began, is_dated = _beginning(statement, told)
    ends = [statement.text(_END), *(one.text(_TIME) for one in told.ended)]
    return Run(
        key=statement.name,
        where=statement.where,
        uuid=source.uuid_of(statement)[0],
        description=statement.text(*_DESCRIPTIONS) or local_name(statement.name),
        run_date=began,
        is_dated=is_dated,
        end_date=next((moment(text) for text in ends if text), None),
        code_repo=ran_with.get("code_repo"),
        model_config=ran_with.get("model_config"),
        submission_script=ran_with.get("submission_script"),
        inputs=_parts(read, thing_of),
        outputs=_parts(told.generated, thing_of),
        record=record if isinstance(record, CodeRun) else None,
    )


def _split(
    told: _Activity, thing_of: Mapping[str, str]
) -> tuple[dict[str, str], list[Statement]]:
    """Tell what an activity ran with from what it read."""
    ran_with: dict[str, str] = {}
    read = []
    for relation in told.used:
        roles = [value.text for value in relation.values(_ROLE)]
        name = next((_FIELDS[role] for role in roles if role in _FIELDS), None)
        thing = thing_of[relation.target("entity") or ""]
        if name is None or ran_with.setdefault(name, thing) != thing:
            read.append(relation)
    for plan in told.plans:
        ran_with.setdefault("submission_script", thing_of[plan])
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


def _leave_out(
    source: Source, runs: Iterable[Run], thing_of: Mapping[str, str]
) -> None:
    """Note the relations that become no record."""
    for kind, why in _NO_RECORD.items():
        for relation in source.document.of(kind):
            source.leave_out(relation.where, why)
    for kind, attribute in _NAMING_A_RUNNER:
        for relation in source.document.of(kind):
            if relation.target(attribute):
                source.leave_out(
                    relation.where,
                    "A run on record is that of the account which registers it.",
                )
    _leave_out_derivations(source, runs, thing_of)


def _leave_out_derivations(
    source: Source, runs: Iterable[Run], thing_of: Mapping[str, str]
) -> None:
    """Note derivations that no run stands for; of the others the runs tell."""
    known = {
        (written.thing, read.thing)
        for run in runs
        for written in run.outputs
        for read in run.inputs
    }
    for relation in source.document.of("wasDerivedFrom"):
        made, of = (
            thing_of.get(relation.target(name) or "")
            for name in ("generatedEntity", "usedEntity")
        )
        if (made, of) not in known:
            source.leave_out(
                relation.where, "No run in the document used the one for the other."
            )
