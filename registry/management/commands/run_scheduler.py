"""`run_scheduler`: do what time alone changes in run requests, until it is stopped."""

from __future__ import annotations

import logging
import signal
import threading
import time
from argparse import ArgumentParser
from typing import Any

from django.db import close_old_connections

from registry.execution.repositories import remove_unused_mirrors
from registry.execution.scheduler import PAUSE, tick
from registry.management.base import RegistryCommand
from registry.management.children import has_lost_parent

logger = logging.getLogger(__name__)

#: Mirrors of repositories go that were not read for so many days.
MIRROR_DAYS = 30
_DAY = 86_400


class Command(RegistryCommand):
    help = (
        "End leases of executors that are not heard of any more, stop tasks when a "
        "window of maintenance opens, make the jobs of large requests. `serve` does "
        "this itself unless REGISTRY_SCHEDULER=0; several at once do no harm."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--pause",
            type=float,
            default=PAUSE,
            help="seconds between two looks (default: %(default)s)",
        )
        parser.add_argument("--once", action="store_true", help="look once, and end")
        parser.add_argument(
            "--parent", type=int, help="end together with the process of this id"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            self.stdout.write(str(tick()))
            return
        ended = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
        _run(ended, options["pause"], options["parent"])


def _run(ended: threading.Event, pause: float, parent: int | None) -> None:
    """Tick after each pause, until this command or its parent ends."""
    tidied = ticked = 0.0
    while not ended.wait(min(1.0, pause)) and not has_lost_parent(parent):
        now = time.monotonic()
        if now - ticked >= pause:
            ticked = now
            _tick_once()
        if now - tidied > _DAY:
            tidied = now
            _tidy()


def _tidy() -> None:
    """Remove the mirrors of repositories that nobody asked for lately."""
    try:
        remove_unused_mirrors(MIRROR_DAYS)
    except OSError as error:
        logger.warning("unused mirrors were not removed: %s", error)


def _tick_once() -> None:
    """Tick; an error is logged, and the next tick tries again."""
    close_old_connections()
    try:
        tick()
    except Exception:
        logger.exception("a tick failed; the next one tries again")
