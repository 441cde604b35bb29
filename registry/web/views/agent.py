"""The agent for download, and its checksum."""

from __future__ import annotations

import hashlib

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from registry.execution.agent_archive import AGENT_FILE, agent_archive
from registry.http.conditional import format_etag


@require_safe
def program(request: HttpRequest) -> HttpResponseBase:
    """Send the agent as one file, which ``python3`` runs."""
    content = agent_archive()
    response = HttpResponse(content, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{AGENT_FILE}"'
    etag = format_etag(hashlib.sha256(content).hexdigest())
    response["ETag"] = etag
    found = get_conditional_response(request, etag=etag, response=response)
    return found or response


@require_safe
def checksum(request: HttpRequest) -> HttpResponse:
    """Send the SHA-256 of the agent, as ``sha256sum --check`` reads it."""
    digest = hashlib.sha256(agent_archive()).hexdigest()
    return HttpResponse(
        f"{digest}  {AGENT_FILE}\n", content_type="text/plain; charset=utf-8"
    )
