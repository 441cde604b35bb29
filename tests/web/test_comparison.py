"""The page that compares code runs, and the ways to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from bs4 import Tag
from django.conf import settings as configured
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from registry.core.record_types import record_kinds
from registry.runs.models import CodeRun
from tests.api.client import Api, data_of
from tests.factories import CodeRunFactory, UserFactory
from tests.runs.comparable import many_runs, two_runs
from tests.web.pages import FACTORIES, link, main_of, page_of, words_of
from tests.withdrawing import REASON, withdraw

pytestmark = pytest.mark.django_db

COMPARE = "/code_run/compare/"


def _compare(*written: Any, status: int = 200) -> Tag:
    return main_of(Client().get(COMPARE, {"id": written}), status)


def _section(main: Tag, title: str) -> Tag:
    found = [one for one in main.select("section") if words_of(one.h2 or one) == title]
    assert len(found) == 1
    return found[0]


def _rows(section: Tag) -> dict[str, list[str]]:
    """Return the cells of the rows that differ, by their labels."""
    return {
        words_of(row.th or row): [words_of(cell) for cell in row.select("td")]
        for row in section.select("tbody tr")
    }


def _same(section: Tag) -> dict[str, str]:
    """Return the values of the rows that are the same, by their labels."""
    folded = section.select_one("details:not([open])")
    assert folded is not None
    return {
        words_of(row.dt or row): words_of(row.dd or row)
        for row in folded.select("dl > div")
    }


def test_rows_that_differ_are_shown_and_equal_ones_folded_away() -> None:
    first, second = two_runs()
    main = _compare(first.pk, second.pk)
    parameters = _section(main, "Parameters")
    assert _rows(parameters) == {"rate": ["A 0.1", "B 0.2"]}
    assert _same(parameters) == {"seed": "42"}
    inputs = _section(main, "Inputs")
    assert _rows(inputs)["health:human/deaths version"] == ["A 1.0.0", "B 1.1.0"]
    assert _same(inputs) == {"health:human/births (version)": "3.0.0"}
    words = words_of(main)
    assert "2 runs: 14 rows differ, 9 are the same." in words
    assert "runs with the same letter have the same value" in words


def test_columns_and_values_link_to_records() -> None:
    first, second = two_runs()
    inputs = _section(_compare(first.pk, second.pk), "Inputs")
    heads = [str(one["href"]) for one in inputs.select("thead a")]
    assert heads == [f"/code_run/{run.pk}/" for run in (first, second)]
    for run, version in ((first, "1.0.0"), (second, "1.1.0")):
        [product] = [
            one
            for part in run.inputs.all()
            for one in part.object.data_products.filter(name="human/deaths")
        ]
        assert link(inputs, version) == f"/data_product/{product.pk}/"


def test_runs_with_the_same_value_have_the_same_letter() -> None:
    kept = CodeRunFactory(description="Fit")
    runs = [CodeRunFactory(description="Simulate"), kept, CodeRunFactory()]
    CodeRun.objects.filter(pk=runs[2].pk).update(description="Simulate")
    row = _section(_compare(*(run.pk for run in runs)), "Run").select("tbody tr")[0]
    assert [words_of(cell) for cell in row.select("td")] == [
        *("A Simulate", "B Fit", "A Simulate")
    ]
    shaded = [cell.get("class") for cell in row.select("td")]
    assert shaded == [None, ["other"], None]


def test_times_have_the_seconds_in_which_runs_differ() -> None:
    moment = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    runs = [
        CodeRunFactory(run_date=began, end_date=None).pk
        for began in (moment, moment + timedelta(milliseconds=500))
    ]
    began = _rows(_section(_compare(*runs), "Run"))["Began"]
    assert began == ["A 4 Mar 2026, 05:06:07 UTC", "B 4 Mar 2026, 05:06:07.5 UTC"]


def test_a_run_without_a_value_has_nothing() -> None:
    ended, going = CodeRunFactory(), CodeRunFactory(end_date=None)
    row = _rows(_section(_compare(ended.pk, going.pk), "Run"))["Ended"]
    assert row[1] == "B nothing"


def test_sections_say_that_they_are_empty_or_the_same() -> None:
    first = CodeRunFactory(inputs=[], model_config=None)
    second = CodeRunFactory(
        inputs=[], model_config=None, submission_script=first.submission_script
    )
    main = _compare(first.pk, second.pk)
    assert "None of these runs has any." in words_of(_section(main, "Inputs"))
    files = words_of(_section(main, "Configuration and script"))
    assert "Nothing differs." in files


def test_withdrawn_runs_are_marked() -> None:
    first, second = two_runs()
    withdraw(second)
    main = _compare(first.pk, second.pk)
    [_, listed] = main.select(".compared-runs li")
    assert "withdrawn" in words_of(listed)
    head = words_of(_section(main, "Inputs").select("thead th")[2])
    assert head == f"Run {second.pk} (withdrawn)"
    run = _rows(_section(main, "Run"))
    assert run["Withdrawn"] == ["A nothing", f"B {REASON}"]


def test_json_and_csv_have_the_same_comparison() -> None:
    first, second = two_runs()
    main = _compare(first.uuid, f"/api/code_run/{second.pk}/")
    address = link(main, "JSON")
    shape = data_of(Api().get(address))
    assert [run["id"] for run in shape["runs"]] == [first.pk, second.pk]
    assert link(main, "CSV") == address.replace("json", "csv")
    assert f"curl 'http://testserver/api{COMPARE}?id={first.pk}&id=" in words_of(main)


def test_one_of_several_runs_can_be_left_out() -> None:
    runs = [CodeRunFactory() for _ in range(3)]
    main = _compare(*(run.pk for run in runs))
    addresses = [str(one["href"]) for one in main.select("a[aria-label^='Leave out']")]
    assert [parse_qsl(urlsplit(one).query) for one in addresses] == [
        [("id", str(run.pk)) for run in runs if run is not left] for left in runs
    ]
    assert "Leave out" not in words_of(main_of(Client().get(addresses[0])))


def test_only_people_with_an_account_see_the_names_of_accounts() -> None:
    ids = {"id": [run.pk for run in two_runs()]}
    browser = Client()
    account = _same(_section(main_of(browser.get(COMPARE, ids)), "Run"))
    assert account["Registered by"].startswith("account ")
    browser.force_login(UserFactory())
    account = _same(_section(main_of(browser.get(COMPARE, ids)), "Run"))
    assert account["Registered by"] == "registrar"


@pytest.mark.parametrize("query", ["", "?id=", "?id=%20"])
def test_without_runs_there_is_a_form(query: str) -> None:
    main = main_of(Client().get(f"{COMPARE}{query}"))
    field = main.select_one("form[method=get] input[name=id]")
    assert field is not None
    assert field["data-kind"] == "code_run"
    assert field["value"] == ""
    assert main.select_one(f"label[for={field['id']}]")
    assert not main.select("table")


def test_the_page_of_a_run_leads_to_the_form_with_it() -> None:
    run = CodeRunFactory()
    page = main_of(Client().get(f"/code_run/{run.pk}/"))
    form = main_of(Client().get(link(page, "Compare with another run")))
    field = form.select_one("input[name=id]")
    assert field is not None
    assert field["value"] == f"{run.pk} "
    assert "One run is chosen." in words_of(form)


@pytest.mark.parametrize("between", [" ", ",", ", "])
def test_one_field_takes_all_runs(between: str) -> None:
    runs = [str(CodeRunFactory().pk) for _ in range(3)]
    main = _compare(f"{between.join(runs)} ")
    assert len(main.select(".compared-runs li")) == 3


def test_wrong_runs_are_named_and_stay_in_the_field() -> None:
    run = CodeRunFactory()
    main = _compare(run.pk, 987654, "<b>", status=400)
    field = main.select_one("input[name=id]")
    assert field is not None
    assert field["value"] == f"{run.pk} 987654 <b> "
    assert field["aria-invalid"] == "true"
    error = words_of(main.select("[role=alert]")[0])
    assert "Code run 987654 does not exist." in error
    assert "'<b>' is not a valid code run" in error


def test_more_than_20_runs_are_refused() -> None:
    main = _compare(*range(1, 22), status=400)
    assert "Give from 2 to 20 code runs; these are 21." in words_of(main)


def test_texts_are_escaped() -> None:
    evil = "<script>alert('x')</script>"
    runs = [CodeRunFactory(description=f"{evil}{n}").pk for n in range(2)]
    page = page_of(Client().get(COMPARE, {"id": runs}))
    assert all(one.get("src") for one in page.select("script"))
    assert f"{evil}0" in words_of(page)


def test_long_sections_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("registry.web.comparison.MAX_CELLS", 4)
    monkeypatch.setattr("registry.web.comparison.MAX_EQUAL", 1)
    ids = many_runs(2, 3)
    section = _section(_compare(*ids), "Inputs")
    assert len(_same(section)) == 1
    assert "2 more: JSON and CSV have all." in words_of(section)
    run = _section(_compare(*ids), "Run")
    assert len(_rows(run)) == 2
    assert "1 more row differs: JSON and CSV have all." in words_of(run)


def test_sections_of_long_names_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    run = _section(_compare(*many_runs(2, 3)), "Run")
    assert len(_rows(run)) == 3
    monkeypatch.setattr("registry.web.comparison.MAX_CHARACTERS", 10)
    run = _section(_compare(*many_runs(2, 3)), "Run")
    assert len(_rows(run)) == 1
    assert "2 more rows differ: JSON and CSV have all." in words_of(run)


def test_nothing_is_written_there() -> None:
    assert Client().post(COMPARE).status_code == 405
    assert Client().head(COMPARE).status_code == 200


def test_a_comparison_counts_as_an_export_and_the_form_does_not(
    settings: Settings,
) -> None:
    ids = {"id": [run.pk for run in two_runs()]}
    settings.THROTTLE_EXEMPT = []
    settings.THROTTLE_RATES = {**configured.THROTTLE_RATES, "export": (1, 3600)}
    assert Client().get(COMPARE, ids).status_code == 200
    assert Client().get(COMPARE, ids).status_code == 429
    assert Client().get(COMPARE).status_code == 200


@pytest.mark.parametrize("count, inputs", [(2, 1), (20, 20)])
def test_the_number_of_statements_is_constant(count: int, inputs: int) -> None:
    ids = many_runs(count, inputs)
    with CaptureQueriesContext(connection) as captured:
        _compare(*ids)
    assert len(captured) == 10


def test_runs_are_chosen_in_the_list() -> None:
    runs = [CodeRunFactory() for _ in range(3)]
    main = main_of(Client().get("/code_run/"))
    boxes = main.select("tbody input[type=checkbox][name=id]")
    assert [box["value"] for box in boxes] == [str(run.pk) for run in reversed(runs)]
    assert boxes[0]["aria-label"] == f"Compare code run {runs[2].pk}"
    [form] = main.select("form#compare")
    assert {box["form"] for box in boxes} == {form["id"]}
    assert (form["method"], form["action"]) == ("get", COMPARE)
    assert words_of(form.button or form) == "Compare"


def test_only_runs_are_compared() -> None:
    for kind in record_kinds():
        FACTORIES[kind].create()
    kinds = [
        kind
        for kind in record_kinds()
        if main_of(Client().get(f"/{kind}/")).select("form#compare, .choice")
    ]
    assert kinds == ["code_run", "model_run"]


def test_an_empty_list_has_nothing_to_compare() -> None:
    assert not main_of(Client().get("/code_run/")).select("form#compare")
