"""OAuth clients and their sessions in the admin."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password
from django.test import Client
from oauth2_provider.models import Application

from registry.core.models import Event
from registry.identity.models import User
from registry.identity.oauth.clients import Grant, create_client
from registry.identity.oauth.models import ClientSession, DeviceCode
from registry.identity.services import create_user
from tests.admin.browsing import (
    add_path,
    change_path,
    fill_in,
    history_path,
    list_path,
    page_of,
    signed_in,
    staff,
    visit,
)
from tests.admin.checks import assert_usable
from tests.interop.oidc.issuer import (
    Program,
    api_status,
    authorize_device,
    device_client,
)

pytestmark = pytest.mark.django_db

SERVICE = {
    "client_id": "robot",
    "name": "The robot",
    "authorization_grant_type": Grant.SERVICE,
    "client_type": "confidential",
    "roles": ["job-service-admin"],
}


def _secret_in(answer: Any) -> str:
    page = page_of(answer)
    assert page.status == 200, page.errors
    assert_usable(page)
    assert "no-store" in answer["Cache-Control"]
    found = page.soup.select_one("#secret")
    assert found is not None
    return str(found["value"])


def test_the_secret_of_a_new_service_is_shown_once(
    curator: Client, administrator: User
) -> None:
    secret = _secret_in(fill_in(curator, add_path(Application), SERVICE))
    client = Application.objects.get(client_id="robot")
    assert check_password(secret, client.client_secret)
    assert {group.name for group in client.user.groups.all()} == {"job-service-admin"}
    event = Event.objects.get(kind="oauth_client")
    assert (event.by, event.action) == (administrator, "created")
    for path in (
        change_path(client),
        history_path(client),
        list_path(Application),
        list_path(Event),
    ):
        page = visit(curator, path)
        assert_usable(page)
        assert secret not in page.html
        assert client.client_secret not in page.html
    tokens = Program("robot", secret).post("/token", grant_type="client_credentials")
    assert tokens.status == 200


def test_a_public_client_has_no_secret_to_show(curator: Client) -> None:
    values = {
        **SERVICE,
        "authorization_grant_type": Grant.DEVICE,
        "client_type": "public",
        "roles": [],
    }
    assert fill_in(curator, add_path(Application), values).status_code == 302


@pytest.mark.parametrize(
    "wrong,complaint",
    [
        ({"client_type": "public"}, "needs a secret"),
        ({"authorization_grant_type": Grant.CODE, "roles": []}, "cannot be empty"),
        ({"client_id": "curator"}, "username must be unique"),
        (
            {"authorization_grant_type": Grant.CODE, "redirect_uris": "javascript:x"},
            "redirect",
        ),
    ],
)
def test_an_invalid_client_is_refused(
    curator: Client, wrong: dict[str, Any], complaint: str
) -> None:
    page = page_of(fill_in(curator, add_path(Application), SERVICE | wrong))
    assert complaint in page.text
    assert not Application.objects.exists()


def test_the_type_of_a_client_is_locked(curator: Client, administrator: User) -> None:
    made, _ = create_client(
        client_id="notebook",
        name="Notebook",
        grant=Grant.CODE,
        redirect_uris=["https://a.example.org/"],
    )
    values = {"name": "Notebooks", "redirect_uris": "https://b.example.org/"}
    assert fill_in(curator, change_path(made), values).status_code == 302
    kept = made.client_secret
    made.refresh_from_db()
    assert (made.name, made.redirect_uris) == ("Notebooks", "https://b.example.org/")
    assert (made.client_id, made.client_secret) == ("notebook", kept)
    changes = Event.objects.get(kind="oauth_client", action="updated").changes
    assert changes["name"] == ["Notebook", "Notebooks"]


def test_a_secret_can_be_replaced(curator: Client) -> None:
    made, old = create_client(client_id="robot", name="Robot", grant=Grant.SERVICE)
    form = {"action": "replace_secrets", "_selected_action": [made.pk]}
    new = _secret_in(curator.post(list_path(Application), form))
    for secret, status in ((old, 401), (new, 200)):
        answer = Program("robot", secret).post(
            "/token", grant_type="client_credentials"
        )
        assert answer.status == status


def test_the_secret_of_a_service_grants_no_further_permissions(curator: Client) -> None:
    made, old = create_client(
        client_id="robot", name="R", grant=Grant.SERVICE, roles=["sys-admin-admin"]
    )
    form = {"action": "replace_secrets", "_selected_action": [made.pk]}
    assert curator.post(list_path(Application), form).status_code == 302
    answer = Program("robot", old).post("/token", grant_type="client_credentials")
    assert answer.status == 200


def test_deleting_a_client_ends_its_access(curator: Client) -> None:
    client = device_client()
    tokens = authorize_device(create_user(username="anna"), Program("telescope"))
    path = re.sub("change/$", "delete/", change_path(client))
    assert "all its sessions" in visit(curator, path).text
    assert curator.post(path, {"post": "yes"}).status_code == 302
    assert not Application.objects.exists()
    assert api_status(tokens["access_token"]) == 401
    assert Event.objects.filter(kind="oauth_client", action="deleted").exists()


def test_sessions_can_be_revoked_and_show_no_secrets(
    curator: Client, administrator: User
) -> None:
    device_client()
    anna = create_user(username="anna")
    tokens = authorize_device(anna, Program("telescope"))
    session, code = ClientSession.objects.get(), DeviceCode.objects.get()
    hidden = [str(session.refresh_digest), session.sid, code.digest, code.user_code]
    for path in (
        list_path(ClientSession),
        change_path(session),
        list_path(DeviceCode),
        change_path(code),
    ):
        page = visit(curator, path)
        assert_usable(page)
        assert not [one for one in hidden if one in page.html]
    form = {"action": "revoke", "_selected_action": [session.pk]}
    assert curator.post(list_path(ClientSession), form).status_code == 302
    assert api_status(tokens["access_token"]) == 401
    event = Event.objects.get(action="session_revoked")
    assert (event.by, event.record_id) == (administrator, anna.pk)


@pytest.mark.parametrize(
    "model,name",
    [
        (Application, "client_secret"),
        (ClientSession, "refresh_digest"),
        (ClientSession, "sid"),
        (DeviceCode, "user_code"),
        (DeviceCode, "digest"),
    ],
)
def test_filters_do_not_reveal_secrets(root: Client, model: Any, name: str) -> None:
    answer = root.get(list_path(model), {f"{name}__startswith": "a"})
    assert answer.status_code in {302, 400}


def test_sessions_of_equal_accounts_are_not_revoked(
    curator: Client, superuser: User
) -> None:
    device_client()
    tokens = authorize_device(superuser, Program("telescope"))
    form = {"action": "revoke", "_selected_action": [ClientSession.objects.get().pk]}
    curator.post(list_path(ClientSession), form)
    assert api_status(tokens["access_token"]) == 200


def test_only_administrators_can_view_clients() -> None:
    client = device_client()
    browser = signed_in(staff("bert", "view_application", "change_application"))
    for path in (list_path(Application), change_path(client), add_path(Application)):
        assert browser.get(path).status_code == 403
