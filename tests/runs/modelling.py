"""A workflow template with its datasets, and records that follow it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from registry.runs.models import WorkflowTemplate
from tests import factories

if TYPE_CHECKING:
    from registry.runs.models import DatasetTemplate

#: The record of the reference document, as it is printed there.
PRINTED: dict[str, Any] = {
    "workflow_template_id": "1234",
    "inputs": [
        {
            "dataset_template_id": "1234",
            "dataset_id": "1234",
            "dataset_type": "DATA_STORE",
            "resources": {"configuration_file": "data/configuration/config1234.csv"},
        }
    ],
    "outputs": [
        {
            "dataset_template_id": "1234",
            "dataset_id": "1234",
            "dataset_type": "DATA_STORE",
        }
    ],
    "annotations": {"RCP": "45", "species": "speciesA"},
    "description": "This model run is not real but is used to demontstrate the model "
    "run record payload structure.",
    "associations": {
        "modeller_id": "1234",
        "requesting_organisation_id": "1234",
    },
    "start_time": 1669355820,
    "end_time": 1669442219,
}


def resource(key: str, *, optional: bool = False) -> dict[str, Any]:
    """Return a deferred resource of a dataset template."""
    return {
        "key": key,
        "description": f"The {key}",
        "usage_type": "CONFIG_FILE",
        "optional": optional,
    }


def with_id(record: Any, pk: int) -> Any:
    """Return a record that nothing refers to yet, under another id."""
    type(record)._default_manager.filter(pk=record.pk).update(id=pk)
    return type(record)._default_manager.get(pk=pk)


def register_what_is_printed() -> None:
    """Register what the printed record refers to, under the ids that it has."""
    template = with_id(_bare_template(annotations=("RCP", "species")), 1234)
    dataset = with_id(_dataset_template(optional=True), 1234)
    template.required_inputs.set([dataset])
    template.required_outputs.set([dataset])
    with_id(factories.DataProductFactory(), 1234)
    with_id(factories.AuthorFactory(), 1234)
    with_id(factories.OrganisationFactory(), 1234)


def _bare_template(*, annotations: tuple[str, ...] = ()) -> WorkflowTemplate:
    lists: dict[str, Any] = {
        f"{need}_{direction}": []
        for need in ("required", "optional")
        for direction in ("inputs", "outputs")
    }
    template: WorkflowTemplate = factories.WorkflowTemplateFactory(
        required_annotations=annotations,
        optional_annotations=(),
        replaces=None,
        **lists,
    )
    return template


def _dataset_template(*, optional: bool = False) -> DatasetTemplate:
    template: DatasetTemplate = factories.DatasetTemplateFactory(
        deferred_resources=[resource("configuration_file", optional=optional)],
        replaces=None,
    )
    return template


@dataclass(frozen=True)
class World:
    """A template with one dataset template of each need and direction."""

    template: WorkflowTemplate
    forcing: DatasetTemplate
    extra: DatasetTemplate
    result: DatasetTemplate
    log: DatasetTemplate

    @classmethod
    def make(cls) -> World:
        """Register it."""
        forcing, extra, result, log = (_dataset_template() for _ in range(4))
        template = factories.WorkflowTemplateFactory(
            required_inputs=[forcing],
            optional_inputs=[extra],
            required_outputs=[result],
            optional_outputs=[log],
            required_annotations=("RCP",),
            replaces=None,
        )
        return cls(template, forcing, extra, result, log)

    def entry(self, template: DatasetTemplate, **more: Any) -> dict[str, Any]:
        """Return a dataset of its own for a dataset template."""
        return {
            "dataset_template": template.pk,
            "dataset": factories.DataProductFactory().pk,
            "resources": {"configuration_file": "config/model.toml"},
            **more,
        }

    def record(self, **more: Any) -> dict[str, Any]:
        """Return a record that is right."""
        record = {
            "workflow_template": self.template.pk,
            "description": "A run of the reef model",
            "modeller": factories.AuthorFactory().pk,
            "start_time": "2022-11-25T05:57:00Z",
            "end_time": "2022-11-26T05:56:59Z",
            "inputs": [self.entry(self.forcing)],
            "outputs": [self.entry(self.result)],
            "annotations": {"RCP": "45"},
            **more,
        }
        return {name: value for name, value in record.items() if value is not ...}
