"""Fixtures of users of the admin."""

from __future__ import annotations

import pytest
from django.test import Client

from registry.identity.models import User
from registry.identity.services import create_user
from tests.admin.browsing import PASSWORD, signed_in


@pytest.fixture
def administrator(db: None) -> User:
    """Return a curator: staff, with the role of an administrator."""
    return create_user(
        username="curator",
        password=PASSWORD,
        is_staff=True,
        roles=["entity-registry-admin"],
    )


@pytest.fixture
def superuser(db: None) -> User:
    """Return a superuser."""
    return create_user(username="root", password=PASSWORD, is_superuser=True)


@pytest.fixture
def curator(administrator: User) -> Client:
    """Return the browser of the curator."""
    return signed_in(administrator)


@pytest.fixture
def root(superuser: User) -> Client:
    """Return the browser of the superuser."""
    return signed_in(superuser)
