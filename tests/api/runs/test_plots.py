"""Plots of two quantities of the runs of a template."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from registry.runs import quantities
from registry.runs.models import WorkflowTemplate
from tests.api.client import HOST, Api
from tests.factories import KeyValueFactory, ModelRunFactory, StudyFactory, UserFactory
from tests.runs.scored import bare_template, run_of

pytestmark = pytest.mark.django_db

SVG = "{http://www.w3.org/2000/svg}"
EVIL = "<script>alert('x')</script>\"><b>&\u202e\x07"


@pytest.fixture
def template() -> WorkflowTemplate:
    return bare_template()


def _plot(template: WorkflowTemplate, **query: Any) -> Any:
    query = {"x": "annotation.RCP", "y": "annotation.score", **query}
    return Api().get(f"/api/workflow_template/{template.pk}/plot/", query)


def _json(template: WorkflowTemplate, **query: Any) -> Any:
    return _plot(template, format="json", **query).json()


def _svg(answer: Any) -> ET.Element:
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "image/svg+xml; charset=utf-8"
    # we wrote it
    return ET.fromstring(answer.content)  # noqa: S314


def test_the_points_as_json(template: WorkflowTemplate) -> None:
    first = run_of(template, "first", RCP="45", score="0.5")
    run_of(template, "no score", RCP="45")
    run_of(template, "no number", RCP="45", score="n/a")
    second = run_of(template, "second", RCP="85", score="1e-1")
    run_of(bare_template(), "other", RCP="1", score="1")
    shown = _json(template)
    assert shown == {
        "x": "annotation.RCP",
        "y": "annotation.score",
        "count": 2,
        "left_out": 0,
        "correlation": -1.0,
        "points": [
            {
                "model_run": f"{HOST}/api/model_run/{run.pk}/",
                "name": run.display_name,
                "x": x,
                "y": y,
            }
            for run, x, y in ((second, 85.0, 0.1), (first, 45.0, 0.5))
        ],
    }


def test_the_picture_has_a_link_and_a_title_for_each_run(
    template: WorkflowTemplate,
) -> None:
    run = run_of(template, EVIL.replace("\x07", ""), RCP="45", score="0.5")
    answer = _plot(template)
    root = _svg(answer)
    [link] = root.iter(f"{SVG}a")
    assert link.get("href") == f"{HOST}/model_run/{run.pk}/"
    [title] = link.iter(f"{SVG}title")
    assert "alert('x')" in (title.text or "")
    assert (title.text or "").endswith(": RCP 45, score 0.5")
    assert not [*root.iter(f"{SVG}script")]
    assert "'sha256-" in answer["Content-Security-Policy"]
    [described] = root.iter(f"{SVG}desc")
    assert described.text == (
        "1 run with both numbers. RCP: 45. score: 0.5. "
        "They have no correlation coefficient."
    )


@pytest.mark.parametrize("name", ["start_time", "duration"])
def test_times_are_numbers(template: WorkflowTemplate, name: str) -> None:
    run = run_of(template, score="1")
    lasted = run.end_time - run.start_time
    seconds = {
        "start_time": run.start_time.timestamp(),
        "duration": lasted.total_seconds(),
    }
    [point] = _json(template, x=name)["points"]
    assert point["x"] == seconds[name]
    labels = [one.text for one in _svg(_plot(template, x=name)).iter(f"{SVG}text")]
    axis = {"start_time": "start time (UTC)", "duration": "duration in days"}
    assert axis[name] in labels


def test_the_same_annotation_can_be_on_both_axes(template: WorkflowTemplate) -> None:
    for score in ("1", "2", "4"):
        run_of(template, score=score)
    shown = _json(template, x="annotation.score")
    assert [(one["x"], one["y"]) for one in shown["points"]] == [(4, 4), (2, 2), (1, 1)]
    assert shown["correlation"] == pytest.approx(1)


def test_the_newest_runs_are_shown_of_very_many(
    template: WorkflowTemplate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quantities.read_points, "__kwdefaults__", {"most": 2})
    for n in range(5):
        run_of(template, RCP=str(n), score=str(n))
    shown = _json(template)
    assert (shown["count"], shown["left_out"]) == (5, 3)
    assert [one["x"] for one in shown["points"]] == [4, 3]
    [described] = _svg(_plot(template)).iter(f"{SVG}desc")
    assert (described.text or "").startswith(
        "2 of 5 runs with both numbers, the newest; 3 are left out."
    )


def test_the_filters_are_those_of_the_list(template: WorkflowTemplate) -> None:
    for n in range(4):
        run = run_of(template, RCP=str(n), score=str(n))
    shown = _json(template, **{"annotation.score__gte": "2"})
    assert [one["x"] for one in shown["points"]] == [3, 2]
    assert _json(template, study=str(run.study_id))["count"] == 1
    both = [str(run.study_id), str(StudyFactory.create().pk)]
    pairs = [("study", one) for one in both]
    pairs += [("x", "start_time"), ("y", "duration"), ("format", "json")]
    answer = Api().get(f"/api/workflow_template/{template.pk}/plot/", pairs)
    assert answer.json()["count"] == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "query, named",
    [
        ({"x": ""}, {"x"}),
        ({"x": "annotation."}, {"x"}),
        ({"x": "inputs", "y": "annotation.\0"}, {"x", "y"}),
        ({"annotation.score__gte": "much"}, {"annotation.score__gte"}),
        ({"nonsense": "1"}, {"detail"}),
    ],
)
def test_what_is_wrong_is_named(
    template: WorkflowTemplate, query: dict[str, str], named: set[str]
) -> None:
    answer = _plot(template, **query)
    assert answer.status_code == 400
    assert set(answer.json()) == named


def test_there_is_no_plot_without_a_template() -> None:
    query = {"x": "start_time", "y": "duration"}
    assert Api().get("/api/workflow_template/98765/plot/", query).status_code == 404


def test_parameters_are_quantities(template: WorkflowTemplate) -> None:
    for beta, score in (("1.5", "10"), ("2e0", "20"), ("high", "30"), ("1e999", "40")):
        config = KeyValueFactory(key="beta", value=beta).object
        ModelRunFactory(
            workflow_template=template,
            annotations={"score": score},
            model_config=config,
        )
    run_of(template, "without such a key", score="50")
    shown = _json(template, x="parameter.beta", y="annotation.score")
    assert shown["count"] == 2
    points = sorted((one["x"], one["y"]) for one in shown["points"])
    assert points == [(1.5, 10.0), (2.0, 20.0)]
    assert _plot(template, x="parameter.beta", y="parameter.beta").status_code == 200
    page = Client().get(f"/workflow_template/{template.pk}/runs/").content.decode()
    assert '<option value="parameter.beta"' in page


@pytest.mark.parametrize("number", [1, 30])
def test_a_plot_takes_two_statements(
    number: int,
    template: WorkflowTemplate,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for n in range(number):
        run_of(template, RCP=str(n), score=str(n))
    with django_assert_num_queries(2):
        _plot(template)


@pytest.mark.parametrize(
    "values",
    [
        ("-1.7e308", "1.7e308"),
        ("1e-300", "2e-300"),
        ("5e-324", "0"),
        ("1e16", "10000000000000001"),
        ("7", "7"),
        ("0", "0"),
    ],
)
def test_extreme_numbers_have_a_place(
    template: WorkflowTemplate, values: tuple[str, str]
) -> None:
    for value in values:
        run_of(template, RCP=value, score=value)
    for circle in _svg(_plot(template)).iter(f"{SVG}circle"):
        assert 100 <= float(circle.get("cx", "")) <= 696
        assert 16 <= float(circle.get("cy", "")) <= 376
    assert _json(template)["count"] == 2


def test_accounts_of_filters_are_not_told_to_strangers(
    template: WorkflowTemplate,
) -> None:
    UserFactory.create(username="anna")
    assert _plot(template, updated_by="anna").status_code == 403
