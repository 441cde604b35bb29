r"""The files that the three programs hand to each other, read and written.

Everything is UTF-8 with `\n` at the end of each line, on every system, so that the
same numbers are always the same bytes and have the same checksum.
"""

import csv
import json
import tomllib
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from sir import People, Rates


class Count(NamedTuple):
    """How many boys were in bed on one day; `day` counts from the outbreak's start."""

    date: date
    day: int
    in_bed: int


class Config(NamedTuple):
    """What `model-config.toml` says; its comments give the meanings and units."""

    start: date
    population: int
    infected: int
    steps_per_day: int
    days: int
    first_guess: Rates
    tolerance: float
    max_iterations: int

    @property
    def people(self) -> People:
        """Return the school on day 0, before anybody has recovered."""
        return People(self.population - self.infected, self.infected, 0)


def read_config(path: Path) -> Config:
    """Read the configuration; a missing setting is a `KeyError` with its name."""
    with path.open("rb") as file:
        settings = tomllib.load(file)
    outbreak, solver, fit = settings["outbreak"], settings["solver"], settings["fit"]
    return Config(
        start=outbreak["start"],
        population=outbreak["population"],
        infected=outbreak["infected"],
        steps_per_day=solver["steps_per_day"],
        days=solver["days"],
        first_guess=Rates(**fit["start"]),
        tolerance=fit["tolerance"],
        max_iterations=fit["max_iterations"],
    )


def read_counts(path: Path) -> list[Count]:
    """Read the daily counts, in the order of the file."""
    return [
        Count(date.fromisoformat(row["date"]), int(row["day"]), int(row["in_bed"]))
        for row in read_table(path)
    ]


def read_rates(path: Path) -> Rates:
    """Read the two rates out of the file of fitted rates."""
    fitted = json.loads(path.read_text(encoding="utf-8"))
    return Rates(fitted["beta"]["value"], fitted["gamma"]["value"])


def read_table(path: Path) -> list[dict[str, str]]:
    """Read the rows of a CSV file, by the names in its first line."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_table(
    path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]
) -> None:
    """Write a CSV file; the cells come formatted, so the digits are the caller's."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file that people can read too: indented, in the order given."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a text file, whose line ends stay what they are."""
    path.write_text(text, encoding="utf-8", newline="\n")
