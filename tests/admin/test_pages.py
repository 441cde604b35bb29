"""Lists, forms and histories: they are there, and cost the same for many as for one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from bs4 import Tag
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from registry.core.models import Event, Record
from registry.http.models import IdempotencyKey
from registry.identity.models import ApiToken, User
from registry.identity.services import issue_token
from registry.runs.services import update_code_run
from registry.storage.models import StoredFile
from tests import factories
from tests.admin.browsing import (
    Page,
    add_path,
    change_path,
    history_path,
    list_path,
    page_of,
    visit,
)

FACTORIES = [
    factory
    for factory in vars(factories).values()
    if isinstance(factory, type)
    and issubclass(factory, factories.RecordFactory)
    and factory is not factories.RecordFactory
]
every_type = pytest.mark.parametrize(
    "factory", FACTORIES, ids=lambda factory: factory._meta.model.kind
)


def _queries(act: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as queries:
        act()
    return len(queries)


def _each(acts: Iterable[Callable[[], object]]) -> list[int]:
    """Count the queries of each, after a first time, which Django remembers from."""
    return [_queries(act) for act in acts if _queries(act)]


def _is_hidden(control: Tag) -> bool:
    return control.get("type") in {"hidden", "submit"}


def assert_usable(page: Page) -> None:
    """Check what a person needs who does not see the page.

    Everything to fill in has a name, and every link leads somewhere and says where.
    Nothing offers a table to choose from.
    """
    labelled = {label.get("for") for label in page.soup.select("label")}
    for control in page.soup.select("input, select, textarea"):
        if not _is_hidden(control):
            assert control.get("id") in labelled or control.get("aria-label"), control
    for link in page.soup.select("#content a"):
        picture = link.select_one("img[alt]")
        named = link.get_text(strip=True) or link.get("aria-label") or link.get("title")
        assert named or (picture and picture["alt"]), link
        # the icons beside a link get their addresses from what is chosen in it
        assert link.get("href") or link.has_attr("data-href-template"), link
    for select in page.soup.select("select.admin-autocomplete"):
        assert all(
            one.has_attr("selected") for one in select.select("option[value!='']")
        )
    others = page.soup.select("select:not(.admin-autocomplete)")
    assert {select["name"] for select in others} <= {"action"}
    assert "<script>" not in page.html
    assert " style=" not in page.html
    assert " onclick=" not in page.html


@every_type
def test_lists_and_forms_cost_the_same_for_thirty_as_for_one(
    curator: Client, factory: Any
) -> None:
    record = factory()
    paths = [list_path(factory._meta.model), change_path(record), history_path(record)]
    visits = [lambda path=path: visit(curator, path) for path in paths]
    once = _each(visits)
    for _ in range(29):
        factory()
    assert _each(visits) == once
    assert max(once) <= 24


@every_type
def test_pages_are_usable(curator: Client, factory: Any) -> None:
    record: Record = factory()
    factory()
    for path in (
        list_path(type(record)),
        add_path(type(record)),
        change_path(record),
        history_path(record),
    ):
        assert_usable(visit(curator, path))


@every_type
def test_a_list_is_searched_by_id_address_and_uuid(
    curator: Client, factory: Any
) -> None:
    first, second = factory(), factory()
    by = [first.pk, f"https://registry.example.org/api/{first.kind}/{first.pk}/"]
    if hasattr(first, "uuid"):
        by.append(first.uuid)
    for term in by:
        found = visit(curator, list_path(type(first)), q=str(term))
        links = {str(link["href"]) for link in found.soup.select("#result_list th a")}
        assert any(change_path(first) in link for link in links), term
        if str(term) != str(first.pk):
            assert not any(change_path(second) in link for link in links), term


@every_type
def test_a_list_is_searched_by_words(curator: Client, factory: Any) -> None:
    factory()
    page = visit(curator, list_path(factory._meta.model), q="no such words '%_\\")
    assert not page.soup.select("#result_list th")


@pytest.mark.parametrize(
    "factory, field",
    [
        (factories.AuthorFactory, "name"),
        (factories.CodeRepoReleaseFactory, "name"),
        (factories.CodeRunFactory, "description"),
        (factories.DataProductFactory, "name"),
        (factories.ExternalObjectFactory, "title"),
        (factories.FileTypeFactory, "extension"),
        (factories.IssueFactory, "description"),
        (factories.KeyValueFactory, "value"),
        (factories.KeywordFactory, "keyphrase"),
        (factories.LicenceFactory, "licence_info"),
        (factories.NamespaceFactory, "full_name"),
        (factories.ObjectComponentFactory, "name"),
        (factories.ObjectFactory, "description"),
        (factories.StorageLocationFactory, "hash"),
        (factories.StorageRootFactory, "root"),
    ],
    ids=lambda value: value if isinstance(value, str) else value._meta.model.kind,
)
def test_words_find_the_record_that_has_them(
    curator: Client, factory: Any, field: str
) -> None:
    record, _ = factory(), factory()
    text = f'"{getattr(record, field)}"' if field != "hash" else record.hash[:12]
    if field == "description" and factory is factories.ObjectFactory:
        text = record.description
    if factory is factories.ObjectComponentFactory:
        text = record.name
    page = visit(curator, list_path(type(record)), q=text)
    assert len(page.soup.select("#result_list tbody tr")) == 1


def test_objects_are_found_by_product_and_hash(curator: Client) -> None:
    item, _ = factories.ObjectFactory.create(), factories.ObjectFactory.create()
    product = factories.DataProductFactory.create(object=item)
    for term in (product.name, item.storage_location.hash):
        page = visit(curator, list_path(type(item)), q=term)
        assert len(page.soup.select("#result_list tbody tr")) == 1


def test_components_are_found_by_their_object(curator: Client) -> None:
    product, _ = (
        factories.DataProductFactory.create(),
        factories.DataProductFactory.create(),
    )
    component = product.object.components.get()
    page = visit(curator, list_path(type(component)), q=product.name)
    assert len(page.soup.select("#result_list tbody tr")) == 1


def test_lists_are_filtered_by_links(curator: Client) -> None:
    keyword, _ = factories.KeywordFactory.create(), factories.KeywordFactory.create()
    path = list_path(type(keyword))
    page = visit(curator, path, object__id__exact=keyword.object_id)
    assert len(page.soup.select("#result_list tbody tr")) == 1
    assert f"object {keyword.object_id}" in page.text
    assert_usable(page)
    # the form of the filter, sent with nothing chosen
    page = visit(curator, path, object__id__exact="", q="influenza")
    assert len(page.soup.select("#result_list tbody tr")) == 2


def test_a_filter_keeps_the_others(curator: Client) -> None:
    keyword = factories.KeywordFactory.create()
    page = visit(curator, list_path(type(keyword)), q="influenza", p=1)
    kept = page.soup.select(".link-filter input[type=hidden]")
    assert [(one["name"], one["value"]) for one in kept] == [("q", "influenza")]


def test_a_filter_that_is_no_id_is_taken_away(curator: Client) -> None:
    path = list_path(factories.KeywordFactory._meta.model)
    answer = curator.get(path, {"object__id__exact": "seven"})
    assert (answer.status_code, answer["Location"]) == (302, f"{path}?e=1")


@pytest.mark.parametrize("size", [1, 30])
def test_an_object_and_a_run_cost_the_same_with_many_links(
    curator: Client, size: int
) -> None:
    item = factories.ObjectFactory.create(
        authors=[factories.AuthorFactory.create() for _ in range(size)]
    )
    for _ in range(size):
        factories.KeywordFactory.create(object=item)
        factories.ObjectComponentFactory.create(object=item)
    run = factories.CodeRunFactory.create(inputs=list(item.components.all()))
    visits = [lambda one=one: visit(curator, change_path(one)) for one in (item, run)]
    assert _each(visits) == [22, 15]


def test_a_record_leads_to_what_refers_to_it(curator: Client) -> None:
    keyword = factories.KeywordFactory.create()
    page = visit(curator, change_path(keyword.object))
    [row] = page.soup.select(".related-lists tr:has(a:-soup-contains('Keywords'))")
    listed, added = (str(link["href"]) for link in row.select("a"))
    assert next(cell.get_text() for cell in row.select("td")) == "1"
    assert keyword.keyphrase in visit(curator, listed).text
    assert visit(curator, added).form["object"] == [str(keyword.object_id)]


def test_a_record_leads_to_its_api_address(curator: Client) -> None:
    run = factories.CodeRunFactory.create()
    [link] = visit(curator, change_path(run)).soup.select(
        ".object-tools a:-soup-contains('API')"
    )
    assert curator.get(str(link["href"])).json()["uuid"] == str(run.uuid)


def test_the_history_tells_who_when_by_which_client_and_what(curator: Client) -> None:
    run = factories.CodeRunFactory.create(
        by=factories.UserFactory.create(username="ada")
    )
    [old] = run.outputs.all()
    new = factories.ObjectComponentFactory.create()
    values = {"description": "Fit once more", "outputs": [new.pk], "end_date": None}
    update_code_run(run.pk, values, by=run.registered_by)
    page = visit(curator, history_path(run))
    changed, made = page.soup.select("#change-history > table > tbody > tr")
    assert "ada" in changed.get_text()
    assert "Created" in made.get_text()
    text = " ".join(changed.get_text(" ").split())
    assert f"description {run.description} Fit once more" in text
    assert f"taken out: object component {old.pk}" in text
    assert f"put in: object component {new.pk}" in text
    for link in changed.select("a"):
        visit(curator, str(link["href"]))


def test_a_long_history_comes_in_pages(curator: Client) -> None:
    run = factories.CodeRunFactory.create()
    for number in range(60):
        update_code_run(
            run.pk, {"description": f"Attempt {number}"}, by=run.registered_by
        )
    first = visit(curator, history_path(run))
    assert "61 events" in first.text
    assert len(first.soup.select("#change-history > table > tbody > tr")) == 50
    [later] = first.soup.select(".paginator a")
    second = visit(curator, history_path(run) + str(later["href"]))
    assert len(second.soup.select("#change-history > table > tbody > tr")) == 11


def test_a_history_of_nothing_leads_home(curator: Client) -> None:
    run = factories.CodeRunFactory._meta.model(pk=4711)
    assert curator.get(history_path(run)).status_code == 302


def test_what_the_registry_writes_is_shown_and_cannot_be_changed(root: Client) -> None:
    run = factories.CodeRunFactory.create()
    issue_token(user=run.registered_by, by=None)
    StoredFile.objects.create(sha1=factories.sha1(1), sha256="a" * 64, size=2**31)
    IdempotencyKey.objects.create(user=run.registered_by, key="k", fingerprint="f")
    for model in (Event, StoredFile, IdempotencyKey, ApiToken):
        [row, *_] = model._default_manager.order_by("pk")
        page = visit(root, change_path(row))
        assert_usable(page)
        assert not page.soup.select("#content input[type=submit]")
        assert root.post(change_path(row), {"size": 1}).status_code == 403
        assert root.get(add_path(model)).status_code == 403
        assert_usable(visit(root, list_path(model)))
        may_delete = model is IdempotencyKey
        answer = page_of(root.get(change_path(row).replace("change", "delete")))
        assert answer.status == (200 if may_delete else 403)
        actions = dict(admin.site.get_model_admin(model).get_actions(_request(root)))
        assert ("delete_selected" in actions) == may_delete


def _request(client: Client) -> Any:
    """Return the request of a page that this browser opened."""
    return client.get("/admin/").wsgi_request


def test_an_idempotency_key_can_be_deleted(curator: Client) -> None:
    user = factories.UserFactory.create()
    key = IdempotencyKey.objects.create(user=user, key="k", fingerprint="f")
    path = change_path(key).replace("change", "delete")
    assert curator.post(path, {"post": "yes"}).status_code == 302
    assert not IdempotencyKey.objects.exists()


def test_events_are_found_by_record_person_and_kind(curator: Client) -> None:
    ada = factories.UserFactory.create(username="ada")
    run, other = (
        factories.CodeRunFactory.create(by=ada),
        factories.CodeRunFactory.create(),
    )
    for query in (
        {"q": f"code run {run.pk}".replace(" run", "_run")},
        {"q": f"http://testserver/api/code_run/{run.pk}/"},
        {"q": "ada"},
        {"by__id__exact": ada.pk},
        {"kind": "code_run", "q": "ada"},
    ):
        page = visit(curator, list_path(Event), **query)
        rows = page.soup.select("#result_list tbody tr")
        assert rows
        assert all(f"code run {run.pk}" in row.get_text() for row in rows), query
        assert not page.soup.select(f"#result_list a[href='{change_path(other)}']")


def test_lists_of_what_the_registry_writes_cost_the_same(curator: Client) -> None:
    models = (Event, StoredFile, IdempotencyKey, ApiToken, User)

    def add(number: int) -> None:
        user = factories.UserFactory.create()
        issue_token(user=user, by=user)
        IdempotencyKey.objects.create(user=user, key="k", fingerprint="f")
        StoredFile.objects.create(
            sha1=factories.sha1(number), sha256="a" * 64, size=number
        )

    add(0)
    visits = [lambda m=m: visit(curator, list_path(m)) for m in models]
    once = _each(visits)
    for number in range(1, 30):
        add(number)
    assert _each(visits) == once
    assert max(once) <= 12
