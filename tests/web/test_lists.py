"""Lists: filters, sorting, pages, and links to the API."""

from __future__ import annotations

import csv
import io
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import Tag
from django.test import Client

from registry.core.record_types import record_type_named
from registry.http.filters import filters_of
from tests.every_type import every_kind
from tests.factories import (
    AuthorFactory,
    CodeRunFactory,
    DataProductFactory,
    IssueFactory,
    ModelRunFactory,
    NamespaceFactory,
    ObjectComponentFactory,
    ObjectFactory,
    StorageLocationFactory,
    UserFactory,
)
from tests.web.pages import FACTORIES, link, main_of, path, rows, words_of
from tests.withdrawing import withdraw

pytestmark = pytest.mark.django_db

EVERY_KIND = pytest.mark.parametrize("kind", every_kind())


def _list(kind: str, **query: Any) -> Tag:
    return main_of(Client().get(f"/{kind}/", query))


def _refused(kind: str, query: dict[str, Any], status: int = 400) -> Tag:
    return main_of(Client().get(f"/{kind}/", query), status)


def _named(*names: str) -> None:
    for name in names:
        NamespaceFactory.create(name=name, full_name=f"Group {name}")


@EVERY_KIND
def test_every_filter_of_the_api_is_in_the_form(kind: str) -> None:
    form = _list(kind).select_one(".filters form")
    assert form is not None
    fields = {str(field["name"]): field for field in form.select("[name]")}
    assert set(fields) == set(filters_of(record_type_named(kind).model).filters)
    for name, field in fields.items():
        assert form.select_one(f"label[for={field['id']}]"), name
        assert form.select_one(f"#{field['aria-describedby']}"), name


@EVERY_KIND
def test_empty_filters_are_ignored(kind: str) -> None:
    FACTORIES[kind].create_batch(2)
    form = _list(kind).select_one(".filters form")
    assert form is not None
    empty = {str(field["name"]): "" for field in form.select("[name]")}
    assert rows(_list(kind, **empty)) == rows(_list(kind))
    assert "the filter" not in words_of(_list(kind, **empty))


def test_names_can_be_filtered_by_a_glob() -> None:
    _named("alpha", "alphabet", "beta")
    main = _list("namespace", name="alpha*")
    assert rows(main) == ["alphabet", "alpha"]
    assert "2 namespaces match the filter" in words_of(main)
    assert "1 namespace matches the filter" in words_of(_list("namespace", name="b?ta"))
    assert rows(_list("namespace", name="[ab]*ta")) == ["beta"]


def test_links_can_be_filtered_by_id_uuid_and_url() -> None:
    author = AuthorFactory.create()
    thing = ObjectFactory.create(authors=[author], description="hers")
    ObjectFactory.create(authors=[AuthorFactory.create()])
    for spelt in (author.pk, author.uuid, f"https://any.org/api/author/{author.pk}/"):
        assert rows(_list("object", authors=spelt)) == [thing.description]


def test_several_links_mean_any_of_them_and_stay_in_the_form() -> None:
    first, second, _third = (DataProductFactory.create() for _ in range(3))
    wanted = [first.namespace.pk, second.namespace.pk]
    main = _list("data_product", namespace=wanted)
    assert rows(main) == [second.name, first.name]
    fields = main.select(".filters input[name=namespace]")
    assert [field["value"] for field in fields] == [str(pk) for pk in wanted]
    assert fields[1]["aria-label"] == "Namespace 2"


@pytest.mark.parametrize(
    "given, selected, shown",
    [
        ("", "not withdrawn", ["new"]),
        ("False", "not withdrawn", ["new"]),
        ("1", "also withdrawn", ["new", "old"]),
        ("only", "only withdrawn", ["old"]),
    ],
)
def test_the_form_keeps_which_withdrawn_records_are_listed(
    given: str, selected: str, shown: list[str]
) -> None:
    withdraw(DataProductFactory.create(name="old"))
    DataProductFactory.create(name="new")
    main = _list("data_product", withdrawn=given)
    assert rows(main) == shown
    options = main.select("select[name=withdrawn] option")
    assert [(one["value"], one.text) for one in options] == [
        ("", "not withdrawn"),
        ("true", "also withdrawn"),
        ("only", "only withdrawn"),
    ]
    chosen = main.select_one("select[name=withdrawn] option[selected]")
    assert chosen is not None
    assert chosen.text == selected
    about = main.select_one("#h-withdrawn")
    assert about is not None
    assert "Whether the list has withdrawn records" in words_of(about)


def test_a_plain_value_that_is_given_twice_is_refused_and_kept_in_the_form() -> None:
    main = _refused("data_product", {"name": ["a", "b"]})
    fields = main.select(".filters input[name=name]")
    assert [field["value"] for field in fields] == ["a", "b"]
    assert "Give it once." in words_of(main)


def test_strangers_are_told_how_to_give_an_account() -> None:
    main = _list("author")
    about = main.select_one("#h-updated_by")
    assert about is not None
    assert "Its URL or id;" in words_of(about)
    refused = words_of(_refused("author", {"updated_by": "ada"}))
    assert "only people who are signed in can give a user name" in refused


@pytest.mark.parametrize(
    "kind, name, value, message",
    [
        ("data_product", "namespace", "mine", "There is no namespace with"),
        ("issue", "severity", "bad", "Enter a whole number."),
        ("storage_location", "public", "perhaps", "Give true or false."),
        ("code_run", "run_date", "yesterday", "Give a date and time such as"),
        ("object", "uuid", "xyz", "Enter a valid UUID."),
    ],
)
def test_invalid_values_are_marked_at_the_filter(
    kind: str, name: str, value: str, message: str
) -> None:
    main = _refused(kind, {name: value})
    field = main.select_one(f".filters [name={name}]")
    assert field is not None
    assert field["aria-invalid"] == "true"
    assert field.parent is not None
    alert = field.parent.select_one("[role=alert]")
    assert alert is not None
    assert message in words_of(alert)
    assert main.select_one("details.filters[open]")
    # what was typed is still there to be put right
    assert field.name == "select" or field["value"] == value
    assert not main.select("table")


def test_a_link_to_an_unknown_record_finds_nothing() -> None:
    DataProductFactory.create()
    main = _list("data_product", namespace=987_654)
    assert rows(main) == []
    assert "No record matches." in words_of(main)


def test_an_unknown_parameter_is_refused_as_in_the_api() -> None:
    _named("alpha")
    query = {"nam": "alpha"}
    problem = _refused("namespace", query).select_one("p.problem[role=alert]")
    assert problem is not None
    answer = Client().get("/api/namespace/", query)
    assert answer.json()["detail"] in words_of(problem)
    assert words_of(problem).endswith("Did you mean name instead of nam?")


def test_comparisons_are_in_the_form_and_hold() -> None:
    for severity in range(4):
        IssueFactory.create(severity=severity, description=f"of {severity}")
    main = _list("issue")
    further = main.select_one("details.more-filters")
    assert further is not None
    assert not further.has_attr("open")
    names = {str(field["name"]) for field in further.select("[name]")}
    assert {"severity__gt", "last_updated__lte", "component_issues__isnull"} <= names
    main = _list("issue", severity__gte="2", severity__lt="3")
    assert rows(main) == ["of 2"]
    field = main.select_one("details.more-filters[open] [name=severity__gte]")
    assert field is not None
    assert field["value"] == "2"
    # the next reader gets an empty form
    empty = _list("issue").select_one("[name=severity__gte]")
    assert empty is not None
    assert empty["value"] == ""


def test_columns_sort_both_ways() -> None:
    _named("beta", "alpha", "gamma")
    main = _list("namespace", name="*a", full_name="")
    ascending = link(main, "Name")
    answer = main_of(Client().get(f"/namespace/{ascending}"))
    assert rows(answer) == ["alpha", "beta", "gamma"]
    head = answer.select_one("thead th[aria-sort]")
    assert head is not None
    assert head["aria-sort"] == "ascending"
    descending = link(answer, "Name ▲")
    answer = main_of(Client().get(f"/namespace/{descending}"))
    assert rows(answer) == ["gamma", "beta", "alpha"]
    assert parse_qs(urlsplit(descending).query)["name"] == ["*a"]


@pytest.mark.parametrize(
    "name, value",
    [("ordering", "colour"), ("page_size", "0"), ("page_size", "1001")],
)
def test_invalid_page_parameters_are_refused(name: str, value: str) -> None:
    main = _refused("namespace", {name: value})
    problem = main.select_one("p.problem[role=alert]")
    assert problem is not None
    assert words_of(problem).startswith(name)


def test_an_invalid_cursor_gets_404() -> None:
    main = _refused("namespace", {"cursor": "nowhere", "name": "a*"}, 404)
    assert "is not valid any more" in words_of(main)
    assert link(main, "First page") == "/namespace/?name=a%2A"


def test_pages_link_to_next_and_previous() -> None:
    _named(*(f"n{number:03}" for number in range(120)))
    client = Client()
    shown: list[str] = []
    address = "/namespace/?name=n*"
    for label in ("Next page →", "Next page →", None):
        main = main_of(client.get(address))
        assert "120 namespaces" in words_of(main)
        shown += rows(main)
        if label:
            address = path(link(main, label))
    assert shown == [f"n{number:03}" for number in reversed(range(120))]
    assert not main.select("a[rel=next]")
    main = main_of(client.get(path(link(main, "← Newer page"))))
    assert rows(main) == shown[50:100]
    # a new record moves nobody's page
    _named("n999")
    again = path(link(main, "Next page →"))
    assert rows(main_of(client.get(again))) == shown[100:]


@EVERY_KIND
def test_a_list_links_to_the_api(kind: str) -> None:
    FACTORIES[kind].create_batch(2)
    main = _list(kind, ordering="id", page_size=1)
    client = Client()
    answer = client.get(link(main, "JSON")).json()
    ids = [record["url"].split("/")[-2] for record in answer["results"]]
    assert ids == sorted(ids, key=int)
    assert len(ids) == answer["count"]
    table = client.get(link(main, "CSV"))
    assert table["Content-Type"].startswith("text/csv")
    text = b"".join(table).decode()
    lines = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [line["url"].split("/")[-2] for line in lines] == ids
    code = main.select("pre code")[-1]
    curl = words_of(code)
    assert curl == f"curl 'http://testserver/api/{kind}/?ordering=id'"


def test_suggestions_of_accounts_require_signing_in() -> None:
    def kinds(client: Client) -> set[Any]:
        main = main_of(client.get("/user_author/"))
        return {field.get("data-kind") for field in main.select("input[data-kind]")}

    assert kinds(Client()) == {"author"}
    client = Client()
    client.force_login(UserFactory.create())
    assert kinds(client) == {"author", "users"}


def test_a_record_without_a_name_shows_its_id() -> None:
    nameless = AuthorFactory.create(name=None)
    assert rows(_list("author")) == [f"author {nameless.pk}"]
    wordless = ObjectFactory.create(description="")
    assert rows(_list("object")) == [f"object {wordless.pk}"]


def test_links_in_a_list_open_records() -> None:
    location = StorageLocationFactory.create()
    main = _list("storage_location", path=location.path)
    root = location.storage_root
    assert link(main, root.root) == f"/storage_root/{root.pk}/"


def test_the_worst_issues_can_come_first() -> None:
    component = ObjectComponentFactory.create(issues=[])
    for severity in (1, 9, 4):
        text = f"severity {severity}"
        IssueFactory.create(
            severity=severity, description=text, component_issues=[component]
        )
    main = _list("issue", ordering="-severity", component_issues=component.pk)
    assert rows(main) == ["severity 9", "severity 4", "severity 1"]


def test_only_lists_truncate_long_texts() -> None:
    run = CodeRunFactory.create(description="word " * 200 + "end")
    assert rows(_list("code_run"))[0].endswith("…")
    page = main_of(Client().get(f"/code_run/{run.pk}/"))
    assert words_of(page).count(run.description) == 2


def test_a_filter_by_a_named_fact_is_kept_in_the_form_and_in_links() -> None:
    for number in ("4.5", "8.5"):
        ModelRunFactory.create(annotations={"RCP": number}, display_name=number)
    query = {"annotation.RCP": "4.50"}
    main = _list("model_run", **query)
    assert rows(main) == ["4.5"]
    assert "1 model run matches the filter" in words_of(main)
    [field] = main.select('.filters input[name="annotation.RCP"]')
    assert field["value"] == "4.50"
    hrefs = [str(one["href"]) for one in main.select("a[href]")]
    for end in ("format=json", "format=csv"):
        [address] = [one for one in hrefs if one.endswith(end)]
        assert parse_qs(urlsplit(address).query)["annotation.RCP"] == ["4.50"]
    more = {"annotation.RCP__gte": "4", "page_size": 1}
    main = _list("model_run", **more)
    [following] = main.select("a[rel=next]")
    wanted = parse_qs(urlsplit(str(following["href"])).query)
    assert wanted["annotation.RCP__gte"] == ["4"]


def test_an_error_of_a_filter_by_a_named_fact_is_shown_in_place() -> None:
    main = _refused("model_run", {"annotation.RCP__gte": "high"})
    [field] = main.select('.filters input[name="annotation.RCP__gte"]')
    assert field["value"] == "high"
    assert field["aria-invalid"] == "true"
    filters = main.select_one(".filters")
    assert filters is not None
    assert "Compare with a number" in words_of(filters)
