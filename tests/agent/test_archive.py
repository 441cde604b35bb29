"""The agent is one file that every Python from 3.9 on runs, and nothing else."""

from __future__ import annotations

import ast
import hashlib
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from registry.agent.__main__ import main as agent_main
from registry.execution.agent_archive import agent_archive
from scripts.build_agent import main as build
from tests.agent.tools import Agents
from tests.agent.wire import Registry

pytestmark = pytest.mark.once

SOURCES = sorted(Path(agent_main.__code__.co_filename).parent.glob("*.py"))
PYTHONS = ("python3.9", "python3.10", "python3.12", "python3.13", "python3.14")


def pythons() -> list[str]:
    """Return the versions of Python here that run; the oldest comes first."""
    found = [path for name in PYTHONS if (path := shutil.which(name)) is not None]
    return [path for path in found if runs(path)] or [sys.executable]


def runs(path: str) -> bool:
    # some are placeholders that only say what to install
    done = subprocess.run([path, "-c", ""], capture_output=True, check=False)
    return done.returncode == 0


def test_the_same_sources_make_the_same_bytes(tmp_path: Path) -> None:
    script = (
        "import sys; from registry.execution.agent_archive import agent_archive; "
        "sys.stdout.buffer.write(agent_archive()); "
        "assert not [name for name in sys.modules if name.startswith('registry.agent')]"
    )
    root = SOURCES[0].parents[2]
    again = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={"PYTHONPATH": str(root), "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7"},
        capture_output=True,
        check=True,
    )
    assert again.stdout == agent_archive()


def test_the_script_writes_the_file_and_prints_its_checksum(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "build" / "agent.pyz"
    build([str(target)])
    assert target.read_bytes() == agent_archive()
    checksum = hashlib.sha256(agent_archive()).hexdigest()
    assert capsys.readouterr().out == f"{checksum}  {target}\n"
    version = subprocess.run([target, "--version"], capture_output=True, check=True)
    assert version.stdout.startswith(b"registry-agent ")


def test_the_file_has_the_agent_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "agent.pyz"
    file.write_bytes(agent_archive())
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
    modules = [f"registry/agent/{path.name}" for path in SOURCES]
    assert names == ["__main__.py", "registry/__init__.py", *modules]


def test_the_oldest_python_here_does_a_task(agents: Agents, registry: Registry) -> None:
    agents.python = pythons()[0]
    lease = registry.add_task(
        ["sh", "-c", "echo x > a.csv"],
        inputs=[{"path": "in/b", **registry.add_file(b"b")}],
        outputs=[{"level": "highly_sensitive", "name": "a", "pattern": "*.csv"}],
    )

    assert agents.run_once("--folder", str(agents.folder / "other")) == 0

    report = registry.report_of(lease)
    assert report is not None
    assert report["outcome"] == "done"


def test_an_old_python_says_what_the_agent_needs(tmp_path: Path) -> None:
    file = tmp_path / "agent.pyz"
    file.write_bytes(agent_archive())
    script = (
        "import runpy, sys; sys.version_info = (3, 8, 1); "
        f"runpy.run_path({str(file)!r}, run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "needs Python 3.9 or later" in done.stderr


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_sources_are_python_3_9_and_import_only_its_library(path: Path) -> None:
    tree = ast.parse(path.read_text(), feature_version=(3, 9))
    nodes = list(ast.walk(tree))
    names = {
        alias.name
        for one in nodes
        if isinstance(one, ast.Import)
        for alias in one.names
    }
    names |= {one.module or "" for one in nodes if isinstance(one, ast.ImportFrom)}
    foreign = {
        name
        for name in names
        if name.partition(".")[0] not in sys.stdlib_module_names
        and not f"{name}.".startswith("registry.agent.")
    }
    assert foreign == set()


def test_sources_use_only_what_python_3_9_has(tmp_path: Path) -> None:
    options = ("--python-version", "3.9", "--strict", "--no-warn-unused-ignores")
    copy = tmp_path / "registry"
    shutil.copytree(SOURCES[0].parent, copy / "agent")
    (copy / "__init__.py").touch()
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file=", *options, "registry"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
