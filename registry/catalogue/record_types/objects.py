"""Objects, their components and file types, and where files live."""

from __future__ import annotations

from functools import partial

from registry.catalogue import curation, models, services
from registry.catalogue.record_types.digests import found_by_sha256
from registry.catalogue.record_types.sections import OBJECTS
from registry.core.field_references import path_of
from registry.core.record_types import RecordType
from registry.core.texts import shorten_text
from registry.core.traits import LinkedRecords, MergeRule, ReverseFilter, Suggestion

FILE_TYPE = RecordType(
    model=models.FileType,
    description="A file format: its name and the usual ending of file names.",
    summary="File formats.",
    section=OBJECTS,
    rank=150,
    columns=(models.FileType.name, models.FileType.extension),
    correct=partial(curation.correct_record, models.FileType),
    merge=MergeRule(),
)


OBJECT = RecordType(
    model=models.Object,
    description="""
A file, a folder or another thing that runs read and write.

Registering an object also registers its component `whole_object`. Its location, once
set, stays. A PUT with `path`,
`hash` and `storage_root` places an object that has no location there, and registers the
storage location where there is none.
""".strip(),
    summary="Files, folders and other things that runs read and write.",
    section=OBJECTS,
    rank=50,
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
    further_filters=(found_by_sha256("storage_location__hash"),),
    reverse_filters=(
        ReverseFilter(name="object", link=models.Object.file_type),
        ReverseFilter(name="object", link=models.Object.authors),
        ReverseFilter(name="location_for_object", link=models.Object.storage_location),
    ),
    search_texts=(models.Object.description,),
    register=services.register_objects,
    change=services.update_object,
    guard=services.require_same_location,
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
    rank=60,
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
    guard=curation.check_component,
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
    further_filters=(found_by_sha256("hash"),),
    correct=partial(
        curation.correct_record, models.StorageLocation, check=curation.check_location
    ),
    guard=curation.check_location,
)
