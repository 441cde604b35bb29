"""What a record type can declare of itself beside its fields and services."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from registry.core.field_references import FieldReference, HasField, name_of

if TYPE_CHECKING:
    from django.db.models import Q
    from django.db.models.expressions import Exists

    from registry.core.records import Values
    from registry.core.related import RelatedFlag


@dataclass(frozen=True, kw_only=True)
class Sharing:
    """What people are called whom an owner names to look after a record as well.

    ``path`` follows the address of the record. If ``is_passed_on``, they can name
    others too.
    """

    path: str
    title: str
    titles: str
    is_passed_on: bool = False


CO_OWNERS = Sharing(path="co_owners", title="co-owner", titles="co-owners")
MEMBERS = Sharing(path="members", title="member", titles="members", is_passed_on=True)


@dataclass(frozen=True, kw_only=True)
class MergeRule:
    """How curators merge duplicates of a record.

    Empty fields among ``fills`` take the value of a merged record; ``complete`` adds
    what is derived from them. With ``spelling``, labels of other records stay and only
    get that value of the kept one.
    """

    fills: tuple[FieldReference, ...] = ()
    complete: Callable[[Values], Values] = dict
    spelling: HasField | None = None


@dataclass(frozen=True, kw_only=True)
class ContentDigest:
    """A unique field with a digest of the content of a record.

    ``digest`` computes it from a record. Merging computes it again for the records
    whose links it moves.
    """

    field: HasField
    digest: Callable[[Any], str]

    @property
    def name(self) -> str:
        """The name of the field."""
        return str(self.field.field.name)


@dataclass(frozen=True)
class Section:
    """A heading that record types are listed under; lower ranks come first."""

    title: str
    rank: int


@dataclass(frozen=True, kw_only=True)
class LinkedRecords:
    """A list of links that a record is shown with, as far as a cap.

    A list that grows for ever begins with the newest; others begin with the oldest.
    ``all_help_text`` describes the address of the whole list.
    """

    field: FieldReference
    help_text: str
    all_help_text: str
    grows: bool = False

    @property
    def name(self) -> str:
        """The name of the list."""
        return name_of(self.field)


@dataclass(frozen=True, kw_only=True)
class ReverseFilter:
    """A filter of the type that ``link`` leads to, by the records that have the link.

    ``name`` is what the older registry calls them.
    """

    name: str
    link: HasField


@dataclass(frozen=True, kw_only=True)
class FurtherFilter:
    """A filter by something that is no field of a record.

    ``parse`` returns the value of a text, or raises ``ValidationError``; ``rows`` is
    the condition for the records with this value.
    """

    name: str
    help_text: str
    explanation: str
    #: The form of a text, as a regular expression of ECMAScript.
    pattern: str
    parse: Callable[[str], str]
    rows: Callable[[str], Q]


@dataclass(frozen=True, kw_only=True)
class KeyedFilter:
    """Filters by facts whose names people choose, such as ``annotation.RCP=45``.

    The name of the fact follows the ``prefix``; one of the ``comparisons`` can follow
    after two underscores. ``rows`` returns the condition for the records by the name,
    the comparison (``exact`` without one) and the text, or raises ``ValidationError``.
    """

    prefix: str
    help_text: str
    explanation: str
    comparisons: tuple[str, ...]
    rows: Callable[[str, str, str], Q]


@dataclass(frozen=True, kw_only=True)
class Condition:
    """A fact that the database computes for a record: true or false.

    ``holds`` is the condition for filters; ``column`` selects it beside a row.
    """

    name: str
    help_text: str
    holds: Exists
    column: RelatedFlag


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """How a record is suggested as people type, where its columns do not say enough.

    ``texts`` are looked through; ``linked`` is read along; ``label`` names the record.
    ``between`` are characters that the label puts between texts: in what people type,
    they count as blanks.
    """

    texts: tuple[str, ...]
    label: Callable[[Any], str]
    linked: FieldReference | None = None
    between: str = ""


@dataclass(frozen=True, kw_only=True)
class Context:
    """The link that tells records of the same name apart, and what to say of it."""

    link: FieldReference
    describe: Callable[[Any], str]
