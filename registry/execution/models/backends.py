"""Backends: the places where work is done, and who may use them."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models

from registry.core import validators
from registry.core.documents import DocumentField
from registry.core.models import NewValueRules, Record, order_indexes
from registry.core.visible_names import validate_visible
from registry.execution.models import shapes

#: Letters that addresses need no escapes for.
_SLUG = RegexValidator(
    r"\A(?!new\Z)[a-z][a-z0-9-]{0,49}\Z",
    "Use up to 50 small letters, digits and hyphens, and begin with a letter; `new` is "
    "taken.",
)
#: SQLite would accept numbers that PostgreSQL does not.
_MOST_TASKS = MaxValueValidator(1_000_000)


class LogReaders(models.TextChoices):
    """Who can read the logs of a backend's tasks."""

    PEOPLE = "people", "who asked for the run, and the owners of the backend"
    EVERYBODY = "all", "everybody"


class Backend(Record):
    """A place where executors do the work of run requests, near its data."""

    kind: ClassVar[str] = "backend"
    new_value_rules: ClassVar[NewValueRules] = {"name": validate_visible}

    slug = models.CharField(
        max_length=50,
        unique=True,
        validators=[_SLUG],
        help_text="Its name in addresses and commands.",
    )
    name = models.CharField(
        max_length=validators.SHORT_LENGTH, help_text="Its name for people."
    )
    description = models.TextField(
        max_length=validators.LONG_LENGTH,
        null=True,
        blank=True,
        help_text="What it has, and for whom.",
    )
    max_running = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[_MOST_TASKS],
        help_text="How many tasks it does at a time, at most; empty for as many as its "
        "executors ask for.",
    )
    max_database = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[_MOST_TASKS],
        help_text="How many of them can read its database at a time, at most.",
    )
    log_readers = models.CharField(
        max_length=8,
        choices=LogReaders.choices,
        default=LogReaders.PEOPLE,
        help_text="Who can read the logs of tasks: logs can have sensitive values.",
    )
    leaving = DocumentField(
        shape=shapes.LEVELS_SHAPE,
        default=shapes.public_levels,
        blank=True,
        help_text="The levels of outputs that executors send to the registry; files of "
        "other levels stay, and highly sensitive ones always do. Of those that are "
        "sent, the minimally sensitive ones are public.",
    )
    maintenance_windows = DocumentField(
        shape=shapes.WINDOWS,
        default=list,
        blank=True,
        help_text="When its database is out of use: for each time `begins`, `ends` and "
        "the `reason`.",
    )
    flags = DocumentField(
        shape=shapes.FLAGS,
        default=dict,
        editable=False,
        help_text="What holds for it now, each with `since`, when that began: `paused` "
        "(nothing is given out), `maintenance` (nothing that needs its database).",
    )
    last_seen = models.DateTimeField(
        null=True,
        editable=False,
        help_text="When an executor last asked for work, in UTC.",
    )

    class Meta(Record.Meta):
        indexes = order_indexes("backend", "name")

    def __str__(self) -> str:
        return self.slug


class GrantedUse(models.TextChoices):
    """What an account may do with a backend."""

    REQUEST = "request", "ask for runs there"
    EXECUTE = "execute", "do the work of runs there, as an executor"


class BackendGrant(Record):
    """The permission of one account to use one backend."""

    kind: ClassVar[str] = "backend_grant"

    backend = models.ForeignKey(
        Backend,
        on_delete=models.PROTECT,
        # the constraint below begins with this column
        db_index=False,
        related_name="grants",
        help_text="The backend.",
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The account, of a person or a service.",
    )
    use = models.CharField(
        max_length=10,
        choices=GrantedUse.choices,
        help_text="What the account may do there.",
    )

    class Meta(Record.Meta):
        verbose_name = "backend grant"
        indexes = order_indexes("grant")
        constraints = (
            models.UniqueConstraint(
                fields=["backend", "user", "use"], name="backend_grant_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.use} on {self.backend.slug}"


class Executor(models.Model):
    """A program that asks for the work of a backend, and what it offered last."""

    backend = models.ForeignKey(
        Backend,
        on_delete=models.CASCADE,
        # the constraint below begins with this column
        db_index=False,
        related_name="executors",
        help_text="The backend.",
    )
    host = models.CharField(
        max_length=validators.SHORT_LENGTH, help_text="Its name for itself."
    )
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Its account.",
    )
    slots = models.PositiveIntegerField(
        help_text="How many tasks it has room for, when it last asked."
    )
    resources = models.JSONField(
        default=dict, help_text="What all of its tasks may use together."
    )
    further = models.JSONField(
        default=dict, help_text="What it offers beside, such as a site."
    )
    database = models.BooleanField(
        default=False, help_text="Whether its tasks can read the database."
    )
    seen = models.DateTimeField(help_text="When it last asked for work, in UTC.")

    class Meta:
        ordering = ("-seen",)
        constraints = (
            models.UniqueConstraint(
                fields=["backend", "account", "host"], name="executor_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.host} of {self.backend.slug}"
