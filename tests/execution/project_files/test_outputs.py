"""Patterns of outputs are paths below the project, as their level allows."""

from __future__ import annotations

from typing import Any

import pytest

from registry.execution.levels import HIGHLY, LEVELS, MINIMALLY, MODERATELY
from registry.execution.project_files.commands import read_command
from registry.execution.project_files.model import Command
from registry.execution.project_files.outputs import (
    REVIEWABLE,
    dataset_errors,
    read_outputs,
)

pytestmark = pytest.mark.once


def problems(pattern: Any, level: str = HIGHLY) -> list[str]:
    return read_outputs({level: {"file": pattern}})[1]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    "pattern",
    [
        *("a.csv", "output/a.csv", "output/*.txt", "a*b/*/c*.json", "output/.a.csv"),
        *("output/a..csv", "qu'ote.csv", "a b.csv", "tables{1}.csv", "é.csv"),
        *("metadata.csv", "output/metadata/a.csv", "...csv", "a.b.html"),
    ],
)
def test_paths_below_the_project_are_outputs(pattern: str, level: str) -> None:
    assert problems(pattern, level) == []


@pytest.mark.parametrize(
    "pattern, message",
    [
        ("/abs/path.csv", "must be a path below"),
        ("//abs/path.csv", "must be a path below"),
        ("c:/windows/a.csv", "must be a path below"),
        ("not//canonical.csv", "must be a path below"),
        ("./a.csv", "must be a path below"),
        ("a/./b.csv", "must be a path below"),
        ("path/../a.csv", "must be a path below"),
        ("../a.csv", "must be a path below"),
        ("..", "must be a path below"),
        (".", "must be a path below"),
        ("a.csv/", "must be a path below"),
        ("\\a.csv", "has a backslash"),
        ("metadata", "is in metadata/"),
        ("metadata/a.csv", "is in metadata/"),
        ("a/**/b.csv", "has **: the one wildcard is *."),
        ("a?.csv", "has ?: the one wildcard is *."),
        ("[ab].csv", "has [: the one wildcard is *."),
        ("output/*", "must end in an extension"),
        ("output/a", "must end in an extension"),
        ("output/a.", "must end in an extension"),
        ("output/a.*", "must end in an extension"),
        ("output/a.cs*", "must end in an extension"),
        ("output/.csv", "must end in an extension"),
        ("a\nb.csv", "must be one line"),
        ("a\tb.csv", "must be one line"),
        ("", "give a path"),
        (None, "give a path"),
        (5, "give a path"),
        (["a.csv"], "give a path"),
        ("x" * 8200 + ".csv", "a path can have 8192 characters"),
    ],
)
def test_other_patterns_are_refused(pattern: Any, message: str) -> None:
    (found,) = problems(pattern)
    assert found.startswith(f"outputs.{HIGHLY}.file: ")
    assert message in found


@pytest.mark.parametrize("name", ["", " ", "two\nlines", "n" * 1025])
def test_the_names_of_outputs_are_short_lines_of_text(name: str) -> None:
    (found,) = read_outputs({HIGHLY: {name: "a.csv"}})[1]
    assert ": a name " in found


@pytest.mark.parametrize("extension", sorted(REVIEWABLE))
def test_what_people_can_look_through_can_be_released(extension: str) -> None:
    assert problems(f"a.{extension}", MODERATELY) == []


@pytest.mark.parametrize("extension", ["rds", "csv.gz", "CSV", "pdf", "feather"])
def test_other_files_cannot_be_of_the_moderate_level(extension: str) -> None:
    (found,) = problems(f"a.{extension}", MODERATELY)
    assert "must be one of csv, html" in found
    assert problems(f"a.{extension}", HIGHLY) == []
    assert problems(f"a.{extension}", MINIMALLY) == []


@pytest.mark.parametrize("given", [None, {}, [], "a.csv", {HIGHLY: None}])
def test_an_action_has_outputs(given: Any) -> None:
    assert read_outputs(given) == (
        (),
        ["outputs must name levels with files, such as moderately_sensitive."],
    )


@pytest.mark.parametrize(
    "given, message",
    [
        ({"secret": {"a": "a.csv"}}, "outputs has secret: levels are highly_"),
        ({HIGHLY: {}}, f"outputs.{HIGHLY} must have names with patterns"),
        ({HIGHLY: "a.csv"}, f"outputs.{HIGHLY} must have names with patterns"),
        ({HIGHLY: ["a.csv"]}, f"outputs.{HIGHLY} must have names with patterns"),
    ],
)
def test_levels_have_names_with_patterns(given: Any, message: str) -> None:
    (found,) = read_outputs(given)[1]
    assert found.startswith(message)


def command(line: str) -> Command:
    found = read_command(line)
    assert isinstance(found, Command)
    return found


@pytest.mark.parametrize("image", ["ehrql:v1", "databuilder:v0"])
@pytest.mark.parametrize("program", ["generate-dataset", "generate_dataset"])
@pytest.mark.parametrize(
    "option, pattern",
    [
        ("--output out/a.csv", "out/a.csv"),
        ("--output=out/a.csv", "out/a.csv"),
        ("--output out:arrow", "out/*.arrow"),
        ("--output out/:arrow", "out/*.arrow"),
        ("--output a.csv -- --output b.csv", "a.csv"),
    ],
)
def test_a_dataset_is_written_to_one_of_the_outputs(
    image: str, program: str, option: str, pattern: str
) -> None:
    line = command(f"{image} {program} dataset.py {option}")
    outputs, _ = read_outputs({HIGHLY: {"first": "other.csv", "dataset": pattern}})
    assert list(dataset_errors(line, outputs)) == []
    outputs, _ = read_outputs({HIGHLY: {"dataset": "other.csv"}})
    (found,) = dataset_errors(line, outputs)
    assert pattern in found
    assert "none of the outputs" in found


@pytest.mark.parametrize("level", [MODERATELY, MINIMALLY])
def test_datasets_are_of_the_highest_level(level: str) -> None:
    line = command("ehrql:v1 generate-dataset --output a.csv")
    outputs, _ = read_outputs({HIGHLY: {"a": "a.csv"}, level: {"log": "log.txt"}})
    assert list(dataset_errors(line, outputs)) == [
        "all outputs of ehrql generate-dataset must be highly_sensitive."
    ]


@pytest.mark.parametrize("end", ["", " --output", " dataset.py"])
def test_a_dataset_needs_a_place(end: str) -> None:
    line = command(f"ehrql:v1 generate-dataset{end}")
    outputs, _ = read_outputs({HIGHLY: {"a": "a.csv"}})
    assert list(dataset_errors(line, outputs)) == [
        "run must have --output with one of the outputs."
    ]


@pytest.mark.parametrize(
    "line", ["ehrql:v1 generate-measures", "ehrql:v1", "python:v2 generate-dataset"]
)
def test_other_commands_write_what_they_like(line: str) -> None:
    outputs, _ = read_outputs({MODERATELY: {"a": "a.csv"}})
    assert list(dataset_errors(command(line), outputs)) == []
