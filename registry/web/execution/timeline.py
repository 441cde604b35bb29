"""Who ran what when: the attempts of a request as bars, one row for each host.

Attempts at the same time on one host have lanes of their own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from registry.web.execution.svg import cut, element, picture, written
from registry.web.execution.words import spoken_seconds

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    from registry.execution.models import Attempt

#: Pixels of the picture, of the names of hosts, of a lane and of the axis.
_WIDTH, _LEFT, _LANE, _AXIS, _EDGE = 960, 190, 22, 28, 12
_NAME, _INSIDE = 26, 7
#: The least width of a bar.
_THIN = 3.0
_TICKS = 5


@dataclass(frozen=True)
class Bar:
    """An attempt in its lane."""

    attempt: Attempt
    ends: datetime
    lane: int


@dataclass(frozen=True)
class HostRow:
    """The attempts on one host."""

    name: str
    bars: Sequence[Bar]
    lanes: int


def host_rows(attempts: Sequence[Attempt], now: datetime) -> list[HostRow]:
    """Return the attempts by host; what goes on ends now."""
    by_host: defaultdict[str, list[Attempt]] = defaultdict(list)
    for one in attempts:
        by_host[host_of(one)].append(one)
    return [_row(name, found, now) for name, found in sorted(by_host.items())]


def host_of(attempt: Attempt) -> str:
    """Return the name of the place of an attempt."""
    return f"{attempt.backend.slug}: {attempt.host or 'unnamed host'}"


def _row(name: str, attempts: Sequence[Attempt], now: datetime) -> HostRow:
    free: list[datetime] = []
    bars = []
    for one in sorted(attempts, key=lambda x: (x.leased_at, x.pk)):
        ends = max(one.ended or now, one.leased_at)
        lane = next((at for at, to in enumerate(free) if to <= one.leased_at), None)
        if lane is None:
            lane = len(free)
            free.append(ends)
        free[lane] = ends
        bars.append(Bar(one, ends, lane))
    return HostRow(name, bars, len(free))


def timeline_picture(
    rows: Sequence[HostRow], url_of: Callable[[int], str]
) -> SafeString:
    """Return the picture; its bars lead to their tasks."""
    begins = min(bar.attempt.leased_at for row in rows for bar in row.bars)
    ends = max(bar.ends for row in rows for bar in row.bars)
    scale = _Scale(begins, max(ends - begins, timedelta(seconds=1)))
    lanes = sum(row.lanes for row in rows)
    height = _AXIS + lanes * _LANE + len(rows) * 8 + _EDGE
    root = picture("timeline", _WIDTH, height, "Attempts by host and time")
    root.extend(scale.ticks(height))
    top = float(_AXIS)
    for row in rows:
        root.extend(_host(row, top))
        root.extend(_bar(bar, top, scale, url_of) for bar in row.bars)
        top += row.lanes * _LANE + 8
    return written(root)


@dataclass(frozen=True)
class _Scale:
    begins: datetime
    span: timedelta

    def at(self, moment: datetime) -> float:
        """Return how far to the right a moment is."""
        part = (moment - self.begins) / self.span
        return round(_LEFT + part * (_WIDTH - _LEFT - _EDGE), 1)

    def ticks(self, height: float) -> Iterator[ET.Element]:
        """Yield lines with their times, and the date where the days differ."""
        is_long = self.span > timedelta(days=1)
        form = "%d %b, %H:%M" if is_long else "%H:%M:%S"
        for number in range(_TICKS):
            moment = self.begins + self.span * number / (_TICKS - 1)
            x = self.at(moment)
            yield element("line", class_="grid", x1=x, x2=x, y1=_AXIS - 6, y2=height)
            anchor = {0: "start", _TICKS - 1: "end"}.get(number, "middle")
            yield element(
                "text", f"{moment:{form}}", x=x, y=14, text_anchor=anchor, class_="tick"
            )


def _host(row: HostRow, top: float) -> Iterator[ET.Element]:
    yield element("text", cut(row.name, _NAME), x=4, y=top + 15)
    yield element("line", class_="grid", x1=0, x2=_WIDTH, y1=top - 4, y2=top - 4)


def _bar(
    bar: Bar, top: float, scale: _Scale, url_of: Callable[[int], str]
) -> ET.Element:
    """Return an attempt: a thin line while it is prepared, and a bar while it runs."""
    one, y = bar.attempt, top + bar.lane * _LANE
    x, right = scale.at(one.leased_at), scale.at(bar.ends)
    started = x if one.started is None else max(x, scale.at(one.started))
    link = element("a", href=url_of(one.task_id), class_=f"attempt state-{one.state}")
    link.append(element("title", _title(bar)))
    if started > x:
        link.append(
            element(
                "rect", class_="preparing", x=x, y=y + 7, width=started - x, height=5
            )
        )
    width = max(round(right - started, 1), _THIN)
    link.append(element("rect", x=started, y=y, width=width, height=_LANE - 4, rx=3))
    room = int(width / _INSIDE)
    if room >= 3:
        name = cut(one.task.name, room)
        link.append(element("text", name, x=started + 4, y=y + 13))
    return link


def _title(bar: Bar) -> str:
    one = bar.attempt
    took = spoken_seconds((bar.ends - one.leased_at).total_seconds())
    went = "running" if one.ended is None else one.state
    return (
        f"{one.task.name}, attempt {one.number} on {one.host}: {went}, from "
        f"{one.leased_at:%Y-%m-%d %H:%M:%S} UTC, {took}"
    )
