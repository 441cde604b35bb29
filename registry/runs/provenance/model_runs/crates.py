"""Describe model runs in crates.

As Workflow Run RO-Crate has it: what a template asks for are formal parameters, and the
values of a run are examples of these. The action stays one of Process Run Crate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from registry.catalogue.models import Object
from registry.core.graph.definitions import RecordKey
from registry.runs.models import DatasetTemplate, ModelRun
from registry.runs.provenance.model_runs import types
from registry.runs.provenance.model_runs.defining import key_of, product_key

if TYPE_CHECKING:
    from registry.core.graph import Term
    from registry.core.graph.files import CrateEntities, Link, Properties
    from registry.runs.provenance.model_runs.fetching import Fetched
    from registry.runs.provenance.model_runs.telling import ModelRuns

#: Where the datasets of each direction stand in an action.
_WORDS = {"inputs": "object", "outputs": "result"}
_PARAMETER = "https://bioschemas.org/profiles/FormalParameter/1.0-RELEASE"


def describe(data: ModelRuns, code_run: int, crate: CrateEntities) -> Properties:
    """Return the properties that only actions of model runs have."""
    run = next(one for one in data.fetched.runs if one.code_run_id == code_run)
    return _Action(run, data.fetched, crate).properties()


class _Action:
    """An action while it is described."""

    def __init__(self, run: Any, fetched: Fetched, crate: CrateEntities) -> None:
        self._run, self._fetched, self._crate = run, fetched, crate
        self._template = fetched.workflows[run.workflow_template_id]

    def properties(self) -> Properties:
        """Return the properties of the action."""
        run, template = self._run, self._template
        model = self._link(self._fetched.models[template.model_id])
        self._add_parameters()
        self._tell_slots()
        self._tell_versions()
        organisation, study = (
            None if one is None else self._link(one)
            for one in (run.requesting_organisation, run.study)
        )
        return {
            "agent": self._crate.add_record(run.modeller, run.modeller.identifier),
            "participant": organisation,
            types.REQUESTED_BY.name: organisation,
            types.RAN_MODEL.name: model,
            types.FOLLOWED_TEMPLATE.name: self._link(template),
            types.MADE_FOR.name: study,
            "instrument": model,
            "object": [
                *self._annotations(),
                *self._resources("inputs"),
            ],
            "result": list(self._resources("outputs")),
        }

    def _link(self, record: Any) -> Link:
        return {"@id": self._crate.url_of(key_of(record))}

    def _add_parameters(self) -> None:
        """Add what the template asks for, as its formal parameters."""
        template = key_of(self._template)
        model = self._link(self._fetched.models[self._template.model_id])
        self._crate.extend(*template, "about", model)
        for name, ids in self._fetched.slots[self._template.pk].items():
            need, _, direction = name.partition("_")
            word = {"inputs": "input", "outputs": "output"}[direction]
            for pk in ids:
                link = self._add_slot(direction, pk, is_required=need == "required")
                self._crate.extend(*template, word, link)
        for name in types.NAME_TERMS:
            for one in getattr(self._template, name):
                properties = _parameter(one, "Text", is_required="required" in name)
                link = self._crate.add(self._annotation_id(one), properties)
                self._crate.extend(*template, "input", link)

    def _add_slot(self, direction: str, pk: int, *, is_required: bool) -> Link:
        row = self._fetched.datasets[pk]
        properties = {
            **_parameter(row.name, "Dataset", is_required=is_required),
            "description": row.description,
            "subjectOf": self._link(row),
        }
        return self._crate.add(self._slot_id(direction, pk), properties)

    def _slot_id(self, direction: str, pk: int) -> str:
        return f"{self._crate.url_of(key_of(self._template))}#{direction}-{pk}"

    def _annotation_id(self, name: str) -> str:
        address = self._crate.url_of(key_of(self._template))
        return f"{address}#annotation-{quote(name, safe='')}"

    def _tell_slots(self) -> None:
        """Link each dataset to the parameter that it was an example of."""
        for direction in _WORDS:
            for one in getattr(self._run, direction):
                product = self._fetched.products[one["dataset"]]
                slot = {"@id": self._slot_id(direction, one["dataset_template"])}
                thing = RecordKey(Object.kind, product.object_id)
                self._crate.extend(*thing, "exampleOfWork", slot)

    def _tell_versions(self) -> None:
        """Link each template to the one that it replaced."""
        for versions in (self._fetched.workflows, self._fetched.datasets):
            for row in versions.values():
                if row.replaces_id is not None:
                    before = self._link(versions[row.replaces_id])
                    self._crate.extend(*key_of(row), "isBasedOn", before)

    def _annotations(self) -> Iterator[Link]:
        named = {
            one for name in types.NAME_TERMS for one in getattr(self._template, name)
        }
        for name, text in sorted(self._run.annotations.items()):
            example = {"@id": self._annotation_id(name)} if name in named else None
            properties = {
                **_value(types.ANNOTATION, name, text),
                "exampleOfWork": example,
            }
            yield self._add("annotation", name, properties)

    def _resources(self, direction: str) -> Iterator[Link]:
        """Yield where in the datasets the resources of their templates are."""
        for one in getattr(self._run, direction):
            about = product_key(one["dataset"])
            template = RecordKey(DatasetTemplate.kind, one["dataset_template"])
            for key, path in sorted(one["resources"].items()):
                properties = {
                    **_value(types.RESOURCE, key, path),
                    "valueReference": {"@id": self._crate.url_of(template)},
                }
                place = f"{direction}-{template.pk}-{about.pk}"
                yield self._add(place, key, properties)

    def _add(self, what: str, name: str, properties: Mapping[str, Any]) -> Link:
        address = self._crate.url_of(RecordKey(ModelRun.kind, self._run.pk))
        return self._crate.add(
            f"{address}#{what}-{quote(name, safe='')}", dict(properties)
        )


def _parameter(name: str, kind: str, *, is_required: bool) -> Properties:
    return {
        "@type": "FormalParameter",
        "name": name,
        "additionalType": kind,
        "valueRequired": is_required,
        "conformsTo": {"@id": _PARAMETER},
    }


def _value(mark: Term, name: str, value: str) -> Properties:
    return {
        "@type": "PropertyValue",
        "additionalType": {"@id": mark.iri},
        "name": name,
        "propertyID": name,
        "value": value,
    }
