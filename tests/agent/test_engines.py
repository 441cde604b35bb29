"""Engines: processes, and containers whose programs get nothing that a task chose."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from registry.agent.engines import Apptainer, Docker, Engine, NoEngine, engine_named
from tests.agent.tools import Agents
from tests.agent.wire import Registry

pytestmark = pytest.mark.once

TASK: dict[str, Any] = {
    "name": "model",
    "lease": "1-2",
    "command": ["python", "a.py"],
    "image": "python:v2",
    "environment": {"LD_PRELOAD": "/evil.so", "DOCKER_HOST": "tcp://evil"},
    "limits": {"memory": 1000},
    "needs": {"gpu": 1},
}


@pytest.mark.parametrize("name", ["apptainer", "docker"])
def test_an_engine_whose_program_is_missing_is_refused(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoEngine, match=f"the program {name} is not on this machine"):
        engine_named(name)
    (tmp_path / name).write_text("#!/bin/sh\n")
    (tmp_path / name).chmod(0o755)
    assert engine_named(name).name == name


def test_an_agent_without_its_engine_ends(
    agents: Agents, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert agents.run_once("--engine", "apptainer") == 2
    assert "--engine apptainer: the program apptainer is not" in agents.said()


def test_a_process_needs_no_image(tmp_path: Path) -> None:
    with pytest.raises(NoEngine, match="needs the image python:v2"):
        Engine().command(TASK, tmp_path / "work")
    command = Engine(ignores_images=True).command(TASK, tmp_path / "work")
    assert command.arguments == ["python", "a.py"]
    assert command.environment["LD_PRELOAD"] == "/evil.so"
    assert command.environment["TMPDIR"] == str(tmp_path / "tmp")
    assert command.environment["REGISTRY_TASK"] == "model"
    assert Engine().command({**TASK, "image": ""}, tmp_path / "work").stop == []


@pytest.mark.parametrize("engine", [Apptainer(), Docker()])
def test_variables_of_a_task_do_not_reach_the_program_of_its_container(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    environment = engine.command(TASK, tmp_path).environment
    assert not {"LD_PRELOAD", "DOCKER_HOST"} & environment.keys()
    assert environment["REGISTRY_LEASE"] == "1-2"


@pytest.mark.parametrize("engine", [Apptainer(), Docker()])
@pytest.mark.parametrize("image", ["", "--privileged", "/", "/etc", "../a", "a b"])
def test_an_image_is_a_name_and_no_path_or_option(
    engine: Engine, image: str, tmp_path: Path
) -> None:
    with pytest.raises(NoEngine, match="image"):
        engine.command({**TASK, "image": image}, tmp_path)


@pytest.mark.parametrize("name", ["a b", "1a", "a=b", ""])
def test_a_variable_has_a_name(name: str, tmp_path: Path) -> None:
    task = {**TASK, "image": "", "environment": {name: "x"}}
    with pytest.raises(NoEngine, match="is not the name of a variable"):
        Engine().command(task, tmp_path / "work")


def test_docker_limits_what_a_container_can_do(tmp_path: Path) -> None:
    command = Docker().command(TASK, tmp_path)
    words = command.arguments
    assert words[:2] == ["docker", "run"]
    assert {"--network=none", "--cap-drop=ALL", "--memory=1000b"} <= set(words)
    assert f"--user={os.getuid()}:{os.getgid()}" in words
    assert words[words.index("--") :] == ["--", "python:v2", "python", "a.py"]
    assert command.stop == ["docker", "kill", "registry-1-2"]


def test_apptainer_gets_the_variables_of_the_container_by_a_prefix(
    tmp_path: Path,
) -> None:
    command = Apptainer().command(TASK, tmp_path)
    assert command.arguments[-3:] == ["docker://python:v2", "python", "a.py"]
    assert {"--containall", "--cleanenv", "--nv"} <= set(command.arguments)
    assert command.environment["APPTAINERENV_LD_PRELOAD"] == "/evil.so"
    other = Apptainer().command({**TASK, "image": "oras://host/a:1"}, tmp_path)
    assert "oras://host/a:1" in other.arguments


def test_a_container_gets_the_folder_of_the_task(
    agents: Agents, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = agents.folder / "programs"
    programs.mkdir()
    # a stand-in that runs the command in the folder, as Apptainer does
    script = '#!/bin/sh\nwork=${5%%:*}\nwhile [ "$1" != docker://image:v1 ]; do\n'
    script += '[ "$1" = --bind ] && work=${2%%:*}\nshift\ndone\nshift\n'
    script += 'cd "$work" && exec "$@"\n'
    (programs / "apptainer").write_text(script)
    (programs / "apptainer").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    lease = registry.add_task(
        ["sh", "-c", "cat in > out.csv; echo $APPTAINERENV_GIVEN"],
        image="image:v1",
        environment={"GIVEN": "value"},
        inputs=[{"path": "in", **registry.add_file(b"content")}],
        outputs=[{"level": "highly_sensitive", "name": "o", "pattern": "*.csv"}],
    )

    assert agents.run_once("--engine", "apptainer") == 0

    report = registry.report_of(lease)
    assert report is not None
    assert (report["outcome"], report["error"]) == ("done", "")
    assert registry.logs[lease] == b"value\n"
    assert (agents.outputs_of(lease) / "out.csv").read_bytes() == b"content"
