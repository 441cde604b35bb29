"""Find the outputs of a task by their patterns, and keep them for later tasks."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from registry.agent.cache import sha1_of
from registry.agent.files import discard, read_if_there, write_json

#: The list of outputs that were kept; no output can have this name.
_LIST = Path("metadata", "outputs.json")
Declared = Sequence[Mapping[str, Any]]
#: The levels, the most sensitive first.
_LEVELS = ("highly_sensitive", "moderately_sensitive", "minimally_sensitive")
#: The most outputs of a task.
MAX_OUTPUTS = 10_000
#: By path: what changes when a file is written.
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
    """Outputs cannot be reported: there are too many, or a name is no text."""


def collect(work: Path, declared: Declared, before: Before) -> list[Found]:
    """Return the outputs of a task; raises ``MissingOutputs`` and ``UnfitOutputs``.

    A file that several patterns match belongs to the one of the most sensitive level.
    ``before`` are files that were there when the command started (``snapshot``).
    """
    meant: dict[str, Mapping[str, Any]] = {}
    missing: list[str] = []
    # sorting keeps the order of patterns of the same level
    for output in sorted(declared, key=_sensitivity):
        paths = sorted(_written(work, output["pattern"], before))
        if not paths:
            missing.append(output["pattern"])
        for path in paths:
            meant.setdefault(path, output)
    if missing:
        raise MissingOutputs(missing)
    _require_fit(meant)
    return [
        _describe(work, path, output)
        for one in declared
        for path, output in meant.items()
        if output is one
    ]


def _sensitivity(output: Mapping[str, Any]) -> int:
    """Return the place of an output by its level; what is not known comes first."""
    level = output["level"]
    return _LEVELS.index(level) + 1 if level in _LEVELS else 0


def _require_fit(paths: Collection[str]) -> None:
    if len(paths) > MAX_OUTPUTS:
        raise UnfitOutputs(
            f"The task wrote {len(paths):,} outputs; a task can have {MAX_OUTPUTS:,}. "
            "Pack them, or write fewer."
        )
    for path in paths:
        try:
            path.encode()
        except UnicodeEncodeError as error:
            raise UnfitOutputs(
                f"The name of the output {path!a} is not UTF-8: rename it."
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
    return sum(_size(work / path) for path in paths)


def _written(work: Path, pattern: str, before: Before) -> Iterator[str]:
    for path in matches(work, pattern):
        if path not in before or list(before[path]) != _state(work / path):
            yield path


def _state(path: Path) -> list[int]:
    try:
        status = path.lstat()
    except FileNotFoundError:
        return []
    return [status.st_ino, status.st_size, status.st_mtime_ns]


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except FileNotFoundError:
        return 0


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
    work: Path, found: Iterable[Found], log: Path, target: Path, bin_folder: Path
) -> None:
    """Keep outputs and the log in a folder of the backend, which appears as a whole.

    A folder of an earlier attempt is replaced. ``metadata/log.txt`` is the log and
    ``metadata/outputs.json`` a list of the outputs.
    """
    new = target.with_name(target.name + ".new")
    discard(new, bin_folder)
    outputs = list(found)
    for one in outputs:
        _link(work / one.path, new / one.path)
    _link(log, log_in(new))
    write_json(new / _LIST, {"outputs": [one._asdict() for one in outputs]})
    discard(target, bin_folder)
    new.replace(target)


def keep_log(log: Path, target: Path) -> None:
    """Keep the log of a task that failed; its folder has nothing else that is new."""
    if log.exists():
        log_in(target).unlink(missing_ok=True)
        _link(log, log_in(target))


def kept_outputs(folder: Path) -> list[Found]:
    """Return the outputs that a task has in its folder of the backend."""
    known = read_if_there(folder / _LIST) or {"outputs": []}
    return [Found(**one) for one in known["outputs"]]


def log_in(folder: Path) -> Path:
    """Return where the log is among the outputs of a task."""
    return folder / "metadata" / "log.txt"


def _link(source: Path, place: Path) -> None:
    """Have a file in a second place, as a copy if the disk has no hard links."""
    place.parent.mkdir(parents=True, exist_ok=True)
    if not source.exists():
        return
    try:
        os.link(source, place)
    except OSError:
        shutil.copyfile(source, place)
