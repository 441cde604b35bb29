"""The record types of runs, for every surface to read."""

from __future__ import annotations

from registry.catalogue.models import ObjectComponent
from registry.core.record_types import RecordType, declare
from registry.core.traits import LinkedRecords, ReverseFilter, Section
from registry.runs import services
from registry.runs.dependents import has_dependents
from registry.runs.models import CodeRun

RUNS = Section("Runs", 50)

CODE_RUN = RecordType(
    model=CodeRun,
    description="""
A run of a piece of code: its inputs and outputs, when it ran and how.

`code_repo`, `model_config` and `submission_script` link to objects, `inputs` and
`outputs` to object components; the same component can be both. A run can be changed,
for example to add outputs as they appear.

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
    newer=(CodeRun.end_date,),
    reverse_filters=(
        ReverseFilter(name="code_repo_of", link=CodeRun.code_repo),
        ReverseFilter(name="config_of", link=CodeRun.model_config),
        ReverseFilter(name="submission_script_of", link=CodeRun.submission_script),
    ),
    # the database does without one, for model runs have none
    required=(CodeRun.submission_script,),
    search_texts=(CodeRun.description,),
    register=services.register_code_runs,
    change=services.update_code_run,
    delete=services.delete_code_run,
    has_dependents=has_dependents,
    guard=services.check_change,
)

declare(CODE_RUN)
