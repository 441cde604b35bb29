"""The registry that the guides lead through."""

from __future__ import annotations

import pytest

from tests.plugins.server import LiveRegistry, StartRegistry


@pytest.fixture(scope="package")
def registry(start_registry: StartRegistry) -> LiveRegistry:
    """Start a registry with the example; what the guides add to it stays."""
    return start_registry(example=True)


@pytest.fixture(scope="package")
def token(registry: LiveRegistry) -> str:
    """Return a token of the administrator."""
    return registry.token()
