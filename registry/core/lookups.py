"""SQL that differs between the databases: glob look-ups and what belongs to rows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models.expressions import RawSQL

from registry.core.globs import AnyText, Glob, Literal, One, Part, Set, parse_glob
from registry.core.postgresql import KEPT

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
        sets = [part for part in glob if isinstance(part, Set)]
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
        case One():
            return dot
        case Set(negated, ranges):
            members = "".join(f"{_escaped(a)}-{_escaped(b)}" for a, b in ranges)
            return f"[{'^' if negated else ''}{members}]"


def _escaped(character: str) -> str:
    return f"\\U{ord(character):08x}"


def wanted_ids(ids: Iterable[int]) -> tuple[str, Any]:
    """Return what to select ``wanted.id`` from, a row an id, and its parameter.

    One parameter, whatever the number of ids: the statement stays the same.
    """
    values = list(ids)
    if connection.vendor == "postgresql":
        return "unnest(%s::bigint[]) AS wanted(id)", values
    return "(SELECT value AS id FROM json_each(%s)) AS wanted", json.dumps(values)


class Among(models.Func):
    """Whether a field is one of many ids, for ``filter()``; they are one parameter.

    A parameter for each would take longer to write down than thousands of rows to read,
    and databases look up an array sooner than a list of values.
    """

    output_field = models.BooleanField()

    def __init__(self, field: str, ids: Iterable[int] | str) -> None:
        wanted = ids if isinstance(ids, str) else listed(ids)
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


def listed(ids: Iterable[int]) -> str:
    """Return ids as the one parameter that they are in a statement."""
    digits = ",".join(map(str, ids))
    # the brackets of an array and of a list are all that differs
    return f"{{{digits}}}" if connection.vendor == "postgresql" else f"[{digits}]"


def existing_ids(
    wanted: Mapping[type[models.Model], Iterable[int]],
) -> dict[type[models.Model], list[int]]:
    """Return which of these ids there are, of each model; one statement for all."""
    kinds, selects, parameters = list(wanted), [], []
    for number, model in enumerate(kinds):
        source, parameter = wanted_ids(wanted[model])
        table = connection.ops.quote_name(model._meta.db_table)
        selects.append(f"SELECT {number}, id FROM {table} JOIN {source} USING (id)")  # noqa: S608
        parameters.append(parameter)
    found: dict[type[models.Model], list[int]] = {model: [] for model in kinds}
    if selects:
        with connection.cursor() as cursor:
            cursor.execute(KEPT + " UNION ALL ".join(selects), parameters)
            for number, pk in cursor.fetchall():
                found[kinds[number]].append(pk)
    return found


@dataclass(frozen=True)
class RelatedIds:
    """One list of ids to fetch beside each row.

    The list is ``column`` of the rows of ``table`` whose ``key`` is the row's id. With
    ``newest`` only that many, the latest first; otherwise all, oldest first.
    """

    table: str
    key: str
    column: str
    newest: int | None = None

    def select(self) -> str:
        """Write the column; names come from model metadata, never users."""
        quote = connection.ops.quote_name
        inner = (
            f"SELECT {quote(self.column)} AS id FROM {quote(self.table)} "  # noqa: S608
            f"WHERE {quote(self.key)} = wanted.id ORDER BY {quote(self.column)}"
        )
        if self.newest is not None:
            inner = f"{inner} DESC LIMIT {self.newest}"
        if connection.vendor == "postgresql":
            return f"ARRAY({inner})"
        return f"(SELECT json_group_array(id) FROM ({inner}))"  # noqa: S608

    def parse(self, cell: str) -> list[int]:
        """Return the ids, of which SQLite makes a text."""
        ids: list[int] = json.loads(cell)
        return ids


@dataclass(frozen=True)
class RelatedCondition:
    """Whether ``condition`` holds for a record of ``model``, to fetch beside its row.

    It has no values of its own in it, but for what it compares with the record.
    """

    model: type[models.Model]
    condition: models.Exists

    def select(self) -> str:
        """Write the column, as Django writes the condition."""
        row = self.model._default_manager.order_by().filter(pk=RawSQL("wanted.id", ()))
        inner, parameters = row.values_list(self.condition).query.sql_with_params()
        if any(value != 1 for value in parameters):
            raise ValueError(f"{self.condition} has values of its own: {parameters}")
        # what EXISTS selects of a row that there is
        return f"({inner % parameters})"

    def parse(self, cell: int) -> bool:
        """Return the answer, which is a number from SQLite."""
        return bool(cell)


Related = RelatedIds | RelatedCondition


class RelatedQuery:
    """Fetch what belongs to many rows in one statement.

    Each is a correlated subquery over an index, so that a row costs the same however
    large its table is, and an embedded list can be cut short.
    """

    def __init__(self, related: Sequence[Related]) -> None:
        self.related = tuple(related)

    @cached_property
    def _columns(self) -> str:
        return ", ".join(item.select() for item in self.related)

    def fetch(self, ids: Iterable[int]) -> dict[int, tuple[Any, ...]]:
        """Return for each id what belongs to it, in the order it was asked for."""
        wanted = list(ids)
        if not self.related or not wanted:
            return {}
        source, parameter = wanted_ids(wanted)
        statement = f"{KEPT}SELECT wanted.id, {self._columns} FROM {source}"  # noqa: S608
        with connection.cursor() as cursor:
            cursor.execute(statement, [parameter])
            rows = cursor.fetchall()
        read = self._read
        return {row[0]: read(row[1:]) for row in rows}

    def beside(self, statement: str, columns: int) -> str:
        """Make a statement select all of it too, behind its own columns.

        The first of its ``columns`` must be the id.
        """
        if not self.related:
            return statement
        names = ", ".join(["id", *(f"c{number}" for number in range(1, columns))])
        return (
            f"WITH wanted({names}) AS ({statement}) "  # noqa: S608
            f"SELECT wanted.*, {self._columns} FROM wanted"
        )

    def read(self, cells: Sequence[Any]) -> tuple[Any, ...]:
        """Return what a row has been selected with."""
        return self._read(cells)

    @cached_property
    def _read(self) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
        # arrays and truth values come as such from PostgreSQL
        return tuple if connection.vendor == "postgresql" else self._parse

    def _parse(self, cells: Sequence[Any]) -> tuple[Any, ...]:
        pairs = zip(self.related, cells, strict=True)
        return tuple(item.parse(cell) for item, cell in pairs)
