"""Every record type takes as many records in one POST as the API allows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from registry.api.base.parsers import MAX_BULK
from registry.catalogue.authors import register_authors
from registry.catalogue.models import DataProduct, ObjectComponent
from registry.catalogue.services import register_objects
from registry.core.models import Event
from registry.core.record_types import record_kinds
from registry.core.records import create_records
from registry.identity.models import User
from tests import factories
from tests.api.client import Api, data_of
from tests.api.contract.base import as_json
from tests.factories import UserFactory, factory_of, values_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

#: Returns what differs between the records of one request, by their number.
Differences = Callable[[int], dict[str, Any]]


def _objects(by: User) -> Sequence[int]:
    rows = [{"description": str(n)} for n in range(MAX_BULK)]
    return [one.pk for one in register_objects(rows, by=by)]


def _components(by: User) -> Sequence[list[int]]:
    found = ObjectComponent.objects.filter(object__in=_objects(by))
    return [[pk] for pk in found.values_list("pk", flat=True)]


def _products(by: User) -> Sequence[int]:
    values = values_of(factories.DataProductFactory)
    rows = [
        {**values, "version": f"2.0.{n}", "object": pk}
        for n, pk in enumerate(_objects(by))
    ]
    return [one.pk for one in create_records(DataProduct, rows, by=by)]


def _users(by: User) -> Sequence[int]:
    users = [User(username=f"member-{n}") for n in range(MAX_BULK)]
    return [one.pk for one in User.objects.bulk_create(users)]


def _authors(by: User) -> Sequence[int]:
    rows = [{"name": f"Ada {n}"} for n in range(MAX_BULK)]
    return [one.pk for one in register_authors(rows, by=by)]


#: What few records of a type can link to: the field, and how to make its targets.
TARGETS: dict[str, tuple[str, Callable[[User], Sequence[Any]]]] = {
    "author_contact": ("author", _authors),
    "code_repo_release": ("object", _objects),
    "data_product": ("object", _objects),
    "external_object": ("data_product", _products),
    "issue": ("component_issues", _components),
    "key_value": ("object", _objects),
    "keyword": ("object", _objects),
    "licence": ("object", _objects),
    "quality_controlled": ("object", _objects),
    "user_author": ("user", _users),
    "backend_grant": ("user", _users),
}
DIFFERENCES: dict[str, Differences] = {
    "backend": lambda n: {"slug": f"cluster-{n}"},
    "author": lambda n: {"identifier": f"https://example.org/people/{n}"},
    "code_repo_release": lambda n: {"name": f"model {n}"},
    "dataset_template": lambda _: {"replaces": None},
    "data_product": lambda n: {"version": f"1.0.{n}"},
    "file_type": lambda n: {"extension": f"e{n}"},
    "key_value": lambda n: {"key": f"key {n}"},
    "keyword": lambda n: {
        "keyphrase": f"phrase {n}",
        "identifier": f"https://example.org/words/{n}",
    },
    "licence": lambda n: {"identifier": f"https://example.org/licences/{n}"},
    "model_run": lambda n: {"annotations": {"RCP": str(n)}},
    "namespace": lambda n: {"name": f"group-{n}", "full_name": f"Group {n}"},
    "organisation": lambda n: {"ror": f"https://example.org/organisations/{n}"},
    "object_component": lambda n: {"name": f"component {n}", "issues": []},
    "storage_location": lambda n: {"hash": f"{n:040x}"},
    "storage_root": lambda n: {"root": f"https://{n}.example.org/"},
    "workflow_template": lambda _: {"replaces": None},
}


#: The types that SQLite is asked too, which has one limit for all: those whose
#: services differ. PostgreSQL counts the parameters of each type's statements.
_ALSO_ON_SQLITE = {"code_run", "model_run", "object", "run_request"}


def _kinds() -> list[Any]:
    """Return the name of every type as a parameter, some for PostgreSQL alone."""
    return [
        pytest.param(
            kind,
            id=kind,
            marks=() if kind in _ALSO_ON_SQLITE else (pytest.mark.postgres,),
        )
        for kind in sorted(record_kinds())
    ]


@pytest.mark.parametrize("kind", _kinds())
def test_10_000_records_are_stored(kind: str) -> None:
    by = UserFactory.create(is_superuser=True)
    api, path = Api(by), f"/api/{kind}/"
    rows = _rows(kind, by)
    records = data_of(api.post(path, rows), 201)
    assert len({one["url"] for one in records}) == MAX_BULK
    assert Event.objects.filter(kind=kind, action="created").count() >= MAX_BULK


def _no_differences(number: int) -> dict[str, Any]:
    return {}


def _rows(kind: str, by: User) -> list[dict[str, Any]]:
    """Return as many different bodies as one request can have."""
    body = {n: as_json(v) for n, v in values_of(factory_of(kind)).items()}
    body.pop("uuid", None)
    differences = DIFFERENCES.get(kind, _no_differences)
    rows = [body | differences(n) for n in range(MAX_BULK)]
    if kind in TARGETS:
        name, make_targets = TARGETS[kind]
        for row, target in zip(rows, make_targets(by), strict=True):
            row[name] = target
    return rows
