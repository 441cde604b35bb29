"""Static files are served before and after `collectstatic`."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
from django.core.management import call_command
from django.http import FileResponse
from django.test import Client
from pytest_django import Settings

from registry.http.static_files import CollectedStaticFiles

STYLE = "admin/css/base.css"


def test_before_collectstatic_files_have_plain_names(tmp_path: Path) -> None:
    storage = CollectedStaticFiles(location=tmp_path)
    assert storage.url(STYLE) == f"/static/{STYLE}"


def test_before_collectstatic_files_are_served_from_source_folders(
    client: Client,
) -> None:
    answer = cast("FileResponse", client.get(f"/static/{STYLE}"))
    assert b"".join(answer).startswith(b"/*")
    assert answer["Content-Type"].startswith("text/css")


@pytest.mark.once
@pytest.mark.slow
def test_collected_files_have_hashed_names_and_are_compressed(
    tmp_path: Path, settings: Settings
) -> None:
    settings.STATIC_ROOT = tmp_path
    call_command("collectstatic", verbosity=0, interactive=False)
    name = CollectedStaticFiles(location=tmp_path).stored_name(STYLE)
    assert name != STYLE
    assert (tmp_path / name).is_file()
    assert (tmp_path / f"{name}.br").is_file()
    assert (tmp_path / f"{name}.gz").is_file()
    assert not list(tmp_path.rglob("*.map.br"))


@pytest.mark.once
@pytest.mark.slow
def test_a_name_that_was_not_collected_is_an_error(
    tmp_path: Path, settings: Settings
) -> None:
    settings.STATIC_ROOT = tmp_path
    call_command("collectstatic", verbosity=0, interactive=False)
    with pytest.raises(ValueError, match="Missing staticfiles manifest entry"):
        CollectedStaticFiles(location=tmp_path).stored_name("no/such/file.css")
