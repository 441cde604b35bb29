"""Make data products of outputs, where a request says so."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import semver
from django.db import transaction

from registry.catalogue.models import DataProduct, Namespace
from registry.catalogue.services import register_data_products
from registry.core.errors import RegistryError
from registry.core.lookups import IdIn
from registry.core.records import create_records
from registry.execution.models import Attempt, AttemptOutput, AttemptState, Task

if TYPE_CHECKING:
    from registry.identity.models import User

logger = logging.getLogger(__name__)


def publish(attempts: Sequence[Attempt]) -> None:
    """Register the data products of outputs of done attempts that requests name.

    A name that is refused, for example in a namespace that was closed since, does not
    undo the run: the task says why its output is no data product.
    """
    for attempt, output, wanted in _wanted(attempts):
        try:
            with transaction.atomic():
                _register(output, wanted, by=attempt.task.run_request.registered_by)
        except RegistryError as error:
            logger.warning("task %s: not published: %s", attempt.task_id, error)
            message = f"{output.path} is no data product: {error.detail}"
            Task.objects.filter(pk=attempt.task_id).update(message=message)


def _wanted(
    attempts: Sequence[Attempt],
) -> Iterator[tuple[Attempt, AttemptOutput, Mapping[str, Any]]]:
    meant = {
        one.pk: one
        for one in attempts
        if one.state == AttemptState.DONE and one.task.run_request.publish
    }
    if not meant:
        return
    rows = AttemptOutput.objects.filter(IdIn("attempt_id", meant)).exclude(path="")
    for output in rows.filter(object__isnull=False).order_by("pk"):
        attempt = meant[output.attempt_id]
        for one in attempt.task.run_request.publish:
            if (one["task"], one["output"]) == (attempt.task.name, output.name):
                yield attempt, output, one


def _register(output: AttemptOutput, wanted: Mapping[str, Any], *, by: User) -> None:
    namespace = Namespace.objects.filter(name=wanted["namespace"]).first()
    if namespace is None:
        values = [{"name": wanted["namespace"]}]
        [namespace] = create_records(Namespace, values, by=by)
    version = wanted.get("version") or _next_version(namespace, wanted["name"])
    row = {
        "namespace": namespace.pk,
        "name": wanted["name"],
        "version": version,
        "object": output.object_id,
    }
    register_data_products([row], by=by)


def _next_version(namespace: Namespace, name: str) -> str:
    """Return the next minor version of a data product, 1.0.0 for the first."""
    rows = DataProduct.objects.filter(namespace=namespace, name=name)
    known = [
        semver.Version.parse(one) for one in rows.values_list("version", flat=True)
    ]
    return str(max(known).bump_minor()) if known else "1.0.0"
