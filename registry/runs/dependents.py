"""Which code runs stand on what a run wrote; what they stand on stays.

A run stands on another if the lineage leads from one to the other by a single object.
It goes by objects, not by their components: a run that read ``whole_object`` read what
another wrote into a table of that object, and a run that read the table read what
another wrote as ``whole_object``. The lineage connects two different tables of an
object as well, and what a run was executed with: its code, configuration and script. So
all of these count here too: a run stays for as long as the lineage of another shows it.

The locks make simultaneous requests wait. A run that reads a component refers to its
row with a foreign key, and PostgreSQL checks this at the end of the transaction: it
then locks that row as it is (FOR KEY SHARE). Here the same rows are locked for update,
before the runs that read them are looked for. So a run that is being registered is
either on record by then and is found, or it waits until the deletion or the change is
over, like a request that was sent later. The same holds for objects, to which code,
configuration and script refer, and new components. SQLite has one writer at a time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from registry.catalogue.models import Object, ObjectComponent
from registry.core.errors import HasDependents
from registry.core.lookups import IdIn
from registry.core.snapshots import read_lists
from registry.core.texts import shorten_text
from registry.runs.models import CodeRun

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from registry.core.records import Values

    #: Rows that say that a run uses an object: the rows, the run and the object.
    _Uses = tuple[QuerySet[Any], str, str]

#: The number of runs, and of components, that an error names.
MAX_NAMED = 10


def dependents_of(run: CodeRun) -> tuple[list[CodeRun], int]:
    """Return the first runs that stand on what a run wrote, and how many there are."""
    return _dependents(run, _written_objects(run))


def has_dependents(run: CodeRun) -> bool:
    """Return whether other runs stand on what a run wrote."""
    objects = _written_objects(run)
    return bool(objects) and _users_of(run, objects).exists()


def require_no_dependents(run: CodeRun) -> None:
    """Raise ``HasDependents`` if other runs stand on what a locked run wrote."""
    found, total = _locked_dependents(
        run, ObjectComponent.objects.filter(outputs_of=run)
    )
    if total:
        raise _error(f"{_name(run)} cannot be deleted", found, total)


def require_kept_links(run: CodeRun, values: Values) -> None:
    """Raise ``HasDependents`` if inputs or outputs would go that others stand on.

    Outputs can go as long as no other run has read them; inputs, code, configuration
    and script, as long as no other run has read anything that this run wrote.
    """
    outputs = _taken_away(run, values, "outputs")
    if outputs:
        _refuse_outputs(run, outputs)
    inputs = _taken_away(run, values, "inputs")
    replaced = _replaced(run, values)
    if not inputs and not replaced:
        return
    written = ObjectComponent.objects.filter(outputs_of=run)
    found, total = _locked_dependents(run, written)
    if total and inputs:
        raise _error(_says_which("inputs", inputs), found, total)
    if total:
        raise _error(f"{', '.join(replaced)} cannot be replaced", found, total)


def _replaced(run: CodeRun, values: Values) -> list[str]:
    """Return the links to code, configuration and script that would be replaced.

    One that a run does not have can be added.
    """
    links = [f for f in CodeRun._meta.fields if f.related_model is Object]
    return [
        link.name
        for link in links
        if link.name in values
        and getattr(run, link.attname) is not None
        and getattr(run, link.attname)
        != getattr(values[link.name], "pk", values[link.name])
    ]


def _refuse_outputs(run: CodeRun, outputs: Collection[int]) -> None:
    parts = ObjectComponent.objects.filter(IdIn("pk", outputs))
    found, total = _locked_dependents(run, parts)
    if total:
        used = _column(_uses(run, _objects_of(parts)), of_objects=True)
        named = (
            parts.filter(object__in=used).order_by("pk").values_list("pk", flat=True)
        )
        raise _error(_says_which("outputs", list(named)), found, total)


def _taken_away(run: CodeRun, values: Values, name: str) -> list[int]:
    """Return the links of a list that new values do not have."""
    if name not in values:
        return []
    kept = {link if isinstance(link, int) else link.pk for link in values[name]}
    return [pk for pk in read_lists(run)[name] if pk not in kept]


def _locked_dependents(
    run: CodeRun, parts: QuerySet[ObjectComponent]
) -> tuple[list[CodeRun], int]:
    """Lock the objects of components; then find the runs that stand on them."""
    objects = list(
        Object.objects.filter(pk__in=parts.order_by().values("object"))
        .order_by("pk")
        .select_for_update()
        .values_list("pk", flat=True)
    )
    if not objects:
        return [], 0
    every = ObjectComponent.objects.filter(IdIn("object", objects)).order_by("pk")
    list(every.select_for_update().values_list("pk"))
    return _dependents(run, objects)


def _dependents(run: CodeRun, objects: Collection[int]) -> tuple[list[CodeRun], int]:
    if not objects:
        return [], 0
    users = _users_of(run, objects)
    found = list(users.order_by("pk")[: MAX_NAMED + 1])
    total = users.count() if len(found) > MAX_NAMED else len(found)
    return found[:MAX_NAMED], total


def _users_of(run: CodeRun, objects: Collection[int]) -> QuerySet[CodeRun]:
    return CodeRun.objects.filter(pk__in=_column(_uses(run, objects)))


def _uses(run: CodeRun, objects: Collection[int]) -> Iterable[_Uses]:
    """Yield the rows with which other runs use objects, one kind after another."""
    read = CodeRun.inputs.through._default_manager.exclude(coderun=run.pk)
    path = "objectcomponent__object"
    yield read.filter(IdIn(path, objects)), "coderun", path
    others = CodeRun.objects.order_by().exclude(pk=run.pk)
    for field in CodeRun._meta.fields:
        if field.related_model is Object:
            yield others.filter(IdIn(field.name, objects)), "pk", field.name


def _column(uses: Iterable[_Uses], *, of_objects: bool = False) -> QuerySet[Any]:
    """Return the runs, or the objects, of all these rows."""
    first, *others = [
        rows.values_list(name if of_objects else run) for rows, run, name in uses
    ]
    return first.union(*others)


def _written_objects(run: CodeRun) -> list[int]:
    return _objects_of(ObjectComponent.objects.filter(outputs_of=run.pk))


def _objects_of(parts: QuerySet[ObjectComponent]) -> list[int]:
    return list(parts.order_by().values_list("object", flat=True).distinct())


def _says_which(name: str, ids: Sequence[int]) -> str:
    """Return which links cannot be taken away; of many, the first."""
    named = ", ".join(f"object_component/{pk}" for pk in ids[:MAX_NAMED])
    more = len(ids) - MAX_NAMED
    return f"{name}: {named}{f' and {more} more' if more > 0 else ''} cannot be removed"


def _error(what: str, found: Sequence[CodeRun], total: int) -> HasDependents:
    runs = f"{total} other code runs use" if total > 1 else "another code run uses"
    named = ", ".join(
        f"{_name(one)} ({shorten_text(one.description)})" for one in found
    )
    more = f" and {total - len(found)} more" if total > len(found) else ""
    return HasDependents(
        f"{what}: {runs} the outputs of this run: {named}{more}.", found, total
    )


def _name(run: CodeRun) -> str:
    return f"{CodeRun.kind}/{run.pk}"
