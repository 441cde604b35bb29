"""Which clients are told apart by their addresses."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

#: Bits of an IPv6 address that tell one client from another.
_COUNTED_PREFIX = 64


def network_of(address: str) -> str:
    """Return the address that limits and lockout count for this one.

    One customer of a provider has a whole /64 of IPv6 (RFC 6177), so that all of it
    counts as one client; the answer is its first address. IPv4 counts by the single
    address, also where it is written as IPv6 (RFC 4291, section 2.5.5.2).
    """
    parsed = ip_address(address)
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    whole = ip_network((int(parsed), _COUNTED_PREFIX), strict=False)
    return str(whole.network_address)


def network_of_peer(peer: Any) -> str:
    """Return the network at the other end of a socket, whose name this is.

    On a Unix socket nobody is told apart.
    """
    if not isinstance(peer, tuple):
        return ""
    # without the name of an interface of ours
    return network_of(str(peer[0]).partition("%")[0])
