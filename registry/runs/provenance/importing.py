"""Runs of a document: found by UUID, or registered, with the parts they used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from registry.catalogue.models import WHOLE_OBJECT, ObjectComponent
from registry.core.errors import Conflict, InvalidInput
from registry.core.graph.described import Registered
from registry.runs.models import CodeRun
from registry.runs.provenance.documents import LINKS
from registry.runs.services import update_code_run

if TYPE_CHECKING:
    from registry.core.graph.described import Part, Run
    from registry.core.graph.ledger import Ledger
    from registry.core.models import Record
    from registry.core.records import Values

    #: Ids of components by the ids of their objects and their names.
    Components = Mapping[tuple[int, str], int]


def register_runs(
    runs: Sequence[Run], objects: Mapping[str, Record], ledger: Ledger
) -> Registered:
    """Find or register the runs.

    A document may tell a part of what a run wrote, another document the rest: so what
    a run on record lacks is added to it.
    """
    components = _register_components(runs, objects, ledger)
    known = {
        run.uuid: run
        for run in CodeRun.objects.filter(
            uuid__in={run.uuid for run in runs}
        ).prefetch_related("inputs", "outputs")
    }
    new = [run for run in runs if run.record is None and run.uuid not in known]
    _require_dates(new)
    rows = [(run.where, _values_of(run, objects, components)) for run in new]
    found: dict[str, CodeRun] = {}
    for run in runs:
        record = run.record or known.get(run.uuid)
        if record is not None:
            values = _values_of(run, objects, components)
            found[run.key] = _complete(run, record, values, ledger)
    registered = ledger.register(CodeRun, rows)
    found |= {run.key: one for run, one in zip(new, registered, strict=True)}
    return Registered(found)


def _require_dates(runs: Iterable[Run]) -> None:
    """Refuse new runs of which nothing says when they began."""
    message = "When did this begin? A run that is not on record needs a time."
    undated = [run for run in runs if run.began is None]
    if undated:
        raise InvalidInput({run.where: [message] for run in undated})


def _values_of(
    run: Run, objects: Mapping[str, Record], components: Components
) -> dict[str, object]:
    """Return the values of a run's record."""
    values: dict[str, object] = {
        "uuid": run.uuid,
        "description": run.description,
        "run_date": run.began,
        "end_date": run.ended,
        "failed": run.has_failed,
        "inputs": _ids(run.inputs, objects, components),
        "outputs": _ids(run.outputs, objects, components),
    }
    for name in LINKS:
        key = run.links.get(name)
        values[name] = objects[key] if key is not None else None
    return values


def _ids(
    parts: Iterable[Part], objects: Mapping[str, Record], components: Components
) -> list[int]:
    return [
        components[objects[part.thing].pk, part.component or WHOLE_OBJECT]
        for part in parts
    ]


def _complete(
    run: Run, record: CodeRun, values: Mapping[str, object], ledger: Ledger
) -> CodeRun:
    """Add to a run on record what it lacks; refuse what contradicts it."""
    began = run.began if run.is_dated else None
    if began is not None and began != record.run_date:
        raise Conflict(
            f"{run.where}: code run {record.pk} on record began at "
            f"{record.run_date.isoformat()}, this one at {began.isoformat()}."
        )
    additions = _additions(record, values)
    if not additions:
        return record
    return update_code_run(record.pk, additions, by=ledger.by)


def _additions(record: CodeRun, values: Mapping[str, object]) -> Values:
    """Return the lists that a document makes longer, and the links that it adds."""
    additions: dict[str, object] = {
        name: values[name]
        for name in LINKS
        if values[name] is not None and getattr(record, f"{name}_id") is None
    }
    for name in ("inputs", "outputs"):
        present = [component.pk for component in getattr(record, name).all()]
        said = values[name]
        more = [pk for pk in said if pk not in set(present)]  # type: ignore[attr-defined]
        if more:
            additions[name] = present + more
    return additions


def _register_components(
    runs: Sequence[Run], objects: Mapping[str, Record], ledger: Ledger
) -> Components:
    """Find or register the parts of objects that runs read and wrote."""
    named = {
        (objects[part.thing].pk, part.component or WHOLE_OBJECT): run.where
        for run in runs
        for part in (*run.inputs, *run.outputs)
    }
    known = {
        (pk, name): component
        for component, pk, name, is_whole in ObjectComponent.objects.filter(
            object__in={pk for pk, _ in named}
        ).values_list("pk", "object", "name", "whole_object")
    }
    rows: list[tuple[str, Values]] = [
        (where, {"object": pk, "name": name})
        for (pk, name), where in named.items()
        if (pk, name) not in known
    ]
    for component in ledger.register(ObjectComponent, rows):
        known[component.object_id, component.name] = component.pk
    return known
