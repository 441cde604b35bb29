"""Engines, which run a command as a process, or in a container.

A process is no sandbox: it can read and write whatever the account of the agent can.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from registry.agent.processes import own_variables

#: The variable by which processes of a task are found.
LEASE_VARIABLE = "REGISTRY_LEASE"
#: Where the files of a task are in a container.
_INSIDE = "/workspace"
#: Variables of its own environment that an agent passes on to processes.
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH")
#: Further variables that the programs for containers can need.
_FOR_CONTAINERS = (
    "HOME",
    "XDG_RUNTIME_DIR",
    "DOCKER_HOST",
    "DOCKER_CONFIG",
    "APPTAINER_CACHEDIR",
)
_VARIABLE = re.compile("[A-Za-z_][A-Za-z0-9_]*")
#: Images come from image registries: a path could name any folder of this machine.
_IMAGE = re.compile(r"((docker|oras|library)://)?[A-Za-z0-9][A-Za-z0-9._/:@+-]*")

Task = Mapping[str, Any]


class NoEngine(Exception):
    """The engine cannot run a task, or anything here; the message says what to do."""


class Command(NamedTuple):
    """A program to start, and ``stop``, one that stops what outlives it (or empty)."""

    arguments: list[str]
    environment: dict[str, str]
    stop: list[str]


class Engine:
    """Turns the definition of a task into a command."""

    name = "process"

    def __init__(self, *, ignores_images: bool = False) -> None:
        self.ignores_images = ignores_images

    def require(self) -> None:
        """Raise ``NoEngine`` unless its program is on this machine."""

    def command(self, task: Task, work: Path) -> Command:
        """Return what to start in the folder of a task; raises ``NoEngine``."""
        image = task.get("image")
        if image and not self.ignores_images:
            raise NoEngine(
                f"The task needs the image {image}, and this agent runs tasks as "
                "processes. Start it with --engine apptainer or docker, or with "
                "--ignore-images if its programs are installed here."
            )
        if not task.get("command"):
            raise NoEngine("The task has no command.")
        return Command(_words(task), self._environment(task, work), [])

    @staticmethod
    def _environment(task: Task, work: Path) -> dict[str, str]:
        temporary = work.with_name("tmp")
        temporary.mkdir(exist_ok=True)
        home = {"HOME": str(work), "TMPDIR": str(temporary)}
        return {**own_variables(_PASSED_ON), **home, **_variables(task)}


class _Container(Engine):
    """Runs a command in the container image that the task names."""

    def require(self) -> None:
        if shutil.which(self.name) is None:
            raise NoEngine(
                f"--engine {self.name}: the program {self.name} is not on this "
                "machine. Install it, or use --engine process."
            )


class Apptainer(_Container):
    """Runs commands with Apptainer, which needs no service and no special rights."""

    name = "apptainer"

    def command(self, task: Task, work: Path) -> Command:
        """Return the command; the variables of a task reach only its container."""
        image = _image(task)
        source = image if "://" in image else "docker://" + image
        options = ["--nv"] if _gpus(task) else []
        arguments = [
            *("apptainer", "run", "--containall", "--no-home", "--cleanenv"),
            *("--bind", f"{work}:{_INSIDE}", "--pwd", _INSIDE, *options, source),
            *_words(task),
        ]
        inside = {"APPTAINERENV_" + k: v for k, v in _variables(task).items()}
        return Command(arguments, {**_environment_of_program(task), **inside}, [])


class Docker(_Container):
    """Runs commands with Docker, without a network and without capabilities."""

    name = "docker"

    def command(self, task: Task, work: Path) -> Command:
        """Return the command; Docker's own service limits the memory."""
        name = "registry-" + str(task["lease"])
        options = [f"--env={key}={value}" for key, value in _variables(task).items()]
        memory = (task.get("limits") or {}).get("memory")
        if memory:
            options += [f"--memory={int(memory)}b", f"--memory-swap={int(memory)}b"]
        if _gpus(task):
            options.append(f"--gpus={_gpus(task):g}")
        arguments = [
            *("docker", "run", "--rm", "--init", "--network=none", "--name=" + name),
            *("--cap-drop=ALL", "--security-opt=no-new-privileges"),
            *(f"--user={os.getuid()}:{os.getgid()}", f"--workdir={_INSIDE}"),
            *(f"--volume={work}:{_INSIDE}", *options, "--", _image(task)),
            *_words(task),
        ]
        stop = ["docker", "kill", name]
        return Command(arguments, _environment_of_program(task), stop)


def _image(task: Task) -> str:
    """Return the image of a task; raises ``NoEngine``."""
    image = str(task.get("image") or "")
    if not image:
        raise NoEngine("The task names no image, which a container needs.")
    if not _IMAGE.fullmatch(image):
        raise NoEngine(f"{image!r} is not the name of an image.")
    return image


def _environment_of_program(task: Task) -> dict[str, str]:
    """Return the environment of the program that starts a container."""
    own = own_variables((*_PASSED_ON, *_FOR_CONTAINERS))
    return {**own, LEASE_VARIABLE: str(task["lease"])}


def _words(task: Task) -> list[str]:
    return [str(word) for word in task.get("command") or []]


def _gpus(task: Task) -> float:
    return float((task.get("needs") or {}).get("gpu") or 0)


def _variables(task: Task) -> dict[str, str]:
    """Return the environment variables of a task; raises ``NoEngine``."""
    given = {str(k): str(v) for k, v in (task.get("environment") or {}).items()}
    wrong = [name for name in given if not _VARIABLE.fullmatch(name)]
    if wrong:
        raise NoEngine(f"{wrong[0]!r} is not the name of a variable.")
    own = {"REGISTRY_TASK": str(task["name"]), LEASE_VARIABLE: str(task["lease"])}
    return {**given, **own}


#: The engines by name.
ENGINES = {kind.name: kind for kind in (Engine, Apptainer, Docker)}


def engine_named(name: str, *, ignores_images: bool = False) -> Engine:
    """Return an engine that can be used here; raises ``NoEngine`` if it cannot."""
    engine = ENGINES[name](ignores_images=ignores_images)
    engine.require()
    return engine
