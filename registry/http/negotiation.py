"""Choose the format of a response, and with it the version of the API.

The REST framework ignores how much a client wants each media type. Here the one that it
wants most is sent, and nothing that it excludes (RFC 9110, section 12.5.1).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from django.http.request import MediaType
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation

if TYPE_CHECKING:
    from rest_framework.request import Request

#: The specificity of a media type with parameters, such as a version.
_WITH_PARAMETERS = 3


class Negotiation(DefaultContentNegotiation):
    """Sends what the client wants most; ``format`` in the address goes first."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[Any, str]:
        """Return the renderer and the media type, with the parameters of the client.

        A format in the address is sent whatever the header says, because many clients
        send the same header always. Raises ``NotAcceptable`` if nothing fits.
        """
        asked = format_suffix or request.query_params.get(
            self.settings.URL_FORMAT_OVERRIDE
        )
        if asked:
            renderers = self.filter_renderers(renderers, asked)
        wanted = self.get_accept_list(request) or ["*/*"]
        accepted = [MediaType(text) for text in wanted]
        offers = [
            (renderer, one)
            for renderer in renderers
            for one in _fits(renderer, accepted)
        ]
        if asked and not offers:
            offers = [(renderers[0], max(accepted, key=_rank))]
        if not offers:
            raise NotAcceptable(available_renderers=renderers)
        # of equal ones the first, which is the first renderer
        renderer, chosen = max(offers, key=lambda offer: _rank(offer[1]))
        return renderer, _with_parameters(renderer.media_type, chosen)


def _fits(renderer: Any, accepted: Sequence[MediaType]) -> Iterator[MediaType]:
    """Return what is accepted and fits a renderer.

    Of the media types without parameters, the most specific one says how much it is
    wanted: ``application/json;q=0, */*`` is anything but JSON.
    """
    fitting = [one for one in accepted if _is_of(renderer.media_type, one)]
    plain = [one for one in fitting if one.specificity < _WITH_PARAMETERS]
    if plain:
        fitting = [one for one in fitting if one not in plain]
        fitting.append(max(plain, key=lambda one: one.specificity))
    return (one for one in fitting if one.quality > 0)


def _is_of(media_type: str, accepted: MediaType) -> bool:
    main_type, _, sub_type = media_type.partition("/")
    return (accepted.main_type, accepted.sub_type) in {
        (main_type, sub_type),
        (main_type, "*"),
        ("*", "*"),
    }


def _rank(accepted: MediaType) -> tuple[float, int]:
    return accepted.quality, accepted.specificity


def _with_parameters(media_type: str, accepted: MediaType) -> str:
    """Return the media type of a renderer, with the parameters of the accepted one."""
    given = accepted.range_params.items()
    return "; ".join([media_type, *("=".join((name, str(one))) for name, one in given)])
