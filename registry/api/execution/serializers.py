"""The bodies of requests about run requests, and those of executors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from registry.api.base.serializers import RowSerializer
from registry.core.field_references import name_of
from registry.execution.definitions import HIDDEN
from registry.execution.flags import FLAGS
from registry.execution.leases import MAX_CLAIMED, MAX_STAGE
from registry.execution.levels import LEVELS
from registry.execution.models import Attempt, Job, Task
from registry.execution.models.attempts import AttemptState
from registry.execution.models.checks import AMOUNTS, check_path
from registry.execution.record_types import ATTEMPT, JOB, TASK
from registry.execution.states import TaskState

#: The most attempts that one call is about.
MAX_ATTEMPTS = 1000


class ChosenField(serializers.ChoiceField):
    """One of some words, which an error names."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the word; refuse others."""
        # lists and objects too can be sent
        if not any(data == one for one in self.choices):
            choices = ", ".join(map(str, self.choices))
            message = f"{str(data)[:100]} is none of {choices}."
            raise serializers.ValidationError(message)
        return super().to_internal_value(data)


class StrictSerializer(serializers.Serializer[None]):
    """A body in which a misspelt name is no name: it could mean all instead of one."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the valid values; refuse names that are no fields."""
        if isinstance(data, Mapping):
            unknown = [str(name) for name in data if name not in self.fields]
            if unknown:
                known = ", ".join(self.fields)
                message = f"There is no such field here: use {known}."
                raise serializers.ValidationError({unknown[0][:100]: [message]})
        return super().to_internal_value(data)


class JobSerializer(RowSerializer):
    """A job of a run request."""

    class Meta(RowSerializer.Meta):
        model = Job
        fields = ("url", *map(name_of, JOB.shown))
        read_only_fields = fields


class TaskSerializer(RowSerializer):
    """A task of a run request."""

    class Meta(RowSerializer.Meta):
        model = Task
        fields = ("url", *map(name_of, TASK.shown))
        read_only_fields = fields


class AttemptSerializer(RowSerializer):
    """An attempt to do a task."""

    class Meta(RowSerializer.Meta):
        model = Attempt
        fields = ("url", *map(name_of, ATTEMPT.shown))
        read_only_fields = fields


class ChosenSerializer(StrictSerializer):
    """Which tasks of a request are meant; all of them if nothing is given."""

    tasks = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**62),
        required=False,
        max_length=100_000,
        help_text="Only the tasks with these ids.",
    )
    jobs = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**62),
        required=False,
        max_length=100_000,
        help_text="Only the tasks of the jobs with these ids.",
    )
    state = ChosenField(
        choices=TaskState.choices,
        required=False,
        help_text="Only tasks in this state.",
    )
    name = serializers.CharField(
        max_length=1024, required=False, help_text="Only tasks of this name."
    )


class PrioritySerializer(StrictSerializer):
    """The priority of a request."""

    priority = serializers.FloatField(
        min_value=0, max_value=1, help_text="From 0 to 1; higher ones come first."
    )


class FlagSerializer(StrictSerializer):
    """A flag of a backend."""

    name = ChosenField(
        choices=FLAGS,
        help_text="`paused`: nothing is given out. `maintenance`: nothing that needs "
        "the database, and what runs with it begins again later.",
    )
    value = serializers.BooleanField(help_text="Whether it holds from now on.")


class MovedSerializer(StrictSerializer):
    """What an action has done."""

    run_request = serializers.URLField(help_text="Address of the request.")
    state = serializers.CharField(help_text="The state of the request now.")
    changed = serializers.IntegerField(help_text="How many tasks changed their state.")


class AmountsField(serializers.DictField):
    """Amounts of cpu, gpu, memory, disk and time."""

    child = serializers.FloatField(min_value=0, max_value=1e12)

    def to_internal_value(self, data: Any) -> dict[str, float]:
        """Return the amounts; refuse unknown names."""
        found: dict[str, float] = super().to_internal_value(data)
        unknown = [name for name in found if name not in AMOUNTS]
        if unknown:
            raise serializers.ValidationError(
                f"There is no {unknown[0][:100]} here: use {', '.join(AMOUNTS)}."
            )
        return found


class ClaimSerializer(StrictSerializer):
    """What an executor offers."""

    backend = serializers.CharField(max_length=50, help_text="The slug of the backend.")
    host = serializers.CharField(
        max_length=200, help_text="The executor's name for itself, such as its host."
    )
    slots = serializers.IntegerField(
        min_value=1, max_value=MAX_CLAIMED, help_text="The most tasks that it takes."
    )
    resources = AmountsField(
        default=dict,
        help_text="What these tasks may use together: `cpu`, `gpu`, `memory` and "
        "`disk` in GB, and `time`, the hours of the longest. What is not named is not "
        "limited.",
    )
    total = AmountsField(
        default=dict, help_text="What the executor has in all, for people to see."
    )
    further = serializers.DictField(
        child=serializers.CharField(max_length=1024),
        default=dict,
        help_text="What tasks can require beside, such as a site.",
    )
    database = serializers.BooleanField(
        default=False, help_text="Whether its tasks can read the database."
    )


class LogSerializer(StrictSerializer):
    """A part of a log."""

    offset = serializers.IntegerField(
        min_value=0, max_value=2**60, help_text="How many bytes come before it."
    )
    text = serializers.CharField(
        allow_blank=True,
        trim_whitespace=False,
        max_length=1_000_000,
        help_text="The text.",
    )

    def to_internal_value(self, data: Any) -> Any:
        """Return the part; characters that cannot be stored are replaced."""
        if isinstance(data, dict) and isinstance(data.get("text"), str):
            text = data["text"].encode("utf-8", "replace").decode()
            data = {**data, "text": text.replace("\0", "\N{REPLACEMENT CHARACTER}")}
        return super().to_internal_value(data)


class SignSerializer(StrictSerializer):
    """A sign of life of one attempt."""

    lease = serializers.UUIDField(help_text="The lease of the attempt.")
    stage = serializers.CharField(
        max_length=MAX_STAGE,
        help_text="What is done now. Any but `preparing` says that the task runs.",
    )
    log = LogSerializer(
        required=False, allow_null=True, help_text="What the log has grown by."
    )


class HeartbeatSerializer(StrictSerializer):
    """Signs of life of all attempts of an executor."""

    attempts = serializers.ListField(
        child=SignSerializer(),
        max_length=MAX_ATTEMPTS,
        help_text="All attempts of the executor.",
    )


class OutputSerializer(StrictSerializer):
    """A file that an attempt wrote."""

    level = ChosenField(choices=LEVELS, help_text="How sensitive it is.")
    size = serializers.IntegerField(
        min_value=0, max_value=2**60, help_text="Its size, in bytes."
    )
    name = serializers.CharField(
        max_length=1024,
        default="",
        allow_blank=True,
        help_text="The name of the output that it is a file of.",
    )
    path = serializers.CharField(
        max_length=8192,
        default="",
        allow_blank=True,
        trim_whitespace=False,
        help_text="Its path; empty for highly sensitive ones.",
    )
    sha1 = serializers.RegexField(
        r"\A[0-9a-f]{40}\Z",
        default="",
        allow_blank=True,
        help_text="Its SHA-1 in small letters; empty for highly sensitive ones.",
    )

    def validate_path(self, value: str) -> str:
        """Return a path below the folder of the task."""
        if value:
            check_path(value, "")
        return value

    def validate(self, attrs: Any) -> Any:
        """Require the path and the checksum of what is not hidden."""
        missing = [name for name in ("path", "sha1") if not attrs[name]]
        if missing and attrs["level"] not in HIDDEN:
            message = "Give this; only highly sensitive outputs go without."
            raise serializers.ValidationError({key: [message] for key in missing})
        return attrs


class UsageField(serializers.DictField):
    """What an attempt used."""

    child = serializers.FloatField(min_value=0, max_value=1e15)


class ReportSerializer(StrictSerializer):
    """How an attempt ended."""

    lease = serializers.UUIDField(help_text="The lease of the attempt.")
    outcome = ChosenField(
        choices=[AttemptState.DONE, AttemptState.FAILED, AttemptState.RETURNED],
        help_text="`returned` gives the task back, for others to do.",
    )
    exit_code = serializers.IntegerField(
        allow_null=True,
        default=None,
        min_value=-(2**31),
        max_value=2**31 - 1,
        help_text="The exit code of the command.",
    )
    error = serializers.CharField(
        allow_blank=True, default="", max_length=100_000, help_text="Why it failed."
    )
    outputs = serializers.ListField(
        child=OutputSerializer(),
        default=list,
        max_length=10_000,
        help_text="What it wrote.",
    )
    usage = UsageField(
        default=dict,
        help_text="What it used: `seconds`, `cpu_seconds`, `memory` in bytes.",
    )
    started = serializers.DateTimeField(
        allow_null=True, default=None, help_text="When the command began."
    )
    ended = serializers.DateTimeField(
        allow_null=True, default=None, help_text="When it ended."
    )
    log = LogSerializer(
        required=False, allow_null=True, help_text="What the log has grown by."
    )

    def validate(self, attrs: Any) -> Any:
        """Refuse a success that its exit code contradicts."""
        if attrs["outcome"] == AttemptState.DONE and attrs["exit_code"] not in {
            None,
            0,
        }:
            message = "A task that is done has the exit code 0: report it as failed."
            raise serializers.ValidationError({"exit_code": [message]})
        return attrs


class CompleteSerializer(StrictSerializer):
    """How attempts ended."""

    attempts = serializers.ListField(
        child=ReportSerializer(), max_length=MAX_ATTEMPTS, help_text="The reports."
    )
