"""Every row of the table of permissions holds in the API, on pages and in the admin."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from django.test import Client

from registry.catalogue.members import set_closed
from registry.core.documents import DocumentField
from registry.identity.co_owners import name_co_owner
from registry.identity.models import User
from registry.identity.withdrawal import withdraw_record
from tests import factories
from tests.api.client import Api, path_of
from tests.clients.guide import GUIDE
from tests.factories import UserFactory, values_of

pytestmark = pytest.mark.django_db

PEOPLE = ("nobody", "stranger", "owner", "curator")
_ROW = re.compile(r"^\| (.+?) " + r"\| (yes|no) " * 4 + r"\|$", re.MULTILINE)
TEXT = (GUIDE / "whose-records.md").read_text(encoding="utf-8")
ROWS = {what: cells for what, *cells in _ROW.findall(TEXT)}
#: Statuses that mean that somebody was refused, and not that something else is wrong.
REFUSED = {302, 403}


class World:
    """What the rows of the table talk about; the owner has registered all of it."""

    def __init__(self) -> None:
        self.owner: User = UserFactory(username="ada")
        self.people: dict[str, User | None] = {
            "nobody": None,
            "stranger": UserFactory(username="bob", is_staff=True),
            "owner": self.owner,
            "curator": UserFactory(username="cleo", roles=["curator"]),
        }
        by = {"by": self.owner}
        self.thing = factories.ObjectFactory(**by)
        self.namespace = factories.NamespaceFactory(**by)
        self.product = factories.DataProductFactory(namespace=self.namespace, **by)
        self.closed = factories.NamespaceFactory(**by)
        set_closed(self.closed.pk, closed=True, by=self.owner)
        self.run = factories.CodeRunFactory(**by)
        self.issue = factories.IssueFactory(**by)
        self.gone = factories.IssueFactory(**by)
        withdraw_record(type(self.gone), self.gone.pk, reason="wrong", by=self.owner)
        self.keyword = factories.KeywordFactory(object=self.thing, **by)
        self.licence = factories.LicenceFactory(object=self.thing, **by)
        self.author = factories.AuthorFactory(**by)
        self.template = factories.DatasetTemplateFactory(**by)
        self.model_run = factories.ModelRunFactory(**by)
        self.nothing = None
        self.contact = factories.AuthorContactFactory(**by)


@dataclass
class Try:
    """One thing to try: a request to the API, and a form of a page, if there is one."""

    method: str
    path: str
    body: Any = None
    page: str = ""
    form: Any = None
    admin: str = ""
    #: How others are refused; a private record does not exist for them.
    refused: int = 403


def _register(factory: Any, **links: str) -> Callable[[World, User], Try]:
    """Try to register a record that links to what the owner has registered."""

    def make(world: World, by: User) -> Try:
        given = {name: getattr(world, attribute) for name, attribute in links.items()}
        values = values_of(factory, by=by, **given)
        kind = factory._meta.model.kind
        body = {name: _as_json(value) for name, value in values.items()}
        model = factory._meta.model
        form = {
            name: json.dumps(value)
            if isinstance(model._meta.get_field(name), DocumentField)
            else _in_form(value)
            for name, value in values.items()
        }
        add = f"/admin/registry/{factory._meta.model._meta.model_name}/add/"
        return Try("POST", f"/api/{kind}/", body, f"/{kind}/new/", form, add)

    return make


def _as_json(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_json(one) for one in value]
    if hasattr(value, "pk"):
        return value.pk
    return value if isinstance(value, bool | int | dict | None) else str(value)


def _in_form(value: Any) -> Any:
    shown = _as_json(value)
    if isinstance(shown, list):
        return " ".join(map(str, shown))
    return "" if shown is None else shown


def _change(attribute: str, **values: Any) -> Callable[[World, User], Try]:
    def make(world: World, by: User) -> Try:
        record = getattr(world, attribute)
        return Try("PATCH", path_of(record), values)

    return make


def _at(
    attribute: str, step: str, page: str = "", **body: str
) -> Callable[[World, User], Try]:
    """Try what an address below a record does."""

    def make(world: World, by: User) -> Try:
        record = getattr(world, attribute)
        there = f"/{record.kind}/{record.pk}/{page or step}/"
        return Try("POST", f"{path_of(record)}{step}/", body, there, body)

    return make


def _delete(attribute: str) -> Callable[[World, User], Try]:
    def make(world: World, by: User) -> Try:
        record = getattr(world, attribute)
        model = type(record)._meta.model_name
        admin = f"/admin/registry/{model}/{record.pk}/delete/"
        return Try("DELETE", path_of(record), admin=admin)

    return make


def _read(world: World, by: User) -> Try:
    return Try("GET", path_of(world.thing))


def _private(tried: Callable[[World, User], Try]) -> Callable[[World, User], Try]:
    """Try what strangers with an account are told is not there, in the API alone."""

    def make(world: World, by: User) -> Try:
        return replace(tried(world, by), admin="", refused=404)

    return make


def _contact(world: World, by: User) -> Try:
    of_author = _register(factories.AuthorContactFactory, author="author")(world, by)
    # the administration has contacts for administrators alone
    return replace(of_author, admin="")


def _read_contact(world: World, by: User) -> Try:
    return Try("GET", path_of(world.contact))


def _own_product(namespace: str) -> Callable[[World, User], Try]:
    """Try to register a data product of an own object in the owner's namespace."""
    return _register(factories.DataProductFactory, namespace=namespace)


def _further_version(world: World, by: User) -> Try:
    of = _register(factories.DataProductFactory, namespace="namespace")(world, by)
    of.body |= {"name": world.product.name, "version": "99.0.0"}
    of.form |= {"name": world.product.name, "version": "99.0.0"}
    return of


def _user_author(world: World, by: User) -> Try:
    links = {"user": world.owner.pk, "author": world.author.pk}
    add = "/admin/registry/userauthor/add/"
    return Try("POST", "/api/user_author/", links, "/user_author/new/", links, add)


def _component(world: World, by: User) -> Try:
    about = {"component_issues": [world.thing.components.get().pk]}
    body = {"description": "Row 7 is missing", "severity": 3, **about}
    form = body | {"component_issues": str(about["component_issues"][0])}
    return Try("POST", "/api/issue/", body, "/issue/new/", form)


TRIES: dict[str, Callable[[World, User], Try]] = {
    "read a record": _read,
    "register an object": _register(factories.ObjectFactory),
    "register a keyword of the object": _register(
        factories.KeywordFactory, object="thing"
    ),
    "register a component of the object": _register(
        factories.ObjectComponentFactory, object="thing"
    ),
    "register an issue with the object": _component,
    "register a key value of the object": _register(
        factories.KeyValueFactory, object="thing"
    ),
    "register a licence of the object": _register(
        factories.LicenceFactory, object="thing"
    ),
    "register a quality mark of the object": _register(
        factories.QualityControlledFactory, object="thing"
    ),
    "register a code release of the object": _register(
        factories.CodeRepoReleaseFactory, object="thing"
    ),
    "register a dataset template": _register(
        factories.DatasetTemplateFactory, replaces="nothing"
    ),
    "register the next version of the dataset template": _register(
        factories.DatasetTemplateFactory, replaces="template"
    ),
    "register a workflow template": _register(
        factories.WorkflowTemplateFactory, replaces="nothing"
    ),
    "register a model run": _register(factories.ModelRunFactory),
    "register an external object of the data product": _register(
        factories.ExternalObjectFactory, data_product="product"
    ),
    "register a data product of the object": _register(
        factories.DataProductFactory, object="thing"
    ),
    "register a data product in the open namespace": _own_product("namespace"),
    "register a data product in the closed namespace": _own_product("closed"),
    "register a further version of the data product": _further_version,
    "link an author to the account of the owner": _user_author,
    "register a contact of the author": _contact,
    "read the contact": _private(_read_contact),
    "change the contact": _private(_change("contact", email="a@example.org")),
    "delete the contact": _private(_delete("contact")),
    "change the object": _change("thing", description="Other words"),
    "change the data product": _change("product", version="98.0.0"),
    "change the issue": _change("issue", severity=7),
    "change the run": _change("run", description="Other words"),
    "delete the run": _delete("run"),
    "correct the model run": _change(
        "model_run", description="Other words", reason="It was wrong."
    ),
    "delete the model run": _delete("model_run"),
    "take the keyword away": _delete("keyword"),
    "withdraw the object": _at("thing", "withdraw", reason="It was wrong."),
    "withdraw the licence of the object": _at("licence", "withdraw", reason="No."),
    "put the withdrawn issue back": _at("gone", "put_back", "put-back"),
    "name a co-owner of the object": _at("thing", "co_owners", "people", user="dora"),
    "name a member of the namespace": _at(
        "namespace", "members", "people", user="dora"
    ),
    "close the namespace": _at("namespace", "close"),
    "open the closed namespace": _at("closed", "open"),
}


@pytest.fixture
def world() -> World:
    """Return the records of the owner, and the four people."""
    UserFactory(username="dora")
    return World()


@pytest.fixture
def site(world: World) -> Callable[[str], Client]:
    """Return a browser of a person."""

    def sign_in(person: str) -> Client:
        client = Client()
        user = world.people[person]
        if user is not None:
            client.force_login(user)
        return client

    return sign_in


CASES = [
    pytest.param(what, person, cell == "yes", id=f"{what}, {person}")
    for what, cells in ROWS.items()
    for person, cell in zip(PEOPLE, cells, strict=True)
]


def test_the_table_and_the_tests_have_the_same_rows() -> None:
    assert list(ROWS) == list(TRIES)


def _try(what: str, person: str, world: World) -> Try:
    user = world.people[person] or world.people["stranger"]
    assert user is not None
    return TRIES[what](world, user)


@pytest.mark.parametrize("what, person, allowed", CASES)
def test_the_api_does_as_the_table_says(
    world: World, what: str, person: str, allowed: bool
) -> None:
    tried = _try(what, person, world)
    answer = Api(world.people[person]).call(tried.method, tried.path, tried.body)
    content = answer.content.decode()
    if allowed:
        assert answer.status_code in {200, 201, 204}, content
    else:
        # people without an account are told to sign in before anything is looked for
        needs_account = person == "nobody" and tried.method != "GET"
        assert answer.status_code == (403 if needs_account else tried.refused), content
        assert "detail" in content


@pytest.mark.parametrize("what, person, allowed", CASES)
def test_the_forms_of_pages_do_as_the_table_says(
    world: World, site: Any, what: str, person: str, allowed: bool
) -> None:
    tried = _try(what, person, world)
    if not tried.page:
        return
    answer = site(person).post(tried.page, tried.form)
    if allowed:
        assert answer.status_code == 302, answer.content.decode()
        assert "/sign-in" not in answer["Location"]
    else:
        assert answer.status_code in REFUSED
        assert answer.status_code == 403 or "/sign-in" in answer["Location"]


@pytest.mark.parametrize("what, person, allowed", CASES)
def test_the_administration_does_as_the_table_says(
    world: World, site: Any, what: str, person: str, allowed: bool
) -> None:
    tried = _try(what, person, world)
    if not tried.admin:
        return
    answer = site(person).get(tried.admin)
    if person == "curator":
        assert answer.status_code == (200 if allowed else 403)
    else:
        assert answer.status_code in REFUSED


def test_a_co_owner_and_a_member_count_as_owners(world: World) -> None:
    bob = world.people["stranger"]
    assert bob is not None
    name_co_owner(type(world.thing), world.thing.pk, bob.username, by=world.owner)
    name_co_owner(type(world.closed), world.closed.pk, bob.username, by=world.owner)
    for what in (
        "register a licence of the object",
        "register a data product of the object",
        "change the object",
        "register a data product in the closed namespace",
        "withdraw the object",
    ):
        tried = TRIES[what](world, bob)
        answer = Api(bob).call(tried.method, tried.path, tried.body)
        assert answer.status_code in {200, 201}, (what, answer.content)
