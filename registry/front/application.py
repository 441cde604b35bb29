"""The ASGI application that stands before a WSGI one."""

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

#: Threads that only read pieces of files.
_FILE_THREADS = 4
#: Seconds that a transfer waits for a place among others.
_WAIT_FOR_SLOT = 30.0


@dataclass(frozen=True)
class Limits:
    """What the front allows.

    ``threads`` is how many requests the application answers at the same time; half
    as many uploads, and half as many long answers, come on top. ``body`` is how many
    bytes a request may have before the application knows who sends it, ``bodies`` how
    many all requests may have together whose bodies are on their way. The paths that
    are ``urgent``, such as health checks, have a thread of their own.
    """

    threads: int
    body: int
    bodies: int
    transfer_timeout: TransferTimeout
    urgent: frozenset[str] = frozenset()


class Front:
    """Serves a WSGI application to any number of clients, however slow.

    ``address_of`` tells clients apart that compete for places, by the environment of
    a request; by default that is the other end of the connection.
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
        self.uploads = Slots(slow, seconds=_WAIT_FOR_SLOT)
        self.exports = Slots(slow, seconds=_WAIT_FOR_SLOT)
        self.threads = ThreadPoolExecutor(limits.threads, "request")
        self.urgent_threads = ThreadPoolExecutor(1, "urgent")
        self.upload_threads = ThreadPoolExecutor(slow, "upload")
        self.export_threads = ThreadPoolExecutor(slow, "export")
        self.file_threads = ThreadPoolExecutor(_FILE_THREADS, "file")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; other protocols than HTTP are closed."""
        if scope["type"] == "http":
            await RequestHandler(self, scope, receive, send).run()
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1000})

    async def call_application(
        self, threads: ThreadPoolExecutor, environ: Environ
    ) -> Response | BodyNeeded:
        """Call the application on a thread; return its answer, or what it lacks."""
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[Response | BodyNeeded] = loop.create_future()

        def deliver(outcome: Outcome) -> None:
            loop.call_soon_threadsafe(_set_outcome, answered, outcome)

        threads.submit(call_wsgi, self.application, environ, deliver)
        return await asyncio.shield(answered)

    @staticmethod
    async def run_in_thread(
        threads: ThreadPoolExecutor,
        work: Callable[Arguments, Result],
        *arguments: Arguments.args,
        **options: Arguments.kwargs,
    ) -> Result:
        """Do the work on a thread; it is done to its end even if the client leaves."""
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(threads, lambda: work(*arguments, **options))
        return await asyncio.shield(future)


def _set_outcome(
    answered: asyncio.Future[Response | BodyNeeded], outcome: Outcome
) -> None:
    """Pass an outcome on to whoever still waits for it."""
    if answered.done():
        return
    if isinstance(outcome, Response | BodyNeeded):
        answered.set_result(outcome)
    else:
        answered.set_exception(outcome)
        # no complaint where whoever waited for it is gone
        answered.exception()
