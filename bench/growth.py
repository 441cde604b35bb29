"""Compare registries of several sizes, to see what costs more in a larger one.

``python -m bench.growth`` measures each size by ``python -m bench``, one after the
other on the same server, and prints the medians side by side, with the largest one
divided by the smallest.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.registry import ROOT

#: Objects of a registry for each run.
OBJECTS_A_RUN = 5
Medians = dict[str, float]


def main(arguments: Sequence[str]) -> None:
    """Measure all sizes and print a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.growth", description=__doc__)
    parser.add_argument(
        "--sizes",
        type=int,
        nargs="+",
        default=[10_000, 100_000, 1_000_000],
        help="numbers of objects (10,000, 100,000 and a million)",
    )
    parser.add_argument("--samples", type=int, default=60, help="of each type (60)")
    parser.add_argument("--only", default="", help="only types with this in the name")
    options = parser.parse_args(arguments)
    found = [_measure(size, options.samples, options.only) for size in options.sizes]
    print(_format_table(options.sizes, found))


def _measure(size: int, samples: int, only: str) -> Medians:
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results"
        subprocess.run(
            [
                *(sys.executable, "-m", "bench", "--objects", str(size)),
                *("--runs", str(size // OBJECTS_A_RUN), "--samples", str(samples)),
                *("--only", only, "--json", str(results)),
            ],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            check=True,
        )
        medians: Medians = json.loads(results.read_text())
        return medians


def _format_table(sizes: Sequence[int], found: Sequence[Medians]) -> str:
    heads = " | ".join(f"{size:,}" for size in sizes)
    lines = [
        f"| request, median ms | {heads} | largest / smallest |",
        "|---" * (len(sizes) + 2) + "|",
    ]
    for name in found[0]:
        values = [medians[name] for medians in found if name in medians]
        if len(values) == len(sizes):
            cells = " | ".join(f"{value:.1f}" for value in values)
            lines.append(f"| {name} | {cells} | {values[-1] / values[0]:.1f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main(sys.argv[1:])
