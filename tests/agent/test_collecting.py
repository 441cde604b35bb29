"""Outputs are found by their patterns, and only files that the task wrote."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from registry.agent import collecting
from registry.agent.collecting import (
    MissingOutputs,
    UnfitOutputs,
    collect,
    keep,
    kept_outputs,
    matches,
    size_of_outputs,
    snapshot,
)

pytestmark = pytest.mark.once


def declared(*patterns: str) -> list[dict[str, Any]]:
    return [{"level": "l", "name": p, "pattern": p} for p in patterns]


def write(folder: Path, *paths: str) -> None:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(path)


@pytest.mark.parametrize(
    "pattern, expected",
    [
        ("*.csv", {"a.csv", "b[1].csv"}),
        ("out/*.csv", {"out/a.csv"}),
        ("*/*.csv", {"out/a.csv", "more/a.csv"}),
        ("*/*/deep.csv", {"out/x/deep.csv"}),
        ("b[1].csv", {"b[1].csv"}),
        ("out/*", {"out/a.csv", "out/b.txt"}),
        ("*t/a*v", {"out/a.csv"}),
        ("out", set()),
        ("none/*.csv", set()),
    ],
)
def test_a_star_stands_for_anything_but_a_slash(
    tmp_path: Path, pattern: str, expected: set[str]
) -> None:
    write(tmp_path, "a.csv", "b[1].csv", "out/a.csv", "out/b.txt", "more/a.csv")
    write(tmp_path, "out/x/deep.csv")
    assert set(matches(tmp_path, pattern)) == expected


def test_missing_outputs_are_named(tmp_path: Path) -> None:
    write(tmp_path, "a.csv")
    with pytest.raises(MissingOutputs) as error:
        collect(tmp_path, declared("b/*.csv", "a.csv", "c.csv"), {})
    assert error.value.patterns == ["b/*.csv", "c.csv"]
    assert str(error.value).startswith("No file was written for b/*.csv, c.csv.")


def test_a_file_belongs_to_the_first_pattern(tmp_path: Path) -> None:
    write(tmp_path, "a.csv", "b.csv")
    found = collect(tmp_path, declared("b.csv", "*.csv"), {})
    assert [(one.path, one.name) for one in found] == [
        ("b.csv", "b.csv"),
        ("a.csv", "*.csv"),
    ]


def test_links_are_not_collected(tmp_path: Path) -> None:
    work, secret = tmp_path / "work", tmp_path / "secret"
    write(tmp_path, "secret/a.csv", "work/b.csv")
    (work / "a.csv").symlink_to(secret / "a.csv")
    (work / "inside.csv").symlink_to("b.csv")
    (work / "out").symlink_to(secret)
    os.mkfifo(work / "pipe.csv")
    assert [one.path for one in collect(work, declared("*.csv"), {})] == ["b.csv"]
    for pattern in ("out/*.csv", "a.csv", "../secret/a.csv", str(secret / "a.csv")):
        with pytest.raises(MissingOutputs, match="Links do not count"):
            collect(work, declared(pattern), {})


def test_what_was_there_before_is_no_output(tmp_path: Path) -> None:
    write(tmp_path, "input.csv", "old.csv")
    patterns = declared("*.csv")
    before = snapshot(tmp_path, patterns)
    with pytest.raises(MissingOutputs):
        collect(tmp_path, patterns, before)
    (tmp_path / "old.csv").write_text("written again")
    write(tmp_path, "new.csv")
    found = collect(tmp_path, patterns, before)
    assert [one.path for one in found] == ["new.csv", "old.csv"]
    assert size_of_outputs(tmp_path, patterns, before) == 13 + 7


def test_outputs_are_kept_as_a_whole_again_and_again(tmp_path: Path) -> None:
    work, target, trash = tmp_path / "w", tmp_path / "kept" / "one", tmp_path / "trash"
    trash.mkdir()
    write(work, "a.csv", "out/b.csv")
    write(tmp_path, "log.txt")
    for patterns in (["a.csv", "out/b.csv"], ["out/b.csv"]):
        found = collect(work, declared(*patterns), {})
        keep(work, found, tmp_path / "log.txt", target, trash)
    kept = {str(one.relative_to(target)) for one in target.rglob("*") if one.is_file()}
    assert kept == {"out/b.csv", "metadata/log.txt", "metadata/outputs.json"}
    assert kept_outputs(target) == found
    assert kept_outputs(tmp_path) == []
    assert [path.name for path in target.parent.iterdir()] == ["one"]
    assert list(trash.iterdir()) == []


def test_the_most_sensitive_of_several_patterns_counts(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    for name in ("patients.csv", "table.csv"):
        (tmp_path / "out" / name).write_text(name)
    outputs = [
        {"name": "all", "level": "minimally_sensitive", "pattern": "out/*.csv"},
        {"name": "pat", "level": "highly_sensitive", "pattern": "out/patients.csv"},
    ]
    for order in (outputs, outputs[::-1]):
        levels = {one.path: one.level for one in collect(tmp_path, order, {})}
        assert levels == {
            "out/patients.csv": "highly_sensitive",
            "out/table.csv": "minimally_sensitive",
        }


def test_a_name_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"f\377.txt")).write_text("x")
    outputs = [{"name": "f", "level": "minimally_sensitive", "pattern": "*.txt"}]
    with pytest.raises(UnfitOutputs, match=r"\*.txt has a name that is not UTF-8"):
        collect(tmp_path, outputs, {})


def test_more_outputs_than_can_be_reported_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collecting, "MAX_OUTPUTS", 2)
    for name in "abc":
        (tmp_path / f"{name}.txt").write_text(name)
    outputs = [{"name": "f", "level": "minimally_sensitive", "pattern": "*.txt"}]
    with pytest.raises(UnfitOutputs, match="wrote 3 outputs"):
        collect(tmp_path, outputs, {})
