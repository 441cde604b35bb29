"""The client's address is found behind trusted proxies only."""

from __future__ import annotations

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from registry.front.addresses import network_of
from registry.http.addresses import UNKNOWN_ADDRESS, client_address


@pytest.mark.parametrize(
    "proxies,forwarded,address",
    [
        (0, "", "192.0.2.1"),
        (0, "198.51.100.7", "192.0.2.1"),
        (1, "", "192.0.2.1"),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "127.0.0.1, 198.51.100.7", "198.51.100.7"),
        (2, "127.0.0.1, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        (3, "198.51.100.7, 10.0.0.2", "198.51.100.7"),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "fe80::1%eth0", "fe80::1"),
        (1, "::ffff:198.51.100.7", "::ffff:c633:6407"),
        (1, "'; DROP TABLE", UNKNOWN_ADDRESS),
    ],
)
def test_only_entries_of_our_own_proxies_are_trusted(
    rf: RequestFactory,
    settings: Settings,
    proxies: int,
    forwarded: str,
    address: str,
) -> None:
    settings.PROXIES = proxies
    request = rf.get("/", REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR=forwarded)
    assert client_address(request) == address


def test_a_proxy_on_a_unix_socket_has_no_address(rf: RequestFactory) -> None:
    assert client_address(rf.get("/", REMOTE_ADDR="")) == UNKNOWN_ADDRESS


@pytest.mark.parametrize(
    "address,network",
    [
        ("198.51.100.7", "198.51.100.7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("2001:db8:1:2::1", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ("::1", "::"),
        (UNKNOWN_ADDRESS, UNKNOWN_ADDRESS),
    ],
)
def test_an_ipv6_network_counts_as_one_client(address: str, network: str) -> None:
    assert network_of(address) == network
