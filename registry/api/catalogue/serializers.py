"""The fields of the catalogue's resources."""

from __future__ import annotations

from rest_framework import serializers

from registry.api.base.fields import (
    AddressField,
    AllOfField,
    AnyUnflaggedField,
    CappedLinksField,
    FirstLinksField,
    LinksField,
)
from registry.api.base.serializers import RecordSerializer, record_fields
from registry.catalogue import models
from registry.runs.models import CodeRun


class FileTypeSerializer(RecordSerializer):
    """A file format."""

    class Meta(RecordSerializer.Meta):
        model = models.FileType
        fields = record_fields("name", "extension")


class IssueSerializer(RecordSerializer):
    """A quality issue."""

    component_issues = LinksField(
        model=models.ObjectComponent,
        required=False,
        help_text="The object components that have this issue.",
    )

    class Meta(RecordSerializer.Meta):
        model = models.Issue
        fields = record_fields("severity", "description", "uuid", "component_issues")


class AuthorSerializer(RecordSerializer):
    """An author."""

    class Meta(RecordSerializer.Meta):
        model = models.Author
        fields = record_fields("name", "identifier", "uuid")


class ObjectSerializer(RecordSerializer):
    """An object."""

    components = FirstLinksField(
        model=models.ObjectComponent,
        help_text="The object components that link to this record, the first 100.",
    )
    components_url = AllOfField(
        template="object_component/?object={id}",
        help_text="Address of the list of all its components.",
    )
    data_products = FirstLinksField(
        model=models.DataProduct,
        help_text="The data products that link to this record, the first 100.",
    )
    data_products_url = AllOfField(
        template="data_product/?object={id}",
        help_text="Address of the list of all data products that it is.",
    )
    licences = FirstLinksField(
        model=models.Licence,
        help_text="The licences that link to this record, the first 100.",
    )
    licences_url = AllOfField(
        template="licence/?object={id}",
        help_text="Address of the list of all its licences.",
    )
    keywords = FirstLinksField(
        model=models.Keyword,
        help_text="The keywords that link to this record, the first 100.",
    )
    keywords_url = AllOfField(
        template="keyword/?object={id}",
        help_text="Address of the list of all its keywords.",
    )

    class Meta(RecordSerializer.Meta):
        model = models.Object
        fields = record_fields(
            "storage_location",
            "description",
            "file_type",
            "authors",
            "uuid",
            "components",
            "data_products",
            "code_repo_release",
            "quality_control",
            "licences",
            "keywords",
            "components_url",
            "data_products_url",
            "licences_url",
            "keywords_url",
        )


class UserAuthorSerializer(RecordSerializer):
    """An account's author."""

    class Meta(RecordSerializer.Meta):
        model = models.UserAuthor
        fields = record_fields("user", "author")


class ObjectComponentSerializer(RecordSerializer):
    """A component of an object."""

    issues = FirstLinksField(
        model=models.Issue,
        read_only=False,
        required=False,
        help_text="Quality issues with this component; of a record, the first 100.",
    )
    issues_url = AllOfField(
        template="issue/?component_issues={id}",
        help_text="Address of the list of all quality issues with it.",
    )
    inputs_of = CappedLinksField(
        model=CodeRun, help_text="The newest code runs that read it, 100 at most."
    )
    outputs_of = CappedLinksField(
        model=CodeRun, help_text="The newest code runs that wrote it, 100 at most."
    )
    inputs_of_url = AddressField(
        template="code_run/?inputs={id}",
        help_text="Address of the list of all code runs that read it.",
    )
    outputs_of_url = AddressField(
        template="code_run/?outputs={id}",
        help_text="Address of the list of all code runs that wrote it.",
    )

    class Meta(RecordSerializer.Meta):
        model = models.ObjectComponent
        fields = record_fields(
            "object",
            "name",
            "description",
            "issues",
            "whole_object",
            "inputs_of",
            "outputs_of",
            "inputs_of_url",
            "outputs_of_url",
            "issues_url",
        )


class StorageRootSerializer(RecordSerializer):
    """A storage root."""

    locations = CappedLinksField(
        model=models.StorageLocation,
        help_text="The newest storage locations below this root, 100 at most.",
    )
    locations_url = AddressField(
        template="storage_location/?storage_root={id}",
        help_text="Address of the list of all storage locations below this root.",
    )

    class Meta(RecordSerializer.Meta):
        model = models.StorageRoot
        fields = record_fields("root", "local", "locations", "locations_url")


class StorageLocationSerializer(RecordSerializer):
    """A storage location."""

    class Meta(RecordSerializer.Meta):
        model = models.StorageLocation
        fields = record_fields("path", "hash", "public", "storage_root")


class PlaceSerializer(RecordSerializer):
    """Where an object is put: what a storage location is registered with."""

    class Meta(RecordSerializer.Meta):
        model = models.StorageLocation
        fields = ("url", "path", "hash", "public", "storage_root")


class NamespaceSerializer(RecordSerializer):
    """A namespace."""

    class Meta(RecordSerializer.Meta):
        model = models.Namespace
        fields = record_fields("name", "full_name", "website")


class DataProductSerializer(RecordSerializer):
    """A data product."""

    prov_report = AddressField(
        template="prov-report/{id}/", help_text="Address of the provenance report."
    )
    ro_crate = AddressField(
        template="ro-crate/data-product/{id}/", help_text="Address of the RO-Crate."
    )
    internal_format = AnyUnflaggedField(
        model=models.ObjectComponent,
        link="object",
        flag="whole_object",
        help_text="Whether the object has components other than the whole.",
    )

    class Meta(RecordSerializer.Meta):
        model = models.DataProduct
        fields = record_fields(
            "namespace",
            "name",
            "version",
            "object",
            "external_object",
            "prov_report",
            "ro_crate",
            "internal_format",
        )


class ExternalObjectSerializer(RecordSerializer):
    """An external object."""

    version = serializers.CharField(
        read_only=True,
        help_text="Version of the data product when this record was made.",
    )

    class Meta(RecordSerializer.Meta):
        model = models.ExternalObject
        fields = record_fields(
            "data_product",
            "identifier",
            "alternate_identifier",
            "alternate_identifier_type",
            "primary_not_supplement",
            "release_date",
            "title",
            "description",
            "original_store",
            "version",
        )


class QualityControlledSerializer(RecordSerializer):
    """A mark of quality control."""

    class Meta(RecordSerializer.Meta):
        model = models.QualityControlled
        fields = record_fields("object", "document")


class KeywordSerializer(RecordSerializer):
    """A keyword."""

    class Meta(RecordSerializer.Meta):
        model = models.Keyword
        fields = record_fields("object", "keyphrase", "identifier")


class LicenceSerializer(RecordSerializer):
    """A licence."""

    class Meta(RecordSerializer.Meta):
        model = models.Licence
        fields = record_fields("object", "licence_info", "identifier")


class CodeRepoReleaseSerializer(RecordSerializer):
    """A release of a code repository."""

    class Meta(RecordSerializer.Meta):
        model = models.CodeRepoRelease
        fields = record_fields("object", "name", "version", "website")


class KeyValueSerializer(RecordSerializer):
    """A key and its value."""

    class Meta(RecordSerializer.Meta):
        model = models.KeyValue
        fields = record_fields("object", "key", "value")
