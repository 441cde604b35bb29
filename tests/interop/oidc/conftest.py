"""A person, and a program that may ask to act for them."""

from __future__ import annotations

import pytest

from registry.identity.models import User
from tests.factories import UserFactory
from tests.interop.oidc.issuer import Program, device_client


@pytest.fixture
def person() -> User:
    person: User = UserFactory()
    return person


@pytest.fixture
def telescope() -> Program:
    return Program(device_client().client_id)
