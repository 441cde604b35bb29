"""The agent for download, and its checksum."""

from __future__ import annotations

import hashlib

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from registry.execution.agent_archive import AGENT_FILE, agent_archive
from registry.http.conditional import tag_response


@require_safe
def program(request: HttpRequest) -> HttpResponse:
    """Send the agent as one file, which ``python3`` runs."""
    response = HttpResponse(agent_archive(), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{AGENT_FILE}"'
    return tag_response(request, response) or response


@require_safe
def checksum(request: HttpRequest) -> HttpResponse:
    """Send the SHA-256 of the agent, as ``sha256sum --check`` reads it."""
    digest = hashlib.sha256(agent_archive()).hexdigest()
    return HttpResponse(
        f"{digest}  {AGENT_FILE}\n", content_type="text/plain; charset=utf-8"
    )
