"""The filter of code runs by whether they were reproduced."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q

from registry.core.traits import FurtherFilter
from registry.runs.models import Outcome, Verification

_VALUES = {"true": True, "false": False}


def _parse(text: str) -> str:
    if text.lower() not in _VALUES:
        raise ValidationError("Give true or false.")
    return text.lower()


def _rows(text: str) -> Q:
    """Return the condition for runs that were reproduced, or were not."""
    found = Verification.objects.filter(
        code_run=OuterRef("pk"), outcome=Outcome.REPRODUCED
    )
    reproduced = Q(Exists(found))
    return reproduced if _VALUES[text] else ~reproduced


VERIFIED_FILTER = FurtherFilter(
    name="verified",
    help_text="Whether running it again gave the same outputs.",
    explanation="true or false",
    pattern="^(?i:true|false)$",
    parse=_parse,
    rows=_rows,
)
