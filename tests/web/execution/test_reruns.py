"""What the pages of code runs show of running them again."""

from __future__ import annotations

import pytest
from bs4 import Tag
from django.test import Client

from registry.execution.models import RunRequest
from registry.execution.rerunning import rerun
from registry.runs.models import Verification
from tests.factories import CodeRunFactory, UserFactory
from tests.web.execution.working import (
    begin,
    client_of,
    end,
    find,
    new_request,
    run,
    task,
)
from tests.web.pages import main_of, words_of

pytestmark = pytest.mark.django_db


def _section(run_id: int | None, client: Client | None = None) -> Tag:
    main = main_of((client or Client()).get(f"/code_run/{run_id}/"))
    section = main.select_one("section[aria-labelledby=again]")
    assert section is not None
    return section


def _made() -> RunRequest:
    request = new_request(task("count"))
    run(request, "count")
    return request


def _ran_again(request: RunRequest, content: bytes) -> int:
    """Run the code run of a request again; return the id of the second run."""
    first = find(request, "count").code_run_id
    assert first is not None
    again = rerun(first, by=request.registered_by)
    end(begin(again, "count"), content=content)
    second = find(again, "count").code_run_id
    assert second is not None
    return second


def test_a_button_asks_for_a_run_again() -> None:
    request = _made()
    pk = find(request, "count").code_run_id
    client = client_of(request.registered_by)
    section = _section(pk, client)
    assert [words_of(one) for one in section.select("button")] == ["Run again"]
    assert f"task count of run request {request.pk}" in words_of(section)
    answer = client.post(f"/code_run/{pk}/rerun/")
    made = RunRequest.objects.get(rerun_of=pk)
    assert answer["Location"] == f"/run_request/{made.pk}/"
    page = main_of(client.get(answer["Location"]))
    assert f"/code_run/{pk}/" in {str(one["href"]) for one in page.select("dl a")}


def test_those_who_cannot_ask_for_runs_there_are_refused() -> None:
    pk = find(_made(), "count").code_run_id
    assert not _section(pk).select("button")
    assert words_of(_section(pk)).endswith("Sign in to run it again.")
    stranger = client_of(UserFactory())
    answer = stranger.post(f"/code_run/{pk}/rerun/")
    assert answer.status_code == 403
    assert "You cannot ask for runs on" in words_of(main_of(answer, 403))
    assert Client().post(f"/code_run/{pk}/rerun/")["Location"].startswith("/sign-in?")
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(UserFactory())
    assert careful.post(f"/code_run/{pk}/rerun/").status_code == 403
    assert not RunRequest.objects.filter(rerun_of=pk).exists()


def test_a_run_of_a_person_says_why_it_cannot_be_run_again() -> None:
    pk, client = CodeRunFactory().pk, client_of(UserFactory())
    section = _section(pk, client)
    assert not section.select("button")
    assert "registered by its owner and not by an executor" in words_of(section)
    answer = client.post(f"/code_run/{pk}/rerun/", follow=True)
    assert "no command that would do it again" in answer.content.decode()
    assert client.post("/code_run/987654/rerun/").status_code == 404


def test_both_runs_say_that_the_first_was_reproduced() -> None:
    request = _made()
    second = _ran_again(request, b"1\n")
    first = find(request, "count").code_run_id
    assert "reproduced: all outputs are the same by" in words_of(_section(first))
    assert "1 output compared." in words_of(_section(first))
    said = words_of(_section(second))
    assert "This run verifies" in said
    assert "reproduced: all outputs are the same" in said


def test_both_runs_show_what_differs() -> None:
    request = _made()
    second = _ran_again(request, b"2\n")
    first = find(request, "count").code_run_id
    for pk in (first, second):
        said = words_of(_section(pk))
        assert "not reproduced" in said
        assert "these differ: out/table.csv" in said


def test_very_many_differences_are_cut() -> None:
    request = _made()
    second = _ran_again(request, b"2\n")
    differences = [
        {"path": f"<b>{n}", "first": "a" * 40, "again": None} for n in range(60)
    ]
    Verification.objects.filter(rerun=second).update(differences=differences)
    section = _section(second)
    assert len(section.select(".links > li")) == 51
    assert "and 10 more" in words_of(section)
    assert not section.select("b")
