"""The models of the catalogue, in one file for each group."""

from registry.catalogue.models.labels import CodeRepoRelease, KeyValue, Keyword, Licence
from registry.catalogue.models.modelling import Organisation, ResearchModel, Study
from registry.catalogue.models.objects import (
    WHOLE_OBJECT,
    FileType,
    Object,
    ObjectComponent,
)
from registry.catalogue.models.people import Author, AuthorContact, UserAuthor
from registry.catalogue.models.places import StorageLocation, StorageRoot
from registry.catalogue.models.products import DataProduct, ExternalObject, Namespace
from registry.catalogue.models.quality import Issue, QualityControlled

__all__ = [
    "WHOLE_OBJECT",
    "Author",
    "AuthorContact",
    "CodeRepoRelease",
    "DataProduct",
    "ExternalObject",
    "FileType",
    "Issue",
    "KeyValue",
    "Keyword",
    "Licence",
    "Namespace",
    "Object",
    "ObjectComponent",
    "Organisation",
    "QualityControlled",
    "ResearchModel",
    "StorageLocation",
    "StorageRoot",
    "Study",
    "UserAuthor",
]
