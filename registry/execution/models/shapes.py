"""The documents in run requests, their tasks and attempts: their shapes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from registry.core.documents import Address, Shape
from registry.execution.levels import HIGHLY, LEVELS, MINIMALLY
from registry.execution.models.checks import (
    AMOUNTS,
    check_actions,
    check_command,
    check_environment,
    check_levels,
    check_outputs,
    check_publish,
    check_requirements,
    check_tasks,
    check_windows,
)

Schema = dict[str, Any]


_TEXT: Schema = {"type": "string"}
_NUMBER: Schema = {"type": "number"}
_MOMENT: Schema = {"type": "string", "format": "date-time"}


def _anything(value: Any) -> None:
    """Accept what the registry itself writes."""


def _as_lines(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [f"{name}: {one}" for name, one in value.items()]
    return [_line_of(one) for one in value]


def _lines_of(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _line_of(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {one}" for name, one in value.items())
    return str(value)


def _list_of(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _object(required: Collection[str] = (), **properties: Schema) -> Schema:
    found: Schema = {"type": "object", "properties": properties}
    return {**found, "required": [*required]} if required else found


_OUTPUT: Final = _object(
    ("name", "level", "pattern"),
    name=_TEXT,
    level={**_TEXT, "enum": [*LEVELS]},
    pattern=_TEXT,
)
_REQUIREMENTS: Final[Schema] = {
    "type": "object",
    "properties": dict.fromkeys(AMOUNTS, _NUMBER),
    "additionalProperties": _TEXT,
}
_INPUT: Final = _object(
    ("path", "data_product"),
    path=_TEXT,
    data_product={"oneOf": [{"type": "integer"}, _TEXT]},
)
_TEXTS: Final[Schema] = {"type": "object", "additionalProperties": _TEXT}


def public_levels() -> list[str]:
    """Return the levels of outputs that leave a backend unless it says otherwise."""
    return [MINIMALLY]


LEVELS_SHAPE = Shape(
    check=check_levels,
    schema=_list_of({**_TEXT, "enum": [one for one in LEVELS if one != HIGHLY]}),
    example=[MINIMALLY],
    lines=_as_lines,
    read=_lines_of,
)
WINDOWS = Shape(
    check=check_windows,
    schema=_list_of(
        _object(("begins", "ends"), begins=_MOMENT, ends=_MOMENT, reason=_TEXT)
    ),
    example=[
        {"begins": "2026-12-01T20:00:00Z", "ends": "2026-12-01T22:00:00Z", "reason": ""}
    ],
    lines=_as_lines,
)
FLAGS = Shape(
    check=_anything,
    schema={
        "type": "object",
        "additionalProperties": _object(
            value={"type": "boolean"}, since=_MOMENT, detail=_TEXT
        ),
    },
    example={"paused": {"value": True, "since": "2026-12-01T20:00:00Z"}},
    lines=_as_lines,
)
ACTIONS = Shape(
    check=check_actions,
    schema=_list_of(_TEXT),
    example=["run_all"],
    lines=_as_lines,
    read=_lines_of,
)
TASKS = Shape(
    check=check_tasks,
    schema=_list_of(
        _object(
            ("name", "command"),
            name=_TEXT,
            command=_list_of(_TEXT),
            image=_TEXT,
            needs=_list_of(_TEXT),
            outputs=_list_of(_OUTPUT),
            inputs=_list_of(_INPUT),
            environment=_TEXTS,
            requirements=_REQUIREMENTS,
            needs_database={"type": "boolean"},
        )
    ),
    example=[{"name": "count", "command": ["wc", "-l", "data.csv"], "needs": []}],
    lines=_as_lines,
)
PUBLISH = Shape(
    check=check_publish,
    schema=_list_of(
        _object(
            ("task", "output", "namespace", "name"),
            task=_TEXT,
            output=_TEXT,
            namespace=_TEXT,
            name=_TEXT,
            version=_TEXT,
        )
    ),
    example=[
        {"task": "report", "output": "figure", "namespace": "lab", "name": "figure"}
    ],
    lines=_as_lines,
)
COMMAND = Shape(
    check=check_command,
    schema=_list_of(_TEXT),
    example=["python", "analyse.py"],
    lines=_as_lines,
)
OUTPUTS = Shape(
    check=check_outputs,
    schema=_list_of(_OUTPUT),
    example=[{"name": "table", "level": LEVELS[1], "pattern": "output/*.csv"}],
    lines=_as_lines,
)
ENVIRONMENT = Shape(
    check=check_environment, schema=_TEXTS, example={"SEED": "1"}, lines=_as_lines
)
REQUIREMENTS = Shape(
    check=check_requirements,
    schema=_REQUIREMENTS,
    example={"site": "north"},
    lines=_as_lines,
)


def _show_inputs(value: Any, address: Address) -> Any:
    """Return inputs with the addresses of their records."""
    return [
        {
            name: address("object_component", one[name])
            if name == "component"
            else one[name]
            for name in one
        }
        for one in value
    ]


TASK_INPUTS = Shape(
    check=_anything,
    schema=_list_of(_object(path=_TEXT, component=_TEXT, sha1=_TEXT, kept=_TEXT)),
    example=[],
    lines=_as_lines,
    show=_show_inputs,
)
USAGE = Shape(
    check=_anything,
    schema={"type": "object", "additionalProperties": _NUMBER},
    example={"seconds": 12.5},
    lines=_as_lines,
)
