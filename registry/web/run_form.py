"""The form of a model run: the inputs that its template asks for, and their JSON.

What people type is a mapping of texts by the names of inputs. The form knows which
input each place in its JSON came from, so that an error of the service is shown at that
input.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError

from registry.runs.model_runs.content import derived_name
from registry.runs.model_runs.correcting import body_of
from registry.runs.model_runs.given import DIRECTIONS
from registry.runs.models.shapes import check_annotation_key
from registry.web.run_inputs import (
    KEY_IN_PLACE,
    Input,
    Pair,
    SlotRows,
    Typed,
    dataset_row,
    places_of_key,
    plain_input,
    slot_name,
)

if TYPE_CHECKING:
    from registry.runs.model_runs.agreements import Agreement, Slot
    from registry.runs.models import ModelRun

#: The fields of a run that are no lists, in the order of the form.
FIELDS = (
    *("display_name", "description", "model_version"),
    *("modeller", "requesting_organisation", "study"),
    *("model_config", "submission_script", "start_time", "end_time"),
)
#: Stands in the names of inputs for the number that a script puts there.
ANY_NUMBER = "__n__"
#: A form has at most so many inputs: Django reads 1000, with the token and the button.
MAX_INPUTS = 990
#: The beginning of the names of the inputs of further annotations.
FURTHER = "further"
#: The names of inputs that there can be several of: what they are of, and a number.
_NUMBERED = re.compile(r"(.+)-([0-9]{1,4})-[a-z0-9]+")


def annotation_names(agreement: Agreement) -> list[str]:
    """Return the names of annotations that have an input, the required ones first."""
    return [*agreement.required_annotations, *agreement.optional_annotations]


class RunForm:
    """The form of a run that follows a template, with what was typed.

    ``added`` names that of which there is to be one more. ``body`` is the JSON that the
    form sends, ``problems`` are the errors that are about no input.
    """

    def __init__(self, agreement: Agreement, typed: Typed, *, added: str = "") -> None:
        self.agreement = agreement
        self.problems: list[str] = []
        self._typed = {name: text.replace("\r\n", "\n") for name, text in typed.items()}
        self._numbers = _numbers_in(typed)
        self._added = added
        self.plain = [plain_input(name, self._typed.get(name, "")) for name in FIELDS]
        self.slots = {
            direction: [
                self._slot_rows(direction, slot)
                for slot in agreement.slots[direction].values()
            ]
            for direction in DIRECTIONS
        }
        self.annotations = [
            self._annotation(at, key)
            for at, key in enumerate(annotation_names(agreement))
        ]
        self.pairs = [self._pair(number) for number in self._rows_of(FURTHER)]
        self.blank_pair = self._pair(ANY_NUMBER)
        self._inputs: dict[str, Input] = {}
        self.body = self._build_body()

    @property
    def inputs(self) -> list[Input]:
        """All inputs, in their order on the page."""
        slots = (one for direction in DIRECTIONS for one in self.slots[direction])
        return [
            *self.plain,
            *(one for slot in slots for row in slot.rows for one in row.inputs),
            *self.annotations,
            *(one for pair in self.pairs for one in (pair.name, pair.text)),
        ]

    @property
    def wrong(self) -> list[Input]:
        """The inputs with errors."""
        return [one for one in self.inputs if one.errors]

    @property
    def has_errors(self) -> bool:
        """Whether anything is wrong."""
        return bool(self.problems or self.wrong)

    def add_errors(self, errors: Mapping[str, Sequence[str]]) -> None:
        """Add the errors of the service, each at the input that its place names."""
        for place, messages in errors.items():
            found = self._input_at(place)
            (self.problems if found is None else found.errors).extend(messages)

    def _input_at(self, place: str) -> Input | None:
        """Return the input of a place, or of the nearest place around it."""
        while place and place not in self._inputs:
            place = place[: max(place.rfind("."), place.rfind("["), 0)]
        return self._inputs.get(place)

    def _rows_of(self, prefix: str) -> list[str]:
        """Return the numbers of the rows: those that were sent, at least one."""
        count = max(1, len(self._numbers.get(prefix, ())))
        return [str(number) for number in range(count + (self._added == prefix))]

    def _texts_of(self, prefix: str, number: str) -> dict[str, str]:
        """Return what was typed in a row, by the last parts of the names."""
        sent = self._numbers.get(prefix, [])
        if not number.isdigit() or int(number) >= len(sent):
            return {}
        start = f"{prefix}-{sent[int(number)]}-"
        return {
            name.removeprefix(start): text
            for name, text in self._typed.items()
            if name.startswith(start)
        }

    def _slot_rows(self, direction: str, slot: Slot) -> SlotRows:
        prefix = slot_name(direction, slot)
        numbers = [*self._rows_of(prefix), ANY_NUMBER]
        *rows, blank = [
            dataset_row(slot, prefix, number, self._texts_of(prefix, number))
            for number in numbers
        ]
        rows[-1].dataset.is_new = self._added == prefix
        return SlotRows(slot, direction, rows, blank)

    def _annotation(self, at: int, key: str) -> Input:
        name = f"annotation-{at}"
        is_required = at < len(self.agreement.required_annotations)
        need = "required" if is_required else ""
        value = self._typed.get(name, "")
        return Input(
            name=name, label=key, key=key, value=value, need=need, about="Annotation"
        )

    def _pair(self, number: str) -> Pair:
        texts = self._texts_of(FURTHER, number)
        name, text = (
            Input(
                name=f"{FURTHER}-{number}-{part}",
                label=label,
                value=texts.get(part, ""),
                about="Further annotation",
            )
            for part, label in (("name", "Name"), ("text", "Text"))
        )
        name.is_new = self._added == FURTHER and not texts
        return Pair(name, text)

    def _build_body(self) -> dict[str, Any]:
        body: dict[str, Any] = {"workflow_template": self.agreement.pk}
        for one in self.plain:
            self._inputs[one.name] = one
            if not one.is_blank:
                body[one.name] = one.content
        for direction in DIRECTIONS:
            rows = [row for slot in self.slots[direction] for row in slot.sent()]
            body[direction] = [row.document() for row in rows]
            for at, row in enumerate(rows):
                self._inputs |= dict(row.places(f"{direction}[{at}]"))
        body["annotations"] = self._build_annotations()
        return body

    def _build_annotations(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for one in self.annotations:
            self._inputs |= dict(places_of_key("annotations", one.key, one))
            if not one.is_blank:
                found[one.key] = one.value
        for pair in self.pairs:
            key = pair.name.value
            if pair.is_blank:
                continue
            if key in found:
                pair.name.errors.append(f"{key[:KEY_IN_PLACE]} is there already.")
                continue
            found[key] = pair.text.value
            wrong = pair.text if _can_be_a_name(key) else pair.name
            self._inputs |= dict(places_of_key("annotations", key, wrong))
        return found


def _numbers_in(typed: Typed) -> dict[str, list[str]]:
    """Return the numbers of rows, in order, by what their inputs are of."""
    found: dict[str, set[str]] = {}
    for name in typed:
        match = _NUMBERED.fullmatch(name)
        if match is not None:
            found.setdefault(match[1], set()).add(match[2])
    return {name: sorted(numbers, key=int) for name, numbers in found.items()}


def _can_be_a_name(key: str) -> bool:
    try:
        check_annotation_key(key, "")
    except ValidationError:
        return False
    return True


def typed_like(run: ModelRun, agreement: Agreement) -> dict[str, str]:
    """Return what would be typed to register a run like this one.

    What the template has no input for is left out.
    """
    body = body_of(run)
    if run.display_name == derived_name(run.description):
        body["display_name"] = None
    typed = {name: _spelt(body[name]) for name in FIELDS}
    for direction in DIRECTIONS:
        typed |= _datasets_like(body[direction], agreement.slots[direction], direction)
    return typed | _annotations_like(body["annotations"], agreement)


def _spelt(value: Any) -> str:
    """Return a value as it is typed; times in UTC, as exact as an input can be."""
    if not isinstance(value, datetime):
        return "" if value is None else str(value)
    moment = value.astimezone(UTC).replace(tzinfo=None)
    if moment.microsecond:
        return moment.isoformat(timespec="milliseconds")
    return moment.isoformat(timespec="seconds" if moment.second else "minutes")


def _datasets_like(
    datasets: Sequence[Mapping[str, Any]], slots: Mapping[int, Slot], direction: str
) -> dict[str, str]:
    typed: dict[str, str] = {}
    for number, one in enumerate(datasets):
        slot = slots.get(one["dataset_template"])
        if slot is None:
            continue
        start = f"{slot_name(direction, slot)}-{number}-"
        paths = one.get("resources", {})
        typed[f"{start}dataset"] = str(one["dataset"])
        typed[f"{start}components"] = "\n".join(one.get("components", ()))
        typed |= {
            f"{start}r{at}": paths[key]
            for at, key in enumerate(slot.resources)
            if key in paths
        }
    return typed


def _annotations_like(
    annotations: Mapping[str, str], agreement: Agreement
) -> dict[str, str]:
    names = annotation_names(agreement)
    typed = {
        f"annotation-{at}": annotations.get(key, "") for at, key in enumerate(names)
    }
    others = {key: text for key, text in annotations.items() if key not in names}
    for number, (key, text) in enumerate(others.items()):
        typed[f"{FURTHER}-{number}-name"] = key
        typed[f"{FURTHER}-{number}-text"] = text
    return typed
