"""The contents of a project file that has been checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from graphlib import TopologicalSorter
from typing import Any, Final

from registry.core.validators import SHORT_LENGTH

#: The name of a project file, at the top of a repository.
FILE_NAME: Final = "project.yaml"
#: The requested action that stands for all actions.
RUN_ALL: Final = "run_all"
#: The versions of project files that are known.
FIRST_VERSION, LAST_VERSION = 1, 5


def name_problem(name: str) -> str | None:
    """Return what is wrong with the name of an action or an output, None if nothing."""
    if not name.strip() or not name.isprintable():
        return "a name must be one line of text."
    if len(name) > SHORT_LENGTH:
        return f"a name can have {SHORT_LENGTH} characters."
    return None


@dataclass(frozen=True)
class Command:
    """An image with its tag, and the arguments that it is run with."""

    image: str
    tag: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Output:
    """Files that an action writes; ``pattern`` is a path that can have ``*`` in it.

    ``level`` is how sensitive they are, one of ``registry.execution.levels``.
    """

    level: str
    name: str
    pattern: str


@dataclass(frozen=True)
class Action:
    """One step of a project."""

    name: str
    #: The command in ``run``, without the configuration.
    run: Command
    outputs: tuple[Output, ...]
    needs: tuple[str, ...] = ()
    #: What the program is given as JSON after ``--config``.
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def command(self) -> Command:
        """The command with its configuration, as executors get it.

        Raises ``ValueError`` if the configuration is not JSON.
        """
        if not self.config:
            return self.run
        # without quotes, for programs that give the text to a shell
        config = json.dumps(self.config, allow_nan=False).replace("'", r"\u0027")
        return replace(self.run, arguments=(*self.run.arguments, "--config", config))


@dataclass(frozen=True)
class Project:
    """The actions of a project file by name, in the order of the file."""

    version: int
    actions: Mapping[str, Action]

    def needed_by(self, *names: str) -> list[str]:
        """Return the names of actions and of all that they need, needs first.

        Raises ``KeyError`` for a name that no action has.
        """
        needs: dict[str, tuple[str, ...]] = {}
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in needs:
                needs[name] = self.actions[name].needs
                waiting.extend(needs[name])
        in_order = {name: needs[name] for name in self.actions if name in needs}
        return list(TopologicalSorter(in_order).static_order())
