"""Who takes documents in."""

from __future__ import annotations

import pytest

from registry.identity.models import User
from tests import factories


@pytest.fixture
def user() -> User:
    """Return an account."""
    made: User = factories.registrar()
    return made
