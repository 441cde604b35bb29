r"""Fits the SIR model to the numbers of boys in bed, by least squares.

The boys in bed on a day are taken for the model's infected people on that day, as is
usual with this outbreak ("Influenza in a boarding school", British Medical Journal
1978; 1: 587). The model is that of Kermack and McKendrick (1927), see `sir.py`.

    python fit.py --data data/in-bed.csv --config model-config.toml \
                  --output data/fitted-rates.json
"""

from argparse import ArgumentParser
from collections.abc import Sequence
from functools import cache
from math import inf, isfinite
from pathlib import Path
from typing import Any

from files import Config, Count, read_config, read_counts, write_json
from nelder_mead import Point, minimise
from sir import Rates, simulate, sum_of_squares


def check_days(config: Config, counts: Sequence[Count]) -> None:
    """Raise `ValueError` where a count's day is not counted from the start."""
    for count in counts:
        if (count.date - config.start).days != count.day:
            raise ValueError(f"{count.date} is not day {count.day} from {config.start}")


def residual(config: Config, counts: Sequence[Count], rates: Rates) -> float:
    """Sum the squared differences of model and counts, in boys squared."""
    days = max(count.day for count in counts)
    states = simulate(config.people, rates, days, config.steps_per_day)
    expected = [states[count.day * config.steps_per_day].infected for count in counts]
    return sum_of_squares([count.in_bed for count in counts], expected)


def fit(config: Config, counts: Sequence[Count]) -> Rates:
    """Find the two positive rates with which the model is nearest to the counts."""

    @cache  # the search asks for the corners of its simplex again and again
    def misfit(point: Point) -> float:
        if min(point) <= 0:
            return inf
        value = residual(config, counts, Rates(*point))
        return value if isfinite(value) else inf

    best = minimise(misfit, config.first_guess, config.tolerance, config.max_iterations)
    return Rates(*best)


def quantity(value: float, unit: str, meaning: str) -> dict[str, Any]:
    """Give a number its unit and meaning; six digits are more than the data bear."""
    return {"value": float(f"{value:.6g}"), "unit": unit, "meaning": meaning}


def report(config: Config, counts: Sequence[Count], rates: Rates) -> dict[str, Any]:
    """Say what the file of fitted rates says."""
    squares = residual(config, counts, rates)
    return {
        "beta": quantity(rates.beta, "1/day", "transmission rate"),
        "gamma": quantity(rates.gamma, "1/day", "recovery rate"),
        "R0": quantity(rates.reproduction_number, "1", "basic reproduction number"),
        "residual_sum_of_squares": quantity(
            squares, "boys^2", "observed minus expected, squared and summed"
        ),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program; `arguments` are those of the command line by default."""
    parser = ArgumentParser(description="Fit an SIR model to daily counts.")
    parser.add_argument("--data", type=Path, required=True, help="counts (CSV)")
    parser.add_argument("--config", type=Path, required=True, help="model (TOML)")
    parser.add_argument("--output", type=Path, required=True, help="rates (JSON)")
    chosen = parser.parse_args(arguments)
    config, counts = read_config(chosen.config), read_counts(chosen.data)
    check_days(config, counts)
    write_json(chosen.output, report(config, counts, fit(config, counts)))


if __name__ == "__main__":
    main()
