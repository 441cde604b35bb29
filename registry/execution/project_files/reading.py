"""Read YAML that strangers wrote as plain values, within limits of size and depth.

The scalars are those of the core schema of YAML 1.2, so that ``no``, ``on`` and dates
are texts. Keys are texts as they are written. Tags and repeated keys are refused.
Aliases and merge keys are accepted, but a few hundred bytes of them can stand for
gigabytes ("billion laughs"): an alias counts as much as the value that it stands for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import yaml

#: The largest project file, in bytes.
MAX_BYTES: Final = 2_000_000
#: The largest value: its characters and its values together, with aliases written out.
MAX_SIZE: Final = 4_000_000
#: How deep values can be nested.
MAX_DEPTH: Final = 30

#: The parser in C, if PyYAML was built with it, is twenty times as fast.
_Parser: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MERGE: Final = "<<"
_NOT_TEXT: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_NUMBERS: Final[tuple[tuple[re.Pattern[str], Callable[[str], Any]], ...]] = (
    (re.compile(r"[-+]?[0-9]{1,400}"), int),
    (re.compile(r"0o[0-7]{1,400}"), lambda text: int(text[2:], 8)),
    (re.compile(r"0x[0-9a-fA-F]{1,400}"), lambda text: int(text[2:], 16)),
    (
        re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"),
        float,
    ),
    (
        re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"),
        lambda text: float(text.replace(".", "")),
    ),
)
_WORDS: Final[dict[str, Any]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


class InvalidYAML(ValueError):
    """A text is not accepted as YAML; the message says where and why."""


def read_yaml(content: bytes) -> Any:
    """Return the value of a YAML text; raises ``InvalidYAML``."""
    if len(content) > MAX_BYTES:
        raise InvalidYAML(f"The file is larger than {MAX_BYTES:,} bytes.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidYAML(f"Byte {error.start} is not UTF-8.") from error
    try:
        return _Reader(yaml.parse(text, _Parser)).read()
    except yaml.YAMLError as error:
        raise InvalidYAML(_message(error)) from error


class _Reader:
    """Builds values from the events of a parser."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self._depth = 0
        self._size = 0
        #: Completed values by anchor, with their sizes.
        self._anchors: dict[str, tuple[Any, int]] = {}

    def read(self) -> Any:
        """Return the only document, None if there is none."""
        next(self._events)
        event = next(self._events)
        if isinstance(event, yaml.StreamEndEvent):
            return None
        value = self._value(next(self._events))
        next(self._events)
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            raise InvalidYAML(f"{_place(after)}: a second document begins.")
        return value

    def _value(self, event: Any) -> Any:
        """Return the value that begins with an event."""
        if isinstance(event, yaml.AliasEvent):
            return self._aliased(event)
        if event.tag is not None:
            raise InvalidYAML(f"{_place(event)}: tags such as {event.tag} are refused.")
        before = self._size
        self._grow(event, 1)
        value = self._new_value(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, self._size - before)
        return value

    def _aliased(self, event: Any) -> Any:
        """Return the value of an alias, counted as if it were written out."""
        if event.anchor not in self._anchors:
            raise InvalidYAML(f"{_place(event)}: nothing before has this name.")
        value, size = self._anchors[event.anchor]
        self._grow(event, size)
        return value

    def _grow(self, event: Any, size: int) -> None:
        self._size += size
        if self._size > MAX_SIZE:
            raise InvalidYAML(f"{_place(event)}: more than {MAX_SIZE:,} characters.")

    def _new_value(self, event: Any) -> Any:
        if isinstance(event, yaml.ScalarEvent):
            self._grow(event, len(event.value))
            return _scalar(event)
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise InvalidYAML(f"{_place(event)}: nested too deeply.")
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        value = self._mapping() if is_mapping else self._sequence()
        self._depth -= 1
        return value

    def _sequence(self) -> list[Any]:
        values: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            values.append(self._value(event))
        return values

    def _mapping(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        merged: dict[str, Any] | None = None
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event)
            if key in found:
                raise InvalidYAML(f'{_place(event)}: the key "{key}" is there twice.')
            found[key] = self._value(next(self._events))
            if key == _MERGE and event.implicit[0]:
                merged = _merge(event, found[key])
        if merged is not None:
            del found[_MERGE]
        return {**(merged or {}), **found}

    def _key(self, event: Any) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            raise InvalidYAML(f"{_place(event)}: a key must be a text.")
        self._value(event)
        text: str = event.value
        return text


def _merge(event: Any, given: Any) -> dict[str, Any]:
    """Return the values that a merge key adds; of equal keys, the first wins."""
    merged: dict[str, Any] = {}
    for one in given if isinstance(given, list) else [given]:
        if not isinstance(one, dict):
            raise InvalidYAML(f"{_place(event)}: {_MERGE} must have keys and values.")
        for key, value in one.items():
            merged.setdefault(key, value)
    return merged


def _scalar(event: Any) -> Any:
    """Return a text, or the value that a text without quotes stands for."""
    text: str = event.value
    if _NOT_TEXT.search(text):
        raise InvalidYAML(f"{_place(event)}: this has a control character.")
    if not event.implicit[0]:
        return text
    if text in _WORDS:
        return _WORDS[text]
    for pattern, convert in _NUMBERS:
        if pattern.fullmatch(text):
            return convert(text)
    return text


def _place(event: Any) -> str:
    return _position(event.start_mark)


def _position(mark: Any) -> str:
    return f"line {mark.line + 1}, column {mark.column + 1}"


def _message(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    if mark is None:
        return str(problem)
    return f"{_position(mark)}: {problem}"
