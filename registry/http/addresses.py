"""The network address of a client."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, Any

from django.conf import settings

from registry.front.addresses import network_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest


#: The address of a client without one, such as a proxy on a Unix socket.
UNKNOWN_ADDRESS = "0.0.0.0"  # noqa: S104


def client_address(request: HttpRequest) -> str:
    """Return the address of the client behind the operator's proxies.

    Only the entries of ``X-Forwarded-For`` that our own proxies added are trusted: the
    last ``REGISTRY_PROXIES`` of them. The result is always a valid address, because it
    is stored in columns that accept nothing else.
    """
    return address_from_environ(request.META)


def address_from_environ(environ: Mapping[str, Any]) -> str:
    """Return the address of the client from the WSGI environment of a request."""
    address = str(environ.get("REMOTE_ADDR", ""))
    forwarded = str(environ.get("HTTP_X_FORWARDED_FOR", ""))
    if settings.PROXIES and forwarded:
        hops = forwarded.split(",")
        address = hops[-min(settings.PROXIES, len(hops))].strip()
    try:
        parsed = ip_address(address)
    except ValueError:
        return UNKNOWN_ADDRESS
    if isinstance(parsed, IPv6Address) and parsed.scope_id:
        # drop the zone id: address columns do not accept it
        parsed = IPv6Address(int(parsed))
    return str(parsed)


def client_network(request: HttpRequest) -> str:
    """Return the network under which requests of the client are counted."""
    return network_of(client_address(request))


def is_exempt(address: str) -> bool:
    """Return whether the operator exempted this address from the rate limits."""
    if not settings.THROTTLE_EXEMPT:
        return False
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None) or parsed
    return any(mapped in network for network in settings.THROTTLE_EXEMPT)
