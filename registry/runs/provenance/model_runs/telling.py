"""Describe model runs for documents: their relations, and details of links.

The relations are those of Provena, whose records of model runs have the same parts: a
run was informed by its study, used its datasets, its model and its template, and was
associated with the modeller and the organisation that asked for it; what it wrote was
attributed to the modeller; a template has its model and its dataset templates as
members, and influenced the datasets that were used for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from registry.catalogue.models import WHOLE_OBJECT, Author
from registry.core.graph.companions import CompanionData, Relation, Written
from registry.core.graph.definitions import RecordKey, TermName
from registry.runs.models import DatasetTemplate
from registry.runs.provenance.model_runs import types
from registry.runs.provenance.model_runs.defining import (
    DIRECTIONS,
    define_all,
    define_run,
    key_of,
    product_key,
    run_key,
)
from registry.runs.provenance.model_runs.fetching import Fetched, fetch

if TYPE_CHECKING:
    from registry.core.graph import Term
    from registry.core.graph.companions import Attributes

_REVISION = (("rdf:type", TermName("prov:Revision")),)


@dataclass(frozen=True, kw_only=True)
class ModelRuns(CompanionData):
    """The model runs of code runs, with the rows that were fetched."""

    fetched: Fetched


def fetch_companions(code_runs: Sequence[Any]) -> ModelRuns:
    """Return the model runs of fetched code runs."""
    fetched = fetch(code_runs)
    runs = fetched.runs
    return ModelRuns(
        companions={run.code_run_id: define_run(run, fetched) for run in runs},
        definitions=tuple(define_all(fetched)),
        agents=tuple({run.modeller.pk: run.modeller for run in runs}.values()),
        relations=(
            *(one for run in runs for one in _relations_of(run, fetched)),
            *_relations_of_templates(fetched),
            *_influences(fetched),
        ),
        details=dict(_details(fetched)),
        names=frozenset(product_key(pk) for pk in fetched.products),
        written=tuple(_written(fetched)),
        fetched=fetched,
    )


def _role(term: Term) -> Attributes:
    return (("prov:role", TermName(term.qualified)),)


def _relations_of(run: Any, fetched: Fetched) -> Iterator[Relation]:
    """Yield how a run is related to people, agreements and datasets."""
    this = run_key(run)
    template = fetched.workflows[run.workflow_template_id]
    if run.study is not None:
        yield Relation("wasInformedBy", (this, key_of(run.study)))
    model = fetched.models[template.model_id]
    for used, role in (
        (model, types.MODEL_ROLE),
        (template, types.TEMPLATE_ROLE),
    ):
        yield Relation("used", (this, key_of(used)), _role(role.term))
    modeller = RecordKey(Author.kind, run.modeller.pk)
    plan = key_of(template)
    yield Relation("wasAssociatedWith", (this, modeller, plan), _role(types.MODELLER))
    organisation = run.requesting_organisation
    if organisation is not None:
        asked_by = key_of(organisation)
        yield Relation("wasAssociatedWith", (this, asked_by), _role(types.REQUESTER))
    for pk in dict.fromkeys(one["dataset"] for one in run.outputs):
        written = product_key(pk)
        yield Relation("wasAttributedTo", (written, modeller), _role(types.MODELLER))


def _relations_of_templates(fetched: Fetched) -> Iterator[Relation]:
    """Yield the members of templates, and the versions before them."""
    for row in fetched.workflows.values():
        model = fetched.models[row.model_id]
        datasets = dict.fromkeys(chain.from_iterable(fetched.slots[row.pk].values()))
        for member in (model, *(fetched.datasets[pk] for pk in datasets)):
            yield Relation("hadMember", (key_of(row), key_of(member)))
    for row in (*fetched.datasets.values(), *fetched.workflows.values()):
        if row.replaces_id is not None:
            before = RecordKey(row.kind, row.replaces_id)
            yield Relation("wasDerivedFrom", (key_of(row), before), _REVISION)


def _influences(fetched: Fetched) -> Iterator[Relation]:
    """Yield which dataset was used, or written, for which template."""
    pairs = (
        (one["dataset"], one["dataset_template"])
        for run in fetched.runs
        for one in (*run.inputs, *run.outputs)
    )
    for product, template in dict.fromkeys(pairs):
        ends = (product_key(product), RecordKey(DatasetTemplate.kind, template))
        yield Relation("wasInfluencedBy", ends)


def _details(
    fetched: Fetched,
) -> Iterator[tuple[tuple[int, str, RecordKey], Attributes]]:
    """Yield the attributes of each link of a run: its template, and its resources."""
    found: dict[tuple[int, str, RecordKey], list[tuple[str, Any]]] = {}
    for run in fetched.runs:
        for direction in DIRECTIONS:
            for one in getattr(run, direction):
                place = (run.code_run_id, direction, product_key(one["dataset"]))
                template = RecordKey(DatasetTemplate.kind, one["dataset_template"])
                attributes = found.setdefault(place, [])
                attributes.append((types.DATASET_TEMPLATE_LINK.qualified, template))
                attributes += [
                    (types.RESOURCE.qualified, line)
                    for line in types.annotation_lines(one["resources"])
                ]
    for place, attributes in found.items():
        yield place, tuple(attributes)


def _written(fetched: Fetched) -> Iterator[Written]:
    for run in fetched.runs:
        for one in run.outputs:
            thing = fetched.products[one["dataset"]].object_id
            parts = fetched.components[one["dataset"]]
            for name in one.get("components") or [WHOLE_OBJECT]:
                yield Written(run.code_run_id, thing, parts[name])
