"""Changes and deletions in the admin follow the rules of the API."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from registry.catalogue.models import (
    AuthorContact,
    Keyword,
    Object,
    UserAuthor,
)
from registry.core.models import Event
from registry.core.permissions import Who
from registry.core.record_types import record_type_of
from registry.execution.models import BackendGrant
from registry.identity.models import User
from registry.runs.models import CodeRun, ModelRun
from tests import factories
from tests.admin.browsing import (
    FIREFOX,
    add_path,
    change_path,
    fill_in,
    list_path,
    page_of,
    visit,
)
from tests.admin.checks import every_type
from tests.admin.storing import stored_in


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
def test_a_change_records_who_and_what(
    curator: Client, administrator: User, factory: Any, values: dict[str, Any]
) -> None:
    record = factory()
    before = stored_in(record)
    answer = fill_in(curator, change_path(record), values)
    assert answer.status_code == 302, page_of(answer).errors
    record.refresh_from_db()
    after = stored_in(record)
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
def test_saving_an_unchanged_form_changes_nothing(
    curator: Client, factory: Any
) -> None:
    record = factory()
    before, events = stored_in(record), Event.objects.count()
    can_change = record_type_of(type(record)).changed_by is not Who.NOBODY
    answer = fill_in(curator, change_path(record), {})
    assert answer.status_code == (302 if can_change else 403)
    record.refresh_from_db()
    assert stored_in(record) == before
    assert Event.objects.count() == events


def test_times_keep_their_microseconds(curator: Client) -> None:
    moment = datetime(2026, 11, 20, 15, 28, 33, 501071, tzinfo=UTC)
    run = factories.CodeRunFactory.create(run_date=moment, end_date=moment)
    fill_in(curator, change_path(run), {"description": "Fit again"})
    run.refresh_from_db()
    assert (run.run_date, run.end_date) == (moment, moment)
    assert run.description == "Fit again"


def test_texts_keep_line_ends_and_outer_spaces(curator: Client) -> None:
    text = "  one\ntwo\r\n\nthree "
    item = factories.ObjectFactory.create(description=text)
    kind = factories.FileTypeFactory.create()
    fill_in(curator, change_path(item), {"file_type": kind})
    item.refresh_from_db()
    assert (item.description, item.file_type) == (text, kind)


def test_lists_of_links_can_be_changed(curator: Client) -> None:
    run = factories.CodeRunFactory.create()
    [kept], new = run.inputs.all(), factories.ObjectComponentFactory.create()
    fill_in(curator, change_path(run), {"inputs": [kept, new], "outputs": []})
    assert set(run.inputs.all()) == {kept, new}
    assert not run.outputs.exists()
    changes = Event.objects.latest("pk").changes
    assert changes["inputs"] == [[kept.pk], sorted([kept.pk, new.pk])]


def test_components_can_be_changed_on_the_page_of_an_issue(curator: Client) -> None:
    issue = factories.IssueFactory.create()
    new = factories.ObjectComponentFactory.create()
    fill_in(curator, change_path(issue), {"component_issues": [new]})
    assert list(issue.component_issues.all()) == [new]
    assert set(Event.objects.latest("pk").changes) == {"component_issues"}


def test_a_list_too_long_for_a_form_is_read_only(
    curator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry.admin.records.MAX_EDITED_LINKS", 2)
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


def test_a_record_that_changed_meanwhile_is_not_overwritten(curator: Client) -> None:
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


def test_referenced_fields_are_locked(curator: Client) -> None:
    product = factories.DataProductFactory.create()
    factories.ExternalObjectFactory.create(data_product=product)
    page = page_of(fill_in(curator, change_path(product), {"name": "births"}))
    assert "name cannot be changed: an external object" in page.errors
    page = page_of(fill_in(curator, change_path(product.namespace), {"name": "theirs"}))
    assert "name cannot be changed: it is part of the names" in page.errors
    product.refresh_from_db()
    assert (product.name, product.namespace.name) != ("births", "theirs")


def test_the_location_of_an_object_can_be_set_once(curator: Client) -> None:
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


def test_a_uuid_cannot_be_changed(curator: Client) -> None:
    chosen = uuid.uuid4()
    fill_in(curator, add_path(Object), {"uuid": chosen})
    item = Object.objects.get(uuid=chosen)
    assert "uuid" not in visit(curator, change_path(item)).form


def test_a_duplicate_change_is_a_form_error(curator: Client) -> None:
    first, second = (
        factories.NamespaceFactory.create(),
        factories.NamespaceFactory.create(),
    )
    answer = fill_in(curator, change_path(second), {"name": first.name})
    page = page_of(answer)
    assert page.status == 200
    assert "Field name must be unique" in page.errors
    assert page.form["name"] == [first.name]


def test_a_deleted_run_leaves_its_event(curator: Client, administrator: User) -> None:
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


def test_a_run_that_others_stand_on_has_no_button_to_delete_it(
    curator: Client,
) -> None:
    run = factories.CodeRunFactory.create()
    path = change_path(run)
    assert visit(curator, path).soup.select("a.deletelink")
    reader = factories.CodeRunFactory.create(inputs=[run.outputs.get()])
    assert not visit(curator, path).soup.select("a.deletelink")
    deleting = path.replace("change", "delete")
    page = visit(curator, deleting)
    assert page.soup.select(f"a[href='{change_path(reader)}']")
    assert not page.soup.select("#content input[type=submit]")
    assert curator.post(deleting, {"post": "yes"}).status_code == 200
    assert CodeRun.objects.filter(pk=run.pk).exists()


def test_a_run_that_was_read_just_now_is_not_deleted(
    curator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = factories.CodeRunFactory.create()
    factories.CodeRunFactory.create(inputs=[run.outputs.get()])
    # the page was built before the other run was registered
    monkeypatch.setattr("registry.admin.runs.dependents_of", lambda _: ([], 0))
    deleting = change_path(run).replace("change", "delete")
    answer = curator.post(deleting, {"post": "yes"}, follow=True)
    assert "another code run uses the outputs of this run" in answer.content.decode()
    assert CodeRun.objects.filter(pk=run.pk).exists()


def test_outputs_that_were_read_stay_in_the_form(curator: Client) -> None:
    run = factories.CodeRunFactory.create()
    factories.CodeRunFactory.create(inputs=[run.outputs.get()])
    page = page_of(fill_in(curator, change_path(run), {"outputs": []}))
    assert page.status == 200
    assert "outputs: object_component/" in str(page.errors)
    assert run.outputs.count() == 1


#: The types whose records can be deleted.
DELETABLE = {AuthorContact, BackendGrant, CodeRun, Keyword, ModelRun, UserAuthor}


@every_type
def test_only_single_records_of_some_types_can_be_deleted(
    root: Client, factory: Any
) -> None:
    record = factory()
    path = list_path(type(record))
    assert not visit(root, path).soup.select("option[value=delete_selected]")
    form = {"action": "delete_selected", "_selected_action": [record.pk], "post": "y"}
    root.post(path, form)
    answer = root.get(change_path(record).replace("change", "delete"))
    assert answer.status_code == (200 if type(record) in DELETABLE else 403)
    assert type(record).objects.filter(pk=record.pk).exists()
