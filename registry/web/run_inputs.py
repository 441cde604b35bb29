"""The inputs of the form of a model run: of its fields, its datasets, its annotations.

Names of inputs have ids and numbers only, for the keys of resources and the names of
annotations can have any characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import models

from registry.catalogue.models import DataProduct
from registry.core.links import is_id, kind_of
from registry.runs.models import ModelRun

if TYPE_CHECKING:
    from registry.runs.model_runs.agreements import Resource, Slot

#: Texts by the names of inputs, or by the last parts of these names.
Typed = Mapping[str, str]

#: So many characters of a key are in the place of an error.
KEY_IN_PLACE = 100
_MOMENT = re.compile(r"[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?")


@dataclass(kw_only=True)
class Input:
    """One input: ``about`` says what it is of, ``key`` is its name in the JSON.

    ``kind`` is the record type that it suggests. ``need`` is shown with the label:
    whether the input is required.
    """

    name: str
    label: str
    value: str = ""
    about: str = ""
    key: str = ""
    help_text: str = ""
    need: str = ""
    kind: str = ""
    type: str = "text"
    options: str = ""
    is_new: bool = False
    errors: list[str] = field(default_factory=list)

    @property
    def is_long(self) -> bool:
        """Whether the text has several lines, or can have."""
        return self.type == "textarea" or "\n" in self.value

    @property
    def is_blank(self) -> bool:
        """Whether nothing is typed."""
        return not self.value.strip()

    @property
    def content(self) -> Any:
        """What the JSON has: ids as numbers, times with their zone."""
        text = self.value.strip()
        if self.kind:
            return int(text) if is_id(text) else text
        if self.type == "datetime-local" and _MOMENT.fullmatch(text):
            return f"{text}Z"
        return self.value


@dataclass
class DatasetRow:
    """The inputs of one dataset for a dataset template."""

    number: str
    template: int
    dataset: Input
    resources: list[Input]
    components: Input

    @property
    def inputs(self) -> list[Input]:
        """All inputs of the dataset."""
        return [self.dataset, *self.resources, self.components]

    @property
    def is_blank(self) -> bool:
        """Whether nothing is typed."""
        return all(one.is_blank for one in self.inputs)

    @property
    def caption(self) -> str:
        """What the row is called, from 1."""
        return str(int(self.number) + 1) if self.number.isdigit() else ""

    def document(self) -> dict[str, Any]:
        """Return the dataset in the JSON, without what is blank."""
        lines = (line.strip() for line in self.components.value.split("\n"))
        paths = {one.key: one.value for one in self.resources if not one.is_blank}
        document = {
            "dataset_template": self.template,
            "dataset": self.dataset.content,
            "resources": paths,
            "components": [line for line in lines if line],
        }
        return {name: one for name, one in document.items() if one not in ("", {}, [])}

    def places(self, place: str) -> Iterator[tuple[str, Input]]:
        """Yield the inputs by their places in the JSON; ``place`` is the dataset's."""
        yield place, self.dataset
        yield f"{place}.components", self.components
        for one in self.resources:
            yield from places_of_key(f"{place}.resources", one.key, one)


@dataclass
class SlotRows:
    """A dataset template of the run's template, with a row for each dataset."""

    slot: Slot
    direction: str
    rows: list[DatasetRow]
    #: A further row, for scripts to add.
    blank: DatasetRow

    @property
    def name(self) -> str:
        """The beginning of the names of its inputs."""
        return slot_name(self.direction, self.slot)

    def sent(self) -> list[DatasetRow]:
        """Return the rows in the JSON: the filled, and of a required slot one."""
        filled = [row for row in self.rows if not row.is_blank]
        return filled or ([] if self.slot.optional else self.rows[:1])


@dataclass
class Pair:
    """The inputs of an annotation that the template does not name."""

    name: Input
    text: Input

    @property
    def is_blank(self) -> bool:
        """Whether nothing is typed."""
        return self.name.is_blank and self.text.is_blank


def slot_name(direction: str, slot: Slot) -> str:
    """Return the beginning of the names of the inputs of a slot."""
    return f"{direction}-{slot.pk}"


def plain_input(name: str, value: str) -> Input:
    """Return the input of a field of the run, described by the model."""
    model_field: Any = ModelRun._meta.get_field(name)
    kinds = {models.DateTimeField: "datetime-local", models.TextField: "textarea"}
    return Input(
        name=name,
        key=name,
        label=str(model_field.verbose_name).capitalize(),
        value=value,
        help_text=str(model_field.help_text),
        need="" if model_field.null or model_field.blank else "required",
        kind=kind_of(model_field.related_model) if model_field.is_relation else "",
        type=kinds.get(type(model_field), "text"),
        options="versions" if name == "model_version" else "",
    )


def dataset_row(slot: Slot, prefix: str, number: str, texts: Typed) -> DatasetRow:
    """Return the inputs of a dataset, with what was typed in each."""
    start = f"{prefix}-{number}-"
    dataset = Input(
        name=f"{start}dataset",
        label="Data product",
        value=texts.get("dataset", ""),
        about=slot.name,
        need="" if slot.optional else "required",
        kind=kind_of(DataProduct),
    )
    resources = [
        _resource_input(slot, one, f"{start}r{at}", texts.get(f"r{at}", ""))
        for at, one in enumerate(slot.resources.values())
    ]
    components = Input(
        name=f"{start}components",
        label="Components",
        value=texts.get("components", ""),
        about=slot.name,
        help_text="If only parts were used: their names, each on a line of its own.",
        type="textarea",
    )
    return DatasetRow(number, slot.pk, dataset, resources, components)


def _resource_input(slot: Slot, resource: Resource, name: str, value: str) -> Input:
    required = "required if there is a dataset" if slot.optional else "required"
    return Input(
        name=name,
        key=resource.key,
        label=f"Path of {resource.key}",
        value=value,
        about=slot.name,
        help_text=f"{resource.description} ({resource.usage_type})",
        need="optional" if resource.optional else required,
    )


def places_of_key(place: str, key: str, found: Input) -> Iterator[tuple[str, Input]]:
    """Yield the places of what has a key: errors name all of it, or its beginning."""
    yield f"{place}.{key[:KEY_IN_PLACE]}", found
    yield f"{place}.{key}", found
