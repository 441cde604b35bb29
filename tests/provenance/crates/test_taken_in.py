"""Crates that other programs wrote, registered."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest

from registry.catalogue.access import is_private
from registry.catalogue.models import Author, FileType, Object
from registry.core.errors import Conflict, Forbidden
from registry.core.models import Event
from registry.identity.models import User
from registry.runs.models import CodeRun
from registry.storage.models import StoredFile
from registry.storage.services import get_store
from tests import factories
from tests.files import keep, own_root, place, sha1_of
from tests.provenance.crates.made import (
    ADA,
    CC_BY,
    FILES,
    ROOT,
    SORT,
    SORTED,
    UNSORTED,
    action,
    file,
    hashes_of,
    metadata,
    object_of,
    sorting,
    take_in,
    zipped,
)

pytestmark = pytest.mark.django_db


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
    with_bytes = get_store().open(sha1_of(SORTED))
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
    # but for this one: whatever is no clear yes closes a file
    assert is_private(sha1_of(SORTED))


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
