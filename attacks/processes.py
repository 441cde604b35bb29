"""The processes of a server on this machine, and their memory."""

from __future__ import annotations

import os
from pathlib import Path

_PROC = Path("/proc")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def process_tree(pid: int) -> list[int]:
    """Return a process and all its descendants; empty if there is no /proc."""
    parents: dict[int, list[int]] = {}
    for folder in _PROC.glob("[0-9]*"):
        parent = _parent_pid(folder)
        if parent is not None:
            parents.setdefault(parent, []).append(int(folder.name))
    found = [pid] if (_PROC / str(pid)).exists() else []
    for one in found:
        # the list grows during the loop, to include children of children
        found.extend(parents.get(one, []))
    return found


def resident_bytes(pid: int | None) -> int:
    """Return the resident bytes of a process and its descendants, 0 for None."""
    return 0 if pid is None else sum(_resident_of(one) for one in process_tree(pid))


def _parent_pid(folder: Path) -> int | None:
    try:
        # the name, in parentheses, can contain blanks and parentheses
        rest = (folder / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return int(rest[1])


def _resident_of(pid: int) -> int:
    try:
        return int((_PROC / str(pid) / "statm").read_text().split()[1]) * _PAGE
    except OSError:
        # it ended meanwhile
        return 0
