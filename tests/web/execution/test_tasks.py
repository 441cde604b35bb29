"""The pages of tasks, with their attempts, files and logs."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import Tag
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from registry.execution.models import Backend, RunRequest, Task
from tests.factories import UserFactory
from tests.web.execution.working import (
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
from tests.web.pages import main_of, words_of

pytestmark = pytest.mark.django_db


def _page(
    request: RunRequest, name: str, client: Client | None = None, query: str = ""
) -> Tag:
    pk = find(request, name).pk
    return main_of((client or Client()).get(f"/task/{pk}/{query}"))


def _fields(main: Tag) -> dict[str, str]:
    return {
        words_of(row.select("dt")[0]): words_of(row.select("dd")[0])
        for row in main.select("#does ~ dl > div")
    }


def test_a_task_says_what_it_does_and_why_it_waits() -> None:
    table = {"name": "t", "level": "moderately_sensitive", "pattern": "out/*.csv"}
    request = new_request(
        task("clean"),
        task(
            "fit",
            ["clean"],
            command=["sh", "-c", "wc -l $FILE"],
            outputs=[table],
            environment={"FILE": "a b"},
            requirements={"cpu": 4, "memory": 0.5, "site": "north"},
        ),
    )
    main = _page(request, "fit")
    assert words_of(main.select(".why")[0]) == "It waits for clean."
    assert words_of(main.select(".state-line .chip")[0]) == "held"
    assert _fields(main) == {
        "Command": "sh -c 'wc -l $FILE'",
        "Environment": "FILE=a b",
        "Executor must offer": "4 processors, 0.5 GB of memory, 1 GB of disk space, "
        "8 hours, site north",
        "Priority": f"{request.priority:g}",
        "Needs": "clean ready",
        "Inputs": "the outputs of the tasks that it needs",
        "Outputs": "out/*.csv t moderately_sensitive",
    }
    assert "No executor has begun it yet." in words_of(main)


def test_a_ready_task_says_its_place_in_the_queue() -> None:
    request = new_request(task("a"), task("b"), task("c"))
    Backend.objects.filter(pk=backend_of(request).pk).update(last_seen=None)
    why = words_of(_page(request, "b").select(".why")[0])
    assert why.startswith("No executor of ")
    end(begin(request, "a"))
    why = words_of(_page(request, "c").select(".why")[0])
    assert why == "1 task is before it in the queue."


def test_attempts_say_where_when_and_how_they_ended() -> None:
    request = new_request(task("a"))
    client = client_of(request.registered_by)
    end(begin(request, "a", log="first\n"), error="No such column")
    path = f"/task/{find(request, 'a').pk}/"
    client.post(f"{path}direct/", {"do": "reset"})
    executor = begin(request, "a", log="second\n").executor.username
    main = _page(request, "a", client)
    texts = [words_of(row) for row in main.select("[id^=attempt-]:is(tr)")]
    assert len(texts) == 2
    assert texts[0].startswith("Attempt 2 open running ")
    assert f"node-1 , by {executor}" in texts[0]
    assert "Exit code 3. No such column It took" in texts[1]
    assert "500.0 ms" not in texts[1]
    assert "It used 0.5 s of processor time, 12 MB of memory." in texts[1]
    assert words_of(main.select("#log-text")[0]) == "second"
    first = _page(request, "a", client, "?attempt=1")
    assert words_of(first.select("#log-text")[0]) == "first"
    assert words_of(_page(request, "a", client, "?attempt=x").select("#log")[0]) == (
        "Log of attempt 2"
    )


def test_a_task_that_is_done_shows_its_files_and_code_run() -> None:
    request = new_request(task("a"))
    run(request, "a")
    main = _page(request, "a")
    [row] = main.select("#files-title + div tbody tr")
    assert words_of(row) == (
        "out/table.csv table minimally sensitive 2 bytes the backend"
    )
    [link] = row.select("a")
    assert str(link["href"]).startswith("/object/")
    assert f"/code_run/{find(request, 'a').code_run_id}/" in {
        str(one["href"]) for one in main.select("#work a")
    }


def test_a_log_is_for_those_who_can_read_it() -> None:
    request = new_request(task("a"))
    begin(request, "a", log="the secret\n")
    for client in (Client(), client_of(UserFactory())):
        for part in ("", "live/"):
            answer = client.get(f"/task/{find(request, 'a').pk}/{part}")
            assert b"the secret" not in answer.content
            assert b"can read the log" in answer.content
    assert "the secret" in words_of(
        _page(request, "a", client_of(request.registered_by))
    )
    Backend.objects.filter(pk=backend_of(request).pk).update(log_readers="all")
    assert "the secret" in words_of(_page(request, "a"))


def test_a_log_is_a_text_without_escapes_of_terminals() -> None:
    request = new_request(task("a"))
    begin(request, "a", log=f"\x1b[31mred\x1b[0m {EVIL}\n10%\r100%\n")
    client = client_of(request.registered_by)
    answer = client.get(f"/task/{find(request, 'a').pk}/")
    assert b"<script>alert" not in answer.content
    log = main_of(answer).select("#log-text")[0].get_text()
    assert log == f"red {EVIL}\n100%\n"


def test_what_strangers_write_is_escaped() -> None:
    evil = EVIL.replace("/", "")
    request = new_request(task(evil, command=["echo", EVIL], image=EVIL))
    end(begin(request, evil), error=EVIL)
    for part in ("", "live/"):
        content = Client().get(f"/task/{find(request, evil).pk}/{part}").content
        assert b"<script>alert" not in content
        assert b"&lt;script&gt;alert" in content


def _press(client: Client, pk: int, do: str) -> Any:
    return client.post(f"/task/{pk}/direct/", {"do": do})


def test_the_buttons_of_a_task_are_about_it_alone() -> None:
    request = new_request(task("a"), task("b"))
    a, client = find(request, "a").pk, client_of(request.registered_by)
    expected = {"cancel": "cancelled", "reset": "ready"}
    for do, state in expected.items():
        main = _page(request, "a", client)
        assert do in {str(one["value"]) for one in main.select("button[form=direct]")}
        assert _press(client, a, do)["Location"] == f"/task/{a}/"
        assert Task.objects.get(pk=a).state == state
        assert find(request, "b").state == "ready"
    run(request, "a")
    [again] = _page(request, "a", client).select("button[form=direct]")
    assert words_of(again) == "Run this task again"
    _press(client, a, str(again["value"]))
    assert Task.objects.get(pk=a).state == "ready"


@pytest.mark.parametrize("do", ["cancel", "reset", "hard_reset"])
def test_only_those_who_look_after_a_request_have_the_buttons(do: str) -> None:
    request = new_request(task("a"))
    run(request, "a")
    a, stranger = find(request, "a").pk, client_of(UserFactory())
    assert not _page(request, "a", stranger).select("button[form=direct]")
    assert _press(stranger, a, do).status_code == 403
    assert _press(Client(), a, do)["Location"].startswith("/sign-in?")
    assert Task.objects.get(pk=a).state == "done"
    owner = Client(enforce_csrf_checks=True)
    owner.force_login(request.registered_by)
    assert _press(owner, a, do).status_code == 403
    assert Task.objects.get(pk=a).state == "done"


def test_tasks_that_there_are_not() -> None:
    for pk in (987654, 2**63):
        for part in ("", "live/"):
            assert Client().get(f"/task/{pk}/{part}").status_code == 404


@pytest.mark.parametrize("number", [1, 12])
def test_the_statements_of_a_page_do_not_grow(
    number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    names = [f"t{n}" for n in range(number)]
    request = new_request(*map(task, names), task("last", names))
    Backend.objects.filter(pk=backend_of(request).pk).update(log_readers="all")
    run(request, *names)
    begin(request, "last", log="x")
    path = f"/task/{find(request, 'last').pk}/"
    Client().get(path)
    with django_assert_num_queries(7):
        Client().get(f"{path}live/")
    with django_assert_num_queries(8):
        Client().get(path)
