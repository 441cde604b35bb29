"""The list and the pages of run requests."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import Tag
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from registry.execution.actions import CANCEL, SUSPEND, act
from registry.execution.models import RunRequest, Task
from tests.factories import RunRequestFactory, UserFactory
from tests.web.execution.working import (
    CHAIN,
    EVIL,
    backend_of,
    begin,
    client_of,
    end,
    find,
    new_request,
    run,
    task,
)
from tests.web.pages import main_of, rows, words_of

pytestmark = pytest.mark.django_db


def _page(request: RunRequest, query: str = "", client: Client | None = None) -> Tag:
    answer = (client or Client()).get(f"/run_request/{request.pk}/{query}")
    return main_of(answer)


def _buttons(main: Tag) -> list[str]:
    return [str(one["value"]) for one in main.select("button[form=direct]")]


def _table(main: Tag) -> dict[str, list[str]]:
    """Return the cells of the table of tasks, by the names of these."""
    return {
        words_of(row.select("th")[0]): [words_of(cell) for cell in row.select("td")]
        for row in main.select("#task-table tbody tr")
    }


# the list


def test_the_list_says_how_far_requests_are() -> None:
    request = new_request()
    run(request, "clean")
    end(begin(request, "fit"), error="Broken")
    main = main_of(Client().get("/run_request/"))
    row = main.select_one(f"#request-{request.pk}")
    assert row is not None
    said = words_of(row)
    assert "1 of 4 tasks done, 1 failed , 1 ready , 1 held" in said
    assert "processing" in said
    assert f"account {request.registered_by_id}" in said
    widths = [float(str(one["width"])) for one in row.select("svg rect")]
    assert widths == [25, 25, 25, 25]


def test_the_list_can_be_narrowed_to_a_state() -> None:
    going, stopped = new_request(), new_request()
    act(stopped.pk, CANCEL, by=stopped.registered_by)
    main = main_of(Client().get("/run_request/?state=cancelled"))
    assert rows(main) == [stopped.description]
    assert going.description not in words_of(main)
    [here] = main.select(".shortcuts [aria-current=page]")
    assert words_of(here) == "Cancelled"


def test_the_list_can_be_narrowed_to_ones_own() -> None:
    own, other = new_request(), new_request()
    client = client_of(own.registered_by)
    other_owner = UserFactory()
    RunRequest.objects.filter(pk=other.pk).update(registered_by=other_owner)
    main = main_of(client.get("/run_request/?mine=1"))
    assert rows(main) == [own.description]
    # who is nobody has none of their own
    assert len(rows(main_of(Client().get("/run_request/?mine=1")))) == 2


@pytest.mark.parametrize("number", [1, 20])
def test_the_list_takes_three_statements(
    number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    RunRequestFactory.create_batch(number)
    for path in ("/run_request/", "/run_request/live/"):
        with django_assert_num_queries(3):
            answer = Client().get(path)
        assert answer.content.count(b'id="request-') == number


# a request


def test_a_page_says_what_was_asked_and_how_far_it_is() -> None:
    request = new_request()
    run(request, "clean")
    main = _page(request)
    said = words_of(main)
    assert f"Backend {backend_of(request).slug}" in said
    assert "1 of 4 tasks done, 2 ready , 1 held" in said
    table = _table(main)
    assert list(table) == ["clean", "fit", "count", "plot"]
    assert table["clean"][0] == "done"
    assert table["clean"][3] == f"code run {find(request, 'clean').code_run_id}"
    assert table["plot"][:2] == ["held", "It waits for fit."]
    assert "has ever asked for work" not in table["fit"][1]


def test_a_page_has_the_tasks_as_a_graph() -> None:
    request = new_request()
    run(request, "clean")
    main = _page(request)
    boxes = main.select("svg.task-graph a.task")
    titles = [words_of(one.select("title")[0]) for one in boxes]
    assert [one.split(",")[0] for one in titles] == [
        *("clean: done", "fit: ready", "count: ready", "plot: held"),
    ]
    assert {str(one["href"]) for one in boxes} == {
        f"/task/{one.pk}/" for one in Task.objects.filter(run_request=request)
    }
    critical = [words_of(one.select("text")[0]) for one in main.select("a.critical")]
    assert critical == ["clean", "fit", "plot"]
    assert "clean, then fit, then plot" in words_of(main)
    assert len(main.select("svg path.arrow")) == 3


def test_many_tasks_have_no_picture_but_pages() -> None:
    request = new_request(*(task(f"t{n:03}") for n in range(201)))
    main = _page(request)
    assert main.select_one("svg.task-graph") is None
    assert "There is no picture of more than 200 tasks" in words_of(main)
    assert len(_table(main)) == 50
    seen = set(_table(main))
    [following] = main.select("a[rel=next]")
    main = main_of(Client().get(f"/run_request/{request.pk}/{following['href']}"))
    assert len(_table(main)) == 50
    assert not seen & set(_table(main))
    assert "← First page" in words_of(main)


def test_tasks_are_filtered_by_state_and_name() -> None:
    request = new_request()
    run(request, "clean")
    assert list(_table(_page(request, "?state=ready"))) == ["fit", "count"]
    assert list(_table(_page(request, "?name=plot"))) == ["plot"]
    main = _page(request, "?state=done&name=plot")
    assert "No task matches." in words_of(main)
    # nonsense is no filter
    assert len(_table(_page(request, "?state=x&after=-1&job=x"))) == 4


def test_tasks_of_many_jobs_are_counted_by_name() -> None:
    request = new_request(task("a"), task("b", ["a"]), jobs=3)
    main = _page(request, "?job=1")
    names = [words_of(one) for one in main.select("#by-name li")]
    assert names == ["a : 3 ready", "b : 3 held"]
    [first] = main.select("#node-" + str(Task.objects.filter(job__index=1)[1].pk))
    assert first is not None
    assert "No task matches." in words_of(_page(request, "?name=c"))
    assert "Job 7 has no tasks to draw." in words_of(_page(request, "?job=7"))


def test_the_end_shows_the_last_code_runs_and_their_lineage() -> None:
    request = new_request()
    assert _page(request).select_one("#lineage") is None
    run(request, "clean", "fit", "plot", "count")
    main = _page(request)
    assert "4 of 4 tasks done" in words_of(main)
    made = [str(one["href"]) for one in main.select("#made ~ ul a")]
    ends = [find(request, name).code_run_id for name in ("plot", "count")]
    assert made == [f"/code_run/{pk}/" for pk in ends]
    assert main.select_one("#lineage") is not None
    assert main.select_one("#work[data-done]") is not None


def test_what_strangers_write_is_escaped() -> None:
    evil = EVIL.replace("/", "")
    request = new_request(task(evil), description=EVIL)
    end(begin(request, evil), error=EVIL)
    for path in ("", "live/", "timeline/"):
        content = Client().get(f"/run_request/{request.pk}/{path}").content
        assert b"<script>alert" not in content
        assert b"&lt;script&gt;alert" in content
    assert b"<script>alert" not in Client().get("/run_request/").content


# the buttons


def _state(request: RunRequest) -> str:
    return RunRequest.objects.get(pk=request.pk).state


def _press(client: Client, request: RunRequest, do: str) -> Any:
    return client.post(f"/run_request/{request.pk}/direct/", {"do": do})


def test_buttons_are_those_that_would_do_something() -> None:
    request = new_request()
    client = client_of(request.registered_by)
    assert _buttons(_page(request, client=client)) == ["suspend", "cancel"]
    _press(client, request, "suspend")
    assert _buttons(_page(request, client=client)) == [
        *("resume", "reset", "hard_reset", "cancel"),
    ]
    _press(client, request, "resume")
    end(begin(request, "clean"), error="Broken")
    assert _buttons(_page(request, client=client)) == [
        *("suspend", "run_again", "reset", "hard_reset", "cancel"),
    ]


def test_each_button_does_what_it_says() -> None:
    request = new_request()
    client = client_of(request.registered_by)
    for do, state in (
        ("suspend", "suspended"),
        ("resume", "processing"),
        ("cancel", "cancelled"),
        ("run_again", "processing"),
        ("suspend", "suspended"),
        ("reset", "processing"),
    ):
        answer = _press(client, request, do)
        assert answer.status_code == 302
        assert answer["Location"] == f"/run_request/{request.pk}/"
        assert _state(request) == state
    assert "4 tasks changed." in _page(request, client=client).get_text()
    run(request, "clean")
    _press(client, request, "hard_reset")
    assert find(request, "clean").state == "ready"


@pytest.mark.parametrize(
    "do", ["suspend", "resume", "reset", "hard_reset", "cancel", "run_again"]
)
def test_only_those_who_look_after_a_request_have_its_buttons(do: str) -> None:
    request = new_request()
    act(request.pk, SUSPEND, by=request.registered_by)
    stranger = client_of(UserFactory())
    for client in (stranger, Client()):
        assert _buttons(_page(request, client=client)) == []
    assert _press(stranger, request, do).status_code == 403
    answer = _press(Client(), request, do)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in?")
    assert _state(request) == "suspended"


def test_the_owner_of_the_backend_has_the_buttons_too() -> None:
    request = new_request(by=UserFactory())
    client = client_of(backend_of(request).registered_by)
    assert "suspend" in _buttons(_page(request, client=client))
    _press(client, request, "suspend")
    assert _state(request) == "suspended"


def test_a_button_needs_the_token_of_its_form() -> None:
    request = new_request()
    client = Client(enforce_csrf_checks=True)
    client.force_login(request.registered_by)
    assert _press(client, request, "cancel").status_code == 403
    assert _state(request) == "processing"
    main = _page(request, client=client)
    [token] = main.select("form#direct input[name=csrfmiddlewaretoken]")
    answer = client.post(
        f"/run_request/{request.pk}/direct/",
        {"do": "cancel", "csrfmiddlewaretoken": token["value"]},
    )
    assert answer.status_code == 302
    assert _state(request) == "cancelled"


def test_buttons_that_there_are_not_are_refused() -> None:
    request = new_request()
    client = client_of(request.registered_by)
    assert _press(client, request, "delete").status_code == 400
    assert client.get(f"/run_request/{request.pk}/direct/").status_code == 405
    assert client.post("/run_request/987654/direct/", {"do": "x"}).status_code == 400
    missing = client.post("/run_request/987654/direct/", {"do": "reset"})
    assert missing.status_code == 404


@pytest.mark.parametrize(
    "typed, stored", [("0.9", 0.9), ("2", 0.25), ("high", 0.25), ("nan", 0.25)]
)
def test_the_priority_is_a_number_from_0_to_1(typed: str, stored: float) -> None:
    request = new_request(priority=0.25)
    path = f"/run_request/{request.pk}/priority/"
    stranger = client_of(UserFactory())
    assert stranger.post(path, {"priority": typed}).status_code in {302, 403}
    assert RunRequest.objects.get(pk=request.pk).priority == 0.25
    client_of(request.registered_by).post(path, {"priority": typed})
    assert RunRequest.objects.get(pk=request.pk).priority == stored


# what pages cost


@pytest.mark.parametrize("number", [1, 40])
def test_the_statements_of_a_page_do_not_grow(
    number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    request = new_request(
        *(task(f"{n}-{one['name']}") for n in range(number) for one in CHAIN)
    )
    client = Client()
    client.get(f"/run_request/{request.pk}/")
    with django_assert_num_queries(10):
        client.get(f"/run_request/{request.pk}/live/")
    with django_assert_num_queries(12):
        client.get(f"/run_request/{request.pk}/")
