"""The files that tasks read: data products, and outputs of the tasks that they need.

An input in a task is ``{"path", "component", "sha1"}``, a file that the registry holds,
or ``{"kept", "component", ...}``, files that never left their backend.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from registry.catalogue.access import downloadable_files
from registry.catalogue.models import DataProduct, ObjectComponent
from registry.catalogue.names import find_latest, find_product, names_latest
from registry.core.errors import InvalidInput, NotFound, RegistryError
from registry.core.links import LinkError, parse_link
from registry.core.lookups import IdIn
from registry.execution.models import Attempt, AttemptOutput, AttemptState
from registry.storage.models import StoredFile

if TYPE_CHECKING:
    from registry.identity.models import User

Input = dict[str, Any]


def find_inputs(
    given: Sequence[Sequence[Mapping[str, Any]]], *, by: User
) -> list[list[Input]]:
    """Return the files of the data products that tasks name as their inputs.

    Raises ``InvalidInput`` for products that there are not, or whose file the registry
    does not hold, or this person cannot download.
    """
    cited = {str(one["data_product"]) for inputs in given for one in inputs}
    files, wrong = _files_named(cited, by=by)
    errors = [
        f"[{row}].inputs[{at}].data_product: {wrong[str(one['data_product'])]}"
        for row, inputs in enumerate(given)
        for at, one in enumerate(inputs)
        if str(one["data_product"]) in wrong
    ]
    if errors:
        raise InvalidInput({"tasks": errors})
    return [
        [{"path": one["path"], **files[str(one["data_product"])]} for one in inputs]
        for inputs in given
    ]


def _files_named(
    cited: Iterable[str], *, by: User
) -> tuple[dict[str, Input], dict[str, str]]:
    """Return the files of data products by what these were named by, and the errors."""
    products, wrong = _find_products(cited)
    files = _files_of(products.values())
    readable = downloadable_files(by, {sha1 for _, sha1 in files.values()})
    stored = StoredFile.objects.filter(sha1__in=readable)
    sizes = dict(stored.values_list("sha1", "size"))
    found: dict[str, Input] = {}
    for name, product in products.items():
        component, sha1 = files.get(product, (0, ""))
        if sha1 in sizes:
            found[name] = {"component": component, "sha1": sha1, "size": sizes[sha1]}
        else:
            wrong[name] = (
                f"the registry does not hold the file of {name}, or you cannot "
                "download it."
            )
    return found, wrong


def _find_products(cited: Iterable[str]) -> tuple[dict[str, int], dict[str, str]]:
    """Return the ids of data products by what they were named by, and the errors."""
    found: dict[str, int] = {}
    wrong: dict[str, str] = {}
    for name in cited:
        try:
            found[name] = _find_product(name)
        except (RegistryError, LinkError) as error:
            wrong[name] = str(error)
    return found, wrong


def _find_product(name: str) -> int:
    if ":" in name and not name.startswith(("http:", "https:")):
        find = find_latest if names_latest(name) else find_product
        return int(find(name).pk)
    link = parse_link(name, DataProduct)
    if not isinstance(link, int):
        raise NotFound(f"There is no data product {name[:100]}.")
    found = DataProduct.objects.not_withdrawn().filter(pk=link).first()
    if found is None:
        raise NotFound(f"There is no data product {name[:100]}.")
    return int(found.pk)


def _files_of(products: Collection[int]) -> dict[int, tuple[int, str]]:
    """Return the whole component and the checksum of data products, by their ids."""
    rows = ObjectComponent.objects.filter(
        IdIn("object__data_products__pk", products), whole_object=True
    )
    found = rows.order_by().values_list(
        "object__data_products", "pk", "object__storage_location__hash"
    )
    return {pk: (part, (sha1 or "").lower()) for pk, part, sha1 in found}


def outputs_as_inputs(tasks: Collection[int]) -> dict[int, list[Input]]:
    """Return what each of these tasks wrote, as inputs of those that need it.

    It is what their last attempt that was done wrote.
    """
    if not tasks:
        return {}
    attempts = last_done(tasks)
    rows = AttemptOutput.objects.filter(IdIn("attempt_id", attempts.values()))
    by_attempt: defaultdict[int, list[AttemptOutput]] = defaultdict(list)
    for one in rows.select_related("attempt").order_by("pk"):
        by_attempt[one.attempt_id].append(one)
    parts = whole_components(
        one.object_id for some in by_attempt.values() for one in some if one.object_id
    )
    return {
        task: [as_input(one, parts) for one in by_attempt[attempt]]
        for task, attempt in attempts.items()
    }


def as_input(one: AttemptOutput, parts: Mapping[int, int]) -> Input:
    """Return an output as an input of another task; ``parts`` are whole components."""
    component = parts.get(one.object_id or 0)
    if one.is_stored:
        return {
            "path": one.path,
            "component": component,
            "sha1": one.sha1,
            "size": one.size,
        }
    kept: Input = {"kept": kept_folder(one.attempt), "component": component}
    if one.path:
        kept |= {"path": one.path, "sha1": one.sha1}
    return {**kept, "name": one.name, "level": one.level}


def kept_folder(attempt: Attempt) -> str:
    """Return the name of the folder on a backend that has what an attempt wrote."""
    return f"task-{attempt.task_id}-{attempt.number}"


def last_done(tasks: Collection[int]) -> dict[int, int]:
    """Return the last attempt at each task that was done, by the id of the task."""
    rows = Attempt.objects.filter(IdIn("task_id", tasks), state=AttemptState.DONE)
    return dict(rows.order_by("pk").values_list("task_id", "pk"))


def whole_components(objects: Iterable[int]) -> dict[int, int]:
    """Return the component that stands for the whole of each object."""
    wanted = set(objects)
    if not wanted:
        return {}
    rows = ObjectComponent.objects.filter(IdIn("object_id", wanted), whole_object=True)
    return dict(rows.order_by().values_list("object_id", "pk"))
