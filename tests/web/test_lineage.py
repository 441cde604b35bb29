"""The lineage on pages: picture, table, form, issues and downloads."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import quote

import pytest
from bs4 import Tag
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from registry.catalogue.models import DataProduct
from registry.http import read_slots
from registry.provenance import picture
from tests.factories import (
    CodeRunFactory,
    DataProductFactory,
    ExternalObjectFactory,
    IssueFactory,
    ObjectComponentFactory,
)
from tests.provenance.graphs import Graph, Run, Stored, chain, ladder, store
from tests.web.pages import link, main_of, words_of
from tests.withdrawing import withdraw

pytestmark = pytest.mark.django_db
needs_graphviz = pytest.mark.skipif(
    shutil.which("dot") is None, reason="Graphviz is not installed"
)

#: Bytes of a page, before anything compresses it.
MOST = 100_000


def _part(record: Any, query: str = "", status: int = 200) -> Tag:
    answer = Client().get(f"/{record.kind}/{record.pk}/{query}")
    part = main_of(answer, status).select_one("section[aria-labelledby=lineage]")
    assert part is not None
    return part


def test_the_table_says_what_is_withdrawn() -> None:
    stored = store(chain(1))
    source = DataProduct.objects.get(object=stored.objects[0])
    # the mark comes after a name that is cut
    DataProduct.objects.filter(pk=source.pk).update(name="x" * 300)
    withdraw(stored.objects[0])
    [used] = [row for row in _rows(_part(stored.runs[0])) if " used " in row]
    assert "… (withdrawn)" in used
    assert used.count("(withdrawn)") == 1
    main = main_of(Client().get(f"/code_run/{stored.runs[0].pk}/"))
    assert "(withdrawn)" in words_of(main)


def _rows(part: Tag) -> list[str]:
    return [words_of(row) for row in part.select("tbody tr")]


@needs_graphviz
def test_the_picture_and_the_table_link_to_the_same_records() -> None:
    stored = store(chain(2))
    product = DataProduct.objects.get(object=stored.objects[1])
    part = _part(product)
    assert len(part.select("svg .node")) == 5
    drawn = {str(one["href"]) for one in part.select("svg a")}
    listed = {str(one["href"]) for one in part.select("table a")}
    assert drawn == listed
    assert f"/code_run/{stored.runs[0].pk}/" in drawn
    assert f"/data_product/{product.pk}/" in drawn


@needs_graphviz
@pytest.mark.parametrize("at", ["code_run", "object", "external_object"])
def test_other_record_types_show_a_lineage(at: str) -> None:
    source = ExternalObjectFactory()
    thing = source.data_product.object
    run = CodeRunFactory(inputs=[thing.components.get()], description="Fit it")
    record = {"code_run": run, "object": thing, "external_object": source}[at]
    part = _part(record)
    assert len(part.select("svg .root")) == 1
    assert any(row.startswith("Fit it used") for row in _rows(part))


def test_the_table_shows_roles_and_components() -> None:
    table = ObjectComponentFactory(name="table/deaths")
    product = DataProductFactory(object=table.object, name="deaths", version="1.0.0")
    run = CodeRunFactory(
        description="Fit",
        inputs=[table, table.object.components.get(name="whole_object")],
    )
    run.submission_script = table.object
    run.save()
    [row] = [row for row in _rows(_part(run)) if ":deaths" in row]
    assert row == (
        f"Fit used {product.namespace.name}:deaths 1.0.0 "
        "as input, as its script · table/deaths"
    )


def test_a_row_shows_a_limited_number_of_components() -> None:
    run = CodeRunFactory(description="Fit", inputs=[])
    thing = ObjectComponentFactory(issues=[]).object
    run.inputs.set(ObjectComponentFactory.create_batch(8, object=thing, issues=[]))
    [row] = [row for row in _rows(_part(run)) if "as input" in row]
    assert row.endswith("and 3 more")


def test_a_form_sets_direction_and_depth() -> None:
    stored = store(chain(6))
    middle = stored.objects[3]
    assert len(_rows(_part(middle))) == 8
    form = _part(middle).select_one("form")
    assert form is not None
    assert form["method"] == "get"
    assert {str(one["name"]) for one in form.select("select")} == {"direction", "depth"}
    part = _part(middle, "?direction=upstream&depth=1")
    assert len(_rows(part)) == 2
    assert [str(one["value"]) for one in part.select("option[selected]")] == [
        *("upstream", "1")
    ]
    assert len(_rows(_part(middle, "?direction=both&depth=all"))) == 12
    unusual = _part(middle, "?depth=7")
    assert [words_of(one) for one in unusual.select("option[selected]")] == [
        *("Both", "7 runs")
    ]


@pytest.mark.parametrize("query", ["?depth=none", "?direction=up", "?depth=0"])
def test_invalid_parameters_get_400_with_the_default_lineage(query: str) -> None:
    stored = store(chain(1))
    part = _part(stored.objects[0], query, status=400)
    assert part.select_one("[role=alert]")
    assert len(_rows(part)) == 2


def test_a_record_without_lineage_says_so() -> None:
    part = _part(DataProductFactory())
    assert "No run that used or generated this record is registered." in words_of(part)
    assert not part.select("svg")
    assert not part.select("table")


def test_without_graphviz_the_table_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    part = _part(store(chain(1)).objects[0])
    assert not part.select("svg")
    assert (
        "Graphviz is not installed on this server. The table shows the whole lineage."
        in words_of(part)
    )
    assert len(_rows(part)) == 2


@needs_graphviz
def test_a_page_does_not_wait_for_a_picture() -> None:
    """A page shows a picture that was drawn before."""
    first, second = store(chain(1)), store(chain(1))
    path = f"?depth=3&x={quote('&<')}"
    with _all_drawing():
        part = _part(second.objects[0], path)
        assert not part.select("svg")
        assert "try again" in words_of(part)
        assert link(part, "Try again") == f"{_path(second)}{path}"
        assert len(_rows(part)) == 2
    assert _part(first.objects[0]).select("svg")
    with _all_drawing():
        assert _part(first.objects[0]).select("svg")


@pytest.mark.parametrize("kind", ["object", "data_product", "code_run"])
def test_without_a_slot_the_lineage_is_left_out(
    kind: str,
) -> None:
    stored = store(chain(1))
    found = {
        "object": stored.objects[0],
        "data_product": DataProduct.objects.get(object=stored.objects[0]),
        "code_run": stored.runs[0],
    }[kind]
    path = f"?depth=3&x={quote('&<')}"
    with _all_slots(), CaptureQueriesContext(connection) as asked:
        part = _part(found, path)
    assert not [one for one in asked if "RECURSIVE" in one["sql"]]
    assert "the lineage is not shown" in words_of(part)
    # with a fragment a browser would stay where it is
    assert link(part, "Load the lineage") == f"/{kind}/{found.pk}/{path}"
    assert not _rows(part)
    assert link(part, "PROV-JSON")
    with _all_slots():
        wrong = _part(found, "?depth=nonsense", 400)
        assert "the lineage is not shown" in words_of(wrong)
    assert _rows(_part(found, path))
    assert read_slots.slots.taken == 0


def _path(stored: Stored) -> str:
    return f"/object/{stored.objects[0].pk}/"


@contextmanager
def _all_drawing() -> Iterator[None]:
    """Hold all places for drawing pictures."""
    with ExitStack() as stack:
        for _ in range(picture.AT_ONCE):
            stack.enter_context(picture._free)
        yield


@contextmanager
def _all_slots() -> Iterator[None]:
    """Hold all slots of anonymous users."""
    with ExitStack() as stack:
        for at in range(settings.THREADS // 2):
            slot = read_slots.slots.take(f"192.0.2.{at}", is_anonymous=True)
            stack.callback(slot.release)
        yield


@needs_graphviz
def test_pictures_that_are_drawn_for_pages_count_as_exports(
    settings: Settings,
) -> None:
    rates = {**settings.THROTTLE_RATES, "export": (1, 3600)}
    settings.THROTTLE_RATES, settings.THROTTLE_EXEMPT = rates, ()
    first, second = store(chain(1)), store(chain(1))
    for _ in range(2):
        assert _part(first.objects[0]).select("svg")
    part = _part(second.objects[0])
    assert not part.select("svg")
    assert "try again later" in words_of(part)


def test_issues_in_the_lineage_are_listed_worst_first() -> None:
    stored = store(chain(3))
    for number, severity in ((0, 1), (2, 7)):
        IssueFactory(
            component_issues=[stored.components[number, 0]],
            severity=severity,
            description=f"Wrong in {number}",
        )
    part = _part(stored.objects[1])
    chips = [words_of(chip) for chip in part.select(".plain-list > li")]
    product = DataProduct.objects.get(object=stored.objects[2])
    name = f"{product.namespace.name}:{product.name} {product.version}"
    assert chips[0] == f"severity 7 Wrong in 2 of {name}"
    assert chips[1].startswith("severity 1 Wrong in 0 of ")


def test_the_downloads_have_what_is_shown() -> None:
    stored = store(chain(3))
    product = DataProduct.objects.get(object=stored.objects[1])
    part = _part(product, "?direction=upstream&depth=3")
    address = link(part, "node-link JSON")
    assert address == (
        f"/api/lineage/data_product/{product.pk}/"
        "?direction=upstream&depth=3&format=node-link"
    )
    assert Client().get(address).status_code == 200
    assert link(part, "PROV-N") == (
        f"/api/prov-report/{product.pk}/?depth=3&format=provn"
    )
    assert link(part, "zip with files") == (
        f"/api/ro-crate/data-product/{product.pk}/?depth=3&format=zip"
    )
    run = _part(stored.runs[0])
    assert link(run, "PROV-N").startswith(
        f"/api/prov-report/code_run/{stored.runs[0].pk}/"
    )
    assert link(run, "zip with files").startswith("/api/ro-crate/code-run/")
    thing = words_of(_part(stored.objects[0]))
    assert "PROV-N" in thing
    assert "RO-Crate" not in thing


@pytest.mark.parametrize(
    "graph",
    [
        chain(200),
        ladder(20, 8),
        Graph((1,) * 400, (Run(frozenset((n, 0) for n in range(400))),), 1),
    ],
    ids=["chain", "ladder", "star"],
)
def test_a_large_lineage_has_a_small_page(graph: Graph) -> None:
    stored = store(graph)
    answer = Client().get(f"/code_run/{stored.runs[-1].pk}/?depth=all")
    assert answer.status_code == 200
    assert len(answer.content) < MOST
    assert "The lineage is too large for a page" in answer.content.decode()
