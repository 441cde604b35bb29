"""Compare code runs that were run again with what they gave first, by checksum."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from registry.core.lookups import IdIn
from registry.execution.models import Attempt, AttemptOutput
from registry.runs.models import Outcome, Verification

#: The most differences that are kept.
MAX_DIFFERENCES = 1000

#: The checksums of the outputs of a run, by path.
_Files = Mapping[str, str]


def verify(attempts: Sequence[Attempt]) -> None:
    """Store how the runs of attempts compare with those that they run again."""
    again = [one for one in attempts if one.task.run_request.rerun_of_id is not None]
    if not again:
        return
    firsts = {one.task.run_request.rerun_of_id or 0 for one in again}
    files = files_of({*firsts, *(one.code_run_id or 0 for one in again)})
    Verification.objects.bulk_create(
        [_compare(one.task.run_request.rerun_of_id or 0, one, files) for one in again]
    )


def _compare(first: int, again: Attempt, files: Mapping[int, _Files]) -> Verification:
    run = again.code_run_id or 0
    before, after = files.get(first, {}), files.get(run, {})
    differences = list(differences_between(before, after))
    compared = list(before)
    return Verification(
        code_run_id=first,
        rerun_id=run,
        outcome=_outcome(again, compared, differences),
        compared=len(compared),
        differences=differences[:MAX_DIFFERENCES],
    )


def _outcome(
    again: Attempt, compared: Sequence[str], differences: Sequence[Mapping[str, Any]]
) -> Outcome:
    if again.code_run is not None and again.code_run.failed:
        return Outcome.FAILED
    if not compared:
        return Outcome.UNKNOWN
    if not differences:
        return Outcome.REPRODUCED
    differing = {one["path"] for one in differences}
    same = [path for path in compared if path not in differing]
    return Outcome.PARTLY if same else Outcome.NOT_REPRODUCED


def differences_between(before: _Files, after: _Files) -> list[dict[str, str | None]]:
    """Return the outputs that differ, in the order of their paths."""
    return [
        {"path": path, "first": before.get(path), "again": after.get(path)}
        for path in sorted({*before, *after})
        if before.get(path) != after.get(path)
    ]


def files_of(runs: Collection[int]) -> dict[int, dict[str, str]]:
    """Return the files that code runs of tasks wrote, by the ids of the runs.

    Those are left out whose checksums stay on their backend: nobody here can compare
    them.
    """
    rows = AttemptOutput.objects.filter(IdIn("attempt__code_run_id", runs))
    found: defaultdict[int, dict[str, str]] = defaultdict(dict)
    known = rows.exclude(sha1="").order_by("pk")
    for run, path, sha1 in known.values_list("attempt__code_run_id", "path", "sha1"):
        found[run][path] = sha1
    return dict(found)
