"""Crates that other programs wrote, registered."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rocrate.model.contextentity import ContextEntity
from rocrate.model.person import Person
from rocrate.model.softwareapplication import SoftwareApplication
from rocrate.rocrate import ROCrate

from registry.catalogue.access import is_private
from registry.catalogue.models import Author, FileType, Object
from registry.core.errors import Conflict, Forbidden
from registry.core.models import Event
from registry.identity.models import User
from registry.runs.models import CodeRun
from registry.storage.models import StoredFile
from registry.storage.services import the_store
from tests import factories
from tests.files import keep, own_root, place, sha1_of
from tests.provenance.crates.made import (
    ADA,
    FILES,
    ROOT,
    SORT,
    SORTED,
    UNSORTED,
    action,
    file,
    metadata,
    sorting,
    take_in,
    zipped,
)

pytestmark = pytest.mark.django_db

CC_BY = "https://creativecommons.org/licenses/by/4.0/"


def object_of(data: bytes) -> Object:
    """Return the object with these bytes."""
    return Object.objects.get(storage_location__hash=sha1_of(data))


def hashes_of(parts: Any) -> list[str]:
    """Return the checksums of what a run read or wrote."""
    return sorted(part.object.storage_location.hash for part in parts.all())


def test_a_small_crate(ada: User) -> None:
    received = take_in(zipped(FILES), by=ada)
    run = CodeRun.objects.get()
    assert run.description == "Sorting of the lines"
    assert run.run_date == datetime(2026, 1, 1, 10, 0, 0, tzinfo=UTC)
    assert run.end_date == datetime(2026, 1, 1, 10, 0, 1, tzinfo=UTC)
    assert hashes_of(run.inputs) == [sha1_of(UNSORTED)]
    assert hashes_of(run.outputs) == [sha1_of(SORTED)]
    # 9.4 is no semantic version, so that there is no release
    assert run.code_repo is not None
    assert run.code_repo.description == "sort"
    assert [str(fact) for fact in run.code_repo.key_values.all()] == ["version = 9.4"]
    assert Author.objects.get().identifier == ADA["@id"]
    assert [one.name for one in object_of(UNSORTED).authors.all()] == ["Ada Lovelace"]
    assert received.files == 2
    with_bytes = the_store().open(sha1_of(SORTED))
    assert with_bytes.read(100) == SORTED
    with_bytes.close()


def test_every_record_has_its_event_by_who_sent_it(ada: User) -> None:
    received = take_in(zipped(FILES), by=ada)
    told = set(Event.objects.filter(by=ada).values_list("kind", "record_id"))
    assert {(one.kind, one.pk) for one in received.registered} <= told
    assert {("stored_file", one.pk) for one in StoredFile.objects.all()} <= told


def test_the_same_crate_again_finds_its_records(ada: User) -> None:
    first = take_in(zipped(FILES), by=ada)
    again = take_in(zipped(FILES), by=factories.UserFactory.create())
    assert (again.registered, again.files) == ((), 0)
    assert again.records == first.records


def test_the_bytes_tell_that_a_file_is_known(ada: User) -> None:
    take_in(zipped(FILES), by=ada)
    other = metadata(
        SORT,
        ADA,
        file("in.txt"),
        action(**{"@id": "#other"}, object={"@id": "in.txt"}, result=None),
    )
    take_in(zipped({"in.txt": SORTED}, other), by=ada)
    assert Object.objects.filter(storage_location__hash=sha1_of(SORTED)).count() == 1
    assert object_of(SORTED).components.get().inputs_of.count() == 1
    assert object_of(SORTED).components.get().outputs_of.count() == 1


def test_files_with_the_same_bytes_are_one_but_empty_ones_are_not(ada: User) -> None:
    described = metadata(
        SORT,
        ADA,
        *(file(name) for name in ("a.txt", "b.txt", "c.log", "d.log")),
        action(
            object=[{"@id": "a.txt"}, {"@id": "c.log"}],
            result=[{"@id": "b.txt"}, {"@id": "d.log"}],
        ),
    )
    files = {"a.txt": SORTED, "b.txt": SORTED, "c.log": b"", "d.log": b""}
    take_in(zipped(files, described), by=ada)
    run = CodeRun.objects.get()
    assert hashes_of(run.inputs) == hashes_of(run.outputs)
    assert Object.objects.filter(storage_location__hash=sha1_of(b"")).count() == 2
    assert Object.objects.filter(storage_location__hash=sha1_of(SORTED)).count() == 1
    take_in(zipped(files, described), by=ada)
    assert Object.objects.filter(storage_location__hash=sha1_of(b"")).count() == 2


def test_a_crate_in_a_folder_of_its_own(ada: User) -> None:
    import io
    import zipfile

    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(zipped(FILES))) as flat,
        zipfile.ZipFile(buffer, "w") as archive,
    ):
        for name in flat.namelist():
            archive.writestr(f"my-crate/{name}", flat.read(name))
    assert take_in(buffer.getvalue(), by=ada).files == 2


def test_names_with_blanks_and_letters_of_all_kinds(ada: User) -> None:
    described = metadata(
        SORT,
        ADA,
        file("data/a%20b%20%C3%A6.txt"),
        file("./100%25 æ.txt"),
        action(
            object={"@id": "data/a%20b%20%C3%A6.txt"}, result={"@id": "100%25 æ.txt"}
        ),
    )
    files = {"data/a b æ.txt": UNSORTED, "100% æ.txt": SORTED}
    take_in(zipped(files, described), by=ada)
    run = CodeRun.objects.get()
    assert hashes_of(run.inputs) == [sha1_of(UNSORTED)]
    assert hashes_of(run.outputs) == [sha1_of(SORTED)]


def test_folders_and_collections_are_the_files_in_them(ada: User) -> None:
    described = metadata(
        SORT,
        ADA,
        {"@id": "data/", "@type": "Dataset"},
        file("data/one.txt"),
        {
            "@id": "#both",
            "@type": "Collection",
            "hasPart": [{"@id": "out/a.txt"}, {"@id": "out/b.txt"}],
            "mainEntity": {"@id": "out/a.txt"},
        },
        file("out/a.txt"),
        file("out/b.txt"),
        action(object={"@id": "data/"}, result={"@id": "#both"}),
    )
    files = {
        "data/one.txt": b"1",
        "data/deep/two.txt": b"2",
        "out/a.txt": b"a",
        "out/b.txt": b"b",
        "unlisted.txt": b"not told of",
    }
    take_in(zipped(files, described), by=ada)
    run = CodeRun.objects.get()
    assert hashes_of(run.inputs) == sorted([sha1_of(b"1"), sha1_of(b"2")])
    assert hashes_of(run.outputs) == sorted([sha1_of(b"a"), sha1_of(b"b")])
    assert not StoredFile.objects.filter(sha1=sha1_of(b"not told of")).exists()


def test_files_elsewhere_are_links(ada: User) -> None:
    known, unknown = (
        "https://data.example.org/a/b.csv",
        "https://data.example.org/c.csv",
    )
    described = metadata(
        SORT,
        ADA,
        file(known, sha1="A" * 40),
        file(unknown),
        action(object=[{"@id": known}, {"@id": unknown}], result=None),
    )
    take_in(described, by=ada)
    location = Object.objects.get(storage_location__hash="a" * 40).storage_location
    assert location is not None
    assert location.storage_root.root == "https://data.example.org/"
    assert location.path == "a/b.csv"
    [without] = [
        one
        for one in Object.objects.filter(storage_location=None)
        if one.key_values.filter(key="url").exists()
    ]
    assert without.key_values.get(key="url").value == unknown
    take_in(described, by=ada)
    assert CodeRun.objects.count() == 1


def test_a_licence_holds_for_files_without_one_of_their_own(ada: User) -> None:
    described = metadata(
        *sorting()[:2],
        file("data/unsorted.txt", license="Ask Ada"),
        file("data/sorted.txt", keywords=["order, lines", {"@id": "#word"}]),
        {"@id": "#word", "@type": "DefinedTerm", "name": "alphabet"},
        {"@id": CC_BY, "@type": "CreativeWork", "name": "CC BY 4.0"},
        action(),
        root={**ROOT, "license": {"@id": CC_BY}},
    )
    take_in(zipped(FILES, described), by=ada)
    [licence] = object_of(SORTED).licences.all()
    assert (licence.licence_info, licence.identifier) == ("CC BY 4.0", CC_BY)
    [own] = object_of(UNSORTED).licences.all()
    assert (own.licence_info, own.identifier) == ("Ask Ada", None)
    words = {word.keyphrase for word in object_of(SORTED).keywords.all()}
    assert words == {"order", "lines", "alphabet"}


def test_a_file_type_on_record_is_used_for_its_ending(ada: User) -> None:
    factories.FileTypeFactory.create(name="Plain text", extension="txt")
    take_in(zipped(FILES), by=ada)
    assert FileType.objects.count() == 1
    assert str(object_of(SORTED).file_type) == "Plain text (.txt)"


def test_a_person_on_record_is_found_by_identifier(ada: User) -> None:
    known = factories.AuthorFactory.create(name="A. Lovelace", identifier=ADA["@id"])
    take_in(zipped(FILES), by=ada)
    assert Author.objects.get() == known


def test_a_private_file_stays_private(ada: User) -> None:
    keep(SORTED, by=ada)
    place(sha1_of(SORTED), storage_root=own_root(), public=False, by=ada)
    take_in(zipped(FILES), by=ada)
    assert is_private(sha1_of(SORTED))
    assert not is_private(sha1_of(UNSORTED))


def test_what_a_crate_calls_private_is(ada: User) -> None:
    described = metadata(
        *sorting()[:-2], file("data/sorted.txt", public=False), action()
    )
    take_in(zipped(FILES, described), by=ada)
    assert is_private(sha1_of(SORTED))


def test_words_of_the_registry_need_the_context(ada: User) -> None:
    described = metadata(
        *sorting()[:-2],
        file("data/sorted.txt", public="perhaps", uuid="?"),
        action(script="none", configuration={"@id": "data/sorted.txt"}),
        context="https://w3id.org/ro/crate/1.1/context",
    )
    take_in(zipped(FILES, described), by=ada)
    assert not is_private(sha1_of(SORTED))


def test_a_run_that_began_at_another_time_is_a_conflict(ada: User) -> None:
    given = f"urn:uuid:{uuid.uuid4()}"
    first = metadata(*sorting()[:-1], action(identifier=given))
    other = metadata(*sorting()[:-1], action(identifier=given, startTime="2020-01-01"))
    take_in(zipped(FILES, first), by=ada)
    with pytest.raises(Conflict, match="began at"):
        take_in(zipped(FILES, other), by=ada)


def test_outputs_that_come_later_are_added_by_who_registered_the_run(ada: User) -> None:
    given = f"urn:uuid:{uuid.uuid4()}"
    first = metadata(*sorting()[:-1], action(identifier=given, result=None))
    later = metadata(*sorting()[:-1], action(identifier=given))
    take_in(zipped(FILES, first), by=ada)
    with pytest.raises(Forbidden):
        take_in(zipped(FILES, later), by=factories.UserFactory.create())
    assert CodeRun.objects.get().outputs.count() == 0
    take_in(zipped(FILES, later), by=ada)
    assert CodeRun.objects.get().outputs.count() == 1


# --- Crates that the library of their makers wrote ----------------------------------


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
