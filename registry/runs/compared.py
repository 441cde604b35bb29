"""The sections of a comparison that every code run has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

from registry.catalogue.models import (
    Author,
    CodeRepoRelease,
    KeyValue,
    Object,
)
from registry.core.compiled import CompiledByIds
from registry.core.file_addresses import join_path
from registry.core.lookups import IdIn
from registry.runs.compared_data import checksum_of, data_section, with_bytes_noted
from registry.runs.comparing import (
    Cell,
    ComparedRun,
    Row,
    Section,
    Target,
    Value,
    declare_section,
)
from registry.runs.models import CodeRun

if TYPE_CHECKING:
    from datetime import datetime

    #: Returns the values of a run in a row.
    CellOf = Callable[[Any], Cell]

#: The units of a duration, in seconds.
_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60))


def _row(
    runs: Sequence[ComparedRun], label: str, cell: CellOf, aspect: str = ""
) -> Row:
    """Return a row of what a function returns for the row of each run."""
    return Row(label, tuple(cell(run.row) for run in runs), aspect)


def _text(text: str | None) -> Cell:
    return () if text is None or text == "" else (Value(text),)


def run_section(runs: Sequence[ComparedRun]) -> Section:
    """Compare when and for what the runs were, and who ran and registered them."""
    registrars = tuple((Value(run.registrar),) for run in runs)
    rows = [
        _row(runs, "Description", lambda run: _text(run.description)),
        _row(runs, "Began", lambda run: _moment(run.run_date)),
        _row(runs, "Ended", lambda run: _moment(run.end_date)),
        _row(runs, "Duration", _duration),
        _row(runs, "Run by", _runner),
        Row("Registered by", registrars),
        _row(runs, "Withdrawn", lambda run: _text(run.withdrawn)),
    ]
    return Section.of("Run", rows)


def _moment(moment: datetime | None) -> Cell:
    if moment is None:
        return ()
    text = moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return (Value(text, moment=moment),)


def _duration(run: Any) -> Cell:
    ended = run.end_date
    return () if ended is None else _text(spell_duration(ended - run.run_date))


def spell_duration(duration: timedelta) -> str:
    """Return a duration in days, hours, minutes and seconds, without those that are 0.

    Seconds have as many decimals as they need.
    """
    whole = duration.days * 86_400 + duration.seconds
    parts = []
    for name, size in _UNITS:
        number, whole = divmod(whole, size)
        parts += [f"{number} {name}"] if number else []
    seconds = f"{whole}.{duration.microseconds:06}".rstrip("0").rstrip(".")
    return " ".join(
        [*parts, *([f"{seconds} s"] if seconds != "0" or not parts else [])]
    )


def _runner(run: Any) -> Cell:
    """Return the author whose account registered the run, if that is known."""
    known = run.registered_by.user_author
    if known is None or known.withdrawn is not None:
        return ()
    author = known.author
    name = author.name or author.identifier or str(author.uuid)
    is_withdrawn = author.withdrawn is not None
    return (Value(name, Target(Author.kind, author.pk), is_withdrawn),)


def code_section(runs: Sequence[ComparedRun]) -> Section:
    """Compare the releases of the code that the runs executed."""
    label = "Code repository"
    rows = [
        _row(runs, label, lambda run: _release(run.code_repo, "name"), "release"),
        _row(runs, label, lambda run: _release(run.code_repo, "version"), "version"),
        *_object_rows(runs, label, lambda run: run.code_repo, "commit or SHA-1"),
        _row(runs, label, lambda run: _address(run.code_repo), "address"),
    ]
    return Section.of("Code", rows)


def _release(thing: Any, field: str) -> Cell:
    release = None if thing is None else thing.code_repo_release
    if release is None or release.withdrawn is not None:
        return ()
    target = Target(CodeRepoRelease.kind, release.pk)
    return (Value(str(getattr(release, field)), target),)


def _address(thing: Any) -> Cell:
    place = None if thing is None else thing.storage_location
    if place is None:
        return ()
    return (Value(join_path(place.storage_root.root, place.path), is_code=True),)


def files_section(runs: Sequence[ComparedRun]) -> Section:
    """Compare the configurations and the scripts of the runs."""
    rows = [
        *_object_rows(runs, "Configuration", lambda run: run.model_config, "SHA-1"),
        *_object_rows(runs, "Script", lambda run: run.submission_script, "SHA-1"),
    ]
    return Section.of("Configuration and script", rows)


def _object_rows(
    runs: Sequence[ComparedRun], label: str, of: Callable[[Any], Any], checksum: str
) -> Iterator[Row]:
    """Yield the rows of an object of each run: which it is, its text and its bytes."""

    def cells(cell: CellOf) -> tuple[Cell, ...]:
        things = [of(run.row) for run in runs]
        return tuple(() if thing is None else cell(thing) for thing in things)

    which = Row(label, cells(_which), "object")
    checksums = Row(label, cells(_checksum), checksum)
    yield with_bytes_noted(which, checksums, "Different objects, but the same bytes.")
    yield Row(label, cells(lambda thing: _text(thing.description)), "description")
    yield checksums


def _which(thing: Any) -> Cell:
    target = Target(Object.kind, thing.pk)
    return (Value(f"object {thing.pk}", target, thing.withdrawn is not None),)


def _checksum(thing: Any) -> Cell:
    return checksum_of(thing.storage_location)


def parameters_section(runs: Sequence[ComparedRun]) -> Section:
    """Compare the parameters with which the runs were configured.

    These are the keys and values of their configurations.
    """
    configs = [run.row.model_config for run in runs]
    ids = [None if config is None else config.pk for config in configs]
    found: dict[str, dict[int, Value]] = {}
    for thing, pk, key, value in _KEY_VALUES.rows({pk for pk in ids if pk is not None}):
        found.setdefault(key, {})[thing] = Value(value, Target(KeyValue.kind, pk))
    rows = [
        Row(key, tuple((values[pk],) if pk in values else () for pk in ids))
        for key, values in sorted(found.items())
    ]
    return Section.of("Parameters", rows)


_KEY_VALUES = CompiledByIds(
    lambda objects: (
        KeyValue.objects.not_withdrawn()
        .filter(IdIn("object", objects))
        .order_by()
        .values_list("object_id", "pk", "key", "value")
    )
)

declare_section(run_section, rank=10)
declare_section(code_section, rank=20)
declare_section(files_section, rank=30)
declare_section(parameters_section, rank=40)
declare_section(data_section("Inputs", CodeRun.inputs), rank=50)
declare_section(data_section("Outputs", CodeRun.outputs), rank=60)
