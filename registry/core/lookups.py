"""SQL that differs between the databases: glob look-ups, and many ids at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models

from registry.core.globs import (
    AnyCharacter,
    AnyText,
    CharacterSet,
    Glob,
    Literal,
    Part,
    parse_glob,
)

#: How a statement begins that PostgreSQL is to prepare: its plan is the same for all
#: values.
PREPARE_HINT = "/* prepared */ "

#: One character in Python's regular expressions, whichever it is.
_ANY = r"[\s\S]"


class GlobLookup(models.Lookup):  # type: ignore[type-arg]
    """``name__glob="fixed-parameters/*"``: anchored and case-sensitive.

    ``*`` is any text (``/`` too), ``?`` one character, ``[abc]`` one of a set,
    ``[!a]`` one outside it, as in a POSIX shell. A pattern without wildcards is plain
    equality and uses an index; so does a constant beginning.
    """

    lookup_name = "glob"
    prepare_rhs = False

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """Use SQLite's own GLOB, and a regular expression of Python for sets."""
        return self._compare(compiler, connection, ("GLOB", sqlite_glob), "REGEXP")

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """Use LIKE where it can say it, a regular expression for sets."""
        return self._compare(compiler, connection, ("LIKE", like_pattern), "~")

    def _compare(
        self,
        compiler: Any,
        connection: Any,
        plain: tuple[str, Callable[[Glob], str]],
        regex: str,
    ) -> tuple[str, list[Any]]:
        column, params = self.process_lhs(compiler, connection)
        glob = parse_glob(self.rhs)
        sets = [part for part in glob if isinstance(part, CharacterSet)]
        if any(not part.ranges for part in sets):
            raise EmptyResultSet
        if sets:
            is_sqlite = connection.vendor == "sqlite"
            pattern = python_pattern(glob) if is_sqlite else posix_pattern(glob)
            return f"{column} {regex} %s", [*params, pattern]
        if all(isinstance(part, Literal) for part in glob):
            text = "".join(part.text for part in glob if isinstance(part, Literal))
            return f"{column} = %s", [*params, text]
        operator, spell = plain
        return f"{column} {operator} %s", [*params, spell(glob)]


def sqlite_glob(glob: Glob) -> str:
    """Spell a glob without sets as SQLite's GLOB, where a set of one is an escape."""
    return "".join(
        re.sub(r"[\[*?]", lambda found: f"[{found[0]}]", part.text)
        if isinstance(part, Literal)
        else ("*" if isinstance(part, AnyText) else "?")
        for part in glob
    )


def like_pattern(glob: Glob) -> str:
    r"""Spell a glob without sets as LIKE, with ``\`` as the escape."""
    return "".join(
        re.sub(r"([\\%_])", r"\\\1", part.text)
        if isinstance(part, Literal)
        else ("%" if isinstance(part, AnyText) else "_")
        for part in glob
    )


def posix_pattern(glob: Glob) -> str:
    """Spell a glob as an anchored regular expression of PostgreSQL.

    Every character is escaped by its number, so that none can mean anything.
    """
    return f"^{_spelled(glob, '.')}$"


def python_pattern(glob: Glob) -> str:
    """Spell a glob as an anchored regular expression of Python.

    What comes between two stars is sought once, from the left, and never given up:
    the first place where it fits leaves most to the rest. With plain stars the time
    would grow with each one to another power of the length of the text.
    """
    first, *rest = (_spelled(parts, _ANY) for parts in _between_stars(glob))
    sought = "".join(f"(?>{_ANY}*?{parts})" for parts in rest[:-1])
    last = f"{_ANY}*{rest[-1]}" if rest else ""
    return rf"^{first}{sought}{last}\Z"


def _between_stars(glob: Glob) -> Iterator[Glob]:
    """Cut a glob at its stars."""
    start = 0
    for position, part in enumerate(glob):
        if isinstance(part, AnyText):
            yield glob[start:position]
            start = position + 1
    yield glob[start:]


def _spelled(glob: Glob, dot: str) -> str:
    return "".join(_regex_part(part, dot) for part in glob)


def _regex_part(part: Part, dot: str) -> str:
    match part:
        case Literal(text):
            return "".join(map(_escaped, text))
        case AnyText():
            return f"{dot}*"
        case AnyCharacter():
            return dot
        case CharacterSet(negated, ranges):
            members = "".join(f"{_escaped(a)}-{_escaped(b)}" for a, b in ranges)
            return f"[{'^' if negated else ''}{members}]"


def _escaped(character: str) -> str:
    return f"\\U{ord(character):08x}"


def ids_source(ids: Iterable[int]) -> tuple[str, str]:
    """Return a table expression with one row for each id, and its parameter.

    Select ``wanted.id`` from it. There is one parameter, however many ids there are, so
    that the statement stays the same.
    """
    if connection.vendor == "postgresql":
        return "unnest(%s::bigint[]) AS wanted(id)", encode_ids(ids)
    return "(SELECT value AS id FROM json_each(%s)) AS wanted", encode_ids(ids)


class IdIn(models.Func):
    """A condition for ``filter()``: the field is one of these ids.

    All ids are one parameter. With one for each, writing the statement would take
    longer than reading thousands of rows, and databases search an array faster than a
    list of values.
    """

    output_field = models.BooleanField()

    def __init__(self, field: str, ids: Iterable[int] | str) -> None:
        wanted = ids if isinstance(ids, str) else encode_ids(ids)
        super().__init__(models.F(field), models.Value(wanted))

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Compare with an array."""
        template = "%(expressions)s::bigint[])"
        return self.as_sql(
            compiler, connection, template=template, arg_joiner=" = ANY("
        )

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Compare with the values of a list in JSON."""
        template = "%(expressions)s))"
        return self.as_sql(
            compiler,
            connection,
            template=template,
            arg_joiner=" IN (SELECT value FROM json_each(",
        )


def encode_ids(ids: Iterable[int]) -> str:
    """Return ids as text: the one parameter that a statement has for all of them."""
    digits = ",".join(map(str, ids))
    # the brackets of an array and of a list are all that differs
    return f"{{{digits}}}" if connection.vendor == "postgresql" else f"[{digits}]"
