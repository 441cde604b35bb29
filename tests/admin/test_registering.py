"""Registering in the admin follows the rules of the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import IntegrityError
from django.test import Client

from registry.catalogue.authors import author_uuid
from registry.catalogue.models import (
    Author,
    Issue,
    Keyword,
    Namespace,
    Object,
    ObjectComponent,
)
from registry.catalogue.record_types import OBJECT
from registry.core.models import Event, Record
from registry.identity.models import User
from tests import factories
from tests.admin.browsing import (
    FIREFOX,
    add_path,
    change_path,
    fill_in,
    page_of,
    signed_in,
    visit,
)
from tests.admin.checks import FACTORIES, every_type
from tests.admin.storing import as_stored, form_of, sent_in, stored_in


@every_type
def test_a_form_stores_the_same_as_the_service(
    curator: Client, administrator: User, factory: Any
) -> None:
    # with what comes with the first record of a type, such as a storage root
    factory()
    factories.registrar()
    values = factories.values_of(factory)
    before = Event.objects.count()
    answer = fill_in(
        curator, add_path(factory._meta.model), sent_in(factory._meta.model, values)
    )
    assert answer.status_code == 302, page_of(answer).errors
    record = factory._meta.model.objects.latest("pk")
    assert answer["Location"] == change_path(record)
    stored = stored_in(record)
    for name, value in form_of(values).items():
        if (factory._meta.model, name) != (Author, "uuid"):
            assert stored[name] == as_stored(value), name
    assert record.registered_by == record.updated_by == administrator

    in_the_admin = list(Event.objects.order_by("pk")[before:])
    assert {(event.by, event.client) for event in in_the_admin} == {
        (administrator, FIREFOX)
    }
    others = factories.values_of(factory)
    before = Event.objects.count()
    factory(**others)
    by_the_service = Event.objects.order_by("pk")[before:]
    assert [(e.kind, e.action, e.changes) for e in in_the_admin] == [
        (e.kind, e.action, e.changes) for e in by_the_service
    ]
    assert not LogEntry.objects.exists()


def test_a_new_object_has_its_component(curator: Client) -> None:
    fill_in(curator, add_path(Object), {"description": "The school's counts"})
    component = Object.objects.get().components.get()
    assert (component.name, component.whole_object) == ("whole_object", True)


def test_a_new_author_has_the_uuid_of_the_identifier(curator: Client) -> None:
    identifier = "https://orcid.org/0000-0002-1825-0097"
    fill_in(curator, add_path(Author), {"identifier": identifier})
    assert Author.objects.get().uuid == author_uuid(identifier)


#: The types of which nothing but the UUID is unique, of what people give.
NEVER_TWINS = {"object", "code_run", "issue", "model_run", "run_request"}


@pytest.mark.parametrize(
    "factory",
    [factory for factory in FACTORIES if factory._meta.model.kind not in NEVER_TWINS],
    ids=lambda factory: factory._meta.model.kind,
)
def test_a_duplicate_is_a_form_error_with_a_link(curator: Client, factory: Any) -> None:
    values = factories.values_of(factory)
    twin = factory(**values)
    _assert_refused_for(twin, curator, values)


@pytest.mark.parametrize(
    "factory",
    [
        factories.ObjectFactory,
        factories.CodeRunFactory,
        factories.IssueFactory,
        factories.ModelRunFactory,
    ],
    ids=lambda factory: factory._meta.model.kind,
)
def test_a_taken_uuid_is_a_form_error(curator: Client, factory: Any) -> None:
    twin = factory()
    values = factories.values_of(factory, uuid=twin.uuid)
    _assert_refused_for(twin, curator, values)


def _assert_refused_for(twin: Any, curator: Client, values: dict[str, Any]) -> None:
    model = type(twin)
    counts = model.objects.count(), Event.objects.count()
    page = page_of(fill_in(curator, add_path(model), sent_in(model, values)))
    assert page.status == 200
    assert "must be unique" in page.errors
    [link] = page.soup.select(".errorlist a")
    assert link["href"] == change_path(twin)
    assert (model.objects.count(), Event.objects.count()) == counts


def test_a_duplicate_field_has_the_error_next_to_it(curator: Client) -> None:
    twin = factories.NamespaceFactory.create()
    page = page_of(fill_in(curator, add_path(Namespace), {"name": twin.name}))
    [error] = page.soup.select(".field-name .errorlist")
    assert "Field name must be unique" in error.get_text()


def test_service_errors_are_shown_next_to_their_fields(curator: Client) -> None:
    page = page_of(fill_in(curator, add_path(Author), {}))
    assert page.status == 200
    for name in ("name", "identifier"):
        [error] = page.soup.select(f".field-{name} .errorlist")
        assert "Give a name or an identifier" in error.get_text()


@pytest.mark.parametrize(
    "model, values, message",
    [
        (Namespace, {"name": "glob*"}, "Names may not contain"),
        (Namespace, {"name": "a", "website": "no address"}, "Enter a URL such as"),
        (Issue, {"severity": 99999, "description": "Bad"}, "32767"),
        (Issue, {"severity": 1}, "This field is required"),
        (Issue, {"severity": 1, "description": "Bad", "uuid": "x"}, "valid UUID"),
        (Keyword, {"object": 4711, "keyphrase": "flu"}, "not one of the available"),
    ],
)
def test_invalid_values_are_refused(
    curator: Client, model: type[Record], values: dict[str, Any], message: str
) -> None:
    page = page_of(fill_in(curator, add_path(model), values))
    assert page.status == 200
    assert message in page.errors
    assert not model.objects.exists()


def test_a_url_can_have_a_host_without_a_dot(
    curator: Client,
) -> None:
    values = {"name": "lab", "website": "http://registry:8000/lab"}
    assert fill_in(curator, add_path(Namespace), values).status_code == 302
    lab = Namespace.objects.get()
    assert lab.website == values["website"]
    # and does not stand in the way of a correction
    fill_in(curator, change_path(lab), {"full_name": "The lab"})
    lab.refresh_from_db()
    assert lab.full_name == "The lab"


def test_a_whole_object_component_cannot_be_added(curator: Client) -> None:
    item = factories.ObjectFactory.create()
    values = {"object": item, "name": "part", "whole_object": True}
    fill_in(curator, add_path(ObjectComponent), values)
    assert not item.components.get(name="part").whole_object


def test_writing_requires_the_csrf_token(administrator: User) -> None:
    client = signed_in(administrator, enforce_csrf_checks=True)
    form = visit(client, add_path(Namespace)).form | {"name": ["lab"]}
    token = form.pop("csrfmiddlewaretoken")
    assert client.post(add_path(Namespace), form).status_code == 403
    assert not Namespace.objects.exists()
    answer = client.post(add_path(Namespace), form | {"csrfmiddlewaretoken": token})
    assert answer.status_code == 302
    assert Namespace.objects.exists()


def test_a_database_error_is_a_form_error(
    curator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise IntegrityError

    monkeypatch.setitem(vars(OBJECT), "register_rows", refuse)
    shown = page_of(fill_in(curator, add_path(Object), {"description": "Counts"}))
    assert shown.status == 200
    assert "does not fit what is on record" in shown.errors
    assert shown.form["description"] == ["Counts"]
