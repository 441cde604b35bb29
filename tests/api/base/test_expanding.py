"""Linked records in place of their addresses."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from registry.api.base import expanding
from registry.catalogue.models import Object
from registry.core.record_types import record_types
from tests import factories
from tests.api.client import Api, data_of, path_of
from tests.withdrawing import withdraw

pytestmark = pytest.mark.django_db

OLDEST = {"accept": "application/json; version=1.0.0"}


def _plain(record: Any, **headers: str) -> Any:
    return data_of(Api().get(path_of(record), **headers))


def _errors(path: str, query: dict[str, Any], api: Api | None = None) -> list[str]:
    [(name, messages)] = data_of((api or Api()).get(path, query), 400).items()
    assert name == "expand"
    assert all(isinstance(one, str) for one in messages)
    return list(messages)


def test_linked_records_are_as_their_own_addresses_show_them() -> None:
    run = factories.CodeRunFactory.create()
    shown = data_of(Api().get(path_of(run), {"expand": "code_repo,inputs,outputs"}))
    plain = _plain(run)
    assert shown["code_repo"] == _plain(run.code_repo)
    for name in ("inputs", "outputs"):
        parts = [data_of(Api().get(url)) for url in plain[name]]
        assert shown[name] == parts != []
    expanded = {"code_repo", "inputs", "outputs"}
    assert {n: v for n, v in shown.items() if n not in expanded} == {
        n: v for n, v in plain.items() if n not in expanded
    }


def test_what_links_to_a_record_and_what_is_empty_is_expanded() -> None:
    control = factories.QualityControlledFactory.create()
    keyword = factories.KeywordFactory.create(object=control.object)
    query = {"expand": "quality_control,code_repo_release,keywords"}
    shown = data_of(Api().get(path_of(control.object), query))
    assert shown["quality_control"] == _plain(control)
    assert shown["keywords"] == [_plain(keyword)]
    assert shown["code_repo_release"] is None


def test_a_list_takes_two_statements_for_each_type_of_linked_records(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    query = {"expand": "code_repo,model_config,submission_script,inputs"}
    for size in (1, 12):
        factories.CodeRunFactory.create_batch(size)
        # the rows and their lists, the same of objects, and of components
        with django_assert_num_queries(2 + 2 + 2):
            page = data_of(Api().get("/api/code_run/", query))
        assert page["results"][0]["inputs"][0]["name"]
    with django_assert_num_queries(2):
        data_of(Api().get("/api/code_run/"))
    run = page["results"][0]["url"]
    with django_assert_num_queries(1 + 2 + 2):
        data_of(Api().get(run, query))


@pytest.mark.parametrize(
    "path, expand, message",
    [
        ("data_product", "object.authors", "object.authors: only one level"),
        ("data_product", "object__authors", "object__authors: only one level"),
        ("data_product", "name", "name: choose from updated_by, namespace, object"),
        ("data_product", "object,", "an empty name: choose from"),
        ("data_product", "nothing", "nothing: choose from"),
        ("storage_root", "locations", "locations: this list grows without a bound"),
        ("object_component", "inputs_of", "inputs_of: this list grows"),
        ("object_component", "outputs_of.inputs", "outputs_of.inputs: this list grows"),
    ],
)
def test_what_cannot_be_expanded_is_refused_with_the_reason(
    path: str, expand: str, message: str
) -> None:
    [found] = _errors(f"/api/{path}/", {"expand": expand})
    assert found.startswith(message)


def test_only_shown_fields_are_expanded() -> None:
    product = factories.DataProductFactory.create()
    path = path_of(product)
    query = {"fields": "name,namespace", "expand": "namespace"}
    assert data_of(Api().get(path, query)) == {
        "namespace": _plain(product.namespace),
        "name": product.name,
    }
    left_out = "is not among the fields that fields= and omit= leave."
    for chosen in ({"fields": "url"}, {"omit": "object"}, query):
        [message] = _errors(path, {**chosen, "expand": "object"})
        assert message == f"object: {left_out}"
    [message] = _errors(path, {"fields": "url", "expand": "nothing"})
    assert message == "nothing: there is no link that can be expanded."


def test_the_oldest_version_has_its_fields_at_both_levels() -> None:
    product = factories.DataProductFactory.create()
    answer = Api().get(path_of(product), {"expand": "object"}, **OLDEST)
    shown = data_of(answer)
    assert shown["object"] == _plain(product.object, **OLDEST)
    assert "components_url" not in shown["object"]
    assert "withdrawn" not in shown["object"]


def test_withdrawn_records_are_shown_with_the_reason() -> None:
    product = factories.DataProductFactory.create()
    withdraw(product.object)
    shown = data_of(Api().get(path_of(product), {"expand": "object"}))
    assert shown["object"]["withdrawn"]
    assert shown["object"] == _plain(product.object)


def test_accounts_are_shown_to_people_who_have_one_without_others_addresses() -> None:
    ada, bob = factories.UserFactory.create_batch(2)
    author = factories.AuthorFactory.create(by=ada)
    for path in (path_of(author), "/api/author/", "/api/namespace/"):
        refused = Api().get(path, {"expand": "updated_by"})
        assert "signed in" in data_of(refused, 403)["detail"]
    for reader, address in ((ada, ada.email), (bob, "")):
        shown = data_of(Api(reader).get(path_of(author), {"expand": "updated_by"}))
        assert shown["updated_by"]["username"] == ada.username
        assert shown["updated_by"]["email"] == address


def test_a_table_has_no_linked_records() -> None:
    product = factories.DataProductFactory.create()
    query = {"expand": "namespace", "format": "csv"}
    for path in ("/api/data_product/", path_of(product)):
        answer = Api().get(path, query)
        assert answer.status_code == 400
        assert "ask for JSON" in answer.content.decode()


def test_the_entity_tag_of_an_expanded_record_notices_what_is_linked() -> None:
    product = factories.DataProductFactory.create()
    path, query = path_of(product), {"expand": "object"}
    tag = Api().get(path, query)["ETag"]
    assert tag != Api().get(path)["ETag"]
    assert Api().get(path, query, if_none_match=tag).status_code == 304
    Object.objects.filter(pk=product.object_id).update(description="another")
    assert Api().get(path, query, if_none_match=tag).status_code == 200


def test_too_many_linked_records_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    factories.DataProductFactory.create_batch(3)
    monkeypatch.setattr(expanding, "MAX_EXPANDED", 2)
    path, query = "/api/data_product/", {"expand": "object"}
    [message] = _errors(path, query)
    assert message.endswith("give a smaller page_size or fewer names.")
    assert data_of(Api().get(path, {**query, "page_size": "2"}))["count"] == 3


def test_linked_texts_count_as_often_as_they_are_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    thing = factories.ObjectFactory.create(description="x" * 10_000)
    products = factories.DataProductFactory.create_batch(2, object=thing)
    monkeypatch.setattr(expanding, "PAGE_BYTES", 15_000)
    query = {"expand": "object"}
    shown = data_of(Api().get(path_of(products[0]), query))
    assert shown["object"]["description"] == thing.description
    [message] = _errors("/api/data_product/", query)
    assert "15000 bytes" in message


def test_a_write_has_no_linked_records() -> None:
    person = factories.UserFactory.create()
    answer = Api(person).post("/api/object/?expand=updated_by", {"description": "x"})
    assert "expand" in data_of(answer, 400)["detail"]


def test_options_name_what_can_be_expanded() -> None:
    for record_type in record_types():
        told = data_of(Api().call("OPTIONS", f"/api/{record_type.kind}/"))["expand"]
        assert "updated_by" in told
        growing = {one.name for one in record_type.lists.values() if one.grows}
        assert not growing & set(told)
    components = data_of(Api().call("OPTIONS", "/api/object_component/"))["expand"]
    assert components == ["updated_by", "object", "issues"]
