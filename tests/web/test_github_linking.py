"""Linking a GitHub account with an existing account."""

from __future__ import annotations

import pytest
from django.test import Client
from social_django.models import UserSocialAuth

from registry.core.models import Event
from registry.identity.models import User
from registry.identity.services import create_user
from tests.web.conftest import NewVisit
from tests.web.github import GitHub, Person
from tests.web.visits import LINK, Visit, text_of

pytestmark = pytest.mark.django_db

UNLINK = "/account/github/unlink"


@pytest.fixture
def local() -> User:
    """Return a local account, of a name that Anna has at GitHub."""
    return create_user(
        username="anna", password="opensesame", roles=["entity-registry-admin"]
    )


@pytest.fixture
def visit(visit: Visit, local: User) -> Visit:
    """Return a browser in which the local account is signed in."""
    visit.client.force_login(local, backend="django.contrib.auth.backends.ModelBackend")
    return visit


def test_a_requested_link_is_created(visit: Visit, local: User) -> None:
    assert "Link with GitHub" in visit.client.get("/account/").content.decode()
    assert visit.sign_in(LINK)["Location"] == "/account/"
    assert visit.user == local
    linked = UserSocialAuth.objects.get()
    assert (linked.user, linked.provider, linked.uid) == (local, "github", "4711")
    page = text_of(visit.client.get("/account/"))
    assert "You sign in with GitHub as anna" in page


def test_a_linked_account_can_sign_in_with_github(
    visit: Visit, new_visit: NewVisit, local: User
) -> None:
    visit.sign_in(LINK)
    later = new_visit()
    assert later.sign_in().status_code == 302
    user = later.user
    assert user == local
    assert user.full_name == "Anna Liese"
    assert [group.name for group in user.groups.all()] == ["entity-registry-admin"]
    assert user.has_usable_password()
    assert User.objects.count() == 1


def test_linking_writes_an_event(visit: Visit, local: User) -> None:
    visit.sign_in(LINK)
    event = Event.objects.get(action="account_linked", record_id=local.pk)
    assert (event.by, event.subject) == (local, "anna at GitHub")


def test_signing_in_never_links_an_account(
    visit: Visit, local: User, anna: Person
) -> None:
    anna.login = "annika"
    visit.sign_in()
    assert visit.user is not None
    assert visit.user.username == "annika"
    assert not UserSocialAuth.objects.filter(user=local).exists()


def test_a_sign_in_started_earlier_links_nothing(
    new_visit: NewVisit, local: User, anna: Person
) -> None:
    anna.login = "annika"
    visit = new_visit()
    back = visit.at_github(visit.begin())
    visit.client.post("/sign-in", {"username": "anna", "password": "opensesame"})
    assert visit.user == local
    visit.come_back(back)
    assert not UserSocialAuth.objects.filter(user=local).exists()


def test_a_link_is_created_only_for_the_requesting_account(visit: Visit) -> None:
    back = visit.at_github(visit.begin(LINK))
    session = dict(visit.client.session)
    other = create_user(username="ben", password="opensesame")
    visit.client.force_login(other)
    kept = visit.client.session
    kept.update({k: v for k, v in session.items() if k.startswith("github")})
    kept.save()
    answer = visit.come_back(back)
    assert answer.status_code == 400
    assert not UserSocialAuth.objects.exists()


def test_a_github_account_can_be_linked_once(visit: Visit, new_visit: NewVisit) -> None:
    new_visit().sign_in(another_name="1")
    answer = visit.sign_in(LINK)
    assert answer.status_code == 409
    assert "is linked with another account" in text_of(answer)
    assert UserSocialAuth.objects.get().user.username == "anna-github"


def test_an_account_is_linked_once(visit: Visit, github: GitHub) -> None:
    visit.sign_in(LINK)
    github.visitor = Person(99, "annika")
    answer = visit.sign_in(LINK)
    assert answer.status_code == 409
    assert "already linked" in text_of(answer)
    assert UserSocialAuth.objects.get().uid == "4711"


def test_denying_at_github_links_to_the_account_page(visit: Visit) -> None:
    answer = visit.sign_in(LINK, button="0")
    assert answer.status_code == 403
    assert "Back to your account" in text_of(answer)
    assert not UserSocialAuth.objects.exists()


def test_a_get_neither_links_nor_unlinks(visit: Visit, github: GitHub) -> None:
    assert visit.client.get(LINK)["Location"] == "/account/"
    assert not github.asked
    visit.sign_in(LINK)
    assert visit.client.get(UNLINK)["Location"] == "/account/"
    assert UserSocialAuth.objects.exists()


@pytest.mark.parametrize("address", [LINK, UNLINK])
def test_linking_requires_an_account(new_visit: NewVisit, address: str) -> None:
    answer = new_visit().client.post(address)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in?next=")


@pytest.mark.parametrize("address", [LINK, UNLINK])
def test_a_form_of_another_site_links_nothing(
    github: GitHub, local: User, address: str
) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(local)
    assert strict.post(address).status_code == 403


def test_an_unlinked_account_cannot_sign_in_with_github(
    visit: Visit, new_visit: NewVisit, local: User
) -> None:
    visit.sign_in(LINK)
    visit.client.post(UNLINK)
    assert "Link with GitHub" in visit.client.get("/account/").content.decode()
    assert new_visit().sign_in().status_code == 409
    event = Event.objects.get(action="account_unlinked", record_id=local.pk)
    assert (event.by, event.subject) == (local, "anna at GitHub")


def test_an_account_without_a_password_cannot_be_unlinked(new_visit: NewVisit) -> None:
    visit = new_visit()
    visit.sign_in()
    page = visit.client.post(UNLINK, follow=True)
    assert "you have no password" in text_of(page)
    assert "Unlink GitHub" not in text_of(page)
    assert UserSocialAuth.objects.exists()
