"""A look at a few stored files, for the health check.

It is quick, whatever the number of files: it compares the sizes of the newest and of
the oldest ones. A store that is not mounted has lost all of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from registry.storage.damage import compare_size
from registry.storage.models import StoredFile
from registry.storage.services import get_store

#: Files that are looked at.
_NEWEST, _OLDEST = 5, 3
_ADVICE = "run manage.py check_store"


@dataclass(frozen=True)
class Sample:
    """The number of files that were looked at, and of those missing or altered."""

    files: int
    damaged: int

    @property
    def is_lost(self) -> bool:
        """Whether not one of the files is as it was stored."""
        return 0 < self.files == self.damaged

    def __str__(self) -> str:
        """Say what is wrong, in words for everybody; empty if nothing is."""
        if not self.damaged:
            return ""
        is_one = self.damaged == 1
        found = f"{'is' if is_one else 'are'} missing or altered; {_ADVICE}"
        if not self.is_lost:
            few = f"{self.damaged} of {self.files} stored files"
            return f"degraded: {few} looked at {found}"
        files = "the only stored file" if is_one else f"all {self.files} stored files"
        return f"the store has lost its files: {files} looked at {found}"


def look_at_sample() -> Sample:
    """Compare the sizes of a few stored files, with two statements at most."""
    store = get_store()
    files = list(StoredFile.objects.order_by("-pk")[:_NEWEST])
    if len(files) == _NEWEST:
        older = StoredFile.objects.filter(pk__lt=files[-1].pk)
        files += older.order_by("pk")[:_OLDEST]
    damaged = sum(compare_size(file, store) is not None for file in files)
    return Sample(len(files), damaged)
