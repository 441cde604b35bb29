"""The outputs of an action: levels of sensitivity, each with patterns of files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath, PureWindowsPath
from posixpath import normpath
from typing import Any, Final

from registry.execution.levels import HIGHLY, LEVELS, MODERATELY
from registry.execution.project_files.commands import output_pattern, writes_dataset
from registry.execution.project_files.model import Command, Output

#: What people can look through before it is released (of level moderately sensitive).
REVIEWABLE: Final = frozenset(
    "csv jpg jpeg png svg svgz html txt log json md".split()  # noqa: SIM905
)
#: The folder in which a backend keeps its own notes.
_RESERVED: Final = "metadata"
_UNKNOWN_WILDCARDS: Final = ("**", "?", "[")


def read_outputs(given: Any) -> tuple[tuple[Output, ...], list[str]]:
    """Return the outputs as a project file has them, and what is wrong with them."""
    levels = _used_levels(given)
    if not levels:
        return (), [
            "outputs must name levels with files, such as moderately_sensitive."
        ]
    errors: list[str] = []
    found: list[Output] = []
    for level, files in levels.items():
        if level not in LEVELS:
            errors.append(f"outputs has {level}: levels are {', '.join(LEVELS)}.")
        elif not isinstance(files, Mapping) or not files:
            errors.append(f"outputs.{level} must have names with patterns of files.")
        else:
            found += [Output(level, name, path) for name, path in files.items()]
    return tuple(found), [*errors, *_errors(found)]


def _used_levels(given: Any) -> dict[str, Any]:
    """Return the levels that have something; an empty one counts as absent."""
    if not isinstance(given, Mapping):
        return {}
    return {level: files for level, files in given.items() if files is not None}


def _errors(outputs: list[Output]) -> Iterator[str]:
    for one in outputs:
        problem = _problem(one)
        if problem is not None:
            yield f"outputs.{one.level}.{one.name}: {problem}"


def _problem(output: Output) -> str | None:
    """Return what is wrong with an output, None if nothing is."""
    pattern: Any = output.pattern
    if not isinstance(pattern, str) or not pattern:
        return "give a path, such as output/table.csv."
    if not pattern.isprintable():
        return "a path must be one line without control characters."
    problem = _place_problem(pattern) or _name_problem(pattern, output.level)
    return problem and f"{pattern} {problem}"


def _place_problem(pattern: str) -> str | None:
    """Return what is wrong with the folder of a pattern."""
    if "\\" in pattern:
        return "has a backslash: write / between folders."
    if _is_absolute(pattern) or normpath(pattern) != pattern or pattern in {".", ".."}:
        return "must be a path below the folder of the project, without . and .. in it."
    if pattern.startswith("../"):
        return "must be a path below the folder of the project."
    if PurePosixPath(pattern).parts[0] == _RESERVED:
        return f"is in {_RESERVED}/, which backends use themselves."
    return None


def _is_absolute(pattern: str) -> bool:
    return pattern.startswith("/") or PureWindowsPath(pattern).is_absolute()


def _name_problem(pattern: str, level: str) -> str | None:
    """Return what is wrong with the wildcards or the extension of a pattern."""
    wildcards = [one for one in _UNKNOWN_WILDCARDS if one in pattern]
    if wildcards:
        return f"has {wildcards[0]}: the one wildcard is *."
    extension = PurePosixPath(pattern).suffix
    if not extension or extension.endswith("*"):
        return "must end in an extension, such as .csv."
    if level == MODERATELY and extension[1:] not in REVIEWABLE:
        return f"must be one of {', '.join(sorted(REVIEWABLE))} at level {level}."
    return None


def dataset_errors(command: Command, outputs: tuple[Output, ...]) -> Iterator[str]:
    """Yield what is wrong if a command writes records of patients."""
    if not writes_dataset(command):
        return
    program = f"{command.image} {command.arguments[0]}"
    if any(one.level != HIGHLY for one in outputs):
        yield f"all outputs of {program} must be {HIGHLY}."
    written = output_pattern(command)
    if written is None:
        yield "run must have --output with one of the outputs."
    elif written not in {one.pattern for one in outputs}:
        yield f"run writes {written} by --output, which is none of the outputs."
