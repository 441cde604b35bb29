"""Captions of nodes: what people read of a record in a lineage."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from django.db.models import TextField
from django.db.models.functions import Cast

from registry.core.texts import shorten_text

#: Characters of a description that are read, and shown.
READ_LENGTH, SHOWN_LENGTH = 300, 120


class Origin(NamedTuple):
    """The record that says where data came from: its kind, its id and its title."""

    kind: str
    id: int
    title: str


class Caption(NamedTuple):
    """What a node is called.

    ``date`` is when an activity began, when external data was released, and when any
    other record was last changed. ``issues`` are the ids of quality issues, the worst
    first. ``origin`` says that the data came from outside, ``withdrawn`` why the record
    was withdrawn, if it was.
    """

    label: str
    version: str | None
    date: datetime
    issues: tuple[int, ...] = ()
    origin: Origin | None = None
    withdrawn: str | None = None


def time_as_text(field: str) -> Cast:
    """Select a time as its text, which is read several times as fast as a time."""
    return Cast(field, TextField())


def time_from_text(text: str) -> datetime:
    """Read a time as the databases write it: SQLite in UTC, without saying so."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def single_line(text: str | None) -> str:
    """Put a text on one line, and shorten it; most are short enough as they are."""
    line = " ".join((text or "").split())
    return line if len(line) <= SHOWN_LENGTH else shorten_text(line, SHOWN_LENGTH)
