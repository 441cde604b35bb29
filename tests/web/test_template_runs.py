"""The runs of a template: columns, orders, pages, filters and a plot."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup, Tag
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from registry.runs.models import WorkflowTemplate
from registry.web.run_table import MAX_COLUMNS
from tests.runs.scored import bare_template, run_of, runs_with
from tests.web.pages import link, main_of, rows, words_of
from tests.withdrawing import withdraw

pytestmark = pytest.mark.django_db

#: In the order of numbers, then texts, then nothing, the newest first.
SCORES = ["10", "9", None, "b", "-1", "a", "1e1", None, "0.5"]
IN_ORDER = ["-1", "0.5", "9", "10", "1e1", "a", "b", "no score", "no score"]
REVERSED = ["1e1", "10", "9", "0.5", "-1", "b", "a", "no score", "no score"]
EVIL = "<script>alert('x')</script>\"><b>&"


@pytest.fixture
def template() -> WorkflowTemplate:
    return bare_template()


def _runs(template: WorkflowTemplate, **query: Any) -> Tag:
    return main_of(Client().get(f"/workflow_template/{template.pk}/runs/", query))


def _refused(template: WorkflowTemplate, **query: Any) -> Tag:
    return main_of(Client().get(f"/workflow_template/{template.pk}/runs/", query), 400)


def _by(key: str) -> dict[str, str]:
    return {"ordering": f"annotation.{key}"}


def _heads(main: Tag) -> list[str]:
    return [words_of(one) for one in main.select(".run-table thead th")]


def test_the_columns_are_the_annotations_of_the_template_and_of_its_runs() -> None:
    template = bare_template(
        required_annotations=("RCP",), optional_annotations=("score",)
    )
    run_of(template, RCP="45", zeta="1", alpha="x")
    heads = _heads(_runs(template))
    assert heads == [
        *("Run", "Began", "Ended", "Duration"),
        *("RCP", "score", "alpha", "zeta"),
    ]


def test_further_columns_are_in_the_csv(template: WorkflowTemplate) -> None:
    run_of(template, "many", **{f"k{n:02}": "1" for n in range(40)})
    main = _runs(template)
    assert len(_heads(main)) == 4 + MAX_COLUMNS
    assert "11 more annotations in the CSV." in words_of(main)


@pytest.mark.parametrize(
    "ordering, expected",
    [("annotation.score", IN_ORDER), ("-annotation.score", REVERSED)],
)
def test_numbers_come_before_texts_and_absent_ones_last(
    template: WorkflowTemplate, ordering: str, expected: list[str]
) -> None:
    runs_with(template, SCORES)
    assert rows(_runs(template, ordering=ordering)) == expected


@pytest.mark.parametrize("size", [1, 2, 3, 4, 9])
@pytest.mark.parametrize(
    "ordering", ["annotation.score", "-annotation.score", "start_time", ""]
)
def test_pages_follow_one_another_in_both_directions(
    template: WorkflowTemplate, size: int, ordering: str
) -> None:
    runs_with(template, SCORES)
    whole = rows(_runs(template, ordering=ordering))
    pages = [_runs(template, ordering=ordering, page_size=str(size))]
    while (further := pages[-1].select_one(".pager [rel=next]")) is not None:
        pages.append(_page_at(template, further))
    assert [one for page in pages for one in rows(page)] == whole
    back = pages[-1]
    for page in pages[-2::-1]:
        before = back.select_one(".pager [rel=prev]")
        assert before is not None
        back = _page_at(template, before)
        assert rows(back) == rows(page)
    assert back.select_one(".pager [rel=prev]") is None


def _page_at(template: WorkflowTemplate, further: Tag) -> Tag:
    query = parse_qs(urlsplit(str(further["href"])).query)
    return _runs(template, **{name: values[0] for name, values in query.items()})


def test_a_place_that_is_none_has_no_page(template: WorkflowTemplate) -> None:
    address = f"/workflow_template/{template.pk}/runs/"
    for cursor in ("7", "0", "0nonsense", "2W10", "\0"):
        query = {"cursor": cursor, **_by("score")}
        assert Client().get(address, query).status_code == 404, cursor


@pytest.mark.parametrize(
    "ordering", ["nonsense", "annotation.", "annotation." + "k" * 256, "inputs"]
)
def test_an_unknown_order_is_refused(template: WorkflowTemplate, ordering: str) -> None:
    assert _refused(template, ordering=ordering).select_one(".problem")


def test_the_head_of_a_column_orders_by_it(template: WorkflowTemplate) -> None:
    runs_with(template, ["2", "1"])
    main = _runs(template)
    first = _page_at(template, _head(main, "score"))
    assert rows(first) == ["1", "2"]
    assert _sorted(first) == "ascending"
    second = _page_at(template, _head(first, "score"))
    assert rows(second) == ["2", "1"]
    assert _sorted(second) == "descending"


def _head(main: Tag, key: str) -> Tag:
    [found] = [
        one for one in main.select(".run-table thead a") if words_of(one)[:5] == key
    ]
    return found


def _sorted(main: Tag) -> Any:
    [head] = main.select(".run-table thead [aria-sort]")
    return head["aria-sort"]


def test_names_with_commas_blanks_and_markup_order_and_filter(
    template: WorkflowTemplate,
) -> None:
    for key in ("a, b", EVIL, "שלום"):
        for value in ("2", "1"):
            run_of(template, value, **{key: value})
        assert rows(_runs(template, **_by(key)))[:2] == ["1", "2"]
        assert rows(_runs(template, **{f"annotation.{key}": "2"})) == ["2"]


def test_what_people_type_is_escaped(template: WorkflowTemplate) -> None:
    run_of(template, EVIL, **{EVIL: EVIL, "n": "1"})
    query = {"x": f"annotation.{EVIL}", "y": "annotation.n", f"annotation.{EVIL}": EVIL}
    address = f"/workflow_template/{template.pk}/runs/"
    page = BeautifulSoup(Client().get(address, query).content, "html.parser")
    assert not page.select("main script, main b")
    assert EVIL in page.get_text()
    typed = page.select_one(f'input[value="{_css(EVIL)}"]')
    assert typed is not None


def _css(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def test_the_filters_are_those_of_the_api(template: WorkflowTemplate) -> None:
    runs_with(template, ["1", "2", "3", "x", None])
    main = _runs(template, **{"annotation.score__gte": "2", **_by("score")})
    assert rows(main) == ["2", "3"]
    assert "2 runs match the filter" in words_of(main)
    field = main.select_one('input[name="annotation.score__gte"]')
    assert field is not None
    assert field["value"] == "2"
    assert link(main, "CSV") == (
        f"/api/model_run/?workflow_template={template.pk}"
        "&annotation.score__gte=2&format=csv"
    )
    assert len(Client().get(link(main, "JSON")).json()["results"]) == 2
    wrong = _refused(template, **{"annotation.score__gte": "much"})
    assert "Compare with a number" in words_of(wrong)


def test_all_inputs_of_the_filter_have_labels(template: WorkflowTemplate) -> None:
    runs_with(template, ["1", "x"])
    form = _runs(template, **_by("score")).select_one(".filters form")
    assert form is not None
    fields = form.select("input:not([type=hidden])")
    assert {str(one["name"]) for one in fields} >= {
        *("annotation.score", "annotation.score__gte", "annotation.score__lte"),
        *("display_name", "study"),
    }
    for one in fields:
        assert form.select_one(f"label[for={one['id']}]"), one["name"]
    # the order is kept
    assert form.select_one('[type=hidden][name=ordering][value="annotation.score"]')


def test_other_templates_and_withdrawn_runs_are_left_out(
    template: WorkflowTemplate,
) -> None:
    runs_with(template, ["1", "2"])
    withdraw(run_of(template, score="3"))
    run_of(bare_template(), score="4")
    main = _runs(template, **_by("score"))
    assert rows(main) == ["1", "2"]
    assert "2 runs" in words_of(main)
    assert rows(_runs(template, withdrawn="only")) == ["3"]


@pytest.mark.parametrize("query", [{}, {"x": "start_time", "y": "duration"}])
def test_a_template_without_runs(
    template: WorkflowTemplate, query: dict[str, str]
) -> None:
    main = _runs(template, **query)
    assert "No run follows this template yet." in words_of(main)


def test_there_is_no_page_without_a_template(client: Client) -> None:
    main_of(client.get("/workflow_template/987654/runs/"), 404)


def test_the_plot_of_two_annotations(template: WorkflowTemplate) -> None:
    for n in range(5):
        run = run_of(template, f"run {n}", RCP=str(n), score=str(10 - 2 * n))
    run_of(template, RCP="7")
    main = _runs(template, x="annotation.RCP", y="annotation.score", withdrawn="false")
    svg = main.select_one("svg.plot")
    assert svg is not None
    assert len(svg.select("circle")) == 5
    newest = svg.select_one(f'a[href="/model_run/{run.pk}/"] title')
    assert newest is not None
    assert words_of(newest) == "run 4: RCP 4, score 2"
    description = main.select_one("#plot-words")
    assert description is not None
    assert [words_of(one) for one in description.select("li")] == [
        "5 runs with both numbers.",
        "RCP: 0 to 4.",
        "score: 2 to 10.",
        "Correlation coefficient (Pearson): -1.000.",
    ]
    form = main.select_one(".plot-choice")
    assert form is not None
    options = [str(one["value"]) for one in form.select("#plot-x option")]
    assert options == ["annotation.score", "annotation.RCP", "start_time", "duration"]
    chosen = [str(one["value"]) for one in form.select("option[selected]")]
    assert chosen == ["annotation.RCP", "annotation.score"]
    assert len(Client().get(link(main.select("#plot ~ p")[-1], "JSON")).json()) == 6


def test_a_plot_of_nonsense_is_refused(template: WorkflowTemplate) -> None:
    run_of(template, score="1")
    main = _refused(template, x="inputs", y="")
    assert len(main.select("section .problem")) == 2
    # an annotation that no run has a number for is no error
    assert "0 runs with both numbers." in words_of(
        _runs(template, x="annotation.nothing", y="annotation.score")
    )


@pytest.mark.parametrize("number", [3, 60])
@pytest.mark.parametrize(
    "query, parts, counted",
    [
        ({}, 1, True),
        (_by("score"), 1, True),
        (_by("nothing"), 3, True),
        ({"annotation.score__lte": "1"}, 1, False),
    ],
)
def test_the_statements_are_as_many_for_any_number_of_runs(
    number: int,
    query: dict[str, str],
    parts: int,
    counted: bool,
    template: WorkflowTemplate,
    client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    runs_with(template, map(str, range(number)))
    is_long = number > 50
    if not is_long and query == _by("score"):
        # a page that reaches the end looks at all parts
        parts = 3
    # the template, the newest runs, their annotations and their configurations
    expected = 4 + parts + (is_long and counted)
    with django_assert_num_queries(expected):
        client.get(f"/workflow_template/{template.pk}/runs/", query)
