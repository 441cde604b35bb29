"""What the parts of the contract stand on: a resource as data.

The fields of a resource are written as the contract writes them:
`severity=1, description, uuid, component_issues[]=`: `?` may be null, `[]` is a list,
`=` has this default, which is `=[]` or `={}` of a small document. A UUID is new unless
given; all else is required.
"""

from __future__ import annotations

import inspect
import json
import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from django.core.exceptions import FieldDoesNotExist
from django.db import models

from registry.core import validators
from registry.core.documents import DocumentField
from registry.core.links import has_uuid
from registry.core.models import Record
from tests.api.client import HOST, Api, path_of, url_of
from tests.api.contract.declared import declared_contract
from tests.factories import UserFactory, registrar, values_of

if TYPE_CHECKING:
    from registry.identity.models import User

_FIELD = re.compile(r"(?P<name>\w+)(?P<many>\[\])?(?P<null>\?)?(=(?P<default>.*))?")
_DEFAULTS: dict[str, Any] = {
    "": [],
    "true": True,
    "false": False,
    "[]": [],
    "{}": {},
}


#: Fields that filters compare with more and with less.
COMPARED = (models.DateTimeField, models.IntegerField, models.FloatField)


@dataclass(frozen=True)
class Field:
    """A field as the contract describes it."""

    name: str
    many: bool
    nullable: bool
    default: str | None

    @property
    def required(self) -> bool:
        """Whether a POST must have it."""
        has_default = self.default is not None or self.name == "uuid"
        return not (self.nullable or has_default)

    @property
    def default_value(self) -> Any:
        """What it is where a POST does not have it."""
        if self.default is None:
            return None
        known = _DEFAULTS.get(self.default)
        return _read_default(self.default) if known is None else known


def _read_default(text: str) -> Any:
    """Return a number or a list; another text is the default itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def read_fields(text: str) -> dict[str, Field]:
    """Read fields in the notation of the contract."""
    fields = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        found = _FIELD.fullmatch(part)
        assert found, part
        fields[found["name"]] = Field(
            found["name"], bool(found["many"]), bool(found["null"]), found["default"]
        )
    return fields


Cases = Callable[[type["Contract"]], Sequence[Any]]

#: Tests with one of these arguments run once for each of its values, and those with a
#: list, once for all of it. A resource for which there is none does not have the test.
CASES: dict[str, Cases] = {
    "change": lambda of: ("PUT", "PATCH") if of.changeable else (),
    "refused_method": lambda of: of.refused_methods(),
    "removal": lambda of: ("DELETE",) if of.removable else (),
    "unique_set": lambda of: of.unique_sets(),
    "unique_together": lambda of: [s for s in of.unique_sets() if len(s) > 1],
}
LISTS: dict[str, Cases] = {
    "booleans": lambda of: of.of_kind(models.BooleanField),
    "boolean_filters": lambda of: of.boolean_filters(),
    "exact_filters": lambda of: [n for n in of.filters() if of.is_exact(n)],
    "globs": lambda of: [n for n in of.filters() if of.is_glob(n)],
    "links": lambda of: [n for n in of.fields() if of.is_link(n)],
    "link_filters": lambda of: [n for n in of.filters() if of.is_link(n)],
    "nullable": lambda of: [n for n, f in of.fields().items() if f.nullable],
    "nullable_texts": lambda of: of.nullable_texts(),
    "parsed_filters": lambda of: [n for n in of.filters() if not of.is_text(n)],
    "plain_filters": lambda of: of.plain_filters(),
    "required": lambda of: [n for n, f in of.fields().items() if f.required],
    "uuid_filters": lambda of: of.uuid_filters(),
}
_ALL_CASES = {**CASES, **LISTS}


class Contract:
    """A resource and what is known of it. Subclasses are the tests."""

    #: Makes records, with a value in every field.
    factory: ClassVar[Any]
    #: The name in addresses.
    endpoint: ClassVar[str]
    #: The fields of a POST, and those that are only read, in the contract's notation.
    writable: ClassVar[str] = ""
    read_only: ClassVar[str] = ""
    #: Sets of fields that are unique together, beside the UUID.
    unique: ClassVar[tuple[str, ...]] = ()
    #: Fields that are not required, but of which a record must have one.
    at_least: ClassVar[tuple[str, ...]] = ()
    #: Filters by what is no field of the record.
    more_filters: ClassVar[tuple[str, ...]] = ()
    #: Texts with a length of their own.
    lengths: ClassVar[dict[str, int]] = {}
    #: What cannot be filtered by: addresses that are made from the id.
    unfiltered: ClassVar[tuple[str, ...]] = ()
    #: Whether PUT and PATCH, and DELETE, are there.
    changeable: ClassVar[bool] = False
    removable: ClassVar[bool] = False
    #: What a change must leave as it is, and with which values it is free to change.
    keeps: ClassVar[tuple[str, ...]] = ()
    #: What a change must have beside its values.
    said_of_change: ClassVar[dict[str, Any]] = {}
    loose: ClassVar[dict[str, Any]] = {}
    #: Tests of the contract in whose place the resource has tests of its own.
    replaces: ClassVar[tuple[str, ...]] = ()
    #: Queries for what a row has in other tables, and for a POST of one record.
    lists: ClassVar[int] = 0
    posting: ClassVar[int] = 0
    #: How many fewer PostgreSQL takes for a POST, which stores links and parts together
    #: with the events. A lock of names takes one more there.
    fewer_on_postgresql: ClassVar[int] = 0
    #: The roles of the person who registers records.
    roles: ClassVar[tuple[str, ...]] = ()
    #: Queries that find out who reads, and what they can see, where not all is for all.
    deciding: ClassVar[int] = 0
    #: The roles of people who can register anything, and see what others registered.
    powers: ClassVar[tuple[str, ...]] = ("curator",)
    #: Whether people without an account may read.
    public: ClassVar[bool] = True

    pytestmark: ClassVar[Any] = pytest.mark.django_db

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Drop tests that have no case for this resource, or that it replaces."""
        super().__init_subclass__(**kwargs)
        if not hasattr(cls, "factory"):
            return
        if not hasattr(cls, "endpoint"):
            cls._take_declared()
        tests = dict(inspect.getmembers(cls, inspect.isfunction))
        for name, function in tests.items():
            arguments = set(inspect.signature(function).parameters) & set(_ALL_CASES)
            if any(not _ALL_CASES[argument](cls) for argument in arguments):
                setattr(cls, name, None)
        assert tests.keys() >= {*cls.replaces}
        for name in cls.replaces:
            setattr(cls, name, None)

    @classmethod
    def _take_declared(cls) -> None:
        """Take from the declaration what the class does not say itself."""
        for name, value in declared_contract(cls.model()).items():
            if name not in vars(cls):
                setattr(cls, name, value)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run a test for each of its cases, or once for a list of them."""
        for argument in filter(CASES.__contains__, metafunc.fixturenames):
            cases = CASES[argument](type(self))
            ids = [
                "+".join([case] if isinstance(case, str) else case) for case in cases
            ]
            metafunc.parametrize(argument, cases, ids=ids)
        for argument in filter(LISTS.__contains__, metafunc.fixturenames):
            metafunc.parametrize(argument, [LISTS[argument](type(self))], ids=["all"])

    # --- what is known of the resource -----------------------------------------------

    @classmethod
    def model(cls) -> type[models.Model]:
        """Return the model."""
        found: type[models.Model] = cls.factory._meta.model
        return found

    @classmethod
    def fields(cls) -> dict[str, Field]:
        """Return the fields that a POST may have."""
        return read_fields(cls.writable)

    @classmethod
    def shown_fields(cls) -> set[str]:
        """Name all fields of a record."""
        own = {*cls.fields(), *read_fields(cls.read_only)}
        is_record = issubclass(cls.model(), Record)
        of_all = {"last_updated", "updated_by", "withdrawn"} if is_record else set()
        return {"url", *own} | of_all

    @classmethod
    def filters(cls) -> list[str]:
        """Name what a list can be filtered by: every field of the record.

        The filter for withdrawn records is unlike the others, and small documents have
        none.
        """
        names = cls.shown_fields() - {"url", "withdrawn", *cls.unfiltered}
        return sorted(name for name in names if not cls.is_document(name))

    @classmethod
    def all_filters(cls) -> set[str]:
        """Name every filter of a list: also the further ones, and comparisons."""
        if not issubclass(cls.model(), Record):
            return {*cls.filters()}
        names = {*cls.filters(), *cls.more_filters}
        compared = {
            f"{name}__{lookup}"
            for name in names
            for lookup in ("gte", "lte", "gt", "lt")
            if isinstance(cls.field(name), COMPARED)
        }
        empty = {f"{name}__isnull" for name in names if cls._can_be_empty(name)}
        return names | compared | empty | {"withdrawn"}

    @classmethod
    def _can_be_empty(cls, name: str) -> bool:
        if name in cls.more_filters:
            # which are no links
            return name not in {"sha256", "verified"}
        field = cls.field(name)
        if field is None:
            return False
        return not field.concrete or bool(field.many_to_many or field.null)

    @classmethod
    def orderings(cls) -> list[str]:
        """Name what a list can be ordered by: stored values that fit an address."""
        return [name for name in cls.filters() if cls._is_orderable(name)]

    @classmethod
    def _is_orderable(cls, name: str) -> bool:
        field = cls.field(name)
        if field is None or not field.concrete or field.many_to_many:
            return False
        long = isinstance(field, models.TextField) or name == "path"
        return not long

    @classmethod
    def unique_sets(cls) -> list[tuple[str, ...]]:
        """Return the sets of fields that are unique together."""
        sets = [tuple(re.split(r",\s*", text)) for text in cls.unique]
        return [*sets, ("uuid",)] if "uuid" in cls.fields() else sets

    @classmethod
    def refused_methods(cls) -> list[str]:
        """Name the methods that a record's URL answers with 405."""
        allowed = {"PUT", "PATCH"} if cls.changeable else set()
        allowed |= {"DELETE"} if cls.removable else set()
        return sorted({"POST", "PUT", "PATCH", "DELETE"} - allowed)

    @classmethod
    def field(cls, name: str) -> Any:
        """Return the model's field; None for what the database computes."""
        try:
            return cls.model()._meta.get_field(name)
        except FieldDoesNotExist:
            return None

    @classmethod
    def is_link(cls, name: str) -> bool:
        """Tell whether a field holds links."""
        field = cls.field(name)
        return field is not None and bool(field.is_relation)

    @classmethod
    def is_document(cls, name: str) -> bool:
        """Tell whether a field holds a small document."""
        return isinstance(cls.field(name), DocumentField)

    @classmethod
    def is_text(cls, name: str) -> bool:
        """Tell whether a field holds text."""
        return isinstance(cls.field(name), models.CharField | models.TextField)

    @classmethod
    def is_glob(cls, name: str) -> bool:
        """Tell whether a field refuses what filters use as wildcards."""
        return (
            cls.is_text(name) and validators.validate_name in cls.field(name).validators
        )

    @classmethod
    def is_exact(cls, name: str) -> bool:
        """Tell whether a field is a text that is found by all of it."""
        return cls.is_text(name) and not cls.is_glob(name)

    @classmethod
    def is_address(cls, name: str) -> bool:
        """Tell whether a text is an address; those of accounts have no globs either."""
        field = cls.field(name)
        is_root = validators.validate_storage_root in field.validators
        is_url = is_root or isinstance(field, models.URLField)
        return is_url or not issubclass(cls.model(), Record)

    @classmethod
    def boolean_filters(cls) -> list[str]:
        """Name the filters by true and false; computed fields are such."""
        return [
            name
            for name in cls.filters()
            if isinstance(cls.field(name), models.BooleanField | None)
        ]

    @classmethod
    def plain_filters(cls) -> list[str]:
        """Name the filters by values of which there are many."""
        flags = cls.boolean_filters()
        return [n for n in cls.filters() if not cls.is_link(n) and n not in flags]

    @classmethod
    def uuid_filters(cls) -> list[str]:
        """Name the filters by links to what has a UUID."""
        links = [name for name in cls.filters() if cls.is_link(name)]
        return [name for name in links if has_uuid(cls.field(name).related_model)]

    @classmethod
    def nullable_texts(cls) -> list[str]:
        """Name the texts that may be null."""
        return [n for n, f in cls.fields().items() if f.nullable and cls.is_text(n)]

    @classmethod
    def of_kind(cls, *kinds: type) -> list[str]:
        """Name the writable fields of these kinds."""
        return [n for n in cls.fields() if isinstance(cls.field(n), kinds)]

    # --- what the tests use ----------------------------------------------------------

    @property
    def list_path(self) -> str:
        """Return the path of the list."""
        return f"/api/{self.endpoint}/"

    def make(self, **given: Any) -> Any:
        """Register a record; `by` says who does."""
        return self.factory(**given)

    def body(self, **given: Any) -> dict[str, Any]:
        """Return a body for a POST, with every field."""
        values = values_of(self.factory, **given)
        return {name: as_json(value) for name, value in values.items()}

    def form(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return a body as a form sends it: documents as the text of their JSON."""
        return {
            name: json.dumps(value) if self.is_document(name) else value
            for name, value in body.items()
        }

    def shown(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return values as a record shows them."""
        return {name: self._shown(name, value) for name, value in values.items()}

    def _shown(self, name: str, value: Any) -> Any:
        if not self.is_document(name):
            return as_shown(value)
        return self.field(name).shape.show(
            value, lambda kind, pk: f"{HOST}/api/{kind}/{pk}/"
        )

    def ids_with_same_value(self, target: Any, name: str) -> list[int]:
        """Return the records that have the same value of a stored field."""
        rows = self.model()._default_manager
        value = rows.values_list(name, flat=True).get(pk=target.pk)
        return list(
            rows.filter(**{name: value}).order_by("-pk").values_list("pk", flat=True)
        )

    def wrong_body(self) -> dict[str, Any]:
        """Return a body that is refused."""
        body = self.body()
        return body | {next(iter(body)): {"no": "value"}}

    def twins(self, fields: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the values of two records that share these fields and no others."""
        first, second = values_of(self.factory), values_of(self.factory)
        return first, second | {name: first[name] for name in fields}

    def empties(self) -> list[dict[str, Any]]:
        """Return the fields that can be null, those together that go together."""
        return [{name: None} for name, one in self.fields().items() if one.nullable]

    def surround(self, record: Any) -> None:
        """Register what fills the record's read-only lists."""

    @cached_property
    def reader(self) -> Api:
        """Who may read: anybody, or somebody with an account."""
        return Api() if self.public else Api(UserFactory())

    def count(self) -> int:
        """Return the number of records."""
        return self.model()._default_manager.count()

    @pytest.fixture
    def person(self) -> User:
        """Return the owner of all records, who has no roles but these."""
        return registrar(roles=self.roles)

    @pytest.fixture
    def api(self, person: User) -> Api:
        """Return requests of that person."""
        return Api(person)


def as_json(value: Any) -> Any:
    """Return a value as a client sends it; links as paths."""
    match value:
        case models.Model():
            return path_of(value)
        case list():
            return [as_json(item) for item in value]
        case datetime():
            return value.isoformat()
        case uuid.UUID():
            return str(value)
    return value


def as_shown(value: Any) -> Any:
    """Return a value as a record shows it."""
    match value:
        case models.Model():
            return url_of(value)
        case [models.Model(), *_]:
            return sorted(as_shown(item) for item in value)
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case uuid.UUID():
            return str(value)
    return value


def shown_of(record: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Return some fields of a record that was answered; links in a sure order."""
    return {
        name: sorted(record[name]) if _are_links(record[name]) else record[name]
        for name in names
    }


def _are_links(value: Any) -> bool:
    """Tell whether a value is a list of links; the order of a document is its own."""
    return isinstance(value, list) and all(
        isinstance(item, str) and item.startswith(HOST) for item in value
    )


def id_of(url: str) -> int:
    """Return the id in a record's URL."""
    return int(url.removeprefix(HOST).rstrip("/").rpartition("/")[2])
