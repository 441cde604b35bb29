"""The documents in templates and in records of model runs: their shapes.

A template describes the resources of a dataset as a list. A record names the
dataset that was used for each template, and where in it the resources are.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Mapping
from typing import Any

from registry.core.documents import Shape, check_text, invalid
from registry.core.validators import MAX_INDEXED_BYTES, PATH_LENGTH

#: The largest number of resources of a template, and of annotations.
MAX_RESOURCES, MAX_ANNOTATIONS = 500, 500
#: The longest name of a resource or an annotation, in characters.
KEY_LENGTH = 255
#: So many characters of an annotation are in an index.
INDEXED_LENGTH = 255


class Usage(enum.StrEnum):
    """What a run uses a resource of a dataset as."""

    PARAMETER_FILE = "PARAMETER_FILE"
    CONFIG_FILE = "CONFIG_FILE"
    FORCING_DATA = "FORCING_DATA"
    GENERAL_DATA = "GENERAL_DATA"


_FLAGS = ("optional", "is_folder")
_TEXT = {"type": "string"}


def _resource_schema(name: str, most: int) -> dict[str, Any]:
    return {
        "type": "array",
        "maxItems": MAX_RESOURCES,
        "items": {
            "type": "object",
            "required": [name, "description", "usage_type"],
            "properties": {
                name: {**_TEXT, "minLength": 1, "maxLength": most},
                "description": {**_TEXT, "minLength": 1, "maxLength": PATH_LENGTH},
                "usage_type": {**_TEXT, "enum": [*Usage]},
                "optional": {"type": "boolean", "default": False},
                "is_folder": {"type": "boolean", "default": False},
                "additional_metadata": {
                    "type": "object",
                    "additionalProperties": {**_TEXT, "maxLength": PATH_LENGTH},
                },
            },
        },
    }


def _check_list(value: Any, of: str) -> list[Any]:
    if not isinstance(value, list):
        raise invalid("", f"Give a list of {of}.")
    if len(value) > MAX_RESOURCES:
        raise invalid("", f"Give at most {MAX_RESOURCES} {of}.")
    return value


def _checks_resources(name: str, most: int) -> Callable[[Any], None]:
    """Return the check of a list of resources, which differ by this name."""
    allowed = (name, "description", "usage_type", *_FLAGS, "additional_metadata")

    def check(value: Any) -> None:
        seen: set[str] = set()
        for at, item in enumerate(_check_list(value, "resources")):
            place = f"[{at}]"
            _check_keys(item, place, allowed)
            check_text(item.get(name), f"{place}.{name}", most=most)
            if item[name] in seen:
                raise invalid(f"{place}.{name}", f"{item[name]} is there already.")
            seen.add(item[name])
            _check_resource(item, place)

    return check


def _check_resource(item: Mapping[str, Any], place: str) -> None:
    check_text(item.get("description"), f"{place}.description", most=PATH_LENGTH)
    if item.get("usage_type") not in [*Usage]:
        raise invalid(f"{place}.usage_type", f"Choose from {', '.join(Usage)}.")
    for flag in _FLAGS:
        if not isinstance(item.get(flag) or False, bool):
            raise invalid(f"{place}.{flag}", "Give true or false.")
    metadata = item.get("additional_metadata")
    if metadata is not None:
        check_texts(metadata, f"{place}.additional_metadata", most=PATH_LENGTH)


def _check_keys(item: Any, place: str, allowed: Collection[str]) -> None:
    if not isinstance(item, dict):
        raise invalid(place, "Give an object.")
    unknown = [key for key in item if key not in allowed]
    if unknown:
        raise invalid(
            place, f"There is no {unknown[0][:100]} here: use {', '.join(allowed)}."
        )


def check_texts(value: Any, place: str, *, most: int) -> None:
    """Raise ``ValidationError`` unless this maps texts to texts."""
    if not isinstance(value, dict):
        raise invalid(place, "Give an object of texts.")
    for key, text in value.items():
        check_text(key, place, most=KEY_LENGTH)
        check_text(text, f"{place}.{key}", most=most, may_be_empty=True)


def _tidy_resources(value: Any) -> Any:
    """Return resources with the flags that were left out."""
    return [
        {
            **{key: one for key, one in item.items() if one is not None},
            **{flag: bool(item.get(flag)) for flag in _FLAGS},
        }
        for item in value
    ]


def _resource_lines(name: str) -> Callable[[Any], list[str]]:
    def lines(value: Any) -> list[str]:
        return [
            f"{item[name]} ({item['usage_type']}"
            f"{', optional' if item.get('optional') else ''}"
            f"{', a folder' if item.get('is_folder') else ''}): {item['description']}"
            for item in value
        ]

    return lines


def _resources(name: str, most: int, example: str) -> Shape:
    return Shape(
        check=_checks_resources(name, most),
        schema=_resource_schema(name, most),
        tidy=_tidy_resources,
        lines=_resource_lines(name),
        example=[
            {
                name: example,
                "description": "The configuration of the model",
                "usage_type": Usage.CONFIG_FILE,
                "optional": False,
            }
        ],
    )


#: Resources that are at the same path in each dataset of a template.
DEFINED = _resources("path", PATH_LENGTH, "config/model.toml")
#: Resources whose paths each run gives, by the key of the resource.
DEFERRED = _resources("key", KEY_LENGTH, "configuration_file")


def check_annotation_key(key: Any, place: str) -> None:
    """Raise ``ValidationError`` unless a text can be the name of an annotation."""
    check_text(key, place, most=KEY_LENGTH)
    if key != key.strip() or len(key.encode()) > MAX_INDEXED_BYTES:
        raise invalid(place, "A name neither begins nor ends with a blank.")


def _check_names(value: Any) -> None:
    names = _check_list(value, "names")
    for at, name in enumerate(names):
        check_annotation_key(name, f"[{at}]")
        if name in names[:at]:
            raise invalid(f"[{at}]", f"{name} is there already.")


#: Names of annotations that runs must have, or can have.
NAMES = Shape(
    check=_check_names,
    schema={
        "type": "array",
        "maxItems": MAX_ANNOTATIONS,
        "items": {**_TEXT, "minLength": 1, "maxLength": KEY_LENGTH},
    },
    lines=lambda value: [*value],
    read=lambda text: [line.strip() for line in text.splitlines() if line.strip()],
    example=["RCP", "species"],
)


def _check_annotations(value: Any) -> None:
    check_texts(value, "", most=PATH_LENGTH)


#: Annotations of a run: texts by their names.
ANNOTATIONS = Shape(
    check=_check_annotations,
    schema={
        "type": "object",
        "maxProperties": MAX_ANNOTATIONS,
        "additionalProperties": {
            "anyOf": [{**_TEXT, "maxLength": PATH_LENGTH}, {"type": "number"}]
        },
    },
    shown={"type": "object", "additionalProperties": _TEXT},
    lines=lambda value: [f"{key} = {text}" for key, text in value.items()],
    example={"RCP": "45", "species": "speciesA"},
)

_LINK = {
    "anyOf": [
        {"type": "integer", "format": "int64", "minimum": 1},
        {**_TEXT, "minLength": 1},
    ]
}
_PATHS = {"type": "object", "additionalProperties": {**_TEXT, "minLength": 1}}
_ADDRESS = {**_TEXT, "format": "uri"}


def _dataset_schema(link: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["dataset_template", "dataset"],
            "properties": {
                "dataset_template": dict(link),
                "dataset": dict(link),
                "resources": _PATHS,
                "components": {"type": "array", "items": _TEXT},
            },
        },
    }


def _show_datasets(value: Any, address: Callable[[str, int], str]) -> Any:
    return [
        {
            "dataset_template": address("dataset_template", one["dataset_template"]),
            "dataset": address("data_product", one["dataset"]),
            **{key: one[key] for key in ("resources", "components") if key in one},
        }
        for one in value
    ]


#: The datasets that a run read, or wrote, each for a template: by their ids.
DATASETS = Shape(
    # the service checks what people send; it has links, and this has ids
    check=lambda _: None,
    schema=_dataset_schema(_LINK),
    shown=_dataset_schema(_ADDRESS),
    show=_show_datasets,
    lines=lambda value: [
        f"data product {one['dataset']} for dataset template {one['dataset_template']}"
        for one in value
    ],
    example=[
        {
            "dataset_template": 7,
            "dataset": 12,
            "resources": {"configuration_file": "config/model.toml"},
        }
    ],
)
