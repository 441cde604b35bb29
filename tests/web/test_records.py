"""Every record type has a list, a page for each record, and a form."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from registry.core.models import Record
from registry.core.record_types import (
    record_kinds,
    record_type_named,
    record_types,
)
from registry.runs.models import CodeRun
from tests.every_type import every_public_kind
from tests.factories import (
    AuthorFactory,
    CodeRepoReleaseFactory,
    CodeRunFactory,
    DataProductFactory,
    KeyValueFactory,
    KeywordFactory,
    LicenceFactory,
    NamespaceFactory,
    ObjectComponentFactory,
    ObjectFactory,
    UserAuthorFactory,
    UserFactory,
    registrar,
)
from tests.web.pages import FACTORIES, link, main_of, page_of, path, rows, words_of

pytestmark = pytest.mark.django_db

EVERY_KIND = pytest.mark.parametrize("kind", every_public_kind())

#: Statements that a record's page takes, whatever is linked to it and how often.
BUDGET = {
    "author": 6,
    "code_repo_release": 4,
    "code_run": 20,
    "data_product": 13,
    "external_object": 6,
    "file_type": 4,
    "issue": 4,
    "key_value": 3,
    "keyword": 3,
    "licence": 3,
    "namespace": 4,
    "object": 13,
    "object_component": 7,
    "quality_controlled": 3,
    "storage_location": 5,
    "storage_root": 4,
    "user_author": 3,
    "organisation": 4,
    "model_run": 13,
    "workflow_template": 9,
    "dataset_template": 5,
    "study": 4,
    "model": 5,
    "backend": 10,
    "backend_grant": 3,
    "run_request": 12,
}
#: Statements that a list takes besides, for what its rows have elsewhere.
MORE = {"run_request": 2}
#: Fields that pages show as something else, or that only the registry itself needs.
SAID_OTHERWISE = {"backend": {"flags"}, "run_request": {"counts_names"}}


def _signed_in(**values: Any) -> Client:
    client = Client()
    client.force_login(UserFactory.create(**values))
    return client


def test_every_record_type_has_pages() -> None:
    types = {model.kind for model in Record.__subclasses__()}
    assert set(record_kinds()) == types
    assert set(FACTORIES) == types
    assert set(BUDGET) == {one.kind for one in record_types() if not one.is_private}


@EVERY_KIND
def test_a_list_shows_its_records(kind: str, client: Client) -> None:
    record = FACTORIES[kind].create()
    main = main_of(client.get(f"/{kind}/"))
    first = main.select_one("tbody th a")
    assert first is not None
    newest = type(record)._default_manager.latest("pk")
    assert first["href"] == f"/{kind}/{newest.pk}/"
    assert link(main, f"New {record_type_named(kind).title}") == f"/{kind}/new/"


@EVERY_KIND
def test_an_empty_list_shows_that(kind: str, client: Client) -> None:
    # what comes with an installation
    record_type_named(kind).model._default_manager.all().delete()
    main = main_of(client.get(f"/{kind}/"))
    assert f"There are no {record_type_named(kind).titles} yet." in words_of(main)


@EVERY_KIND
@pytest.mark.parametrize("number", [1, 20])
@pytest.mark.slow
def test_a_list_of_one_page_needs_one_statement(
    kind: str,
    number: int,
    client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    FACTORIES[kind].create_batch(number)
    with django_assert_num_queries(1 + MORE.get(kind, 0)):
        main = main_of(client.get(f"/{kind}/"))
    assert len(rows(main)) >= number


@pytest.mark.parametrize("number", [51, 120])
def test_a_list_of_several_pages_needs_two_statements(
    number: int, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    NamespaceFactory.create_batch(number)
    with django_assert_num_queries(2):
        main = main_of(client.get("/namespace/"))
    assert len(rows(main)) == 50
    assert f"{number} namespaces" in words_of(main)


def test_a_signed_in_user_needs_three_further_statements(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    client = _signed_in()
    DataProductFactory.create_batch(3)
    # the session, the account, and its roles, which decide on a link of the menu
    with django_assert_num_queries(4):
        client.get("/data_product/")


@EVERY_KIND
def test_a_page_shows_every_field_of_its_record(kind: str, client: Client) -> None:
    record = FACTORIES[kind].create()
    main = main_of(client.get(f"/{kind}/{record.pk}/"))
    said = words_of(main)
    hidden = {"id", "registered_by", "updated_by", "version_key", "withdrawn"}
    hidden |= SAID_OTHERWISE.get(kind, set())
    missing = []
    for field in record._meta.fields:
        if field.name in hidden:
            continue
        label = "UUID" if field.name == "uuid" else field.name.replace("_", " ")
        if label.lower() not in said.lower():
            missing.append(field.name)
        value = getattr(record, field.attname)
        if isinstance(value, str):
            assert value in said
    assert missing == []
    assert f"/api/{kind}/{record.pk}/?format=json" in {
        str(one["href"]) for one in main.select("a[href]")
    }
    assert f"curl http://testserver/api/{kind}/{record.pk}/" in said


@EVERY_KIND
def test_a_page_has_one_statement_for_each_part(
    kind: str,
    client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    record = FACTORIES[kind].create()
    with django_assert_num_queries(BUDGET[kind]):
        page_of(client.get(f"/{kind}/{record.pk}/"))


@pytest.mark.parametrize("number", [1, 12])
@pytest.mark.slow
def test_more_links_need_no_more_statements(
    number: int, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    product = DataProductFactory.create(object=ObjectFactory.create())
    thing, name = product.object, product.name
    for at in range(number):
        DataProductFactory.create(
            namespace=product.namespace, name=name, version=f"0.{at}.0", object=thing
        )
        components = ObjectComponentFactory.create_batch(number, object=thing)
        CodeRunFactory.create(inputs=components, outputs=components)
        for factory in (KeywordFactory, LicenceFactory, KeyValueFactory):
            factory.create(object=thing)
    pages = {
        product: 22,
        thing: 21,
        components[0]: 7,
        CodeRun.objects.latest("pk"): 21,
        product.namespace: 4,
        thing.storage_location: 5,
    }
    for page, statements in pages.items():
        with django_assert_num_queries(statements):
            page_of(client.get(f"/{page.kind}/{page.pk}/"))


@EVERY_KIND
def test_a_page_has_links_in_both_directions(kind: str, client: Client) -> None:
    record = FACTORIES[kind].create()
    here = f"/{kind}/{record.pk}/"
    links = {
        target
        for field in record._meta.fields
        if isinstance(target := getattr(record, field.name), Record)
        # what a model run and its code run both link to leads back to the code run
        and field.remote_field.related_name != "+"
    }
    for target in links:
        there = f"/{target.kind}/{target.pk}/"
        assert there in _addresses(client, here)
        assert here in _addresses(client, there)


def _addresses(client: Client, page: str) -> set[str]:
    main = main_of(client.get(page))
    return {str(one["href"]) for one in main.select("a[href]")}


def test_a_page_links_to_complete_lists(client: Client) -> None:
    namespace = NamespaceFactory.create()
    DataProductFactory.create_batch(21, namespace=namespace)
    run = CodeRunFactory.create(outputs=ObjectComponentFactory.create_batch(25))
    main = main_of(client.get(f"/namespace/{namespace.pk}/"))
    assert len(main.select("ul.links a[href^='/data_product/']")) == 21
    everything = main_of(client.get(link(main, "Show all")))
    assert "21 data products match" in words_of(everything)
    outputs = link(main_of(client.get(f"/code_run/{run.pk}/")), "Show all")
    assert "25 object components" in words_of(main_of(client.get(outputs)))


@pytest.mark.slow
def test_a_run_shows_a_hundred_of_many_links(client: Client) -> None:
    run = CodeRunFactory.create(inputs=ObjectComponentFactory.create_batch(101))
    page = client.get(f"/code_run/{run.pk}/")
    read = main_of(page).select_one("section[aria-labelledby=inputs]")
    assert read is not None
    assert len(read.select("li")) == 100
    assert "This list shows 100 of them." in words_of(read)
    wrote = main_of(page).select_one("section[aria-labelledby=outputs]")
    assert wrote is not None
    assert "of them" not in words_of(wrote)


def test_lists_without_a_filter_link_to_the_api(client: Client) -> None:
    thing = ObjectFactory.create(authors=AuthorFactory.create_batch(21))
    main = main_of(client.get(f"/object/{thing.pk}/"))
    assert link(main, "Show all") == f"/api/object/{thing.pk}/"


@EVERY_KIND
def test_a_missing_record_gets_404(kind: str, client: Client) -> None:
    for pk in (987_654, 2**63 - 1, 2**63, 10**30):
        main = main_of(client.get(f"/{kind}/{pk}/"), 404)
        assert "Not found" in words_of(main)


@EVERY_KIND
def test_a_form_requires_signing_in(kind: str) -> None:
    answer = Client().get(f"/{kind}/new/")
    assert answer.status_code == 302
    assert answer["Location"] == f"/sign-in?next=/{kind}/new/"
    page = page_of(_signed_in().get(f"/{kind}/new/"))
    assert page.select_one("form.record-form[method=post]")


@EVERY_KIND
def test_a_form_has_help_texts(kind: str) -> None:
    main = main_of(_signed_in().get(f"/{kind}/new/"))
    described = main.select("form.record-form [aria-describedby]")
    assert described
    for field in described:
        for name in str(field["aria-describedby"]).split():
            assert main.select_one(f"#{name}"), f"{field['name']}: no #{name}"
    for field in main.select("form.record-form [id][name]"):
        assert main.select_one(f"label[for={field['id']}]")


def test_no_form_loads_a_table_into_a_select() -> None:
    client = _signed_in()
    for declared in record_types():
        main = main_of(client.get(f"/{declared.kind}/new/"))
        offered = {one["name"] for one in main.select("select")}
        fields = declared.writable_fields.items()
        # some words that the model itself names
        words = {name for name, one in fields if getattr(one, "choices", None)}
        assert offered == words


@EVERY_KIND
def test_pages_accept_head_and_refuse_post(kind: str, client: Client) -> None:
    record = FACTORIES[kind].create()
    for page in (f"/{kind}/", f"/{kind}/{record.pk}/"):
        head = client.head(page)
        assert (head.status_code, head.content) == (200, b"")
        for method in ("post", "put", "patch", "delete"):
            assert getattr(client, method)(page).status_code == 405


@pytest.mark.parametrize(
    "page", ["/", "/search/", "/docs/naming/", "/issues/", "/suggest/author/"]
)
def test_other_pages_accept_head_and_refuse_post(page: str, client: Client) -> None:
    head = client.head(page)
    assert (head.status_code, head.content) == (200, b"")
    assert client.post(page).status_code == 405


def test_issues_have_their_own_address(client: Client) -> None:
    main = main_of(client.get("/issues/"))
    assert words_of(main.select("h1")[0]) == "Issues"


@EVERY_KIND
def test_earlier_addresses_redirect_to_the_pages(kind: str, client: Client) -> None:
    record = FACTORIES[kind].create()
    for old, new in (
        (f"/{kind}s/", f"/{kind}/"),
        (f"/{kind}s/{record.pk}/", f"/{kind}/{record.pk}/"),
        (f"/{kind}s/?page_size=3", f"/{kind}/?page_size=3"),
    ):
        # the older issues page has its content still
        if old == "/issues/" or old.startswith("/issues/?"):
            continue
        answer = client.get(old)
        assert (answer.status_code, answer["Location"]) == (301, new)
    for bare in (f"/{kind}", f"/{kind}/{record.pk}", f"/{kind}s/{record.pk}"):
        answer = client.get(bare)
        assert (answer.status_code, answer["Location"]) == (301, f"{bare}/")


def test_a_page_offers_to_register_related_records() -> None:
    thing = ObjectFactory.create()
    page = f"/object/{thing.pk}/"
    assert "Register for this record" not in words_of(main_of(Client().get(page)))
    client = _signed_in()
    main = main_of(client.get(page))
    address = link(main, "keyword")
    assert address == f"/keyword/new/?object={thing.pk}"
    field = main_of(client.get(address)).select_one("input[name=object]")
    assert field is not None
    assert field["value"] == str(thing.pk)


def test_a_page_offers_no_second_one_to_one_record() -> None:
    release = CodeRepoReleaseFactory.create()
    client = Client()
    client.force_login(registrar())
    main = main_of(client.get(f"/object/{release.object.pk}/"))
    offered = {path(str(a["href"])).split("/")[1] for a in main.select("a[href*=new]")}
    assert "code_repo_release" not in offered
    assert {"keyword", "data_product", "object_component"} <= offered


def test_only_signed_in_users_see_account_names() -> None:
    owner = UserFactory.create(username="gertrude", full_name="Gertrude Elion")
    record = UserAuthorFactory.create(user=owner, by=owner)
    product = DataProductFactory.create(by=owner)
    run = CodeRunFactory.create(by=owner)
    pages = (
        f"/user_author/{record.pk}/",
        "/user_author/",
        f"/data_product/{product.pk}/",
        f"/code_run/{run.pk}/",
    )
    for page in pages:
        said = words_of(page_of(Client().get(page)))
        assert "gertrude" not in said.lower()
        assert owner.email not in said
    for page in pages:
        assert "gertrude" in words_of(page_of(_signed_in().get(page)))
