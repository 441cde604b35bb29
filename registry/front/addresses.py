"""Network addresses that identify clients for limits and lockouts."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

#: Length in bits of the IPv6 prefix that identifies one client.
_IPV6_PREFIX_LENGTH = 64


def network_of(address: str) -> str:
    """Return the address under which limits and lockouts count a client.

    An internet provider gives each customer a whole IPv6 /64 (RFC 6177), so all of it
    counts as one client, under its first address. An IPv4 address counts alone, also if
    it is written as IPv6 (RFC 4291, section 2.5.5.2).
    """
    parsed = ip_address(address)
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    network = ip_network((int(parsed), _IPV6_PREFIX_LENGTH), strict=False)
    return str(network.network_address)


def network_of_peer(peer: Any) -> str:
    """Return the network of a socket's peer name.

    Clients on a Unix socket all have the same network, the empty string.
    """
    if not isinstance(peer, tuple):
        return ""
    # drop the zone id, which names a network interface of this machine
    return network_of(str(peer[0]).partition("%")[0])
