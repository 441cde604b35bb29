r"""Simulates the outbreak with the fitted rates, on the solver's fine grid.

The model is that of Kermack and McKendrick (1927), see `sir.py`; the outbreak that of
"Influenza in a boarding school", British Medical Journal 1978; 1: 587.

    python simulate.py --rates data/fitted-rates.json --config model-config.toml \
                       --output data/simulated.csv
"""

from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from pathlib import Path

from files import Config, read_config, read_rates, write_table
from sir import People, Rates, simulate

HEADER = ("day", *People._fields)


def rows(config: Config, rates: Rates) -> Iterator[list[str]]:
    """Yield one row a step: the day (0 is the start of the outbreak) and the people."""
    states = simulate(config.people, rates, config.days, config.steps_per_day)
    for number, people in enumerate(states):
        day = number / config.steps_per_day
        yield [f"{day:.4f}", *(f"{count:.4f}" for count in people)]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program; `arguments` are those of the command line by default."""
    parser = ArgumentParser(description="Simulate an outbreak with given rates.")
    parser.add_argument("--rates", type=Path, required=True, help="rates (JSON)")
    parser.add_argument("--config", type=Path, required=True, help="model (TOML)")
    parser.add_argument("--output", type=Path, required=True, help="curve (CSV)")
    chosen = parser.parse_args(arguments)
    config, rates = read_config(chosen.config), read_rates(chosen.rates)
    write_table(chosen.output, HEADER, rows(config, rates))


if __name__ == "__main__":
    main()
