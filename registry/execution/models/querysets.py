"""QuerySets of tasks and jobs, which know how many there are without reading them."""

from __future__ import annotations

from typing import Any, TypeVar

from django.apps import apps
from django.db import models
from django.db.models import Sum
from django.db.models.lookups import Exact

M_co = TypeVar("M_co", bound=models.Model, covariant=True)

#: The values that rows have in some fields.
Wanted = dict[str, Any]


def plain_conditions(rows: models.QuerySet[Any]) -> Wanted | None:
    """Return the values that rows must have; None if there are other conditions."""
    query: Any = rows.query
    where = query.where
    is_plain = not (query.is_sliced or query.combinator or query.distinct)
    if not is_plain or where.negated or where.connector != "AND":
        return None
    found: Wanted = {}
    for one in where.children:
        target: Any = getattr(getattr(one, "lhs", None), "target", None)
        is_own = isinstance(target, models.Field) and target.model is rows.model
        if not isinstance(one, Exact) or not is_own:
            return None
        if found.setdefault(target.name, one.rhs) != one.rhs:
            return None
    return found


class TaskQuerySet(models.QuerySet[M_co]):
    """Tasks; those of a request, or all, are counted by the notes of their numbers."""

    def count(self) -> int:
        """Return the exact number of tasks."""
        wanted = plain_conditions(self) if self._result_cache is None else None
        if wanted is None or not wanted.keys() <= {"run_request", "state"}:
            return super().count()
        notes: Any = apps.get_model("registry", "TaskCount")._default_manager
        total = notes.filter(**wanted).aggregate(total=Sum("number"))["total"]
        return int(total or 0)


class JobQuerySet(models.QuerySet[M_co]):
    """Jobs; those of a request are counted by the request."""

    def count(self) -> int:
        """Return the exact number of jobs."""
        wanted = plain_conditions(self) if self._result_cache is None else None
        if wanted is None or wanted.keys() != {"run_request"}:
            return super().count()
        requests: Any = apps.get_model("registry", "RunRequest")._default_manager
        made = requests.filter(pk=wanted["run_request"])
        return int(made.values_list("jobs_made", flat=True).first() or 0)
