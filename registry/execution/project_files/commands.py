"""The command of an action: an image with a tag, and what is run in it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Final

from registry.execution.project_files.model import Command

_IMAGE: Final = re.compile(
    r"(?P<image>[A-Za-z0-9][A-Za-z0-9._-]{0,254})"
    r":(?P<tag>v[0-9.]{1,100}(-pre)?|dev|latest)"
)
_COHORT_EXTRACTOR: Final = "cohortextractor"
#: The programs of ehrQL that write one dataset, to the file that ``--output`` names.
_DATASET_WRITERS: Final = frozenset({"generate-dataset", "generate_dataset"})
_EHRQL_IMAGES: Final = frozenset({"ehrql", "databuilder"})
#: The programs that read patients' records, by image; None stands for all of them.
#: Programs of other images read files only.
_DATABASE_PROGRAMS: Final = {
    "ehrql": frozenset({"generate-dataset", "generate-measures"}),
    "databuilder": frozenset({"generate-dataset", "generate-measures"}),
    "cohortextractor": frozenset({"generate_cohort", "generate_codelist_report"}),
    "sqlrunner": None,
}


def read_command(text: str) -> Command | str:
    """Return the command in the text of ``run``, or a message about what is wrong."""
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
    """Yield what is wrong with a command in a project file of this version."""
    if version >= 4 and command.image.startswith(_COHORT_EXTRACTOR):
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
    """Return whether a command writes patients' records to its ``--output``."""
    return command.image in _EHRQL_IMAGES and _program(command) in _DATASET_WRITERS


def _program(command: Command) -> str:
    """Return the first argument, which is the program in the image."""
    return command.arguments[0] if command.arguments else ""


def output_pattern(command: Command) -> str | None:
    """Return the pattern of the files that ``--output`` names, None without it.

    The option has a file, or a folder with the extension of its files: ``tables:csv``.
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
