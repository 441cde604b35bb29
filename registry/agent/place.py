"""The folders of an agent."""

from __future__ import annotations

import re
from pathlib import Path

from registry.agent.cache import FileCache
from registry.agent.checkout import Repositories
from registry.agent.files import FileLock, inside, remove_tree

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")


class BadName(Exception):
    """An agent cannot have this name, or another one has it."""


class Place:
    """The folder of the agents of one backend, as one of them uses it.

    ``agents/NAME`` belongs to one agent. ``outputs``, ``cache`` and ``mirrors`` belong
    to all of them.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        cache_bytes: int,
        *,
        allows_local_repositories: bool = False,
    ) -> None:
        """Create what is missing; raises ``BadName``."""
        if not _NAME.fullmatch(name):
            raise BadName(
                f"{name!r} is not a name: use letters, digits, dots, - and _."
            )
        self.name = name
        own = folder / "agents" / name
        self.tasks, self.trash = own / "tasks", own / "trash"
        self.unsent, self.claim = own / "unsent", own / "claim.json"
        self.outputs = folder / "outputs"
        for path in (self.tasks, self.trash, self.unsent, self.outputs):
            path.mkdir(parents=True, exist_ok=True)
        self.cache = FileCache(folder / "cache", cache_bytes)
        self.repositories = Repositories(folder / "mirrors", allows_local_repositories)
        self._lock = FileLock(own / "lock")

    def occupy(self) -> None:
        """Reserve the name for this agent; raises ``BadName`` if another one has it."""
        if not self._lock.acquire(wait=False):
            raise BadName(f"Another agent is called {self.name}: choose a --name.")
        for path in self.trash.iterdir():
            remove_tree(path)

    def leave(self) -> None:
        """Release the name for other agents."""
        self._lock.release()

    def outputs_of(self, kept: str) -> Path:
        """Return the folder of the outputs of a task; raises ``OSError``."""
        return inside(self.outputs, kept)
