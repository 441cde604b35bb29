"""The command of an action: an image with a tag, and what is run in it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Final

from registry.execution.project_files.model import Command

_IMAGE: Final = re.compile(
    r"(?P<image>[A-Za-z0-9][A-Za-z0-9._-]*):(?P<tag>v[0-9.]+(-pre)?|dev|latest)"
)
_OF_COHORTS: Final = "cohortextractor"
#: The programs of ehrQL that write one data set, whose file ``--output`` names.
_DATASET_WRITERS: Final = frozenset({"generate-dataset", "generate_dataset"})
_EHRQL_IMAGES: Final = frozenset({"ehrql", "databuilder"})
#: Actions that read patients' records; those of other images read files alone.
_DATABASE_PROGRAMS: Final = {
    "ehrql": frozenset({"generate-dataset", "generate-measures"}),
    "databuilder": frozenset({"generate-dataset", "generate-measures"}),
    "cohortextractor": frozenset({"generate_cohort", "generate_codelist_report"}),
    "sqlrunner": None,
}


def read_command(text: str) -> Command | str:
    """Return the command of a line, or what is wrong with it."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        return f"run cannot be read: {error}."
    if not words:
        return "run is empty: give an image with its version, and a command."
    found = _IMAGE.fullmatch(words[0])
    if found is None:
        return (
            f'run begins with "{words[0]}": it must begin with an image and its '
            "version, such as python:v2."
        )
    return Command(found["image"], found["tag"], tuple(words[1:]))


def version_errors(command: Command, version: int) -> Iterator[str]:
    """Yield what this version of the form refuses in a command."""
    if version >= 4 and command.image.startswith(_OF_COHORTS):
        yield f"{command.image} is not supported from version 4 on: use ehrql."
    if version >= 5 and command.tag == "latest":
        yield f'{command.image} has the tag "latest": name a version, such as v1.'


def needs_database(command: Command) -> bool:
    """Return whether a command reads the database of a backend."""
    if command.image not in _DATABASE_PROGRAMS:
        return False
    programs = _DATABASE_PROGRAMS[command.image]
    return programs is None or _program(command) in programs


def writes_dataset(command: Command) -> bool:
    """Return whether a command writes records of patients to its ``--output``."""
    return command.image in _EHRQL_IMAGES and _program(command) in _DATASET_WRITERS


def _program(command: Command) -> str:
    """Return the first argument, which names a program of the image."""
    return command.arguments[0] if command.arguments else ""


def output_pattern(command: Command) -> str | None:
    """Return the pattern of the files that ``--output`` names, None without it.

    It names one file, or a folder with the extension of its files: ``tables:csv``.
    """
    given = _output_argument(command)
    if given is None or ":" not in given:
        return given
    folder, _, extension = given.rpartition(":")
    return f"{folder.rstrip('/')}/*.{extension}"


def _output_argument(command: Command) -> str | None:
    arguments = iter(command.arguments)
    for argument in arguments:
        if argument == "--output":
            return next(arguments, None)
        if argument.startswith("--output="):
            return argument.partition("=")[2]
    return None
