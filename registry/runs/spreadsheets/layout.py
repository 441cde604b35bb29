"""The columns of a sheet, as a workflow template defines them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from enum import Enum
from typing import Literal

Side = Literal["inputs", "outputs"]
SIDES: tuple[Side, ...] = ("inputs", "outputs")

#: The display name of the example row, by which it is recognised.
EXAMPLE_NAME = "Example: replace or delete this row"


@dataclass(frozen=True)
class SheetResource:
    """A file of a dataset that each run names by its path."""

    key: str
    description: str
    optional: bool


@dataclass(frozen=True)
class SheetSlot:
    """One dataset template among the inputs or outputs of a workflow template."""

    template_id: int
    name: str
    description: str
    optional: bool
    resources: tuple[SheetResource, ...]


@dataclass(frozen=True)
class SheetTemplate:
    """A workflow template: what the runs in a sheet are checked against."""

    id: int
    name: str
    model: str
    inputs: tuple[SheetSlot, ...]
    outputs: tuple[SheetSlot, ...]
    required_annotations: tuple[str, ...]
    optional_annotations: tuple[str, ...]

    def slots(self, side: Side) -> tuple[SheetSlot, ...]:
        """Return the slots of the inputs or of the outputs."""
        return self.inputs if side == "inputs" else self.outputs


class Kind(Enum):
    """What the cells of a column hold."""

    TEMPLATE = "template"
    TEXT = "text"
    LINK = "link"
    TIME = "time"
    DATASET = "dataset"
    RESOURCE = "resource"
    COMPONENTS = "components"
    ANNOTATION = "annotation"


@dataclass(frozen=True)
class Column:
    """A column and the place of its values in a record.

    ``field`` is the field of the record, ``key`` the key of a resource or an
    annotation, and ``number`` counts the datasets of one slot, from 1.
    """

    header: str
    kind: Kind
    field: str
    required: bool = False
    slot: SheetSlot | None = dataclass_field(default=None, hash=False)
    key: str = ""
    number: int = 1


@dataclass(frozen=True)
class Limits:
    """The largest sheet that is read.

    ``line_characters`` is the length of a line of a CSV file, whose cells can have
    131,072 characters. ``unpacked_bytes`` is the size of all parts of an XLSX file
    together, and ``part_bytes`` that of a part that is read at once, as its styles are.
    """

    rows: int = 10_000
    columns: int = 1_000
    line_characters: int = 2**20
    unpacked_bytes: int = 64 * 1024 * 1024
    part_bytes: int = 4 * 1024 * 1024
    parts: int = 1_000


#: The columns that every sheet has.
TEMPLATE_COLUMN = Column("workflow template", Kind.TEMPLATE, "workflow_template", True)
COMMON_COLUMNS = (
    TEMPLATE_COLUMN,
    Column("display name", Kind.TEXT, "display_name"),
    Column("description", Kind.TEXT, "description", True),
    Column("modeller", Kind.LINK, "modeller", True),
    Column("requesting organisation", Kind.LINK, "requesting_organisation"),
    Column("study", Kind.LINK, "study"),
    Column("model version", Kind.TEXT, "model_version"),
    Column("start time", Kind.TIME, "start_time", True),
    Column("end time", Kind.TIME, "end_time", True),
    Column("configuration", Kind.LINK, "model_config"),
    Column("script", Kind.LINK, "submission_script"),
)


def columns_of(template: SheetTemplate) -> tuple[Column, ...]:
    """Return the columns of a sheet for this template, in the order of writing."""
    return (
        *COMMON_COLUMNS,
        *_slot_columns(template, "inputs"),
        *_slot_columns(template, "outputs"),
        *_annotation_columns(template),
    )


def annotation_column(key: str, *, required: bool = False) -> Column:
    """Return the column of an annotation, which the template can name or not."""
    header = f"annotation: {key}"
    return Column(header, Kind.ANNOTATION, "annotations", required, key=key)


def numbered(column: Column, number: int) -> Column:
    """Return the column for a further dataset of the same slot."""
    if number == 1:
        return column
    return replace(
        column, header=f"{column.header} #{number}", number=number, required=False
    )


def fold_header(text: str) -> str:
    """Return a header without what does not count: capitals and spaces."""
    return " ".join(text.split()).casefold()


def _slot_columns(template: SheetTemplate, side: Side) -> Iterator[Column]:
    for slot in template.slots(side):
        header = f"{side[:-1]}: {slot.name} [{slot.template_id}]"
        required = not slot.optional
        yield Column(header, Kind.DATASET, side, required, slot)
        for resource in slot.resources:
            yield Column(
                f"{header} / {resource.key}",
                Kind.RESOURCE,
                side,
                required and not resource.optional,
                slot,
                resource.key,
            )
        name = _components_name(slot)
        yield Column(f"{header} / {name}", Kind.COMPONENTS, side, slot=slot)


def _components_name(slot: SheetSlot) -> str:
    """Return the name of the column of components, which no resource has."""
    keys = {fold_header(one.key) for one in slot.resources}
    name = "components"
    while name in keys:
        name = f"names of {name}"
    return name


def _annotation_columns(template: SheetTemplate) -> Iterator[Column]:
    for required, keys in (
        (True, template.required_annotations),
        (False, template.optional_annotations),
    ):
        for key in keys:
            yield annotation_column(key, required=required)
