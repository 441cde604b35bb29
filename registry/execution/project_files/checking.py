"""Check a project file against the rules of its version, and list all errors."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final

from registry.core.errors import InvalidInput
from registry.execution.project_files.commands import read_command, version_errors
from registry.execution.project_files.model import (
    FIRST_VERSION,
    LAST_VERSION,
    RUN_ALL,
    Action,
    Command,
    Output,
    Project,
    name_problem,
)
from registry.execution.project_files.outputs import dataset_errors, read_outputs
from registry.execution.project_files.reading import InvalidYAML, read_yaml

_KEYS: Final = ("version", "expectations", "actions")
_REQUIRED: Final = ("run", "outputs")
_ACTION_KEYS: Final = (*_REQUIRED, "needs", "config", "dummy_data_file")
#: The most messages, and the most characters of each: an error can be repeated
#: thousands of times, and a name can be as long as the file.
_MAX_MESSAGES, _MAX_CHARACTERS = 50, 2000


class InvalidProject(InvalidInput):
    """A project file breaks a rule; ``messages`` name the actions."""

    def __init__(self, messages: list[str]) -> None:
        self.messages = [_cut(one) for one in messages[:_MAX_MESSAGES]]
        super().__init__({"project": self.messages})


def _cut(message: str) -> str:
    if len(message) <= _MAX_CHARACTERS:
        return message
    return f"{message[:_MAX_CHARACTERS]} …"


def read_project(content: bytes) -> Project:
    """Return the project of a file; raises ``InvalidProject`` with all errors."""
    try:
        given = read_yaml(content)
    except InvalidYAML as error:
        raise InvalidProject([str(error)]) from error
    if not isinstance(given, Mapping):
        raise InvalidProject(["The file must have the keys version and actions."])
    version = _read_version(given)
    errors = list(_top_errors(given, version))
    names = _actions_of(given)
    actions: dict[str, Action] = {}
    for name, one in names.items():
        action, wrong = _read_action(name, one, version)
        errors += [f"Action {name}: {message}" for message in wrong]
        if action is not None:
            actions[name] = action
    errors += _errors_between(actions, names, version)
    if errors:
        raise InvalidProject(errors)
    return Project(version, actions)


def _read_version(given: Mapping[str, Any]) -> int:
    """Return the version, which can be a number or a text."""
    version = given.get("version")
    known = f"Known are {FIRST_VERSION} to {LAST_VERSION}."
    if version is None:
        raise InvalidProject([f"version is missing. {known}"])
    number = _to_number(version)
    if number is None:
        raise InvalidProject([f"version must be a number. {known}"])
    if not (number.is_integer() and FIRST_VERSION <= number <= LAST_VERSION):
        raise InvalidProject([f"version is {number:g}. {known}"])
    return int(number)


def _to_number(value: Any) -> float | None:
    """Return a number, or a text of digits, as a number."""
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _top_errors(given: Mapping[str, Any], version: int) -> Iterator[str]:
    unknown = [key for key in given if key not in _KEYS]
    if unknown:
        yield f"Unknown keys: {', '.join(unknown)}. Known are {', '.join(_KEYS)}."
    actions = given.get("actions")
    if not isinstance(actions, Mapping) or not actions:
        yield "actions must have at least one action."
    elif version >= 5 and RUN_ALL in actions:
        yield f"No action can be called {RUN_ALL}: it stands for all of them."
    yield from _expectation_errors(given, version)


def _expectation_errors(given: Mapping[str, Any], version: int) -> Iterator[str]:
    if "expectations" in given and version >= 4:
        yield "expectations are not supported from version 4 on."
    elif version == 3 and not _has_population_size(given):
        yield "expectations.population_size must be a whole number in version 3."


def _has_population_size(given: Mapping[str, Any]) -> bool:
    expectations = given.get("expectations")
    if not isinstance(expectations, Mapping):
        return False
    size = _to_number(expectations.get("population_size"))
    return size is not None and size.is_integer()


def _actions_of(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the actions without ``run_all``, which stands for all of them.

    Files before version 5 can have an action of that name, which never counted.
    """
    actions = given.get("actions")
    if not isinstance(actions, Mapping):
        return {}
    return {name: one for name, one in actions.items() if name != RUN_ALL}


def _read_action(
    name: str, given: Any, version: int
) -> tuple[Action | None, list[str]]:
    """Return an action, and what is wrong with it."""
    if not isinstance(given, Mapping):
        return None, [f"must have the keys {' and '.join(_REQUIRED)}."]
    errors = [*_key_errors(given), *_value_errors(given)]
    problem = name_problem(name)
    if problem is not None:
        errors.insert(0, problem)
    if errors:
        return None, errors
    outputs, errors = read_outputs(given["outputs"])
    command = read_command(given["run"])
    if isinstance(command, str):
        return None, [command, *errors]
    errors += [*version_errors(command, version), *dataset_errors(command, outputs)]
    action = _build_action(name, given, command, outputs)
    return action, [*errors, *_config_errors(action)]


def _key_errors(given: Mapping[str, Any]) -> Iterator[str]:
    for key in given:
        if key not in _ACTION_KEYS:
            yield f"unknown key {key}. Known are {', '.join(_ACTION_KEYS)}."
    for key in _REQUIRED:
        if key not in given:
            yield f"{key} is missing."


def _value_errors(given: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with values; an empty one counts as absent."""
    if not isinstance(given.get("run", ""), str):
        yield "run must be a text."
    needs = given.get("needs") or []
    if not (isinstance(needs, list) and all(isinstance(one, str) for one in needs)):
        yield "needs must be a list of the names of actions."
    if not isinstance(given.get("config") or {}, Mapping):
        yield "config must have keys and values."
    if not isinstance(given.get("dummy_data_file") or "", str):
        yield "dummy_data_file must be a path."


def _build_action(
    name: str, given: Mapping[str, Any], command: Command, outputs: tuple[Output, ...]
) -> Action:
    return Action(
        name,
        command,
        outputs,
        tuple(dict.fromkeys(given.get("needs") or ())),
        dict(given.get("config") or {}),
    )


def _config_errors(action: Action) -> Iterator[str]:
    try:
        _ = action.command
    except ValueError:
        yield "config has an infinite number, or one that is none: JSON has no such."


def _errors_between(
    actions: Mapping[str, Action], names: Collection[str], version: int
) -> Iterator[str]:
    """Yield errors that concern several actions.

    ``names`` are those of all actions, ``actions`` only has those that could be read.
    """
    yield from _unknown_needs(actions, names)
    yield from _repeated_commands(actions)
    if version >= 2:
        yield from _repeated_outputs(actions)
    others = {
        name: tuple(need for need in action.needs if need != name)
        for name, action in actions.items()
    }
    cycle = find_cycle(others)
    if cycle:
        yield f"Actions need each other in a circle: {' → '.join(cycle)}."


def _unknown_needs(
    actions: Mapping[str, Action], names: Collection[str]
) -> Iterator[str]:
    for name, action in actions.items():
        for need in action.needs:
            if need == name:
                yield f"Action {name}: it needs itself."
            elif need not in names:
                yield f'Action {name}: it needs "{need}", which is no action.'


def _repeated_commands(actions: Mapping[str, Action]) -> Iterator[str]:
    commands: dict[Command, str] = {}
    for name, action in actions.items():
        first = commands.setdefault(action.run, name)
        if first != name:
            yield f"Action {name}: it has the same run as action {first}."


def _repeated_outputs(actions: Mapping[str, Action]) -> Iterator[str]:
    owners: dict[str, str] = {}
    for name, action in actions.items():
        for output in action.outputs:
            if output.pattern in owners:
                first = owners[output.pattern]
                yield f"Action {name}: {output.pattern} is an output of {first} too."
            else:
                owners[output.pattern] = name


def find_cycle(needs: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return names that need each other in a circle, the first one at both ends.

    Returns an empty list if there is none. Names without an entry are ignored.
    """
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        # it has each name before the one that needs it
        cycle: list[str] = error.args[1]
        return cycle[::-1]
    return []
