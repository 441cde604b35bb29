"""What executors ask and report: claims, signs of life, outcomes, input files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from registry.api.base.views import PlainView
from registry.api.execution import schema
from registry.api.execution.serializers import (
    ClaimSerializer,
    CompleteSerializer,
    HeartbeatSerializer,
)
from registry.core.errors import NotFound, RegistryError
from registry.execution import logs
from registry.execution.completing import complete_attempts
from registry.execution.definitions import Definition, define, find_input
from registry.execution.leases import LEASE, Offer, claim_tasks, renew
from registry.execution.models import Attempt, Task
from registry.execution.reports import Output, Report
from registry.execution.rights import require_executor
from registry.execution.scheduler import tick_if_due
from registry.http.downloads import Download, file_response
from registry.http.permissions import SignedIn
from registry.storage.sending import open_part, open_whole, require_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http.response import HttpResponseBase
    from rest_framework.request import Request


class ExecutorView(PlainView):
    """A view for executors, which need an account."""

    permission_classes = (SignedIn,)
    parameters = ("format",)
    serializer_class: Any = None

    def given(self, request: Request) -> Any:
        """Return the valid values of a body; raise ``ValidationError`` for others."""
        serializer = self.serializer_class(data=request.data)
        if not serializer.is_valid():
            raise ValidationError(dict(flat_errors(serializer.errors)))
        return serializer.validated_data


def flat_errors(errors: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the errors of a nested body by their places, ``attempts[0].lease``."""
    if not isinstance(errors, Mapping):
        yield place, errors
        return
    for name, inner in errors.items():
        if name == "non_field_errors":
            yield from flat_errors(inner, place or "detail")
        elif isinstance(name, int) or str(name).isdigit():
            yield from flat_errors(inner, f"{place}[{name}]")
        else:
            yield from flat_errors(inner, f"{place}.{name}" if place else str(name))


class ClaimView(ExecutorView):
    """Tasks for an executor.

    An executor asks for as many tasks as it has room for. Each comes with a lease,
    which ends after a minute unless a sign of life renews it; then another executor
    gets the task.
    """

    serializer_class = ClaimSerializer

    @schema.claim
    def post(self, request: Request) -> Response:
        """Ask for tasks; the answer can be empty.

        Send an `Idempotency-Key`, so that a question whose answer was lost gets the
        same tasks again.
        """
        given = self.given(request)
        backend = require_executor(self.user, given.pop("backend"))
        tick_if_due()
        offer = Offer(**given, batch=_batch_of(request))
        attempts = claim_tasks(backend, offer, by=self.user)
        shown = [self._show(one) for one in define(attempts)]
        seconds = int(LEASE.total_seconds())
        return Response({"lease_seconds": seconds, "attempts": shown})

    def _show(self, one: Definition) -> dict[str, Any]:
        inputs = [
            {
                name: file[name]
                for name in ("path", "sha1", "size", "kept", "name", "level")
                if name in file
            }
            | self._address(one.attempt, file)
            for file in one.inputs
        ]
        return {
            "task": f"{self.base}{Task.kind}/{one.task.pk}/",
            "attempt": f"{self.base}{Attempt.kind}/{one.attempt.pk}/",
            **one.shown(),
            "inputs": inputs,
        }

    def _address(self, attempt: Attempt, file: Mapping[str, Any]) -> dict[str, str]:
        if "kept" in file:
            return {}
        path = f"attempt/input/{attempt.lease}/{file['sha1']}"
        return {"url": f"{self.base}{path}"}


def _batch_of(request: Request) -> str:
    """Return the name of a question, from its ``Idempotency-Key``."""
    key = request.META.get("HTTP_IDEMPOTENCY_KEY", "").strip()
    return hashlib.sha256(key.encode()).hexdigest()[:32] if key else ""


class HeartbeatView(ExecutorView):
    """Signs of life of the attempts of an executor, all in one call."""

    serializer_class = HeartbeatSerializer

    @schema.heartbeat
    def post(self, request: Request) -> Response:
        """Renew leases; the answer names the attempts that must be stopped.

        An attempt is to be stopped if somebody suspended, reset or cancelled its task,
        or if its lease had ended.
        """
        given = {one["lease"]: one for one in self.given(request)["attempts"]}
        tick_if_due()
        stages = {lease: one["stage"] for lease, one in given.items()}
        going, stopped = renew(stages, by=self.user)
        parts = {one.pk: given[one.lease].get("log") for one in going}
        logs.append({pk: logs.Part(**one) for pk, one in parts.items() if one})
        return Response(
            {
                "lease_seconds": int(LEASE.total_seconds()),
                "stop": [
                    {"lease": str(lease), "reason": reason}
                    for lease, reason in stopped.items()
                ],
            }
        )


class CompleteView(ExecutorView):
    """How attempts ended. A task that is done becomes a code run."""

    serializer_class = CompleteSerializer

    @schema.complete
    def post(self, request: Request) -> Response:
        """Report how attempts ended.

        The same report can be sent again. After its lease has ended, a report is
        refused: 409 if no report of the call was taken, else by its entry.
        """
        given = self.given(request)["attempts"]
        outcomes = complete_attempts([_report_of(one) for one in given], by=self.user)
        self._store_logs(given, outcomes)
        errors = [one for one in outcomes.values() if isinstance(one, RegistryError)]
        if errors and len(errors) == len(outcomes):
            raise errors[0]
        shown = [self._show(one, outcomes[at]) for at, one in enumerate(given)]
        return Response({"attempts": shown})

    @staticmethod
    def _store_logs(given: Any, outcomes: Mapping[int, Any]) -> None:
        logs.append(
            {
                outcomes[at].pk: logs.Part(**one["log"])
                for at, one in enumerate(given)
                if one.get("log") and isinstance(outcomes[at], Attempt)
            }
        )

    def _show(self, given: Any, outcome: Attempt | RegistryError) -> dict[str, Any]:
        lease = str(given["lease"])
        if isinstance(outcome, RegistryError):
            return {"lease": lease, "detail": outcome.detail}
        run = outcome.code_run_id
        return {
            "lease": lease,
            "attempt": f"{self.base}{Attempt.kind}/{outcome.pk}/",
            "state": outcome.state,
            "code_run": f"{self.base}code_run/{run}/" if run is not None else None,
        }


def _report_of(given: Mapping[str, Any]) -> Report:
    values = {name: one for name, one in given.items() if name != "log"}
    values["outputs"] = [Output(**one) for one in given["outputs"]]
    values["outcome"] = given["outcome"]
    return Report(**values)


class InputView(ExecutorView):
    """A file that a task reads, for the executor that has the task."""

    @schema.input_file
    def get(self, request: Request, lease: str, sha1: str) -> HttpResponseBase:
        """Download an input of a task whose lease is your own."""
        if not find_input(lease, sha1, by=self.user):
            raise NotFound("This lease is not yours, has ended, or has no such input.")
        file = require_file(sha1)
        return file_response(
            request._request,
            Download(
                sha1=sha1,
                size=file.size,
                name=sha1,
                media_type="application/octet-stream",
                private=True,
                open=lambda: open_whole(file),
                open_part=partial(open_part, file),
            ),
        )
