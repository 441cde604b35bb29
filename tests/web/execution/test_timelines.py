"""The timelines of run requests: who ran what when."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests.factories import UserFactory
from tests.web.execution.working import begin, client_of, new_request, run
from tests.web.pages import main_of, rows, words_of

pytestmark = pytest.mark.django_db


def test_a_timeline_has_attempts_by_host() -> None:
    request = new_request()
    assert "No executor has begun" in words_of(
        main_of(Client().get(f"/run_request/{request.pk}/timeline/"))
    )
    run(request, "clean")
    executor = begin(request, "fit").executor.username
    main = main_of(Client().get(f"/run_request/{request.pk}/timeline/"))
    bars = main.select("svg.timeline a.attempt")
    assert {tuple(one["class"]) for one in bars} == {
        ("attempt", "state-done"),
        ("attempt", "state-open"),
    }
    assert rows(main) == ["fit", "clean"]
    said = words_of(main)
    assert "2 tasks of the request are not in the picture" in said
    assert "node-1" in said
    # accounts have names for those who are signed in
    assert "executor-" not in said
    signed_in = client_of(UserFactory()).get(f"/run_request/{request.pk}/timeline/")
    assert executor in words_of(main_of(signed_in))


def test_a_timeline_takes_a_bounded_number_of_attempts(
    django_assert_num_queries: DjangoAssertNumQueries,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    request = new_request()
    run(request, "clean", "fit", "plot")
    monkeypatch.setattr("registry.web.views.run_requests.MAX_ATTEMPTS", 2)
    with django_assert_num_queries(5):
        answer = Client().get(f"/run_request/{request.pk}/timeline/")
    main = main_of(answer)
    assert rows(main) == ["plot", "fit"]
    assert "it has the newest 2 attempts" in words_of(main)
