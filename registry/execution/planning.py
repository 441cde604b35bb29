"""What the tasks of a request will be: from its own list, or from a project file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any

from registry.core.errors import InvalidInput
from registry.execution import repositories
from registry.execution.inputs import find_inputs
from registry.execution.levels import HIGHLY
from registry.execution.models import RunRequest
from registry.execution.models.checks import AMOUNTS
from registry.execution.project_files.checking import (
    InvalidProject,
    find_cycle,
    read_project,
)
from registry.execution.project_files.commands import needs_database
from registry.execution.project_files.model import (
    FILE_NAME,
    RUN_ALL,
    Action,
    Project,
)

if TYPE_CHECKING:
    from registry.core.records import Values
    from registry.identity.models import User


@dataclass(frozen=True, kw_only=True)
class TaskPlan:
    """One task of every job of a request."""

    name: str
    command: Sequence[str]
    image: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    needs: Sequence[str] = ()
    inputs: Sequence[Mapping[str, Any]] = ()
    outputs: Sequence[Mapping[str, str]] = ()
    amounts: Mapping[str, float] = field(default_factory=dict)
    requirements: Mapping[str, str] = field(default_factory=dict)
    needs_database: bool = False


@dataclass(frozen=True)
class Plan:
    """The tasks of a request, needs first, and the file that says so."""

    tasks: Sequence[TaskPlan]
    #: The project file, or the tasks as JSON; what configures the runs.
    config: bytes
    config_name: str


def plan_request(values: Values, *, by: User) -> Plan:
    """Return the tasks of a request; read its project file, which can take a minute.

    Do not call it in a transaction. Raises ``InvalidInput``.
    """
    tasks, actions = values.get("tasks") or [], values.get("requested_actions") or []
    if bool(tasks) == bool(actions):
        message = "Give either requested_actions, of a project file, or tasks."
        raise InvalidInput({"requested_actions": [message], "tasks": [message]})
    if values.get("commit") and not values.get("repo_url"):
        raise InvalidInput({"repo_url": ["Give the repository of the commit."]})
    if values.get("repo_url") and not values.get("commit"):
        raise InvalidInput({"commit": ["Give the commit in the repository."]})
    if tasks:
        _check_repository(values)
        return plan_of_tasks(tasks, by=by)
    if not values.get("repo_url"):
        raise InvalidInput({"repo_url": ["Give the repository with project.yaml."]})
    return plan_of_actions(actions, *_project_of(values))


def check_published(publish: Sequence[Mapping[str, Any]], plan: Plan) -> None:
    """Raise ``InvalidInput`` unless tasks have the outputs that are to be published."""
    outputs = {
        one.name: {output["name"]: output["level"] for output in one.outputs}
        for one in plan.tasks
    }
    errors = [
        f"[{at}].{problem}"
        for at, one in enumerate(publish)
        if (problem := _problem_of(one, outputs))
    ]
    if errors:
        raise InvalidInput({"publish": errors})


def _problem_of(
    one: Mapping[str, Any], outputs: Mapping[str, Mapping[str, str]]
) -> str | None:
    """Return what is wrong with an output that is to be published."""
    if one["task"] not in outputs:
        return f"task: {one['task']} is no task of the request."
    known = outputs[one["task"]]
    if one["output"] not in known:
        names = ", ".join(sorted(known)) or "none"
        return f"output: {one['task']} has no output {one['output']}: {names}."
    if known[one["output"]] == HIGHLY:
        return f"output: {one['output']} is highly sensitive, and stays on its backend."
    return None


def _check_repository(values: Values) -> None:
    """Raise ``InvalidInput`` if the commit of a request cannot be fetched."""
    if values.get("repo_url"):
        repositories.require_commit(
            values["repo_url"], values["commit"], branch=values.get("branch") or None
        )


def _project_of(values: Values) -> tuple[Project, bytes]:
    """Return the project file of a request, read and as it is."""
    content = repositories.read_file(
        values["repo_url"],
        values["commit"],
        FILE_NAME,
        branch=values.get("branch") or None,
    )
    try:
        return read_project(content), content
    except InvalidProject as error:
        raise InvalidInput(
            {"requested_actions": [f"{FILE_NAME}: {one}" for one in error.messages]}
        ) from error


def plan_of_actions(actions: Sequence[str], project: Project, content: bytes) -> Plan:
    """Return the tasks of actions and of all that they need."""
    wanted = list(project.actions) if RUN_ALL in actions else list(actions)
    unknown = [one for one in wanted if one not in project.actions]
    if unknown:
        raise InvalidInput(
            {
                "requested_actions": [
                    f"Action {one} is not in {FILE_NAME}, which has "
                    f"{', '.join(project.actions)[:500]}."
                    for one in unknown
                ]
            }
        )
    names = project.needed_by(*wanted)
    tasks = [plan_of_action(project.actions[name]) for name in names]
    return Plan(tasks, content, FILE_NAME)


def plan_of_action(action: Action) -> TaskPlan:
    """Return the task of an action of a project file."""
    command = action.command
    return TaskPlan(
        name=action.name,
        command=list(command.arguments),
        image=f"{command.image}:{command.tag}",
        needs=action.needs,
        outputs=[
            {"name": one.name, "level": one.level, "pattern": one.pattern}
            for one in action.outputs
        ],
        needs_database=needs_database(command),
    )


def plan_of_tasks(tasks: Sequence[Mapping[str, Any]], *, by: User) -> Plan:
    """Return the tasks that a request lists itself, in an order with needs first.

    Raises ``InvalidInput`` for needs that are no tasks or go in a circle, and for data
    products that there are not.
    """
    known = {one["name"]: one for one in tasks}
    errors = list(_errors_of_needs(known))
    if errors:
        raise InvalidInput({"tasks": errors})
    inputs = find_inputs([one.get("inputs") or [] for one in tasks], by=by)
    plans = {
        one["name"]: _plan_of(one, found)
        for one, found in zip(tasks, inputs, strict=True)
    }
    content = json.dumps(tasks, indent=1, sort_keys=True, ensure_ascii=False)
    order = TopologicalSorter({name: one.needs for name, one in plans.items()})
    ordered = [plans[name] for name in order.static_order()]
    return Plan(ordered, content.encode(), "tasks.json")


def _errors_of_needs(tasks: Mapping[str, Mapping[str, Any]]) -> Iterable[str]:
    for at, (name, one) in enumerate(tasks.items()):
        for need in one.get("needs") or ():
            if need == name:
                yield f"[{at}].needs: {name} needs itself."
            elif need not in tasks:
                yield f"[{at}].needs: {need} is no task of the request."
    cycle = find_cycle(
        {name: tuple(one.get("needs") or ()) for name, one in tasks.items()}
    )
    if len(cycle) > 2:
        yield f"Tasks need each other in a circle: {' → '.join(cycle)}."


def _plan_of(one: Mapping[str, Any], inputs: Sequence[Mapping[str, Any]]) -> TaskPlan:
    asked = one.get("requirements") or {}
    return TaskPlan(
        name=one["name"],
        command=one["command"],
        image=one.get("image") or "",
        environment=one.get("environment") or {},
        needs=one.get("needs") or (),
        inputs=inputs,
        outputs=one.get("outputs") or (),
        amounts={name: asked[name] for name in AMOUNTS if name in asked},
        requirements={name: asked[name] for name in asked if name not in AMOUNTS},
        needs_database=bool(one.get("needs_database")),
    )


def names_of_actions(request: RunRequest) -> list[str]:
    """Return what was asked for, in a few words for people."""
    if request.requested_actions:
        return [str(one) for one in request.requested_actions]
    return [str(one["name"]) for one in request.tasks]
