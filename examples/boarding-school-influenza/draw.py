r"""Draws the counts and the simulated curve as one stand-alone figure (SVG).

The counts are those of "Influenza in a boarding school", British Medical Journal
1978; 1: 587, the curve is the model of Kermack and McKendrick (1927), see `sir.py`.
The figure needs no script, style sheet or font from elsewhere. It names and describes
itself to screen readers, tells points from line by shape as well as by colour, and
each point says its count when it is pointed at.

    python draw.py --data data/in-bed.csv --simulated data/simulated.csv \
                   --output data/epidemic-curve.svg
"""

from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from math import ceil
from pathlib import Path
from typing import NamedTuple

from files import Count, read_counts, read_table, write_text

WIDTH, HEIGHT = 800, 500
LEFT, RIGHT, TOP, BOTTOM = 76, 772, 96, 412  # the edges of the plot, in pixels
GRID = 50  # boys from one grid line to the next
INK, MUTED, RULE = "#1a1a1a", "#4d4d4d", "#dcdcdc"
# Blue and vermilion of Okabe and Ito's palette, distinct to colour-blind readers too.
LINE, POINT = "#0072b2", "#d55e00"
# Not from the system's locale, with which the bytes would change.
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
TITLE = "Influenza in an English boarding school, 1978"
SUBTITLE = "Boys in bed on each day, and an SIR model fitted to the counts"
SOURCE = "Counts: British Medical Journal 1978; 1: 587. School of 763 boys."


class Curve(NamedTuple):
    """The simulated infected people: days from the start, and how many."""

    days: list[float]
    infected: list[float]


class Frame(NamedTuple):
    """Where days and boys are on the page; day 0 is the date `start`."""

    start: date
    days: int
    boys: int

    def x(self, day: float) -> float:
        """Return pixels from the left edge of the page."""
        return LEFT + (RIGHT - LEFT) * day / self.days

    def y(self, boys: float) -> float:
        """Return pixels from the top edge of the page."""
        return BOTTOM - (BOTTOM - TOP) * boys / self.boys


def read_curve(path: Path) -> Curve:
    """Read the curve out of the table that `simulate.py` writes."""
    table = read_table(path)
    return Curve(
        [float(row["day"]) for row in table], [float(row["infected"]) for row in table]
    )


def frame_around(counts: Sequence[Count], curve: Curve) -> Frame:
    """Choose a frame that holds every point, up to the next grid line and whole day."""
    first = counts[0]
    highest = max(*curve.infected, *(count.in_bed for count in counts))
    last = max(*curve.days, *(count.day for count in counts))
    return Frame(
        start=first.date - timedelta(days=first.day),
        days=ceil(last),
        boys=GRID * ceil(highest / GRID),
    )


def text(x: float, y: float, content: str, attributes: str = "") -> str:
    """Write a line of text, by the left end of its base line unless told otherwise."""
    return f'<text x="{x:.2f}" y="{y:.2f}"{attributes}>{content}</text>'


def counts_axis(frame: Frame) -> Iterator[str]:
    """Draw horizontal grid lines with their numbers, and what they count."""
    for boys in range(0, frame.boys + 1, GRID):
        y = frame.y(boys)
        colour = RULE if boys else MUTED
        yield f'<path d="M{LEFT},{y:.2f}H{RIGHT}" stroke="{colour}"/>'
        yield text(LEFT - 10, y + 4.5, str(boys), ' text-anchor="end"')
    y = (TOP + BOTTOM) / 2
    turned = f' text-anchor="middle" transform="rotate(-90 24 {y:.2f})"'
    yield text(24, y, "Number of boys in bed", turned)


def dates_axis(frame: Frame) -> Iterator[str]:
    """Draw a tick and a number for each day, and each month's name once."""
    named = 0
    for day in range(frame.days + 1):
        when, x = frame.start + timedelta(days=day), frame.x(day)
        yield f'<path d="M{x:.2f},{BOTTOM}v6" stroke="{MUTED}"/>'
        yield text(x, BOTTOM + 22, str(when.day), ' text-anchor="middle"')
        if when.month != named:
            named = when.month
            month = MONTHS[named - 1]
            yield text(x, BOTTOM + 40, month, ' text-anchor="middle"')
    middle = (LEFT + RIGHT) / 2
    yield text(middle, BOTTOM + 58, "Date in 1978 (days)", ' text-anchor="middle"')


def curve_line(frame: Frame, curve: Curve) -> str:
    """Draw the simulated curve as one line."""
    places = zip(curve.days, curve.infected, strict=True)
    points = "L".join(f"{frame.x(d):.2f},{frame.y(n):.2f}" for d, n in places)
    return f'<path d="M{points}" {line_style()}/>'


def line_style() -> str:
    """Say how the curve looks, in the plot and in the legend."""
    return f'fill="none" stroke="{LINE}" stroke-width="3" stroke-linejoin="round"'


def point(x: float, y: float, name: str = "") -> str:
    """Draw the mark of an observation; white around it lifts it off the curve."""
    inside = f"<title>{name}</title>" if name else ""
    style = f'r="5.5" fill="{POINT}" stroke="#ffffff" stroke-width="1.5"'
    return f'<circle cx="{x:.2f}" cy="{y:.2f}" {style}>{inside}</circle>'


def count_points(frame: Frame, counts: Sequence[Count]) -> Iterator[str]:
    """Draw a named mark for each count."""
    for count in counts:
        day = f"{count.date.day} {MONTHS[count.date.month - 1]}"
        name = f"{day}: {count.in_bed} boys in bed"
        yield point(frame.x(count.day), frame.y(count.in_bed), name)


def legend() -> Iterator[str]:
    """Say what the marks mean, in the empty upper right of the plot."""
    x, y = RIGHT - 268, TOP + 26
    # A ground of its own, or a grid line runs through the words.
    width = RIGHT - x + 1
    yield f'<rect x="{x}" y="{y - 14}" width="{width}" height="54" fill="#ffffff"/>'
    yield point(x + 16, y)
    yield text(x + 44, y + 4.5, "In bed, counted each day")
    yield f'<path d="M{x},{y + 26}h32" {line_style()}/>'
    yield text(x + 44, y + 30.5, "Infected, model (least squares)")


def description(counts: Sequence[Count]) -> str:
    """Put the figure into words, for readers who do not see it."""
    peak = max(counts, key=lambda count: count.in_bed)
    first, last = counts[0], counts[-1]
    when = f"{peak.date.day} {MONTHS[peak.date.month - 1]}"
    return (
        f"The number of boys in bed rises from {first.in_bed} on the first day to"
        f" {peak.in_bed} on {when} and falls to {last.in_bed} on the last, the"
        f" {len(counts)}th, day. A smooth curve, the infected people of an SIR model,"
        " rises and falls with the counts."
    )


def figure(counts: Sequence[Count], curve: Curve) -> Iterator[str]:
    """Yield the lines of the SVG document."""
    frame = frame_around(counts, curve)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
        f' width="{WIDTH}" height="{HEIGHT}" role="img"'
        ' aria-labelledby="title description" font-size="14"'
        f' font-family="Helvetica, Arial, sans-serif" fill="{INK}">'
    )
    yield f'<title id="title">{TITLE}</title>'
    yield f'<desc id="description">{description(counts)}</desc>'
    yield f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
    yield text(24, 38, TITLE, ' font-size="21" font-weight="bold"')
    yield text(24, 63, SUBTITLE, f' font-size="15" fill="{MUTED}"')
    yield from counts_axis(frame)
    yield from dates_axis(frame)
    yield curve_line(frame, curve)
    yield from count_points(frame, counts)
    yield from legend()
    yield text(24, HEIGHT - 10, SOURCE, f' font-size="12" fill="{MUTED}"')
    yield "</svg>\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program; `arguments` are those of the command line by default."""
    parser = ArgumentParser(description="Draw counts and a simulated curve.")
    parser.add_argument("--data", type=Path, required=True, help="counts (CSV)")
    parser.add_argument("--simulated", type=Path, required=True, help="curve (CSV)")
    parser.add_argument("--output", type=Path, required=True, help="figure (SVG)")
    chosen = parser.parse_args(arguments)
    counts, curve = read_counts(chosen.data), read_curve(chosen.simulated)
    write_text(chosen.output, "\n".join(figure(counts, curve)))


if __name__ == "__main__":
    main()
