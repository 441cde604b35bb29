"""The buttons that direct work: those that would do something now."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from registry.execution import actions
from registry.execution.actions import Action
from registry.execution.states import FINAL, OUT, TaskState, states_before

#: What begins again from the start: all but what waits there already.
_BEGUN: Final = frozenset({*OUT, *FINAL, TaskState.SUSPENDED})

#: The states of tasks in which an action changes something.
_CHANGES: Final[Mapping[str, frozenset[TaskState]]] = MappingProxyType(
    {
        actions.SUSPEND.name: states_before(TaskState.SUSPENDED),
        actions.RESUME.name: frozenset({TaskState.SUSPENDED}),
        actions.RUN_AGAIN.name: frozenset({TaskState.FAILED, TaskState.CANCELLED}),
        actions.RESET.name: _BEGUN - {TaskState.DONE},
        actions.HARD_RESET.name: _BEGUN,
        actions.CANCEL.name: states_before(TaskState.CANCELLED),
    }
)
#: What cannot be taken back, or throws work away, stands apart.
_APART: Final = frozenset({actions.HARD_RESET.name, actions.CANCEL.name})
#: What can be done with a single task, and how that is called.
_OF_TASKS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        actions.RESET.name: (
            "Reset this task",
            "Begin again with this task; if it runs, it is stopped.",
        ),
        actions.HARD_RESET.name: (
            "Run this task again",
            "Begin again with this task, which is done; its code run stays. Tasks that "
            "need it and have not begun wait for it.",
        ),
        actions.CANCEL.name: (
            "Cancel this task",
            "Stop this task for good; a reset begins again.",
        ),
    }
)


@dataclass(frozen=True)
class Button:
    """A button of an action, and whether it stands apart from the usual ones."""

    name: str
    label: str
    help_text: str
    is_apart: bool

    @classmethod
    def of(cls, action: Action) -> Button:
        """Return the button of an action for all tasks of a request."""
        is_apart = action.name in _APART
        return cls(action.name, action.label, action.help_text, is_apart)


def buttons_for(present: Collection[str]) -> list[Button]:
    """Return the buttons of a request whose tasks are in these states."""
    return [
        Button.of(actions.ACTIONS[name])
        for name, states in _CHANGES.items()
        if states.intersection(present)
    ]


def task_buttons(state: str) -> list[Button]:
    """Return the buttons of a task in this state: one to begin again, and cancel."""
    names = [name for name in _OF_TASKS if state in _CHANGES[name]]
    if actions.RESET.name in names:
        names.remove(actions.HARD_RESET.name)
    return [Button(name, *_OF_TASKS[name], name in _APART) for name in names]


def as_context(buttons: Sequence[Button]) -> dict[str, list[Button]]:
    """Return the usual buttons and those that stand apart, for a template."""
    return {
        "usual_buttons": [one for one in buttons if not one.is_apart],
        "apart_buttons": [one for one in buttons if one.is_apart],
    }
