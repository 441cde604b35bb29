"""The record types of runs, for every surface to read."""

from __future__ import annotations

from registry.catalogue.models import ObjectComponent
from registry.catalogue.record_types import MODELLING
from registry.core.record_types import RecordType, declare
from registry.core.traits import ContentDigest, LinkedRecords, ReverseFilter, Section
from registry.runs import services, templates
from registry.runs.annotations import ANNOTATION_FILTER, index_annotations
from registry.runs.dependents import has_dependents
from registry.runs.model_runs import content, correcting, registering
from registry.runs.models import CodeRun, DatasetTemplate, ModelRun, WorkflowTemplate
from registry.runs.verified import VERIFIED_FILTER

RUNS = Section("Runs", 50)

CODE_RUN = RecordType(
    model=CodeRun,
    description="""
A run of a piece of code: its inputs and outputs, when it ran and how.

`code_repo`, `model_config` and `submission_script` link to objects, `inputs` and
`outputs` to object components; the same component can be both. A run can be changed,
for example to add outputs as they appear.

`rerun/` below the address of a run that an executor did asks for it again; the filter
`verified=true` finds the runs that gave the same outputs then.

Other runs stand on a run while an object with one of its outputs is their input, code,
configuration or script. Then nobody can delete the run, remove its inputs, or remove
the outputs in that object: 409 names the first ten of the other runs.
""".strip(),
    summary="Runs of code: inputs, outputs, when they ran and how.",
    section=RUNS,
    rank=30,
    columns=(
        CodeRun.description,
        CodeRun.run_date,
        CodeRun.code_repo,
        CodeRun.last_updated,
    ),
    shown_with_others=(
        LinkedRecords(
            field=ObjectComponent.inputs_of,
            help_text="The newest code runs that read it, 100 at most.",
            all_help_text="Address of the list of all code runs that read it.",
            grows=True,
        ),
        LinkedRecords(
            field=ObjectComponent.outputs_of,
            help_text="The newest code runs that wrote it, 100 at most.",
            all_help_text="Address of the list of all code runs that wrote it.",
            grows=True,
        ),
    ),
    newer=(CodeRun.end_date, CodeRun.failed),
    reverse_filters=(
        ReverseFilter(name="code_repo_of", link=CodeRun.code_repo),
        ReverseFilter(name="config_of", link=CodeRun.model_config),
        ReverseFilter(name="submission_script_of", link=CodeRun.submission_script),
    ),
    further_filters=(VERIFIED_FILTER,),
    # the database does without one, for model runs have none
    required=(CodeRun.submission_script,),
    search_texts=(CodeRun.description,),
    register=services.register_code_runs,
    change=services.update_code_run,
    delete=services.delete_code_run,
    has_dependents=has_dependents,
    guard=services.check_change,
)

DATASET_TEMPLATE = RecordType(
    model=DatasetTemplate,
    description="""
What a dataset that runs read or write consists of.

For each resource, a file or a folder, it states what it is and what a run uses it as
(`usage_type`: PARAMETER_FILE, CONFIG_FILE, FORCING_DATA or GENERAL_DATA). Defined
resources are at the same `path` in every such dataset. Of deferred ones each run gives
the path, under their `key`, unless they are `optional`.

A template that a run uses stays as it is: register its next version, with `replaces`.
The filter `replaced_by__isnull=true` finds the newest versions.
""".strip(),
    summary="What datasets that runs read or write consist of.",
    section=MODELLING,
    rank=34,
    columns=(
        DatasetTemplate.name,
        DatasetTemplate.version,
        DatasetTemplate.description,
        DatasetTemplate.last_updated,
    ),
    outside_root=True,
    linked=(DatasetTemplate.replaced_by,),
    search_texts=(DatasetTemplate.name, DatasetTemplate.description),
    rule=templates.refuse_versions_of_others,
    register=templates.register_dataset_templates,
    change=templates.change_dataset_template,
    guard=templates.check_dataset_template,
)


WORKFLOW_TEMPLATE = RecordType(
    model=WorkflowTemplate,
    description="""
The inputs, outputs and annotations that runs of a model have.

Records of model runs are checked against it: each needs a dataset for every required
dataset template, and every required annotation. Optional ones can be there, and further
annotations too.

A template that a run uses stays as it is: register its next version, with `replaces`.
The filter `replaced_by__isnull=true` finds the newest versions.
""".strip(),
    summary="The inputs, outputs and annotations that runs of a model have.",
    section=MODELLING,
    rank=32,
    columns=(
        WorkflowTemplate.name,
        WorkflowTemplate.version,
        WorkflowTemplate.model,
        WorkflowTemplate.last_updated,
    ),
    outside_root=True,
    linked=(WorkflowTemplate.replaced_by,),
    search_texts=(WorkflowTemplate.name, WorkflowTemplate.description),
    rule=templates.refuse_versions_of_others,
    register=templates.register_workflow_templates,
    change=templates.change_workflow_template,
    guard=templates.check_workflow_template,
)


MODEL_RUN = RecordType(
    model=ModelRun,
    description="""
A run of a model, in the form that a workflow template agrees on.

It is a code run too (`code_run`), which lineages, PROV and crates show. All errors of a
record are named at once, each with its place, such as
`inputs[2].resources.configuration_file`; `validate/` below this address checks without
registering. The same content is one record: sending it again returns the first. A
correction needs a `reason`, which the history keeps.

`workflow_template`, `study`, `modeller` and `requesting_organisation` can also be
called by these names with `_id`, and the last two can stand in `associations`. The
filter
`annotation.NAME=…` finds the runs with an annotation, and `annotation.NAME__gte=…` and
so on those whose annotation is a number.
""".strip(),
    summary="Runs of models, in the form that a template agrees on.",
    section=RUNS,
    rank=31,
    columns=(
        ModelRun.display_name,
        ModelRun.workflow_template,
        ModelRun.modeller,
        ModelRun.start_time,
    ),
    outside_root=True,
    keyed_filters=(ANNOTATION_FILTER,),
    required=(ModelRun.inputs, ModelRun.outputs),
    search_texts=(ModelRun.display_name, ModelRun.description),
    register=registering.register_model_runs,
    change=correcting.correct_model_run,
    delete=correcting.delete_model_run,
    has_dependents=correcting.has_dependents,
    guard=correcting.refuse_restoring,
    shares_fate_with=ModelRun.code_run,
    restored=index_annotations,
    content=ContentDigest(field=ModelRun.fingerprint, digest=content.fingerprint_of),
)

declare(CODE_RUN, DATASET_TEMPLATE, WORKFLOW_TEMPLATE, MODEL_RUN)
