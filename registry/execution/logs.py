"""The last part of what attempts write, which grows while they run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils import timezone

from registry.core.transactions import atomic
from registry.execution.models import AttemptLog

#: So many characters of a log are kept, the last ones.
MAX_CHARACTERS: Final = 65_536


@dataclass(frozen=True)
class Part:
    """A part of a log, and how many bytes of the log come before it."""

    offset: int
    text: str


@atomic
def append(parts: Mapping[int, Part]) -> None:
    """Add parts of logs, by the ids of their attempts.

    A part that was sent before changes nothing; after a gap, the log begins anew there.
    """
    known = AttemptLog.objects.in_bulk(list(parts))
    rows = []
    for pk, part in parts.items():
        log = known.get(pk) or AttemptLog(attempt_id=pk)
        if part.text and _grow(log, part):
            rows.append(log)
    AttemptLog.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["attempt"],
        update_fields=["offset", "text", "at"],
    )


def _grow(log: AttemptLog, part: Part) -> bool:
    """Add a part to a log; return whether anything was new."""
    end = log.offset + len(log.text.encode())
    # a null character cannot be stored
    text = part.text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    if part.offset > end or not log.text:
        log.offset, log.text = part.offset, text
    else:
        added = text.encode()[end - part.offset :]
        if not added:
            return False
        log.text += added.decode(errors="replace")
    if len(log.text) > MAX_CHARACTERS:
        cut = log.text[: len(log.text) - MAX_CHARACTERS]
        log.offset += len(cut.encode())
        log.text = log.text[-MAX_CHARACTERS:]
    log.at = timezone.now()
    return True
