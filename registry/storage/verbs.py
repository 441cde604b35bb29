"""Event verbs of stored files: what a look at their bytes has found."""

from __future__ import annotations

from registry.core.verbs import VERBS, Verb

FOUND_MISSING = VERBS.declare(Verb("found_missing", "Found missing"))
FOUND_ALTERED = VERBS.declare(Verb("found_altered", "Found altered"))
FOUND_WELL = VERBS.declare(Verb("found_well", "Found well again"))
