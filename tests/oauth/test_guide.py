"""The script in the guide, unchanged, approved by a person in a browser."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.clients.guide import blocks
from tests.oauth.conftest import NAME, Person
from tests.oauth.scripts import running
from tests.plugins.server import LiveRegistry

pytestmark = [pytest.mark.once, pytest.mark.xdist_group("oauth")]

HOST = "https://registry.example.org"


def _code(language: str, registry: LiveRegistry) -> str:
    (text,) = [
        block.text
        for block in blocks("signing-in.md")
        if block.language == language and "/o/" in block.text
    ]
    return text.replace(HOST, registry.url)


def test_the_script_is_approved_once_and_works_again(
    registry: LiveRegistry, person: Person, tmp_path: Path
) -> None:
    script = tmp_path / "script.py"
    script.write_text(_code("python", registry))
    with running(str(script), cwd=tmp_path) as first:
        person.decide(first.user_code(), "Allow")
        assert first.line() == str({"username": NAME})
    with running(str(script), cwd=tmp_path) as second:
        assert second.line() == str({"username": NAME})
    assert (tmp_path / "registry-token").stat().st_mode & 0o777 == 0o600


def test_curl_shows_the_code_for_the_page(
    registry: LiveRegistry, person: Person, tmp_path: Path
) -> None:
    done = subprocess.run(
        ["bash", "-ec", _code("bash", registry)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    code = json.loads((tmp_path / "codes.json").read_text())["user_code"]
    assert done.stdout.strip() == f'"user_code": "{code}"'
    person.decide(code, "Allow")
