"""Rules that new values follow, while records keep what they have."""

from __future__ import annotations

from typing import Any

import pytest

from registry.catalogue.models import Issue, Namespace
from registry.core.record_types import record_types
from registry.core.visible_names import (
    validate_exact_name,
    validate_visible,
    validate_visible_name,
)
from registry.identity.models import User
from tests.api.client import Api, data_of, path_of, url_of
from tests.api.contract.base import as_json
from tests.factories import (
    AuthorFactory,
    CodeRunFactory,
    DataProductFactory,
    IssueFactory,
    NamespaceFactory,
    ObjectComponentFactory,
    UserFactory,
    orcid,
    values_of,
)
from tests.plans import statements
from tests.web.pages import FACTORIES

pytestmark = pytest.mark.django_db

NAMES = [
    (one.kind, name, rule)
    for one in record_types()
    for name, rule in one.model.new_value_rules.items()
    if rule in {validate_visible, validate_visible_name, validate_exact_name}
]
EVERY_NAME = pytest.mark.parametrize("kind, name, rule", NAMES)


@pytest.fixture
def person() -> User:
    person: User = UserFactory(is_superuser=True)
    return person


@pytest.fixture
def api(person: User) -> Api:
    return Api(person)


def _body(kind: str) -> dict[str, Any]:
    values = values_of(FACTORIES[kind])
    return {name: as_json(value) for name, value in values.items()}


@EVERY_NAME
def test_a_name_of_blanks_is_refused(api: Api, kind: str, name: str, rule: Any) -> None:
    model, body = FACTORIES[kind]._meta.model, _body(kind)
    before = model.objects.count()
    for blank in (" ", "\u00a0", "\u200b"):
        messages = data_of(api.post(f"/api/{kind}/", {**body, name: blank}), 400)
        assert list(messages) == [name]
        assert "only blank characters" in messages[name][0]
    assert model.objects.count() == before


@EVERY_NAME
def test_names_that_look_alike_are_refused(
    api: Api, kind: str, name: str, rule: Any
) -> None:
    body = _body(kind)
    wrong = {
        validate_visible_name: ["a\u200bb"],
        validate_exact_name: ["a\u200bb", "a "],
    }
    for text in wrong.get(rule, ()):
        messages = data_of(api.post(f"/api/{kind}/", {**body, name: text}), 400)
        assert list(messages) == [name]
    assert data_of(api.post(f"/api/{kind}/", {**body, name: "a b"}), 201)[name] == "a b"


def test_errors_of_many_records_are_by_row(api: Api) -> None:
    rows = [{"name": "a"}, {"name": "b\u200b"}]
    first, second = data_of(api.post("/api/namespace/", rows), 400)
    assert first == {}
    assert list(second) == ["name"]
    assert not Namespace.objects.exists()


def test_a_record_that_is_there_already_is_a_duplicate(api: Api) -> None:
    space = NamespaceFactory()
    Namespace.objects.filter(pk=space.pk).update(name=" old ")
    answer = data_of(api.post("/api/namespace/", {"name": " old "}), 409)
    assert answer["url"] == url_of(space)
    assert data_of(api.get(path_of(space)))["name"] == " old "


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_record_keeps_a_name_that_new_ones_cannot_have(
    api: Api, person: User, method: str
) -> None:
    product = DataProductFactory(by=person)
    type(product).objects.filter(pk=product.pk).update(name=" old ")
    shown = data_of(api.get(path_of(product)))
    given = {name: shown[name] for name in ("namespace", "name", "version", "object")}
    changed = data_of(api.call(method, path_of(product), {**given, "version": "9.9.9"}))
    assert (changed["name"], changed["version"]) == (" old ", "9.9.9")
    messages = data_of(
        api.call(method, path_of(product), {**given, "name": "new "}), 400
    )
    assert list(messages) == ["name"]


@pytest.mark.parametrize("name", ["run_date", "end_date"])
def test_a_time_that_has_not_come_is_refused(api: Api, person: User, name: str) -> None:
    later = "2999-01-01T00:00:00Z"
    body = _body("code_run")
    messages = data_of(
        api.post("/api/code_run/", {**body, "end_date": None, name: later}), 400
    )
    assert "has not come yet" in messages[name][0]
    run = CodeRunFactory(by=person)
    messages = data_of(api.call("PATCH", path_of(run), {"end_date": later}), 400)
    assert list(messages) == ["end_date"]
    type(run).objects.filter(pk=run.pk).update(end_date=later)
    shown = data_of(api.call("PATCH", path_of(run), {"description": "again"}))
    assert (shown["description"], shown["end_date"]) == ("again", later)


# --- issues ------------------------------------------------------------------


@pytest.mark.parametrize("given", [{}, {"component_issues": []}])
def test_an_issue_with_nothing_is_refused(api: Api, given: dict[str, Any]) -> None:
    body = {"description": "Row 7 is missing", **given}
    messages = data_of(api.post("/api/issue/", body), 400)
    assert "at least one component" in messages["component_issues"][0]
    part = ObjectComponentFactory(issues=[])
    right = {**body, "component_issues": [path_of(part)]}
    first, second = data_of(api.post("/api/issue/", [right, body]), 400)
    assert (first, list(second)) == ({}, ["component_issues"])
    assert not Issue.objects.exists()


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_the_last_component_of_an_issue_stays(
    api: Api, person: User, method: str
) -> None:
    first, second = (ObjectComponentFactory(issues=[]) for _ in range(2))
    issue = IssueFactory(by=person, component_issues=[first, second])
    body = {"description": "Row 7", "component_issues": [path_of(first)]}
    data_of(api.call(method, path_of(issue), body))
    messages = data_of(
        api.call(method, path_of(issue), {**body, "component_issues": []}), 400
    )
    assert list(messages) == ["component_issues"]
    assert [*issue.component_issues.all()] == [first]


def test_an_older_issue_with_nothing_can_be_changed(api: Api, person: User) -> None:
    issue = IssueFactory(by=person, component_issues=[])
    body = {"severity": 7, "component_issues": []}
    assert data_of(api.call("PATCH", path_of(issue), body))["severity"] == 7


# --- ORCID iDs ---------------------------------------------------------------

ORCID = "https://orcid.org/0000-0002-1825-0097"
SPELT = (ORCID, ORCID.replace("https", "http"), f"{ORCID}/")


@pytest.mark.parametrize("identifier", SPELT)
def test_a_wrong_check_digit_is_refused(api: Api, identifier: str) -> None:
    body = {"name": "Josiah Carberry", "identifier": identifier.replace("97", "98")}
    messages = data_of(api.post("/api/author/", body), 400)
    assert list(messages) == ["identifier"]
    assert ORCID in messages["identifier"][0]


@pytest.mark.parametrize("first", SPELT)
def test_one_orcid_is_one_author_however_it_is_spelt(api: Api, first: str) -> None:
    shown = data_of(api.post("/api/author/", {"identifier": first}), 201)
    assert shown["identifier"] == ORCID
    for identifier in SPELT:
        known = data_of(api.post("/api/author/", {"identifier": identifier}), 409)
        assert known["url"] == shown["url"]
        found = data_of(api.get("/api/author/", {"identifier": identifier}))
        assert [one["url"] for one in found["results"]] == [shown["url"]]


@pytest.mark.parametrize("identifier", SPELT)
def test_an_author_with_an_older_spelling_is_known(api: Api, identifier: str) -> None:
    author = AuthorFactory(identifier=None)
    type(author).objects.filter(pk=author.pk).update(identifier=SPELT[1])
    rows = [{"name": "Ada"}, {"identifier": identifier}]
    assert data_of(api.post("/api/author/", rows[1]), 409)["url"] == url_of(author)
    first, second = data_of(api.post("/api/author/", rows), 409)
    assert (first, second["url"]) == ({}, url_of(author))
    assert data_of(api.get(path_of(author)))["identifier"] == SPELT[1]


def test_spellings_of_many_identifiers_take_one_statement(api: Api) -> None:
    counts = []
    for start, number in ((0, 1), (10, 5)):
        urls = [orcid(start + one) for one in range(number)]
        with statements() as seen:
            data_of(
                api.post("/api/author/", [{"identifier": url} for url in urls]), 201
            )
        counts.append(sum("orcid.org" in str(params) for _, params in seen))
    assert counts[0] == counts[1]


def test_every_type_with_a_name_has_a_rule_about_it() -> None:
    without = {one.kind for one in record_types() if not one.model.new_value_rules}
    assert without == {
        *("issue", "object", "user_author", "storage_root", "storage_location"),
        *("quality_controlled", "backend_grant", "run_request"),
    }
