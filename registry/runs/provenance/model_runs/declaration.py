"""Model runs as companions of code runs."""

from __future__ import annotations

from registry.catalogue.provenance import modelling
from registry.core.graph import NodeName
from registry.core.graph.companions import CompanionType
from registry.core.graph.definitions import DEFINITION
from registry.core.graph.mapping import DocumentType
from registry.runs.models import ModelRun
from registry.runs.provenance.model_runs import types
from registry.runs.provenance.model_runs.crates import describe
from registry.runs.provenance.model_runs.importing import register_definitions
from registry.runs.provenance.model_runs.telling import fetch_companions

MODEL_RUNS = CompanionType(
    type=types.MODEL_RUN,
    types=(
        *(modelling.ORGANISATION, modelling.STUDY, modelling.MODEL),
        *(types.DATASET_TEMPLATE, types.WORKFLOW_TEMPLATE),
    ),
    link="model_run",
    fetch=fetch_companions,
    roles=(types.MODELLER, types.REQUESTER),
    person_roles=(types.MODELLER,),
    marks=(types.ANNOTATION, types.RESOURCE),
    crate_words=(
        *(DEFINITION, types.FULL_DESCRIPTION, types.MODEL_VERSION),
        *types.CRATE_WORDS,
    ),
    describe=describe,
    importer=register_definitions,
)
#: A lineage of a model run is that of its code run.
MODEL_RUN_NAME = NodeName(
    model=ModelRun,
    appears=False,
    appears_as_root=False,
    has_own_documents=False,
    document=DocumentType(model=ModelRun, fields=(), entity_path=(ModelRun.code_run,)),
)
#: Terms of the vocabulary for model runs and what they link to.
TERMS = (DEFINITION, *modelling.MODELLING_TERMS, *types.TERMS)
