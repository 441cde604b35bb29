"""Signing in with GitHub, and the accounts that it creates."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings
from social_django.models import UserSocialAuth

from registry.core.models import Event
from registry.identity.models import User
from registry.identity.services import create_user
from tests.web.conftest import NewVisit
from tests.web.github import GitHub, Person
from tests.web.visits import BEGIN, Visit, changed, text_of

pytestmark = pytest.mark.django_db

OWN_PATHS = [
    "/device?user_code=BCDF-GHJK",
    "/",
    "/account/",
    "/data_product/?name=a%2F*",
    "/search/?q=sir&page=2",
]
FOREIGN = [
    "https://evil.example.org/",
    "//evil.example.org/",
    "///evil.example.org",
    r"/\evil.example.org",
    r"\\evil.example.org",
    "http:evil.example.org",
    "javascript:alert(1)",
    "/\t/evil.example.org",
    "\n//evil.example.org",
    "evil.example.org",
    "web:home",
    "http://testserver/account/",
    "/social/complete/github/?error=access_denied",
]


def test_a_new_account_can_only_register_records(
    visit: Visit,
) -> None:
    answer = visit.sign_in()
    assert (answer.status_code, answer["Location"]) == (302, "/")
    user = visit.user
    assert user is not None
    assert (user.username, user.full_name) == ("anna", "Anna Liese")
    assert (user.email, user.orgs) == ("anna@example.org", ["our-lab"])
    assert (user.is_staff, user.is_superuser, user.is_active) == (False, False, True)
    assert not user.groups.exists()
    assert not user.user_permissions.exists()
    assert not user.has_usable_password()
    registered = visit.client.post("/api/namespace/", {"name": "anna"})
    assert registered.status_code == 201
    assert "Welcome" in visit.client.get("/").content.decode()


def test_a_new_account_writes_events(visit: Visit) -> None:
    visit.sign_in()
    user = visit.user
    assert user is not None
    events = Event.objects.filter(kind="users", record_id=user.pk).order_by("id")
    assert [(event.action, event.by, event.subject) for event in events] == [
        ("created", None, ""),
        ("account_linked", user, "anna at GitHub"),
        ("signed_in", user, ""),
    ]
    assert events[2].detail == {"with": "GitHub"}


def test_the_github_token_is_not_stored(visit: Visit, github: GitHub) -> None:
    visit.sign_in()
    (token,) = github.tokens
    assert UserSocialAuth.objects.get().extra_data == {"login": "anna"}
    assert token not in str(dict(visit.client.session))


def test_every_sign_in_updates_the_profile(
    visit: Visit, new_visit: NewVisit, anna: Person
) -> None:
    visit.sign_in()
    anna.name, anna.email, anna.orgs = "Anna L. Meyer", "a@uni.example.org", ["b", "a"]
    later = new_visit()
    later.sign_in()
    user = later.user
    assert user is not None
    assert (user.full_name, user.email) == ("Anna L. Meyer", "a@uni.example.org")
    assert user.orgs == ["a", "b"]
    changes = Event.objects.filter(action="updated", kind="users", record_id=user.pk)
    change = changes.latest("id")
    assert change.by == user
    assert change.changes["full_name"] == ["Anna Liese", "Anna L. Meyer"]


def test_a_missing_name_at_github_keeps_the_old_name(
    visit: Visit, new_visit: NewVisit, anna: Person
) -> None:
    visit.sign_in()
    anna.name = None
    new_visit().sign_in()
    assert User.objects.get(username="anna").full_name == "Anna Liese"


def test_people_are_identified_by_id(
    visit: Visit, new_visit: NewVisit, github: GitHub, anna: Person
) -> None:
    visit.sign_in()
    anna.login = "anna-meyer"
    renamed = new_visit()
    renamed.sign_in()
    assert renamed.user == visit.user
    assert renamed.user is not None
    assert renamed.user.username == "anna"
    github.visitor = Person(99, "anna")
    assert new_visit().sign_in().status_code == 409


def test_the_request_has_state_and_pkce(visit: Visit, github: GitHub) -> None:
    asked = [parse_qs(urlsplit(visit.begin()).query) for _ in range(2)]
    assert asked[0]["code_challenge_method"] == ["S256"]
    assert asked[0]["scope"] == ["user:email,read:org"]
    assert asked[0]["redirect_uri"] == ["http://testserver/social/complete/github/"]
    for secret in ("state", "code_challenge"):
        assert len(asked[0][secret][0]) >= 32
        assert asked[0][secret] != asked[1][secret]


@pytest.mark.parametrize("address", OWN_PATHS)
def test_a_sign_in_redirects_to_the_previous_page(visit: Visit, address: str) -> None:
    assert visit.sign_in(next=address)["Location"] == address


@pytest.mark.parametrize("address", FOREIGN)
def test_a_sign_in_never_redirects_to_another_site(visit: Visit, address: str) -> None:
    assert visit.sign_in(next=address)["Location"] == "/"


@pytest.mark.parametrize("address", FOREIGN)
def test_the_callback_cannot_change_the_redirect(visit: Visit, address: str) -> None:
    back = visit.at_github(visit.begin())
    assert visit.come_back(changed(back, next=address))["Location"] == "/"


def test_a_sign_in_creates_a_new_session(visit: Visit) -> None:
    address = visit.begin()
    before = visit.client.session.session_key
    visit.come_back(visit.at_github(address))
    assert visit.client.session.session_key != before


def test_a_callback_is_valid_once(visit: Visit, new_visit: NewVisit) -> None:
    back = visit.at_github(visit.begin())
    assert visit.come_back(back).status_code == 302
    assert visit.come_back(back).status_code == 400
    stolen = new_visit()
    assert stolen.come_back(back).status_code == 400
    assert stolen.user is None


def test_two_simultaneous_sign_ins_are_independent(visit: Visit) -> None:
    first, second = visit.begin(next="/search/"), visit.begin(next="/account/")
    assert visit.come_back(visit.at_github(first))["Location"] == "/search/"
    assert visit.come_back(visit.at_github(second))["Location"] == "/account/"


# --- Whom the registry is open to ---------------------------------------------------


@pytest.mark.parametrize(
    "users,orgs,allowed",
    [
        (set(), set(), True),
        ({"anna"}, set(), True),
        ({"ben"}, set(), False),
        (set(), {"our-lab", "partners"}, True),
        (set(), {"partners"}, False),
        ({"ben"}, {"our-lab"}, True),
        ({"anna"}, {"partners"}, True),
        ({"ben"}, {"partners"}, False),
    ],
)
def test_listed_people_can_sign_in(
    visit: Visit, settings: Settings, users: set[str], orgs: set[str], allowed: bool
) -> None:
    settings.SOCIAL_AUTH_GITHUB_ALLOWED_USERS = frozenset(users)
    settings.SOCIAL_AUTH_GITHUB_ALLOWED_ORGS = frozenset(orgs)
    answer = visit.sign_in()
    assert answer.status_code == (302 if allowed else 403)
    assert User.objects.filter(username="anna").exists() is allowed


def test_the_case_of_names_does_not_matter(
    visit: Visit, settings: Settings, anna: Person
) -> None:
    anna.orgs = ["Our-Lab"]
    settings.SOCIAL_AUTH_GITHUB_ALLOWED_ORGS = frozenset({"our-lab"})
    assert visit.sign_in().status_code == 302


def test_all_pages_of_organisations_are_read(
    visit: Visit, settings: Settings, anna: Person
) -> None:
    anna.orgs = [f"org-{number:03}" for number in range(230)]
    settings.SOCIAL_AUTH_GITHUB_ALLOWED_ORGS = frozenset({"org-229"})
    assert visit.sign_in().status_code == 302
    assert visit.user is not None
    assert visit.user.orgs == anna.orgs


def test_a_former_member_is_refused(
    visit: Visit, new_visit: NewVisit, settings: Settings, anna: Person
) -> None:
    settings.SOCIAL_AUTH_GITHUB_ALLOWED_ORGS = frozenset({"our-lab", "partners"})
    visit.sign_in()
    anna.orgs = []
    later = new_visit()
    answer = later.sign_in()
    assert answer.status_code == 403
    assert later.user is None
    said = text_of(answer)
    assert "not open to anna" in said
    assert "Members of our-lab or partners can sign in here" in said
    assert "Use another GitHub account" in said


def test_another_github_account_can_be_chosen(visit: Visit, github: GitHub) -> None:
    visit.sign_in()
    visit.begin(choose="1")
    assert parse_qs(urlsplit(visit.begin(choose="1")).query)["prompt"] == [
        "select_account"
    ]
    assert "prompt" not in parse_qs(urlsplit(visit.begin()).query)


def test_a_deactivated_account_is_refused(visit: Visit, new_visit: NewVisit) -> None:
    visit.sign_in()
    User.objects.filter(username="anna").update(is_active=False)
    later = new_visit()
    answer = later.sign_in()
    assert answer.status_code == 403
    assert "deactivated" in text_of(answer)
    assert later.user is None


def test_an_account_requires_a_verified_address(visit: Visit, anna: Person) -> None:
    anna.verified = False
    answer = visit.sign_in()
    assert answer.status_code == 403
    assert "no verified e-mail address" in text_of(answer)
    assert not User.objects.filter(username="anna").exists()


# --- Names that are taken -----------------------------------------------------------


@pytest.mark.parametrize("name", ["anna", "Anna", "ANNA"])
def test_a_local_account_with_the_same_name_is_not_used(
    visit: Visit, name: str
) -> None:
    local = create_user(username=name, password="opensesame", is_superuser=True)
    answer = visit.sign_in(next="/search/")
    assert answer.status_code == 409
    assert visit.user is None
    assert User.objects.count() == 1
    assert not UserSocialAuth.objects.exists()
    local.refresh_from_db()
    assert local.email == ""


def test_a_different_name_requires_consent(visit: Visit) -> None:
    create_user(username="anna", password="opensesame")
    page = visit.sign_in(next="/search/")
    assert "Continue as anna-github" in text_of(page)
    assert visit.sign_in(next="/search/", another_name="1")["Location"] == "/search/"
    assert visit.user is not None
    assert visit.user.username == "anna-github"


def test_a_second_taken_name_is_not_used(visit: Visit) -> None:
    for name in ("anna", "Anna-GitHub", "anna-github-2"):
        create_user(username=name, password="opensesame")
    visit.sign_in(another_name="1")
    assert visit.user is not None
    assert visit.user.username == "anna-github-3"


def test_an_existing_account_keeps_its_name(visit: Visit, new_visit: NewVisit) -> None:
    visit.sign_in()
    again = new_visit()
    again.sign_in(another_name="1")
    assert again.user == visit.user


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_simultaneous_first_sign_ins_create_one_account(
    new_visit: NewVisit,
) -> None:
    visits = [new_visit() for _ in range(4)]
    returns = [visit.at_github(visit.begin()) for visit in visits]
    barrier = Barrier(len(visits))

    def come_back(visit: Visit, address: str) -> int:
        try:
            barrier.wait()
            return int(visit.come_back(address).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(visits)) as threads:
        assert set(threads.map(come_back, visits, returns)) == {302}
    assert User.objects.filter(username__startswith="anna").count() == 1


# --- The buttons --------------------------------------------------------------------


def test_a_get_starts_no_sign_in(visit: Visit) -> None:
    answer = visit.client.get(BEGIN)
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in")
    assert not visit.client.session.keys()


def test_a_form_of_another_site_starts_no_sign_in(github: GitHub) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(BEGIN).status_code == 403


def test_attempts_are_counted_by_address(visit: Visit, settings: Settings) -> None:
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "login": (2, 3600)}
    visit.begin()
    visit.begin()
    answer = visit.client.post(BEGIN)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0


def test_the_page_and_the_menu_have_the_button(visit: Visit) -> None:
    for address in ("/sign-in?next=/search/", "/search/?q=a"):
        page = visit.client.get(address).content.decode()
        assert "<button>Sign in with GitHub</button>" in page
        assert "Sign in with a password" in page
    menu = visit.client.get("/search/?q=a").content.decode()
    assert '<input type="hidden" name="next" value="/search/?q=a">' in menu


def test_without_keys_the_page_says_how_to_set_it_up(client: Client) -> None:
    page = client.get("/sign-in").content.decode()
    assert "/docs/running/#github" in page
    assert "Sign in with GitHub" not in page
    assert 'name="password"' in page


@pytest.mark.parametrize("address", [BEGIN, "/account/github/link"])
def test_without_keys_github_sign_in_gets_404(client: Client, address: str) -> None:
    client.force_login(create_user(username="anna", password="opensesame"))
    assert client.post(address).status_code == 404
    assert client.get("/social/complete/github/?code=1&state=2").status_code == 404
