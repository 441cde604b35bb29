"""The definitions of model runs and of what they link to, as documents have them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from registry.catalogue.models import DataProduct
from registry.catalogue.provenance import modelling
from registry.core.documents import DocumentField
from registry.core.graph.definitions import Definition, RecordKey
from registry.runs.models import CodeRun, DatasetTemplate
from registry.runs.provenance.model_runs import types
from registry.runs.provenance.model_runs.fetching import Fetched, fetch_by_ids

if TYPE_CHECKING:
    from collections.abc import Callable

    from registry.core.graph.companions import Attributes
    from registry.core.graph.definitions import DefinedType

#: The links of a run to single records, besides its template.
_LINKS = (
    *("modeller", "requesting_organisation", "study"),
    *("model_config", "submission_script"),
)
#: The lists of datasets of a run.
DIRECTIONS = ("inputs", "outputs")


def key_of(record: Any) -> RecordKey:
    """Return the name of a record."""
    return RecordKey(record.kind, record.pk)


def product_key(pk: int) -> RecordKey:
    """Return the name of a dataset of a run, which is a data product."""
    return RecordKey(DataProduct.kind, pk)


def run_key(run: Any) -> RecordKey:
    """Return the name of a model run in documents: that of its code run."""
    return RecordKey(CodeRun.kind, run.code_run_id)


def define_all(fetched: Fetched) -> Iterator[Definition]:
    """Define all that model runs link to, the oldest templates first."""
    linked = [
        (modelling.ORGANISATION, run.requesting_organisation) for run in fetched.runs
    ]
    linked += [(modelling.STUDY, run.study) for run in fetched.runs]
    plain = {key_of(row): (kind, row) for kind, row in linked if row is not None}
    for key, (kind, row) in sorted(plain.items()):
        values = {name: _plain(getattr(row, name)) for name in kind.fields}
        yield Definition(kind, key, values, withdrawn=row.withdrawn)
    yield from _models(fetched)
    for row in fetched.datasets.values():
        yield _dataset_template(row, fetched)
    for row in fetched.workflows.values():
        yield _workflow(row, fetched)


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: UUIDs and times are texts."""
    if isinstance(value, str | int | list | dict) or value is None:
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _tidy(row: Any, name: str) -> Any:
    """Return a value of a template; in a document, with all that may be left out."""
    field = row.model._meta.get_field(name)
    value = getattr(row, name)
    return field.shape.tidy(value) if isinstance(field, DocumentField) else value


def _models(fetched: Fetched) -> Iterator[Definition]:
    for pk, row in fetched.models.items():
        values = {
            name: _plain(getattr(row, name))
            for name in modelling.MODEL.fields
            if name != "releases"
        }
        named = fetched.releases.get(pk, ())
        values["releases"] = [{"name": name, "version": of} for name, of in named]
        key = key_of(row)
        yield Definition(modelling.MODEL, key, values, withdrawn=row.withdrawn)


def _template(
    kind: DefinedType,
    row: Any,
    links: Mapping[str, Any],
    versions: Mapping[int, Any],
    attributes: Attributes = (),
) -> Definition:
    before = versions.get(row.replaces_id)
    values = {
        **links,
        **{
            name: _plain(_tidy(row, name))
            for name in kind.fields
            if name not in {"replaces", *links}
        },
        "replaces": None if before is None else str(before.uuid),
    }
    return Definition(kind, key_of(row), values, attributes, row.withdrawn)


def _dataset_template(row: Any, fetched: Fetched) -> Definition:
    return _template(types.DATASET_TEMPLATE, row, {}, fetched.datasets)


def _workflow(row: Any, fetched: Fetched) -> Definition:
    """Define a workflow template, with links to the dataset templates that it names."""
    slots = fetched.slots[row.pk]
    links: dict[str, Any] = {
        name: [str(fetched.datasets[pk].uuid) for pk in ids]
        for name, ids in slots.items()
    }
    links["model"] = str(fetched.models[row.model_id].uuid)
    attributes = tuple(
        (types.SLOT_TERMS[name].qualified, RecordKey(DatasetTemplate.kind, pk))
        for name, ids in slots.items()
        for pk in ids
    )
    kind = types.WORKFLOW_TEMPLATE
    return _template(kind, row, links, fetched.workflows, attributes)


def define_run(run: Any, fetched: Fetched) -> Definition:
    """Define a model run."""
    template = fetched.workflows[run.workflow_template_id]
    values: dict[str, Any] = {
        "workflow_template": str(template.uuid),
        **{name: _uuid_of(getattr(run, name)) for name in _LINKS},
        **{name: _datasets(getattr(run, name), fetched) for name in DIRECTIONS},
    }
    others = types.MODEL_RUN.fields.keys() - values.keys()
    values |= {name: _plain(getattr(run, name)) for name in others}
    # its code run has the reason of the withdrawal already
    return Definition(types.MODEL_RUN, run_key(run), values)


def _uuid_of(record: Any) -> str | None:
    return None if record is None else str(record.uuid)


def _datasets(stored: Sequence[Any], fetched: Fetched) -> list[dict[str, Any]]:
    found = []
    for one in stored:
        product = fetched.products[one["dataset"]]
        named = {
            "namespace": product.namespace.name,
            "name": product.name,
            "version": product.version,
        }
        template = str(fetched.datasets[one["dataset_template"]].uuid)
        found.append(
            {
                "dataset_template": template,
                "dataset": named,
                "resources": one["resources"],
                "components": one.get("components", []),
            }
        )
    return found


#: How templates and model runs are fetched, among which rows of the answer they are,
#: and how each is defined.
_REGISTERED: dict[
    DefinedType, tuple[str, Callable[[Fetched], Any], Callable[[Any, Fetched], Any]]
] = {
    types.DATASET_TEMPLATE: (
        "datasets",
        lambda fetched: fetched.datasets.values(),
        _dataset_template,
    ),
    types.WORKFLOW_TEMPLATE: (
        "workflows",
        lambda fetched: fetched.workflows.values(),
        _workflow,
    ),
    types.MODEL_RUN: ("runs", lambda fetched: fetched.runs, define_run),
}


def registered_definitions(
    kind: DefinedType, ids: Sequence[int]
) -> dict[str, Mapping[str, Any]]:
    """Return the definitions of registered templates or model runs, by UUID."""
    name, rows_of, define = _REGISTERED[kind]
    fetched = fetch_by_ids(**{name: ids})
    return {
        str(row.uuid): define(row, fetched).values
        for row in rows_of(fetched)
        if row.pk in ids
    }
