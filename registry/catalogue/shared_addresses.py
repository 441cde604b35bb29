"""Refuse records whose address by their names would be that of another record.

The namespace ``n`` with the product ``y:z`` and the namespace ``n:y`` with the product
``z`` would both be at ``/data_product/n:y:z@1.0.0``, and so it is with identifiers and
titles of external objects. A file that somebody cites must not depend on who reads the
address, so the second of such records is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from registry.catalogue.models import DataProduct, ExternalObject
from registry.catalogue.names import splits_of
from registry.core.errors import Conflict, RegistryError
from registry.core.lookups import TextIn
from registry.core.name_locks import lock_names

if TYPE_CHECKING:
    from registry.core.records import Values
    from registry.core.rules import Rule


class Cited(NamedTuple):
    """What an address is made from: the two names with a colon between, the version."""

    first: str
    second: str
    version: str

    @property
    def others(self) -> set[Cited]:
        """What else the same address can be made from."""
        readings = splits_of(f"{self.first}:{self.second}")
        return {Cited(*names, self.version) for names in readings} - {self}


class Names(NamedTuple):
    """The fields of a type that its addresses are made from, beside the version."""

    model: type[DataProduct | ExternalObject]
    first: str
    second: str


_OF_PRODUCTS = Names(DataProduct, "namespace__name", "name")
_OF_EXTERNALS = Names(ExternalObject, "alternate_identifier", "title")


def refuse_shared_products(named: Mapping[int, Cited]) -> dict[int, RegistryError]:
    """Return the refusals of new data products, by their row numbers."""
    return _refuse(named, _OF_PRODUCTS)


def refuse_shared_externals(
    externals: Sequence[ExternalObject],
) -> dict[int, RegistryError]:
    """Return the refusals of new external objects, by their row numbers."""
    named = {
        number: Cited(one.alternate_identifier, one.title, one.version)
        for number, one in enumerate(externals)
        if one.alternate_identifier is not None
    }
    return _refuse(named, _OF_EXTERNALS)


def require_own_address(external: ExternalObject, values: Values) -> None:
    """Raise ``Conflict`` if a change gives a record the address of another."""
    identifier = values.get("alternate_identifier", external.alternate_identifier)
    cited = Cited(
        identifier or "", values.get("title", external.title), external.version
    )
    before = (external.alternate_identifier or "", external.title)
    if identifier and before != cited[:2]:
        for refused in _refuse({0: cited}, _OF_EXTERNALS).values():
            raise refused


def with_own_address(rule: Rule) -> Rule:
    """Return a rule of external objects that also refuses the address of another."""
    return lambda records, by: {**refuse_shared_externals(records), **rule(records, by)}


def _refuse(named: Mapping[int, Cited], names: Names) -> dict[int, RegistryError]:
    others = {number: one.others for number, one in named.items()}
    wanted = {cited for readings in others.values() for cited in readings}
    if not wanted:
        return {}
    lock_names(f"{cited.first}:{cited.second}" for cited in wanted)
    found = _on_record(wanted, names)
    title = str(names.model._meta.verbose_name)
    return {
        number: _conflict(title, cited)
        for number, readings in others.items()
        for cited in readings & found
    }


def _conflict(title: str, cited: Cited) -> Conflict:
    """Return the refusal; the other record can be one of the same request."""
    first, second, version = cited
    return Conflict(
        f"The address {first}:{second}@{version} is that of another {title}, "
        f"{second[:200]!r} of {first[:200]!r}: choose another name."
    )


def _on_record(wanted: set[Cited], names: Names) -> set[Cited]:
    """Return what the addresses of records are made from, these among them."""
    columns = (names.first, names.second, "version")
    rows = names.model._default_manager.order_by()
    for column, values in zip(columns, zip(*wanted, strict=True), strict=True):
        rows = rows.filter(TextIn(column, {*values}))
    return {Cited(*cited) for cited in rows.values_list(*columns)}
