"""When the scheduler last looked at what time alone changes."""

from __future__ import annotations

from django.db import models


class SchedulerTick(models.Model):
    """The one row that says when the scheduler last worked.

    After a longer pause the registry itself was away, so that executors could not renew
    their leases: these are then extended instead of ended.
    """

    at = models.DateTimeField(help_text="When, in UTC.")

    def __str__(self) -> str:
        return f"scheduler at {self.at:%Y-%m-%d %H:%M:%S}"
