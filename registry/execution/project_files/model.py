"""What a project file says, once it has been checked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from registry.core.errors import InvalidInput

#: The name of a project file, at the top of a repository.
FILE_NAME: Final = "project.yaml"
#: The requested action that stands for all actions.
RUN_ALL: Final = "run_all"
#: The versions of the form that are known.
FIRST_VERSION, LAST_VERSION = 1, 5


class UnknownAction(InvalidInput):
    """An action was requested that a project does not have; ``name`` is its name."""

    def __init__(self, name: str) -> None:
        super().__init__(
            {"requested_actions": [f'{FILE_NAME} has no action "{name}".']}
        )
        self.name = name


@dataclass(frozen=True)
class Command:
    """A program, in the image that has it, and its arguments."""

    image: str
    tag: str
    arguments: tuple[str, ...]

    @property
    def line(self) -> tuple[str, ...]:
        """The image with its tag, and the arguments, as executors get them."""
        return (f"{self.image}:{self.tag}", *self.arguments)


@dataclass(frozen=True)
class Output:
    """Files that an action writes; ``pattern`` can have ``*`` in it.

    ``level`` is how sensitive they are, one of ``registry.execution.levels``.
    """

    level: str
    name: str
    pattern: str


@dataclass(frozen=True)
class Action:
    """One step of a project."""

    name: str
    #: The command as ``run`` has it.
    run: Command
    outputs: tuple[Output, ...]
    needs: tuple[str, ...] = ()
    #: What the program is given besides, as JSON, after ``--config``.
    config: Mapping[str, Any] = field(default_factory=dict)
    dummy_data_file: str | None = None

    @property
    def command(self) -> Command:
        """The command with its configuration, which is what executors get."""
        if not self.config:
            return self.run
        # without quotes, for programs that give the text to a shell
        config = json.dumps(self.config, allow_nan=False).replace("'", r"\u0027")
        return replace(self.run, arguments=(*self.run.arguments, "--config", config))


@dataclass(frozen=True)
class Project:
    """The actions of a project, by their names, in the order of the file."""

    version: int
    actions: Mapping[str, Action]
    population_size: int | None = None

    def named_by(self, names: Iterable[str]) -> list[str]:
        """Return the actions that a request names, each once.

        ``run_all`` stands for all of them. Raises ``UnknownAction``.
        """
        found: dict[str, None] = {}
        for name in names:
            if name == RUN_ALL:
                found.update(dict.fromkeys(self.actions))
            elif name in self.actions:
                found[name] = None
            else:
                raise UnknownAction(name)
        return list(found)

    def needed_by(self, *names: str) -> list[str]:
        """Return actions and all that they need, each after its own needs.

        The order is that of the names and of ``needs``. Raises ``UnknownAction``.
        """
        found: dict[str, None] = {}
        waiting = [(name, False) for name in reversed(self.named_by(names))]
        while waiting:
            name, is_complete = waiting.pop()
            if is_complete:
                found[name] = None
            elif name not in found:
                waiting.append((name, True))
                needs = self.actions[name].needs
                waiting.extend((one, False) for one in reversed(needs))
        return list(found)
