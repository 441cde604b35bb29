"""The outputs of an action: levels of sensitivity, each with patterns of files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath, PureWindowsPath
from posixpath import normpath
from typing import Any, Final

from registry.core.validators import PATH_LENGTH
from registry.execution.levels import HIGHLY, LEVELS, MODERATELY
from registry.execution.project_files.commands import output_pattern, writes_dataset
from registry.execution.project_files.model import Command, Output, name_problem

#: Extensions of moderately sensitive files: people can review these before release.
REVIEWABLE: Final = frozenset(
    "csv jpg jpeg png svg svgz html txt log json md".split()  # noqa: SIM905
)
#: The folder that backends use themselves.
_RESERVED_FOLDER: Final = "metadata"
_REFUSED_WILDCARDS: Final = ("**", "?", "[")


def read_outputs(given: Any) -> tuple[tuple[Output, ...], list[str]]:
    """Return the outputs of an action, and all that is wrong with them.

    An output whose path is not a text is left out.
    """
    levels = _used_levels(given)
    if not levels:
        return (), [
            "outputs must name levels with files, such as moderately_sensitive."
        ]
    errors = list(_level_errors(levels))
    outputs: list[Output] = []
    for level, name, path in _files_of(levels):
        problem = name_problem(name) or _path_problem(path, level)
        if problem is not None:
            errors.append(f"outputs.{level}.{name}: {problem}")
        if isinstance(path, str):
            outputs.append(Output(level, name, path))
    return tuple(outputs), errors


def _used_levels(given: Any) -> dict[str, Any]:
    """Return the levels with their files; an empty level counts as absent."""
    if not isinstance(given, Mapping):
        return {}
    return {level: files for level, files in given.items() if files is not None}


def _level_errors(levels: Mapping[str, Any]) -> Iterator[str]:
    for level, files in levels.items():
        if level not in LEVELS:
            yield f"outputs has {level}: levels are {', '.join(LEVELS)}."
        elif not isinstance(files, Mapping) or not files:
            yield f"outputs.{level} must have names with patterns of files."


def _files_of(levels: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Yield the level, the name and the path of each output."""
    for level, files in levels.items():
        if level in LEVELS and isinstance(files, Mapping):
            for name, path in files.items():
                yield level, name, path


def _path_problem(path: Any, level: str) -> str | None:
    """Return what is wrong with the path of an output, None if nothing is."""
    if not isinstance(path, str) or not path:
        return "give a path, such as output/table.csv."
    if not path.isprintable():
        return "a path must be one line without control characters."
    if len(path) > PATH_LENGTH:
        return f"a path can have {PATH_LENGTH} characters."
    problem = _folder_problem(path) or _file_problem(path, level)
    return problem and f"{path} {problem}"


def _folder_problem(pattern: str) -> str | None:
    """Return what is wrong with the folder of a pattern."""
    if "\\" in pattern:
        return "has a backslash: write / between folders."
    if _is_absolute(pattern) or normpath(pattern) != pattern or pattern in {".", ".."}:
        return "must be a path below the folder of the project, without . and .. in it."
    if pattern.startswith("../"):
        return "must be a path below the folder of the project."
    if PurePosixPath(pattern).parts[0] == _RESERVED_FOLDER:
        return f"is in {_RESERVED_FOLDER}/, which backends use themselves."
    return None


def _is_absolute(pattern: str) -> bool:
    return pattern.startswith("/") or PureWindowsPath(pattern).is_absolute()


def _file_problem(pattern: str, level: str) -> str | None:
    """Return what is wrong with the wildcards or the extension of a pattern."""
    wildcards = [one for one in _REFUSED_WILDCARDS if one in pattern]
    if wildcards:
        return f"has {wildcards[0]}: the one wildcard is *."
    extension = PurePosixPath(pattern).suffix
    if not extension or extension.endswith("*"):
        return "must end in an extension, such as .csv."
    if level == MODERATELY and extension[1:] not in REVIEWABLE:
        return f"must be one of {', '.join(sorted(REVIEWABLE))} at level {level}."
    return None


def dataset_errors(command: Command, outputs: tuple[Output, ...]) -> Iterator[str]:
    """Yield what is wrong with the outputs of a command that writes a dataset."""
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
