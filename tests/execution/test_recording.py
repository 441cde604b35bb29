"""Code runs of finished tasks, with their inputs and outputs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from registry.catalogue.members import set_closed
from registry.catalogue.models import DataProduct, Object, StorageLocation
from registry.execution.models import AttemptOutput, RunRequest
from registry.runs.models import CodeRun
from registry.storage.models import StoredFile
from tests.execution.work import (
    Place,
    check_request,
    keep,
    one_task,
    output,
    state_now,
    task_of,
    written,
)
from tests.factories import (
    DataProductFactory,
    NamespaceFactory,
    ObjectFactory,
    StorageLocationFactory,
    UserFactory,
    sha1,
)

pytestmark = pytest.mark.django_db

TABLE = output("table")
_TABLE_TASK = one_task("a", outputs=[TABLE])
HIGHLY, MODERATELY = "highly_sensitive", "moderately_sensitive"
MINIMALLY = "minimally_sensitive"


def _text(thing: Object | None) -> bytes:
    """Return the content of the file of an object."""
    from registry.storage.sending import open_whole, require_file

    assert thing is not None
    location = thing.storage_location
    assert location is not None
    file: Any = open_whole(require_file(location.hash))
    with file:
        return b"".join(file)


def _place_of(thing: Object | None) -> tuple[str, str, bool]:
    assert thing is not None
    location = thing.storage_location
    assert location is not None
    return location.storage_root.root, location.path, location.public


def _written_by(run: CodeRun) -> list[Object]:
    return [one.object for one in run.outputs.order_by("pk")]


def test_a_done_task_is_a_code_run_of_who_asked(place: Place) -> None:
    request = place.ask(one_task("count", outputs=[TABLE]))
    [attempt] = place.claim()
    began = timezone.now() - timedelta(seconds=2)
    place.end(attempt, started=began, exit_code=0, usage={"seconds": 2.0})
    run = CodeRun.objects.get()
    assert run.registered_by == place.person
    assert run.description == "count: What becomes of the reef"
    assert (run.run_date, run.failed, run.code_repo) == (began, False, None)
    assert run.end_date is not None
    assert run.end_date >= began
    assert _text(run.submission_script) == b"run count\n"
    assert b'"name": "count"' in _text(run.model_config)
    assert run.model_config == RunRequest.objects.get(pk=request.pk).config
    task = task_of(request, "count")
    assert (task.code_run, task.started, task.ended) == (run, began, run.end_date)
    attempt.refresh_from_db()
    assert (attempt.code_run, attempt.exit_code) == (run, 0)
    assert attempt.usage == {"seconds": 2.0}


def test_the_code_of_a_commit_is_one_object(place: Place, settings: Settings) -> None:
    from registry.execution.code_objects import commit_object

    url, commit = "https://github.com/lab/study", "c" * 40
    first = commit_object(url, commit, by=place.person)
    assert commit_object(url, commit, by=place.person) == first
    assert _place_of(Object.objects.get(pk=first)) == (
        "https://github.com/",
        "lab/study",
        True,
    )
    assert commit_object(url, commit, by=UserFactory()) != first
    assert commit_object("/srv/study", commit, by=place.person) != first
    assert StorageLocation.objects.filter(hash=commit).count() == 2


def test_the_same_command_is_one_object(place: Place) -> None:
    place.do(place.ask(one_task("a")))
    place.do(place.ask(one_task("a")))
    scripts = CodeRun.objects.values_list("submission_script", flat=True)
    assert len(scripts) == 2
    assert len(set(scripts)) == 1


def test_a_clock_that_is_wrong_is_not_believed(place: Place) -> None:
    place.ask(one_task("a"))
    [attempt] = place.claim()
    year = timedelta(days=365)
    now = timezone.now()
    place.end(attempt, started=now - year, ended=now + year)
    run = CodeRun.objects.get()
    assert run.end_date is not None
    assert now - timedelta(minutes=6) < run.run_date < run.end_date <= timezone.now()


@pytest.mark.parametrize(
    "level, is_stored, is_public",
    [(MINIMALLY, True, True), (MODERATELY, True, False), (MODERATELY, False, False)],
)
def test_outputs_are_objects_where_they_are(
    place: Place, settings: Settings, level: str, is_stored: bool, is_public: bool
) -> None:
    content = b"a,b\n1,2\n"
    checksum = keep(content, by=place.executor).sha1 if is_stored else sha1(1)
    request = place.ask(one_task("count", outputs=[output("table", level)]))
    [attempt] = place.claim()
    place.end(attempt, outputs=[written("table", checksum, level)])
    [thing] = _written_by(CodeRun.objects.get())
    root, path, public = _place_of(thing)
    kept = f"task-{attempt.task_id}-1/output/table.csv"
    assert public == is_public
    assert path == (checksum if is_stored else kept)
    here = f"registry-backend://{place.backend.slug}/"
    assert root == (f"{settings.REGISTRY_URL}/data/" if is_stored else here)
    assert (thing.registered_by, thing.description) == (
        place.person,
        "output/table.csv of count",
    )
    row = AttemptOutput.objects.get()
    assert (row.name, row.level, row.path) == ("table", level, "output/table.csv")
    assert (row.sha1, row.is_stored, row.object) == (checksum, is_stored, thing)
    check_request(RunRequest.objects.get(pk=request.pk))


def test_of_highly_sensitive_outputs_only_the_size_is_known(place: Place) -> None:
    place.ask(one_task("count", outputs=[output("people", HIGHLY)]))
    secret = keep(b"names", by=place.executor).sha1
    [attempt] = place.claim()
    # an executor says too much
    place.end(attempt, outputs=[written("people", secret, HIGHLY)])
    row = AttemptOutput.objects.get()
    assert (row.name, row.path, row.sha1, row.is_stored) == ("", "", "", False)
    assert (row.level, row.size) == (HIGHLY, 6)
    [thing] = _written_by(CodeRun.objects.get())
    assert thing.storage_location is None
    assert thing.description == (
        "A highly sensitive output of count, 6 bytes, which stays on its backend"
    )
    assert not StorageLocation.objects.filter(hash=secret).exists()


def test_the_same_bytes_are_one_location(place: Place) -> None:
    checksum = keep(b"same", by=place.executor).sha1
    place.ask(one_task("a"))
    [attempt] = place.claim()
    outputs = [written("one", checksum), written("two", checksum)]
    place.end(attempt, outputs=outputs)
    first, second = _written_by(CodeRun.objects.get())
    assert first != second
    assert first.storage_location == second.storage_location


def test_a_task_reads_what_the_tasks_before_it_wrote(place: Place) -> None:
    checksum = keep(b"a,b\n", by=place.executor).sha1
    table = written("table", checksum, MODERATELY)
    hidden = written("people", "", HIGHLY)
    request = place.ask(one_task("a"), one_task("b", "a"), one_task("c", "b"))
    place.do(request, "a", outputs=[table, hidden])
    place.do(request, "b", "c")
    first, second, third = CodeRun.objects.order_by("pk")
    assert {*second.inputs.all()} == {*first.outputs.all()}
    assert second.inputs.count() == 2
    assert not third.inputs.exists()


def test_a_task_reads_the_last_of_several_attempts(place: Place) -> None:
    from tests.execution.work import do_action

    request = place.ask(one_task("a"), one_task("b", "a"))
    place.do(request, "a", outputs=[written("table", sha1(1), MODERATELY)])
    do_action(request, "hard_reset", "a")
    place.do(request, "a", outputs=[written("table", sha1(2), MODERATELY)])
    place.do(request, "b")
    _, second, third = CodeRun.objects.order_by("pk")
    assert {*third.inputs.all()} == {*second.outputs.all()}


@pytest.mark.parametrize("cited", ["name", "latest", "id", "address"])
def test_a_task_reads_data_products(place: Place, cited: str) -> None:
    product = _product(place, b"data")
    name = f"{product.namespace.name}:{product.name}"
    ways: dict[str, Any] = {
        "name": f"{name}@{product.version}",
        "latest": f"{name}@latest",
        "id": product.pk,
        "address": f"http://testserver/api/data_product/{product.pk}/",
    }
    given = {"path": "in/data.csv", "data_product": ways[cited]}
    request = place.ask(one_task("a", inputs=[given]))
    component = product.object.components.get()
    assert task_of(request, "a").inputs == [
        {
            "path": "in/data.csv",
            "component": component.pk,
            "sha1": product.object.storage_location.hash,
            "size": 4,
        }
    ]
    place.do(request)
    assert list(CodeRun.objects.get().inputs.all()) == [component]


def _product(place: Place, content: bytes) -> Any:
    file = keep(content, by=place.person)
    location = StorageLocationFactory(hash=file.sha1, public=True, by=place.person)
    thing = ObjectFactory(storage_location=location, authors=[], by=place.person)
    return DataProductFactory(object=thing, by=place.person)


@pytest.mark.parametrize("is_recorded", [True, False])
def test_failed_tasks_are_code_runs_if_the_request_says_so(
    place: Place, is_recorded: bool
) -> None:
    request = place.ask(one_task("a"), record_failures=is_recorded)
    outputs = [written("log", sha1(1), MODERATELY)]
    place.do(request, outcome="failed", outputs=outputs, error="Exit code 1.")
    runs = CodeRun.objects.all()
    assert [one.failed for one in runs] == [True] * is_recorded
    assert AttemptOutput.objects.count() == is_recorded
    assert task_of(request, "a").code_run == runs.first()


@pytest.mark.parametrize("outcome", ["returned", "failed"])
def test_what_is_not_done_is_no_code_run(place: Place, outcome: str) -> None:
    request = place.ask(one_task("a"))
    place.do(request, outcome=outcome)
    assert not CodeRun.objects.exists()
    state = {"returned": "ready", "failed": "failed"}[outcome]
    assert task_of(request, "a").state == state


def test_a_whole_request_is_one_code_run(place: Place) -> None:
    product = _product(place, b"data")
    given = {"path": "in/data.csv", "data_product": product.pk}
    tasks = (one_task("a", inputs=[given]), one_task("b", "a"))
    request = place.ask(*tasks, provenance="request", jobs=2)
    outputs = [written("table", sha1(1), MODERATELY)]
    while attempts := place.claim():
        assert not CodeRun.objects.exists()
        for one in attempts:
            place.end(one, outputs=outputs)
    run = CodeRun.objects.get()
    request.refresh_from_db()
    assert (request.code_run, request.state) == (run, "complete")
    assert run.description == "What becomes of the reef"
    assert list(run.inputs.all()) == [product.object.components.get()]
    assert run.outputs.count() == 4
    assert task_of(request, "a").code_run is None
    check_request(request)


def _publishing(**more: Any) -> list[dict[str, Any]]:
    wanted = {"task": "a", "output": "table", "namespace": "lab", "name": "table"}
    return [{**wanted, **more}]


@pytest.mark.parametrize("provenance", ["each", "request"])
def test_outputs_become_data_products(place: Place, provenance: str) -> None:
    values = {"publish": _publishing(), "provenance": provenance}
    for at, version in enumerate(("1.0.0", "1.1.0")):
        checksum = keep(f"table {at}".encode(), by=place.executor).sha1
        outputs = [written("table", checksum), written("other", checksum)]
        place.do(place.ask(_TABLE_TASK, one_task("b"), **values), outputs=outputs)
        product = DataProduct.objects.latest("pk")
        assert (product.name, product.version) == ("table", version)
        assert product.registered_by == place.person
        assert AttemptOutput.objects.filter(object=product.object).exists()
    assert DataProduct.objects.count() == 2


def test_a_version_that_is_given_is_that_of_the_product(place: Place) -> None:
    place.do(
        place.ask(_TABLE_TASK, publish=_publishing(version="3.2.1")),
        outputs=[written("table", sha1(1), MODERATELY)],
    )
    assert DataProduct.objects.get().version == "3.2.1"


@pytest.mark.parametrize("reason", ["closed", "taken"])
def test_a_name_that_is_refused_does_not_undo_the_run(
    place: Place, reason: str
) -> None:
    space = NamespaceFactory(name="lab")
    if reason == "closed":
        set_closed(space.pk, closed=True, by=space.registered_by)
    else:
        DataProductFactory(namespace=space, name="table", version="1.0.0")
    request = place.ask(_TABLE_TASK, publish=_publishing(version="1.0.0"))
    place.do(request, outputs=[written("table", sha1(1), MODERATELY)])
    assert CodeRun.objects.count() == 1
    task = task_of(request, "a")
    assert task.state == "done"
    assert task.message.startswith("output/table.csv is no data product: ")
    assert state_now(request) == "complete"


def test_what_a_failed_task_wrote_is_not_published(place: Place) -> None:
    request = place.ask(_TABLE_TASK, publish=_publishing(), record_failures=True)
    outputs = [written("table", sha1(1), MODERATELY)]
    place.do(request, outcome="failed", outputs=outputs)
    assert CodeRun.objects.get().failed
    assert not DataProduct.objects.exists()


def test_what_is_highly_sensitive_is_not_published(place: Place) -> None:
    request = place.ask(_TABLE_TASK, publish=_publishing())
    place.do(request, outputs=[written("table", sha1(1), HIGHLY)])
    assert not DataProduct.objects.exists()
    assert not StoredFile.objects.filter(sha1=sha1(1)).exists()
