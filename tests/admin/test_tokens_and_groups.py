"""API tokens, linked accounts and groups in the admin."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from social_django.models import UserSocialAuth

from registry.core.models import Event
from registry.identity.models import ApiToken, User
from registry.identity.services import create_user, issue_token, user_of_key
from tests import factories
from tests.admin.browsing import (
    PASSWORD,
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

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna() -> User:
    """Return an account without special permissions."""
    return create_user(username="anna", password=PASSWORD, full_name="Anna B.")


def test_tokens_are_shown_without_their_digests(root: Client, anna: User) -> None:
    assert "API token: none" in visit(root, change_path(anna)).text
    issue_token(user=anna, by=anna)
    token = ApiToken.objects.get()
    pages = [
        visit(root, change_path(anna)),
        visit(root, list_path(User)),
        visit(root, list_path(ApiToken)),
        visit(root, change_path(token)),
        visit(root, history_path(token)),
        visit(root, list_path(Event)),
    ]
    for page in pages:
        assert token.digest not in page.html
    for page in pages[:2]:
        assert f"made {token.created:%d %b %Y, %H:%M}" in page.text
    refused = root.get(list_path(ApiToken), {"digest__startswith": token.digest[:4]})
    assert refused.status_code in {302, 400}


@pytest.mark.parametrize("model", [User, ApiToken])
def test_the_service_revokes_tokens(
    curator: Client, administrator: User, anna: User, model: Any
) -> None:
    key = issue_token(user=anna, by=anna)
    name, row = {
        User: ("revoke_tokens", anna),
        ApiToken: ("revoke", ApiToken.objects.get()),
    }[model]
    form = {"action": name, "_selected_action": [row.pk]}
    assert curator.post(list_path(model), form).status_code == 302
    assert user_of_key(key) is None
    event = Event.objects.latest("pk")
    assert (event.action, event.by) == ("token_revoked", administrator)
    assert (event.kind, event.record_id) == ("users", anna.pk)
    assert "API tokens revoked: 1." in visit(curator, "/admin/").text


def test_tokens_of_equal_accounts_are_not_revoked(
    curator: Client, superuser: User
) -> None:
    key = issue_token(user=superuser, by=superuser)
    form = {"action": "revoke_tokens", "_selected_action": [superuser.pk]}
    curator.post(list_path(User), form)
    assert user_of_key(key) == superuser
    assert "skipped" in visit(curator, "/admin/").text


def test_view_permission_does_not_allow_to_revoke(anna: User) -> None:
    key = issue_token(user=anna, by=anna)
    client = signed_in(staff("bert", "view_user", "view_apitoken"))
    for model, name in ((User, "revoke_tokens"), (ApiToken, "revoke")):
        row = model._default_manager.latest("pk")
        client.post(list_path(model), {"action": name, "_selected_action": [row.pk]})
    assert user_of_key(key) == anna


def test_the_service_creates_and_changes_groups(
    curator: Client, administrator: User
) -> None:
    first, second = Permission.objects.filter(content_type__app_label="registry")[:2]
    answer = fill_in(
        curator, add_path(Group), {"name": "readers", "permissions": [first]}
    )
    assert answer.status_code == 302, page_of(answer).errors
    readers = Group.objects.get(name="readers")
    assert list(readers.permissions.all()) == [first]
    fill_in(curator, change_path(readers), {"name": "lookers", "permissions": [second]})
    readers.refresh_from_db()
    assert (readers.name, list(readers.permissions.all())) == ("lookers", [second])
    created, updated = Event.objects.filter(kind="groups").order_by("pk")
    assert (created.by, updated.by) == (administrator, administrator)
    assert updated.changes["permissions"] == [
        [f"registry.{first.codename}"],
        [f"registry.{second.codename}"],
    ]
    assert_usable(visit(curator, change_path(readers)))
    assert "lookers" in visit(curator, history_path(readers)).text


def test_group_names_are_unique(curator: Client) -> None:
    Group.objects.create(name="readers")
    page = page_of(fill_in(curator, add_path(Group), {"name": "readers"}))
    assert page.status == 200
    assert "Field name must be unique" in page.errors


def test_the_name_of_a_role_is_locked(curator: Client) -> None:
    [role] = Group.objects.filter(name="entity-registry-admin")
    assert "name" not in visit(curator, change_path(role)).form
    fill_in(curator, change_path(role), {"name": "readers"})
    role.refresh_from_db()
    assert role.name == "entity-registry-admin"


def test_staff_cannot_change_groups() -> None:
    group = Group.objects.create(name="readers")
    client = signed_in(
        staff("anna", "add_group", "change_group", "view_group", "view_permission")
    )
    assert client.post(change_path(group), {"name": "x"}).status_code == 403
    assert client.get(add_path(Group)).status_code == 403
    visit(client, change_path(group))


def test_autocomplete_finds_permissions(root: Client) -> None:
    query = {"app_label": "auth", "model_name": "group", "field_name": "permissions"}
    found = root.get("/admin/autocomplete/", query | {"term": "add_coderun"}).json()
    assert len(found["results"]) == 1
    assert not re.search("permission", visit(root, "/admin/").text, re.IGNORECASE)


def test_the_page_of_an_account_links_to_its_events(root: Client) -> None:
    run = factories.CodeRunFactory.create()
    page = visit(root, change_path(run.registered_by))
    [events] = page.soup.select(".related-lists a:-soup-contains('Events')")
    assert f"code run {run.pk}" in visit(root, str(events["href"])).text


def test_a_linked_account_is_shown_without_secrets(root: Client, anna: User) -> None:
    linked = UserSocialAuth.objects.create(
        user=anna, provider="github", uid="4711", extra_data={"access_token": "gho_1"}
    )
    for path in (list_path(UserSocialAuth), change_path(linked)):
        page = visit(root, path)
        assert "4711" in page.text
        assert "gho_1" not in page.html
    assert root.post(change_path(linked), {"uid": "1"}).status_code == 403
    assert root.get(add_path(UserSocialAuth)).status_code == 403
