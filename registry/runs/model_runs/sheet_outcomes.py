"""What became of a sheet: of each row the run that it is, or what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from registry.runs.model_runs.sheet_rows import SHOWN
from registry.runs.spreadsheets.csv_writing import BYTE_ORDER_MARK, encode_line
from registry.runs.spreadsheets.records import SheetRow
from registry.runs.spreadsheets.values import text_of

#: The name under which messages about a whole row are reported.
ROW = "row"
#: Errors are named until they have so many characters in all. A sheet of 10,000 rows
#: whose every row has a dozen errors has fewer.
MOST_CHARACTERS = 16_000_000
_TOO_MANY = "There are too many errors to name those of this row: correct the others."
_HEADERS = ("row", "column", "what is there", "place in the record", "what is wrong")


@dataclass(frozen=True, slots=True)
class Problem:
    """A wrong cell: its column, what is in it, its place in the record, and why."""

    column: str
    value: str
    place: str
    messages: tuple[str, ...]

    @property
    def size(self) -> int:
        """The number of characters."""
        texts = (self.column, self.value, self.place, *self.messages)
        return sum(map(len, texts))


@dataclass(slots=True)
class RowOutcome:
    """What became of a row: the id of a model run, or the problems of its cells.

    ``run`` is None for a wrong row, and for a new run that was not stored.
    """

    row: int
    run: int | None = None
    is_new: bool = False
    problems: tuple[Problem, ...] = ()


@dataclass
class SheetOutcome:
    """What became of a sheet for a workflow template. One wrong row refuses it all."""

    template: int
    warnings: tuple[str, ...] = ()
    rows: list[RowOutcome] = field(default_factory=list)
    _characters: int = 0

    def add(self, outcomes: Iterable[RowOutcome]) -> None:
        """Add rows; memory does not grow without limit, however many are wrong."""
        for one in outcomes:
            self._characters += sum(problem.size for problem in one.problems)
            if one.problems and self._characters > MOST_CHARACTERS:
                one.problems = (Problem(ROW, "", "", (_TOO_MANY,)),)
            self.rows.append(one)

    @property
    def wrong(self) -> int:
        """The number of wrong rows."""
        return sum(bool(one.problems) for one in self.rows)

    @property
    def new(self) -> int:
        """The number of rows that were not registered before."""
        return sum(one.is_new for one in self.rows)

    @property
    def found(self) -> int:
        """The number of rows that were registered already."""
        return len(self.rows) - self.wrong - self.new

    @property
    def registered(self) -> int:
        """The number of runs that were registered, or would be by a dry run."""
        return 0 if self.wrong else self.new


def problems_of(
    row: SheetRow, errors: Mapping[str, Sequence[str]]
) -> tuple[Problem, ...]:
    """Return the problems of a row: of its cells, and of its record by their places.

    What was wrong with a cell is not missing in the record as well.
    """
    found = [
        Problem(column, _shown(row, column), "", tuple(messages))
        for column, messages in row.errors.items()
    ]
    for place, messages in errors.items():
        column = _column_of(row, place)
        if column not in row.errors and not (row.errors and column == ROW):
            value = _shown(row, column)
            found.append(Problem(column, value, place, tuple(messages)))
    return tuple(found)


def _column_of(row: SheetRow, place: str) -> str:
    """Return the column of a place in the record, or of the place that it is in."""
    while place:
        if place in row.places:
            return row.places[place]
        place = place[: max(place.rfind("."), place.rfind("["), 0)]
    return ROW


def _shown(row: SheetRow, column: str) -> str:
    return text_of(row.cells[column])[:SHOWN] if column in row.cells else ""


def iter_problems(outcome: SheetOutcome) -> Iterator[bytes]:
    """Iterate over the lines of a CSV file with all that is wrong with a sheet."""
    yield BYTE_ORDER_MARK
    yield encode_line(_HEADERS)
    for one in outcome.rows:
        for problem in one.problems:
            place, text = problem.place, " ".join(problem.messages)
            yield encode_line(
                [str(one.row), problem.column, problem.value, place, text]
            )
