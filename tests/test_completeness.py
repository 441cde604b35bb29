"""Nothing is half there: every model has all that a model here has, or says why not."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.urls import resolve

from registry.api.base.shown_fields import shown_fields
from registry.api.urls import router, work_router
from registry.core.links import kind_of
from registry.core.models import Record
from registry.core.record_types import RecordType, record_types, row_type_of
from registry.http.filters import filters_of
from tests import factories
from tests.api.contract.base import Contract

MODELS: tuple[type[Model], ...] = tuple(apps.get_app_config("registry").get_models())

#: Models that are no record types, and what stands for an endpoint, filters, a factory
#: and a contract test of theirs.
NO_RECORDS = {
    "ApiToken": "shown once, by POST /get-token; tests/identity/test_services.py",
    "BrowserSession": "on the account page; tests/web/test_browser_sessions.py",
    "ClientSession": "listed on the account page; tests/interop/oidc/test_devices.py",
    "CoOwner": "below each record; tests/api/ownership/test_co_owners.py",
    "DeviceCode": "known to its device alone; tests/interop/oidc/test_devices.py",
    "Event": "beside the record types; tests/api/identity/test_events.py",
    "RoleRequest": "beside the record types; tests/api/identity/test_role_requests.py",
    "IdempotencyKey": "known to its client alone; tests/api/base/test_idempotency.py",
    "MergedRecord": "leads old addresses on; tests/api/catalogue/test_merged.py",
    "RowChange": "written by triggers alone; tests/core/test_row_counts.py",
    "EarlierContent": "finds corrected runs; tests/api/runs/test_corrections.py",
    "RunAnnotation": "an index of the annotations of model runs, which their filter "
    "`annotation.` reads; tests/api/runs/test_model_runs.py",
    "StoredFile": "reached by its checksum; tests/http/test_downloads.py",
    "AttemptLog": "below its attempt; tests/api/execution/test_reports.py",
    "AttemptOutput": "known to those that need it; tests/execution/test_recording.py",
    "Executor": "below its backend; tests/api/execution/test_backends.py",
    "SchedulerTick": "one row of the scheduler; tests/execution/test_scheduler.py",
    "TaskCount": "the numbers below requests; tests/api/execution/test_directing.py",
    "TaskNeed": "a field of tasks; tests/api/execution/test_records.py",
    "Verification": "beside code runs; tests/api/execution/test_rerun.py",
}
#: Models without a page in the admin, and why.
NO_PAGE = {
    "BrowserSession": "seen by its person, on the account page",
    "RowChange": "written by triggers alone",
    "EarlierContent": "finds corrected runs; tests/api/runs/test_corrections.py",
    "RunAnnotation": "an index; the page of the model run has all of them",
    "SchedulerTick": "the time of the last tick alone",
    "TaskCount": "notes that are summed up; nothing in them is for people to read",
    "TaskNeed": "the graph of the request has all of them",
}

_REGISTERED: Any = [*router.registry, *work_router.registry]
_SHOWN: tuple[type[Model], ...] = (*MODELS, Group)
#: The names of the resources, by the model of their rows.
ENDPOINTS: dict[type[Model], str] = {
    row_type_of(model).model: name
    for name, viewset, _ in _REGISTERED
    for model in _SHOWN
    if name == kind_of(model)
}

for _of in ("catalogue", "execution", "identity", "runs"):
    import_module(f"tests.api.{_of}.test_records")


def _contracts(base: type[Contract] = Contract) -> dict[type[Model], type[Contract]]:
    """Return the contract tests that there are, by model."""
    found = {base.model(): base} if hasattr(base, "factory") else {}
    for derived in base.__subclasses__():
        found |= _contracts(derived)
    return found


def _records() -> list[type[Model]]:
    return [model for model in MODELS if model.__name__ not in NO_RECORDS]


def _name(model: type[Model]) -> str:
    return model.__name__


def test_exemptions_are_of_models_that_there_are() -> None:
    names = {model.__name__ for model in MODELS}
    assert {*NO_RECORDS, *NO_PAGE} <= names
    assert not any(issubclass(m, Record) for m in MODELS if m not in _records())


@pytest.mark.parametrize("model", _records(), ids=_name)
def test_a_record_type_has_an_endpoint_with_filters(model: type[Model]) -> None:
    view: Any = resolve(f"/api/{ENDPOINTS[model]}/").func
    declared = view.initkwargs.get("row_type") or view.cls.row_type
    assert declared is row_type_of(model)
    assert isinstance(declared, RecordType) == issubclass(model, Record)
    names = {one.name for one in shown_fields(declared)}
    filters = filters_of(model).filters
    # and by what is no field: links back, comparisons, what a type declares
    others = {one.name for one in getattr(declared, "further_filters", ())}
    others |= {one.name for other in record_types() for one in other.reverse_filters}
    assert {name.partition("__")[0] for name in filters} - others <= names
    assert filters


@pytest.mark.parametrize("model", _records(), ids=_name)
def test_a_record_type_has_a_factory(model: type[Model]) -> None:
    factory = getattr(factories, f"{model.__name__}Factory")
    assert factory._meta.model is model


@pytest.mark.parametrize("model", _records(), ids=_name)
def test_a_record_type_has_a_contract_test(model: type[Model]) -> None:
    contract = _contracts()[model]
    assert contract.__name__ == f"Test{model.__name__}"
    assert ENDPOINTS[model] == contract.endpoint


@pytest.mark.parametrize("model", MODELS, ids=_name)
def test_a_model_has_a_page_in_the_admin(model: type[Model]) -> None:
    assert admin.site.is_registered(model) != (model.__name__ in NO_PAGE)


@pytest.mark.parametrize("model", Record.__subclasses__(), ids=_name)
def test_every_field_says_what_it_is(model: type[Model]) -> None:
    fields = [*model._meta.fields, *model._meta.many_to_many]
    silent = [f.name for f in fields if not (f.primary_key or f.help_text)]
    assert silent == []


def test_every_endpoint_is_of_a_model_that_is_tested() -> None:
    assert {*ENDPOINTS} == {*_contracts()}
