"""Organisations, models and studies: what runs are made with, and for whom."""

from __future__ import annotations

from functools import partial

from registry.catalogue import modelling, models
from registry.catalogue.record_types.sections import MODELLING, PEOPLE
from registry.catalogue.services import require_same_uuid
from registry.core.record_types import RecordType
from registry.core.traits import MergeRule

ORGANISATION = RecordType(
    model=models.Organisation,
    description="""
An organisation that does research, or that asks for runs of a model.

With a `ror`, the URL of its id in the Research Organization Registry (https://ror.org),
an organisation is registered once. An author with the same URL as its identifier is the
same organisation as somebody who made data or code.
""".strip(),
    summary="Organisations that do research or ask for it.",
    section=PEOPLE,
    rank=82,
    columns=(
        models.Organisation.name,
        models.Organisation.ror,
        models.Organisation.last_updated,
    ),
    outside_root=True,
    search_texts=(models.Organisation.name, models.Organisation.ror),
    natural_key=models.Organisation.ror,
    register=modelling.register_organisations,
    change=modelling.change_organisation,
    guard=require_same_uuid,
    merge=MergeRule(fills=(models.Organisation.ror,)),
)


MODEL = RecordType(
    model=models.ResearchModel,
    description="""
Software that simulates or predicts something, over all its versions.

Its versions are the code repository releases in `releases`. A workflow template says
what a run of the model reads and writes.
""".strip(),
    summary="Models: software that simulates or predicts something.",
    section=MODELLING,
    rank=36,
    columns=(
        models.ResearchModel.name,
        models.ResearchModel.source_url,
        models.ResearchModel.last_updated,
    ),
    outside_root=True,
    search_texts=(models.ResearchModel.name, models.ResearchModel.description),
    change=partial(modelling.change_cited, models.ResearchModel),
    guard=require_same_uuid,
)


STUDY = RecordType(
    model=models.Study,
    description="""
A study: the question that a group of runs of models is made for.
""".strip(),
    summary="Studies: the questions that runs are made for.",
    section=MODELLING,
    rank=38,
    columns=(
        models.Study.title,
        models.Study.alternative_id,
        models.Study.last_updated,
    ),
    outside_root=True,
    search_texts=(
        models.Study.title,
        models.Study.alternative_id,
        models.Study.description,
    ),
    change=partial(modelling.change_cited, models.Study),
    guard=require_same_uuid,
)
