"""Fixtures of the tests of the pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from playwright.sync_api import expect
from pytest_django import Settings

from tests.web.github import CLIENT_ID, CLIENT_SECRET, GitHub, Person, github_server
from tests.web.visits import Visit

NewVisit = Callable[[], Visit]

# A page that draws itself by scripts may take its time on a busy machine.
expect.set_options(timeout=60_000)


@pytest.fixture
def anna() -> Person:
    """Return a person with a GitHub account."""
    return Person(4711, "anna", "Anna Liese", orgs=["our-lab"])


@pytest.fixture
def github(anna: Person, settings: Settings) -> Iterator[GitHub]:
    """Run a fake GitHub for this process, in which Anna has an account."""
    with github_server(anna) as server:
        server.registry = "http://testserver"
        settings.SOCIAL_AUTH_GITHUB_KEY = CLIENT_ID
        settings.SOCIAL_AUTH_GITHUB_SECRET = CLIENT_SECRET
        settings.SOCIAL_AUTH_GITHUB_URL = server.url
        settings.SOCIAL_AUTH_GITHUB_API_URL = f"{server.url}/api/v3"
        yield server


@pytest.fixture
def new_visit(github: GitHub) -> NewVisit:
    """Return a function that opens another browser."""
    return lambda: Visit(Client(), github)


@pytest.fixture
def visit(new_visit: NewVisit) -> Visit:
    """Return a browser."""
    return new_visit()
