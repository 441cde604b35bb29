"""`load_example` registers a complete example whose runs can be repeated."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from registry.catalogue.models import (
    CodeRepoRelease,
    DataProduct,
    ExternalObject,
    Issue,
    Object,
    ObjectComponent,
    QualityControlled,
    StorageLocation,
)
from registry.core.models import Event, Record
from registry.identity.models import User
from registry.identity.services import create_user
from registry.management.example.load import load_example
from registry.runs.models import CodeRun
from registry.storage.services import get_store

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

Output = pytest.CaptureFixture[str]


@pytest.fixture
def admin() -> User:
    """Create the account that each registry has."""
    return create_user(username="admin", is_superuser=True)


@pytest.fixture
def example(admin: User) -> None:
    """Load the example."""
    assert load_example(by=admin)


def content(item: Object) -> bytes:
    """Return the stored bytes of an object."""
    assert item.storage_location is not None
    reader = get_store().open(item.storage_location.path)
    try:
        return reader.read(10_000_000)
    finally:
        reader.close()


def working_path(item: Object) -> str:
    """Return the working path of an object's file in a run."""
    return item.key_values.get(key="working_path").value


def files_of(components: Any) -> dict[str, Object]:
    """Return the objects of components by their names."""
    objects = Object.objects.filter(components__in=components.all()).distinct()
    return {working_path(item): item for item in objects}


def hashes_of(components: Any) -> set[str]:
    """Return the hashes of the files of components."""
    return {sha1(content(item)) for item in files_of(components).values()}


def sha1(data: bytes) -> str:
    """Return the SHA-1 of some bytes."""
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def run_that_writes(product: str) -> CodeRun:
    """Return the only run with a data product as output."""
    item = DataProduct.objects.get(name=f"influenza/{product}").object
    return CodeRun.objects.filter(outputs__object=item).distinct().get()


def record_types() -> list[type[Record]]:
    """Return all record types."""
    models = apps.get_app_config("registry").get_models()
    return [model for model in models if issubclass(model, Record)]


def everything() -> dict[str, list[Any]]:
    """Return all rows of all tables."""
    tables = apps.get_app_config("registry").get_models(include_auto_created=True)
    return {
        t._meta.label: list(t._base_manager.order_by("pk").values()) for t in tables
    }


@pytest.mark.usefixtures("example")
def test_each_location_is_a_stored_file_with_its_hash() -> None:
    locations = StorageLocation.objects.all()
    assert {place.storage_root.root for place in locations} == {
        f"{settings.REGISTRY_URL}/data/"
    }
    for item in Object.objects.all():
        assert item.storage_location is not None
        assert sha1(content(item)) == item.storage_location.hash
    assert len(locations) == Object.objects.count()


@pytest.mark.usefixtures("example")
def test_three_runs_lead_from_the_counts_to_the_figure() -> None:
    draw, simulate, fit = (
        run_that_writes(name)
        for name in ("epidemic-curve", "simulated", "fitted-rates")
    )
    counts = DataProduct.objects.get(name="influenza/in-bed").object
    assert hashes_of(simulate.outputs) < hashes_of(draw.inputs)
    assert hashes_of(simulate.inputs) == hashes_of(fit.outputs)
    assert hashes_of(fit.inputs) == {sha1(content(counts))}
    assert hashes_of(draw.inputs) - hashes_of(simulate.outputs) == hashes_of(fit.inputs)
    assert fit.run_date < fit.end_date <= simulate.run_date  # type: ignore[operator]
    assert CodeRun.objects.count() == 3


@pytest.mark.usefixtures("example")
def test_components_are_connected_by_runs_too() -> None:
    rates = run_that_writes("simulated").inputs.order_by("name")
    assert [part.name for part in rates] == ["beta", "gamma"]
    assert set(rates) < set(run_that_writes("fitted-rates").outputs.all())
    infected = ObjectComponent.objects.get(name="infected")
    assert infected in run_that_writes("simulated").outputs.all()
    assert infected in run_that_writes("epidemic-curve").inputs.all()


@pytest.mark.usefixtures("example")
def test_components_are_parts_of_their_files() -> None:
    rates = DataProduct.objects.get(name="influenza/fitted-rates").object
    named = rates.components.filter(whole_object=False)
    assert set(json.loads(content(rates))) == {part.name for part in named}
    for name in ("in-bed", "simulated"):
        table = DataProduct.objects.get(name=f"influenza/{name}").object
        columns = content(table).decode().splitlines()[0].split(",")
        parts = table.components.filter(whole_object=False)
        assert {part.name for part in parts} <= set(columns)
        assert parts.exists()


@pytest.mark.usefixtures("example")
@pytest.mark.parametrize("product", ["fitted-rates", "simulated", "epidemic-curve"])
def test_a_run_can_be_run_again_from_what_is_stored(
    product: str, tmp_path: Path
) -> None:
    run = run_that_writes(product)
    assert run.code_repo is not None
    assert run.submission_script is not None
    given = files_of(run.inputs)
    if run.model_config is not None:
        given[working_path(run.model_config)] = run.model_config
    with zipfile.ZipFile(BytesIO(content(run.code_repo))) as release:
        release.extractall(tmp_path)
    (tmp_path / "data").mkdir()
    for path, item in given.items():
        (tmp_path / path).write_bytes(content(item))
    # under another name than that of the release: the record's own script is run
    (tmp_path / "again.sh").write_bytes(content(run.submission_script))
    subprocess.run(
        ["sh", "again.sh"], cwd=tmp_path, env={"PYTHON": sys.executable}, check=True
    )
    for path, item in files_of(run.outputs).items():
        assert (tmp_path / path).read_bytes() == content(item)


@pytest.mark.usefixtures("example")
def test_the_release_is_the_code_without_data() -> None:
    release = CodeRepoRelease.objects.get(name="boarding-school-influenza")
    with zipfile.ZipFile(BytesIO(content(release.object))) as archive:
        names = archive.namelist()
    assert {Path(name).suffix for name in names} == {".py", ".sh", ".md"}
    assert {"fit.py", "simulate.py", "draw.py", "sir.py"} <= set(names)


@pytest.mark.usefixtures("example")
def test_the_counts_come_from_the_paper() -> None:
    paper = ExternalObject.objects.get()
    assert paper.data_product.name == "influenza/in-bed"
    assert paper.identifier == "https://doi.org/10.1136/bmj.1.6112.586"
    assert paper.alternate_identifier == "PMC1603269"
    assert str(paper.release_date.date()) == "1978-03-04"
    author = paper.data_product.object.authors.get()
    assert author.name == "Communicable Disease Surveillance Centre"


@pytest.mark.usefixtures("example")
def test_the_issue_is_about_the_numbers_that_the_runs_read() -> None:
    part = Issue.objects.get().component_issues.get()
    assert part.name == "in_bed"
    assert set(part.inputs_of.all()) == {
        run_that_writes("fitted-rates"),
        run_that_writes("epidemic-curve"),
    }


@pytest.mark.usefixtures("example")
def test_the_fitted_rates_are_quality_controlled() -> None:
    control = QualityControlled.objects.get()
    assert working_path(control.object) == "data/fitted-rates.json"
    assert "## How the fitted rates were checked" in content(control.document).decode()


@pytest.mark.usefixtures("example")
def test_each_object_has_authors_and_a_licence() -> None:
    for item in Object.objects.all():
        assert item.authors.exists()
        assert item.licences.filter(identifier__startswith="https://").exists()
        assert item.file_type is not None
        assert working_path(item).endswith(f".{item.file_type.extension}")


def test_admin_registers_all_of_it_with_an_event_each(admin: User) -> None:
    before = Event.objects.count()
    load_example(by=admin)
    rows = [row for kind in record_types() for row in kind.objects.all()]
    assert {row.registered_by for row in rows} == {admin}
    events = Event.objects.order_by("pk")[before:]
    records = {(row.kind, row.pk) for row in rows}
    assert records <= {(event.kind, event.record_id) for event in events}
    assert {event.by for event in events} == {admin}


@pytest.mark.usefixtures("admin")
def test_a_second_call_changes_nothing_and_reports_it(capsys: Output) -> None:
    call_command("load_example")
    assert capsys.readouterr().out.startswith("Registered the example: influenza")
    once = everything()
    call_command("load_example")
    assert capsys.readouterr().out == (
        "The example is already registered; nothing was changed.\n"
    )
    assert everything() == once


@pytest.mark.django_db(transaction=True)
def test_one_of_two_concurrent_calls_registers(admin: User) -> None:
    def load(_: int) -> bool:
        try:
            return load_example(by=admin)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(load, range(2))) == [False, True]
    assert CodeRun.objects.count() == 3


@pytest.mark.usefixtures("admin")
def test_a_failing_run_registers_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # a shell that fails stands before that of the system
    (tmp_path / "sh").write_text("#!/bin/sh\necho out of paper >&2\nexit 3\n")
    (tmp_path / "sh").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    before = everything()
    with pytest.raises(CommandError, match="exit status 3") as refusal:
        call_command("load_example")
    assert "out of paper" in str(refusal.value)
    assert everything() == before


def test_without_an_administrator_the_command_says_how_to_create_one() -> None:
    with pytest.raises(CommandError, match=r"manage\.py prepare"):
        call_command("load_example")
