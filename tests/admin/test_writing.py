"""What is registered and changed in the admin is as by the API, refusals included."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from registry.catalogue.models import (
    Author,
    Issue,
    Keyword,
    Namespace,
    Object,
    ObjectComponent,
)
from registry.catalogue.services import author_uuid
from registry.core.models import Event, Record
from registry.core.records import to_many_fields
from registry.identity.models import User
from registry.runs.models import CodeRun
from tests import factories
from tests.admin.browsing import (
    FIREFOX,
    add_path,
    change_path,
    fill_in,
    list_path,
    page_of,
    signed_in,
    visit,
)
from tests.admin.test_pages import FACTORIES, every_type


def _form_of(values: dict[str, Any]) -> dict[str, Any]:
    """Return values without what forms do not have."""
    return {name: value for name, value in values.items() if name != "whole_object"}


def _stored(record: Record) -> dict[str, Any]:
    """Return what is on record, by field; links as ids."""
    lists = to_many_fields(type(record))
    plain = {f.name: getattr(record, f.attname) for f in record._meta.fields}
    held = {
        name: sorted(one.pk for one in getattr(record, name).all()) for name in lists
    }
    return plain | held


def _as_stored(value: Any) -> Any:
    if isinstance(value, list):
        return sorted(_as_stored(one) for one in value)
    if isinstance(value, datetime):
        return value.replace(microsecond=0)
    return getattr(value, "pk", value)


@every_type
def test_a_new_record_is_stored_as_by_the_service(
    curator: Client, administrator: User, factory: Any
) -> None:
    factories.registrar()
    values = factories.values_of(factory)
    before = Event.objects.count()
    answer = fill_in(curator, add_path(factory._meta.model), _form_of(values))
    assert answer.status_code == 302, page_of(answer).errors
    record = factory._meta.model.objects.latest("pk")
    assert answer["Location"] == change_path(record)
    stored = _stored(record)
    for name, value in _form_of(values).items():
        if (factory._meta.model, name) != (Author, "uuid"):
            assert stored[name] == _as_stored(value), name
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


@pytest.mark.parametrize(
    "factory",
    [
        factory
        for factory in FACTORIES
        if factory._meta.model.kind not in {"object", "code_run", "issue"}
    ],
    ids=lambda factory: factory._meta.model.kind,
)
def test_a_duplicate_is_an_error_of_the_form_that_leads_to_the_twin(
    curator: Client, factory: Any
) -> None:
    values = factories.values_of(factory)
    twin = factory(**values)
    _assert_refused_for(twin, curator, values)


@pytest.mark.parametrize(
    "factory",
    [factories.ObjectFactory, factories.CodeRunFactory, factories.IssueFactory],
    ids=lambda factory: factory._meta.model.kind,
)
def test_a_uuid_that_is_taken_is_an_error_of_the_form(
    curator: Client, factory: Any
) -> None:
    twin = factory()
    values = factories.values_of(factory, uuid=twin.uuid)
    _assert_refused_for(twin, curator, values)


def _assert_refused_for(twin: Any, curator: Client, values: dict[str, Any]) -> None:
    model = type(twin)
    counts = model.objects.count(), Event.objects.count()
    page = page_of(fill_in(curator, add_path(model), _form_of(values)))
    assert page.status == 200
    assert "must be unique" in page.errors
    [link] = page.soup.select(".errorlist a")
    assert link["href"] == change_path(twin)
    assert (model.objects.count(), Event.objects.count()) == counts


def test_a_single_field_that_clashes_has_the_error_beside_it(curator: Client) -> None:
    twin = factories.NamespaceFactory.create()
    page = page_of(fill_in(curator, add_path(Namespace), {"name": twin.name}))
    [error] = page.soup.select(".field-name .errorlist")
    assert "Field name must be unique" in error.get_text()


def test_what_the_service_says_of_fields_stands_beside_them(curator: Client) -> None:
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
def test_what_is_no_value_is_refused(
    curator: Client, model: type[Record], values: dict[str, Any], message: str
) -> None:
    page = page_of(fill_in(curator, add_path(model), values))
    assert page.status == 200
    assert message in page.errors
    assert not model.objects.exists()


def test_an_address_on_a_host_without_a_dot_is_taken_as_in_the_api(
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


# Changing


@pytest.mark.parametrize(
    "factory, values",
    [
        (factories.AuthorFactory, {"name": "Ada King"}),
        (factories.CodeRepoReleaseFactory, {"website": None}),
        (factories.CodeRunFactory, {"description": "Fit again", "end_date": None}),
        (factories.DataProductFactory, {"name": "human/births"}),
        (factories.ExternalObjectFactory, {"title": "Influenza, corrected"}),
        (factories.FileTypeFactory, {"extension": "csv"}),
        (factories.IssueFactory, {"severity": 7}),
        (factories.KeyValueFactory, {"value": "barometer"}),
        (factories.KeywordFactory, {"keyphrase": "influenza A"}),
        (factories.LicenceFactory, {"licence_info": "CC BY 4.0"}),
        (factories.NamespaceFactory, {"full_name": "Our group"}),
        (factories.ObjectComponentFactory, {"description": "Deaths"}),
        (factories.ObjectFactory, {"description": "Deaths"}),
        (factories.StorageLocationFactory, {"public": False}),
        (factories.StorageRootFactory, {"root": "https://new.example.org/"}),
    ],
    ids=lambda value: "" if isinstance(value, dict) else value._meta.model.kind,
)
def test_a_change_leaves_who_and_what(
    curator: Client, administrator: User, factory: Any, values: dict[str, Any]
) -> None:
    record = factory()
    before = _stored(record)
    answer = fill_in(curator, change_path(record), values)
    assert answer.status_code == 302, page_of(answer).errors
    record.refresh_from_db()
    after = _stored(record)
    changed = {name for name in after if after[name] != before[name]}
    derived = {"version_key"} if factory is factories.DataProductFactory else set()
    assert changed - derived == {*values, "updated_by", "last_updated"}
    assert record.updated_by == administrator
    event = Event.objects.latest("pk")
    assert (event.kind, event.record_id, event.action, event.by, event.client) == (
        record.kind,
        record.pk,
        "updated",
        administrator,
        FIREFOX,
    )
    assert {name: new for name, (_, new) in event.changes.items()} == values


@every_type
def test_saving_what_is_there_changes_nothing(curator: Client, factory: Any) -> None:
    record = factory()
    before, events = _stored(record), Event.objects.count()
    assert fill_in(curator, change_path(record), {}).status_code == 302
    record.refresh_from_db()
    assert _stored(record) == before
    assert Event.objects.count() == events


def test_times_keep_their_microseconds(curator: Client) -> None:
    moment = datetime(2026, 11, 20, 15, 28, 33, 501071, tzinfo=UTC)
    run = factories.CodeRunFactory.create(run_date=moment, end_date=moment)
    fill_in(curator, change_path(run), {"description": "Fit again"})
    run.refresh_from_db()
    assert (run.run_date, run.end_date) == (moment, moment)
    assert run.description == "Fit again"


def test_texts_keep_their_line_ends_and_edges(curator: Client) -> None:
    text = "  one\ntwo\r\n\nthree "
    item = factories.ObjectFactory.create(description=text)
    kind = factories.FileTypeFactory.create()
    fill_in(curator, change_path(item), {"file_type": kind})
    item.refresh_from_db()
    assert (item.description, item.file_type) == (text, kind)


def test_lists_of_links_are_changed(curator: Client) -> None:
    run = factories.CodeRunFactory.create()
    [kept], new = run.inputs.all(), factories.ObjectComponentFactory.create()
    fill_in(curator, change_path(run), {"inputs": [kept, new], "outputs": []})
    assert set(run.inputs.all()) == {kept, new}
    assert not run.outputs.exists()
    changes = Event.objects.latest("pk").changes
    assert changes["inputs"] == [[kept.pk], sorted([kept.pk, new.pk])]


def test_the_components_of_an_issue_are_changed_from_its_page(curator: Client) -> None:
    issue = factories.IssueFactory.create()
    new = factories.ObjectComponentFactory.create()
    fill_in(curator, change_path(issue), {"component_issues": [new]})
    assert list(issue.component_issues.all()) == [new]
    assert set(Event.objects.latest("pk").changes) == {"component_issues"}


def test_a_list_too_long_for_a_form_is_shown_and_kept(
    curator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry.admin.records.LONGEST_LIST", 2)
    components = [factories.ObjectComponentFactory.create() for _ in range(3)]
    run = factories.CodeRunFactory.create(inputs=components)
    issue = factories.IssueFactory.create(component_issues=components)
    for record, name in ((run, "inputs"), (issue, "component_issues")):
        page = visit(curator, change_path(record))
        assert name not in page.form
        assert all(str(component) in page.text for component in components)
        fill_in(curator, change_path(record), {"description": "Changed"})
        record.refresh_from_db()
        assert record.description == "Changed"
        assert set(getattr(record, name).all()) == set(components)


def test_a_record_that_moved_on_meanwhile_is_not_overwritten(curator: Client) -> None:
    run = factories.CodeRunFactory.create()
    form = visit(curator, change_path(run)).form
    fill_in(curator, change_path(run), {"description": "Somebody else's words"})
    page = page_of(curator.post(change_path(run), form | {"description": ["Mine"]}))
    assert page.status == 200
    assert "changed since you read it" in page.errors
    # pressing the button once more does not help either
    page = page_of(curator.post(change_path(run), page.form))
    assert "changed since you read it" in page.errors
    run.refresh_from_db()
    assert run.description == "Somebody else's words"


def test_what_others_refer_to_stays(curator: Client) -> None:
    product = factories.DataProductFactory.create()
    factories.ExternalObjectFactory.create(data_product=product)
    page = page_of(fill_in(curator, change_path(product), {"name": "births"}))
    assert "name cannot be changed: an external object" in page.errors
    page = page_of(fill_in(curator, change_path(product.namespace), {"name": "theirs"}))
    assert "name cannot be changed: it is part of the names" in page.errors
    product.refresh_from_db()
    assert (product.name, product.namespace.name) != ("births", "theirs")


def test_the_location_of_an_object_is_set_once(curator: Client) -> None:
    item = factories.ObjectFactory.create(storage_location=None)
    place = factories.StorageLocationFactory.create()
    fill_in(curator, change_path(item), {"storage_location": place})
    item.refresh_from_db()
    assert item.storage_location == place
    assert "storage_location" not in visit(curator, change_path(item)).form
    other = factories.StorageLocationFactory.create()
    fill_in(curator, change_path(item), {"storage_location": other})
    item.refresh_from_db()
    assert item.storage_location == place


def test_a_uuid_is_chosen_once(curator: Client) -> None:
    chosen = uuid.uuid4()
    fill_in(curator, add_path(Object), {"uuid": chosen})
    item = Object.objects.get(uuid=chosen)
    assert "uuid" not in visit(curator, change_path(item)).form


def test_a_change_that_clashes_is_an_error_of_the_form(curator: Client) -> None:
    first, second = (
        factories.NamespaceFactory.create(),
        factories.NamespaceFactory.create(),
    )
    answer = fill_in(curator, change_path(second), {"name": first.name})
    page = page_of(answer)
    assert page.status == 200
    assert "Field name must be unique" in page.errors
    assert page.form["name"] == [first.name]


# Deleting


def test_a_run_is_deleted_and_leaves_its_event(
    curator: Client, administrator: User
) -> None:
    run = factories.CodeRunFactory.create()
    [component] = run.inputs.all()
    path = change_path(run).replace("change", "delete")
    assert str(run.description) in visit(curator, path).text
    assert curator.post(path, {"post": "yes"}).status_code == 302
    assert not CodeRun.objects.exists()
    event = Event.objects.latest("pk")
    assert (event.kind, event.action, event.by) == (
        "code_run",
        "deleted",
        administrator,
    )
    component.refresh_from_db()


@every_type
def test_nothing_is_deleted_in_bulk_and_only_runs_one_by_one(
    root: Client, factory: Any
) -> None:
    record = factory()
    path = list_path(type(record))
    assert not visit(root, path).soup.select("select[name=action]")
    form = {"action": "delete_selected", "_selected_action": [record.pk], "post": "y"}
    root.post(path, form)
    answer = root.get(change_path(record).replace("change", "delete"))
    assert answer.status_code == (200 if type(record) is CodeRun else 403)
    assert type(record).objects.filter(pk=record.pk).exists()


# Finding what to link to


def test_links_are_found_as_one_types(curator: Client) -> None:
    item = factories.ObjectFactory.create(description="Boys in bed")
    factories.ObjectFactory.create()
    query = {"app_label": "registry", "model_name": "keyword", "field_name": "object"}
    for term in ("in bed", str(item.uuid), f"/api/object/{item.pk}/"):
        answer = curator.get("/admin/autocomplete/", query | {"term": term})
        assert [one["id"] for one in answer.json()["results"]] == [str(item.pk)]
    answer = curator.get("/admin/autocomplete/", query | {"term": "in \0bed"})
    assert [one["id"] for one in answer.json()["results"]] == [str(item.pk)]


def test_the_components_of_an_issue_are_found_as_one_types(curator: Client) -> None:
    component = factories.ObjectComponentFactory.create(name="table/deaths")
    [select] = visit(curator, add_path(Issue)).soup.select("#id_component_issues")
    query = {
        "app_label": select["data-app-label"],
        "model_name": select["data-model-name"],
        "field_name": select["data-field-name"],
        "term": "table/deaths",
    }
    found = curator.get("/admin/autocomplete/", query).json()["results"]
    assert found == [{"id": str(component.pk), "text": str(component)}]


def test_a_record_is_added_in_a_window_of_its_own(curator: Client) -> None:
    path = add_path(Namespace)
    form = visit(curator, path, _popup=1).form | {"name": ["lab"], "_popup": ["1"]}
    page = page_of(curator.post(path, form))
    assert page.status == 200
    lab = Namespace.objects.get()
    assert f'"value": "{lab.pk}"' in page.html.replace("&quot;", '"')


def test_nobody_writes_without_the_csrf_token(administrator: User) -> None:
    client = signed_in(administrator, enforce_csrf_checks=True)
    form = visit(client, add_path(Namespace)).form | {"name": ["lab"]}
    token = form.pop("csrfmiddlewaretoken")
    assert client.post(add_path(Namespace), form).status_code == 403
    assert not Namespace.objects.exists()
    answer = client.post(add_path(Namespace), form | {"csrfmiddlewaretoken": token})
    assert answer.status_code == 302
    assert Namespace.objects.exists()


def test_the_component_of_the_whole_cannot_be_made_by_hand(curator: Client) -> None:
    item = factories.ObjectFactory.create()
    values = {"object": item, "name": "part", "whole_object": True}
    fill_in(curator, add_path(ObjectComponent), values)
    assert not item.components.get(name="part").whole_object
