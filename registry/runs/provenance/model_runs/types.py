"""How documents define templates and model runs, and the terms that they need."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from registry.core.documents import Shape
from registry.core.graph import Role, Term, TermKind
from registry.core.graph.definitions import (
    DefinedType,
    fields_of,
    list_of,
    moment_text,
    number,
    optional,
    shaped,
    text,
    texts_by_name,
    uuid_text,
)
from registry.core.graph.terms import UUID
from registry.runs.models import DatasetTemplate, ModelRun, WorkflowTemplate, shapes
from registry.runs.templates import SLOTS

if TYPE_CHECKING:
    from registry.core.graph.files import Properties

    Values = Mapping[str, Any]

_CLASS, _PROPERTY, _ROLE = TermKind.CLASS, TermKind.PROPERTY, TermKind.ROLE

MODELLER = Term(
    "modeller",
    _ROLE,
    "The person who ran a model. What the run wrote is attributed to them, too.",
)
REQUESTER = Term(
    "requesting_organisation", _ROLE, "The organisation that asked for a run."
)
MODEL_ROLE = Role("model", "as its model", "The model that a model run ran.")
TEMPLATE_ROLE = Role(
    "workflow_template",
    "as its template",
    "The workflow template that a model run follows; its plan.",
)
MODEL_RUN_TERM = Term(
    "ModelRun",
    _CLASS,
    "A run of a model, which a workflow template describes: every one is a fair:Run.",
)
WORKFLOW_TERM = Term(
    "WorkflowTemplate",
    _CLASS,
    "The inputs, outputs and annotations that runs of a model have: a prov:Plan. Its "
    "members are the model and the dataset templates.",
)
DATASET_TERM = Term(
    "DatasetTemplate",
    _CLASS,
    "What a dataset that runs read or write consists of. A dataset that is used for it "
    "was influenced by it.",
)
DATASET_TEMPLATE_LINK = Term(
    "dataset_template",
    _PROPERTY,
    "The dataset template that a run used a dataset for, or wrote it for, on prov:used "
    "and prov:wasGeneratedBy.",
)
RESOURCE = Term(
    "resource",
    _PROPERTY,
    "A file or folder of a dataset. Of a dataset template: its path or its key, and "
    "what it is. On prov:used and prov:wasGeneratedBy: key=path. In crates, the "
    "additional type of such a value.",
)
ANNOTATION = Term(
    "annotation",
    _PROPERTY,
    "An annotation of a model run, as name=text, one value for each name. In crates, "
    "the additional type of such a value.",
)
ANNOTATIONS = Term(
    "annotations",
    _PROPERTY,
    "All annotations of a model run as a JSON object of texts, for programs.",
)
FULL_DESCRIPTION = Term(
    "full_description",
    _PROPERTY,
    "The description of a model run; its dcterms:description is its short name.",
    in_crates=True,
)
MODEL_VERSION = Term(
    "model_version",
    _PROPERTY,
    "The version of the model that a model run ran.",
    in_crates=True,
)
#: The words of actions in crates for what a model run was made with, and for whom.
CRATE_WORDS = tuple(
    Term(name, _PROPERTY, definition, in_crates=True)
    for name, definition in (
        ("ran_model", "The model that a model run ran, as an action in a crate."),
        (
            "followed_template",
            "The workflow template that a model run follows, as an action in a crate.",
        ),
        ("made_for", "The study that a model run was made for, in a crate."),
        (
            "requested_by",
            "The organisation that asked for a model run, in a crate.",
        ),
    )
)
RAN_MODEL, FOLLOWED_TEMPLATE, MADE_FOR, REQUESTED_BY = CRATE_WORDS


def _needed(name: str, what: str) -> Term:
    return Term(name, _PROPERTY, f"{what} a run of a workflow template {_NEED[name]}.")


_NEED = {
    **dict.fromkeys(("required_input", "required_annotation"), "needs"),
    **dict.fromkeys(("optional_input", "optional_annotation"), "can have"),
    "required_output": "has to write",
    "optional_output": "can write",
}
#: What a workflow template asks for, by the names of its lists.
SLOT_TERMS = {
    name: _needed(name.removesuffix("s"), "A dataset for this dataset template")
    for name in SLOTS
}
NAME_TERMS = {
    name: _needed(name.removesuffix("s"), "An annotation of this name")
    for name in ("required_annotations", "optional_annotations")
}
#: Terms of the vocabulary for model runs.
TERMS = (
    *(MODELLER, REQUESTER, MODEL_ROLE.term, TEMPLATE_ROLE.term),
    *(MODEL_RUN_TERM, WORKFLOW_TERM, DATASET_TERM, DATASET_TEMPLATE_LINK),
    *(RESOURCE, ANNOTATION, ANNOTATIONS, FULL_DESCRIPTION, MODEL_VERSION),
    *CRATE_WORDS,
    *SLOT_TERMS.values(),
    *NAME_TERMS.values(),
)


def _template_facts(values: Values) -> Iterator[tuple[str, Any]]:
    yield "dcterms:title", values["name"]
    yield "dcat:hasVersion", str(values["version"])
    yield "dcterms:description", values["description"]
    yield UUID.qualified, values["uuid"]


def _describe_template(values: Values) -> Properties:
    return {
        "name": values["name"],
        "description": values["description"],
        "version": str(values["version"]),
        "uuid": values["uuid"],
    }


_RESOURCES: dict[str, Shape] = {
    "defined_resources": shapes.DEFINED,
    "deferred_resources": shapes.DEFERRED,
}
#: What both templates have.
_TEMPLATE_FIELDS = {
    "name": text,
    "description": optional(text),
    "version": number,
    "replaces": optional(uuid_text),
    "uuid": uuid_text,
}


def resource_lines(values: Values) -> list[str]:
    """Return the resources of a dataset template, for people."""
    return [
        line for name, shape in _RESOURCES.items() for line in shape.lines(values[name])
    ]


def _dataset_template_facts(values: Values) -> Iterator[tuple[str, Any]]:
    yield from _template_facts(values)
    for line in resource_lines(values):
        yield RESOURCE.qualified, line


def _describe_dataset_template(values: Values) -> Properties:
    return {
        "@type": "CreativeWork",
        **_describe_template(values),
        "text": "\n".join(resource_lines(values)) or None,
    }


DATASET_TEMPLATE = DefinedType(
    model=DatasetTemplate,
    element="entity",
    own_term=DATASET_TERM,
    fields={
        **_TEMPLATE_FIELDS,
        **{name: shaped(shape) for name, shape in _RESOURCES.items()},
    },
    facts=_dataset_template_facts,
    describe=_describe_dataset_template,
)


def _workflow_facts(values: Values) -> Iterator[tuple[str, Any]]:
    yield from _template_facts(values)
    for name, term in NAME_TERMS.items():
        for one in values[name]:
            yield term.qualified, one


def _describe_workflow(values: Values) -> Properties:
    return {"@type": "HowTo", **_describe_template(values)}


WORKFLOW_TEMPLATE = DefinedType(
    model=WorkflowTemplate,
    element="entity",
    own_term=WORKFLOW_TERM,
    classes=("prov:Plan", "prov:Collection"),
    fields={
        **_TEMPLATE_FIELDS,
        "model": uuid_text,
        **dict.fromkeys(SLOTS, list_of(uuid_text)),
        **dict.fromkeys(NAME_TERMS, shaped(shapes.NAMES)),
    },
    facts=_workflow_facts,
    describe=_describe_workflow,
)


def annotation_lines(annotations: Mapping[str, str]) -> list[str]:
    """Return annotations for people: ``RCP=45``."""
    return [f"{name}={text}" for name, text in sorted(annotations.items())]


def _run_facts(values: Values) -> Iterable[tuple[str, Any]]:
    annotations = values["annotations"]
    yield FULL_DESCRIPTION.qualified, values["description"]
    yield MODEL_VERSION.qualified, values["model_version"]
    for line in annotation_lines(annotations):
        yield ANNOTATION.qualified, line
    if annotations:
        yield ANNOTATIONS.qualified, json.dumps(annotations, sort_keys=True)


def _describe_run(values: Values) -> Properties:
    return {
        FULL_DESCRIPTION.name: values["description"],
        MODEL_VERSION.name: values["model_version"],
    }


_DATASET = fields_of(
    {
        "dataset_template": uuid_text,
        "dataset": fields_of({"namespace": text, "name": text, "version": text}),
        "resources": texts_by_name,
        "components": list_of(text),
    }
)
MODEL_RUN = DefinedType(
    model=ModelRun,
    element="activity",
    own_term=MODEL_RUN_TERM,
    fields={
        "workflow_template": uuid_text,
        "study": optional(uuid_text),
        "modeller": uuid_text,
        "requesting_organisation": optional(uuid_text),
        "model_config": optional(uuid_text),
        "submission_script": optional(uuid_text),
        "model_version": optional(text),
        "display_name": text,
        "description": text,
        "start_time": moment_text,
        "end_time": moment_text,
        "inputs": list_of(_DATASET),
        "outputs": list_of(_DATASET),
        "annotations": texts_by_name,
        "uuid": uuid_text,
    },
    facts=_run_facts,
    describe=_describe_run,
)
