"""Failed attempts to sign in, which administrators may see and forgive."""

from __future__ import annotations

from axes import admin as axes
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin

from registry.admin.base import ReadOnlyAdmin


class AttemptAdmin(ReadOnlyAdmin, axes.AccessAttemptAdmin):
    """Failed attempts; deleting one lets the person try again at once."""

    deletable = True
    list_filter = ("attempt_time", axes.IsLockedOutFilter)


class LogAdmin(ReadOnlyAdmin, axes.AccessLogAdmin):
    """Who signed in, where that is kept."""

    list_filter = ("attempt_time", "logout_time")


class FailureLogAdmin(ReadOnlyAdmin, axes.AccessFailureLogAdmin):
    """Who failed to sign in, where that is kept."""

    list_filter = ("attempt_time", "locked_out")


for model, page in (
    (AccessAttempt, AttemptAdmin),
    (AccessLog, LogAdmin),
    (AccessFailureLog, FailureLogAdmin),
):
    admin.site.unregister(model)
    admin.site.register(model, page)
