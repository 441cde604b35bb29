"""The pages of failed attempts to sign in, which administrators can delete."""

from __future__ import annotations

from axes import admin as axes
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin

from registry.admin.base import ReadOnlyAdmin


class AttemptAdmin(ReadOnlyAdmin, axes.AccessAttemptAdmin):
    """Failed attempts; after one is deleted, the person can try again at once."""

    deletable = True
    list_filter = ("attempt_time", axes.IsLockedOutFilter)


class LogAdmin(ReadOnlyAdmin, axes.AccessLogAdmin):
    """The log of sign-ins, if it is enabled."""

    list_filter = ("attempt_time", "logout_time")


class FailureLogAdmin(ReadOnlyAdmin, axes.AccessFailureLogAdmin):
    """The log of failed sign-ins, if it is enabled."""

    list_filter = ("attempt_time", "locked_out")


for model, page in (
    (AccessAttempt, AttemptAdmin),
    (AccessLog, LogAdmin),
    (AccessFailureLog, FailureLogAdmin),
):
    admin.site.unregister(model)
    admin.site.register(model, page)
