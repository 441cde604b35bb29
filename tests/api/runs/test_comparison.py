"""Comparisons of code runs as JSON and CSV."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings as configured
from pytest_django import DjangoAssertNumQueries, Settings

from registry.runs.models import CodeRun
from tests.api.client import Api, content_of, data_of, path_of, rows_of, url_of
from tests.factories import CodeRunFactory, KeyValueFactory
from tests.runs.comparable import configured as configuration
from tests.runs.comparable import many_runs, two_runs
from tests.withdrawing import REASON, withdraw

pytestmark = pytest.mark.django_db

COMPARE = "/api/code_run/compare/"


def _ids(*runs: CodeRun) -> list[tuple[str, Any]]:
    return [("id", run.pk) for run in runs]


def _rows(shape: Any, title: str) -> dict[tuple[str, str], Any]:
    [section] = [one for one in shape["sections"] if one["title"] == title]
    return {(row["label"], row["aspect"]): row for row in section["rows"]}


def test_json_has_the_runs_and_every_section() -> None:
    first, second = two_runs()
    withdraw(second)
    shape = data_of(Api().get(COMPARE, _ids(first, second)))
    assert shape["runs"] == [
        {
            "id": run.pk,
            "url": url_of(run),
            "code_run": url_of(run),
            "description": run.description,
            "withdrawn": reason,
        }
        for run, reason in ((first, None), (second, REASON))
    ]
    assert [one["title"] for one in shape["sections"]] == [
        *("Run", "Code", "Configuration and script"),
        *("Parameters", "Inputs", "Outputs"),
    ]
    assert first.model_config is not None
    assert second.model_config is not None
    pairs = [
        config.key_values.get(key="rate")
        for config in (first.model_config, second.model_config)
    ]
    assert _rows(shape, "Parameters")["rate", ""] == {
        "label": "rate",
        "aspect": "",
        "differs": True,
        "note": "",
        "groups": [0, 1],
        "values": [
            [{"text": pair.value, "url": url_of(pair), "withdrawn": False}]
            for pair in pairs
        ],
    }
    assert _rows(shape, "Run")["Withdrawn", ""]["values"][0] == []


def test_links_of_every_kind_lead_to_runs() -> None:
    first, second = two_runs()
    third = CodeRunFactory()
    query = [("id", first.uuid), ("id", url_of(second)), ("id", third.pk)]
    shape = data_of(Api().get(COMPARE, query))
    assert [run["id"] for run in shape["runs"]] == [first.pk, second.pk, third.pk]


def test_only_differences() -> None:
    first, second = two_runs()
    whole = data_of(Api().get(COMPARE, _ids(first, second)))
    query = [*_ids(first, second), ("differences", "true")]
    part = data_of(Api().get(COMPARE, query))
    for section, shortened in zip(whole["sections"], part["sections"], strict=True):
        differing = [row for row in section["rows"] if row["differs"]]
        assert shortened == {**section, "rows": differing}
        assert len(section["rows"]) == section["differing"] + section["equal"]
    rows = rows_of(Api().get(COMPARE, [*query, ("format", "csv")]))
    assert {row["differs"] for row in rows} == {"true"}
    assert len(rows) == sum(section["differing"] for section in part["sections"])


def test_csv_has_a_column_a_run() -> None:
    first, second = two_runs()
    answer = Api().get(COMPARE, _ids(first, second), accept="text/csv")
    rows = rows_of(answer)
    columns = [f"code_run/{first.pk}", f"code_run/{second.pk}"]
    assert [*rows[0]] == ["section", "label", "aspect", "differs", *columns]
    [version] = [
        row
        for row in rows
        if (row["label"], row["aspect"]) == ("health:human/deaths", "version")
    ]
    assert [version[name] for name in ("section", "differs", *columns)] == [
        *("Inputs", "true", "1.0.0", "1.1.0")
    ]


def test_csv_escapes_formulas_unless_it_is_raw() -> None:
    runs = []
    for value in ("=1+1", "-1"):
        config = configuration()
        KeyValueFactory(object=config, key="rate", value=value)
        runs.append(CodeRunFactory(model_config=config))
    query = [*_ids(*runs), ("format", "csv"), ("differences", "true")]
    for more, texts in (([], ["'=1+1", "'-1"]), ([("raw", "true")], ["=1+1", "-1"])):
        rows = rows_of(Api().get(COMPARE, [*query, *more]))
        [rate] = [row for row in rows if row["label"] == "rate"]
        assert [rate[f"code_run/{run.pk}"] for run in runs] == texts


def test_only_people_with_an_account_see_the_names_of_accounts() -> None:
    first, second = two_runs()
    user = first.registered_by
    for api, name in ((Api(), f"account {user.pk}"), (Api(user), user.username)):
        shape = data_of(api.get(COMPARE, _ids(first, second)))
        row = _rows(shape, "Run")["Registered by", ""]
        assert [cell[0]["text"] for cell in row["values"]] == [name, name]


@pytest.mark.parametrize("form", ["json", "csv"])
@pytest.mark.parametrize(
    "written, message",
    [
        ([], "Give from 2 to 20 code runs; these are 0."),
        ([""], "Give from 2 to 20 code runs; these are 0."),
        (["{}"], "Give from 2 to 20 code runs; these are 1."),
        (["{}", "{}"], "is given more than once."),
        (["{}", "/api/code_run/{}/"], "is given more than once."),
        (["{}", "987654"], "Code run 987654 does not exist."),
        (["{}", "nonsense"], "'nonsense' is not a valid code run"),
        (["{}", str(2**63)], "is not a valid code run"),
        (["{}", "/api/object/1/"], "'/api/object/1/' is not a valid code run"),
        (list(map(str, range(1, 22))), "these are 21."),
    ],
)
def test_wrong_runs_are_refused(written: list[str], message: str, form: str) -> None:
    run = CodeRunFactory()
    query = [("id", one.format(run.pk)) for one in written]
    answer = Api().get(COMPARE, [*query, ("format", form)])
    assert answer.status_code == 400
    assert message in content_of(answer).decode()
    if form == "json":
        assert [*data_of(answer, 400)] == ["id"]


@pytest.mark.parametrize(
    "more, name",
    [
        ([("differences", "perhaps")], "differences"),
        ([("differences", "true"), ("differences", "false")], "differences"),
        ([("raw", "perhaps")], "raw"),
        ([("ids", "1")], "detail"),
    ],
)
def test_wrong_parameters_are_refused(more: list[tuple[str, str]], name: str) -> None:
    query = [*_ids(*two_runs()), *more]
    assert [*data_of(Api().get(COMPARE, query), 400)] == [name]


def test_an_empty_parameter_is_none() -> None:
    query = _ids(*two_runs())
    usual = data_of(Api().get(COMPARE, query))
    more = [("differences", ""), ("id", "")]
    assert data_of(Api().get(COMPARE, [*query, *more])) == usual


def test_an_unknown_format_is_404_and_an_unacceptable_type_406() -> None:
    query = _ids(*two_runs())
    assert Api().get(COMPARE, [*query, ("format", "docx")]).status_code == 404
    assert Api().get(COMPARE, query, accept="application/msword").status_code == 406


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_there_is_nothing_to_write(method: str) -> None:
    run = CodeRunFactory()
    answer = Api(run.registered_by).call(method, f"{COMPARE}?id={run.pk}", {})
    assert answer.status_code == 405
    assert CodeRun.objects.count() == 1


def test_head_has_the_headers_of_get() -> None:
    query = "&".join(f"id={pk}" for _, pk in _ids(*two_runs()))
    answer = Api().call("HEAD", f"{COMPARE}?{query}")
    assert answer.status_code == 200
    assert answer["Content-Type"] == Api().get(f"{COMPARE}?{query}")["Content-Type"]
    assert content_of(answer) == b""


def test_a_missing_slash_is_redirected() -> None:
    answer = Api().get(COMPARE[:-1], [("id", "1"), ("id", "2")])
    assert answer.status_code == 301
    assert answer["Location"] == f"{COMPARE}?id=1&id=2"


def test_it_is_no_address_of_a_run() -> None:
    run = CodeRunFactory()
    assert data_of(Api().get(path_of(run)))["url"] == url_of(run)
    assert Api().get("/api/code_run/comparison/").status_code == 404


def test_it_is_shown_in_the_browsable_api() -> None:
    answer = Api().get(COMPARE, _ids(*two_runs()), accept="text/html")
    assert answer["Content-Type"].startswith("text/html")
    assert "health:human/deaths" in content_of(answer).decode()


def test_it_counts_as_an_export(settings: Settings) -> None:
    query = _ids(*two_runs())
    settings.THROTTLE_EXEMPT = []
    settings.THROTTLE_RATES = {**configured.THROTTLE_RATES, "export": (1, 3600)}
    api = Api()
    assert api.get(COMPARE, query).status_code == 200
    assert api.get(COMPARE, query).status_code == 429


@pytest.mark.parametrize("count, inputs", [(2, 1), (20, 20)])
def test_the_number_of_statements_is_constant(
    count: int, inputs: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    query = [("id", pk) for pk in many_runs(count, inputs)]
    with django_assert_num_queries(10):
        shape = data_of(Api().get(COMPARE, query))
    assert len(shape["runs"]) == count
