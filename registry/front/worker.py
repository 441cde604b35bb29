"""The gunicorn worker that serves the front.

gunicorn's own ASGI worker parses HTTP strictly and controls the flow of reading and
writing. This one keeps connections from piling up. It adds a deadline for the headers
of the first request, a deadline for the last bytes of a response, and a limit on the
number of connections, beyond which the one that was idle longest is closed.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from gunicorn.asgi.protocol import _REASON_PHRASES, ASGIProtocol
from gunicorn.workers.gasgi import ASGIWorker

from registry.front.addresses import network_of_peer
from registry.front.environ import CLIENT_DISCONNECTED
from registry.front.responses import error_response

#: Seconds for which a computing thread makes the others wait. With Python's default of
#: 5 ms, each step of a request waits that long for each computing thread.
SWITCH_INTERVAL = 0.0005
#: Bytes of a response that the system buffers before the network can send them.
_MAX_UNSENT_BYTES = 128 * 1024
#: Seconds that a client has to read the end of its response after the close.
_LINGER_SECONDS = 10.0

# gunicorn's table lacks some statuses that the registry uses, such as 412 and 416
for _status in HTTPStatus:
    _REASON_PHRASES.setdefault(_status.value, _status.phrase)


class FrontProtocol(ASGIProtocol):
    """A connection with deadlines for its client."""

    #: network of the client, as limits count it
    network = ""
    _linger: asyncio.TimerHandle | None = None
    _has_finished = False

    def connection_made(self, transport: Any) -> None:
        """Start the keep-alive timer, which limits the first headers as well."""
        super().connection_made(transport)
        self.network = network_of_peer(transport.get_extra_info("peername"))
        _keep_little_unsent(transport)
        self.worker.connections[self] = None
        self._arm_keepalive_timer()
        self.worker.close_excess_connections()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self.worker.connections.pop(self, None)
        if self._linger is not None:
            self._linger.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse received data; answer 400 if the parser fails on it."""
        try:
            super().data_received(data)
        except ValueError as error:
            # for example a length of thousands of digits
            self.log.debug("unreadable request: %s", error)
            self._send_error_response(400, "The request cannot be read.")
            self._close_transport()

    def eof_received(self) -> bool:
        """Treat a client that has finished sending as one that is about to disconnect.

        It still gets a short response. A long response is not produced: most clients
        that close their side are gone, which only the next write would show.
        """
        self._has_finished = True
        receiver = self._body_receiver
        if receiver is not None:
            receiver.signal_disconnect()
        return not self.is_idle

    def _arm_keepalive_timer(self) -> None:
        """Wait for the next request; close if the client has finished sending."""
        if self._has_finished:
            self.end()
        else:
            super()._arm_keepalive_timer()

    def _send_error_response(
        self,
        status: int,
        message: str,
        extra_headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Send an error in the API's format for a request that cannot be parsed."""
        response = error_response(status, message)
        headers = response.headers + [
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in extra_headers
        ]
        lines = [b"HTTP/1.1 %d %s" % (status, _REASON_PHRASES[status].encode())]
        lines += [name + b": " + value for name, value in headers]
        self._safe_write(b"\r\n".join(lines) + b"\r\n\r\n" + response.body)

    def _build_http_scope(self, *args: Any) -> Any:
        return super()._build_http_scope(*args) | {
            CLIENT_DISCONNECTED: self._client_disconnected
        }

    def _client_disconnected(self) -> bool:
        return bool(self._closed or self._has_finished)

    @property
    def is_idle(self) -> bool:
        """Whether no request is being answered."""
        return self._closed or self._current_request is None

    def end(self) -> None:
        """Close the idle connection."""
        self._keepalive_timeout()

    def _close_transport(self) -> None:
        super()._close_transport()
        if self.transport is not None and self._linger is None:
            loop = self.worker.loop
            self._linger = loop.call_later(_LINGER_SECONDS, self.transport.abort)


def _keep_little_unsent(transport: Any) -> None:
    """Keep the system from buffering megabytes for a client that does not read."""
    connection = transport.get_extra_info("socket")
    if hasattr(socket, "TCP_NOTSENT_LOWAT") and connection.family != socket.AF_UNIX:
        option = socket.TCP_NOTSENT_LOWAT
        connection.setsockopt(socket.IPPROTO_TCP, option, _MAX_UNSENT_BYTES)


class FrontWorker(ASGIWorker):
    """A worker process that serves the front."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: open connections, oldest first
        self.connections: dict[FrontProtocol, None] = {}
        self._stopping = asyncio.Event()

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        """Accept any configuration: the front has its own threads."""

    def init_process(self) -> None:
        """Set the thread switch interval, and serve."""
        sys.setswitchinterval(SWITCH_INTERVAL)
        super().init_process()

    def close_excess_connections(self) -> None:
        """Close connections while there are more than the limit."""
        while len(self.connections) > self.worker_connections:
            ended = self._connection_to_close()
            del self.connections[ended]
            ended.end()

    def _connection_to_close(self) -> FrontProtocol:
        """Return the connection to close: one of the network that has the most.

        It is the connection that has been idle longest, or else the newest: clients
        that fill a server with unfinished requests push out each other.
        """
        numbers = Counter(one.network for one in self.connections)
        most = max(numbers.values())
        crowd = [one for one in self.connections if numbers[one.network] == most]
        # the newest of all has had no time yet to send a request
        newest = next(reversed(self.connections))
        waiting = (one for one in crowd if one.is_idle and one is not newest)
        return next(waiting, crowd[-1])

    def handle_exit_signal(self) -> None:
        """Stop after the running requests are answered."""
        super().handle_exit_signal()
        self._stopping.set()

    def handle_quit_signal(self) -> None:
        """Stop immediately."""
        super().handle_quit_signal()
        self._stopping.set()

    async def _serve(self) -> None:
        for listener in self.sockets:
            server = await self.loop.create_server(
                lambda: FrontProtocol(self), sock=listener.sock
            )
            self.servers.append(server)
        while self.alive and self.ppid == os.getppid():
            self.notify()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), 1.0)
        await self._shutdown()

    async def _shutdown(self) -> None:
        for connection in [one for one in self.connections if one.is_idle]:
            connection.end()
        await super()._shutdown()
