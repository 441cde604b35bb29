"""Event verbs, roles and keys are declared by the domains that have them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client

from registry.apps import VOCABULARIES
from registry.catalogue.keys import MEANINGFUL_KEYS
from registry.core.errors import InvalidInput
from registry.core.events import record_events
from registry.core.models import Event
from registry.core.verbs import VERBS, Verb
from registry.core.vocabularies import Vocabulary
from registry.identity import audit
from registry.identity.accounts import grant_role
from registry.identity.models import User
from registry.identity.oauth.tokens import user_claims
from registry.identity.requests import request_role
from registry.identity.roles import (
    ROLES,
    Role,
    effective_roles,
    is_administrator,
    role_groups,
)
from tests.api.client import Api, data_of
from tests.factories import UserFactory
from tests.web.pages import main_of, words_of

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parent.parent


@pytest.fixture
def administrator() -> User:
    user: User = UserFactory(is_superuser=True, is_staff=True)
    return user


@pytest.fixture
def browser(administrator: User) -> Client:
    client = Client()
    client.force_login(administrator)
    return client


@pytest.fixture
def danced() -> Iterator[Verb]:
    """Declare an event verb that no domain has."""
    verb = VERBS.declare(Verb("danced", "Danced on the table", is_visit=True))
    yield verb
    VERBS.withdraw(verb)


@pytest.fixture
def dancer() -> Iterator[Role]:
    """Declare a role that no domain has."""
    role = ROLES.declare(Role("dancer", "Dance on tables.", keycloak_client="ballroom"))
    yield role
    ROLES.withdraw(role)


# --- event verbs ----------------------------------------------------------------------


def test_a_declared_verb_is_recorded_by_the_services(danced: Verb) -> None:
    person = UserFactory()
    audit.record(danced, person=person)
    audit.record("danced", person=person)
    record_events("users", [person.pk], danced, by=person)
    events = Event.objects.filter(action="danced")
    assert [event.by_id for event in events] == [person.pk] * 3
    assert {event.get_action_display() for event in events} == {"Danced on the table"}


def test_a_declared_verb_is_a_filter_and_a_label(
    danced: Verb, administrator: User, browser: Client
) -> None:
    audit.record(danced, person=administrator)
    api = Api(administrator)
    [event] = data_of(api.get("/api/event/", {"action": "danced"}))["results"]
    assert event["action"] == "danced"
    refused = api.get("/api/event/", {"action": "sang"})
    assert refused.status_code == 400
    assert "danced" in refused.content.decode()
    page = main_of(browser.get("/event/", {"action": "danced"}))
    assert "Danced on the table" in words_of(page)
    assert page.select_one('option[value="danced"]')
    listed = browser.get("/admin/registry/event/", {"action__exact": "danced"})
    assert listed.content.decode().count("Danced on the table") >= 2


def test_a_declared_verb_has_its_meaning(danced: Verb) -> None:
    audit.record(danced, person=UserFactory())
    Event.objects.update(at="2000-01-01T00:00Z")
    call_command("forget_visits", "365")
    assert not Event.objects.filter(action="danced").exists()


def test_an_undeclared_verb_is_refused() -> None:
    person = UserFactory()
    waved = Verb("waved", "Waved")
    with pytest.raises(ValueError, match="waved is not declared"):
        audit.record(waved, person=person)
    with pytest.raises(ValueError, match="waved is not declared"):
        audit.record("waved", person=person)
    with pytest.raises(ValueError, match="waved is not declared"):
        record_events("users", [person.pk], waved, by=person)
    with pytest.raises(ValidationError, match="waved"):
        Event(kind="users", action="waved").full_clean()
    # the same name, but not the declared verb
    with pytest.raises(ValueError, match="signed_in is not declared"):
        audit.record(Verb("signed_in", "Signed in"), person=person)


def test_the_database_refuses_an_event_without_a_verb() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Event.objects.create(kind="users", action="")


@pytest.mark.parametrize("name", ["", "Danced", "danced now", "a_", "x" * 33])
def test_a_verb_that_does_not_fit_the_column_cannot_be_declared(name: str) -> None:
    with pytest.raises(ValueError, match="not a valid name"):
        Verb(name, "Danced")


# --- roles ----------------------------------------------------------------------------


def test_a_declared_role_can_be_requested_and_granted(
    dancer: Role, administrator: User
) -> None:
    person = UserFactory()
    request = request_role(role="dancer", reason="I like it.", by=person)
    assert grant_role(user=person, role="dancer", by=administrator)
    assert effective_roles(User.objects.get(pk=person.pk)) == {"dancer"}
    assert Event.objects.filter(action="role_granted", subject="dancer").exists()
    api = Api(administrator)
    [listed] = data_of(api.get("/api/role_request/", {"role": "dancer"}))["results"]
    assert listed["url"].endswith(f"/{request.pk}/")
    body = {"role": "dancer", "reason": "I like it, too."}
    assert Api(UserFactory()).post("/api/role_request/", body).status_code == 201


def test_a_declared_role_is_on_the_pages(dancer: Role, browser: Client) -> None:
    page = main_of(browser.get("/account/request-role/"))
    assert page.select_one('option[value="dancer"]')
    assert "Dance on tables." in words_of(page)
    account = UserFactory()
    for path in (f"user/{account.pk}/change/", "user/"):
        assert "dancer" in browser.get(f"/admin/registry/{path}").content.decode()


def test_a_declared_role_has_its_meaning(dancer: Role) -> None:
    captain = ROLES.declare(Role("captain", "Steer.", makes_administrator=True))
    try:
        assert is_administrator(UserFactory(roles=["captain"]))
    finally:
        ROLES.withdraw(captain)
    holder = UserFactory(roles=["dancer"])
    claims = user_claims(holder, ["profile"])
    assert claims["realm_access"] == {"roles": ["dancer"]}
    assert claims["resource_access"] == {
        "iceprod": {"roles": []},
        "ballroom": {"roles": ["dancer"]},
    }


def test_an_undeclared_role_is_refused(administrator: User) -> None:
    for name in ("dancer", "captain"):
        with pytest.raises(InvalidInput, match="choose from entity-registry-read"):
            role_groups([name])
        with pytest.raises(InvalidInput, match="Choose from entity-registry-read"):
            request_role(role=name, reason="I like it.", by=administrator)
        asked = Api(administrator).get("/api/role_request/", {"role": name})
        assert asked.status_code == 400


# --- all vocabularies -----------------------------------------------------------------


def test_a_new_word_needs_no_migration(danced: Verb, dancer: Role) -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


@pytest.mark.parametrize(
    "words", [VERBS, ROLES, MEANINGFUL_KEYS], ids=["verbs", "roles", "keys"]
)
def test_a_name_is_declared_once(words: Vocabulary[Verb]) -> None:
    word = next(iter(words.values()))
    with pytest.raises(ValueError, match=f"{word.name} is declared already"):
        words.declare(word)


def test_keys_with_a_meaning_are_explained_in_the_guide_and_the_description() -> None:
    guide = (ROOT / "docs/guide/file-access.md").read_text(encoding="utf-8")
    described = (ROOT / "docs/reference/openapi.yaml").read_text(encoding="utf-8")
    for key in MEANINGFUL_KEYS.values():
        assert f"`{key.name}` = `{key.value}`" in guide
        assert " ".join(key.meaning.split()) in " ".join(described.split())


def _declared_in(path: Path) -> set[str]:
    """Return the names of the verbs, roles and keys that a module declares."""
    return {
        call.args[0].value
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in {"Verb", "Role", "MeaningfulKey"}
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    }


def _named_in(path: Path) -> set[str]:
    """Return the strings of a module."""
    return {
        node.value
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


#: Roles in the provenance of a domain are other roles: those of W3C PROV.
MODULES = sorted(
    path for path in (ROOT / "registry").rglob("*.py") if "provenance" not in path.parts
)
DECLARED = {path: names for path in MODULES if (names := _declared_in(path))}


def test_every_module_that_declares_words_is_loaded_at_the_start() -> None:
    loaded = {ROOT / f"{name.replace('.', '/')}.py" for name in VOCABULARIES}
    assert set(DECLARED) == loaded | {ROOT / "registry/core/verbs.py"}
    names = {*VERBS, *ROLES, *MEANINGFUL_KEYS}
    assert set().union(*DECLARED.values()) == names


@pytest.mark.parametrize("domain", ["core", "storage", "identity", "catalogue", "runs"])
def test_a_domain_names_no_word_of_another(domain: str) -> None:
    folder = ROOT / "registry" / domain
    own = {*_declared_in(ROOT / "registry/core/verbs.py")}
    foreign: set[str] = set()
    for path, names in DECLARED.items():
        (own if path.is_relative_to(folder) else foreign).update(names)
    named = {path: _named_in(path) & (foreign - own) for path in folder.rglob("*.py")}
    assert {path: names for path, names in named.items() if names} == {}
