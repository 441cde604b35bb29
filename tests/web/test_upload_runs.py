"""Registering runs from a sheet with the form, without scripts."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.test import Client

from registry.runs.models import ModelRun
from tests import factories
from tests.runs.filled_sheets import as_csv, rows_of
from tests.runs.modelling import World
from tests.web.pages import main_of, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def rosalind() -> Client:
    """Return the client of a signed-in user."""
    client = Client()
    client.force_login(factories.registrar())
    return client


@pytest.fixture
def world() -> World:
    """Return a template with its datasets."""
    return World.make()


def address(world: World) -> str:
    return f"/workflow_template/{world.template.pk}/upload/"


def send(rosalind: Client, world: World, content: bytes, action: str) -> Any:
    file = io.BytesIO(content)
    file.name = "runs.csv"
    return rosalind.post(address(world), {"file": file, "action": action})


def test_the_page_requires_an_account_and_a_template(
    rosalind: Client, world: World
) -> None:
    answer = Client().get(address(world))
    assert answer.status_code == 302
    assert "/sign-in" in answer["Location"]
    assert rosalind.get("/workflow_template/987654/upload/").status_code == 404
    main = main_of(rosalind.get(address(world)))
    links = [one["href"] for one in main.select("#step-1 ~ .button-row a")]
    assert len(links) == 2
    for link in links:
        sheet: Any = rosalind.get(str(link))
        assert sheet.status_code == 200
        assert b"".join(sheet.streaming_content)


def test_a_sheet_is_checked_and_then_registered(rosalind: Client, world: World) -> None:
    content = as_csv(rows_of(world, 3))
    words = words_of(main_of(send(rosalind, world, content, "check")))
    assert "The sheet is right" in words
    assert "3 runs: 3 new, 0 registered already" in words
    assert ModelRun.objects.count() == 0
    main = main_of(send(rosalind, world, content, "register"))
    assert "3 runs registered" in words_of(main)
    for link in main.select("#result li a"):
        assert rosalind.get(str(link["href"])).status_code == 200
    assert len(main.select("#result li a")) == ModelRun.objects.count() == 3
    [runs] = main.select("#result p > a")
    listed = main_of(rosalind.get(str(runs["href"])))
    assert len(listed.select("tbody tr")) == 3
    words = words_of(main_of(send(rosalind, world, content, "register")))
    assert "0 runs registered" in words
    assert "3 of 3 rows were registered already" in words


def test_wrong_cells_are_a_table_and_a_file(
    rosalind: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry.web.views.sheets.MOST_ROWS", 2)
    rows = rows_of(world, 5)
    for row in rows[1:4]:
        row["modeller"] = "<b>x</b>"
    rows[4]["unknown"] = "1"
    main = main_of(send(rosalind, world, as_csv(rows), "register"), 400)
    words = words_of(main)
    assert "3 rows of 5 are wrong" in words
    assert "The other 2 rows are right: 2 new, 0 registered already." in words
    assert "1 more row is wrong." in words
    assert "is unknown and was not read" in words
    found = [
        [cell.get_text() for cell in row.select("th, td")][:3]
        for row in main.select("tbody tr")
    ]
    assert found == [[str(n), "B: modeller", "<b>x</b>"] for n in (3, 4)]
    assert ModelRun.objects.count() == 0
    answer = send(rosalind, world, as_csv(rows), "errors")
    assert answer["Content-Disposition"] == 'attachment; filename="errors.csv"'
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert len(text.splitlines()) == 1 + 3


@pytest.mark.parametrize(
    "content, message",
    [(b"\n", "The file is empty"), (b"x" * 2_000_000, "too large")],
)
def test_what_is_no_sheet_is_said(
    rosalind: Client, world: World, settings: Any, content: bytes, message: str
) -> None:
    settings.SHEET_UPLOAD_MB = 1
    words = words_of(main_of(send(rosalind, world, content, "register"), 400))
    assert message in words
    assert "Nothing was registered." in words


def test_a_form_without_a_file_says_so(rosalind: Client, world: World) -> None:
    answer = rosalind.post(address(world), {"action": "check"})
    assert "Choose a sheet" in words_of(main_of(answer, 400))


def test_a_sheet_of_another_template_is_refused(rosalind: Client, world: World) -> None:
    other = World.make()
    answer = send(rosalind, other, as_csv(rows_of(world, 1)), "register")
    words = words_of(main_of(answer, 400))
    assert f"is for workflow template {world.template.pk}, not for" in words


def test_a_withdrawn_template_has_no_form(rosalind: Client) -> None:
    template = factories.WorkflowTemplateFactory(withdrawn="It was wrong.")
    main = main_of(rosalind.get(f"/workflow_template/{template.pk}/upload/"))
    assert "It was wrong." in words_of(main)
    assert not main.select("form")


def test_checking_counts_as_an_export_and_reading_does_not(
    rosalind: Client, world: World, settings: Any
) -> None:
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "export": (1, 3600)}
    content = as_csv(rows_of(world, 1))
    assert send(rosalind, world, content, "check").status_code == 200
    assert send(rosalind, world, content, "check").status_code == 429
    assert rosalind.get(address(world)).status_code == 200


def test_the_form_requires_the_csrf_token(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(factories.registrar())
    assert send(client, world, b"a", "register").status_code == 403
