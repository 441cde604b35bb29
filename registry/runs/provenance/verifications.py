"""What documents tell of code runs that were run again."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from django.db.models import Q

from registry.core.graph import Term, TermKind
from registry.core.graph.definitions import TermName
from registry.core.graph.mapping import Influence
from registry.core.lookups import IdIn
from registry.runs.models import Verification

VERIFICATION = Term(
    "Verification",
    TermKind.CLASS,
    "That a code run did the same again as another one, to see whether it gives the "
    "same: a prov:wasInfluencedBy of the second run by the first.",
)
OUTCOME = Term(
    "outcome",
    TermKind.PROPERTY,
    "What came of a verification: reproduced, partly, not, failed or unknown.",
)
DIFFERING = Term(
    "differing_output",
    TermKind.PROPERTY,
    "The path of an output that was not the same the second time.",
)
VERIFICATION_TERMS = (VERIFICATION, OUTCOME, DIFFERING)
#: At most so many differing outputs of a verification are named.
_MAX_NAMED = 100


def verifications_of(runs: Collection[int]) -> Iterator[Influence]:
    """Yield the verifications by or of code runs; this takes one statement."""
    about = Q(IdIn("code_run_id", runs)) | Q(IdIn("rerun_id", runs))
    found = Verification.objects.filter(about).select_related("code_run", "rerun")
    for one in found.order_by("pk"):
        differing: list[tuple[str, Any]] = [
            (DIFFERING.qualified, difference["path"])
            for difference in one.differences[:_MAX_NAMED]
        ]
        yield Influence(
            one.rerun,
            one.code_run,
            (
                ("prov:type", TermName(VERIFICATION.qualified)),
                (OUTCOME.qualified, one.outcome),
                *differing,
            ),
        )
