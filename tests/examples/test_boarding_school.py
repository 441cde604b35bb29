"""The example of the influenza outbreak: its programs, run as a reader would run them.

Expected rates are those of the literature on this outbreak, where one boy is infected
on the day before the first count: about 1.66 and 0.44 per day, and R0 near 3.7.
"""

import csv
import importlib
import json
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest

pytestmark = pytest.mark.once

EXAMPLE = Path(__file__).parents[2] / "examples" / "boarding-school-influenza"
COUNTS = EXAMPLE / "data" / "in-bed.csv"
RESULTS = ("fitted-rates.json", "simulated.csv", "epidemic-curve.svg")
SVG = "{http://www.w3.org/2000/svg}"


def run_all(folder: Path, **environment: str) -> dict[str, bytes]:
    """Return the results of the three runs, in a fresh copy below `folder`."""
    ignored = shutil.ignore_patterns("__pycache__", *RESULTS)
    copy = shutil.copytree(EXAMPLE, folder / "example", ignore=ignored)
    for script in ("fit.sh", "simulate.sh", "draw.sh"):
        run(copy, script, **environment)
    return {name: (copy / "data" / name).read_bytes() for name in RESULTS}


def run(
    folder: Path, script: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a submission script, by this Python."""
    return subprocess.run(
        ["sh", script],
        cwd=folder,
        env=os.environ | {"PYTHON": sys.executable} | environment,
        check=True,
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Give what the runs write, by file name."""
    return run_all(tmp_path_factory.mktemp("first"))


@pytest.fixture
def sir(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Import the example's model, which is no package of the project."""
    monkeypatch.syspath_prepend(EXAMPLE)
    return importlib.import_module("sir")


@pytest.fixture
def nelder_mead(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Import the example's search for a minimum."""
    monkeypatch.syspath_prepend(EXAMPLE)
    return importlib.import_module("nelder_mead")


def simulated(results: dict[str, bytes]) -> list[list[float]]:
    """Read the rows of the simulated table: day, susceptible, infected, recovered."""
    _, *rows = csv.reader(results["simulated.csv"].decode().splitlines())
    return [[float(cell) for cell in row] for row in rows]


def drawn(results: dict[str, bytes]) -> ElementTree.Element:
    """Read the figure."""
    return ElementTree.fromstring(results["epidemic-curve.svg"])  # noqa: S314 (ours)


def test_the_counts_are_those_of_the_paper() -> None:
    rows = list(csv.DictReader(COUNTS.read_text().splitlines()))
    counts = [3, 8, 26, 76, 225, 298, 258, 233, 189, 128, 68, 29, 14, 4]
    assert [int(row["in_bed"]) for row in rows] == counts
    assert (rows[0]["date"], rows[-1]["date"]) == ("1978-01-22", "1978-02-04")


def test_the_fitted_rates_are_those_of_the_literature(
    results: dict[str, bytes],
) -> None:
    fitted = json.loads(results["fitted-rates.json"])
    assert fitted["beta"]["value"] == pytest.approx(1.665, abs=0.01)
    assert fitted["gamma"]["value"] == pytest.approx(0.445, abs=0.005)
    assert fitted["R0"]["value"] == pytest.approx(3.75, abs=0.05)
    assert fitted["beta"]["unit"] == fitted["gamma"]["unit"] == "1/day"


def test_the_stated_residual_is_that_of_the_simulated_curve(
    results: dict[str, bytes],
) -> None:
    infected = {row[0]: row[2] for row in simulated(results)}
    counts = csv.DictReader(COUNTS.read_text().splitlines())
    squares = sum((infected[float(c["day"])] - int(c["in_bed"])) ** 2 for c in counts)
    stated = json.loads(results["fitted-rates.json"])["residual_sum_of_squares"]
    assert squares == pytest.approx(stated["value"], rel=1e-4)


def test_nobody_enters_or_leaves_the_school(results: dict[str, bytes]) -> None:
    rows = simulated(results)
    assert len(rows) == 14 * 20 + 1
    # Three numbers of four decimals each are rounded by 0.00015 at most.
    assert all(abs(sum(row[1:]) - 763) < 2e-4 for row in rows)


def test_the_solver_keeps_what_the_exact_solution_keeps(sir: ModuleType) -> None:
    """S + I - (N / R0) ln S does not change along a solution."""
    rates = sir.Rates(1.7, 0.45)
    states = sir.simulate(sir.People(762, 1, 0), rates, 40, 20)
    kept = [s + i - 763 / rates.reproduction_number * math.log(s) for s, i, _ in states]
    assert kept == pytest.approx([kept[0]] * len(kept), abs=1e-4)
    assert states[-1].infected < 0.01


def test_a_fit_to_simulated_counts_finds_the_rates_that_made_them(
    sir: ModuleType, nelder_mead: ModuleType
) -> None:
    start = sir.People(762, 1, 0)

    def course(point: tuple[float, ...]) -> list[float]:
        states = sir.simulate(start, sir.Rates(*point), 14, 20)
        return [people.infected for people in states]

    observed = course((1.9, 0.4))
    found = nelder_mead.minimise(
        lambda point: sir.sum_of_squares(observed, course(point)), (1.5, 0.5), 1e-7, 200
    )
    assert found == pytest.approx((1.9, 0.4), abs=1e-6)


def test_a_search_that_does_not_end_in_time_is_an_error(
    nelder_mead: ModuleType,
) -> None:
    with pytest.raises(ArithmeticError, match="5 iterations"):
        nelder_mead.minimise(lambda point: point[0] ** 2, (1.0,), 1e-9, 5)


def test_a_second_run_elsewhere_writes_the_same_bytes(
    results: dict[str, bytes], tmp_path: Path
) -> None:
    again = run_all(tmp_path, PYTHONHASHSEED="1", LC_ALL="C", TZ="Asia/Tokyo")
    assert again == results


def test_counts_whose_days_start_elsewhere_are_refused(tmp_path: Path) -> None:
    copy = shutil.copytree(EXAMPLE, tmp_path / "example")
    config = copy / "model-config.toml"
    config.write_text(config.read_text().replace("1978-01-21", "1978-01-20"))
    with pytest.raises(subprocess.CalledProcessError) as failure:
        run(copy, "fit.sh")
    assert "1978-01-22 is not day 1 from 1978-01-20" in failure.value.stderr


def test_the_figure_names_itself_and_shows_every_count(
    results: dict[str, bytes],
) -> None:
    figure = drawn(results)
    parts = {part.attrib["id"]: part.text for part in figure if "id" in part.attrib}
    assert figure.get("aria-labelledby") == " ".join(parts)
    assert parts["title"] == "Influenza in an English boarding school, 1978"
    assert "298 on 27 January" in str(parts["description"])
    names = [name.text for name in figure.iterfind(f"{SVG}circle/{SVG}title")]
    assert len(names) == 14
    assert names[0] == "22 January: 3 boys in bed"


def test_the_figure_places_points_and_axis_numbers_on_one_scale(
    results: dict[str, bytes],
) -> None:
    figure = drawn(results)
    heights = {
        int(str(mark[0].text).split(": ")[1].split()[0]): float(mark.attrib["cy"])
        for mark in figure.iterfind(f"{SVG}circle")
        if len(mark)
    }
    # The numbers of the axis stand 4.5 pixels below their grid lines.
    lines = {
        int(str(label.text)): float(label.attrib["y"]) - 4.5
        for label in figure.iterfind(f"{SVG}text[@text-anchor='end']")
    }
    boy = (lines[0] - lines[300]) / 300
    expected = {count: lines[0] - count * boy for count in heights}
    assert heights == pytest.approx(expected, abs=0.01)
