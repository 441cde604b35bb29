"""The guides contain every setting, every command and every endpoint."""

from __future__ import annotations

import re

import pytest
from django.core.management import get_commands
from django.test import Client

from registry.api.urls import OTHER_ADDRESSES, router
from registry.web.guides import folder
from tests.plugins.server import ROOT

pytestmark = pytest.mark.once


def _guide(name: str) -> str:
    return (folder() / f"{name}.md").read_text(encoding="utf-8")


def _variables() -> set[str]:
    """Return the variables of `.env.example`, which stand there commented out."""
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    return set(re.findall(r"^#?\s*([A-Z][A-Z0-9_]{3,})=", text, re.MULTILINE))


def _read_by_settings() -> set[str]:
    """Return the variables that the settings ask their environment for."""
    text = "".join(
        (ROOT / "config" / f"{name}.py").read_text(encoding="utf-8")
        for name in ("settings", "environment")
    )
    return set(re.findall(r'ENV\.\w+\(\s*"([A-Z0-9_]+)"', text))


def test_the_settings_are_found_here() -> None:
    assert {"REGISTRY_URL", "DATABASE_URL", "GITHUB_CLIENT_ID"} <= _variables()
    assert {"REGISTRY_URL", "DATABASE_URL", "SECRET_KEY"} <= _read_by_settings()


def test_every_setting_is_in_the_example() -> None:
    assert _read_by_settings() - _variables() == set()


@pytest.mark.parametrize("variable", sorted(_variables()))
def test_every_setting_is_in_the_guide(variable: str) -> None:
    assert f"`{variable}`" in _guide("running")


def test_every_setting_of_the_guide_exists() -> None:
    named = set(re.findall(r"^\| `([A-Z][A-Z0-9_]+)`", _guide("running"), re.MULTILINE))
    unknown = named - _variables()
    text = "".join(
        path.read_text(encoding="utf-8")
        for path in (
            ROOT / "config" / "environment.py",
            ROOT / "config" / "settings.py",
        )
    )
    # read before the settings, by the commands, and by the tests
    elsewhere = {"REGISTRY_PASSWORD", "TEST_DATABASE_URL"}
    assert {name for name in unknown - elsewhere if name not in text} == set()


def _commands() -> list[str]:
    return sorted(name for name, app in get_commands().items() if app == "registry")


@pytest.mark.parametrize("command", _commands())
def test_every_command_is_in_the_guide(command: str) -> None:
    assert re.search(rf"`{command}\b", _guide("running"))


def test_the_commands_are_found_here() -> None:
    folder = ROOT / "registry" / "management" / "commands"
    assert _commands() == sorted(file.stem for file in folder.glob("[!_]*.py"))


@pytest.mark.parametrize(
    "name", [*router.names, *(f.split("?")[0].strip("/") for f in OTHER_ADDRESSES)]
)
def test_every_endpoint_is_in_the_guide(name: str) -> None:
    assert re.search(rf"\b{re.escape(name)}\b", _guide("api"))


@pytest.mark.django_db
def test_the_endpoints_are_those_of_the_root() -> None:
    answer = Client().get("/api/", headers={"accept": "application/json"})
    assert set(answer.json()) == set(router.root_names)
    page = Client().get("/api/", headers={"accept": "text/html"}).content.decode()
    for name in router.names_outside_root:
        assert f'href="{name}/"' in page, name
