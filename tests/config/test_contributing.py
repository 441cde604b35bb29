"""What contributors use: hooks, the hosted run of the tests, templates of issues."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.plugins.databases import ROOT

pytestmark = pytest.mark.once

WORKFLOW: dict[str, Any] = yaml.safe_load(
    (ROOT / ".github" / "workflows" / "test.yml").read_bytes()
)
HOOKS: dict[str, Any] = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_bytes())
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "schema, file",
    [
        ("github-workflows", ".github/workflows/test.yml"),
        ("github-issue-forms", ".github/ISSUE_TEMPLATE/bug_report.yml"),
        ("github-issue-forms", ".github/ISSUE_TEMPLATE/feature_request.yml"),
        ("github-issue-config", ".github/ISSUE_TEMPLATE/config.yml"),
        ("citation-file-format", "CITATION.cff"),
    ],
)
def test_a_file_is_as_its_schema_says(schema: str, file: str) -> None:
    options = ("--builtin-schema", f"vendor.{schema}")
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", *options, file],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_hosted_run_is_that_of_a_developer() -> None:
    [job] = WORKFLOW["jobs"].values()
    assert job["container"]["image"].startswith("python:3.11-")
    ran = [step["run"] for step in job["steps"] if "run" in step]
    assert ran == ["scripts/system_packages.sh", "make test"]
    assert (ROOT / "scripts" / "system_packages.sh").stat().st_mode & 0o111


def test_the_hosted_run_reads_and_uses_what_is_pinned() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read"}
    [job] = WORKFLOW["jobs"].values()
    for step in job["steps"]:
        if "uses" in step:
            assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", step["uses"])
    assert "secrets." not in str(WORKFLOW)


def test_hooks_are_the_tools_of_this_environment() -> None:
    [repository] = HOOKS["repos"]
    assert repository["repo"] == "local"
    assert [hook["id"] for hook in repository["hooks"]] == [
        *("ruff-check", "ruff-format", "mypy"),
    ]
    for hook in repository["hooks"]:
        assert hook["language"] == "system"
        words = shlex.split(hook["entry"])
        python = words.index(".venv/bin/python")
        assert words[python + 1] == "-m"
        assert find_spec(words[python + 2]), words


def test_hooks_look_at_what_make_check_looks_at() -> None:
    [repository] = HOOKS["repos"]
    hooks = {hook["id"]: hook for hook in repository["hooks"]}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    typed = re.compile(hooks["mypy"]["files"])
    for path in project["tool"]["mypy"]["files"]:
        name = path if path.endswith(".py") else f"{path}/module.py"
        assert typed.search(name), name
    assert not typed.search("examples/boarding-school-influenza/fit.py")


def test_contributors_are_told_of_what_there_is() -> None:
    for named in ("make test-fast", "pre-commit install", "CODE_OF_CONDUCT.md"):
        assert named in CONTRIBUTING
    for file in re.findall(r"\]\(([A-Za-z][^):#]+)\)", CONTRIBUTING):
        assert Path(ROOT / file).exists(), file
