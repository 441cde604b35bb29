"""What each record type is, declared once by its domain and read by every surface.

A domain declares its record types in its module ``record_types``: the model, the
services that write its records, what is special about its fields, and what people are
told about it. The fields themselves come from the model. API, filters, forms, pages,
admin, search, bulk imports, CSV and OPTIONS read the declaration, so that a new record
type needs no line of theirs, and a new field needs nothing but the field.

Fields are referred to as attributes of their models (``DataProduct.name``,
``Object.components``), which type checkers follow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, TypeVar

from django.db import models

from registry.core.field_references import FieldReference, HasField, name_of
from registry.core.models import Record
from registry.core.permissions import Who
from registry.core.records import Values, create_records
from registry.core.row_types import RowType
from registry.core.rules import Rule, declare_rule
from registry.core.traits import (
    CO_OWNERS,
    Condition,
    ContentDigest,
    Context,
    FurtherFilter,
    KeyedFilter,
    LinkedRecords,
    MergeRule,
    ReverseFilter,
    Section,
    Sharing,
    Suggestion,
)

M = TypeVar("M", bound=models.Model)
R = TypeVar("R", bound=Record)


@dataclass(frozen=True, kw_only=True, eq=False)
class RecordType(RowType[R]):
    """One record type; every field that is not described here has a usual meaning."""

    #: What records of the type are, in one line for people.
    summary: str
    section: Section
    #: Its place among all types on pages; the lowest comes first.
    rank: int
    #: The fields of a list on pages; the first leads to the record.
    columns: tuple[FieldReference, ...]
    #: What links to a record and is shown with it, and own lists that have a cap.
    linked: tuple[LinkedRecords | FieldReference, ...] = ()
    #: Lists of this type's records that records of other types are shown with.
    shown_with_others: tuple[LinkedRecords, ...] = ()
    conditions: tuple[Condition, ...] = ()
    #: Filters by what is no field.
    further_filters: tuple[FurtherFilter, ...] = ()
    #: Filters by facts whose names people choose.
    keyed_filters: tuple[KeyedFilter, ...] = ()
    #: Filters of other types by the links that this type has to them.
    reverse_filters: tuple[ReverseFilter, ...] = ()
    #: Fields that only version 1.1.0 of the API has.
    newer: tuple[FieldReference, ...] = ()
    #: Whether the root of the API leaves the type out: clients of the older registry
    #: expect one of its types under each name there.
    outside_root: bool = False
    #: Links in the order in which OPTIONS lists them, where that differs from the
    #: order of the model; clients register the targets of links in this order.
    links_in_order: tuple[FieldReference, ...] = ()
    #: Stored fields that nobody sees or sets.
    hidden: tuple[FieldReference, ...] = ()
    #: Fields that must be given although the database can do without.
    required: tuple[FieldReference, ...] = ()
    #: Texts that a search looks through; without any, searches leave the type out.
    search_texts: tuple[FieldReference, ...] = ()
    context: Context | None = None
    suggestion: Suggestion | None = None
    caption: Callable[[R], str] = str

    #: What people are called whom an owner names to look after a record as well.
    sharing: Sharing = CO_OWNERS
    #: The links that lead to the record that this one describes, whose owners look
    #: after this one too.
    describes: tuple[FieldReference, ...] = ()
    #: The link to the account that the record is about, which can take it away.
    account: FieldReference | None = None
    #: Who can register records, and the rule that refuses others.
    registered_by: Who = Who.ANYBODY
    rule: Rule | None = None
    #: The service that registers rows; without one, a record is its row alone.
    register: Callable[..., Sequence[R]] | None = None
    #: The service by which an owner changes a record.
    change: Callable[..., R] | None = None
    #: The service by which an owner deletes a record.
    delete: Callable[..., None] | None = None
    #: Whether other records depend on a record, so that nobody can delete it now.
    has_dependents: Callable[[R], bool] | None = None
    #: The service by which administrators correct what its owner cannot change.
    correct: Callable[..., R] | None = None
    #: The link to the record that is withdrawn and put back together with this one.
    shares_fate_with: HasField | None = None
    #: What to do after a deleted record was restored.
    restored: Callable[[R], None] | None = None
    #: Raises ``Conflict`` for new values that would affect others; restoring asks it.
    guard: Callable[[R, Values], None] | None = None
    #: The digest by which the same content is one record.
    content: ContentDigest | None = None
    #: How curators merge duplicates; without it, nobody can.
    merge: MergeRule | None = None

    @property
    def kind(self) -> str:
        """The type's name in addresses and events."""
        return self.model.kind

    @property
    def title(self) -> str:
        """What one record is called."""
        return str(self.model._meta.verbose_name)

    @property
    def titles(self) -> str:
        """What several records are called."""
        return str(self.model._meta.verbose_name_plural)

    @property
    def changed_by(self) -> Who:
        """Who can change a record."""
        if self.change is not None:
            return Who.VIEWERS if self.is_private else Who.OWNERS
        return Who.ADMINISTRATORS if self.correct is not None else Who.NOBODY

    @property
    def deleted_by(self) -> Who:
        """Who can delete a record."""
        return Who.NOBODY if self.delete is None else self.withdrawn_by

    @property
    def withdrawn_by(self) -> Who:
        """Who can withdraw a record and put it back."""
        if self.is_private:
            return Who.VIEWERS
        if self.account is not None:
            return Who.OWNERS_AND_THE_PERSON
        return Who.OWNERS_AND_THOSE_OF_ITS_OBJECT if self.describes else Who.OWNERS

    @property
    def permissions(self) -> dict[str, Who]:
        """Who can do what with records of the type, by what is done."""
        return {
            "Register": self.registered_by,
            "Change": self.changed_by,
            "Delete": self.deleted_by,
            "Withdraw": self.withdrawn_by,
        }

    @property
    def permissions_text(self) -> str:
        """Who can do what, for people, in Markdown."""
        said = [f"- {done}: {who.value}." for done, who in self.permissions.items()]
        return "\n".join(said)

    @property
    def full_description(self) -> str:
        """The description with who can do what."""
        return f"{self.description}\n\nWho can do what:\n\n{self.permissions_text}"

    @cached_property
    def register_rows(self) -> Callable[..., Sequence[R]]:
        """The service that registers one record a row, all or none.

        It takes ``by``, the user, and ``validated``, which says that each field was
        validated already.
        """
        return self.register or partial(create_records, self.model)

    @cached_property
    def own_fields(self) -> dict[str, Any]:
        """The fields that the model declares, in its order, without hidden ones."""
        meta = self.model._meta
        left_out = {"id", "registered_by", "updated_by", "last_updated", "withdrawn"}
        left_out |= set(map(name_of, self.hidden))
        fields: list[Any] = [*meta.fields, *meta.many_to_many]
        fields.sort(key=lambda field: int(field.creation_counter))
        return {one.name: one for one in fields if one.name not in left_out}

    @cached_property
    def fields(self) -> dict[str, Any]:
        """The fields that a record is shown with, by name; lists of links too."""
        names = [*self.own_fields, *self.model.reverse_lists]
        names += [_name_of_linked(one) for one in self.linked]
        names += self.lists
        return {name: self.model._meta.get_field(name) for name in names}

    @cached_property
    def lists(self) -> dict[str, LinkedRecords]:
        """The lists of links with a cap, by name; other types add some."""
        own = [one for one in self.linked if isinstance(one, LinkedRecords)]
        added = [
            one
            for other in record_types()
            for one in other.shown_with_others
            if _model_of(one) is self.model
        ]
        return {one.name: one for one in (*own, *added)}

    @cached_property
    def writable_fields(self) -> dict[str, Any]:
        """The fields that a record is registered with, by name."""
        own = {name: one for name, one in self.own_fields.items() if one.editable}
        reverse = self.model.reverse_lists
        return own | {name: self.model._meta.get_field(name) for name in reverse}

    @cached_property
    def required_names(self) -> frozenset[str]:
        """The names of fields that must be given although the database needs none."""
        return frozenset(map(name_of, self.required))

    @cached_property
    def column_names(self) -> tuple[str, ...]:
        """The names of the fields of a list."""
        return tuple(map(name_of, self.columns))

    @cached_property
    def linked_columns(self) -> tuple[str, ...]:
        """The names of the columns that are links, whose targets a list names."""
        fields: dict[str, Any] = {
            name: self.model._meta.get_field(name) for name in self.column_names
        }
        return tuple(name for name, one in fields.items() if one.is_relation)


def _name_of_linked(linked: LinkedRecords | FieldReference) -> str:
    return linked.name if isinstance(linked, LinkedRecords) else name_of(linked)


def _model_of(linked: LinkedRecords) -> type[models.Model]:
    """Return the model whose records are shown with a list."""
    attribute: Any = linked.field
    model: type[models.Model] = attribute.rel.model
    return model


_DECLARED: dict[type[models.Model], RowType[Any]] = {}


def declare(*types: RowType[Any]) -> None:
    """Make types known, in the order in which the API lists them."""
    for one in types:
        if _DECLARED.setdefault(one.model, one) is not one:
            raise ValueError(f"{one.model.__name__} is declared already.")
        if isinstance(one, RecordType):
            _require_hidden_links(one)
        if isinstance(one, RecordType) and one.rule is not None:
            declare_rule(one.model, one.rule, is_private=one.is_private)


def _require_hidden_links(declared: RecordType[Any]) -> None:
    """Raise ``ValueError`` if other records would show that a private one links there.

    With ``related_name="+"`` no page, filter or look-up knows the way back.
    """
    if not declared.is_private:
        return
    fields: list[Any] = [
        *declared.model._meta.fields,
        *declared.model._meta.many_to_many,
    ]
    for field in fields:
        if field.is_relation and not field.remote_field.hidden:
            raise ValueError(f"{field} is of a private type: hide its other end.")


def record_types() -> list[RecordType[Any]]:
    """Return every record type, in the order of their declaration."""
    return [one for one in _DECLARED.values() if isinstance(one, RecordType)]


def record_types_by_rank() -> list[RecordType[Any]]:
    """Return every record type, in the order in which pages show them."""
    return sorted(record_types(), key=lambda one: one.rank)


def record_type_of(model: type[R]) -> RecordType[R]:
    """Return the declaration of a model; raises ``LookupError`` without one."""
    found = _DECLARED.get(model)
    if isinstance(found, RecordType):
        return found
    raise LookupError(f"{model.__name__} is not declared as a record type.")


def record_type_named(kind: str) -> RecordType[Any]:
    """Return the record type with this name in addresses, else ``LookupError``."""
    for one in record_types():
        if one.kind == kind:
            return one
    raise LookupError(f"There is no record type {kind[:100]}.")


def record_kinds() -> list[str]:
    """Return the names of all record types in addresses."""
    return [one.kind for one in record_types()]


def row_type_of(model: type[M]) -> RowType[M]:
    """Return the declaration of a model; raises ``LookupError`` without one."""
    return _DECLARED[model]


def is_shown(row: models.Model, viewer: Any) -> bool:
    """Return whether a viewer can see a row; those of undeclared types all can."""
    declared = _DECLARED.get(type(row))
    return declared is None or declared.shows(row.pk, viewer)


def is_private(model: type[models.Model]) -> bool:
    """Return whether rows of a model do not exist for some viewers."""
    declared = _DECLARED.get(model)
    return declared is not None and declared.is_private


def merge_rule_of(model: type[models.Model]) -> MergeRule | None:
    """Return how records of a model are merged; None if they never are."""
    declared = _DECLARED.get(model)
    return declared.merge if isinstance(declared, RecordType) else None


def content_of(model: type[models.Model]) -> ContentDigest | None:
    """Return the digest of the content of a model's records; None if they have none."""
    declared = _DECLARED.get(model)
    return declared.content if isinstance(declared, RecordType) else None


def natural_key_of(model: type[models.Model]) -> Any:
    """Return the field that links can name records of a model by, None without one."""
    declared = _DECLARED.get(model)
    if declared is None or declared.natural_key is None:
        return None
    return declared.natural_key.field
