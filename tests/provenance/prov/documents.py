"""PROV-JSON to take in, ours and that of others, and what is on record of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

from django.apps import apps
from django.db import transaction

from registry.catalogue.models import Object
from registry.core.models import Record
from registry.identity.models import User
from registry.provenance.prov.attributes import writable
from registry.provenance.prov.document import report
from registry.provenance.prov.formats import as_json
from registry.provenance.prov.importing import Outcome, import_document
from registry.runs.models import CodeRun
from tests.provenance.world import make_world

HERE = "https://registry.example.org"
THERE = "https://elsewhere.example.org"
Json = dict[str, Any]


def take_in(data: Any, user: User, here: str = HERE) -> Outcome:
    """Take a document in."""
    return import_document(data, registry_url=here, by=user)


def counts() -> dict[str, int]:
    """Count the records of each type."""
    return {
        model.__name__: model._default_manager.count()
        for model in apps.get_models()
        if issubclass(model, Record)
    }


@contextmanager
def another_registry() -> Iterator[None]:
    """Undo what is registered within, as if it had been in another registry."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def component_names(components: Any) -> list[tuple[str, str]]:
    """Name components by their objects' UUIDs and their own names."""
    return sorted((str(one.object.uuid), one.name) for one in components.all())


def lineage_of_everything() -> list[Any]:
    """Say what each run used and wrote, in words that do not depend on ids."""
    return sorted(
        [
            str(run.uuid),
            run.description,
            run.run_date.isoformat(),
            str(run.end_date),
            *(
                str(thing.uuid) if thing else None
                for thing in (run.code_repo, run.model_config, run.submission_script)
            ),
            component_names(run.inputs),
            component_names(run.outputs),
        ]
        for run in CodeRun.objects.all()
    )


def everything() -> list[Any]:
    """Say what is on record of every object, in words that do not depend on ids."""
    return sorted(
        [
            str(thing.uuid),
            writable(thing.description or ""),
            str(thing.file_type),
            thing.storage_location
            and (
                thing.storage_location.storage_root.root,
                thing.storage_location.path,
                thing.storage_location.hash,
                thing.storage_location.public,
            ),
            sorted((one.name, one.identifier) for one in thing.authors.all()),
            sorted(
                (one.namespace.name, one.name, one.version)
                for one in thing.data_products.all()
            ),
        ]
        for thing in Object.objects.all()
    )


def exported(depth: int = 9) -> Json:
    """Return a report on everything in the world, which is registered for it."""
    return as_json(report(make_world().figure, depth=depth, registry_url=HERE))


EX = "http://example.org/"
FOREIGN: Json = {
    "prefix": {"ex": EX, "default": "urn:x:", "schema": "http://schema.org/"},
    "entity": {
        "ex:in": {
            "prov:label": {"$": "Counts", "lang": "en"},
            "ex:unit": "boys",
            "ex:size": {"$": "14", "type": "xsd:int"},
            "prov:atLocation": "ftp://old.example.org/counts.csv",
        },
        "out": [{"prov:type": {"$": "ex:Figure", "type": "xsd:QName"}}, {}],
        "ex:plan": {"prov:type": {"$": "prov:Plan", "type": "prov:QUALIFIED_NAME"}},
    },
    "activity": {
        "ex:draw": {
            "prov:startTime": "2026-03-04T05:06:07+01:00",
            "prov:endTime": {"$": "2026-03-04T06:00:00", "type": "xsd:dateTime"},
            "prov:label": "Draw",
        }
    },
    "agent": {
        "https://orcid.org/0000-0002-1825-0097": {"schema:name": "Ada Lovelace"},
        "ex:bot": {"prov:type": {"$": "prov:SoftwareAgent", "type": "xsd:QName"}},
        "ex:bob": {},
    },
    "used": {"_:u": {"prov:activity": "ex:draw", "prov:entity": "ex:in"}},
    "wasGeneratedBy": {"ex:g": {"prov:entity": "out", "prov:activity": "ex:draw"}},
    "wasAttributedTo": {
        "_:a": {
            "prov:entity": "out",
            "prov:agent": "https://orcid.org/0000-0002-1825-0097",
        },
        "_:b": {"prov:entity": "out", "prov:agent": "ex:bot"},
        "_:c": {"prov:entity": "out", "prov:agent": "ex:bob"},
    },
    "wasAssociatedWith": {
        "_:d": {
            "prov:activity": "ex:draw",
            "prov:agent": "ex:bot",
            "prov:plan": "ex:plan",
        }
    },
    "wasDerivedFrom": {
        "_:e": {"prov:generatedEntity": "out", "prov:usedEntity": "ex:in"},
        "_:f": {"prov:generatedEntity": "out", "prov:usedEntity": "ex:gone"},
    },
    "wasInformedBy": {"_:h": {"prov:informed": "ex:draw", "prov:informant": "ex:x"}},
    "hadMember": {
        "_:i": {"prov:collection": "ex:all", "prov:entity": ["ex:in", "out"]}
    },
    "bundle": {"ex:bundle": {"entity": {"ex:inner": {}}}},
}


def changed(path: str, value: Any) -> Json:
    """Return the foreign document with one part put in place of another."""
    document = deepcopy(FOREIGN)
    *parents, last = path.split("/")
    place: Any = document
    for parent in parents:
        place = place[parent]
    place[last] = value
    return document
