"""Crates that the library of their makers wrote."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rocrate.model.contextentity import ContextEntity
from rocrate.model.person import Person
from rocrate.model.softwareapplication import SoftwareApplication
from rocrate.rocrate import ROCrate

from registry.identity.models import User
from registry.runs.models import CodeRun
from tests.files import sha1_of
from tests.provenance.crates.made import (
    ADA,
    CC_BY,
    SORTED,
    UNSORTED,
    hashes_of,
    object_of,
    take_in,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with files to pack."""
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "lines.txt").write_bytes(UNSORTED)
    (folder / "sorted lines.txt").write_bytes(SORTED)
    (folder / "sort.cwl").write_text("class: CommandLineTool\n")
    return folder


def library_crate(folder: Path, version: str) -> bytes:
    """Write a Process Run Crate as its documentation does it, by the library."""
    crate = ROCrate(version=version)
    crate.name, crate.description = "Sorting", "One run of sort"
    crate.license = CC_BY
    crate.datePublished = datetime(2026, 1, 2, tzinfo=UTC)
    tool = crate.add(
        SoftwareApplication(
            crate,
            "https://www.gnu.org/software/coreutils/",
            properties={"name": "sort", "softwareVersion": "9.4.0"},
        )
    )
    ada = crate.add(
        Person(
            crate, ADA["@id"], properties={"name": "Ada Lovelace", "affiliation": "?"}
        )
    )
    given = crate.add_file(
        folder / "lines.txt", properties={"encodingFormat": "text/plain"}
    )
    made = crate.add_file(
        folder / "sorted lines.txt", properties={"author": [ada]}, record_size=True
    )
    crate.add_action(
        tool,
        identifier="#sorting",
        object=[given],
        result=[made],
        properties={
            "name": "Sorted the lines",
            "startTime": "2026-01-01T10:00:00+01:00",
            "endTime": "2026-01-01T10:00:01+01:00",
            "agent": {"@id": ada.id},
        },
    )
    return Path(crate.write_zip(folder.parent / f"{version}.zip")).read_bytes()


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_a_crate_of_the_library(version: str, folder: Path, ada: User) -> None:
    crate = library_crate(folder, version)
    take_in(crate, by=ada)
    run = CodeRun.objects.get()
    assert hashes_of(run.inputs) == [sha1_of(UNSORTED)]
    assert hashes_of(run.outputs) == [sha1_of(SORTED)]
    assert run.run_date == datetime(2026, 1, 1, 9, tzinfo=UTC)
    assert run.code_repo is not None
    assert str(run.code_repo.code_repo_release) == "sort 9.4.0"
    [licence] = object_of(SORTED).licences.all()
    assert licence.identifier == CC_BY
    assert take_in(crate, by=ada).registered == ()


def workflow_crate(folder: Path) -> bytes:
    """Write a crate as converters of CWL's own provenance do, with two steps."""
    crate = ROCrate(version="1.1")
    crate.name = "Run of sort.cwl"
    workflow = crate.add_workflow(
        folder / "sort.cwl", "sort.cwl", main=True, lang="cwl"
    )
    crate.metadata.extra_terms["sha1"] = "https://w3id.org/ro/terms/workflow-run#sha1"
    tools = [
        crate.add(
            SoftwareApplication(crate, f"sort.cwl#{name}", properties={"name": name})
        )
        for name in ("unique", "sort")
    ]
    workflow["hasPart"] = tools
    middle = folder / "0123456789abcdef"
    middle.write_bytes(b"between")
    files = [
        crate.add_file(
            path,
            f"files/{sha1_of(path.read_bytes())}",
            properties={"sha1": sha1_of(path.read_bytes())},
        )
        for path in (folder / "lines.txt", middle, folder / "sorted lines.txt")
    ]
    number = crate.add(
        ContextEntity(
            crate,
            "#pv-main/reverse",
            properties={
                "@type": "PropertyValue",
                "name": "main/reverse",
                "value": "True",
            },
        )
    )
    times = {"startTime": "2026-01-01T10:00:00", "endTime": "2026-01-01T10:00:09"}
    engine = crate.add(
        SoftwareApplication(crate, "#cwltool", properties={"name": "cwltool 3.1"})
    )
    runs = [
        (workflow, [files[0], number], [files[2]], "Run of workflow/sort.cwl"),
        (tools[0], [files[0]], [files[1]], "Run of workflow/sort.cwl#unique"),
        (tools[1], [files[1], number], [files[2]], "Run of workflow/sort.cwl#sort"),
    ]
    actions = [
        crate.add_action(
            tool,
            identifier=f"#{uuid.UUID(int=position, version=4)}",
            object=given,
            result=made,
            properties={"name": name, **times},
        )
        for position, (tool, given, made, name) in enumerate(runs)
    ]
    crate.add(
        ContextEntity(
            crate,
            "#organize",
            properties={
                "@type": "OrganizeAction",
                "instrument": {"@id": engine.id},
                "result": {"@id": actions[0].id},
            },
        )
    )
    return Path(crate.write_zip(folder.parent / "cwl.zip")).read_bytes()


def test_a_workflow_with_its_steps(folder: Path, ada: User) -> None:
    crate = workflow_crate(folder)
    take_in(crate, by=ada)
    whole, first, second = CodeRun.objects.order_by("description")
    assert whole.description == "Run of workflow/sort.cwl"
    assert whole.submission_script is not None
    assert whole.submission_script.storage_location is not None
    script = (folder / "sort.cwl").read_bytes()
    assert whole.submission_script.storage_location.hash == sha1_of(script)
    assert whole.uuid == uuid.UUID(int=0, version=4)
    assert hashes_of(second.outputs) == [sha1_of(b"between")]
    assert hashes_of(first.inputs) == [sha1_of(b"between")]
    assert hashes_of(whole.inputs) == [sha1_of(UNSORTED)]
    # the values that a run was given are its configuration
    assert whole.model_config is not None
    assert "main/reverse = True" in str(whole.model_config.description)
    assert [str(one) for one in whole.model_config.key_values.all()] == [
        "main/reverse = True"
    ]
    assert second.model_config is None
    assert take_in(crate, by=ada).registered == ()
