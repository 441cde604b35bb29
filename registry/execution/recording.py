"""Make code runs of finished tasks, with their inputs and outputs as objects.

The code run belongs to who asked for it; the executor is named by the attempt.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from registry.catalogue.access import private_files
from registry.catalogue.models import FileType, Object
from registry.catalogue.services import find_or_register_root, register_objects
from registry.core.texts import shorten_text
from registry.execution.code_objects import (
    command_objects,
    find_locations,
    store_root,
)
from registry.execution.definitions import inputs_of
from registry.execution.inputs import kept_folder, whole_components
from registry.execution.levels import HIGHLY, LEVELS, MINIMALLY
from registry.execution.models import (
    Attempt,
    AttemptOutput,
    AttemptState,
    Provenance,
    RunRequest,
    Task,
)
from registry.execution.reports import Output, Report
from registry.runs.models import CodeRun
from registry.runs.services import register_code_runs
from registry.storage.models import StoredFile
from registry.storage.services import stored_among

if TYPE_CHECKING:
    from registry.identity.models import User

Taken = Sequence[tuple[Report, Attempt]]


@dataclass
class _Written:
    """An output of an attempt, and the object that it became."""

    attempt: Attempt
    output: Output
    is_stored: bool
    thing: Object | None = None


def record_runs(taken: Taken) -> dict[int, CodeRun]:
    """Register what attempts wrote, and the code runs that they became, by attempt.

    ``taken`` are attempts with the reports of their ends; those of one person take a
    constant number of statements.
    """
    by_person: defaultdict[int, list[tuple[Report, Attempt]]] = defaultdict(list)
    for report, attempt in taken:
        if _is_recorded(report, attempt.task.run_request):
            by_person[attempt.task.run_request.registered_by_id].append(
                (report, attempt)
            )
    runs: dict[int, CodeRun] = {}
    for some in by_person.values():
        runs |= _record_for(some, by=some[0][1].task.run_request.registered_by)
    return runs


def _is_recorded(report: Report, request: RunRequest) -> bool:
    if report.outcome == AttemptState.DONE:
        return True
    return report.outcome == AttemptState.FAILED and request.record_failures


def _record_for(taken: Taken, *, by: User) -> dict[int, CodeRun]:
    written = _register_outputs(taken, by=by)
    each = [
        (report, attempt)
        for report, attempt in taken
        if attempt.task.run_request.provenance == Provenance.EACH
    ]
    if not each:
        return {}
    tasks = [attempt.task for _, attempt in each]
    scripts = _scripts(tasks, by=by)
    inputs = inputs_of(tasks)
    parts = whole_components(one.thing.pk for one in written if one.thing is not None)
    outputs: defaultdict[int, list[int]] = defaultdict(list)
    for one in written:
        if one.thing is not None:
            outputs[one.attempt.pk].append(parts[one.thing.pk])
    rows = [
        {
            **_values_of(report, attempt),
            "submission_script": scripts[attempt.task_id],
            "inputs": components_of(inputs[attempt.task_id]),
            "outputs": outputs[attempt.pk],
        }
        for report, attempt in each
    ]
    runs = register_code_runs(rows, by=by, validated=True)
    return {attempt.pk: run for (_, attempt), run in zip(each, runs, strict=True)}


def _values_of(report: Report, attempt: Attempt) -> dict[str, Any]:
    request = attempt.task.run_request
    return {
        "description": description_of(attempt.task, attempt.task.job.index, request),
        "run_date": attempt.started,
        "end_date": attempt.ended,
        "failed": report.outcome == AttemptState.FAILED,
        "code_repo": request.code_id,
        "model_config": request.config_id,
    }


def description_of(task: Task, job: int, request: RunRequest) -> str:
    """Return what a task is called as a code run."""
    if request.rerun_of_id is not None:
        return request.description
    name = task.name if request.jobs == 1 else f"{task.name} {job}"
    return shorten_text(f"{name}: {request.description}", 1000)


def components_of(inputs: Iterable[dict[str, Any]]) -> list[int]:
    """Return the known components of inputs, each once."""
    found = (one["component"] for one in inputs if one.get("component"))
    return list(dict.fromkeys(found))


def _scripts(tasks: Sequence[Task], *, by: User) -> dict[int, int]:
    """Return the objects with the commands of tasks, each command once."""
    keys = {one.pk: "\0".join(one.command) for one in tasks}
    commands = {keys[one.pk]: one.command for one in tasks}
    found = command_objects(commands, by=by)
    return {pk: found[key] for pk, key in keys.items()}


def _register_outputs(taken: Taken, *, by: User) -> list[_Written]:
    """Register what attempts wrote as objects; keep them with the attempts."""
    if not any(report.outputs for report, _ in taken):
        return []
    stored = stored_among({one.sha1 for report, _ in taken for one in report.outputs})
    written = [
        _Written(attempt, one, one.level != HIGHLY and one.sha1 in stored)
        for report, attempt in taken
        for one in _as_declared(report.outputs, attempt.task)
    ]
    places = _places(written, by=by)
    file_types = _file_types(written)
    rows = [
        {
            "description": _describe(one),
            "file_type": file_types.get(_extension(one.output.path)),
            **({"storage_location": places[at]} if at in places else {}),
        }
        for at, one in enumerate(written)
    ]
    things = register_objects(rows, by=by, validated=True)
    for one, thing in zip(written, things, strict=True):
        one.thing = thing
    AttemptOutput.objects.bulk_create([_row_of(one) for one in written], batch_size=500)
    _share(written, by=by)
    return written


def _as_declared(outputs: Sequence[Output], task: Task) -> list[Output]:
    """Return outputs with the levels that their task declares, where stricter."""
    declared: dict[str, int] = {}
    for one in task.outputs:
        level = LEVELS.index(one["level"])
        declared[one["name"]] = min(level, declared.get(one["name"], level))
    return [
        replace(
            one,
            level=LEVELS[
                min(LEVELS.index(one.level), declared.get(one.name, len(LEVELS)))
            ],
        )
        for one in outputs
    ]


def _share(written: Sequence[_Written], *, by: User) -> None:
    """Let people have the private files that their own runs wrote.

    The same bytes may be in another person's private file. Only an executor that sent
    them itself shows that a run wrote them.
    """
    stored = {
        one.output.sha1: one.attempt.executor_id for one in written if one.is_stored
    }
    closed = private_files(stored) if stored else set()
    private = {sha1: stored[sha1] for sha1 in closed}
    if not private:
        return
    senders = set(private.values())
    files = StoredFile.objects.filter(
        Q(stored_by__in=senders) | Q(sent_again_by__in=senders), sha1__in=private
    )
    sent = files.values_list("pk", "stored_by").distinct()
    through = StoredFile.sent_again_by.through
    through._default_manager.bulk_create(
        [
            through(storedfile_id=pk, user_id=by.pk)
            for pk, stored_by in sent
            if stored_by != by.pk
        ],
        ignore_conflicts=True,
    )


def _extension(path: str) -> str:
    return PurePosixPath(path).suffix[1:].lower()


def _file_types(written: Sequence[_Written]) -> dict[str, int]:
    """Return the registered file types of outputs by their extensions."""
    extensions = {_extension(one.output.path) for one in written} - {""}
    rows = FileType.objects.not_withdrawn().filter(extension__in=extensions)
    found: dict[str, int] = {}
    for pk, extension in rows.order_by("pk").values_list("pk", "extension"):
        found.setdefault(extension, pk)
    return found


def _row_of(one: _Written) -> AttemptOutput:
    is_hidden = one.output.level == HIGHLY
    return AttemptOutput(
        attempt=one.attempt,
        name="" if is_hidden else one.output.name,
        level=one.output.level,
        path="" if is_hidden else one.output.path,
        size=one.output.size,
        sha1="" if is_hidden else one.output.sha1,
        is_stored=one.is_stored,
        object=one.thing,
    )


def _describe(one: _Written) -> str:
    task = one.attempt.task
    if one.output.level == HIGHLY:
        return (
            f"A highly sensitive output of {task.name}, {one.output.size} bytes, which "
            "stays on its backend"
        )
    return f"{one.output.path} of {task.name}"


def _places(written: Sequence[_Written], *, by: User) -> dict[int, int]:
    """Return the storage locations of outputs, by their numbers; hidden ones have none.

    The same bytes are one location below a root.
    """
    groups: defaultdict[tuple[str, bool], dict[str, str]] = defaultdict(dict)
    keys: dict[int, tuple[str, bool, str]] = {}
    for at, one in enumerate(written):
        if one.output.level == HIGHLY or not one.output.sha1:
            continue
        root, path = _place_of(one)
        public = one.is_stored and one.output.level == MINIMALLY
        groups[root, public].setdefault(one.output.sha1, path)
        keys[at] = (root, public, one.output.sha1)
    found = {
        (root, public): find_locations(
            find_or_register_root(root, by=by), paths, public=public, by=by
        )
        for (root, public), paths in sorted(groups.items())
    }
    return {at: found[root, public][sha1] for at, (root, public, sha1) in keys.items()}


def _place_of(one: _Written) -> tuple[str, str]:
    """Return the root and the path of an output: in the store, or on its backend."""
    if one.is_stored:
        return store_root(), one.output.sha1
    folder = kept_folder(one.attempt)
    root = f"registry-backend://{one.attempt.backend.slug}/"
    return root, f"{folder}/{one.output.path}"
