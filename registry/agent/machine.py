"""What this machine has, within the limits that a batch system set."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

GB = 10**9
_CONTROL_GROUPS = Path("/sys/fs/cgroup")
#: In GB, if the memory of this machine cannot be determined.
_UNKNOWN_MEMORY = 2.0


def count_processors() -> int:
    """Return how many processors this process can use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory_in_gb() -> float:
    """Return the memory that this process can use, in GB."""
    sizes = list(_memory_limits())
    try:
        sizes.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (ValueError, OSError):
        sizes = sizes or [int(_UNKNOWN_MEMORY * GB)]
    return round(min(sizes) / GB, 1)


def _memory_limits() -> Iterator[int]:
    """Yield the limits of the control groups of this process (cgroups(7))."""
    try:
        text = Path("/proc/self/cgroup").read_text(encoding="utf-8")
    except OSError:
        return
    names = [line[3:] for line in text.splitlines() if line.startswith("0::")]
    for name in names:
        group = _CONTROL_GROUPS / name.lstrip("/")
        for folder in (group, *group.parents):
            yield from _limit_of(folder)


def _limit_of(folder: Path) -> Iterator[int]:
    try:
        value = (folder / "memory.max").read_text(encoding="utf-8").strip()
    except OSError:
        return
    if value.isdigit():
        yield int(value)


def free_disk_in_gb(folder: Path) -> float:
    """Return the free space on the disk of a folder, in GB; it need not exist."""
    place = next(one for one in (folder, *folder.parents) if one.exists())
    return round(shutil.disk_usage(place).free / GB, 1)
