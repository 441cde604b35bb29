"""A run of a model with all that a record of one can have, and what is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.apps import apps

from registry.catalogue.models import CodeRepoRelease, DataProduct
from registry.core.models import Event, Record
from registry.runs.models import CodeRun, WorkflowTemplate
from tests import factories

BEGAN = datetime(2021, 7, 17, 18, 21, 11, tzinfo=UTC)
#: What formats may stumble over; a name has an equals sign in it.
ODD = 'æ "quoted" & <b>\n€ 𝄞 = 1'
ANNOTATIONS = {"RCP": "45", "species": "speciesA", "a=b": ODD}


@dataclass(frozen=True)
class Agreed:
    """The records to tell of: a model run, and a plain run that read what it wrote."""

    run: Any
    first: DataProduct
    second: DataProduct
    drawing: CodeRun
    figure: DataProduct

    @property
    def code_run(self) -> CodeRun:
        """Return the code run of the model run."""
        code_run: CodeRun = self.run.code_run
        return code_run


def make_agreed() -> Agreed:
    """Register the runs, by second versions of a workflow and a dataset template."""
    template, release = _template()
    [read] = template.required_inputs.all()
    wrote, log = [*template.required_outputs.all(), *template.optional_outputs.all()]
    datasets = {
        one.pk: factories.DataProductFactory.create() for one in (read, wrote, log)
    }
    factories.ObjectComponentFactory.create(
        object=datasets[wrote.pk].object, name="beta", issues=[]
    )
    run = factories.ModelRunFactory.create(
        workflow_template=template,
        model_version=f"v{release.version}",
        display_name="Reef in 2050",
        description=f"The whole description: {ODD}",
        start_time=BEGAN,
        end_time=BEGAN.replace(hour=19, microsecond=5),
        inputs=[_used(read, datasets[read.pk])],
        outputs=[
            {**_used(wrote, datasets[wrote.pk]), "components": ["beta"]},
            _used(log, datasets[log.pk]),
        ],
        annotations=ANNOTATIONS,
        model_config=factories.ObjectFactory.create(),
        submission_script=factories.ObjectFactory.create(),
    )
    figure = factories.DataProductFactory.create()
    drawing = factories.CodeRunFactory.create(
        code_repo=None,
        model_config=None,
        submission_script=None,
        inputs=datasets[wrote.pk].object.components.filter(name="beta"),
        outputs=figure.object.components.all(),
    )
    return Agreed(run, datasets[wrote.pk], datasets[log.pk], drawing, figure)


def _template() -> tuple[WorkflowTemplate, CodeRepoRelease]:
    release = factories.CodeRepoReleaseFactory.create()
    model = factories.ResearchModelFactory.create(releases=[release])
    before = factories.WorkflowTemplateFactory.create(model=model, replaces=None)
    [old] = before.required_inputs.all()
    new = factories.DatasetTemplateFactory.create(name="Forcing, again", replaces=old)
    template = factories.WorkflowTemplateFactory.create(
        model=model, replaces=before, required_inputs=[new]
    )
    return template, release


def _used(template: Any, product: DataProduct) -> dict[str, Any]:
    return {
        "dataset_template": template.pk,
        "dataset": product.pk,
        "resources": {"configuration_file": "config/model.toml"},
    }


def on_record() -> dict[str, Any]:
    """Describe the stored records of models, without their ids."""
    names = {
        **{
            ("dataset_template", one.pk): str(one.uuid)
            for one in _all("DatasetTemplate")
        },
        **{
            ("data_product", one.pk): f"{one.namespace.name} {one.name} {one.version}"
            for one in DataProduct.objects.select_related("namespace")
        },
    }
    kinds = (
        *("Organisation", "ResearchModel", "Study"),
        *("DatasetTemplate", "WorkflowTemplate", "ModelRun"),
    )
    return {
        f"{kind} {one.uuid}": _values(one, names)
        for kind in kinds
        for one in _all(kind)
    }


def _all(kind: str) -> list[Any]:
    return list(apps.get_model("registry", kind)._default_manager.all())


def _values(one: Any, names: dict[tuple[str, int], str]) -> dict[str, Any]:
    left_out = {"id", "registered_by", "updated_by", "last_updated", "fingerprint"}
    found = {}
    for field in (*one._meta.fields, *one._meta.many_to_many):
        if field.name in left_out:
            continue
        value = getattr(one, field.name)
        if field.name in {"inputs", "outputs"}:
            value = [
                {
                    **part,
                    "dataset_template": names[
                        "dataset_template", part["dataset_template"]
                    ],
                    "dataset": names["data_product", part["dataset"]],
                }
                for part in value
            ]
        elif field.many_to_many:
            value = [_name(linked) for linked in value.order_by("pk")]
        found[field.name] = _name(value)
    return found


def _name(value: Any) -> Any:
    if isinstance(value, CodeRepoRelease):
        return f"{value.name} {value.version}"
    return str(value.uuid) if isinstance(value, Record) else value  # type: ignore[attr-defined]


def everything() -> dict[str, int]:
    """Count all records, and events."""
    models: list[Any] = [
        one for one in apps.get_models() if issubclass(one, Record) or one is Event
    ]
    return {one.__name__: one._default_manager.count() for one in models}


def links_of_runs() -> list[Any]:
    """Say what each code run read and wrote, in words that do not depend on ids."""
    return sorted(
        [
            str(run.uuid),
            run.description,
            *(
                getattr(run, name) and str(getattr(run, name).uuid)
                for name in ("code_repo", "model_config", "submission_script")
            ),
            *(
                sorted(
                    f"{one.object.uuid} {one.name}" for one in getattr(run, name).all()
                )
                for name in ("inputs", "outputs")
            ),
        ]
        for run in CodeRun.objects.all()
    )
