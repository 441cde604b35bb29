"""The agent of a registry: it claims tasks, runs them and reports how they ended.

    python3 registry-agent.pyz --registry https://registry.example.org --backend SLUG

The token comes from a file (--token-file) or from REGISTRY_TOKEN, but not from the
command line, which others on the machine can read. The agent needs Python 3.9 or later,
and git.

Tasks run as processes of this account, which is not a sandbox: a task can read and
change everything that this account can, including the token file. Use an account that
has nothing else, or --engine apptainer or docker.
"""

from __future__ import annotations

import argparse
import logging
import os
import socket
import stat
import sys
from pathlib import Path

from registry.agent import VERSION, machine
from registry.agent.agent import Agent, Settings
from registry.agent.client import BadAddress, Client
from registry.agent.engines import ENGINES, NoEngine, engine_named
from registry.agent.offers import Offer
from registry.agent.place import BadName, Place
from registry.agent.processes import has_proc, hide_memory
from registry.agent.runner import run_task

logger = logging.getLogger("registry.agent")


class NoToken(Exception):
    """No token was given, or its file cannot be read."""


def main(arguments: list[str] | None = None) -> int:
    """Run the agent, or one task of it; return the exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    if words[:1] == ["run-task"]:
        return run_task(Path(words[1]))
    given = _parser().parse_args(words)
    _write_messages_to_stderr()
    try:
        return _agent(given).run()
    except (NoEngine, BadName, BadAddress, NoToken, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _write_messages_to_stderr() -> None:
    logging.basicConfig(
        format="%(asctime)s %(message)s", level=logging.INFO, stream=sys.stderr
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="registry-agent",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--version", action="version", version="registry-agent " + VERSION)
    add("--registry", required=True, help="address of the registry")
    add("--backend", required=True, help="slug of the backend whose tasks to run")
    add("--token-file", help="file with the token of an account with the grant execute")
    add("--folder", default="registry-agent", help="folder for the files of the agent")
    add("--name", default=socket.gethostname(), help="name of this agent")
    add("--engine", choices=ENGINES, default="process", help="how commands are run")
    add(
        "--ignore-images",
        action="store_true",
        help="run commands of tasks with an image as processes without it",
    )
    add(
        "--allow-local-repositories",
        action="store_true",
        help="for demonstrations: a repository can be a folder of this machine",
    )
    _add_offer(parser)
    _add_settings(parser)
    return parser


def _add_offer(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("what tasks can use").add_argument
    processors = machine.count_processors()
    add("--slots", type=_positive, default=processors, help="tasks at a time")
    add("--cpu", type=float, default=processors, help="processors in all")
    add("--gpu", type=float, default=0, help="graphics processors in all")
    add("--memory", type=float, default=machine.memory_in_gb(), help="GB in all")
    add("--disk", type=float, help="GB in all; default: what is free now")
    add("--time", type=float, default=24, help="hours that one task can take")
    add("--database", action="store_true", help="tasks can read the database here")
    add(
        "--offer",
        type=_pair,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="something else that tasks can ask for",
    )


def _add_settings(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("how it works").add_argument
    add("--cache-gb", type=float, default=10, help="size of the cache of inputs")
    add("--poll", type=float, default=5, help="seconds between two claims of tasks")
    add("--grace", type=float, default=30, help="seconds to finish in after SIGTERM")
    add("--once", action="store_true", help="end when there are no more tasks")


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def _pair(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not name or not separator:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def _agent(given: argparse.Namespace) -> Agent:
    """Return the agent of a command line; raises the errors of ``main``."""
    folder = Path(given.folder).resolve()
    client = Client(given.registry, _read_token(given.token_file))
    hide_memory()
    engine = engine_named(given.engine, ignores_images=given.ignore_images)
    place = Place(
        folder,
        given.name,
        int(given.cache_gb * machine.GB),
        allows_local_repositories=given.allow_local_repositories,
    )
    _warn(given)
    settings = Settings(given.grace, given.poll, given.once)
    return Agent(client, place, engine, _offer(given, folder), settings)


def _warn(given: argparse.Namespace) -> None:
    if given.engine == "process":
        logger.warning(
            "Tasks run as processes of this account. That is no sandbox: they can read "
            "and change whatever this account can."
        )
    if not has_proc():
        logger.warning(
            "This system has no /proc: the memory of tasks is not measured and not "
            "limited, and processes that leave their group are not stopped."
        )


def _offer(given: argparse.Namespace, folder: Path) -> Offer:
    disk = machine.free_disk_in_gb(folder) if given.disk is None else given.disk
    resources = {
        "cpu": given.cpu,
        "gpu": given.gpu,
        "memory": given.memory,
        "disk": disk,
        "time": given.time,
    }
    return Offer(
        backend=given.backend,
        host=given.name,
        slots=given.slots,
        resources=resources,
        database=given.database,
        further=dict(given.offer),
    )


def _read_token(file: str | None) -> str:
    """Return the token; raises ``NoToken``."""
    # tasks must not find it in the environment
    token = os.environ.pop("REGISTRY_TOKEN", "").strip()
    if file:
        try:
            token = Path(file).read_text(encoding="utf-8").strip()
            mode = Path(file).stat().st_mode
        except OSError as error:
            raise NoToken(f"The token file cannot be read: {error}.") from error
        if stat.S_ISREG(mode) and mode & (stat.S_IRWXG | stat.S_IRWXO):
            logger.warning("Other accounts can read %s: use chmod 600.", file)
    if not token:
        raise NoToken("Give a token: --token-file FILE, or REGISTRY_TOKEN.")
    return token


if __name__ == "__main__":
    sys.exit(main())
