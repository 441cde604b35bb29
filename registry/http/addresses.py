"""The network address a request came from."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest


#: Bits of an IPv6 address that tell one client from another.
_COUNTED_PREFIX = 64
#: Stands for a client without an address, such as a proxy on a Unix socket.
NOWHERE = "0.0.0.0"  # noqa: S104


def client_address(request: HttpRequest) -> str:
    """Return the address of the client, past as many proxies as the operator has.

    Of ``X-Forwarded-For`` only the entries that our own proxies added are believed:
    the last ``REGISTRY_PROXIES`` of them. The answer is always a valid address: it is
    stored in columns that take nothing else.
    """
    return address_in(request.META)


def address_in(environ: Mapping[str, Any]) -> str:
    """Return the address of the client from the environment of a request."""
    address = str(environ.get("REMOTE_ADDR", ""))
    forwarded = str(environ.get("HTTP_X_FORWARDED_FOR", ""))
    if settings.PROXIES and forwarded:
        hops = forwarded.split(",")
        address = hops[-min(settings.PROXIES, len(hops))].strip()
    try:
        parsed = ip_address(address)
    except ValueError:
        return NOWHERE
    if isinstance(parsed, IPv6Address) and parsed.scope_id:
        # the name of an interface of ours, which no column of addresses takes
        parsed = IPv6Address(int(parsed))
    return str(parsed)


def client_network(request: HttpRequest) -> str:
    """Return what stands for the client where requests are counted."""
    return network_of(client_address(request))


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


def is_exempt(address: str) -> bool:
    """Tell whether the operator exempted this address from the rate limits."""
    if not settings.THROTTLE_EXEMPT:
        return False
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None) or parsed
    return any(mapped in network for network in settings.THROTTLE_EXEMPT)
