"""The base model of records, and the models of events, merges and row counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias

from django.conf import settings
from django.db import models
from django.utils import timezone

from registry.core.querysets import RecordQuerySet
from registry.core.verbs import MAX_NAME_LENGTH, verb_choices

if TYPE_CHECKING:
    from registry.core.limits import Limit

#: Functions by field that raise ``ValidationError`` for a value.
NewValueRules: TypeAlias = Mapping[str, Callable[[Any], None]]

#: The longest reason for withdrawing a record, in characters.
MAX_REASON = 1000


class Record(models.Model):
    """One entry of the registry that people can cite.

    ``kind`` is the name of the record type in addresses (``/api/<kind>/<id>/``), in
    events and in the search index. ``registered_by`` decides who can change the record;
    ``updated_by`` and ``last_updated`` describe the latest change. A withdrawn record
    stays, with the reason, but lists leave it out and its data is not served.
    """

    kind: ClassVar[str]
    #: Lists of links that are stored on the other side, but can be written here too.
    reverse_lists: ClassVar[tuple[str, ...]] = ()
    #: How many links there can be.
    limits: ClassVar[tuple[Limit, ...]] = ()
    #: Validators of new values by field; ``registry.core.new_values`` asks them.
    new_value_rules: ClassVar[NewValueRules] = MappingProxyType({})
    #: Functions by field that return all ways to write a value which mean the same.
    spellings: ClassVar[Mapping[str, Callable[[str], list[str]]]] = MappingProxyType({})

    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
        help_text="Who registered this record.",
    )
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        # the index in ``order_indexes`` serves as well
        db_index=False,
        related_name="+",
        editable=False,
        help_text="Who made the latest change to this record.",
    )
    last_updated = models.DateTimeField(
        auto_now=True,
        help_text="When the latest change to this record was made, in UTC.",
    )
    withdrawn = models.CharField(
        max_length=MAX_REASON,
        null=True,
        editable=False,
        help_text="Why the record was withdrawn; null if it was not.",
    )

    objects: ClassVar[RecordQuerySet[Self]] = RecordQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        abstract = True
        ordering = ("-id",)

    @property
    def revision(self) -> str:
        """A short name of the present state of the row; changes with every save."""
        return revision(self.pk, self.last_updated.timestamp())


def order_indexes(kind: str, *fields: str) -> tuple[models.Index, ...]:
    """Return the indexes in which lists of a type are ordered by these fields.

    Each serves both directions. ``registry.core.extra_indexes`` adds what models cannot
    declare for both databases.
    """
    return tuple(
        models.Index(fields=[field, "id"], name=f"{kind}_{field}"[:30])
        for field in ("last_updated", "updated_by", *fields)
    )


def revision(pk: Any, timestamp: float) -> str:
    """Return the revision of a row from its id and the time of its latest change.

    The time counts in microseconds.
    """
    return f"{pk}-{round(timestamp * 1_000_000):x}"


class Event(models.Model):
    """Who did what to which record or account, when, by which client and from where.

    Services write events in the transaction of the change. An event names its record by
    kind and id, so it stays when the record is deleted. Events about people have the
    kind ``users``; ``registry.identity.audit`` writes them. The action is one of the
    declared ``registry.core.verbs``, which the services check.
    """

    kind = models.CharField(
        max_length=64, help_text="The kind of record; `users` for a person's account."
    )
    record_id = models.BigIntegerField(
        null=True,
        help_text="The id of the record; empty if no account is known, as in a failed "
        "sign-in.",
    )
    action = models.CharField(
        max_length=MAX_NAME_LENGTH, choices=verb_choices, help_text="What was done."
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="events",
        help_text="Who did it; empty for the registry itself.",
    )
    client = models.CharField(
        max_length=200,
        blank=True,
        help_text="The program that sent the request, as it names itself.",
    )
    address = models.CharField(
        max_length=45,
        blank=True,
        help_text="The network address that sent the request; empty for commands.",
    )
    at = models.DateTimeField(auto_now_add=True, help_text="When, in UTC.")
    changes = models.JSONField(
        default=dict,
        blank=True,
        help_text="For an update: each changed field with its old and new value.",
    )
    subject = models.CharField(
        max_length=200,
        blank=True,
        help_text="What it was about: the role, the device, the service.",
    )
    detail = models.JSONField(
        default=dict, blank=True, help_text="Further details of the event."
    )

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=["kind", "record_id"], name="event_record"),)
        constraints = (
            models.CheckConstraint(
                condition=~models.Q(action=""), name="event_action_not_empty"
            ),
            models.CheckConstraint(
                condition=models.Q(record_id__isnull=False) | models.Q(kind="users"),
                name="event_of_a_record",
            ),
        )

    def __str__(self) -> str:
        what = self.kind if self.record_id is None else f"{self.kind} {self.record_id}"
        return f"{what} {self.action}"


class MergedRecord(models.Model):
    """Which record a duplicate was merged into, so that its old address leads there.

    If the kept record is merged in turn, this names the one that was kept then.
    """

    kind = models.CharField(max_length=64, help_text="The kind of both records.")
    old_id = models.BigIntegerField(
        help_text="The id of the record that was merged into the other."
    )
    new_id = models.BigIntegerField(help_text="The id of the record that was kept.")
    at = models.DateTimeField(default=timezone.now, help_text="When, in UTC.")

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=["kind", "new_id"], name="merged_into"),)
        constraints = (
            models.UniqueConstraint(fields=["kind", "old_id"], name="merged_once"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.old_id} is now {self.new_id}"


class RowChange(models.Model):
    """How a statement changed the number of rows of a table; triggers write these.

    ``registry.core.row_triggers`` describes them.
    """

    name = models.CharField(max_length=63, help_text="The table.")
    present = models.BigIntegerField(
        help_text="How many more records there are that nobody has withdrawn."
    )
    stamp = models.BigIntegerField(
        help_text="A random number; those of a table combine to one for its content."
    )

    class Meta:
        indexes = (models.Index(fields=["name"], name="row_change_name"),)

    def __str__(self) -> str:
        return f"{self.name} {self.present:+}"
