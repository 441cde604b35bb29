"""Event verbs of run requests and their tasks: one event a call, not one a task."""

from __future__ import annotations

from registry.core.verbs import VERBS, Verb

SUSPENDED = VERBS.declare(Verb("tasks_suspended", "Tasks suspended"))
RESUMED = VERBS.declare(Verb("tasks_resumed", "Tasks resumed"))
RESET = VERBS.declare(Verb("tasks_reset", "Tasks reset"))
HARD_RESET = VERBS.declare(Verb("tasks_hard_reset", "Tasks reset from any state"))
CANCELLED = VERBS.declare(Verb("tasks_cancelled", "Tasks cancelled"))
RUN_AGAIN = VERBS.declare(Verb("tasks_run_again", "Failed tasks run again"))
PRIORITY_SET = VERBS.declare(Verb("priority_set", "Priority set"))
CLAIMED = VERBS.declare(Verb("tasks_claimed", "Tasks given to an executor"))
REPORTED = VERBS.declare(Verb("tasks_reported", "Tasks reported by an executor"))
LOST = VERBS.declare(Verb("tasks_lost", "Executors of tasks lost"))
FLAG_SET = VERBS.declare(Verb("flag_set", "Flag of a backend set"))
