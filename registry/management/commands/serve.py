"""`serve`: serve the registry with gunicorn until it is stopped."""

from __future__ import annotations

import os
import resource
import shlex
import socket
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection

from registry.execution.models import Backend
from registry.management.base import RegistryCommand
from registry.management.children import start_beside
from registry.management.example.request import BACKEND
from registry.storage.maintenance import remove_abandoned_uploads

_MEMORY = Path("/dev/shm")  # noqa: S108


def gunicorn_arguments(host: str) -> list[str]:
    """Return the arguments of gunicorn, which logs only warnings and errors."""
    arguments = [
        "config.asgi",
        f"--bind={host}:{settings.PORT}",
        f"--workers={settings.WEB_CONCURRENCY}",
        "--worker-class=registry.front.worker.FrontWorker",
        f"--worker-connections={settings.CONNECTIONS}",
        # so that a thousand requests of a client use one connection
        "--keep-alive=15",
        # paths in filters can have 8192 characters
        "--limit-request-line=8190",
        # the same parser on each machine, whatever is installed there
        "--http-parser=python",
        # Django's settings decide which headers of a proxy to trust
        "--forwarded-allow-ips=",
        "--log-level=warning",
        "--no-control-socket",
        # workers share the memory of what is loaded before they start
        "--preload",
    ]
    if settings.WEB_CONCURRENCY > 1:
        # each worker gets a socket of its own, over which the kernel spreads the
        # connections; at a common one, a worker that is awake takes all of them
        arguments.append("--reuse-port")
    if _MEMORY.is_dir():
        # the heartbeat of a worker must not wait for a busy disk
        arguments.append(f"--worker-tmp-dir={_MEMORY}")
    return arguments


class Command(RegistryCommand):
    help = (
        "Serve the registry on PORT of this machine; Ctrl-C stops it. WEB_CONCURRENCY "
        "is the number of processes."
    )
    requires_migrations_checks = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--host",
            default="127.0.0.1",
            help="the address to listen on; 0.0.0.0 for all (default: 127.0.0.1)",
        )
        parser.add_argument(
            "--threads",
            type=int,
            default=settings.THREADS,
            help="requests that each process answers at the same time (default: "
            "REGISTRY_THREADS, or 8)",
        )
        parser.add_argument(
            "--example-agent",
            action="store_true",
            help="do the work of the example's backend too, on this machine",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        _require_free_port(options["host"])
        remove_abandoned_uploads()
        self.stdout.write(_start_message())
        self.stdout.flush()
        os.chdir(settings.BASE_DIR)
        # the worker processes read the settings again
        os.environ["REGISTRY_THREADS"] = str(options["threads"])
        _allow_open_files()
        # files of the database and the store are private to this account
        os.umask(0o077)
        if settings.RUN_SCHEDULER:
            start_beside("run_scheduler")
        if options["example_agent"] and Backend.objects.filter(slug=BACKEND).exists():
            start_beside("run_example_agent")
        connection.close()
        program = [sys.executable, "-m", "gunicorn"]
        arguments = gunicorn_arguments(options["host"])
        # replaces this process, so that the server receives the caller's signals
        os.execv(sys.executable, program + arguments)


def _allow_open_files() -> None:
    """Raise the limit of open files for all connections, as far as is allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(soft, min(hard, 4 * settings.CONNECTIONS + 1024))
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _require_free_port(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), settings.PORT))
        except OSError as error:
            raise CommandError(
                f"Cannot listen on port {settings.PORT} of {host}: {error.strerror}. "
                "Choose another, for example PORT=8123"
            ) from error


def _start_message() -> str:
    site, data = settings.REGISTRY_URL, settings.REGISTRY_DATA_DIR
    lines = [
        f"The registry is at {site}/",
        f"  sign in:    {site}/sign-in",
        f"              as 'admin', password in {data / 'admin-password'}",
        f"  API token:  {_format_command('create_token', 'admin')}",
        "  stop:       Ctrl-C",
    ]
    return "\n".join(lines)


def _format_command(*arguments: str) -> str:
    """Return the command line of a management command, for the project's folder."""
    python = Path(sys.executable)
    if python.is_relative_to(settings.BASE_DIR):
        python = python.relative_to(settings.BASE_DIR)
    typed = shlex.join([str(python), "manage.py", *arguments])
    data = settings.REGISTRY_DATA_DIR
    if data == settings.BASE_DIR / "var":
        return typed
    return f"REGISTRY_DATA_DIR={shlex.quote(str(data))} {typed}"
