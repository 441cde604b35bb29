"""Sheets of model runs over the API: given out, filled in, checked and registered."""

from __future__ import annotations

import csv
import io
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from registry.core.models import Event
from registry.identity.models import User
from registry.runs.models import CodeRun, ModelRun, RunAnnotation
from tests import factories
from tests.api.client import Api, data_of
from tests.runs.filled_sheets import as_csv, as_xlsx, rows_of
from tests.runs.modelling import World

pytestmark = pytest.mark.django_db

ADDRESS = "/api/model_run/spreadsheet/"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: The statements of a thousand rows, and those of a sheet, however long it is.
STATEMENTS = {"": (17, 7), "?dry_run=true": (17, 8)}
BOTH = pytest.mark.parametrize("form", ["csv", "xlsx"])


@pytest.fixture
def person() -> User:
    """Return somebody with an account."""
    return factories.registrar()


@pytest.fixture
def api(person: User) -> Api:
    """Return requests of that person."""
    return Api(person)


@pytest.fixture
def client(person: User) -> Client:
    """Return requests of that person's browser, without the check of its forms."""
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def world() -> World:
    """Return a template with its datasets."""
    return World.make()


def counts() -> tuple[int, ...]:
    """Return how many rows there are of all that a record writes."""
    return tuple(
        model._default_manager.count()
        for model in (ModelRun, CodeRun, RunAnnotation, Event)
    )


def send(
    client: Client, content: bytes, query: str = "", kind: str = "text/csv", **more: Any
) -> Any:
    return client.post(f"{ADDRESS}{query}", content, content_type=kind, **more)


def send_form(client: Client, content: bytes, query: str = "", name: str = "a") -> Any:
    file = SimpleUploadedFile(name, content)
    return client.post(f"{ADDRESS}{query}", {"file": file})


def get(client: Client, path: str, query: Any = None) -> Any:
    return client.get(path, query)


def content_of(answer: Any) -> bytes:
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content)


def headers_of(text: bytes) -> list[str]:
    return next(csv.reader(io.StringIO(text.decode("utf-8-sig"))))


# --- given out -----------------------------------------------------------------------


@BOTH
def test_the_sheet_of_a_template_is_a_file_with_a_name(
    client: Client, world: World, form: str
) -> None:
    address = f"/api/workflow_template/{world.template.pk}/spreadsheet/"
    answer = get(client, address, {"format": form})
    name = f"new-runs-of-{world.template.name}-{world.template.pk}.{form}"
    assert name in answer["Content-Disposition"]
    assert answer["Content-Disposition"].startswith("attachment")
    content = content_of(answer)
    if form == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(content))
        found = [str(one.value) for one in book["Model runs"][1]]
    else:
        found = headers_of(content)
    assert {"configuration", "script", "annotation: RCP"} < {*found}
    assert f"input: {world.forcing.name} [{world.forcing.pk}] / components" in found
    # the example is not a run
    kind = XLSX if form == "xlsx" else "text/csv"
    assert data_of(send(client, content, kind=kind))["rows"] == []


def test_a_workbook_has_lists_of_the_newest_records(
    client: Client, world: World
) -> None:
    author = factories.AuthorFactory(name="=Ada")
    withdrawn = factories.AuthorFactory(withdrawn="twice")
    release = world.template.model.releases.get()
    answer = get(
        client, f"/api/workflow_template/{world.template.pk}/spreadsheet/?format=xlsx"
    )
    book = openpyxl.load_workbook(io.BytesIO(content_of(answer)))
    cells = [one.value for row in book["Choices"] for one in row if one.value]
    assert f"{author.pk} – =Ada" in cells
    assert release.version in cells
    assert not any(str(one).startswith(f"{withdrawn.pk} – ") for one in cells)


def test_a_withdrawn_template_has_no_sheet_but_that_of_its_runs(
    client: Client, api: Api, world: World
) -> None:
    sheet = as_csv(rows_of(world, 1))
    data_of(send(client, sheet), 201)
    address = f"/api/workflow_template/{world.template.pk}"
    data_of(api.post(f"{address}/withdraw/", {"reason": "It was wrong."}))
    message = data_of(get(client, f"{address}/spreadsheet/"), 409)["detail"]
    assert "It was wrong." in message
    content = content_of(get(client, f"{address}/spreadsheet/?runs=true"))
    assert b"Run 0" in content
    assert "withdrawn" in data_of(send(client, content), 409)["detail"]


def test_a_sheet_of_no_template_is_not_there(client: Client) -> None:
    data_of(get(client, "/api/workflow_template/987654/spreadsheet/"), 404)


def test_anybody_can_have_a_sheet_and_only_accounts_can_send_one(
    world: World,
) -> None:
    client = Client()
    address = f"/api/workflow_template/{world.template.pk}/spreadsheet/"
    assert get(client, address).status_code == 200
    assert send(client, as_csv(rows_of(world, 1))).status_code == 403


# --- registered ----------------------------------------------------------------------


@BOTH
def test_a_sheet_that_was_filled_in_is_registered_once(
    client: Client, world: World, form: str
) -> None:
    make, kind = {"csv": (as_csv, "text/csv"), "xlsx": (as_xlsx, XLSX)}[form]
    sheet = make(rows_of(world, 3))
    before = counts()
    tried = data_of(send(client, sheet, "?dry_run=true", kind))
    assert counts() == before
    assert [one["model_run"] for one in tried["rows"]] == [None] * 3
    shown = data_of(send(client, sheet, kind=kind), 201)
    assert (shown["registered"], shown["found"], shown["wrong"]) == (3, 0, 0)
    assert [one["row"] for one in shown["rows"]] == [2, 3, 4]
    for row, dry in zip(shown["rows"], tried["rows"], strict=True):
        assert row | {"model_run": None} == dry
        assert data_of(get(client, row["model_run"]))["description"] == (
            f"Run {row['row'] - 2}"
        )
    assert shown | {"rows": tried["rows"]} == tried
    after = counts()
    again = data_of(send_form(client, sheet))
    assert (again["registered"], again["found"]) == (0, 3)
    assert [one["model_run"] for one in again["rows"]] == [
        one["model_run"] for one in shown["rows"]
    ]
    assert {one["is_new"] for one in again["rows"]} == {False}
    assert counts() == after


@BOTH
def test_a_sheet_given_out_is_filled_in_and_sent(
    client: Client, world: World, form: str
) -> None:
    answer = get(
        client, f"/api/workflow_template/{world.template.pk}/spreadsheet/?format=xlsx"
    )
    book = openpyxl.load_workbook(io.BytesIO(content_of(answer)))
    sheet = book["Model runs"]
    [row] = rows_of(world, 1)
    product = factories.DataProductFactory()
    for name in ("table/a", "table/b"):
        factories.ObjectComponentFactory(object=product.object, name=name)
    thing = factories.ObjectFactory()
    dataset = f"input: {world.forcing.name} [{world.forcing.pk}]"
    row |= {
        dataset: str(product.pk),
        f"{dataset} / components": "table/a; table/b",
        "configuration": str(thing.pk),
        "script": str(thing.uuid),
    }
    for number, cell in enumerate(sheet[1], 1):
        sheet.cell(2, number).value = row.get(str(cell.value))
    file = io.BytesIO()
    book.save(file)
    shown = data_of(send_form(client, file.getvalue()), 201)
    [one] = shown["rows"]
    run = data_of(get(client, one["model_run"]))
    assert run["inputs"][0]["components"] == ["table/a", "table/b"]
    assert run["model_config"] == run["submission_script"]
    # the runs of the template are sent back as they are
    runs = get(
        client,
        f"/api/workflow_template/{world.template.pk}/spreadsheet/",
        {"format": form, "runs": "true"},
    )
    before = counts()
    again = data_of(send_form(client, content_of(runs)))
    assert [one["model_run"] for one in again["rows"]] == [one["model_run"]]
    assert counts() == before


def test_the_same_run_twice_in_a_sheet_is_one(client: Client, world: World) -> None:
    rows = rows_of(world, 1) * 2
    tried = data_of(send(client, as_csv(rows), "?dry_run=true"))
    shown = data_of(send(client, as_csv(rows)), 201)
    for one in (tried, shown):
        assert (one["registered"], one["found"]) == (1, 1)
    assert [one["is_new"] for one in shown["rows"]] == [True, False]
    assert tried["rows"][1]["model_run"] is None
    assert shown["rows"][0]["model_run"] == shown["rows"][1]["model_run"]


# --- refused -------------------------------------------------------------------------


def test_every_wrong_row_is_named_and_nothing_is_stored(
    client: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # as many chunks as ten thousand rows have
    monkeypatch.setattr("registry.runs.model_runs.sheet_rows.CHUNK", 10)
    rows = rows_of(world, 100)
    known = data_of(send(client, as_csv(rows[97:98])), 201)["rows"][0]["model_run"]
    before = counts()
    rows[55]["modeller"] = "987654"
    rows[56]["start time"] = "03/04/2022"
    rows[90] |= {"modeller": "", "end time": "2021-01-01", "annotation: RCP": ""}
    for query in ("", "?dry_run=true"):
        shown = data_of(send(client, as_csv(rows), query), 400)
        assert counts() == before
        assert (shown["registered"], shown["found"], shown["wrong"]) == (0, 1, 3)
        assert len(shown["rows"]) == 100
        wrong = {one["row"]: one for one in shown["rows"] if one["errors"]}
        assert {*wrong} == {57, 58, 92}
        assert wrong[57]["errors"] == {"B: modeller": ["Author 987654 does not exist."]}
        assert wrong[57]["values"] == {"B: modeller": "987654"}
        assert "ambiguous" in wrong[58]["errors"]["C: start time"][0]
        assert {*wrong[92]["errors"]} == {
            *("B: modeller", "D: end time", "E: annotation: RCP")
        }
        assert wrong[92]["values"]["B: modeller"] == ""
        urls = {one["row"]: one["model_run"] for one in shown["rows"]}
        assert {row for row, url in urls.items() if url} == {99}
        assert urls[99] == known


def test_errors_are_a_table_too_whose_cells_are_no_formulas(
    client: Client, world: World
) -> None:
    rows = rows_of(world, 2, modeller="=1+1")
    answer = send(client, as_csv(rows), "?format=csv")
    assert answer.status_code == 400
    assert "errors.csv" in answer["Content-Disposition"]
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    lines = [*csv.DictReader(io.StringIO(text))]
    assert [one["row"] for one in lines] == ["2", "3"]
    assert {one["column"] for one in lines} == {"B: modeller"}
    assert {one["what is there"] for one in lines} == {"'=1+1"}
    assert {one["place in the record"] for one in lines} == {"modeller"}


def test_errors_of_datasets_and_components_are_in_their_columns(
    client: Client, world: World
) -> None:
    [row] = rows_of(world, 1)
    dataset = f"input: {world.forcing.name} [{world.forcing.pk}]"
    row |= {f"{dataset} / components": "one\nother", "study": "987654"}
    [shown] = data_of(send(client, as_csv([row])), 400)["rows"]
    components, study = shown["errors"].values()
    assert {name[3:] for name in shown["errors"]} == {
        f"{dataset} / components",
        "study",
    }
    if "Study" in components[0]:
        components, study = study, components
    assert study == ["Study 987654 does not exist."]
    assert ["no component one" in components[0], "other" in components[1]] == [True] * 2


def test_memory_for_errors_is_limited(
    client: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = "registry.runs.model_runs.sheet_outcomes.MOST_CHARACTERS"
    monkeypatch.setattr(path, 200)
    rows = rows_of(world, 5, modeller="987654")
    shown = data_of(send(client, as_csv(rows)), 400)
    assert shown["wrong"] == 5
    assert {*shown["rows"][0]["errors"]} == {"B: modeller"}
    assert {*shown["rows"][4]["errors"]} == {"row"}


@pytest.mark.parametrize(
    "content, message",
    [
        (b"\n", "empty"),
        (b"%PDF-1.7", "neither CSV nor XLSX"),
        (b"PK\x03\x04 not a zip", "damaged"),
        (b"a,b\n1,2\n", "does not name the workflow template"),
        (b"workflow template,description\n987654,x\n", "does not exist"),
    ],
)
def test_what_is_no_sheet_is_refused(
    client: Client, world: World, content: bytes, message: str
) -> None:
    for answer in (send(client, content), send_form(client, content)):
        assert message in " ".join(data_of(answer, 400)["sheet"])


def test_the_template_can_be_said_with_the_sheet(client: Client, world: World) -> None:
    rows = rows_of(world, 1)
    del rows[0]["workflow template"]
    header = "_workflow template id 6f0f0a1c-8f51-4f0c"
    older = as_csv([{header: "", **rows[0]}])
    data_of(send(client, older, f"?template={world.template.pk}"), 201)
    other = factories.WorkflowTemplateFactory()
    content = as_csv(rows_of(world, 1))
    answer = send(client, content, f"?template={other.pk}")
    assert "is for workflow template" in data_of(answer, 400)["sheet"][0]
    assert "template" in data_of(send(client, content, "?template=987654"), 400)
    assert "template" in data_of(send(client, content, "?template=x"), 400)


def test_other_media_types_and_other_fields_are_refused(
    client: Client, world: World
) -> None:
    content = as_csv(rows_of(world, 1))
    answer = send(client, content, kind="application/json")
    assert "text/csv" in data_of(answer, 415)["detail"]
    other: Any = client.post(ADDRESS, {"sheet": SimpleUploadedFile("a.csv", content)})
    assert "'file'" in data_of(other, 400)["file"][0]
    nothing: Any = client.post(ADDRESS, {})
    assert "Choose" in data_of(nothing, 400)["file"][0]


def test_a_large_sheet_is_refused_and_the_limit_is_named(
    client: Client, world: World, settings: Any
) -> None:
    settings.SHEET_UPLOAD_MB = 1
    content = as_csv(rows_of(world, 1)) + b"\n" * 2**20
    for answer in (send(client, content), send_form(client, content)):
        assert "at most 1 megabytes" in data_of(answer, 413)["detail"]


def test_a_sheet_of_more_rows_is_refused(client: Client, world: World) -> None:
    lines = as_csv(rows_of(world, 1)).splitlines(keepends=True)
    content = lines[0] + lines[1] * 10_001
    before = counts()
    with CaptureQueriesContext(connection) as captured:
        message = data_of(send(client, content), 400)["sheet"][0]
    assert not [one for one in captured if "INSERT" in one["sql"]]
    assert "more than 10000 rows" in message
    assert counts() == before


def test_a_browser_has_to_prove_that_it_showed_the_form(
    person: User, world: World
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)
    content = as_csv(rows_of(world, 1))
    for answer in (send(client, content), send_form(client, content)):
        assert "CSRF" in data_of(answer, 403)["detail"]


# --- once, and how much --------------------------------------------------------------


def test_a_key_makes_a_request_safe_to_repeat(client: Client, world: World) -> None:
    rows = rows_of(world, 2)
    key = {"HTTP_IDEMPOTENCY_KEY": "sheet-1"}
    wrong = as_csv([rows[0] | {"modeller": "x"}])
    data_of(send(client, wrong, **key), 400)
    first = send(client, as_csv(rows), **key)
    again = send(client, as_csv(rows), **key)
    assert data_of(again, 201) == data_of(first, 201)
    assert again["Idempotent-Replayed"] == "true"
    data_of(send(client, as_csv(rows[:1]), **key), 422)
    data_of(send(client, as_csv(rows), "?dry_run=true", **key), 422)
    assert ModelRun.objects.count() == 2


def test_a_sheet_counts_as_an_export(
    client: Client, world: World, settings: Any
) -> None:
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "export": (1, 3600)}
    content = as_csv(rows_of(world, 1))
    data_of(send(client, content), 201)
    data_of(send(client, content), 429)


@pytest.mark.parametrize("query", ["", "?dry_run=true"])
def test_each_thousand_rows_take_as_many_statements(
    client: Client, world: World, query: str
) -> None:
    # the first request of a process asks for more
    data_of(send(client, as_csv(rows_of(world, 2, modeller="x"))), 400)
    taken = []
    for number in (1000, 2000):
        rows = rows_of(world, number)
        with CaptureQueriesContext(connection) as captured:
            answer = send(client, as_csv(rows), query)
        assert data_of(answer, 200 if query else 201)["registered"] == number
        taken.append(len(captured))
    each = taken[1] - taken[0]
    around = taken[0] - each
    assert (each, around) == STATEMENTS[query]
