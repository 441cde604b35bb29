"""The Dockerfile, held against the settings, commands and files that it names.

No container engine runs it here.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import PurePosixPath

import pytest
from django.core.management import load_command_class
from django.urls import resolve

from tests.config.conftest import Load
from tests.plugins.databases import ROOT

pytestmark = pytest.mark.once

DATA = "/var/lib/registry"


@dataclass(frozen=True)
class Instruction:
    """One instruction of a Dockerfile, such as `COPY` with its words."""

    name: str
    text: str

    @property
    def words(self) -> list[str]:
        """Return the words; those of a JSON list as they are in it."""
        text = re.sub(r"^(--\S+\s+)*(CMD\s+)?(?=\[)", "", self.text)
        words: list[str] = json.loads(text) if text[0] == "[" else shlex.split(text)
        return words


def _instructions() -> list[Instruction]:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.startswith("#"))
    joined = re.sub(r"\\\n\s*", " ", text)
    parts = (line.split(maxsplit=1) for line in joined.splitlines() if line.strip())
    return [Instruction(name, text) for name, text in parts]


INSTRUCTIONS = _instructions()
#: Where each stage begins.
FROM = [n for n, one in enumerate(INSTRUCTIONS) if one.name == "FROM"]
#: The stage that is the image.
IMAGE = INSTRUCTIONS[FROM[-1] :]


def of(name: str, instructions: list[Instruction] = IMAGE) -> list[Instruction]:
    """Return the instructions of this name."""
    return [one for one in instructions if one.name == name]


def variables_of(instructions: list[Instruction]) -> dict[str, str]:
    """Return what ENV sets."""
    words = (word for one in of("ENV", instructions) for word in one.words)
    return dict(word.split("=", 1) for word in words)


def is_sent(path: str) -> bool:
    """Return whether `.dockerignore` lets a path into the build, as Docker reads it."""
    sent = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.removeprefix("!").removeprefix("**/")
        if not pattern or line.startswith("#"):
            continue
        anywhere = line.startswith("**/")
        for here in (PurePosixPath(path), *PurePosixPath(path).parents):
            if fnmatch(here.name if anywhere else str(here), pattern):
                sent = line.startswith("!")
    return sent


def test_the_image_is_built_in_two_stages_of_a_pinned_python() -> None:
    stages = [INSTRUCTIONS[n].words for n in FROM]
    assert [words[2] for words in stages] == ["build", "runtime"]
    assert {words[0] for words in stages} == {"python:3.11-slim-bookworm"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["requires-python"] == ">=3.11"


def test_packages_are_those_of_the_constraints() -> None:
    installing = [one.text for one in of("RUN", INSTRUCTIONS) if "pip" in one.text]
    assert len(installing) == 1
    assert "install -c constraints.txt " in installing[0]
    # nothing that only tests need
    assert "[" not in installing[0]


def test_what_is_copied_is_there_and_is_sent() -> None:
    stages = {INSTRUCTIONS[n].words[2] for n in FROM}
    sources = []
    for one in of("COPY", INSTRUCTIONS):
        if one.text.startswith("--from="):
            assert one.text.removeprefix("--from=").split()[0] in stages
        else:
            sources += one.words[:-1]
    assert {"manage.py", "config", "registry", "templates", "static"} <= {*sources}
    for source in sources:
        assert (ROOT / source).exists(), source
        assert is_sent(source), source


@pytest.mark.parametrize(
    "path",
    [
        *(".env", "config/.env", ".env.example", ".git/config", ".venv/bin/python"),
        *("var/secret-key", "registry.sqlite3", "tests/conftest.py"),
        *("docs/performance.md", "registry/__pycache__/models.pyc"),
    ],
)
def test_what_is_not_for_the_image_is_not_sent(path: str) -> None:
    assert not is_sent(path)


def test_everything_else_of_the_code_is_sent() -> None:
    for path in ("registry/models.py", "docs/guide/api.md", "static/web"):
        assert (ROOT / path).exists()
        assert is_sent(path)


def test_it_runs_as_a_user_without_rights() -> None:
    [user] = of("USER")
    number, group = user.text.split(":")
    assert int(number) > 0
    assert int(group) > 0
    made = " ".join(one.text for one in of("RUN"))
    assert f"--uid {number} " in made
    assert f"--gid {group} " in made
    after = {one.name for one in IMAGE[IMAGE.index(user) :]}
    assert after == {"USER", "VOLUME", "EXPOSE", "HEALTHCHECK", "CMD"}


def test_its_data_are_in_a_volume_of_that_user() -> None:
    [volume] = of("VOLUME")
    assert volume.text == DATA
    assert variables_of(IMAGE)["REGISTRY_DATA_DIR"] == DATA
    assert any(
        f"install -d -m 700 -o registry -g registry {DATA}" in one.text
        for one in of("RUN")
    )


def test_its_variables_are_settings_or_those_of_python(load: Load) -> None:
    variables = variables_of(IMAGE)
    settings = load(**{k: v for k, v in variables.items() if k == "PORT"})
    known = {"PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"}
    assert variables.keys() - known <= settings["ENV"].names
    [port] = of("EXPOSE")
    assert int(port.text) == int(variables["PORT"]) == load()["PORT"]


def test_it_prepares_and_serves_by_commands_that_there_are() -> None:
    [command] = of("CMD")
    shell, option, line = command.words
    assert (shell, option) == ("sh", "-c")
    first, then = line.split(" && exec ")
    for part, name in ((first, "prepare"), (then, "serve")):
        python, script, called, *options = shlex.split(part)
        assert (python, script, called) == (".venv/bin/python", "manage.py", name)
        parser = load_command_class("registry", name).create_parser(script, name)
        parser.parse_args(options)
    # the address inside is not that of the machine itself
    assert then.endswith(" --host 0.0.0.0")


class Server(HTTPServer):
    """Answers `/livez` with one status, and knows nothing else."""

    status = 200


class _Answer(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.send_response(self.server.status if self.path == "/livez" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def server() -> Iterator[Server]:
    """Serve in this process what a registry answers to its health check."""
    with Server(("127.0.0.1", 0), _Answer) as server:
        threading.Thread(target=server.serve_forever).start()
        yield server
        server.shutdown()


@pytest.mark.parametrize("status, healthy", [(200, True), (503, False)])
def test_its_health_check_asks_whether_it_is_alive(
    server: Server, status: int, healthy: bool
) -> None:
    assert resolve("/livez").route == "livez"
    [check] = of("HEALTHCHECK")
    python, *arguments = check.words
    assert python == ".venv/bin/python"
    server.status = status
    done = subprocess.run(
        [sys.executable, *arguments],
        env=os.environ | {"PORT": str(server.server_port)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode == 0) == healthy, done.stderr
