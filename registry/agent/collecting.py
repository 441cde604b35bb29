"""Find the outputs of a task by their patterns, and keep them for later tasks."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from registry.agent.cache import sha1_of
from registry.agent.files import discard, read_if_there, write_json

#: Beside the outputs of a task: a list of them, and the log. The registry accepts no
#: output in this folder.
_LIST, _LOG = Path("metadata", "outputs.json"), Path("metadata", "log.txt")
Declared = Sequence[Mapping[str, Any]]
#: The levels, the most sensitive first.
_LEVELS = ("highly_sensitive", "moderately_sensitive", "minimally_sensitive")
#: The most outputs of a task.
MAX_OUTPUTS = 10_000
#: By path, the inode, size and time of change of each file (``snapshot``).
Before = Mapping[str, Sequence[int]]


class Found(NamedTuple):
    """A file that a task wrote."""

    path: str
    level: str
    name: str
    size: int
    sha1: str


class MissingOutputs(Exception):
    """Declared outputs were not written; ``patterns`` are theirs."""

    def __init__(self, patterns: Sequence[str]) -> None:
        super().__init__(
            f"No file was written for {', '.join(patterns)}. "
            "(Links do not count, and files that were there before do not.)"
        )
        self.patterns = list(patterns)


class UnfitOutputs(Exception):
    """Outputs cannot be reported: there are too many, or a name is not UTF-8."""


def collect(work: Path, declared: Declared, before: Before) -> list[Found]:
    """Return the outputs of a task; raises ``MissingOutputs`` and ``UnfitOutputs``.

    A file that several patterns match belongs to the one of the most sensitive level.
    ``before`` are files that were there when the command started (``snapshot``).
    """
    by_path: dict[str, Mapping[str, Any]] = {}
    missing: list[str] = []
    # sorting keeps the order of patterns of the same level
    for output in sorted(declared, key=_sensitivity):
        paths = sorted(_written(work, output["pattern"], before))
        if not paths:
            missing.append(output["pattern"])
        for path in paths:
            by_path.setdefault(path, output)
    if missing:
        raise MissingOutputs(missing)
    _require_reportable(by_path)
    return [
        _describe(work, path, output)
        for one in declared
        for path, output in by_path.items()
        if output is one
    ]


def _sensitivity(output: Mapping[str, Any]) -> int:
    """Return a sort key: the most sensitive first, after levels that are unknown."""
    level = output["level"]
    return _LEVELS.index(level) + 1 if level in _LEVELS else 0


def _require_reportable(outputs: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise ``UnfitOutputs``, which says nothing of the paths: they can be hidden."""
    if len(outputs) > MAX_OUTPUTS:
        raise UnfitOutputs(
            f"The task wrote {len(outputs):,} outputs; the limit is {MAX_OUTPUTS:,}. "
            "Write fewer files, or pack them into archives."
        )
    for path, output in outputs.items():
        try:
            path.encode()
        except UnicodeEncodeError as error:
            raise UnfitOutputs(
                f"An output that matches {output['pattern']} has a name that is not "
                "UTF-8. Rename it."
            ) from error


def _describe(work: Path, path: str, output: Mapping[str, Any]) -> Found:
    file = work / path
    size = file.stat().st_size
    return Found(path, output["level"], output["name"], size, sha1_of(file))


def snapshot(work: Path, declared: Declared) -> dict[str, list[int]]:
    """Return the files that match before the command has started."""
    patterns = [output["pattern"] for output in declared]
    paths = {path for pattern in patterns for path in matches(work, pattern)}
    return {path: _state(work / path) for path in paths}


def size_of_outputs(work: Path, declared: Declared, before: Before) -> int:
    """Return the bytes of all outputs that were written so far."""
    patterns = [output["pattern"] for output in declared]
    paths = {path for one in patterns for path in _written(work, one, before)}
    states = (_state(work / path) for path in paths)
    return sum(state[1] for state in states if state)


def _written(work: Path, pattern: str, before: Before) -> Iterator[str]:
    for path in matches(work, pattern):
        if path not in before or list(before[path]) != _state(work / path):
            yield path


def _state(path: Path) -> list[int]:
    """Return what changes when a file is written; empty if it cannot be seen."""
    try:
        status = path.lstat()
    except OSError:
        return []
    return [status.st_ino, status.st_size, status.st_mtime_ns]


def matches(work: Path, pattern: str) -> Iterator[str]:
    """Yield the files that match; ``*`` stands for anything but a slash.

    Links are left out, also links to folders: they lead to files that the task did
    not write here.
    """
    yield from _below(work, "", pattern.split("/"))


def _below(folder: Path, prefix: str, parts: Sequence[str]) -> Iterator[str]:
    texts = [re.escape(text) for text in parts[0].split("*")]
    expression = re.compile(".*".join(texts), re.DOTALL)
    for entry in _entries(folder):
        if not expression.fullmatch(entry.name):
            continue
        if len(parts) > 1 and entry.is_dir(follow_symlinks=False):
            yield from _below(Path(entry.path), prefix + entry.name + "/", parts[1:])
        if len(parts) == 1 and entry.is_file(follow_symlinks=False):
            yield prefix + entry.name


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def keep(
    work: Path, found: Sequence[Found], log: Path, target: Path, trash: Path
) -> None:
    """Keep outputs and the log in a folder of the backend, replaced as a whole.

    ``metadata/log.txt`` is the log, and ``metadata/outputs.json`` lists the outputs.
    """
    new = target.with_name(target.name + ".new")
    discard(new, trash)
    for one in found:
        _link(work / one.path, new / one.path)
    keep_log(log, new)
    write_json(new / _LIST, {"outputs": [one._asdict() for one in found]})
    discard(target, trash)
    new.replace(target)


def keep_log(log: Path, target: Path) -> None:
    """Keep the log of a task, in place of that of an earlier attempt."""
    (target / _LOG).unlink(missing_ok=True)
    _link(log, target / _LOG)


def kept_outputs(folder: Path) -> list[Found]:
    """Return the outputs that a task has in its folder of the backend."""
    known = read_if_there(folder / _LIST) or {"outputs": []}
    return [Found(**one) for one in known["outputs"]]


def _link(source: Path, place: Path) -> None:
    """Link a file to a second place, or copy it if the disk has no hard links."""
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, place)
    except OSError:
        shutil.copyfile(source, place)
