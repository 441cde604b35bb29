"""The content of a model run in its one form: its values and its fingerprint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from registry.core.texts import shorten_text
from registry.core.validators import SHORT_LENGTH

if TYPE_CHECKING:
    from registry.runs.model_runs.checking import Checked
    from registry.runs.models import ModelRun

#: So many characters of a description are the name of a run that has none.
_NAME_LENGTH = 120
#: The fields that make up the content: runs that differ in one are different runs.
_CONTENT = (
    *("workflow_template", "study", "modeller", "requesting_organisation"),
    *("model_config", "submission_script"),
    *("model_version", "display_name", "description", "start_time", "end_time"),
    *("inputs", "outputs", "annotations"),
)


def values_of(checked: Checked) -> dict[str, Any]:
    """Return the values of a model run, with the ids of its links."""
    given = checked.given.values
    values: dict[str, Any] = {
        **checked.links,
        **{name: given[name] for name in ("start_time", "end_time")},
        "model_version": given["model_version"],
        "description": given["description"],
        "display_name": given["display_name"] or derived_name(given["description"]),
        "inputs": [one.document() for one in checked.datasets["inputs"]],
        "outputs": [one.document() for one in checked.datasets["outputs"]],
        "annotations": dict(checked.given.annotations),
    }
    if "uuid" in given:
        values["uuid"] = given["uuid"]
    return {**values, "fingerprint": fingerprint(values)}


def derived_name(description: str) -> str:
    """Return the name of a run that has none: the beginning of its description."""
    return shorten_text(description, _NAME_LENGTH)[:SHORT_LENGTH]


def fingerprint(values: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a record's content, whatever the order of its parts."""
    content = {name: _canonical(values[name]) for name in _CONTENT}
    for direction in ("inputs", "outputs"):
        content[direction] = sorted(map(_as_json, content[direction]))
    return hashlib.sha256(_as_json(content).encode()).hexdigest()


def fingerprint_of(record: ModelRun) -> str:
    """Return the fingerprint of a record as it is now."""
    fields: dict[str, Any] = {name: record._meta.get_field(name) for name in _CONTENT}
    return fingerprint(
        {name: getattr(record, field.attname) for name, field in fields.items()}
    )


def _canonical(value: Any) -> Any:
    if isinstance(value, datetime):
        return round(value.timestamp() * 1_000_000)
    return getattr(value, "pk", value)


def _as_json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
