"""Commands begin with an image and its version; some read the database."""

from __future__ import annotations

import pytest

from registry.execution.project_files.commands import needs_database, read_command
from registry.execution.project_files.model import Command

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    "tag", ["v1", "v2", "v1.2", "v1.2.3", "v1-pre", "v1.2-pre", "dev", "latest"]
)
def test_a_version_is_part_of_the_image(tag: str) -> None:
    assert read_command(f"test:{tag} 'two words' x") == Command(
        "test", tag, ("two words", "x")
    )


@pytest.mark.parametrize(
    "image",
    [
        *("test", "test:", "test:v", "test:other", "test:vnotdigits", "test:v1x1"),
        *("test:pre", "test:1", "test:v1-post", ":v1", "a:b:v1", "../x:v1", "a/b:v1"),
        *("x" * 256 + ":v1", "test:v" + "1" * 101),
        *("-x:v1", "test:v\N{ARABIC-INDIC DIGIT ONE}", "tést:v1", "test:latest\n-x"),
    ],
)
def test_other_images_are_refused(image: str) -> None:
    found = read_command(f"'{image}' x")
    assert isinstance(found, str)
    assert found.endswith(
        "it must begin with an image and its version, such as python:v2."
    )


@pytest.mark.parametrize(
    "line, expected",
    [
        ("ehrql:v1 generate-dataset x", True),
        ("ehrql:v1 generate-measures x", True),
        ("databuilder:v0 generate-dataset x", True),
        ("databuilder:v0 generate-measures x", True),
        ("sqlrunner:v1 foo", True),
        ("sqlrunner:v1", True),
        ("cohortextractor:v1 generate_cohort", True),
        ("cohortextractor:v1 generate_codelist_report", True),
        ("cohortextractor:v1 generate_measures", False),
        ("ehrql:v1", False),
        ("ehrql:v1 assure generate-dataset", False),
        ("ehrql:v1 create-dummy-tables", False),
        ("python:v2 generate-dataset", False),
        ("other-ehrql:v1 generate-dataset", False),
    ],
)
def test_programs_that_read_records_of_patients_need_the_database(
    line: str, expected: bool
) -> None:
    command = read_command(line)
    assert isinstance(command, Command)
    assert needs_database(command) is expected
