"""`run_example_agent`: do the work of the example's backend on this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from registry.execution.agent_archive import agent_archive
from registry.execution.models import Backend
from registry.identity.models import User
from registry.identity.services import issue_token
from registry.management.base import RegistryCommand
from registry.management.children import has_lost_parent
from registry.management.example.request import BACKEND, EXECUTOR

#: Seconds between two looks at the agent, before it is started again, and to its end.
_LOOK, _PAUSE, _GRACE = 1.0, 5.0, 20.0


class Command(RegistryCommand):
    help = (
        "Run an agent for the example's backend, as `make run` does. Its tasks run as "
        "processes of this account, which is no sandbox: use it on your own machine."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--parent", type=int, help="end together with the process of this id"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=EXECUTOR).first()
        if user is None or not Backend.objects.filter(slug=BACKEND).exists():
            self.stderr.write("There is no example to run: see load_example.")
            return
        command = _prepare(Path(settings.EXAMPLE_DIR) / "agent", user)
        connection.close()
        ended = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())

        def is_over(seconds: float) -> bool:
            return ended.wait(seconds) or has_lost_parent(options["parent"])

        _keep_running(command, is_over)


def _keep_running(command: list[str], is_over: Callable[[float], bool]) -> None:
    """Start a program again whenever it ends; ``is_over`` waits so many seconds."""
    while not is_over(0):
        program = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603
        while program.poll() is None:
            if is_over(_LOOK):
                _stop(program)
                return
        if is_over(_PAUSE):
            return


def _prepare(folder: Path, user: User) -> list[str]:
    """Write the agent and its token into a folder; return the command."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    program, token = folder / "registry-agent.pyz", folder / "token"
    program.write_bytes(agent_archive())
    with os.fdopen(os.open(token, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        file.truncate()
        file.write(issue_token(user=user, by=user))
    return [
        *(sys.executable, str(program), "--registry", settings.REGISTRY_URL),
        *("--backend", BACKEND, "--token-file", str(token)),
        *("--folder", str(folder / "work"), "--name", "this-machine"),
        # the example needs Python and a shell, which are here
        *("--allow-local-repositories", "--ignore-images", "--grace", "15"),
    ]


def _stop(agent: subprocess.Popen[bytes]) -> None:
    agent.terminate()
    try:
        agent.wait(_GRACE)
    except subprocess.TimeoutExpired:
        agent.kill()
