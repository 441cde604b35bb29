"""The content of the example as data: its files, its runs and their metadata.

The files are those of `examples/boarding-school-influenza`, identified by their paths
there; descriptions and numbers follow its README.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

#: The release of the example's code; it shows that a registry has the example.
RELEASE = "boarding-school-influenza"
#: Version of the release and of each data product; change it with any file.
VERSION = "1.0.0"
NAMESPACE = ("boarding-school", "Influenza in an English boarding school, 1978")

#: The note in the journal is anonymous; it came from this institution.
REPORTER = "Communicable Disease Surveillance Centre"
PROGRAMMERS = "The Research Registry authors"

BSD = ("BSD 3-Clause License", "https://opensource.org/license/bsd-3-clause")
CC0 = (
    "CC0 1.0 Universal",
    "https://creativecommons.org/publicdomain/zero/1.0/",
)

INFLUENZA = ("influenza", "http://id.nlm.nih.gov/mesh/D007251")
OUTBREAK = ("disease outbreak", None)
SIR = ("SIR model", None)

CSV = ("Comma-separated values", "csv")
JSON = ("JavaScript Object Notation", "json")
MARKDOWN = ("Markdown", "md")
SHELL = ("POSIX shell script", "sh")
SVG = ("Scalable Vector Graphics", "svg")
TOML = ("TOML", "toml")
ZIP = ("ZIP archive", "zip")


@dataclass(frozen=True)
class File:
    """One file and its metadata.

    `product` is its name as a data product, if it is one; `components` maps the names
    of its parts to their descriptions.
    """

    path: str
    file_type: tuple[str, str]
    description: str
    author: str = PROGRAMMERS
    licence: tuple[str, str] = BSD
    keywords: tuple[tuple[str, str | None], ...] = ()
    product: str | None = None
    components: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """One code run: its script, inputs and outputs.

    An input or output is a file's path and the name of a component. All runs use the
    release's code; `configured` runs read the configuration too.
    """

    script: str
    description: str
    inputs: tuple[tuple[str, str], ...]
    outputs: tuple[tuple[str, str], ...]
    configured: bool = True


CODE = f"{RELEASE}-{VERSION}.zip"
CONFIG = "model-config.toml"
CHECKS = "README.md"
COUNTS = "data/in-bed.csv"
RATES = "data/fitted-rates.json"
CURVE = "data/simulated.csv"
FIGURE = "data/epidemic-curve.svg"

FILES = (
    File(
        CODE,
        ZIP,
        "The code of the example: fits, simulates and draws an influenza outbreak with "
        "an SIR model, in Python 3.11 without further libraries.",
        keywords=(SIR,),
    ),
    File(
        CHECKS,
        MARKDOWN,
        "What the example is, how to run it, and how the fitted rates were checked.",
    ),
    File(
        CONFIG,
        TOML,
        "Configuration of the SIR model: the school's size, how the outbreak began, "
        "the solver's step, and where the fit begins and ends.",
    ),
    File("fit.sh", SHELL, "Submits the fit of the SIR model to the counts."),
    File("simulate.sh", SHELL, "Submits the simulation with the fitted rates."),
    File("draw.sh", SHELL, "Submits the drawing of counts and simulated curve."),
    File(
        COUNTS,
        CSV,
        "How many boys were in bed on each day from 22 January to 4 February 1978, in "
        "an English boarding school of 763 boys. The paper printed a graph; the "
        "numbers are the reading of it by de Vries and others, A Course in "
        "Mathematical Biology (SIAM, 2006), chapter 9.",
        author=REPORTER,
        licence=CC0,
        keywords=(INFLUENZA, OUTBREAK, ("boarding school", None)),
        product="influenza/in-bed",
        components={"in_bed": "Number of boys in bed, by day; unit: boys."},
    ),
    File(
        RATES,
        JSON,
        "Rates of the SIR model, fitted to the counts by least squares.",
        licence=CC0,
        keywords=(INFLUENZA, SIR),
        product="influenza/fitted-rates",
        components={
            "beta": "Transmission rate; unit: 1/day.",
            "gamma": "Recovery rate; unit: 1/day.",
            "R0": "Basic reproduction number, beta / gamma; unit: 1.",
            "residual_sum_of_squares": "What the fit made least; unit: boys squared.",
        },
    ),
    File(
        CURVE,
        CSV,
        "The outbreak as the SIR model has it with the fitted rates, twenty times a "
        "day.",
        licence=CC0,
        keywords=(INFLUENZA, SIR),
        product="influenza/simulated",
        components={
            "susceptible": "Boys who can be infected, by day; unit: boys.",
            "infected": "Boys who are infected and infect others, by day; unit: boys.",
            "recovered": "Boys who are over it and immune, by day; unit: boys.",
        },
    ),
    File(
        FIGURE,
        SVG,
        "Figure: the boys in bed on each day, and the simulated curve.",
        licence=CC0,
        keywords=(INFLUENZA, OUTBREAK, SIR),
        product="influenza/epidemic-curve",
    ),
)

RUNS = (
    Run(
        "fit.sh",
        "Fit of an SIR model to the boys in bed, by least squares",
        inputs=((COUNTS, "in_bed"),),
        outputs=tuple(
            (RATES, part) for part in ("beta", "gamma", "R0", "residual_sum_of_squares")
        ),
    ),
    Run(
        "simulate.sh",
        "Simulation of the outbreak with the fitted rates",
        inputs=((RATES, "beta"), (RATES, "gamma")),
        outputs=tuple(
            (CURVE, part) for part in ("susceptible", "infected", "recovered")
        ),
    ),
    Run(
        "draw.sh",
        "Drawing of the counts and the simulated curve",
        inputs=((COUNTS, "in_bed"), (CURVE, "infected")),
        outputs=((FIGURE, "whole_object"),),
        configured=False,
    ),
)

#: The paper, from which the counts are; the DOI is that of the column it stands in.
PAPER = {
    "identifier": "https://doi.org/10.1136/bmj.1.6112.586",
    "alternate_identifier": "PMC1603269",
    "alternate_identifier_type": "PMCID",
    "primary_not_supplement": True,
    "release_date": datetime(1978, 3, 4, tzinfo=UTC),
    "title": "Influenza in a boarding school",
    "description": "Anonymous note in the British Medical Journal, 4 March 1978; 1: "
    "587, with a graph of the boys in bed and convalescent on each day. 512 of 763 "
    "boys fell ill.",
}

#: A known weakness of the counts, of middling severity: the fit hardly feels it.
ISSUE_WITH = (COUNTS, "in_bed")
ISSUE = {
    "severity": 3,
    "description": "The numbers were read off a printed graph. Other people's readings "
    "of it differ from these by up to seven boys on some days.",
}
