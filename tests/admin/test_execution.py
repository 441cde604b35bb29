"""The pages of backends, and of what the registry makes of run requests."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from registry.execution.models import (
    Attempt,
    AttemptLog,
    AttemptOutput,
    Backend,
    Executor,
    Job,
    Task,
)
from registry.runs.models import Verification
from tests import factories
from tests.admin.browsing import (
    add_path,
    change_path,
    list_path,
    page_of,
    signed_in,
    staff,
    visit,
)
from tests.admin.checks import assert_usable, each

pytestmark = pytest.mark.django_db

MODELS = (Job, Task, Attempt, AttemptLog, AttemptOutput, Executor, Verification)
EVERY_MODEL = pytest.mark.parametrize(
    "model", MODELS, ids=lambda model: str(model.__name__)
)


def _made(model: Any) -> Any:
    return getattr(factories, f"{model.__name__}Factory")()


@EVERY_MODEL
def test_rows_are_read_and_never_written(root: Client, model: Any) -> None:
    row = _made(model)
    before = model.objects.values().get(pk=row.pk)
    assert_usable(visit(root, list_path(model)))
    page = visit(root, change_path(row))
    assert_usable(page)
    assert not page.soup.select("#content input:not([type=hidden])[name]")
    assert root.get(add_path(model)).status_code == 403
    assert root.post(change_path(row), {"state": "done"}).status_code == 403
    delete = change_path(row).replace("change", "delete")
    assert root.post(delete, {"post": "yes"}).status_code == 403
    assert model.objects.values().get(pk=row.pk) == before


@EVERY_MODEL
def test_only_administrators_read_them(curator: Client, model: Any) -> None:
    row = _made(model)
    visit(curator, change_path(row))
    stranger = signed_in(staff("stranger", "view_object"))
    for path in (list_path(model), change_path(row)):
        assert page_of(stranger.get(path)).status == 403


@EVERY_MODEL
def test_lists_have_a_constant_number_of_queries(curator: Client, model: Any) -> None:
    _made(model)
    visits = [lambda: visit(curator, list_path(model))]
    once = each(visits)
    for _ in range(5):
        _made(model)
    assert each(visits) == once


def test_leases_are_shown_to_nobody(root: Client) -> None:
    attempt = factories.AttemptFactory.create()
    for path in (list_path(Attempt), change_path(attempt)):
        page = visit(root, path)
        assert str(attempt.lease) not in page.html
        assert attempt.lease.hex not in page.html


def test_a_log_is_on_its_page(root: Client) -> None:
    log = factories.AttemptLogFactory.create(text="it <b>failed</b>")
    assert "it <b>failed</b>" in visit(root, change_path(log)).text


@EVERY_MODEL
def test_rows_are_found(root: Client, model: Any) -> None:
    row = _made(model)
    page = visit(root, list_path(model), q=str(row.pk))
    assert page.soup.select("#changelist")
    assert not page.errors


def test_a_backend_shows_what_holds_for_it(root: Client) -> None:
    backend = factories.BackendFactory.create()
    assert "Flags" in visit(root, change_path(backend)).text
    since = timezone.now().isoformat()
    flags = {
        "paused": {"value": True, "since": since},
        "maintenance": {"value": False, "since": since},
    }
    Backend.objects.filter(pk=backend.pk).update(flags=flags)
    said = visit(root, change_path(backend)).text
    assert f"paused since {since}" in said
    assert "maintenance since" not in said
