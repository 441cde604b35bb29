"""The record types of the catalogue, for every surface to read."""

from __future__ import annotations

from functools import partial
from textwrap import fill

from registry.catalogue import curation, models, services
from registry.catalogue.expressions import INTERNAL_FORMAT
from registry.catalogue.keys import MEANINGFUL_KEYS
from registry.core.record_types import (
    Condition,
    Context,
    LinkedRecords,
    RecordType,
    Section,
    Suggestion,
    declare,
    path_of,
)
from registry.core.related import RelatedFlag
from registry.core.texts import shorten_text

PRODUCTS = Section("Data products", 10)
OBJECTS = Section("Objects and files", 20)
ANNOTATIONS = Section("Annotations of objects", 30)
QUALITY = Section("Quality", 40)
PEOPLE = Section("People", 60)

FILE_TYPE = RecordType(
    model=models.FileType,
    description="A file format: its name and the usual ending of file names.",
    summary="File formats.",
    section=OBJECTS,
    rank=150,
    columns=(models.FileType.name, models.FileType.extension),
    correct=partial(curation.correct_record, models.FileType),
)

ISSUE = RecordType(
    model=models.Issue,
    description="""
A quality issue with one or more components of objects.

`severity` 0 is a remark, larger is worse. Only its owner can change an issue.
""".strip(),
    summary="What is known to be wrong with data.",
    section=QUALITY,
    rank=70,
    columns=(
        models.Issue.description,
        models.Issue.severity,
        models.Issue.last_updated,
    ),
    search_texts=(models.Issue.description,),
    change=services.update_issue,
)

AUTHOR = RecordType(
    model=models.Author,
    description="""
A person or organisation that made data or code, with or without an account.

Give a `name`, an `identifier` (a URL such as an ORCID iD) or both. With an identifier
the `uuid` is derived from it, so that registries agree.
""".strip(),
    summary="People and organisations that made data or code.",
    section=PEOPLE,
    rank=90,
    columns=(models.Author.name, models.Author.identifier, models.Author.uuid),
    search_texts=(models.Author.name, models.Author.identifier),
    natural_key=models.Author.identifier,
    register=services.register_authors,
    correct=curation.correct_author,
)

OBJECT = RecordType(
    model=models.Object,
    description="""
A file, a folder or another thing that runs read and write.

Registering an object also registers its component `whole_object`. Only its owner can
change an object; its location, once set, stays. A PUT with `path`, `hash` and
`storage_root` places an object that has no location there, and registers the storage
location where there is none.
""".strip(),
    summary="Files, folders and other things that runs read and write.",
    section=OBJECTS,
    rank=40,
    columns=(
        models.Object.description,
        models.Object.file_type,
        models.Object.storage_location,
        models.Object.last_updated,
    ),
    linked=(
        LinkedRecords(
            field=models.Object.components,
            help_text="The object components that link to this record, the first 100.",
            all_help_text="Address of the list of all its components.",
        ),
        LinkedRecords(
            field=models.Object.data_products,
            help_text="The data products that link to this record, the first 100.",
            all_help_text="Address of the list of all data products that it is.",
        ),
        models.Object.code_repo_release,
        models.Object.quality_control,
        LinkedRecords(
            field=models.Object.licences,
            help_text="The licences that link to this record, the first 100.",
            all_help_text="Address of the list of all its licences.",
        ),
        LinkedRecords(
            field=models.Object.keywords,
            help_text="The keywords that link to this record, the first 100.",
            all_help_text="Address of the list of all its keywords.",
        ),
    ),
    search_texts=(models.Object.description,),
    register=services.register_objects,
    change=services.update_object,
)

USER_AUTHOR = RecordType(
    model=models.UserAuthor,
    description="Says that an account of this registry belongs to an author.",
    summary="Which account is which author.",
    section=PEOPLE,
    rank=100,
    columns=(models.UserAuthor.author, models.UserAuthor.user),
    correct=partial(
        curation.correct_record, models.UserAuthor, check=curation.check_user_author
    ),
)


def _suggest_component(component: models.ObjectComponent) -> str:
    about = component.object.description
    return f"{component}: {shorten_text(about)}" if about else str(component)


OBJECT_COMPONENT = RecordType(
    model=models.ObjectComponent,
    description="""
A named part of an object, such as a table in a file.

Code runs read and write components. Every object has one that stands for all of it,
named `whole_object`.
""".strip(),
    summary="Named parts of objects, such as the tables in a file.",
    section=OBJECTS,
    rank=50,
    columns=(
        models.ObjectComponent.name,
        models.ObjectComponent.object,
        models.ObjectComponent.whole_object,
        models.ObjectComponent.last_updated,
    ),
    linked=(
        LinkedRecords(
            field=models.ObjectComponent.issues,
            help_text="Quality issues with this component; of a record, the first 100.",
            all_help_text="Address of the list of all quality issues with it.",
        ),
    ),
    suggestion=Suggestion(
        texts=(
            path_of(models.ObjectComponent.name),
            path_of(models.ObjectComponent.object, models.Object.description),
        ),
        linked=models.ObjectComponent.object,
        label=_suggest_component,
    ),
    correct=partial(
        curation.correct_record, models.ObjectComponent, check=curation.check_component
    ),
)

STORAGE_ROOT = RecordType(
    model=models.StorageRoot,
    description="The root of a place where data is kept, to which storage paths are "
    "appended.",
    summary="Places where data is kept.",
    section=OBJECTS,
    rank=160,
    columns=(
        models.StorageRoot.root,
        models.StorageRoot.local,
        models.StorageRoot.last_updated,
    ),
    linked=(
        LinkedRecords(
            field=models.StorageRoot.locations,
            help_text="The newest storage locations below this root, 100 at most.",
            all_help_text="Address of the list of all storage locations below this "
            "root.",
            grows=True,
        ),
    ),
    natural_key=models.StorageRoot.root,
    correct=partial(curation.correct_record, models.StorageRoot),
)

STORAGE_LOCATION = RecordType(
    model=models.StorageLocation,
    description="""
Where one file lives: a path below a storage root, and the hash of its bytes.

Everybody can read the record of a location that is not `public`, but not its data.
""".strip(),
    summary="Where files live, with the hashes of their bytes.",
    section=OBJECTS,
    rank=170,
    columns=(
        models.StorageLocation.path,
        models.StorageLocation.hash,
        models.StorageLocation.public,
        models.StorageLocation.storage_root,
    ),
    correct=partial(
        curation.correct_record, models.StorageLocation, check=curation.check_location
    ),
)

NAMESPACE = RecordType(
    model=models.Namespace,
    description="A space of names, usually of a group or project, for its data "
    "products.",
    summary="Spaces of names, usually one for a group or project.",
    section=PRODUCTS,
    rank=110,
    columns=(
        models.Namespace.name,
        models.Namespace.full_name,
        models.Namespace.website,
    ),
    search_texts=(models.Namespace.name, models.Namespace.full_name),
    natural_key=models.Namespace.name,
    correct=partial(
        curation.correct_record, models.Namespace, check=curation.check_namespace
    ),
)

DATA_PRODUCT = RecordType(
    model=models.DataProduct,
    description="""
An object under a name and a version within a namespace.

Only its owner can change a data product. Fields that others rely on are locked.
""".strip(),
    summary="Data under a name and a version within a namespace.",
    section=PRODUCTS,
    rank=10,
    columns=(
        models.DataProduct.name,
        models.DataProduct.version,
        models.DataProduct.namespace,
        models.DataProduct.last_updated,
    ),
    linked=(models.DataProduct.external_object,),
    conditions=(
        Condition(
            name="internal_format",
            help_text="Whether the object has components other than the whole.",
            holds=INTERNAL_FORMAT,
            column=RelatedFlag(
                models.DataProduct, models.ObjectComponent, "object", "whole_object"
            ),
        ),
    ),
    hidden=(models.DataProduct.version_key,),
    search_texts=(models.DataProduct.name,),
    context=Context(
        link=models.DataProduct.namespace,
        describe=lambda product: f"in {product.namespace.name}",
    ),
    register=services.register_data_products,
    change=services.update_data_product,
)

EXTERNAL_OBJECT = RecordType(
    model=models.ExternalObject,
    description="""
Says that a data product came from outside, and under which identifier.

Give an `identifier` (a URL such as a DOI), or both `alternate_identifier` and
`alternate_identifier_type`. The version is that of the data product.
""".strip(),
    summary="Data that came from elsewhere, and the identifiers it has there.",
    section=PRODUCTS,
    rank=30,
    columns=(
        models.ExternalObject.title,
        models.ExternalObject.version,
        models.ExternalObject.release_date,
        models.ExternalObject.identifier,
    ),
    search_texts=(
        models.ExternalObject.title,
        models.ExternalObject.identifier,
        models.ExternalObject.alternate_identifier,
    ),
    register=services.register_external_objects,
    correct=partial(
        curation.correct_record,
        models.ExternalObject,
        check=curation.check_external_object,
    ),
)

QUALITY_CONTROLLED = RecordType(
    model=models.QualityControlled,
    description="Marks an object as quality controlled, with the document that says "
    "how.",
    summary="Objects whose quality was controlled, and the documents that say how.",
    section=QUALITY,
    rank=80,
    columns=(
        models.QualityControlled.object,
        models.QualityControlled.document,
        models.QualityControlled.last_updated,
    ),
    correct=partial(
        curation.correct_record,
        models.QualityControlled,
        check=curation.check_annotation,
    ),
)

KEYWORD = RecordType(
    model=models.Keyword,
    description="A keyword or phrase that tells what an object is about.",
    summary="What objects are about.",
    section=ANNOTATIONS,
    rank=120,
    columns=(
        models.Keyword.keyphrase,
        models.Keyword.object,
        models.Keyword.identifier,
    ),
    search_texts=(models.Keyword.keyphrase,),
    context=Context(
        link=models.Keyword.object, describe=lambda keyword: f"of {keyword.object}"
    ),
    correct=partial(
        curation.correct_record, models.Keyword, check=curation.check_annotation
    ),
)

LICENCE = RecordType(
    model=models.Licence,
    description="A licence under which an object may be used.",
    summary="The licences under which objects may be used.",
    section=ANNOTATIONS,
    rank=130,
    columns=(
        models.Licence.licence_info,
        models.Licence.identifier,
        models.Licence.object,
    ),
    correct=partial(
        curation.correct_record, models.Licence, check=curation.check_annotation
    ),
)

CODE_REPO_RELEASE = RecordType(
    model=models.CodeRepoRelease,
    description="Marks an object as a released version of a code repository.",
    summary="Released versions of software.",
    section=ANNOTATIONS,
    rank=60,
    columns=(
        models.CodeRepoRelease.name,
        models.CodeRepoRelease.version,
        models.CodeRepoRelease.website,
        models.CodeRepoRelease.object,
    ),
    search_texts=(models.CodeRepoRelease.name,),
    correct=partial(
        curation.correct_record, models.CodeRepoRelease, check=curation.check_annotation
    ),
)

KEY_VALUE = RecordType(
    model=models.KeyValue,
    description="\n\n".join(
        (
            "A further fact about an object, as a key and its value.",
            *(fill(key.meaning, 88) for key in MEANINGFUL_KEYS.values()),
        )
    ),
    summary="Further facts about objects.",
    section=ANNOTATIONS,
    rank=140,
    columns=(models.KeyValue.key, models.KeyValue.value, models.KeyValue.object),
    correct=partial(
        curation.correct_record, models.KeyValue, check=curation.check_annotation
    ),
)

declare(
    *(FILE_TYPE, ISSUE, AUTHOR, OBJECT, USER_AUTHOR, OBJECT_COMPONENT),
    *(STORAGE_ROOT, STORAGE_LOCATION, NAMESPACE, DATA_PRODUCT, EXTERNAL_OBJECT),
    *(QUALITY_CONTROLLED, KEYWORD, LICENCE, CODE_REPO_RELEASE, KEY_VALUE),
)
