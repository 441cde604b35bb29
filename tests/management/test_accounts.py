"""The commands `create_user` and `create_token`."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from registry.core import context
from registry.core.models import Event
from registry.identity.models import User
from registry.identity.services import user_of_key

pytestmark = pytest.mark.django_db

Output = pytest.CaptureFixture[str]


def _answer(output: Output, *arguments: Any, **options: Any) -> str:
    call_command(*arguments, **options)
    return output.readouterr().out


def test_the_password_comes_from_the_environment_and_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.setenv("REGISTRY_PASSWORD", "fourteen days in bed")
    answer = _answer(capsys, "create_user", "anna")
    assert User.objects.get(username="anna").check_password("fourteen days in bed")
    assert answer == "Created the account anna.\n"


def test_without_the_variable_a_password_is_generated_and_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.delenv("REGISTRY_PASSWORD", raising=False)
    answer = _answer(capsys, "create_user", "anna")
    password = re.search(r"^Password: (\S{20,})$", answer, re.MULTILINE)
    assert password
    assert User.objects.get(username="anna").check_password(password[1])


def test_an_account_gets_the_values_of_the_options(capsys: Output) -> None:
    _answer(
        capsys,
        *("create_user", "anna", "--staff", "--email", "anna@example.org"),
        *("--full-name", "Anna B.", "--role", "private-data-read"),
        *("--role", "job-service-read"),
    )
    anna = User.objects.get(username="anna")
    assert (anna.is_staff, anna.is_superuser) == (True, False)
    assert (anna.email, anna.full_name) == ("anna@example.org", "Anna B.")
    roles = set(anna.groups.values_list("name", flat=True))
    assert roles == {"private-data-read", "job-service-read"}


def test_a_superuser_can_open_the_admin_pages(capsys: Output) -> None:
    _answer(capsys, "create_user", "root", "--superuser")
    root = User.objects.get(username="root")
    assert root.is_superuser
    assert root.is_staff


def test_a_taken_name_is_rejected(capsys: Output) -> None:
    _answer(capsys, "create_user", "anna")
    with pytest.raises(CommandError, match="username must be unique"):
        call_command("create_user", "anna")


def test_an_unknown_role_is_rejected_and_no_account_is_created() -> None:
    with pytest.raises(CommandError, match="private-data-read"):
        call_command("create_user", "anna", "--role", "emperor")
    assert not User.objects.filter(username="anna").exists()


def test_the_event_names_the_command_that_created_the_account(capsys: Output) -> None:
    _answer(capsys, "create_user", "anna")
    assert Event.objects.latest("pk").client == "manage.py create_user"
    assert context.client.get() == ""


def test_only_the_token_of_the_person_is_printed(capsys: Output) -> None:
    _answer(capsys, "create_user", "anna")
    answer = _answer(capsys, "create_token", "anna")
    assert re.fullmatch(r"[0-9a-f]{40}\n", answer)
    anna = user_of_key(answer.strip())
    assert anna
    assert anna.username == "anna"


def test_a_new_token_replaces_the_old_one(capsys: Output) -> None:
    _answer(capsys, "create_user", "anna")
    first = _answer(capsys, "create_token", "anna").strip()
    _answer(capsys, "create_token", "anna")
    assert user_of_key(first) is None


def test_a_token_for_an_unknown_account_is_rejected_with_advice() -> None:
    with pytest.raises(CommandError, match="create_user nobody"):
        call_command("create_token", "nobody")


def test_a_link_to_choose_a_password_is_printed(
    capsys: Output, client: Client, settings: Settings
) -> None:
    _answer(capsys, "create_user", "anna")
    link = _answer(capsys, "reset_link", "anna").strip()
    assert link.startswith(f"{settings.REGISTRY_URL}/account/reset/?key=")
    assert client.get(link.removeprefix(settings.REGISTRY_URL)).status_code == 302
    event = Event.objects.latest("pk")
    assert (event.action, event.client) == ("reset_link_made", "manage.py reset_link")


def test_a_link_for_an_unknown_or_closed_account_is_refused(capsys: Output) -> None:
    with pytest.raises(CommandError, match="no account 'nobody'"):
        call_command("reset_link", "nobody")
    _answer(capsys, "create_user", "anna")
    User.objects.update(is_active=False)
    with pytest.raises(CommandError, match="closed"):
        call_command("reset_link", "anna")
