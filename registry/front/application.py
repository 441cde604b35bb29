"""The ASGI application that serves a WSGI application."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from registry.front.address_limiter import AddressLimiter
from registry.front.bodies import BodyNeeded
from registry.front.body_receiver import BodyBudget, Receive
from registry.front.environ import Environ, Scope, remote_address
from registry.front.request_handler import RequestHandler, Send
from registry.front.responses import Application, Outcome, Response, call_wsgi
from registry.front.slots import Slots
from registry.front.spool import SpoolSpace
from registry.front.transfer_timeouts import TransferTimeout

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

#: Number of threads that only read files.
_FILE_THREADS = 4
#: Seconds that a transfer waits for a free slot.
_SLOT_TIMEOUT = 30.0


@dataclass(frozen=True)
class Limits:
    """The limits of the front.

    ``threads`` is the number of requests that the application answers at the same time;
    in addition there are half as many threads for uploads, and half as many for long
    responses. ``body`` is the maximum size in bytes of a request body while the client
    is not authenticated, ``bodies`` the maximum size of all bodies that are arriving.
    ``urgent`` paths, such as health checks, have a thread of their own.
    """

    threads: int
    body: int
    bodies: int
    transfer_timeout: TransferTimeout
    urgent: frozenset[str] = frozenset()


class Front:
    """Serve a WSGI application to any number of clients, however slow.

    ``address_of`` returns the address of a client from the environment of a request.
    Slots are shared fairly among these addresses. The default is the address at the
    other end of the connection.
    """

    def __init__(
        self,
        application: Application,
        limits: Limits,
        address_of: Callable[[Environ], str] = remote_address,
    ) -> None:
        slow = max(1, limits.threads // 2)
        self.application = application
        self.limits = limits
        self.address_of = address_of
        self.budget = BodyBudget(limits.bodies)
        self.spool_space = SpoolSpace()
        self.address_limiter = AddressLimiter(max(1, limits.threads // 4))
        self.requests = Slots(limits.threads)
        self.uploads = Slots(slow, seconds=_SLOT_TIMEOUT)
        self.exports = Slots(slow, seconds=_SLOT_TIMEOUT)
        self.threads = ThreadPoolExecutor(limits.threads, "request")
        self.urgent_threads = ThreadPoolExecutor(1, "urgent")
        self.upload_threads = ThreadPoolExecutor(slow, "upload")
        self.export_threads = ThreadPoolExecutor(slow, "export")
        self.file_threads = ThreadPoolExecutor(_FILE_THREADS, "file")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request; close connections of other protocols."""
        if scope["type"] == "http":
            await RequestHandler(self, scope, receive, send).run()
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1000})

    async def call_application(
        self, threads: ThreadPoolExecutor, environ: Environ
    ) -> Response | BodyNeeded:
        """Call the application on a thread; return its response or ``BodyNeeded``."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Response | BodyNeeded] = loop.create_future()

        def deliver(outcome: Outcome) -> None:
            loop.call_soon_threadsafe(_set_outcome, future, outcome)

        threads.submit(call_wsgi, self.application, environ, deliver)
        return await asyncio.shield(future)

    @staticmethod
    async def run_in_thread(
        threads: ThreadPoolExecutor,
        work: Callable[Arguments, Result],
        *arguments: Arguments.args,
        **options: Arguments.kwargs,
    ) -> Result:
        """Run a function on a thread, to its end even if the client disconnects."""
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(threads, lambda: work(*arguments, **options))
        return await asyncio.shield(future)


def _set_outcome(
    future: asyncio.Future[Response | BodyNeeded], outcome: Outcome
) -> None:
    """Set the outcome of a call, unless the future was cancelled."""
    if future.done():
        return
    if isinstance(outcome, Response | BodyNeeded):
        future.set_result(outcome)
    else:
        future.set_exception(outcome)
        # mark it as retrieved: asyncio would log it if nobody awaits the future
        future.exception()
