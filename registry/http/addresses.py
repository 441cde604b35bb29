"""The network address a request came from."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, Any

from django.conf import settings

from registry.front.addresses import network_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest


#: Stands for a client without an address, such as a proxy on a Unix socket.
UNKNOWN_ADDRESS = "0.0.0.0"  # noqa: S104


def client_address(request: HttpRequest) -> str:
    """Return the address of the client, past as many proxies as the operator has.

    Of ``X-Forwarded-For`` only the entries that our own proxies added are believed:
    the last ``REGISTRY_PROXIES`` of them. The answer is always a valid address: it is
    stored in columns that take nothing else.
    """
    return address_from_environ(request.META)


def address_from_environ(environ: Mapping[str, Any]) -> str:
    """Return the address of the client from the environment of a request."""
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
        # the name of an interface of ours, which no column of addresses takes
        parsed = IPv6Address(int(parsed))
    return str(parsed)


def client_network(request: HttpRequest) -> str:
    """Return what stands for the client where requests are counted."""
    return network_of(client_address(request))


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
