"""What a code run is called in PROV documents and in crates."""

from __future__ import annotations

from typing import Any

from registry.catalogue.provenance import OBJECT
from registry.core.graph import Term, TermKind
from registry.core.graph.files import CrateSubject, Properties
from registry.core.graph.mapping import (
    ActivityMap,
    Datatype,
    DocumentType,
    MappedField,
    Use,
)
from registry.core.graph.queries import field_of
from registry.core.graph.terms import UUID
from registry.runs.models import CodeRun
from registry.runs.provenance.fetching import crate_runs, report_runs
from registry.runs.provenance.model_runs.declaration import MODEL_RUNS
from registry.runs.provenance.roles import CONFIGURATION, INPUT, SCRIPT, SOFTWARE
from registry.runs.provenance.verifications import (
    VERIFICATION_TERMS,
    verifications_of,
)


def runner_of(run: Any) -> Any:
    """Return the author whose account registered a run, else the account."""
    known = getattr(run.registered_by, "user_author", None)
    return run.registered_by if known is None else known.author


def describe_run(run: CodeRun) -> Properties:
    """Return what a crate about a code run says of itself."""
    return {
        "name": f"code run {run.pk}",
        "description": run.description,
        "identifier": f"urn:uuid:{run.uuid}",
    }


FAILED = Term(
    "failed",
    TermKind.PROPERTY,
    "Whether a code run failed. Crates say so by the actionStatus of schema.org.",
)

CODE_RUN_DOCUMENT = DocumentType(
    model=CodeRun,
    prov_class="fair:Run",
    own_term=Term(
        "Run",
        TermKind.CLASS,
        "A code run: one execution of a piece of code, which read and wrote data. "
        "Every run is a prov:Activity.",
    ),
    crate_class="CreateAction",
    activity=ActivityMap(
        started=CodeRun.run_date,
        ended=CodeRun.end_date,
        description=CodeRun.description,
        failed=CodeRun.failed,
        agent=runner_of,
        uses=(
            Use(field=CodeRun.code_repo, role=SOFTWARE, target=OBJECT),
            Use(field=CodeRun.model_config, role=CONFIGURATION, target=OBJECT),
            Use(field=CodeRun.submission_script, role=SCRIPT, target=OBJECT),
            Use(field=CodeRun.inputs, role=INPUT, target=OBJECT),
        ),
        generates=(Use(field=CodeRun.outputs, role=None, target=OBJECT),),
        companion=MODEL_RUNS,
        influences=verifications_of,
    ),
    report_rows=report_runs,
    crate_rows=crate_runs,
    crate_subject=CrateSubject(describe=describe_run),
    crate_name=lambda run: f"code run {run.pk}",
    fields=(
        MappedField(
            field=CodeRun.description,
            prov=("dcterms:description", "prov:label", "rdfs:label"),
            crate=("description",),
        ),
        MappedField(
            field=CodeRun.run_date, crate=("startTime",), datatype=Datatype.MOMENT
        ),
        MappedField(
            field=CodeRun.end_date, crate=("endTime",), datatype=Datatype.MOMENT
        ),
        MappedField(
            field=CodeRun.failed, term=FAILED, datatype=Datatype.FLAG, implied=False
        ),
        MappedField(field=CodeRun.uuid, term=UUID, datatype=Datatype.UUID),
    ),
)

#: The foreign keys of a run to what it ran with.
LINKS = tuple(
    field_of(link).name
    for link in (CodeRun.code_repo, CodeRun.model_config, CodeRun.submission_script)
)
#: Terms of the vocabulary that are no fields of a run.
TERMS = (
    *VERIFICATION_TERMS,
    Term("code_runner", TermKind.ROLE, "Who started a code run."),
    Term(
        "UnrecordedSoftware",
        TermKind.CLASS,
        "Stands in a crate for the software of a code run of which nothing is on "
        "record, since the profile wants some to be named.",
        in_crates=True,
    ),
    Term(
        "configuration",
        TermKind.PROPERTY,
        "The file that a code run, as an action in a crate, was configured by.",
        in_crates=True,
    ),
    Term(
        "script",
        TermKind.PROPERTY,
        "The script that started a code run, as an action in a crate.",
        in_crates=True,
    ),
)
