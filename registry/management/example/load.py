"""Register the example: run its code, and register its inputs and outputs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from registry.catalogue.authors import register_authors
from registry.catalogue.models import (
    Author,
    CodeRepoRelease,
    FileType,
    Issue,
    KeyValue,
    Keyword,
    Licence,
    Namespace,
    Object,
    ObjectComponent,
    QualityControlled,
    StorageLocation,
    StorageRoot,
)
from registry.catalogue.services import (
    find_or_register_location,
    find_or_register_root,
    register_data_products,
    register_external_objects,
    register_objects,
)
from registry.core.records import Values, create_records
from registry.identity.models import User
from registry.management.example.content import (
    CHECKS,
    CODE,
    CONFIG,
    COUNTS,
    FILES,
    ISSUE,
    ISSUE_WITH,
    NAMESPACE,
    PAPER,
    PROGRAMMERS,
    RATES,
    RELEASE,
    RUNS,
    VERSION,
    File,
    Run,
)
from registry.management.example.modelling import register_fit, register_template
from registry.management.example.runs import Times, perform_runs
from registry.runs.services import register_code_runs
from registry.storage.services import store_file

if TYPE_CHECKING:
    #: Objects by the paths of their files.
    Objects = Mapping[str, Object]
    #: Components by the paths of their files and their own names.
    Components = Mapping[tuple[str, str], ObjectComponent]

#: Key of a file's path relative to the working folder of a run.
WORKING_PATH = "working_path"


def load_example(*, by: User) -> bool:
    """Register the example; return whether it was not registered before.

    Everything is registered or nothing. A second call changes nothing. Raises
    `CalledProcessError` if a run fails.
    """
    if is_loaded():
        return False
    with TemporaryDirectory() as name:
        folder = Path(name)
        # before the transaction, so that nobody waits for the runs
        times = perform_runs(folder)
        with transaction.atomic():
            # of two calls at once the second waits here and finds the first's records
            User.objects.select_for_update().get(pk=by.pk)
            if is_loaded():
                return False
            _register_example(folder, times, by=by)
    return True


def is_loaded() -> bool:
    """Return whether this version of the example is registered."""
    return CodeRepoRelease.objects.filter(name=RELEASE, version=VERSION).exists()


def _register_example(folder: Path, times: Mapping[str, Times], *, by: User) -> None:
    objects = _register_files(folder, by=by)
    components = _register_components(objects, by=by)
    _register_products(objects, by=by)
    release = _register_labels(objects, by=by)
    _register_quality(objects, components, by=by)
    fit, *others = RUNS
    register_fit(
        fit,
        times[fit.script],
        folder,
        objects,
        template=register_template(release, by=by),
        modeller=_find_or_register_author(PROGRAMMERS, by=by),
        by=by,
    )
    register_code_runs(
        [_run_values(run, times[run.script], objects, components) for run in others],
        by=by,
    )


def _register_files(folder: Path, *, by: User) -> Objects:
    """Store each file, and register it as an object."""
    root = find_or_register_root(f"{settings.REGISTRY_URL}/data/", by=by)
    names = {file.author for file in FILES}
    authors = {name: _find_or_register_author(name, by=by) for name in names}
    rows = [
        {
            "storage_location": _store_location(folder / file.path, root, by=by),
            "description": file.description,
            "file_type": _find_or_create_file_type(file, by=by),
            "authors": [authors[file.author]],
        }
        for file in FILES
    ]
    objects = register_objects(rows, by=by)
    return {file.path: item for file, item in zip(FILES, objects, strict=True)}


def _find_or_register_author(name: str, *, by: User) -> Author:
    known = Author.objects.filter(name=name, identifier=None).order_by("pk").first()
    return known or register_authors([{"name": name}], by=by)[0]


def _find_or_create_file_type(file: File, *, by: User) -> FileType:
    name, extension = file.file_type
    values = {"name": name, "extension": extension}
    known = FileType.objects.filter(**values).first()
    return known or create_records(FileType, [values], by=by)[0]


def _find_or_create_namespace(*, by: User) -> Namespace:
    name, full_name = NAMESPACE
    known = Namespace.objects.filter(name=name).first()
    values = {"name": name, "full_name": full_name}
    return known or create_records(Namespace, [values], by=by)[0]


def _store_location(path: Path, root: StorageRoot, *, by: User) -> StorageLocation:
    """Store a file, and register its storage location."""
    with path.open("rb") as source:
        file = store_file(source, by=by)
    place = {"path": file.sha1, "hash": file.sha1, "storage_root": root}
    return find_or_register_location(place, by=by)


def _register_components(objects: Objects, *, by: User) -> Components:
    """Register the components of files; return all, those of whole objects included."""
    create_records(
        ObjectComponent,
        [
            {"object": objects[file.path], "name": name, "description": description}
            for file in FILES
            for name, description in file.components.items()
        ],
        by=by,
    )
    paths = {item.pk: path for path, item in objects.items()}
    components = ObjectComponent.objects.filter(object__in=paths)
    return {(paths[item.object_id], item.name): item for item in components}


def _register_products(objects: Objects, *, by: User) -> None:
    """Register the data products, and the paper as an external object."""
    namespace = _find_or_create_namespace(by=by)
    named = [file for file in FILES if file.product is not None]
    products = register_data_products(
        [
            {
                "namespace": namespace,
                "name": file.product,
                "version": VERSION,
                "object": objects[file.path],
            }
            for file in named
        ],
        by=by,
    )
    by_path = {file.path: item for file, item in zip(named, products, strict=True)}
    register_external_objects([{**PAPER, "data_product": by_path[COUNTS]}], by=by)


def _register_labels(objects: Objects, *, by: User) -> CodeRepoRelease:
    """Register keywords, licences and working paths; return the release of the code."""
    create_records(
        Keyword,
        [
            {
                "object": objects[file.path],
                "keyphrase": phrase,
                "identifier": identifier,
            }
            for file in FILES
            for phrase, identifier in file.keywords
        ],
        by=by,
    )
    create_records(
        Licence,
        [
            {"object": objects[file.path], "licence_info": name, "identifier": url}
            for file in FILES
            for name, url in [file.licence]
        ],
        by=by,
    )
    create_records(
        KeyValue,
        [
            {"object": item, "key": WORKING_PATH, "value": path}
            for path, item in objects.items()
        ],
        by=by,
    )
    release = {"object": objects[CODE], "name": RELEASE, "version": VERSION}
    return create_records(CodeRepoRelease, [release], by=by)[0]


def _register_quality(objects: Objects, components: Components, *, by: User) -> None:
    """Register the known issue, and the quality control of the rates."""
    issue = {**ISSUE, "component_issues": [components[ISSUE_WITH]]}
    create_records(Issue, [issue], by=by)
    checked = {"object": objects[RATES], "document": objects[CHECKS]}
    create_records(QualityControlled, [checked], by=by)


def _run_values(
    run: Run, times: Times, objects: Objects, components: Components
) -> Values:
    return {
        "run_date": times.start,
        "end_date": times.end,
        "description": run.description,
        "code_repo": objects[CODE],
        "model_config": objects[CONFIG] if run.configured else None,
        "submission_script": objects[run.script],
        "inputs": [components[part] for part in run.inputs],
        "outputs": [components[part] for part in run.outputs],
    }
