"""The fields of each version of the API, for every record type and kind of response.

The strict reader of the Java client stops at a field that it does not know. So version
1.0.0 has these fields for ever; new fields belong to later versions.
"""

from __future__ import annotations

from typing import Any

import pytest

from registry.catalogue.models import FileType
from registry.core.record_types import record_kinds
from tests.admin.checks import FACTORIES
from tests.api.client import Api, data_of, path_of, rows_of
from tests.api.contract.base import as_json
from tests.every_type import every_kind
from tests.factories import ObjectFactory, StorageRootFactory, UserFactory, values_of

pytestmark = pytest.mark.django_db

OLD = "application/json; version=1.0.0"
NEW = "application/json; version=1.1.0"

FACTORY = {factory._meta.model.kind: factory for factory in FACTORIES}
CHANGEABLE = {
    *("issue", "object", "data_product", "code_run", "author_contact"),
    *("backend", "run_request"),
}
_COMMON = "url last_updated updated_by "
#: The fields of the older registry, in which its clients were written.
FIELDS = {
    "file_type": "name extension",
    "issue": "severity description uuid component_issues",
    "author": "name identifier uuid",
    "object": "storage_location description file_type authors uuid components "
    "data_products code_repo_release quality_control licences keywords",
    "user_author": "user author",
    "author_contact": "author email given_name family_name ethics_approved",
    "object_component": "object name description issues whole_object inputs_of "
    "outputs_of",
    "code_run": "run_date description code_repo model_config submission_script inputs "
    "outputs uuid ro_crate",
    "storage_root": "root local locations",
    "storage_location": "path hash public storage_root",
    "namespace": "name full_name website",
    "data_product": "namespace name version object external_object prov_report "
    "ro_crate internal_format",
    "external_object": "data_product identifier alternate_identifier "
    "alternate_identifier_type primary_not_supplement release_date title description "
    "original_store version",
    "quality_controlled": "object document",
    "keyword": "object keyphrase identifier",
    "licence": "object licence_info identifier",
    "code_repo_release": "object name version website",
    "key_value": "object key value",
    # the older registry has none of these, so that its clients read none
    "organisation": "name ror uuid",
    "model": "name description documentation_url source_url releases uuid",
    "study": "title description alternative_id uuid",
    "dataset_template": "name description version defined_resources "
    "deferred_resources replaces uuid replaced_by",
    "workflow_template": "name description version model required_inputs "
    "optional_inputs required_outputs optional_outputs required_annotations "
    "optional_annotations replaces uuid replaced_by",
    "model_run": "code_run workflow_template model_version display_name description "
    "study modeller requesting_organisation model_config submission_script "
    "start_time end_time inputs outputs annotations fingerprint uuid prov_report "
    "ro_crate",
    "backend": "slug name description max_running max_database log_readers leaving "
    "maintenance_windows flags last_seen",
    "backend_grant": "backend user use",
    "run_request": "description backend repo_url branch commit requested_actions "
    "tasks jobs environment publish priority on_failed_need max_losses provenance "
    "record_failures form external_id rerun_of code config code_run state "
    "state_changed jobs_made uuid",
}
#: What version 1.1.0 has besides.
ADDED = {
    "object": "components_url data_products_url licences_url keywords_url",
    "object_component": "issues_url inputs_of_url outputs_of_url",
    "code_run": "end_date failed",
    "storage_root": "locations_url",
    "namespace": "closed",
}


def fields_of(kind: str, accept: str) -> set[str]:
    """Return the fields of a record type in the version that is asked for."""
    old = {*_COMMON.split(), *FIELDS[kind].split()}
    if accept == OLD:
        return old
    return old | {"withdrawn", *ADDED.get(kind, "").split()}


def test_the_table_has_every_record_type() -> None:
    assert set(FIELDS) == set(record_kinds())


@pytest.mark.parametrize("accept", [OLD, NEW, "*/*"])
@pytest.mark.parametrize("kind", every_kind())
def test_every_response_has_exactly_the_fields_of_its_version(
    kind: str, accept: str
) -> None:
    api, path = Api(UserFactory(is_superuser=True), accept=accept), f"/api/{kind}/"
    record = data_of(api.post(path, _body(kind)), 201)
    shown = [record, data_of(api.get(record["url"]))]
    shown += data_of(api.post(path, [_body(kind), _body(kind)]), 201)
    shown += data_of(api.get(path))["results"]
    for method in ("PUT", "PATCH") if kind in CHANGEABLE else ():
        shown.append(data_of(api.call(method, record["url"], record)))
    shown.append(data_of(api.post(f"{record['url']}withdraw/", {"reason": "A test."})))
    assert [set(one) for one in shown] == [fields_of(kind, accept)] * len(shown)


@pytest.mark.parametrize("accept", [OLD, NEW])
@pytest.mark.parametrize("kind", every_kind())
def test_csv_and_options_have_the_fields_of_their_version(
    kind: str, accept: str
) -> None:
    FACTORY[kind]()
    api, path = Api(UserFactory(is_superuser=True), accept=accept), f"/api/{kind}/"
    csv = accept.replace("application/json", "text/csv")
    assert set(rows_of(api.get(path, accept=csv))[0]) == fields_of(kind, accept)
    options = data_of(api.call("OPTIONS", path))
    assert set(options["actions"]["POST"]) == fields_of(kind, accept)


@pytest.mark.parametrize("accept", [OLD, NEW])
def test_the_put_that_places_an_object_has_the_fields_of_its_version(
    accept: str,
) -> None:
    person = UserFactory()
    api = Api(person, accept=accept)
    thing = ObjectFactory(by=person, storage_location=None)
    body = {"path": "a", "hash": "b" * 40}
    body["storage_root"] = path_of(StorageRootFactory())
    placed = data_of(api.call("PUT", path_of(thing), body), 201)
    assert set(placed) == fields_of("object", accept)


def test_responses_name_their_version() -> None:
    api = Api(UserFactory())
    for accept, version in ((OLD, "1.0.0"), (NEW, "1.1.0"), ("*/*", "1.1.0")):
        expected = f"application/json; version={version}"
        body = {"name": accept, "extension": "x"}
        for answer in (
            api.post("/api/file_type/", body, accept=accept),
            api.post("/api/file_type/", body, accept=accept),
            api.post("/api/file_type/", {}, accept=accept),
            api.get("/api/file_type/", accept=accept),
            api.get("/api/file_type/9999999/", accept=accept),
            api.call("OPTIONS", "/api/file_type/", accept=accept),
        ):
            assert answer["Content-Type"] == expected, answer.status_code


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_an_unknown_version_is_refused(method: str) -> None:
    before = FileType.objects.count()
    for version in ("1.2.0", "1", "x"):
        answer = Api(UserFactory()).call(
            method,
            "/api/file_type/",
            {"name": "n", "extension": "x"},
            accept=f"application/json; version={version}",
        )
        assert list(data_of(answer, 406)) == ["detail"]
    assert FileType.objects.count() == before


def test_a_key_of_one_version_is_not_replayed_in_another() -> None:
    api, body = Api(UserFactory(), idempotency_key="a"), {"name": "n"}
    first = data_of(api.post("/api/namespace/", body, accept=OLD), 201)
    assert data_of(api.post("/api/namespace/", body, accept=OLD), 201) == first
    assert data_of(api.post("/api/namespace/", body), 422)


def test_options_name_urls_and_list_the_object_before_the_namespace() -> None:
    api = Api(UserFactory())
    urls = {
        (kind, name)
        for kind in record_kinds()
        for name, field in _fields_of_post(api, kind).items()
        if field["type"] == "url"
    }
    assert urls == {
        ("author", "identifier"),
        ("code_repo_release", "website"),
        ("model", "documentation_url"),
        ("model", "source_url"),
        ("organisation", "ror"),
        ("external_object", "identifier"),
        ("keyword", "identifier"),
        ("licence", "identifier"),
        ("namespace", "website"),
    }
    fields = list(_fields_of_post(api, "data_product"))
    assert fields.index("object") < fields.index("namespace")


def _fields_of_post(api: Api, kind: str) -> dict[str, Any]:
    options: dict[str, Any] = data_of(api.call("OPTIONS", f"/api/{kind}/"))
    fields: dict[str, Any] = options["actions"]["POST"]
    return fields


def _body(kind: str) -> dict[str, Any]:
    values = values_of(FACTORY[kind])
    return {name: as_json(value) for name, value in values.items()}
