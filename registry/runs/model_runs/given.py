"""Read a record of a model run as people and programs send it.

Fields have the names of the model. Links can also be called as the first registries of
such records call them (``workflow_template_id``), and the people can stand in
``associations``. Every error is kept with its place in what was sent.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError

from registry.core.documents import check_text
from registry.core.misspellings import message_of, misspelt_names
from registry.core.validators import LONG_LENGTH, PATH_LENGTH, SHORT_LENGTH
from registry.runs.model_runs.moments import read_moment
from registry.runs.models.shapes import (
    MAX_ANNOTATIONS,
    check_annotation_key,
)

#: The links of a record, and which of them it needs.
LINKS = {
    "workflow_template": True,
    "study": False,
    "modeller": True,
    "requesting_organisation": False,
    "model_config": False,
    "submission_script": False,
}
#: The links that can stand in ``associations``.
_ASSOCIATED = ("modeller", "requesting_organisation")
DIRECTIONS = ("inputs", "outputs")
_TEXTS = {
    "model_version": (False, SHORT_LENGTH),
    "display_name": (False, SHORT_LENGTH),
    "description": (True, LONG_LENGTH),
}
_TIMES = ("start_time", "end_time")
#: The fields of a record, without other names of theirs.
FIELDS = (*LINKS, *_TEXTS, *_TIMES, *DIRECTIONS, "annotations", "uuid")
_OTHER_NAMES = (*(f"{name}_id" for name in LINKS), "associations")
#: What responses have, and programs send back.
_IGNORED = (
    *("url", "id", "last_updated", "updated_by", "withdrawn", "code_run", "reason"),
    *("prov_report", "ro_crate", "fingerprint", "record_status"),
    "prov_serialisation",
)
_DATASET_FIELDS = ("dataset_template", "dataset", "resources", "components")
_DATASET_NAMES = (
    *_DATASET_FIELDS,
    *("dataset_template_id", "dataset_id", "dataset_type"),
)
#: So many names that are no fields are listed.
_MOST_WARNINGS = 20
_REQUIRED = "This field is required."
_NULL = "This field may not be null."
#: The one type of dataset that there is.
DATASET_TYPE = "DATA_STORE"


@dataclass(frozen=True)
class GivenLink:
    """A link as it was written, and its place."""

    place: str
    value: Any


@dataclass(frozen=True)
class GivenDataset:
    """A dataset that a run read or wrote, for a template; None for what is wrong."""

    place: str
    template: GivenLink | None
    dataset: GivenLink | None
    resources: Mapping[str, str]
    #: The names of the components that were used; without any, all of the dataset.
    components: Sequence[str] = ()

    @property
    def links(self) -> Iterator[GivenLink]:
        """The links that can be looked up."""
        yield from (one for one in (self.template, self.dataset) if one is not None)


@dataclass
class Given:
    """A record as it was sent, with the errors of what cannot be read, by place."""

    links: dict[str, GivenLink] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    datasets: dict[str, list[GivenDataset]] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def add_error(self, place: str, message: str) -> None:
        """Add an error at a place."""
        self.errors.setdefault(place, []).append(message)


def read_record(body: Any) -> Given:
    """Read one record; never raises, for all errors are named together."""
    given = Given()
    if not isinstance(body, Mapping):
        given.add_error("detail", "Give a record, as a JSON object.")
        return given
    _read_links(given, body)
    _read_texts(given, body)
    _read_times(given, body)
    for direction in DIRECTIONS:
        given.datasets[direction] = _read_datasets(given, body, direction)
    _read_annotations(given, body)
    _read_uuid(given, body)
    _add_misspelt(given, "", body, FIELDS, (*_OTHER_NAMES, *_IGNORED))
    return given


def _read_links(given: Given, body: Mapping[str, Any]) -> None:
    associations = body.get("associations")
    if associations is not None and not isinstance(associations, Mapping):
        given.add_error("associations", "Give an object with the modeller.")
        associations = None
    if associations is not None:
        others = tuple(f"{name}_id" for name in _ASSOCIATED)
        _add_misspelt(given, "associations.", associations, _ASSOCIATED, others)
    for name, is_required in LINKS.items():
        inside = associations if name in _ASSOCIATED else None
        found = [
            *_places_of(name, body, ""),
            *_places_of(name, inside, "associations."),
        ]
        link = _one_of(given, name, found, is_required=is_required)
        if link is not None:
            given.links[name] = link


def _places_of(
    name: str, body: Mapping[str, Any] | None, before: str
) -> Iterator[GivenLink]:
    """Yield where a link is given, under either of its names."""
    for called in (name, f"{name}_id"):
        if body is not None and called in body:
            value = body[called]
            yield GivenLink(f"{before}{called}", getattr(value, "pk", value))


def _one_of(
    given: Given, name: str, found: list[GivenLink], *, is_required: bool
) -> GivenLink | None:
    """Return the one link of this name that is given, if any is."""
    written = [one for one in found if one.value not in (None, "")]
    if not written:
        place = found[0].place if found else name
        if is_required:
            given.add_error(place, _NULL if found else _REQUIRED)
        return None
    for other in written[1:]:
        given.add_error(other.place, f"This is in {written[0].place} already.")
    return written[0]


def _read_texts(given: Given, body: Mapping[str, Any]) -> None:
    for name, (is_required, most) in _TEXTS.items():
        value = body.get(name)
        if value is None or (value == "" and not is_required):
            given.values[name] = None
            if is_required:
                given.add_error(name, _NULL if name in body else _REQUIRED)
            continue
        given.values[name] = _text(given, name, value, most)


def _text(given: Given, place: str, value: Any, most: int) -> str | None:
    """Return a text; a number, as scripts send it, is one too."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    try:
        check_text(value, "", most=most)
    except ValidationError as error:
        given.add_error(place, error.messages[0])
        return None
    return str(value)


def _read_times(given: Given, body: Mapping[str, Any]) -> None:
    for name in _TIMES:
        given.values[name] = _moment(given, name, body)
    start, end = (given.values[name] for name in _TIMES)
    if start is not None and end is not None and end < start:
        given.add_error("end_time", "A run cannot end before its start_time.")


def _moment(given: Given, name: str, body: Mapping[str, Any]) -> datetime | None:
    if body.get(name) is None:
        given.add_error(name, _NULL if name in body else _REQUIRED)
        return None
    try:
        return read_moment(body[name])
    except ValidationError as error:
        given.add_error(name, error.messages[0])
        return None


def _read_datasets(
    given: Given, body: Mapping[str, Any], direction: str
) -> list[GivenDataset]:
    items = body.get(direction)
    if items is None:
        given.add_error(direction, _NULL if direction in body else _REQUIRED)
        return []
    if not isinstance(items, list):
        given.add_error(direction, "Give a list of datasets.")
        return []
    return [
        _read_dataset(given, f"{direction}[{at}]", item)
        for at, item in enumerate(items)
    ]


def _read_dataset(given: Given, place: str, item: Any) -> GivenDataset:
    if not isinstance(item, Mapping):
        message = "Give an object with a dataset_template and a dataset."
        given.add_error(place, message)
        return GivenDataset(place, None, None, {})
    if item.get("dataset_type") not in (None, DATASET_TYPE):
        given.add_error(
            f"{place}.dataset_type", f"Use {DATASET_TYPE}, or leave it out."
        )
    _add_misspelt(given, f"{place}.", item, _DATASET_FIELDS, _DATASET_NAMES)
    template, dataset = (
        _one_of(
            given,
            f"{place}.{name}",
            list(_places_of(name, item, f"{place}.")),
            is_required=True,
        )
        for name in ("dataset_template", "dataset")
    )
    resources = _read_resources(given, place, item)
    components = _read_components(given, f"{place}.components", item)
    return GivenDataset(place, template, dataset, resources, components)


def _read_components(given: Given, place: str, item: Mapping[str, Any]) -> list[str]:
    names = item.get("components")
    if names is None:
        return []
    if not isinstance(names, list):
        given.add_error(place, "Give a list of the names of components.")
        return []
    texts = [
        _text(given, f"{place}[{at}]", name, SHORT_LENGTH)
        for at, name in enumerate(names)
    ]
    return list(dict.fromkeys(text for text in texts if text is not None))


def _read_resources(
    given: Given, place: str, item: Mapping[str, Any]
) -> dict[str, str]:
    resources = item.get("resources")
    if resources is None:
        return {}
    if not isinstance(resources, Mapping):
        given.add_error(
            f"{place}.resources", "Give an object with paths by their keys."
        )
        return {}
    found = {}
    for key, path in resources.items():
        text = _text(given, f"{place}.resources.{key[:100]}", path, PATH_LENGTH)
        found[key] = text or ""
    return found


def _read_annotations(given: Given, body: Mapping[str, Any]) -> None:
    annotations = body.get("annotations")
    if annotations is None:
        return
    if not isinstance(annotations, Mapping):
        given.add_error("annotations", "Give an object with texts by their names.")
        return
    if len(annotations) > MAX_ANNOTATIONS:
        given.add_error("annotations", f"Give at most {MAX_ANNOTATIONS} annotations.")
        return
    for key, value in annotations.items():
        _read_annotation(given, key, value)


def _read_annotation(given: Given, key: str, value: Any) -> None:
    place = f"annotations.{key[:100]}"
    try:
        check_annotation_key(key, "")
    except ValidationError as error:
        given.add_error(place, f"This cannot be a name. {error.messages[0]}")
        return
    text = _text(given, place, value, PATH_LENGTH)
    # a wrong text has its error, and is not missing as well
    given.annotations[key] = text or ""


def _read_uuid(given: Given, body: Mapping[str, Any]) -> None:
    value = body.get("uuid")
    if value is None:
        if "uuid" in body:
            given.add_error("uuid", _NULL)
        return
    try:
        given.values["uuid"] = uuid.UUID(str(value))
    except ValueError:
        given.add_error("uuid", "Must be a valid UUID.")


def misspelt_in(values: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the errors of names in a part of a record that are near a field's."""
    given = Given()
    _add_misspelt(given, "", values, FIELDS, (*_OTHER_NAMES, *_IGNORED))
    return given.errors


def _add_misspelt(
    given: Given,
    before: str,
    body: Mapping[str, Any],
    fields: tuple[str, ...],
    others: tuple[str, ...],
) -> None:
    """Add the errors of names that are near that of a field."""
    missing = [name for name in fields if f"{name}_id" not in body]
    known = (*fields, *others)
    misspelt = misspelt_names(list(body), known, missing)
    for called, name in misspelt.items():
        given.add_error(f"{before}{called}", message_of(name))
    unknown = [name for name in body if name not in known and name not in misspelt]
    room = max(0, _MOST_WARNINGS - len(given.warnings))
    for name in unknown[:room]:
        given.warnings.append(
            f"{before}{name[:100]}: there is no such field; left out."
        )
