"""A record with very many links does not slow down reading other records."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, models
from django.test import Client

from registry.api.base.reader import ListColumn, RecordReader
from registry.catalogue.models import DataProduct, Object, ObjectComponent
from registry.core.links import kind_of
from registry.core.models import Record
from registry.core.record_types import record_types
from registry.core.related import RelatedIds
from registry.runs.models import CodeRun
from tests import factories
from tests.api.client import Api, data_of
from tests.plans import (
    Plan,
    analyze,
    columns_of,
    link,
    multiply,
    plan_of,
    query_plan_of,
    statements,
)

pytestmark = pytest.mark.django_db

#: Rows that one record has, and other records that have none.
MANY, OTHERS = 20_000, 200
#: What the database believes: nothing, what was so before, or what is so.
BELIEFS = ("nothing", "past", "present")


@pytest.fixture(autouse=True)
def _fresh_statistics(db: None) -> Iterator[None]:
    """Update all statistics after each test, before Django checks the foreign keys.

    With a plan for nearly empty tables, this check takes half a minute.
    """
    yield
    analyze()


def _relations() -> Iterator[Any]:
    """Yield every embedded list of a record type."""
    for record_type in record_types():
        for column in RecordReader.for_type(record_type).columns:
            if isinstance(column, ListColumn):
                name = f"{record_type.kind}.{column.name}"
                yield pytest.param(record_type.model, column, id=name)


RELATIONS = [*_relations()]


def test_all_types_of_lists_are_tested() -> None:
    names = {str(parameters.id) for parameters in RELATIONS}
    assert {
        "object.authors",
        "object.components",
        "object.data_products",
        "object.licences",
        "object.keywords",
        "issue.component_issues",
        "object_component.issues",
        "object_component.inputs_of",
        "object_component.outputs_of",
        "storage_root.locations",
        "code_run.inputs",
        "code_run.outputs",
    } <= names


def _factory(model: type[models.Model]) -> Any:
    return getattr(factories, f"{model.__name__}Factory")


def _bare(model: type[models.Model]) -> Any:
    """Register a record with empty lists."""
    empty = {"authors", "issues", "component_issues", "inputs", "outputs"}
    names = {one.name for one in model._meta.get_fields()} & empty
    if model is Object:
        return _factory(model)(storage_location=None, file_type=None, authors=[])
    return _factory(model)(**{name: [] for name in names})


def _fill(model: type[Record], column: ListColumn, target: Record, number: int) -> None:
    """Add this many links to a record."""
    related: RelatedIds = column.related
    relation: Any = model._meta.get_field(column.name)
    other = relation.related_model
    if not relation.many_to_many:
        template = _factory(other)(**{relation.field.name: target})
        multiply(template, number - 1)
        return
    links = multiply(_bare(other), number)
    link(related.table, related.key, target.pk, related.column, links)


def _skew(model: type[Record], column: ListColumn, belief: str) -> list[Record]:
    """Return records without links, and register one with all links."""
    target, other = _bare(model), _bare(model)
    if belief == "past":
        _fill(model, column, target, 60)
        analyze(column.related.table)
    _fill(model, column, target, MANY)
    multiply(other, OTHERS)
    if belief == "present":
        analyze(column.related.table)
    return [target, other]


def _related_statement(model: type[Record], column: ListColumn) -> tuple[str, Any]:
    """Read a list over the API; return the statement for its related rows."""
    query = {"page_size": OTHERS, "fields": column.name}
    with statements() as seen:
        data_of(Api().get(f"/api/{kind_of(model)}/", query))
    [found] = [(sql, params) for sql, params in seen if "wanted" in sql]
    return found


def _require_an_index(plan: Plan, related: RelatedIds) -> None:
    """Fail unless the plan uses an index of the link column."""
    [index] = plan.read_by[related.table]
    assert index is not None, "the whole table is read"
    assert columns_of(related.table, index)[0] == related.key


@pytest.mark.postgres
@pytest.mark.parametrize("belief", ["nothing", "past"])
@pytest.mark.parametrize("model, column", RELATIONS)
def test_a_list_reads_no_links_of_other_records(
    model: type[Record], column: ListColumn, belief: str
) -> None:
    _skew(model, column, belief)
    _require_few_rows(model, column)
    if belief == "past":
        # the same when the statistics are up to date
        analyze(column.related.table)
        _require_few_rows(model, column)


def _require_few_rows(model: type[Record], column: ListColumn) -> None:
    """Fail unless a list is read by an index, without the links of others."""
    plan = plan_of(*_related_statement(model, column))
    _require_an_index(plan, column.related)
    assert plan.rows[column.related.table] <= 10
    # each look-up goes down an index
    assert plan.pages <= 5 * OTHERS


@pytest.mark.once
@pytest.mark.parametrize("model, column", RELATIONS)
def test_sqlite_finds_each_list_in_an_index(
    model: type[Record], column: ListColumn
) -> None:
    _bare(model)
    steps = query_plan_of(*_related_statement(model, column))
    [found] = [step for step in steps if f" {column.related.table} " in step]
    # whether a record is withdrawn is in no index
    covering = "" if getattr(column.related, "present", False) else "COVERING "
    match = re.match(rf"SEARCH \w+ USING {covering}INDEX (\w+) \((.+)\)", found)
    assert match is not None, found
    columns = columns_of(column.related.table, match[1])
    # rows of an index with the same key are in the order of their ids
    assert [*columns, "id"][:2] == [column.related.key, column.related.column]
    assert not any("TEMP B-TREE" in step for step in steps), steps


@pytest.mark.postgres
@pytest.mark.parametrize("belief", BELIEFS)
@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("is_first", [False, True])
def test_internal_format_reads_no_rows_of_other_objects(
    belief: str, whole: bool, is_first: bool
) -> None:
    target, plain = [
        factories.ObjectFactory(storage_location=None, file_type=None, authors=[])
        for _ in range(2)
    ][:: 1 if is_first else -1]
    part = factories.ObjectComponentFactory(
        object=target, issues=[], whole_object=whole
    )
    of_many, of_few = (factories.DataProductFactory(object=o) for o in (target, plain))
    if belief == "past":
        multiply(part, 60)
        analyze(ObjectComponent._meta.db_table)
    multiply(part, MANY)
    multiply(of_many, OTHERS // 2)
    multiply(of_few, OTHERS // 2)
    if belief == "present":
        analyze()
    query = {"page_size": OTHERS, "fields": "internal_format"}
    with statements() as seen:
        page = data_of(Api().get("/api/data_product/", query))
    flags = [one["internal_format"] for one in page["results"]]
    assert flags == [False] * (OTHERS // 2) + [not whole] * (OTHERS // 2)
    [statement] = [(sql, params) for sql, params in seen if "wanted" in sql]
    plan = plan_of(*statement)
    assert plan.read_by[ObjectComponent._meta.db_table] == {"component_part"}
    # each look-up goes down an index, and looks at the next entry
    assert plan.rows[ObjectComponent._meta.db_table] <= OTHERS
    if belief == "present":
        assert plan.pages <= 8 * OTHERS
    assert DataProduct.objects.count() == OTHERS + 2


@pytest.mark.postgres
@pytest.mark.parametrize("belief", BELIEFS)
def test_a_page_reads_no_links_of_other_records(belief: str) -> None:
    popular, other = factories.ObjectFactory(), factories.ObjectFactory()
    run = factories.CodeRunFactory(code_repo=popular, inputs=[], outputs=[])
    if belief == "past":
        multiply(run, 60)
        analyze(CodeRun._meta.db_table)
    multiply(run, MANY)
    if belief == "present":
        analyze(CodeRun._meta.db_table)
    with statements() as seen:
        answer = Client().get(f"/object/{other.pk}/")
    assert answer.status_code == 200
    [statement] = [one for one in seen if 'AS "one_0"' in one[0]]
    assert plan_of(*statement).rows.get(CodeRun._meta.db_table, 0) == 0


@pytest.mark.postgres
@pytest.mark.parametrize("belief", BELIEFS)
def test_a_bulk_response_reads_no_rows_of_other_objects(belief: str) -> None:
    column = next(p.values[1] for p in RELATIONS if p.id == "object.keywords")
    _skew(Object, column, belief)
    api = Api(factories.UserFactory())
    with statements() as seen:
        data_of(api.post("/api/object/", [{}] * OTHERS), 201)
    [statement] = [(sql, params) for sql, params in seen if "wanted.id, " in sql]
    plan = plan_of(*statement)
    _require_an_index(plan, column.related)
    assert plan.rows[column.related.table] == 0
    assert plan.pages <= 30 * OTHERS


@pytest.mark.postgres
def test_a_plan_for_a_tiny_table_is_not_kept() -> None:
    column = next(p.values[1] for p in RELATIONS if p.id == "object.keywords")
    target, other = _bare(Object), _bare(Object)
    _fill(Object, column, target, 3)
    analyze(column.related.table)
    multiply(other, OTHERS)
    for _ in range(10):
        _related_statement(Object, column)
    _fill(Object, column, target, MANY)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s",
            [f"SELECT wanted.id, %{column.related.table}%"],
        )
        assert cursor.fetchone() == (0,)
    _require_an_index(plan_of(*_related_statement(Object, column)), column.related)
