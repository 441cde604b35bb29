"""Names near that of a field."""

from __future__ import annotations

import pytest

from registry.core.misspellings import edit_distance, misspelt_names, nearest_name
from registry.core.record_types import record_types

#: The fields that clients of registries send, or records of older registries have,
#: although the type has no such field that could be written.
SENT = (
    *("url", "id", "pk", "last_updated", "updated_by", "registered_by", "withdrawn"),
    *("whole_object", "internal_format", "version", "prov_report", "ro_crate"),
    *("components", "code_repo_release", "quality_control"),
    *(
        "licences",
        "keywords",
        "inputs_of",
        "outputs_of",
        "locations",
        "external_object",
    ),
    *("locations_url", "inputs_of_url", "outputs_of_url", "end_date", "uuid"),
    *("object_issues", "responsible_persons", "run_identifier", "accessibility"),
    *("doi_or_unique_name", "local_cache_url", "type", "family_name", "given_names"),
    *("full_name", "checksum", "namespace_name", "release_version", "unique_name"),
    *("csrfmiddlewaretoken", "_method", "_content", "_content_type", "format", "date"),
    *(
        "guid",
        "data",
        "status",
        "start_date",
        "comment",
        "tags",
        "input_urls",
        "primary",
        *("file_name", "fileName", "filename", "uuid4", "uid", "guid_", "data_type"),
    ),
)


@pytest.mark.parametrize(
    "given, meant",
    [
        ("input", "inputs"),
        ("descripton", "description"),
        ("descriptoin", "description"),
        ("Description", "description"),
        ("runDate", "run_date"),
        ("run-date", "run_date"),
        ("nmae", "name"),
        ("keys", "key"),
        ("component_issue", "component_issues"),
        ("submision_script", "submission_script"),
        ("submissionScrpit", "submission_script"),
        ("run_dat", "run_date"),
        ("rundaet", "run_date"),
        ("filetpye", "file_type"),
        ("fiel_type", "file_type"),
    ],
)
def test_a_misspelling_is_noticed(given: str, meant: str) -> None:
    fields = ("inputs", "outputs", "description", "run_date", "name", "key")
    names = (*fields, "component_issues", "submission_script", "file_type")
    assert misspelt_names([given], names, names) == {given: meant}


@pytest.mark.parametrize(
    "given",
    [
        *("inp", "guid", "prose", "ked", "", "x" * 65, "inputs" * 11, "a\0b"),
        *("uid", "uuid4", "file_name", "fileName", "filename", "date_typo"),
        *("mescriptoin", "tyle_name"),
    ],
)
def test_other_names_are_ignored(given: str) -> None:
    names = ("inputs", "description", "uuid", "key", "x" * 64, "full_name", "data_type")
    assert misspelt_names([given], names, names) == {}


def test_a_name_is_right_if_the_field_that_it_is_near_is_given_too() -> None:
    assert misspelt_names(["input", "inputs"], {"inputs"}, ["inputs"]) == {}
    assert misspelt_names(["outputs"], {"outputs", "output"}, ["output"]) == {}


def test_a_request_with_very_many_names_is_not_compared_with_all() -> None:
    compared: set[str] = set()
    for record in range(50):
        names = [f"descriptio{record}-{number}" for number in range(50)]
        misspelt_names(names, (), ["description"], compared=compared)
    assert len(compared) == 200
    assert misspelt_names(["descriptio0-1"], (), ["description"], compared=compared)
    assert not misspelt_names(["descripton"], (), ["description"], compared=compared)


@pytest.mark.parametrize(
    "first, second, slips",
    [
        ("", "", 0),
        ("name", "", 4),
        ("", "name", 4),
        ("name", "name", 0),
        ("nmae", "name", 1),
        ("nam", "name", 1),
        ("names", "name", 1),
        ("nome", "name", 1),
        ("ca", "abc", 3),
        ("kitten", "sitting", 3),
    ],
)
def test_slips_are_counted(first: str, second: str, slips: int) -> None:
    assert edit_distance(first, second) == edit_distance(second, first) == slips


def test_the_nearest_name_is_meant() -> None:
    assert nearest_name("outptus", ("output", "outputs")) == "outputs"


@pytest.mark.parametrize("name", SENT)
def test_what_clients_send_is_no_misspelling(name: str) -> None:
    for one in record_types():
        # no client sends its settings as a contact
        if one.kind != "author_contact":
            found = misspelt_names([name], one.fields, one.writable_fields)
            assert found == {}, one.kind
