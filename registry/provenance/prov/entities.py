"""Entities of a document: files, under all the names that they have in it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import semver

from registry.core import validators
from registry.core.file_addresses import path_below
from registry.core.graph import Element, graph
from registry.core.graph.mapping import Datatype
from registry.core.graph.terms import PUBLIC, STORAGE_ROOT
from registry.provenance.importing import (
    Described,
    External,
    Place,
    Product,
    Release,
    Thing,
)
from registry.provenance.prov.fields import iris_of, text_of, values_of
from registry.provenance.prov.names import HASHES, LABELS, LOCATION, file_names
from registry.provenance.prov.reading import moment, step
from registry.provenance.prov.sources import entity_of, has_type, local_name

if TYPE_CHECKING:
    from registry.core.graph import NodeType
    from registry.provenance.prov.reading import Statement
    from registry.provenance.prov.sources import Source

_URL = re.compile(r"https?://[^/?#]+")


@dataclass(frozen=True)
class Entities:
    """The things of a document, and which thing each entity is, by IRI.

    ``others`` are the entities of other registered types, by IRI.
    """

    things: tuple[Thing, ...]
    thing_of: Mapping[str, str]
    others: Mapping[str, Described]


def map_entities(
    source: Source,
    authors: Mapping[str, Sequence[str]],
    defined: Collection[str] = (),
) -> Entities:
    """Join the entities that are one file, and say of each what it is.

    ``authors`` are the agents of an entity, by IRI; ``defined`` are no files.
    """
    externals = _externals(source)
    others = {
        name: _described(source, statement, node_type)
        for name, statement in source.entities.items()
        if name not in defined
        and (node_type := source.other_type_of(statement, Element.ENTITY)) is not None
    }
    ours = {*externals.products, *others, *defined}
    groups: dict[object, list[Statement]] = {}
    for name, statement in source.entities.items():
        if name not in ours:
            groups.setdefault(_identity(source, statement), []).append(statement)
    things = tuple(
        _thing(source, some, externals.of_product, authors) for some in groups.values()
    )
    thing_of = {
        statement.name: some[0].name for some in groups.values() for statement in some
    }
    for name, product in externals.products.items():
        thing_of[name] = thing_of[product]
    return Entities(things, thing_of | {name: name for name in others}, others)


def _described(source: Source, statement: Statement, node_type: NodeType) -> Described:
    """Read an entity of another type by its map."""
    document = node_type.document
    return Described(
        key=statement.name,
        where=statement.where,
        node_type=node_type,
        uuid=source.uuid_of(statement)[0],
        values=values_of(document, source, statement) if document else {},
        record=source.own.get(statement.name),
    )


def _identity(source: Source, statement: Statement) -> object:
    """Return what is the same for entities that are one file."""
    own = _own_object(source, statement)
    return own.uuid if own is not None else source.uuid_of(statement)[0]


def _own_object(source: Source, statement: Statement) -> Any:
    record = source.own.get(statement.name)
    entity = entity_of(record) if record is not None else None
    if record is not None and entity is None:
        source.complaints.add(statement.where, f"A {record.kind} is no entity.")
    return entity


@dataclass(frozen=True)
class _Externals:
    """External objects: the product of each by IRI, and the other way round."""

    products: Mapping[str, str]
    of_product: Mapping[str, External]


def _externals(source: Source) -> _Externals:
    """Find the entities that say where a data product came from.

    Registries disagree which of the two specialises the other.
    """
    products: dict[str, str] = {}
    found: dict[str, External] = {}
    for relation in source.document.of("specializationOf"):
        pair = relation.target("specificEntity"), relation.target("generalEntity")
        for one, other in (pair, pair[::-1]):
            statement = source.entities.get(one or "")
            product = source.entities.get(other or "")
            if statement is None or product is None or other in found:
                continue
            external = _external(source, statement)
            if external is not None and _product_name(source, product) is not None:
                products[statement.name] = product.name
                found[product.name] = external
                break
        else:
            source.leave_out(relation.where, "No record says what specialises what.")
    return _Externals(products, found)


def _external(source: Source, statement: Statement) -> External | None:
    """Read an external object; None where the entity is none."""
    origin = graph.files.origin
    is_product = any(
        statement.text(name) is not None for name in file_names().of_products
    )
    dates = (
        statement.text(*iris_of(one))
        for one in origin.fields
        if one.datatype is Datatype.MOMENT
    )
    is_told = graph.files.is_origin(lambda field: text_of(origin, field, statement))
    if is_product or not is_told or not all(date and moment(date) for date in dates):
        return None
    values = values_of(origin, source, statement)
    store = _place(source, [statement])
    return External(statement.name, statement.where, values, store)


def _product_name(source: Source, statement: Statement) -> dict[str, Any] | None:
    """Return all that names a file as data, where an entity says all of it."""
    values = values_of(graph.files.name, source, statement)
    return None if None in values.values() else values


def _thing(
    source: Source,
    statements: Sequence[Statement],
    externals: Mapping[str, External],
    authors: Mapping[str, Sequence[str]],
) -> Thing:
    """Say what a file is that all of these entities stand for."""
    first = statements[0]
    uuid, is_stated = source.uuid_of(first)
    own = _own_object(source, first)
    products = tuple(_products(source, statements, externals))
    release = _release(source, statements)
    made_by = [author for one in statements for author in authors.get(one.name, ())]
    place = _place(source, statements)
    mapped = set(file_names().mapped)
    if products or release:
        mapped.update(file_names().names)
    if place is not None:
        mapped |= {LOCATION, STORAGE_ROOT.iri, *HASHES}
    named = {product.key for product in products} | (
        {release.key} if release else set()
    )
    return Thing(
        keys=(
            first.name,
            *(one.name for one in statements[1:] if one.name not in named),
        ),
        where=first.where,
        uuid=uuid,
        uuid_stated=is_stated,
        record=own,
        description=_description(statements, is_ours=is_stated),
        file_type=_file_type(statements),
        authors=tuple(dict.fromkeys(made_by)),
        place=place,
        products=() if own else products,
        release=None if own else release,
        facts=tuple(_facts(source, statements, mapped)),
    )


def _products(
    source: Source, statements: Sequence[Statement], externals: Mapping[str, External]
) -> Iterator[Product]:
    for statement in statements:
        names = _product_name(source, statement)
        if names is not None:
            external = externals.get(statement.name)
            yield Product(statement.name, statement.where, **names, external=external)


def _release(source: Source, statements: Sequence[Statement]) -> Release | None:
    """Read the release that software is: with a title and a semantic version."""
    for statement in statements:
        values = values_of(graph.files.software, source, statement)
        name, version = values["name"], values["version"]
        if (
            name is not None
            and version is not None
            and _product_name(source, statement) is None
            and has_type(statement, file_names().software)
            and semver.Version.is_valid(version)
        ):
            return Release(statement.name, statement.where, **values)
    return None


def _first(statements: Sequence[Statement], *names: str) -> str | None:
    found = (statement.text(*names) for statement in statements)
    return next((text for text in found if text), None)


def _description(statements: Sequence[Statement], *, is_ours: bool) -> str | None:
    """Describe a file; what no registry wrote is at least named."""
    said = _first(statements, *file_names().descriptions)
    if said is not None or is_ours:
        return said
    return _first(statements, *LABELS, *file_names().names[:1]) or local_name(
        statements[0].name
    )


def _file_type(statements: Sequence[Statement]) -> tuple[str, str | None] | None:
    name = _first(statements, *file_names().formats)
    if name is None:
        return None
    extension = _first(statements, *file_names().extensions)
    location = _first(statements, LOCATION) or ""
    dot = (
        re.search(r"\.([A-Za-z0-9]{1,16})$", urlsplit(location).path)
        if not (extension or "[" in location)
        else None
    )
    return name, extension or (dot[1] if dot else None)


def _place(source: Source, statements: Sequence[Statement]) -> Place | None:
    """Read where a file lives; without a hash of its bytes no registry can say it."""
    located = [one for one in statements if one.text(LOCATION) and one.text(*HASHES)]
    if not located:
        return None
    statement = located[0]
    location, hash_ = statement.text(LOCATION) or "", statement.text(*HASHES) or ""
    root = statement.text(STORAGE_ROOT.iri) or _root_of(location)
    if root is None:
        return None
    path = path_below(root, location)
    if path is None:
        source.complaints.add(
            step(statement.where, "prov:atLocation"),
            f"The location is not below the storage root {root[:200]}.",
        )
        return None
    is_public = all(source.flag_of(one, PUBLIC.iri) for one in statements)
    return Place(root, path, hash_, is_public)


def _root_of(location: str) -> str | None:
    """Return the site of a web address as the root that the rest is below."""
    match = _URL.match(location)
    return f"{match[0]}/" if match else None


def _facts(
    source: Source, statements: Sequence[Statement], mapped: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Keep what no record has a field for as keys with values.

    The keys are the IRIs of the attributes; several values become one text.
    """
    said: dict[str, str] = {}
    for statement in statements:
        for name, values in statement.attributes.items():
            text = "; ".join(value.text for value in values)
            if not text or name in mapped:
                continue
            if max(len(text), len(name)) > validators.SHORT_LENGTH:
                source.leave_out(statement.where, f"{name[:200]} is too long to keep.")
            else:
                said.setdefault(name, text)
    yield from said.items()
