"""Importing a crate with the form."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from registry.identity.models import User
from registry.runs.models import CodeRun
from tests import factories
from tests.provenance.crates.made import FILES, metadata, sorting, zipped
from tests.web.pages import main_of, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_store(settings: Settings, tmp_path: Path) -> None:
    settings.STORE_DIR = tmp_path / "store"


@pytest.fixture
def rosalind() -> Client:
    """Return the client of a signed-in user."""
    user: User = factories.UserFactory.create(username="rosalind")
    client = Client()
    client.force_login(user)
    return client


def send(rosalind: Client, crate: bytes, **options: Any) -> Any:
    """Send a file with the form."""
    file = io.BytesIO(crate)
    file.name = "my crate.zip"
    return rosalind.post("/crates/", {"crate": file}, **options)


def test_the_form_requires_an_account(rosalind: Client) -> None:
    answer = Client().get("/crates/")
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in?next=/crates/")
    page = main_of(rosalind.get("/crates/"))
    [field] = page.select("input[type=file]")
    assert field["accept"] == ".zip,application/zip"


def test_a_crate_redirects_to_its_run(rosalind: Client) -> None:
    answer = send(rosalind, zipped({**FILES, "notes.txt": b""}))
    run = CodeRun.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/code_run/{run.pk}/")
    words = words_of(main_of(rosalind.get(answer["Location"])))
    assert "2 new files" in words
    assert "Not imported: notes.txt" in words
    answer = send(rosalind, zipped(FILES))
    words = words_of(main_of(rosalind.get(answer["Location"])))
    assert "has everything in this crate already" in words
    assert CodeRun.objects.count() == 1


def test_an_empty_crate_redirects_to_the_form(rosalind: Client) -> None:
    answer = send(rosalind, zipped({}, metadata()))
    assert answer["Location"] == "/crates/"


def test_errors_are_shown_and_nothing_is_registered(rosalind: Client) -> None:
    answer = send(rosalind, zipped({}))
    words = words_of(main_of(answer, 400))
    assert "Not imported." in words
    assert (
        "data/sorted.txt : The crate describes this file, but does not have it" in words
    )
    assert CodeRun.objects.count() == 0


def test_a_conflict_is_shown(rosalind: Client) -> None:
    run = factories.CodeRunFactory.create()
    described = metadata(
        *sorting()[:-1], {**sorting()[-1], "identifier": f"urn:uuid:{run.uuid}"}
    )
    answer = send(rosalind, zipped(FILES, described))
    assert "on record began at" in words_of(main_of(answer, 409))


def test_no_file_and_too_large_a_file(rosalind: Client, settings: Settings) -> None:
    answer = rosalind.post("/crates/", {})
    assert "Choose a crate" in words_of(main_of(answer, 400))
    answer = rosalind.post("/crates/", {"file": io.BytesIO(zipped(FILES))})
    assert "in the field 'crate'" in words_of(main_of(answer, 400))
    settings.CRATE_UPLOAD_MB = 0
    answer = send(rosalind, zipped(FILES))
    assert "too large" in words_of(main_of(answer, 400))


def test_the_form_requires_the_csrf_token() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(factories.UserFactory.create())
    assert send(client, zipped(FILES)).status_code == 403
    assert CodeRun.objects.count() == 0


def test_names_in_a_crate_are_escaped(rosalind: Client) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("../<script>alert(1)</script>", b"")
    answer = send(rosalind, buffer.getvalue())
    assert answer.status_code == 400
    assert b"<script>alert" not in answer.content
