"""Filters beside the fields: links back, comparisons, emptiness, names, SHA-256."""

from __future__ import annotations

import csv
import hashlib
import io
from datetime import datetime
from typing import Any

import pytest

from registry.storage.models import StoredFile
from tests import factories
from tests.api.client import Api, data_of, path_of
from tests.withdrawing import withdraw

pytestmark = pytest.mark.django_db


def _found(path: str, query: Any, api: Api | None = None) -> list[str]:
    """Return the paths of what a filter finds, which CSV has as well."""
    api = api or Api()
    page = data_of(api.get(f"/api/{path}/", query))
    answer = api.get(f"/api/{path}/", {**query, "format": "csv", "fields": "url"})
    rows = csv.DictReader(io.StringIO(b"".join(answer).decode()))
    urls = [record["url"] for record in page["results"]]
    assert [row["url"] for row in rows] == urls
    return [url.removeprefix("http://testserver") for url in urls]


def _refused(path: str, query: Any, api: Api | None = None) -> dict[str, Any]:
    errors: dict[str, Any] = data_of((api or Api()).get(f"/api/{path}/", query), 400)
    return errors


def _links_back() -> dict[tuple[str, str], tuple[Any, Any]]:
    """Return a record with a link by type and filter, and the record it links to."""
    run = factories.CodeRunFactory.create()
    external = factories.ExternalObjectFactory.create(
        original_store=factories.StorageLocationFactory.create()
    )
    author = factories.AuthorFactory.create()
    thing = factories.ObjectFactory.create(authors=[author])
    control = factories.QualityControlledFactory.create()
    fact = factories.KeyValueFactory.create()
    person = factories.UserAuthorFactory.create()
    product = factories.DataProductFactory.create()
    return {
        ("file_type", "object"): (thing, thing.file_type),
        ("author", "object"): (thing, author),
        ("author", "userauthor"): (person, person.author),
        ("object", "code_repo_of"): (run, run.code_repo),
        ("object", "config_of"): (run, run.model_config),
        ("object", "submission_script_of"): (run, run.submission_script),
        ("object", "quality_control_document"): (control, control.document),
        ("object", "metadata"): (fact, fact.object),
        ("storage_location", "location_for_object"): (thing, thing.storage_location),
        ("storage_location", "original_store_of"): (external, external.original_store),
        ("namespace", "data_products"): (product, product.namespace),
    }


def test_what_links_to_a_record_finds_it_by_the_older_registry_s_names() -> None:
    for (kind, name), (source, target) in _links_back().items():
        assert target is not None, name
        for value in (source.pk, path_of(source)):
            assert _found(kind, {name: value}) == [path_of(target)], (kind, name)
        assert path_of(target) in _found(kind, {f"{name}__isnull": "false"})
        assert path_of(target) not in _found(kind, {f"{name}__isnull": "true"})


@pytest.mark.parametrize(
    "name, value, expected",
    [
        ("run_date", "2024-01-01", "bcd"),
        ("run_date__gte", "2024-01-01", "bcde"),
        ("run_date__gt", "2024-01-01", "e"),
        ("run_date__lte", "2024-01-01", "abcd"),
        ("run_date__lt", "2024-01-01", "a"),
        ("run_date__gte", "2024-01-01T12:00:00Z", "cde"),
        ("run_date__gt", "2024-01-01T12:00:00Z", "de"),
        ("run_date__lte", "2024-01-01T13:00:00+01:00", "abc"),
        ("run_date__lt", "2024-01-01 12:00", "ab"),
        ("run_date", "2024-01-01T00:00:00Z", "b"),
        ("run_date__gt", "9999-12-31", ""),
        ("run_date__lte", "9999-12-31", "abcde"),
        ("run_date__gte", "0001-01-01", "abcde"),
        ("run_date__lt", "", "abcde"),
    ],
)
def test_dates_compare_and_a_date_alone_is_the_whole_day(
    name: str, value: str, expected: str
) -> None:
    for letter, moment in {
        "a": "2023-12-31T23:59:59.999999Z",
        "b": "2024-01-01T00:00:00Z",
        "c": "2024-01-01T12:00:00Z",
        "d": "2024-01-01T23:59:59.999999Z",
        "e": "2024-01-02T00:00:00Z",
    }.items():
        began = datetime.fromisoformat(moment)
        factories.CodeRunFactory.create(description=letter, run_date=began)
    page = data_of(Api().get("/api/code_run/", {name: value, "ordering": "id"}))
    assert "".join(run["description"] for run in page["results"]) == expected


def test_a_range_is_two_comparisons() -> None:
    issues = [factories.IssueFactory.create(severity=number) for number in range(5)]
    query = {"severity__gte": "1", "severity__lt": "3", "ordering": "id"}
    assert _found("issue", query) == [path_of(one) for one in issues[1:3]]
    assert _found("issue", {"severity__gt": "3"}) == [path_of(issues[4])]
    assert _found("issue", {"severity__gte": 10**30}) == []
    assert len(_found("issue", {"severity__lte": 10**30})) == 5


@pytest.mark.parametrize(
    "kind, name, value",
    [
        ("code_run", "run_date__gte", "yesterday"),
        ("code_run", "last_updated__lt", "2024-02-30"),
        ("issue", "severity__gt", "much"),
        ("object", "storage_location__isnull", "perhaps"),
        ("object", "sha256", "abc"),
        ("storage_location", "sha256", "g" * 64),
        ("object", "config_of", "a name"),
    ],
)
def test_a_wrong_value_is_refused_by_name(kind: str, name: str, value: str) -> None:
    [(refused, [message])] = _refused(kind, {name: value}).items()
    assert refused == name
    assert message


@pytest.mark.parametrize(
    "kind, name",
    [
        ("object", "description__gte"),
        ("data_product", "object__isnull"),
        ("object", "storage_location__foo"),
        ("code_run", "run_date__isnull"),
    ],
)
def test_comparisons_that_mean_nothing_are_unknown(kind: str, name: str) -> None:
    message = _refused(kind, {name: "1"})["detail"]
    assert message.startswith("Invalid query arguments, only query arguments [")


def test_what_is_empty_is_found() -> None:
    full = factories.ObjectFactory.create(authors=[factories.AuthorFactory.create()])
    empty = factories.ObjectFactory.create(
        storage_location=None, description=None, file_type=None, authors=[]
    )
    for name in ("storage_location", "description", "file_type", "authors"):
        assert _found("object", {f"{name}__isnull": "True"}) == [path_of(empty)], name
        assert _found("object", {f"{name}__isnull": "0"}) == [path_of(full)], name


def test_what_is_withdrawn_leaves_a_list_empty() -> None:
    keyword = factories.KeywordFactory.create()
    query = {"keywords__isnull": "true"}
    assert path_of(keyword.object) not in _found("object", query)
    withdraw(keyword)
    assert path_of(keyword.object) in _found("object", query)


def test_links_are_given_by_a_unique_name() -> None:
    space = factories.NamespaceFactory.create(name="boarding-school")
    number = factories.NamespaceFactory.create(name="1978")
    product = factories.DataProductFactory.create(namespace=space)
    other = factories.DataProductFactory.create(namespace=number)
    assert _found("data_product", {"namespace": space.name}) == [path_of(product)]
    # a name that looks like a number needs the id
    assert _found("data_product", {"namespace": number.name}) == []
    assert _found("data_product", {"namespace": number.pk}) == [path_of(other)]
    [message] = _refused("data_product", {"namespace": "nowhere"})["namespace"]
    assert message == (
        "There is no namespace with the name 'nowhere'. "
        "Use its URL (…/api/namespace/1/), id or name."
    )


def test_accounts_are_given_by_user_name_to_those_who_have_one() -> None:
    person = factories.UserFactory.create(username="ada")
    author = factories.AuthorFactory.create(by=person)
    factories.AuthorFactory.create()
    api = Api(person)
    assert _found("author", {"updated_by": "ada"}, api) == [path_of(author)]
    [message] = _refused("author", {"updated_by": "bob"}, api)["updated_by"]
    assert message.endswith("Use its URL (…/api/users/1/), id or username.")
    # nobody else can find out which names there are
    known, unknown = (
        data_of(Api().get("/api/author/", {"updated_by": name}), 403)
        for name in ("ada", "bob")
    )
    assert known == unknown
    assert known["detail"].startswith("updated_by: only people who are signed in")


def test_files_are_found_by_sha256() -> None:
    digest = hashlib.sha256(b"data").hexdigest()
    thing = factories.ObjectFactory.create()
    location = thing.storage_location
    factories.ObjectFactory.create()
    query = {"sha256": digest.upper()}
    assert _found("object", query) == _found("storage_location", query) == []
    StoredFile.objects.create(sha1=location.hash, sha256=digest, size=4)
    assert _found("object", query) == [path_of(thing)]
    assert _found("storage_location", query) == [path_of(location)]


@pytest.mark.parametrize(
    "text", ["all [sic] *of* it?", "[abc]", "*", "[", "50% of_it\\"]
)
def test_a_text_with_wildcards_finds_itself(text: str) -> None:
    thing = factories.ObjectFactory.create(description=text)
    assert path_of(thing) in _found("object", {"description": text})


def test_free_texts_are_found_by_glob() -> None:
    thing = factories.ObjectFactory.create(description="human mortality, weekly")
    factories.ObjectFactory.create(description="cattle")
    for pattern in ("*mortality*", "human*", "[gh]uman*", "?uman mortality, weekly"):
        assert _found("object", {"description": pattern}) == [path_of(thing)], pattern


def test_an_address_with_a_question_mark_is_found_exactly() -> None:
    first, second = (
        factories.KeywordFactory.create(identifier=f"https://a.example/x{mark}q")
        for mark in "?/"
    )
    query = {"identifier": first.identifier}
    assert _found("keyword", query) == [path_of(first)] != [path_of(second)]


def test_a_filter_takes_no_further_statement(
    django_assert_num_queries: Any,
) -> None:
    run = factories.CodeRunFactory.create()
    for query, statements in (
        ({"config_of": run.pk}, 2),
        ({"code_repo_of__isnull": "false"}, 2),
        ({"last_updated__gte": "2020-01-01"}, 2),
        # what finds nothing has no lists to read
        ({"sha256": "0" * 64}, 1),
    ):
        with django_assert_num_queries(statements):
            data_of(Api().get("/api/object/", query))
