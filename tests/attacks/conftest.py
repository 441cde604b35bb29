"""Fixtures: a registry to attack, directly and behind the guide's proxy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from attacks.sample_data import SamplePaths, register_samples
from attacks.target import Target
from tests.attacks.proxy import Proxy, served_by_nginx
from tests.plugins.server import LiveRegistry, StartRegistry

#: The network that attackers and honest clients come from.
EXEMPT = "127.0.0.0/29"


@pytest.fixture(scope="package")
def attacked(start_registry: StartRegistry) -> LiveRegistry:
    """Return the registry that is attacked."""
    return start_registry()


@pytest.fixture(scope="package")
def target(attacked: LiveRegistry) -> Target:
    """Return the registry as a target."""
    return Target(attacked.url, attacked.token(), attacked.password, attacked.pid)


@pytest.fixture(scope="package")
def samples(target: Target) -> SamplePaths:
    """Return the paths of sample data in the registry."""
    return register_samples(target)


@pytest.fixture(scope="package")
def proxied(start_registry: StartRegistry) -> LiveRegistry:
    """Return a registry that trusts one proxy and has strict limits for others."""
    return start_registry(
        REGISTRY_HTTPS="1",
        REGISTRY_PROXIES="1",
        REGISTRY_URL="https://registry.example.org",
        # attackers and the tests name the machine, as nginx passes it on
        ALLOWED_HOSTS="registry.example.org,127.0.0.1",
        REGISTRY_THROTTLE_EXEMPT=EXEMPT,
        REGISTRY_THROTTLE_ANONYMOUS="5/day",
    )


@pytest.fixture(scope="package")
def proxy(proxied: LiveRegistry) -> Iterator[Proxy]:
    """Start nginx in front of the registry, configured as the guide says."""
    with served_by_nginx(proxied.url) as proxy:
        yield proxy


@pytest.fixture(scope="package")
def behind(proxied: LiveRegistry, proxy: Proxy) -> Target:
    """Return the registry behind the proxy as a target."""
    return Target(
        proxy.url,
        proxied.token(),
        proxied.password,
        proxied.pid,
        certificate=proxy.certificate,
    )
