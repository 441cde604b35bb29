"""The record types of the catalogue, as rows of the contract."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from tests import factories
from tests.api.contract import RecordContract
from tests.api.contract.private import PrivateRecordContract


class TestFileType(RecordContract):
    """File types."""

    factory = factories.FileTypeFactory
    endpoint = "file_type"
    more_filters = ("object",)
    posting = 5
    writable = "name, extension"
    unique = ("name, extension",)


class TestIssue(RecordContract):
    """Issues."""

    factory = factories.IssueFactory
    endpoint = "issue"
    posting = 8
    fewer_on_postgresql = 1
    writable = "severity=1, description, uuid, component_issues[]="
    at_least = ("component_issues",)
    changeable = True
    keeps = ("uuid",)
    lists = 1


class TestAuthor(RecordContract):
    """Authors."""

    factory = factories.AuthorFactory
    endpoint = "author"
    more_filters = ("object", "userauthor")
    # one looks for other spellings of the identifier
    posting = 6
    writable = "name?, identifier?, uuid"
    unique = ("identifier",)
    at_least = ("name",)

    def twins(self, fields: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, Any]]:
        if fields != ("uuid",):
            return super().twins(fields)
        # an identifier would decide the UUID
        same = {"identifier": None, "uuid": uuid.uuid4()}
        first, second = super().twins(())
        return first | same, second | same


class TestObject(RecordContract):
    """Objects."""

    factory = factories.ObjectFactory
    endpoint = "object"
    more_filters = (
        "code_repo_of",
        "config_of",
        "submission_script_of",
        "quality_control_document",
        "metadata",
        "sha256",
    )
    posting = 8
    fewer_on_postgresql = 2
    writable = "storage_location?, description?, file_type?, authors[]=, uuid"
    read_only = (
        "components[], data_products[], code_repo_release?, quality_control?, "
        "licences[], keywords[], "
        "components_url, data_products_url, licences_url, keywords_url"
    )
    unfiltered = (
        *("components_url", "data_products_url"),
        *("licences_url", "keywords_url"),
    )
    changeable = True
    keeps = ("uuid",)
    loose: ClassVar[dict[str, Any]] = {"storage_location": None}
    lists = 1

    def surround(self, record: Any) -> None:
        factories.DataProductFactory(object=record)
        factories.CodeRepoReleaseFactory(object=record)
        factories.QualityControlledFactory(object=record)
        factories.LicenceFactory(object=record)
        factories.KeywordFactory(object=record)


class TestUserAuthor(RecordContract):
    """User authors."""

    factory = factories.UserAuthorFactory
    endpoint = "user_author"
    posting = 7
    # so that the owner of all records says whose accounts others are
    roles = ("curator",)
    removable = True
    writable = "user, author"
    unique = ("user",)


class TestObjectComponent(RecordContract):
    """Object components."""

    factory = factories.ObjectComponentFactory
    endpoint = "object_component"
    posting = 8
    fewer_on_postgresql = 1
    writable = "object, name, description?, issues[]=, whole_object=false"
    read_only = "inputs_of[], outputs_of[], inputs_of_url, outputs_of_url, issues_url"
    unfiltered = ("inputs_of_url", "outputs_of_url", "issues_url")
    unique = ("object, name",)
    lists = 1

    def surround(self, record: Any) -> None:
        factories.CodeRunFactory(inputs=[record], outputs=[record])

    def ids_found_by(self, target: Any, name: str) -> list[int]:
        if name != "object":
            return super().ids_found_by(target, name)
        # its object has the component whole_object as well
        parts = target.object.components.order_by("-pk")
        return [*parts.values_list("pk", flat=True)]


class TestStorageRoot(RecordContract):
    """Storage roots."""

    factory = factories.StorageRootFactory
    endpoint = "storage_root"
    posting = 5
    writable = "root, local=false"
    read_only = "locations[], locations_url"
    unfiltered = ("locations_url",)
    unique = ("root",)
    lists = 1

    def surround(self, record: Any) -> None:
        factories.StorageLocationFactory(storage_root=record)


class TestStorageLocation(RecordContract):
    """Storage locations."""

    factory = factories.StorageLocationFactory
    endpoint = "storage_location"
    more_filters = ("location_for_object", "original_store_of", "sha256")
    posting = 6
    writable = "path, hash, public=true, storage_root"
    unique = ("storage_root, hash, public",)


class TestNamespace(RecordContract):
    """Namespaces."""

    factory = factories.NamespaceFactory
    endpoint = "namespace"
    more_filters = ("data_products",)
    posting = 5
    writable = "name, full_name?, website?"
    read_only = "closed"
    unique = ("name", "full_name")


class TestDataProduct(RecordContract):
    """Data products."""

    factory = factories.DataProductFactory
    endpoint = "data_product"
    posting = 8
    writable = "namespace, name, version, object"
    read_only = "external_object?, prov_report, ro_crate, internal_format"
    unfiltered = ("prov_report", "ro_crate")
    unique = ("namespace, name, version",)
    changeable = True
    lists = 1

    def make(self, **given: Any) -> Any:
        # a product whose object has a file keeps it
        thing = factories.ObjectFactory(storage_location=None, by=given.get("by"))
        given.setdefault("object", thing)
        return super().make(**given)

    def surround(self, record: Any) -> None:
        factories.ExternalObjectFactory(data_product=record)
        factories.ObjectComponentFactory(object=record.object)


class TestExternalObject(RecordContract):
    """External objects."""

    factory = factories.ExternalObjectFactory
    endpoint = "external_object"
    posting = 9
    fewer_on_postgresql = -1
    writable = (
        "data_product, identifier?, alternate_identifier?, alternate_identifier_type?, "
        "primary_not_supplement=true, release_date, title, description?, "
        "original_store?"
    )
    read_only = "version"
    unique = (
        "data_product",
        "identifier, alternate_identifier, alternate_identifier_type, title, version",
    )
    at_least = ("identifier",)

    def twins(self, fields: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, Any]]:
        first, second = super().twins(tuple(n for n in fields if n != "version"))
        if "version" in fields:
            version = first["data_product"].version
            product = factories.DataProductFactory(version=version)
            second["data_product"] = product
        return first, second


class TestQualityControlled(RecordContract):
    """Marks of quality control."""

    factory = factories.QualityControlledFactory
    endpoint = "quality_controlled"
    posting = 7
    writable = "object, document"
    unique = ("object",)


class TestKeyword(RecordContract):
    """Keywords."""

    factory = factories.KeywordFactory
    endpoint = "keyword"
    posting = 7
    writable = "object, keyphrase, identifier?"
    removable = True
    unique = ("object, keyphrase", "object, identifier")


class TestLicence(RecordContract):
    """Licences."""

    factory = factories.LicenceFactory
    endpoint = "licence"
    posting = 8
    writable = "object, licence_info, identifier?"
    unique = ("object, identifier",)


class TestCodeRepoRelease(RecordContract):
    """Releases of code repositories."""

    factory = factories.CodeRepoReleaseFactory
    endpoint = "code_repo_release"
    posting = 7
    writable = "object, name, version, website?"
    unique = ("object", "name, version")


class TestKeyValue(RecordContract):
    """Keys and values."""

    factory = factories.KeyValueFactory
    endpoint = "key_value"
    posting = 8
    writable = "object, key, value"
    unique = ("object, key",)


class TestOrganisation(RecordContract):
    """Organisations."""

    factory = factories.OrganisationFactory
    keeps = ("uuid",)


class TestResearchModel(RecordContract):
    """Models."""

    factory = factories.ResearchModelFactory
    keeps = ("uuid",)


class TestStudy(RecordContract):
    """Studies."""

    factory = factories.StudyFactory
    keeps = ("uuid",)


class TestAuthorContact(PrivateRecordContract):
    """How to reach authors."""

    factory = factories.AuthorContactFactory
    endpoint = "author_contact"
    # whose token it is, and the roles
    deciding = 2
    # two of these say whether the person can register it
    posting = 8
    writable = "author, email, given_name?, family_name?, ethics_approved=false"
    unique = ("author",)
    changeable = True
    removable = True
    keeps = ("author",)
