"""The filters of every record type: each field by its name, lists too.

The API and the pages for people offer the same ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import Group

from registry.catalogue import models
from registry.catalogue.expressions import INTERNAL_FORMAT
from registry.http.filters.fields import ConditionFilter
from registry.http.filters.sets import RecordFilterSet
from registry.identity.models import User
from registry.runs.models import CodeRun

if TYPE_CHECKING:
    from django.db.models import Model

CHANGED = ("last_updated", "updated_by")


class FileTypeFilter(RecordFilterSet):
    """Filters of file types."""

    class Meta:
        model = models.FileType
        fields = ("name", "extension", *CHANGED)


class IssueFilter(RecordFilterSet):
    """Filters of issues."""

    class Meta:
        model = models.Issue
        fields = ("severity", "description", "uuid", "component_issues", *CHANGED)


class AuthorFilter(RecordFilterSet):
    """Filters of authors."""

    class Meta:
        model = models.Author
        fields = ("name", "identifier", "uuid", *CHANGED)


class ObjectFilter(RecordFilterSet):
    """Filters of objects."""

    class Meta:
        model = models.Object
        fields = (
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
            *CHANGED,
        )


class UserAuthorFilter(RecordFilterSet):
    """Filters of user authors."""

    class Meta:
        model = models.UserAuthor
        fields = ("user", "author", *CHANGED)


class ObjectComponentFilter(RecordFilterSet):
    """Filters of object components."""

    class Meta:
        model = models.ObjectComponent
        fields = (
            "object",
            "name",
            "description",
            "issues",
            "whole_object",
            "inputs_of",
            "outputs_of",
            *CHANGED,
        )


class StorageRootFilter(RecordFilterSet):
    """Filters of storage roots."""

    class Meta:
        model = models.StorageRoot
        fields = ("root", "local", "locations", *CHANGED)


class StorageLocationFilter(RecordFilterSet):
    """Filters of storage locations."""

    class Meta:
        model = models.StorageLocation
        fields = ("path", "hash", "public", "storage_root", *CHANGED)


class NamespaceFilter(RecordFilterSet):
    """Filters of namespaces."""

    class Meta:
        model = models.Namespace
        fields = ("name", "full_name", "website", *CHANGED)


class DataProductFilter(RecordFilterSet):
    """Filters of data products."""

    internal_format = ConditionFilter(condition=INTERNAL_FORMAT)

    class Meta:
        model = models.DataProduct
        fields = (
            "namespace",
            "name",
            "version",
            "object",
            "external_object",
            *CHANGED,
        )


class ExternalObjectFilter(RecordFilterSet):
    """Filters of external objects."""

    class Meta:
        model = models.ExternalObject
        fields = (
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
            *CHANGED,
        )


class QualityControlledFilter(RecordFilterSet):
    """Filters of marks of quality control."""

    class Meta:
        model = models.QualityControlled
        fields = ("object", "document", *CHANGED)


class KeywordFilter(RecordFilterSet):
    """Filters of keywords."""

    class Meta:
        model = models.Keyword
        fields = ("object", "keyphrase", "identifier", *CHANGED)


class LicenceFilter(RecordFilterSet):
    """Filters of licences."""

    class Meta:
        model = models.Licence
        fields = ("object", "licence_info", "identifier", *CHANGED)


class CodeRepoReleaseFilter(RecordFilterSet):
    """Filters of code repository releases."""

    class Meta:
        model = models.CodeRepoRelease
        fields = ("object", "name", "version", "website", *CHANGED)


class KeyValueFilter(RecordFilterSet):
    """Filters of keys and values."""

    class Meta:
        model = models.KeyValue
        fields = ("object", "key", "value", *CHANGED)


class CodeRunFilter(RecordFilterSet):
    """Filters of code runs."""

    class Meta:
        model = CodeRun
        fields = (
            "run_date",
            "end_date",
            "description",
            "code_repo",
            "model_config",
            "submission_script",
            "inputs",
            "outputs",
            "uuid",
            *CHANGED,
        )


class UserFilter(RecordFilterSet):
    """Filters of users."""

    class Meta:
        model = User
        fields = ("username", "full_name", "email")


class GroupFilter(RecordFilterSet):
    """Filters of groups."""

    class Meta:
        model = Group
        fields = ("name",)


#: The filters of each record type.
FILTERS: dict[type[Model], type[RecordFilterSet]] = {
    models.FileType: FileTypeFilter,
    models.Issue: IssueFilter,
    models.Author: AuthorFilter,
    models.Object: ObjectFilter,
    models.UserAuthor: UserAuthorFilter,
    models.ObjectComponent: ObjectComponentFilter,
    models.StorageRoot: StorageRootFilter,
    models.StorageLocation: StorageLocationFilter,
    models.Namespace: NamespaceFilter,
    models.DataProduct: DataProductFilter,
    models.ExternalObject: ExternalObjectFilter,
    models.QualityControlled: QualityControlledFilter,
    models.Keyword: KeywordFilter,
    models.Licence: LicenceFilter,
    models.CodeRepoRelease: CodeRepoReleaseFilter,
    models.KeyValue: KeyValueFilter,
    CodeRun: CodeRunFilter,
    User: UserFilter,
    Group: GroupFilter,
}
