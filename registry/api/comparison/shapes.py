"""A comparison as JSON, and as rows of CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from registry.runs.models import CodeRun

if TYPE_CHECKING:
    from collections.abc import Iterator

    from registry.runs.comparing import Comparison, Row, Section, Value

Shape = dict[str, Any]


def comparison_shape(
    comparison: Comparison, base: str, *, differences: bool = False
) -> Shape:
    """Return a comparison with links below the address ``base``.

    With ``differences``, rows in which all runs are the same are left out.
    """
    return {
        "runs": [
            {
                "id": run.subject.id,
                "url": f"{base}{run.subject.kind}/{run.subject.id}/",
                "code_run": f"{base}{CodeRun.kind}/{run.id}/",
                "description": run.description,
                "withdrawn": run.withdrawn,
            }
            for run in comparison.runs
        ],
        "sections": [
            _section_shape(section, base, differences=differences)
            for section in comparison.sections
        ],
    }


def _section_shape(section: Section, base: str, *, differences: bool) -> Shape:
    rows = section.differing if differences else section.rows
    return {
        "title": section.title,
        "differing": len(section.differing),
        "equal": len(section.equal),
        "rows": [_row_shape(row, base) for row in rows],
    }


def _row_shape(row: Row, base: str) -> Shape:
    return {
        "label": row.label,
        "aspect": row.aspect,
        "differs": row.differs,
        "note": row.note,
        "groups": list(row.groups),
        "values": [[_value_shape(value, base) for value in cell] for cell in row.cells],
    }


def _value_shape(value: Value, base: str) -> Shape:
    target = value.target
    return {
        "text": value.text,
        "url": None if target is None else f"{base}{target.kind}/{target.id}/",
        "withdrawn": value.is_withdrawn,
    }


def csv_names(shape: Shape) -> list[str]:
    """Return the header of a comparison as CSV: a column a run, named by its record."""
    runs = ("/".join(run["url"].split("/")[-3:-1]) for run in shape["runs"])
    return ["section", "label", "aspect", "differs", *runs]


def csv_rows(shape: Shape) -> Iterator[Shape]:
    """Yield the rows of a comparison as CSV; several values of a run are one cell."""
    names = csv_names(shape)
    for section in shape["sections"]:
        for row in section["rows"]:
            cells = (", ".join(one["text"] for one in cell) for cell in row["values"])
            about = (section["title"], row["label"], row["aspect"], row["differs"])
            yield dict(zip(names, (*about, *cells), strict=True))
