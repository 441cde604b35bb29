"""Context variables of the current request or command.

The surfaces set them; the log and the events read them, so that neither depends on
requests.
"""

from __future__ import annotations

from contextvars import ContextVar

#: The id of the request, which is in all of its log lines.
request_id: ContextVar[str] = ContextVar("request_id", default="-")
#: The client program, by its own name; at most 200 characters.
client: ContextVar[str] = ContextVar("client", default="")
#: The network address of the client; empty if there is no network client.
address: ContextVar[str] = ContextVar("address", default="")
