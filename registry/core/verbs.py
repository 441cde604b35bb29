"""Event verbs: what events can say was done.

Each domain declares the verbs that it writes, in its own ``verbs.py``. The ones here
are those of every record.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from registry.core.vocabularies import Vocabulary

#: The longest name that the column of events holds.
MAX_NAME_LENGTH = 32
_NAME = re.compile(r"[a-z]+(_[a-z]+)*")


@dataclass(frozen=True)
class Verb:
    """One thing that can be done: the name that events store, and a label for people.

    Raises ``ValueError`` for a name that is not lower case with underscores, or that is
    too long for the column.
    """

    name: str
    label: str
    #: No account is recorded as the actor, because nobody has proved who they are.
    is_anonymous: bool = False
    #: Signing in and out, which ``forget_visits`` deletes after a while.
    is_visit: bool = False

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or len(self.name) > MAX_NAME_LENGTH:
            raise ValueError(f"{self.name!r} is not a valid name for an event verb.")


VERBS: Vocabulary[Verb] = Vocabulary("event verb")

CREATED = VERBS.declare(Verb("created", "Created"))
UPDATED = VERBS.declare(Verb("updated", "Updated"))
DELETED = VERBS.declare(Verb("deleted", "Deleted"))
WITHDRAWN = VERBS.declare(Verb("withdrawn", "Withdrawn"))
PUT_BACK = VERBS.declare(Verb("put_back", "Put back"))
RESTORED = VERBS.declare(Verb("restored", "Restored"))
MERGED = VERBS.declare(Verb("merged", "Merged"))


def verb_choices() -> list[tuple[str, str]]:
    """Return the name and label of each declared verb (migrations refer to this)."""
    return [(verb.name, verb.label) for verb in VERBS.values()]
