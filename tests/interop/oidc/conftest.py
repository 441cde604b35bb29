"""A person, and a client that can request to act for them."""

from __future__ import annotations

from typing import Any

import pytest

from registry.identity.models import User
from tests.factories import UserFactory
from tests.interop.oidc.issuer import (
    Answer,
    Program,
    authorize_device,
    claims_of_token,
    device_client,
)


@pytest.fixture
def person() -> User:
    person: User = UserFactory()
    return person


@pytest.fixture
def telescope() -> Program:
    return Program(device_client().client_id)


@pytest.fixture
def tokens(telescope: Program, person: User) -> Answer:
    """Return the tokens of a device that the person approved."""
    return authorize_device(person, telescope, scope="offline_access")


@pytest.fixture
def claims(tokens: Answer) -> dict[str, Any]:
    """Return the claims of the access token."""
    return claims_of_token(tokens["access_token"])
