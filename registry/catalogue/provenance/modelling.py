"""How documents define organisations, models and studies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from registry.catalogue.models import Organisation, ResearchModel, Study
from registry.core.graph import Term, TermKind
from registry.core.graph.definitions import (
    DefinedType,
    fields_of,
    list_of,
    optional,
    text,
    uuid_text,
)
from registry.core.graph.terms import UUID

if TYPE_CHECKING:
    from registry.core.graph.files import Properties

    Values = Mapping[str, Any]

_CLASS, _PROPERTY = TermKind.CLASS, TermKind.PROPERTY

ORGANISATION_TERM = Term(
    "Organisation",
    _CLASS,
    "An organisation that does research, or asks for runs of a model. Every one is a "
    "prov:Organization.",
)
MODEL_TERM = Term(
    "Model",
    _CLASS,
    "Software that simulates or predicts something, over all its versions. A version "
    "of it, as code, is another entity.",
)
STUDY_TERM = Term(
    "Study",
    _CLASS,
    "A study: the question that a group of runs is made for. A study is a "
    "prov:Activity, which informed its runs.",
)
DOCUMENTATION_URL = Term(
    "documentation_url", _PROPERTY, "The web page of the documentation of a model."
)
SOURCE_URL = Term(
    "source_url", _PROPERTY, "The web page of the source code of a model."
)
ALTERNATIVE_ID = Term(
    "alternative_id",
    _PROPERTY,
    "What a study is called elsewhere, such as its number in a register of studies.",
)
#: Terms that are neither fields of documents nor roles.
MODELLING_TERMS = (
    *(ORGANISATION_TERM, MODEL_TERM, STUDY_TERM),
    *(DOCUMENTATION_URL, SOURCE_URL, ALTERNATIVE_ID),
)


def _organisation_facts(values: Values) -> Iterator[tuple[str, Any]]:
    yield "foaf:name", values["name"]
    yield "dcterms:identifier", values["ror"]
    yield UUID.qualified, values["uuid"]


def _describe_organisation(values: Values) -> Properties:
    return {
        "@type": "Organization",
        "name": values["name"],
        "identifier": values["ror"],
        "uuid": values["uuid"],
    }


ORGANISATION = DefinedType(
    model=Organisation,
    element="agent",
    own_term=ORGANISATION_TERM,
    classes=("prov:Organization",),
    fields={"name": text, "ror": optional(text), "uuid": uuid_text},
    facts=_organisation_facts,
    describe=_describe_organisation,
)


def _model_facts(values: Values) -> Iterator[tuple[str, Any]]:
    yield "dcterms:title", values["name"]
    yield "dcterms:description", values["description"]
    yield DOCUMENTATION_URL.qualified, values["documentation_url"]
    yield SOURCE_URL.qualified, values["source_url"]
    yield UUID.qualified, values["uuid"]


def _describe_model(values: Values) -> Properties:
    return {
        "@type": "SoftwareApplication",
        "name": values["name"],
        "description": values["description"],
        "url": values["source_url"] or values["documentation_url"],
        "softwareHelp": values["documentation_url"],
        "uuid": values["uuid"],
    }


MODEL = DefinedType(
    model=ResearchModel,
    element="entity",
    own_term=MODEL_TERM,
    fields={
        "name": text,
        "description": optional(text),
        "documentation_url": optional(text),
        "source_url": optional(text),
        # those that the document tells of
        "releases": list_of(fields_of({"name": text, "version": text})),
        "uuid": uuid_text,
    },
    facts=_model_facts,
    describe=_describe_model,
)


def _study_facts(values: Values) -> Iterator[tuple[str, Any]]:
    yield "dcterms:title", values["title"]
    yield "dcterms:description", values["description"]
    yield ALTERNATIVE_ID.qualified, values["alternative_id"]
    yield UUID.qualified, values["uuid"]


def _describe_study(values: Values) -> Properties:
    return {
        "@type": "CreativeWork",
        "name": values["title"],
        "description": values["description"],
        "alternateName": values["alternative_id"],
        "uuid": values["uuid"],
    }


STUDY = DefinedType(
    model=Study,
    element="activity",
    own_term=STUDY_TERM,
    fields={
        "title": text,
        "description": optional(text),
        "alternative_id": optional(text),
        "uuid": uuid_text,
    },
    facts=_study_facts,
    describe=_describe_study,
)
