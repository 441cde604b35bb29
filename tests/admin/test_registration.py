"""Every model has pages, and every form has the writable fields of the API."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib import admin
from django.db.models import Model

from registry.admin.records import RecordAdmin
from registry.api.base.serializers import RecordSerializer
from registry.core.models import Record
from registry.core.record_types import record_type_of

#: Models without pages, and why.
EXEMPT = {
    "admin.LogEntry": "events are the log",
    "axes.AccessAttemptExpiration": "a part of the access attempt",
    "contenttypes.ContentType": "Django's own list of the models",
    "oauth2_provider.AccessToken": "unused: sessions of clients stand in its place",
    "oauth2_provider.DeviceGrant": "unused: device codes stand in its place",
    "oauth2_provider.Grant": "a code that is good for a minute",
    "oauth2_provider.IDToken": "unused: they are signed, not kept",
    "oauth2_provider.RefreshToken": "unused: sessions of clients stand in its place",
    "registry.BrowserSession": "seen by its person, on the account page",
    "registry.EarlierContent": "nothing in it is for people to read",
    "registry.RunAnnotation": "shown by the model run that has it",
    "registry.RowChange": "nothing in it is for people to read",
    "registry.SchedulerTick": "the time of the last tick alone",
    "registry.TaskCount": "notes that are summed up; nothing for people to read",
    "registry.TaskNeed": "the graph of the request has all of them",
    "sessions.Session": "nothing in it is for people to read",
    "social_django.Association": "unused: a table of OpenID 1",
    "social_django.Code": "unused: a table of sign-in by mail",
    "social_django.Nonce": "unused: a table of OpenID 1",
    "social_django.Partial": "a sign-in that is half done",
}
RECORDS = [model for model in apps.get_models() if issubclass(model, Record)]
#: What the service decides, though the API takes it.
DECIDED = {"object_component": {"whole_object"}}


@pytest.mark.parametrize("model", apps.get_models(), ids=lambda model: model.__name__)
def test_a_model_has_pages_or_a_reason_to_have_none(model: type[Model]) -> None:
    is_exempt = model._meta.label in EXEMPT
    assert admin.site.is_registered(model) != is_exempt


@pytest.mark.parametrize("model", RECORDS, ids=lambda model: model.kind)
def test_a_form_has_the_writable_fields_of_the_api(model: type[Record]) -> None:
    page = admin.site.get_model_admin(model)
    assert isinstance(page, RecordAdmin)
    shown = RecordSerializer(record_type=record_type_of(model)).fields
    taken = {name for name, field in shown.items() if not field.read_only}
    assert set(page.writable) == taken - DECIDED.get(model.kind, set())
