"""Register run requests: all of them with their first tasks, or none."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from registry.core.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    RegistryError,
    raise_by_row,
)
from registry.core.records import Values, create_records
from registry.core.transactions import run_atomically
from registry.execution import code_objects
from registry.execution.materialising import make_first_jobs, make_jobs
from registry.execution.models import Backend, RunRequest
from registry.execution.planning import Plan, check_published, plan_request
from registry.execution.rights import requestable, require_request
from registry.identity.ownership import change_own

if TYPE_CHECKING:
    from registry.identity.models import User


def register_run_requests(
    rows: Sequence[Values], *, by: User, validated: bool = False
) -> list[RunRequest]:
    """Register requests; what they need from git is fetched first."""
    plans = plan_requests(rows, by=by)
    return register_planned(rows, plans, by=by, validated=validated)


def plan_requests(rows: Sequence[Values], *, by: User) -> list[Plan]:
    """Return the tasks of requests; raise the errors of all of them.

    This can fetch from git; do not call it in a transaction.
    """
    plans: list[Plan] = []
    errors: dict[int, RegistryError] = {}
    # asked once for each backend
    require = cache(partial(_require_backend, by=by))
    for number, row in enumerate(rows):
        try:
            require(_id_of(row.get("backend")))
            plan = plan_request(row, by=by)
            check_published(row.get("publish") or (), plan)
            plans.append(plan)
        except (InvalidInput, Forbidden, Conflict) as error:
            errors[number] = error
    raise_by_row(errors, len(rows))
    return plans


def _id_of(backend: Any) -> int | None:
    return getattr(backend, "pk", backend) or None


def _require_backend(given: int | None, *, by: User) -> None:
    """Raise an error unless this person can ask for runs where they want them."""
    if given is None:
        if not requestable(by).exists():
            raise Forbidden(
                "There is no backend on which you can ask for runs: the owners of a "
                "backend can grant you the use `request`."
            )
        return
    backend = Backend.objects.filter(pk=given).first()
    # of one that does not exist, the check of the link says so
    if backend is not None:
        require_request(by, backend)


def register_planned(
    rows: Sequence[Values],
    plans: Sequence[Plan],
    *,
    by: User,
    validated: bool = False,
    marks: Mapping[str, Any] | None = None,
) -> list[RunRequest]:
    """Register requests whose tasks are known.

    ``marks`` are fields that nobody gives, with the objects of code and configuration.
    """

    def work() -> list[RunRequest]:
        objects = (
            [marks for _ in rows]
            if marks is not None
            else code_objects.of_requests(rows, plans, by=by)
        )
        full = [
            {
                **row,
                "counts_names": (row.get("jobs") or 1) > 1,
                **things,
            }
            for row, things in zip(rows, objects, strict=True)
        ]
        requests = create_records(RunRequest, full, by=by, validated=validated)
        make_first_jobs(requests, [plan.tasks for plan in plans])
        for request in requests:
            if request.jobs > 1:
                make_jobs(request)
        return requests

    return run_atomically(work)


def change_run_request(
    pk: int,
    values: Values,
    *,
    by: User,
    unless_changed: Collection[str] | None = None,
    validated: bool = False,
) -> RunRequest:
    """Change the description of a request, and what becomes of tasks from now on."""
    return change_own(
        RunRequest,
        pk,
        values,
        by=by,
        unless_changed=unless_changed,
        validated=validated,
        guard=check_change,
    )


#: What can be changed while a request is at work; its priority has an action.
CHANGEABLE = frozenset(
    {"description", "on_failed_need", "max_losses", "record_failures", "publish"}
)


def check_change(request: RunRequest, values: Values) -> None:
    """Raise ``Conflict`` for a change of what was asked for."""
    for name, value in values.items():
        if name in CHANGEABLE:
            continue
        field: Any = request._meta.get_field(name)
        given = value.pk if hasattr(value, "pk") else value
        if getattr(request, field.attname) != (None if given == "" else given):
            if name == "priority":
                raise Conflict(
                    "Send the priority to priority/ below the address of the request, "
                    "so that its tasks get it too."
                )
            raise Conflict(
                f"{name} cannot be changed: tasks were made of it. Make another "
                "request."
            )
