"""The code in the README and the guides runs, with another host and token."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import requests

from tests.clients.guide import GUIDE, blocks
from tests.openapi import openapi_document
from tests.plugins.server import ROOT, LiveRegistry

# the pages lead through one registry, one after the other
pytestmark = pytest.mark.xdist_group("guides")

PRINTED_HOSTS = ("https://registry.example.org", "http://127.0.0.1:8000")


def code(page: str, language: str, registry: LiveRegistry, token: str) -> str:
    """Return the code of a page in one language, for this registry."""
    parts = [block.text for block in blocks(page) if block.language == language]
    assert parts, f"{page} has no code in {language}"
    text = "\n".join(parts).replace("<TOKEN>", token)
    for host in PRINTED_HOSTS:
        text = text.replace(host, registry.url)
    return text


def run(*command: str, folder: Path, text: str) -> str:
    """Run a program on a script; return what it prints."""
    script = folder / "script"
    script.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [*command, str(script)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.parametrize(
    "page",
    [
        "../../README.md",
        "getting-started.md",
        "api.md",
        "provenance.md",
        "crates.md",
        "templates.md",
        "model-runs.md",
        "run-requests.md",
        "backends.md",
        "executors.md",
    ],
)
def test_python_code_runs(
    page: str, registry: LiveRegistry, token: str, tmp_path: Path
) -> None:
    text = code(page, "python", registry, token)
    printed = run(sys.executable, "-W", "error", folder=tmp_path, text=text)
    assert f"{registry.url}/api/" in printed


def test_the_shell_code_of_the_api_guide_runs(
    registry: LiveRegistry, token: str, tmp_path: Path
) -> None:
    text = code("api.md", "bash", registry, token)
    printed = run("bash", "-e", folder=tmp_path, text=text)
    assert '"username":"admin"' in printed
    assert '"keyphrase":"rainfall"' in printed
    assert (tmp_path / "issues.csv").read_text(encoding="utf-8").startswith("url,")


def test_the_code_of_the_lineage_guide_runs(
    registry: LiveRegistry, token: str, tmp_path: Path
) -> None:
    text = code("lineage.md", "python", registry, token)
    printed = run(sys.executable, "-W", "error", folder=tmp_path, text=text)
    assert "Drawing of the counts and the simulated curve read" in printed
    assert "boarding-school:influenza/epidemic-curve 1.0.0 would change" in printed
    assert "severity 3 The numbers were read off a printed graph." in printed
    assert "Run: Description" in printed
    text = code("lineage.md", "bash", registry, token)
    run("bash", "-e", folder=tmp_path, text=text)
    rows = (tmp_path / "lineage.csv").read_text(encoding="utf-8")
    assert rows.startswith("source,target,type,component,role,")
    rows = (tmp_path / "comparison.csv").read_text(encoding="utf-8")
    assert rows.startswith("section,label,aspect,differs,code_run/1,code_run/2")


def test_the_shell_code_of_the_guide_to_crates_runs(
    registry: LiveRegistry, token: str, tmp_path: Path
) -> None:
    text = code("crates.md", "bash", registry, token)
    printed = run("bash", "-e", folder=tmp_path, text=text)
    assert '"registered":[]' in printed
    assert zipfile.is_zipfile(tmp_path / "crate.zip")


def test_getting_started_registers_a_public_run(
    registry: LiveRegistry, token: str, tmp_path: Path
) -> None:
    block = blocks("getting-started.md")[2]
    text = block.text.replace(PRINTED_HOSTS[1], registry.url).replace("<TOKEN>", token)
    assert len(ast.parse(text).body) <= 10, "a first run takes ten statements at most"
    address = run(sys.executable, folder=tmp_path, text=text).strip()
    found = requests.get(address, timeout=60).json()
    assert found["description"] == "Count words"
    assert len(found["inputs"]) == len(found["outputs"]) == 1


def test_the_api_guide_lists_every_address() -> None:
    paths = openapi_document()["paths"]
    # an address that all kinds of record have begins with the kind
    parts = [path.split("/")[2:] for path in paths]
    resources = {part[2] if part[0] == "{kind}" else part[0] for part in parts} - {""}
    text = (GUIDE / "api.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(?:/api/)?([a-z_-]+)/?`", text))
    assert resources <= named, f"not in the guide: {sorted(resources - named)}"


def test_every_status_of_the_api_is_explained() -> None:
    paths = openapi_document()["paths"]
    statuses = {
        status
        for operations in paths.values()
        for operation in operations.values()
        for status in operation["responses"]
        if status >= "400"
    }
    text = (GUIDE / "api.md").read_text(encoding="utf-8")
    table = "".join(re.findall(r"^\| ([0-9, ]+) \|", text, re.MULTILINE))
    explained = set(re.findall(r"[0-9]{3}", table))
    assert statuses <= explained, f"not explained: {sorted(statuses - explained)}"


def test_every_setting_is_explained_to_operators() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    settings = set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", example, re.MULTILINE))
    text = (GUIDE / "running.md").read_text(encoding="utf-8")
    rows = "".join(re.findall(r"^\| (`[A-Z].*?) \|", text, re.MULTILINE))
    explained = set(re.findall(r"`([A-Z0-9_]+)`", rows))
    assert settings == explained
