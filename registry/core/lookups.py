"""SQL that differs between the databases: glob lookups and lists of ids."""

from __future__ import annotations

import json
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

#: The beginning of a statement that PostgreSQL prepares, because its plan is the same
#: for all values.
PREPARE_HINT = "/* prepared */ "

#: Half of a pair of code units, which is no character.
_SURROGATE = re.compile("[\ud800-\udfff]")
#: Any one character in Python's regular expressions.
_ANY_CHARACTER = r"[\s\S]"


class GlobLookup(models.Lookup):  # type: ignore[type-arg]
    """``name__glob="fixed-parameters/*"``: anchored and case-sensitive.

    ``*`` is any text (``/`` too), ``?`` one character, ``[abc]`` one of a set,
    ``[!a]`` one outside it, as in a POSIX shell. A pattern without wildcards is plain
    equality and uses an index; so does a constant beginning.
    """

    lookup_name = "glob"
    prepare_rhs = False

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """Return SQL with GLOB, or with a regular expression of Python for sets."""
        return self._compare(compiler, connection, ("GLOB", sqlite_glob), "REGEXP")

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """Return SQL with LIKE, or with a regular expression for sets."""
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
        operator, write_pattern = plain
        return f"{column} {operator} %s", [*params, write_pattern(glob)]


class InAnyCase(models.Lookup):  # type: ignore[type-arg]
    """``name__in_any_case="mort"``: the text contains this, in capitals or not.

    Unlike Django's ``icontains`` it compares the column itself, of which PostgreSQL can
    have an index of trigrams.
    """

    lookup_name = "in_any_case"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """Return SQL with the operator of the database that ignores the case."""
        column, params = self.process_lhs(compiler, connection)
        pattern = like_pattern((AnyText(), Literal(str(self.rhs)), AnyText()))
        is_sqlite = connection.vendor == "sqlite"
        comparison = "LIKE %s ESCAPE '\\'" if is_sqlite else "ILIKE %s"
        return f"{column} {comparison}", [*params, pattern]


def sqlite_glob(glob: Glob) -> str:
    """Return a glob without sets as a pattern for SQLite's GLOB.

    A set of one character escapes that character.
    """
    return "".join(
        re.sub(r"[\[*?]", lambda found: f"[{found[0]}]", part.text)
        if isinstance(part, Literal)
        else ("*" if isinstance(part, AnyText) else "?")
        for part in glob
    )


def like_pattern(glob: Glob) -> str:
    r"""Return a glob without sets as a pattern for LIKE, with ``\`` as the escape."""
    return "".join(
        re.sub(r"([\\%_])", r"\\\1", part.text)
        if isinstance(part, Literal)
        else ("%" if isinstance(part, AnyText) else "_")
        for part in glob
    )


def posix_pattern(glob: Glob) -> str:
    """Return a glob as an anchored regular expression of PostgreSQL.

    Every character is escaped by its number, so that none has a special meaning.
    """
    return f"^{_regex(glob, '.')}$"


def python_pattern(glob: Glob) -> str:
    """Return a glob as an anchored regular expression of Python.

    The text between two stars is matched once, from the left, in an atomic group: the
    first match leaves the most text for the rest. With plain stars, each further star
    would raise the time by another power of the length of the text.
    """
    first, *rest = (_regex(parts, _ANY_CHARACTER) for parts in _split_at_stars(glob))
    middle = "".join(f"(?>{_ANY_CHARACTER}*?{parts})" for parts in rest[:-1])
    last = f"{_ANY_CHARACTER}*{rest[-1]}" if rest else ""
    return rf"^{first}{middle}{last}\Z"


def _split_at_stars(glob: Glob) -> Iterator[Glob]:
    """Yield the parts of a glob between its stars."""
    start = 0
    for position, part in enumerate(glob):
        if isinstance(part, AnyText):
            yield glob[start:position]
            start = position + 1
    yield glob[start:]


def _regex(glob: Glob, dot: str) -> str:
    return "".join(_regex_part(part, dot) for part in glob)


def _regex_part(part: Part, dot: str) -> str:
    match part:
        case Literal(text):
            return "".join(map(_escape, text))
        case AnyText():
            return f"{dot}*"
        case AnyCharacter():
            return dot
        case CharacterSet(negated, ranges):
            members = "".join(f"{_escape(a)}-{_escape(b)}" for a, b in ranges)
            return f"[{'^' if negated else ''}{members}]"


def _escape(character: str) -> str:
    return f"\\U{ord(character):08x}"


def ids_source(ids: Iterable[int]) -> tuple[str, str]:
    """Return a table expression with one row for each id, and its parameter.

    Select ``wanted.id`` from it. All ids are one parameter, so the statement is the
    same for any number of ids.
    """
    if connection.vendor == "postgresql":
        return "unnest(%s::bigint[]) AS wanted(id)", encode_ids(ids)
    return "(SELECT value AS id FROM json_each(%s)) AS wanted", encode_ids(ids)


class IdIn(models.Func):
    """A condition for ``filter()``: the field is one of these ids.

    All ids are one parameter. With one parameter for each, writing the statement would
    take longer than reading thousands of rows. Databases also search an array faster
    than a list of values.
    """

    output_field = models.BooleanField()

    def __init__(self, field: str, ids: Iterable[int] | str) -> None:
        wanted = ids if isinstance(ids, str) else encode_ids(ids)
        super().__init__(models.F(field), models.Value(wanted))

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Return SQL that compares with an array."""
        template = "%(expressions)s::bigint[])"
        return self.as_sql(
            compiler, connection, template=template, arg_joiner=" = ANY("
        )

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Return SQL that compares with the values of a JSON list."""
        template = "%(expressions)s))"
        return self.as_sql(
            compiler,
            connection,
            template=template,
            arg_joiner=" IN (SELECT value FROM json_each(",
        )


class RowComparison(models.Func):
    """A condition for ``filter()``: columns, compared with values as one row.

    ``operator`` is ``<`` or ``>``. An index on the columns, in their order, has these
    rows next to each other; with the same condition column by column, databases read
    the index from its beginning.
    """

    output_field = models.BooleanField()

    def __init__(
        self, columns: Iterable[str], operator: str, values: Iterable[models.Value]
    ) -> None:
        super().__init__(*map(models.F, columns), *values)
        self.operator = operator

    def as_sql(  # type: ignore[override]
        self, compiler: Any, connection: Any, **context: Any
    ) -> Any:
        """Return SQL that compares two rows."""
        parts = [compiler.compile(one) for one in self.source_expressions]
        half = len(parts) // 2
        own, others = (
            ", ".join(part for part, _ in some) for some in (parts[:half], parts[half:])
        )
        parameters = [one for _, given in parts for one in given]
        return f"({own}) {self.operator} ({others})", parameters


class TextIn(models.Func):
    """A condition for ``filter()``: the field is one of these texts.

    All texts are one parameter, so the statement is the same for any number of them,
    and can be compiled once.
    """

    output_field = models.BooleanField()

    def __init__(self, field: str, texts: Iterable[str] | str) -> None:
        wanted = texts if isinstance(texts, str) else encode_texts(texts)
        super().__init__(models.F(field), models.Value(wanted))

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Return SQL that compares with an array, which an index can be searched by."""
        template = "%(expressions)s::json)))"
        joiner = " = ANY(ARRAY(SELECT json_array_elements_text("
        return self.as_sql(compiler, connection, template=template, arg_joiner=joiner)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Return SQL that compares with the values of a JSON list."""
        template = "%(expressions)s))"
        joiner = " IN (SELECT value FROM json_each("
        return self.as_sql(compiler, connection, template=template, arg_joiner=joiner)


def encode_texts(texts: Iterable[str]) -> str:
    """Return texts as one, for ``TextIn``; those that no database holds are left out.

    PostgreSQL stores no NUL, and no half of a surrogate pair has an encoding.
    """
    return json.dumps(
        [one for one in texts if "\0" not in one and not _SURROGATE.search(one)]
    )


def encode_ids(ids: Iterable[int]) -> str:
    """Return ids as one text, which is a single parameter of a statement."""
    digits = ",".join(map(str, ids))
    # only the brackets of an array and of a JSON list differ
    return f"{{{digits}}}" if connection.vendor == "postgresql" else f"[{digits}]"
