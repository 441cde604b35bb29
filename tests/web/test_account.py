"""The account page, signing in and out with a password, and the API token."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from registry.core.models import Event
from registry.identity.models import ApiToken, User
from registry.identity.services import issue_token
from tests.factories import (
    CodeRunFactory,
    NamespaceFactory,
    ObjectComponentFactory,
    ObjectFactory,
    UserFactory,
)
from tests.web.pages import link, main_of, page_of, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    user: User = UserFactory.create(
        username="rosalind",
        password="a long password",
        full_name="Rosalind Franklin",
        email="rosalind@example.org",
        orgs=["kings-college", "birkbeck"],
    )
    return user


@pytest.fixture
def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("page", ["/account/", "/get-token", "/revoke-token"])
def test_account_pages_require_signing_in(page: str) -> None:
    for method in ("get", "post"):
        answer = getattr(Client(), method)(page)
        assert answer.status_code == 302
        assert answer["Location"] == f"/sign-in?next={page}"


def test_the_account_page_shows_the_account(signed_in: Client) -> None:
    said = words_of(main_of(signed_in.get("/account/")))
    for text in (
        "Rosalind Franklin",
        "rosalind@example.org",
        "kings-college, birkbeck",
        "You have no roles. You can register records and change your own",
        "You have no token.",
        "Nothing yet.",
    ):
        assert text in said


def test_the_account_page_shows_the_roles() -> None:
    client = Client()
    roles = ["private-data-read", "entity-registry-admin"]
    client.force_login(UserFactory.create(roles=roles))
    said = words_of(main_of(client.get("/account/")))
    assert "entity-registry-admin Administrator: change what others" in said
    assert "private-data-read Download private data" in said
    client.force_login(UserFactory.create(is_superuser=True))
    assert "superuser" in words_of(main_of(client.get("/account/")))


def test_the_account_page_shows_the_newest_records(
    user: User, signed_in: Client
) -> None:
    NamespaceFactory.create(name="somebody-elses")
    namespace = NamespaceFactory.create(name="mine", by=user)
    thing = ObjectFactory.create(description="my object", by=user)
    ObjectComponentFactory.create(object=thing, name="my-part", by=user)
    run = CodeRunFactory.create(description="my run", by=user)
    gone = CodeRunFactory.create(description="a run that is gone", by=user)
    gone.delete()
    main = main_of(signed_in.get("/account/"))
    section = main.select_one("section[aria-labelledby=mine]")
    assert section is not None
    assert [words_of(a) for a in section.select("a")] == [
        str(run),
        f"my-part of object {thing.pk}",
        str(thing),
        "mine",
    ]
    assert link(section, "mine") == f"/namespace/{namespace.pk}/"


@pytest.mark.parametrize("page", ["/account/", "/get-token"])
def test_account_pages_are_not_cached(page: str, signed_in: Client) -> None:
    assert "no-store" in signed_in.get(page)["Cache-Control"]


def test_viewing_the_token_page_generates_no_token(signed_in: Client) -> None:
    for method in (signed_in.get, signed_in.head):
        method("/get-token")
        assert method("/revoke-token").status_code == 302
    assert not ApiToken.objects.exists()
    said = words_of(main_of(signed_in.get("/get-token")))
    assert "You have no token." in said


def test_a_token_is_shown_once_and_works(user: User, signed_in: Client) -> None:
    answer = signed_in.post("/get-token")
    assert "no-store" in answer["Cache-Control"]
    field = main_of(answer).select_one("input#key[readonly]")
    assert field is not None
    key = str(field["value"])
    assert re.fullmatch(r"[0-9a-f]{40}", key)
    for page in ("/get-token", "/account/"):
        shown = signed_in.get(page)
        assert key not in shown.content.decode()
        assert "It cannot be shown again" in words_of(main_of(shown))
    mine = Client(headers={"authorization": f"token {key}"})
    assert mine.get("/api/username/").json() == {"username": "rosalind"}
    assert Event.objects.filter(action="token_made", by=user).count() == 1


def test_a_new_token_replaces_the_old_one(user: User, signed_in: Client) -> None:
    old = issue_token(user=user, by=user)
    assert "Your earlier token, if you had one, is revoked." in words_of(
        main_of(signed_in.post("/get-token"))
    )
    assert ApiToken.objects.filter(user=user).count() == 1
    refused = Client(headers={"authorization": f"token {old}"}).get("/api/username/")
    assert refused.status_code == 401


def test_viewing_the_token_page_keeps_the_token(user: User, signed_in: Client) -> None:
    key = issue_token(user=user, by=user)
    for page in ("/get-token", "/revoke-token", "/account/"):
        signed_in.get(page)
    mine = Client(headers={"authorization": f"token {key}"})
    assert mine.get("/api/username/").status_code == 200


def test_a_post_revokes_the_token(user: User, signed_in: Client) -> None:
    key = issue_token(user=user, by=user)
    answer = signed_in.post("/revoke-token", follow=True)
    assert "Your API token was revoked." in words_of(main_of(answer))
    refused = Client(headers={"authorization": f"token {key}"}).get("/api/username/")
    assert refused.status_code == 401
    answer = signed_in.post("/revoke-token", follow=True)
    assert "You had no API token." in words_of(main_of(answer))


@pytest.mark.parametrize("page", ["/get-token", "/revoke-token", "/sign-out"])
def test_account_forms_require_the_csrf_token(page: str, user: User) -> None:
    key = issue_token(user=user, by=user)
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    main_of(client.post(page), 403)
    mine = Client(headers={"authorization": f"token {key}"})
    assert mine.get("/api/username/").status_code == 200
    assert client.get("/account/").status_code == 200


def test_signing_in_and_out(user: User) -> None:
    client = Client()
    page = page_of(client.get("/sign-in?next=/account/"))
    assert page.select_one("header summary") is not None
    form = {"username": "rosalind", "password": "a long password", "next": "/account/"}
    assert client.post("/sign-in", form)["Location"] == "/account/"
    summary = page_of(client.get("/account/")).select_one("header summary")
    assert summary is not None
    assert words_of(summary) == "Rosalind Franklin"
    assert client.get("/sign-in")["Location"] == "/"
    # a link elsewhere signs nobody out
    assert client.get("/sign-out").status_code == 405
    assert client.get("/account/").status_code == 200
    assert client.post("/sign-out")["Location"] == "/"
    assert client.get("/account/").status_code == 302


def test_a_wrong_password_keeps_the_user_name(user: User) -> None:
    form = {"username": "rosalind", "password": "not this one"}
    main = main_of(Client().post("/sign-in", form))
    alert = main.select_one("[role=alert]")
    assert alert is not None
    assert "correct username and password" in words_of(alert)
    name = main.select_one("input[name=username]")
    password = main.select_one("input[name=password]")
    assert name is not None
    assert password is not None
    assert name["value"] == "rosalind"
    assert not password.get("value")


def test_an_unknown_name_gets_the_same_message_as_a_wrong_password(user: User) -> None:
    said = []
    for name in ("rosalind", "nobody"):
        form = {"username": name, "password": "not this one"}
        alert = main_of(Client().post("/sign-in", form)).select_one("[role=alert]")
        assert alert is not None
        said.append(words_of(alert))
    assert said[0] == said[1]


def test_the_menu_depends_on_permissions(user: User) -> None:
    def menu(client: Client) -> list[str]:
        head = page_of(client.get("/search/")).select_one("header details.menu ul")
        assert head is not None
        return [words_of(one) for one in head.select("a, button")]

    everybody = ["Browse the API", "API documentation", "Guides"]
    assert menu(Client()) == ["Sign in", *everybody]
    client = Client()
    client.force_login(user)
    mine = ["Account", "Generate API token", "Revoke API token", *everybody]
    assert menu(client) == [*mine, "Sign out"]
    for lets_in in (
        {"is_staff": True},
        {"roles": ["entity-registry-admin"]},
        {"roles": ["curator"]},
    ):
        client.force_login(UserFactory.create(**lets_in))
        assert menu(client) == [*mine, "Administration", "Sign out"]
        assert client.get("/admin/").status_code == 200
