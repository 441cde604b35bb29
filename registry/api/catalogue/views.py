"""The resources of the catalogue.

Their docstrings are what OPTIONS and the API documentation say of each.
"""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Any

from rest_framework.response import Response

from registry.api.base.viewsets import ChangeableViewSet, RecordViewSet
from registry.api.catalogue import serializers
from registry.api.catalogue.schema import ObjectSchema
from registry.catalogue import models, services
from registry.catalogue.keys import MEANINGFUL_KEYS
from registry.http.conditional import known_revisions
from registry.http.filters import records as filters

if TYPE_CHECKING:
    from rest_framework.request import Request


class FileTypeViewSet(RecordViewSet):
    """A file format: its name and the usual ending of file names."""

    model = models.FileType
    serializer_class = serializers.FileTypeSerializer
    filterset_class = filters.FileTypeFilter


class IssueViewSet(ChangeableViewSet):
    """A quality issue with one or more components of objects.

    `severity` 0 is a remark, larger is worse. Who raised an issue may change it.
    """

    model = models.Issue
    serializer_class = serializers.IssueSerializer
    filterset_class = filters.IssueFilter
    change = staticmethod(services.update_issue)


class AuthorViewSet(RecordViewSet):
    """A person or organisation that made data or code; need not have an account.

    Give a `name`, an `identifier` (a URL such as an ORCID iD) or both. With an
    identifier the `uuid` is derived from it, so that registries agree.
    """

    model = models.Author
    serializer_class = serializers.AuthorSerializer
    filterset_class = filters.AuthorFilter
    register = staticmethod(services.register_authors)


class ObjectViewSet(ChangeableViewSet):
    """A file, a folder or another thing that runs read and write.

    Registering an object also registers its component `whole_object`. Who registered
    an object may change it; its location, once set, stays. A PUT with `path`, `hash`
    and `storage_root` puts an object that has no location there, registering the
    storage location where there is none.
    """

    model = models.Object
    schema = ObjectSchema()
    serializer_class = serializers.ObjectSerializer
    filterset_class = filters.ObjectFilter
    register = staticmethod(services.register_objects)
    change = staticmethod(services.update_object)

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Replace the values of an object, or put it where it lives."""
        pk = self.existing_pk()
        if not {"path", "hash", "storage_root"} <= set(request.data):
            return super().update(request, *args, **kwargs)
        context = self.get_serializer_context()
        place = serializers.PlaceSerializer(data=request.data, context=context)
        rest = self.get_serializer(data=request.data, partial=True)
        _, is_new = services.place_object(
            pk,
            self._checked(place),
            self._checked(rest),
            by=self.user,
            unless_changed=known_revisions(request),
        )
        return self.record_response(pk, status=201 if is_new else 200)


class UserAuthorViewSet(RecordViewSet):
    """Says that an account of this registry belongs to an author."""

    model = models.UserAuthor
    serializer_class = serializers.UserAuthorSerializer
    filterset_class = filters.UserAuthorFilter


class ObjectComponentViewSet(RecordViewSet):
    """A named part of an object, such as a table in a file.

    Code runs read and write components. Every object has one that stands for all of
    it, named `whole_object`.
    """

    model = models.ObjectComponent
    serializer_class = serializers.ObjectComponentSerializer
    filterset_class = filters.ObjectComponentFilter


class StorageRootViewSet(RecordViewSet):
    """The root of a place where data is kept, to which storage paths are appended."""

    model = models.StorageRoot
    serializer_class = serializers.StorageRootSerializer
    filterset_class = filters.StorageRootFilter


class StorageLocationViewSet(RecordViewSet):
    """Where one file lives: a path below a storage root, and the hash of its bytes.

    A location that is not `public` shows its record, but not its data.
    """

    model = models.StorageLocation
    serializer_class = serializers.StorageLocationSerializer
    filterset_class = filters.StorageLocationFilter


class NamespaceViewSet(RecordViewSet):
    """A space of names, usually of a group or project, for its data products."""

    model = models.Namespace
    serializer_class = serializers.NamespaceSerializer
    filterset_class = filters.NamespaceFilter


class DataProductViewSet(ChangeableViewSet):
    """An object under a name and a version within a namespace.

    Who registered a data product may change it, except what others cite of it.
    """

    model = models.DataProduct
    serializer_class = serializers.DataProductSerializer
    filterset_class = filters.DataProductFilter
    register = staticmethod(services.register_data_products)
    change = staticmethod(services.update_data_product)


class ExternalObjectViewSet(RecordViewSet):
    """Says that a data product came from outside, and under which identifier.

    Give an `identifier` (a URL such as a DOI), or both `alternate_identifier` and
    `alternate_identifier_type`. The version is that of the data product.
    """

    model = models.ExternalObject
    serializer_class = serializers.ExternalObjectSerializer
    filterset_class = filters.ExternalObjectFilter
    register = staticmethod(services.register_external_objects)


class QualityControlledViewSet(RecordViewSet):
    """Marks an object as quality controlled, with the document that says how."""

    model = models.QualityControlled
    serializer_class = serializers.QualityControlledSerializer
    filterset_class = filters.QualityControlledFilter


class KeywordViewSet(RecordViewSet):
    """A keyword or phrase that tells what an object is about."""

    model = models.Keyword
    serializer_class = serializers.KeywordSerializer
    filterset_class = filters.KeywordFilter


class LicenceViewSet(RecordViewSet):
    """A licence under which an object may be used."""

    model = models.Licence
    serializer_class = serializers.LicenceSerializer
    filterset_class = filters.LicenceFilter


class CodeRepoReleaseViewSet(RecordViewSet):
    """Marks an object as a released version of a code repository."""

    model = models.CodeRepoRelease
    serializer_class = serializers.CodeRepoReleaseSerializer
    filterset_class = filters.CodeRepoReleaseFilter


class KeyValueViewSet(RecordViewSet):  # noqa: D101 (it has one, with the declared keys)
    __doc__ = "\n\n".join(
        [
            "A further fact about an object, as a key and its value.",
            *(fill(key.meaning, 80) for key in MEANINGFUL_KEYS.values()),
        ]
    )

    model = models.KeyValue
    serializer_class = serializers.KeyValueSerializer
    filterset_class = filters.KeyValueFilter
