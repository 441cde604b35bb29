"""Runs to compare: of one script, with other parameters and another version of data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from registry.catalogue.models import DataProduct, Object, ObjectComponent
from registry.runs.comparing import Comparison, Row
from registry.runs.models import CodeRun
from tests.factories import (
    CodeRepoReleaseFactory,
    CodeRunFactory,
    DataProductFactory,
    KeyValueFactory,
    NamespaceFactory,
    ObjectFactory,
    StorageLocationFactory,
    UserFactory,
)

BEGAN = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def part_of(product: DataProduct) -> ObjectComponent:
    """Return the component that stands for the whole of a product."""
    return whole(product.object)


def whole(thing: Object) -> ObjectComponent:
    """Return the component that stands for the whole of an object."""
    return thing.components.get(whole_object=True)


def thing(checksum: str = "", **values: Any) -> Object:
    """Return an object with a location that has this checksum, if one is given."""
    place = StorageLocationFactory(hash=checksum) if checksum else None
    return ObjectFactory(storage_location=place, file_type=None, authors=[], **values)


def configured(**parameters: str) -> Object:
    """Return a configuration with these parameters."""
    config = thing(description="Settings")
    for key, value in parameters.items():
        KeyValueFactory(object=config, key=key, value=value)
    return config


def two_runs() -> tuple[CodeRun, CodeRun]:
    """Return two runs with one thing of every kind in common, and one that differs."""
    release = CodeRepoReleaseFactory(
        name="org/model", version="1.0.0", object=thing("c" * 40)
    )
    newer = CodeRepoReleaseFactory(
        name="org/model", version="2.0.0", object=thing("d" * 40)
    )
    script = thing("5" * 40, description="Run the model")
    namespace = NamespaceFactory(name="health")
    deaths = [
        DataProductFactory(
            namespace=namespace,
            name="human/deaths",
            version=version,
            object=thing(checksum, description=f"Deaths {version}"),
        )
        for version, checksum in (("1.0.0", "1" * 40), ("1.1.0", "2" * 40))
    ]
    births = DataProductFactory(
        namespace=namespace, name="human/births", version="3.0.0", object=thing()
    )
    runs = [
        CodeRunFactory(
            description=f"Fit, {version}",
            run_date=BEGAN,
            end_date=BEGAN + timedelta(hours=2, minutes=minutes),
            code_repo=code.object,
            model_config=configured(seed="42", rate=rate),
            submission_script=script,
            inputs=[part_of(product), part_of(births)],
            outputs=[whole(thing(description=f"Curve of {version}"))],
        )
        for version, minutes, code, rate, product in (
            ("first", 5, release, "0.1", deaths[0]),
            ("second", 0, newer, "0.2", deaths[1]),
        )
    ]
    return runs[0], runs[1]


def many_runs(count: int, inputs: int) -> list[int]:
    """Return the ids of runs that have everything, each with these many inputs."""
    by = UserFactory()
    products = [DataProductFactory(by=by) for _ in range(inputs)]
    parts = [part_of(product) for product in products]
    return [
        CodeRunFactory(
            model_config=configured(seed=str(number)),
            inputs=parts,
            outputs=parts[:1],
            by=by,
        ).pk
        for number in range(count)
    ]


def row_of(comparison: Comparison, title: str, label: str, aspect: str = "") -> Row:
    """Return the one row of a section with this label and aspect."""
    [section] = [one for one in comparison.sections if one.title == title]
    found = [one for one in section.rows if (one.label, one.aspect) == (label, aspect)]
    assert len(found) == 1, [(one.label, one.aspect) for one in section.rows]
    return found[0]


def texts(row: Row) -> list[list[str]]:
    """Return the texts of a row, a list a run."""
    return [[value.text for value in cell] for cell in row.cells]
