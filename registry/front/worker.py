"""The worker of gunicorn that serves the front.

gunicorn's own worker for ASGI parses HTTP, strictly, and keeps the flow of reading and
writing in bounds. What is added here is what keeps connections from piling up: a
deadline for the headers of the first request too, one for the last bytes of an answer,
and a limit on connections, past which the one that has said nothing for longest ends.
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

#: Seconds for which a thread that computes keeps the others waiting. Python's own 5 ms
#: are waited for at each step of a request, once for each thread that computes.
SWITCH_INTERVAL = 0.0005
#: Bytes of answers that the system takes before the network has room for them.
_UNSENT = 128 * 1024
#: Seconds that a client has to read the end of its answer once its connection closes.
_LINGER = 10.0

# gunicorn's table lacks some that the registry answers, such as 412 and 416
for _status in HTTPStatus:
    _REASON_PHRASES.setdefault(_status.value, _status.phrase)


class FrontProtocol(ASGIProtocol):
    """A connection whose client has to get on with it."""

    #: where the client is, as far as clients are told apart
    network = ""
    _linger: asyncio.TimerHandle | None = None
    _has_finished = False

    def connection_made(self, transport: Any) -> None:
        """Begin; the first headers have as long to come as those of later requests."""
        super().connection_made(transport)
        self.network = network_of_peer(transport.get_extra_info("peername"))
        _keep_little_unsent(transport)
        self.worker.connections[self] = None
        self._arm_keepalive_timer()
        self.worker.close_excess_connections()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self.worker.connections.pop(self, None)
        if self._linger is not None:
            self._linger.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came; what no parser can read is refused."""
        try:
            super().data_received(data)
        except ValueError as error:
            # such as a length of thousands of digits
            self.log.debug("unreadable request: %s", error)
            self._send_error_response(400, "The request cannot be read.")
            self._close_transport()

    def eof_received(self) -> bool:
        """Take a client that has finished sending for one that is about to leave.

        A short answer still reaches it. A long one is not made for it: most clients
        that close their side are gone, which only the next write would tell.
        """
        self._has_finished = True
        receiver = self._body_receiver
        if receiver is not None:
            receiver.signal_disconnect()
        return not self.is_idle

    def _arm_keepalive_timer(self) -> None:
        """Wait for the next request, unless there will be none."""
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
        """Refuse what no application can be asked about, in the form of the API."""
        answer = error_response(status, message)
        headers = answer.headers + [
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in extra_headers
        ]
        lines = [b"HTTP/1.1 %d %s" % (status, _REASON_PHRASES[status].encode())]
        lines += [name + b": " + value for name, value in headers]
        self._safe_write(b"\r\n".join(lines) + b"\r\n\r\n" + answer.body)

    def _build_http_scope(self, *args: Any) -> Any:
        return super()._build_http_scope(*args) | {
            CLIENT_DISCONNECTED: self._client_disconnected
        }

    def _client_disconnected(self) -> bool:
        return bool(self._closed or self._has_finished)

    @property
    def is_idle(self) -> bool:
        """Whether nothing was asked that is not answered."""
        return self._closed or self._current_request is None

    def end(self) -> None:
        """Close the connection, now that nothing is asked of us."""
        self._keepalive_timeout()

    def _close_transport(self) -> None:
        super()._close_transport()
        if self.transport is not None and self._linger is None:
            loop = self.worker.loop
            self._linger = loop.call_later(_LINGER, self.transport.abort)


def _keep_little_unsent(transport: Any) -> None:
    """Keep the system from taking megabytes for a client that does not read them."""
    connection = transport.get_extra_info("socket")
    if hasattr(socket, "TCP_NOTSENT_LOWAT") and connection.family != socket.AF_UNIX:
        option = socket.TCP_NOTSENT_LOWAT
        connection.setsockopt(socket.IPPROTO_TCP, option, _UNSENT)


class FrontWorker(ASGIWorker):
    """A process that serves the front."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: the connections, the oldest first
        self.connections: dict[FrontProtocol, None] = {}
        self._stopping = asyncio.Event()

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        """Accept any configuration: the front has threads of its own."""

    def init_process(self) -> None:
        """Serve, in a process of its own."""
        sys.setswitchinterval(SWITCH_INTERVAL)
        super().init_process()

    def close_excess_connections(self) -> None:
        """End connections while there are too many."""
        while len(self.connections) > self.worker_connections:
            ended = self._connection_to_close()
            del self.connections[ended]
            ended.end()

    def _connection_to_close(self) -> FrontProtocol:
        """Return the connection that is missed least: one of whoever has the most.

        It is the one that has waited longest for a request, or else the newest: those
        that fill a server with half a request on each connection push out each other.
        """
        numbers = Counter(one.network for one in self.connections)
        most = max(numbers.values())
        crowd = [one for one in self.connections if numbers[one.network] == most]
        # the newest of all has had no time yet to ask for anything
        newest = next(reversed(self.connections))
        waiting = (one for one in crowd if one.is_idle and one is not newest)
        return next(waiting, crowd[-1])

    def handle_exit_signal(self) -> None:
        """Stop, when the requests that are under way are answered."""
        super().handle_exit_signal()
        self._stopping.set()

    def handle_quit_signal(self) -> None:
        """Stop at once."""
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
