"""Words about work: progress, amounts, durations, and logs as plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from registry.execution.states import TaskState, WorkState
from registry.execution.waiting import UNITS, amount_in_words
from registry.runs.compared import spell_duration

if TYPE_CHECKING:
    from registry.execution.counts import Counts
    from registry.execution.models import RunRequest, Task

#: In a bar of progress: what is finished comes first, what waits last.
_BAR_ORDER = (
    *(TaskState.DONE, TaskState.FAILED, TaskState.CANCELLED, TaskState.RUNNING),
    *(TaskState.LEASED, TaskState.SUSPENDED, TaskState.READY, TaskState.HELD),
)
#: Escape sequences of terminals (ECMA-48): commands to the system end with a bell or
#: with ESC and a backslash, colours and movements with a letter.
_ESCAPES = re.compile(
    r"\x1b[\]PX^_].*?(?:\x07|\x1b\\|\Z)|\x1b\[[0-?]*[ -/]*[@-~]|\x1b[ -/]*[0-~]|\x9b"
    r"[0-?]*[ -/]*[@-~]",
    re.DOTALL,
)
#: A line that was written over begins after its last carriage return.
_OVERWRITTEN = re.compile(r"[^\n]*\r(?=[^\n])")
#: Other control characters, and those that change the direction of what follows.
_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def plain_log(text: str) -> str:
    """Return a log as a terminal would leave it, without colours and movements."""
    text = _ESCAPES.sub("", text.replace("\r\n", "\n"))
    return _CONTROLS.sub("", _OVERWRITTEN.sub("", text))


@dataclass(frozen=True)
class Progress:
    """How far a request is, in words and as parts of a bar."""

    counts: Counts
    total: int

    @classmethod
    def of(cls, request: RunRequest, counts: Counts) -> Progress:
        """Return the progress of a request, whose later jobs may not be made yet."""
        made = request.jobs_made
        per_job = counts.total / made if made else 0
        return cls(counts, max(counts.total, round(per_job * request.jobs)))

    @property
    def text(self) -> str:
        """How many tasks are done, of how many."""
        done = self.counts.by_state.get(TaskState.DONE, 0)
        return f"{done:,} of {tasks_in_words(self.total)} done"

    @property
    def others(self) -> list[tuple[str, str]]:
        """The other states, each with its number in words."""
        found = self.counts.by_state
        return [
            (state, f"{found[state]:,} {state}")
            for state in _BAR_ORDER[1:]
            if state in found
        ]

    @property
    def parts(self) -> Iterator[tuple[str, float, float]]:
        """Yield the parts of the bar: the state, where it begins, and its width."""
        begins = 0.0
        for state in _BAR_ORDER:
            number = self.counts.by_state.get(state, 0)
            if number:
                width = 100 * number / self.total
                yield state, round(begins, 2), round(width, 2)
                begins += width


def tasks_in_words(number: int) -> str:
    """Return a number of tasks, such as 1 task."""
    return f"{number:,} task" if number == 1 else f"{number:,} tasks"


def said_of(state: str, counts: Counts) -> str:
    """Return what is announced of a request: it changes seldom while tasks do."""
    said = f"The request {'has' if state == WorkState.ERRORS else 'is'} {state}"
    failed = counts.by_state.get(TaskState.FAILED, 0)
    return f"{said}; {tasks_in_words(failed)} failed." if failed else f"{said}."


def requirements_of(task: Task) -> str:
    """Return what the executor of a task must offer."""
    amounts = [(name, getattr(task, name)) for name in UNITS]
    offered = [amount_in_words(name, amount) for name, amount in amounts if amount]
    offered += [f"{name} {text}" for name, text in task.requirements.items()]
    if task.needs_database:
        offered.append("the database of the backend")
    return ", ".join(offered)


def spoken_seconds(seconds: float) -> str:
    """Return a duration, rounded to a tenth of a second, a second or a minute."""
    step = 0.1 if seconds < 10 else (1 if seconds < 3600 else 60)
    return spell_duration(timedelta(seconds=round(seconds / step) * step))
