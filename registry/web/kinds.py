"""How each record type is shown to people: its columns, and what it is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from registry.catalogue import models
from registry.runs.models import CodeRun

if TYPE_CHECKING:
    from registry.core.models import Record


@dataclass(frozen=True)
class Kind:
    """One record type.

    ``columns`` are the fields of a list, the first of them leading to the record;
    ``select`` the links whose targets a list names. ``template`` draws the record.
    """

    model: type[Record]
    columns: tuple[str, ...]
    about: str
    select: tuple[str, ...] = ()
    template: str = "web/record.html"

    @property
    def name(self) -> str:
        """The record type's name in addresses."""
        return self.model.kind

    @property
    def title(self) -> str:
        """What one record is called."""
        return str(self.model._meta.verbose_name)

    @property
    def titles(self) -> str:
        """What several records are called."""
        return str(self.model._meta.verbose_name_plural)


_KINDS = (
    Kind(
        models.DataProduct,
        ("name", "version", "namespace", "last_updated"),
        "Data under a name and a version within a namespace.",
        ("namespace",),
        "web/data_product.html",
    ),
    Kind(
        CodeRun,
        ("description", "run_date", "code_repo", "last_updated"),
        "Runs of code: what each read, what it wrote, when and how.",
        ("code_repo",),
        "web/code_run.html",
    ),
    Kind(
        models.ExternalObject,
        ("title", "version", "release_date", "identifier"),
        "Data that came from elsewhere, and the identifiers it has there.",
        template="web/external_object.html",
    ),
    Kind(
        models.Object,
        ("description", "file_type", "storage_location", "last_updated"),
        "Files, folders and other things that runs read and write.",
        ("file_type", "storage_location"),
        "web/object.html",
    ),
    Kind(
        models.ObjectComponent,
        ("name", "object", "whole_object", "last_updated"),
        "Named parts of objects, such as the tables in a file.",
        ("object",),
        "web/object_component.html",
    ),
    Kind(
        models.CodeRepoRelease,
        ("name", "version", "website", "object"),
        "Released versions of software.",
        ("object",),
    ),
    Kind(
        models.Issue,
        ("description", "severity", "last_updated"),
        "What is known to be wrong with data.",
    ),
    Kind(
        models.QualityControlled,
        ("object", "document", "last_updated"),
        "Objects whose quality was controlled, and the documents that say how.",
        ("object", "document"),
    ),
    Kind(
        models.Author,
        ("name", "identifier", "uuid"),
        "People and organisations that made data or code.",
    ),
    Kind(
        models.UserAuthor,
        ("author", "user"),
        "Which account is which author.",
        ("author", "user"),
    ),
    Kind(
        models.Namespace,
        ("name", "full_name", "website"),
        "Spaces of names, usually one for a group or project.",
    ),
    Kind(
        models.Keyword,
        ("keyphrase", "object", "identifier"),
        "What objects are about.",
        ("object",),
    ),
    Kind(
        models.Licence,
        ("licence_info", "identifier", "object"),
        "The licences under which objects may be used.",
        ("object",),
    ),
    Kind(
        models.KeyValue,
        ("key", "value", "object"),
        "Further facts about objects.",
        ("object",),
    ),
    Kind(models.FileType, ("name", "extension"), "File formats."),
    Kind(
        models.StorageRoot,
        ("root", "local", "last_updated"),
        "Places where data is kept.",
    ),
    Kind(
        models.StorageLocation,
        ("path", "hash", "public", "storage_root"),
        "Where files live, with the hashes of their bytes.",
        ("storage_root",),
    ),
)

#: Every record type that has pages, by its name in addresses.
KINDS: dict[str, Kind] = {kind.name: kind for kind in _KINDS}
