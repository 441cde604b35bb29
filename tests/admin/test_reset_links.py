"""Administrators make links with which people choose a new password."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client

from registry.core.models import Event
from registry.identity.models import User
from registry.identity.services import create_user
from tests.admin.browsing import (
    PASSWORD,
    change_path,
    page_of,
    signed_in,
    staff,
    visit,
)
from tests.admin.checks import assert_usable

pytestmark = pytest.mark.django_db

BUTTON = ".object-tools form button"


@pytest.fixture
def anna() -> User:
    return create_user(username="anna", password=PASSWORD)


def _link_path(user: User) -> str:
    return f"/admin/registry/user/{user.pk}/reset-link/"


def test_an_administrator_makes_a_link(curator: Client, anna: User) -> None:
    form = visit(curator, change_path(anna)).soup.select_one(".object-tools form")
    assert form is not None
    assert (form["method"], form["action"]) == ("post", _link_path(anna))
    page = page_of(curator.post(_link_path(anna)))
    assert page.status == 200
    assert_usable(page)
    field = page.soup.select_one("input#link[readonly]")
    assert field is not None
    link = str(field["value"])
    assert link.startswith(f"{settings.REGISTRY_URL}/account/reset/?key=")
    parts = urlsplit(link)
    assert Client().get(f"{parts.path}?{parts.query}").status_code == 302
    # and is shown this once
    for path in (change_path(anna), "/admin/registry/event/"):
        assert parts.query not in visit(curator, path).html


def test_only_a_post_makes_a_link(curator: Client, anna: User) -> None:
    assert curator.get(_link_path(anna)).status_code == 405
    assert not Event.objects.filter(action="reset_link_made").exists()
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = curator.cookies
    assert strict.post(_link_path(anna)).status_code == 403
    assert curator.post("/admin/registry/user/987654/reset-link/").status_code == 302


def test_no_link_for_an_account_with_as_much_power(
    curator: Client, superuser: User
) -> None:
    other = create_user(username="other", roles=["sys-admin-admin"])
    bert = signed_in(staff("bert", "view_user", "change_user"))
    for client, account in ((curator, other), (curator, superuser), (bert, other)):
        assert not visit(client, change_path(account)).soup.select(BUTTON)
        assert client.post(_link_path(account)).status_code == 403
    assert not Event.objects.filter(action="reset_link_made").exists()


def test_no_link_for_oneself_nor_for_a_closed_account(
    curator: Client, administrator: User, anna: User
) -> None:
    User.objects.filter(pk=anna.pk).update(is_active=False)
    for account, why in ((administrator, "Change your own"), (anna, "is closed")):
        assert not visit(curator, change_path(account)).soup.select(BUTTON)
        page = page_of(curator.post(_link_path(account), follow=True))
        assert why in page.text


def test_curators_and_strangers_make_no_link(anna: User) -> None:
    keeper = signed_in(create_user(username="keeper", roles=["curator"]))
    assert keeper.post(_link_path(anna)).status_code == 403
    assert Client().post(_link_path(anna)).status_code == 302
    assert not Event.objects.filter(action="reset_link_made").exists()
