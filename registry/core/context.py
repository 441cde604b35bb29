"""What is known of the present piece of work, whoever asked for it.

The surfaces set these; the log and the events read them, so that neither needs to
know of requests.
"""

from __future__ import annotations

from contextvars import ContextVar

#: The id under which this request's lines stand in the log.
request_id: ContextVar[str] = ContextVar("request_id", default="-")
#: The program that asks, as it names itself; at most 200 characters.
client: ContextVar[str] = ContextVar("client", default="")
#: The network address that asks; empty where nothing came by a network.
address: ContextVar[str] = ContextVar("address", default="")
