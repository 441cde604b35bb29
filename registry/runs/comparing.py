"""Compare code runs side by side: what they have in common, and what differs.

A comparison has sections, such as the inputs, and a section has rows. A domain declares
the function that builds a section with ``declare_section``, in a module that
``registry.apps`` names; ``registry.runs.compared`` has those of every code run. The
number of statements does not depend on the number of runs, nor on that of their inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from registry.catalogue.models import (
    Author,
    CodeRepoRelease,
    Object,
    StorageLocation,
    StorageRoot,
    UserAuthor,
)
from registry.core.compiled import CompiledByIds
from registry.core.errors import InvalidInput
from registry.core.light_rows import LightRows
from registry.core.links import LinkError, resolve_links
from registry.core.lookups import IdIn
from registry.core.models import Record
from registry.identity.models import User
from registry.runs.models import CodeRun

#: How many runs can be compared.
FEWEST, MOST = 2, 20
#: The parameter of every surface that has the runs.
PARAMETER = "id"


class Target(NamedTuple):
    """The record that a value leads to: its kind and its id."""

    kind: str
    id: int


@dataclass(frozen=True)
class Value:
    """What a run has in a row; values are the same if their texts are.

    ``moment`` is the time that the text spells, and ``is_code`` says that the text is a
    checksum or another that is not made of words.
    """

    text: str
    target: Target | None = None
    is_withdrawn: bool = False
    moment: datetime | None = None
    is_code: bool = False


#: The values of one run in a row: most rows have one, and none if the run has nothing.
Cell = tuple[Value, ...]


@dataclass(frozen=True)
class Row:
    """One fact about each run, in the order of the runs.

    ``aspect`` says which of several facts about the same thing it is, such as the
    version of the input that ``label`` names. ``note`` is a remark for people.
    """

    label: str
    cells: tuple[Cell, ...]
    aspect: str = ""
    note: str = ""

    @cached_property
    def groups(self) -> tuple[int, ...]:
        """The group of each run, from 0: runs of one group have the same values."""
        numbers: dict[tuple[str, ...], int] = {}
        return tuple(
            numbers.setdefault(tuple(value.text for value in cell), len(numbers))
            for cell in self.cells
        )

    @property
    def differs(self) -> bool:
        """Whether the runs do not all have the same values."""
        return any(self.groups)


@dataclass(frozen=True)
class Section:
    """A part of a comparison; rows in which no run has a value are left out."""

    title: str
    rows: tuple[Row, ...]

    @classmethod
    def of(cls, title: str, rows: Sequence[Row]) -> Section:
        """Return the section of the rows in which any run has a value."""
        return cls(title, tuple(row for row in rows if any(row.cells)))

    @cached_property
    def differing(self) -> tuple[Row, ...]:
        """The rows that differ."""
        return tuple(row for row in self.rows if row.differs)

    @cached_property
    def equal(self) -> tuple[Row, ...]:
        """The rows that are the same for all runs."""
        return tuple(row for row in self.rows if not row.differs)


@dataclass(frozen=True)
class ComparedRun:
    """A run that is compared; ``withdrawn`` is the reason, or None.

    ``subject`` is the record that was asked for: the code run, or what describes it.
    ``row`` has the fields of the code run, and ``registrar`` names the account that
    registered it.
    """

    id: int
    subject: Target
    description: str
    withdrawn: str | None
    registrar: str
    row: Any


@dataclass(frozen=True)
class Comparison:
    """Runs side by side."""

    runs: tuple[ComparedRun, ...]
    sections: tuple[Section, ...]


#: Builds a section, in a constant number of statements; None if it is not about any of
#: the runs.
SectionBuilder = Callable[[Sequence[ComparedRun]], Section | None]
_BUILDERS: list[tuple[int, SectionBuilder]] = []


def declare_section(build: SectionBuilder, *, rank: int) -> None:
    """Declare a section of comparisons; those of a smaller rank come first."""
    _BUILDERS.append((rank, build))


def chosen_runs(
    written: Sequence[str], model: type[Record] = CodeRun
) -> dict[int, Target]:
    """Return the runs that links name: the ids of code runs, and the records named.

    ``model`` is ``CodeRun``, or has a link ``code_run``. Raises ``InvalidInput`` with
    reasons. Takes one statement, and another one for other models.
    """
    titles = model._meta.verbose_name_plural
    if not FEWEST <= len(written) <= MOST:
        raise _error(
            f"Give from {FEWEST} to {MOST} {titles}; these are {len(written)}."
        )
    links = resolve_links((model, one) for one in written)
    found = [links.get(model, one) for one in written]
    errors = [str(one) for one in found if isinstance(one, LinkError)]
    ids = [one for one in found if not isinstance(one, LinkError)]
    repeated = dict.fromkeys(pk for pk in ids if ids.count(pk) > 1)
    title = str(model._meta.verbose_name).capitalize()
    errors += [f"{title} {pk} is given more than once." for pk in repeated]
    if errors:
        raise _error(*dict.fromkeys(errors))
    return _with_code_runs(model, ids)


def _with_code_runs(model: type[Record], ids: Sequence[int]) -> dict[int, Target]:
    code_runs = {pk: pk for pk in ids}
    if model is not CodeRun:
        rows: Any = model._default_manager.filter(IdIn("pk", ids)).order_by()
        code_runs = dict(rows.values_list("pk", "code_run"))
    return {code_runs[pk]: Target(model.kind, pk) for pk in ids}


def compare_runs(
    subjects: Mapping[int, Target], *, names_accounts: bool = False
) -> Comparison:
    """Compare runs, in the order of their ids here.

    ``subjects`` are the records that were asked for, by the ids of the code runs. Only
    people with an account see the names of accounts: ``names_accounts``.
    """
    ids = [*subjects]
    found = {values[0]: _RUN.row(values) for values in _RUNS.rows(ids)}
    missing = [f"Code run {pk} does not exist." for pk in ids if pk not in found]
    if missing:
        raise _error(*missing)
    runs = tuple(
        _compared(found[pk], subject, names_accounts=names_accounts)
        for pk, subject in subjects.items()
    )
    builders = sorted(_BUILDERS, key=lambda declared: declared[0])
    built = [build(runs) for _, build in builders]
    return Comparison(runs, tuple(one for one in built if one is not None))


def _error(*messages: str) -> InvalidInput:
    return InvalidInput({PARAMETER: messages})


def _compared(row: Any, subject: Target, *, names_accounts: bool) -> ComparedRun:
    account = row.registered_by
    name = account.username if names_accounts else f"account {account.pk}"
    return ComparedRun(row.pk, subject, row.description, row.withdrawn, name, row)


_LOCATION = LightRows(
    StorageLocation, "path", "hash", storage_root=LightRows(StorageRoot, "root")
)
_OBJECT = LightRows(
    Object,
    "description",
    "withdrawn",
    storage_location=_LOCATION,
    code_repo_release=LightRows(CodeRepoRelease, "name", "version", "withdrawn"),
)
_RUN = LightRows(
    CodeRun,
    "run_date",
    "end_date",
    "description",
    "withdrawn",
    code_repo=_OBJECT,
    model_config=_OBJECT,
    submission_script=_OBJECT,
    registered_by=LightRows(
        User,
        "username",
        user_author=LightRows(
            UserAuthor,
            "withdrawn",
            author=LightRows(Author, "name", "identifier", "uuid", "withdrawn"),
        ),
    ),
)
_RUNS = CompiledByIds(
    lambda ids: (
        CodeRun.objects.filter(IdIn("pk", ids)).order_by().values_list(*_RUN.paths)
    )
)
