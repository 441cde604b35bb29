"""What documents in run requests must be; each check names the place of an error."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import ValidationError

from registry.core.documents import check_text, invalid
from registry.core.validators import (
    PATH_LENGTH,
    SHORT_LENGTH,
    validate_semantic_version,
)
from registry.execution.levels import HIGHLY, LEVELS

#: The most tasks that one document describes, and the most of most other lists.
MAX_TASKS, MAX_ITEMS = 10_000, 1000
#: The longest argument or value of a variable, in characters.
MAX_ARGUMENT: Final = 32_768
#: What a task can ask an executor for: numbers of processors, GB, and hours.
AMOUNTS: Final = ("cpu", "gpu", "memory", "disk", "time")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NAME: Final = re.compile(r"[^\s/\\][^/\\\x00-\x1f]{0,199}")


def check_keys(value: Any, place: str, allowed: Collection[str]) -> Mapping[str, Any]:
    """Return an object with these keys alone; else raise ``ValidationError``."""
    if not isinstance(value, Mapping):
        raise invalid(place, f"Give an object with {', '.join(allowed)}.")
    unknown = [str(key) for key in value if key not in allowed]
    if unknown:
        raise invalid(
            place, f"There is no {unknown[0][:100]} here: use {', '.join(allowed)}."
        )
    return value


def check_list(value: Any, place: str, most: int = MAX_ITEMS) -> list[Any]:
    """Return a list of a document; else ``ValidationError``."""
    if not isinstance(value, list):
        raise invalid(place, "Give a list.")
    if len(value) > most:
        raise invalid(place, f"Give at most {most:,}.")
    return value


def check_number(value: Any, place: str, *, whole: bool = False) -> None:
    """Raise ``ValidationError`` unless a part is a number that is not negative."""
    kinds = (int,) if whole else (int, float)
    is_number = isinstance(value, kinds) and not isinstance(value, bool)
    if not is_number or not 0 <= value < 1e15:
        raise invalid(place, f"Give a {'whole ' if whole else ''}number, 0 or more.")


def check_path(value: Any, place: str) -> None:
    """Raise ``ValidationError`` unless a part is a path below a folder."""
    check_text(value, place, most=PATH_LENGTH)
    parts = value.split("/")
    if value.startswith("/") or "\\" in value or {"", ".", ".."}.intersection(parts):
        raise invalid(place, f"{value[:100]} is no path below the folder of the task.")


def check_name(value: Any, place: str) -> None:
    """Raise ``ValidationError`` unless a part is a name, which has no slashes."""
    check_text(value, place, most=SHORT_LENGTH)
    if _NAME.fullmatch(value) is None or not value.strip("."):
        raise invalid(place, "Give a name of at most 200 characters without slashes.")


def _check_moment(value: Any, place: str) -> None:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        moment = None
    if moment is None or moment.tzinfo is None:
        raise invalid(place, "Give a time with its zone, such as 2026-12-01T08:00:00Z.")


def check_windows(value: Any) -> None:
    """Raise ``ValidationError`` unless these are windows of maintenance."""
    for at, one in enumerate(check_list(value, "")):
        place = f"[{at}]"
        check_keys(one, place, ("begins", "ends", "reason"))
        for name in ("begins", "ends"):
            _check_moment(one.get(name), f"{place}.{name}")
        begins, ends = (datetime.fromisoformat(one[x]) for x in ("begins", "ends"))
        if ends <= begins:
            raise invalid(f"{place}.ends", "It must end after it begins.")
        check_text(
            one.get("reason", ""), f"{place}.reason", most=500, may_be_empty=True
        )


def check_command(value: Any, place: str = "") -> None:
    """Raise ``ValidationError`` unless this is a program with its arguments."""
    given = check_list(value, place)
    for at, one in enumerate(given):
        check_text(one, f"{place}[{at}]", most=MAX_ARGUMENT, may_be_empty=True)
    if given and not given[0]:
        raise invalid(f"{place}[0]", "Give the program.")


def check_environment(value: Any, place: str = "") -> None:
    """Raise ``ValidationError`` unless these are values of variables by name."""
    if not isinstance(value, Mapping):
        raise invalid(place, "Give an object of names with texts.")
    if len(value) > MAX_ITEMS:
        raise invalid(place, f"Give at most {MAX_ITEMS:,}.")
    for name, text in value.items():
        if _VARIABLE.fullmatch(name) is None or len(name) > SHORT_LENGTH:
            raise invalid(place, f"{name[:100]!r} is no name of a variable.")
        check_text(text, f"{place}.{name}", most=MAX_ARGUMENT, may_be_empty=True)


def check_outputs(value: Any, place: str = "") -> None:
    """Raise ``ValidationError`` unless these are patterns by name and level."""
    seen: set[str] = set()
    for at, one in enumerate(check_list(value, place)):
        here = f"{place}[{at}]"
        check_keys(one, here, ("name", "level", "pattern"))
        check_name(one.get("name"), f"{here}.name")
        if one.get("level") not in LEVELS:
            raise invalid(f"{here}.level", f"Choose from {', '.join(LEVELS)}.")
        check_path(one.get("pattern"), f"{here}.pattern")
        if one["pattern"] in seen:
            raise invalid(f"{here}.pattern", f"{one['pattern']} is there already.")
        seen.add(one["pattern"])


def check_requirements(value: Any, place: str = "") -> None:
    """Raise ``ValidationError`` unless these are amounts, and texts of other kinds."""
    if not isinstance(value, Mapping):
        raise invalid(place, "Give an object.")
    for name, amount in value.items():
        if name in AMOUNTS:
            check_number(amount, f"{place}.{name}")
        else:
            check_name(name, place)
            check_text(amount, f"{place}.{name}", most=SHORT_LENGTH)


def check_inputs(value: Any, place: str = "") -> None:
    """Raise ``ValidationError`` unless these are data products at paths."""
    seen: set[str] = set()
    for at, one in enumerate(check_list(value, place)):
        here = f"{place}[{at}]"
        check_keys(one, here, ("path", "data_product"))
        check_path(one.get("path"), f"{here}.path")
        product = one.get("data_product")
        if isinstance(product, bool) or not isinstance(product, int | str):
            raise invalid(f"{here}.data_product", "Give its id, address or name.")
        if one["path"] in seen:
            raise invalid(f"{here}.path", f"{one['path']} is there already.")
        seen.add(one["path"])


_OF_TASKS: Final = (
    *("name", "command", "image", "needs", "outputs", "inputs", "environment"),
    *("requirements", "needs_database"),
)


def check_tasks(value: Any) -> None:
    """Raise ``ValidationError`` unless these describe tasks; circles come later."""
    names: set[str] = set()
    for at, one in enumerate(check_list(value, "", MAX_TASKS)):
        place = f"[{at}]"
        check_keys(one, place, _OF_TASKS)
        check_name(one.get("name"), f"{place}.name")
        if one["name"] in names:
            raise invalid(f"{place}.name", f"{one['name']} is there already.")
        names.add(one["name"])
        if not one.get("command"):
            raise invalid(f"{place}.command", "Give the program and its arguments.")
        _check_task(one, place)


def _check_task(one: Mapping[str, Any], place: str) -> None:
    for name, check in _TASK_CHECKS.items():
        if one.get(name) is not None:
            check(one[name], f"{place}.{name}")


def _check_needs(value: Any, place: str) -> None:
    given = check_list(value, place)
    for at, one in enumerate(given):
        check_name(one, f"{place}[{at}]")
    if len(set(given)) < len(given):
        raise invalid(place, "A task is named twice.")


def _check_flag(value: Any, place: str) -> None:
    if not isinstance(value, bool):
        raise invalid(place, "Give true or false.")


def _check_image(value: Any, place: str) -> None:
    check_text(value, place, most=SHORT_LENGTH, may_be_empty=True)


_TASK_CHECKS: Final[Mapping[str, Callable[[Any, str], None]]] = {
    "command": check_command,
    "image": _check_image,
    "needs": _check_needs,
    "outputs": check_outputs,
    "inputs": check_inputs,
    "environment": check_environment,
    "requirements": check_requirements,
    "needs_database": _check_flag,
}


def check_publish(value: Any) -> None:
    """Raise ``ValidationError`` unless these name outputs and their data products."""
    for at, one in enumerate(check_list(value, "")):
        place = f"[{at}]"
        check_keys(one, place, ("task", "output", "namespace", "name", "version"))
        for name in ("task", "output"):
            check_name(one.get(name), f"{place}.{name}")
        for name in ("namespace", "name"):
            check_text(one.get(name), f"{place}.{name}", most=SHORT_LENGTH)
        if one.get("version") is not None:
            check_text(one["version"], f"{place}.version", most=SHORT_LENGTH)
            _check_version(one["version"], f"{place}.version")


def _check_version(value: str, place: str) -> None:
    try:
        validate_semantic_version(value)
    except ValidationError as error:
        raise invalid(place, " ".join(error.messages)) from error


def check_actions(value: Any) -> None:
    """Raise ``ValidationError`` unless these are names of actions."""
    for at, one in enumerate(check_list(value, "")):
        check_name(one, f"[{at}]")


def check_levels(value: Any) -> None:
    """Raise ``ValidationError`` unless these are levels of what may leave a backend."""
    for at, one in enumerate(check_list(value, "")):
        if one not in LEVELS or one == HIGHLY:
            allowed = ", ".join(level for level in LEVELS if level != HIGHLY)
            raise invalid(f"[{at}]", f"Choose from {allowed}.")
