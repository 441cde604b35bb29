"""Files, software and other things of a crate, in the words of the way in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError

from registry.core.file_addresses import path_below
from registry.core.graph import graph
from registry.core.validators import validate_semantic_version
from registry.provenance.crates.reading.fields import values_of
from registry.provenance.crates.reading.files import CrateFile
from registry.provenance.crates.reading.labels import (
    authors_of,
    facts_of,
    keywords_of,
    licences_of,
    stated_uuid,
    web_address,
)
from registry.provenance.crates.reading.on_record import OnRecord, own_root
from registry.provenance.crates.reading.privacy import PrivateFiles
from registry.provenance.importing import (
    External,
    Place,
    Product,
    Release,
    Thing,
    derived_uuid,
)

if TYPE_CHECKING:
    from registry.provenance.crates.reading.graph import Crate, Entity
    from registry.storage.base import Checksums

_SHA1 = re.compile(r"[0-9a-fA-F]{40}")
_ROOT = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?://[^/]*/?)?")
#: The key of the address at which a file is that has no known checksum.
ADDRESS = "url"
#: The key of a version that is no semantic one.
VERSION = "version"


def things_of(
    crate: Crate, files: Sequence[CrateFile], sums: Mapping[str, Checksums]
) -> list[Thing]:
    """Return what the files of a crate are; ``sums`` are of those that came, by path.

    Files with the same bytes are one thing, unless the crate has the UUIDs of
    registries for them, or they are empty.
    """
    hashes = {file.entity.id: _hash_of(file, sums) for file in files}
    endings = {_ending_of(file) for file in files}
    record = OnRecord.about(filter(None, hashes.values()), filter(None, endings))
    private = PrivateFiles(crate)
    things: dict[object, Thing] = {}
    for file in files:
        thing = _thing(crate, file, hashes[file.entity.id], sums, record)
        if file in private and thing.place is not None:
            thing = replace(thing, place=replace(thing.place, public=False))
        same = things.get(thing.uuid)
        things[thing.uuid] = thing if same is None else _merged(same, thing)
    return list(things.values())


def _merged(one: Thing, other: Thing) -> Thing:
    """Return a thing that a crate has under several names.

    The first one describes it; it is private if any of them is.
    """
    private_facts = tuple(
        fact for fact in other.facts if graph.files.is_private_fact(fact)
    )
    place = one.place
    if place is not None and other.place is not None and not other.place.public:
        place = replace(place, public=False)
    return replace(
        one,
        keys=one.keys + other.keys,
        products=one.products + other.products,
        place=place or other.place,
        facts=one.facts if not private_facts else _with_facts(one, private_facts),
    )


def _with_facts(
    one: Thing, facts: tuple[tuple[str, str], ...]
) -> tuple[tuple[str, str], ...]:
    """Return facts in which some keys have other values: a key has one value."""
    return tuple({**dict(one.facts), **dict(facts)}.items())


def _thing(
    crate: Crate,
    file: CrateFile,
    hash_: str | None,
    sums: Mapping[str, Checksums],
    record: OnRecord,
) -> Thing:
    entity = file.entity
    uuid = stated_uuid(entity)
    is_empty = file.path is not None and sums[file.path].size == 0
    products = tuple(_products(entity, crate))
    place = _place(file, hash_)
    release, facts = _release(entity, crate)
    if place is None and file.address is not None:
        facts = (*facts, (ADDRESS, file.address))
    by_bytes = uuid is None and hash_ is not None and not is_empty
    name = f"urn:sha1:{hash_}" if by_bytes else _lasting_name(file, crate)
    is_plain = by_bytes and not products and release is None
    return Thing(
        keys=(entity.id,),
        where=entity.where,
        uuid=uuid or derived_uuid(name),
        uuid_stated=uuid is not None and release is None,
        record=record.files.get(hash_ or "") if is_plain else None,
        description=_description(file, stated=uuid is not None),
        file_type=_file_type(file, crate, record),
        authors=authors_of(entity, crate),
        place=place,
        products=products,
        release=release,
        licences=licences_of(entity, crate)
        # a registry says of each file what it knows, and no licence is none
        or (licences_of(crate.root, crate) if uuid is None else ()),
        keywords=keywords_of(entity, crate),
        facts=facts,
    )


def _lasting_name(file: CrateFile, crate: Crate) -> str:
    """Name a file that its bytes do not tell from others."""
    return file.address or f"urn:file:{crate_name(crate)}#{file.entity.id}"


def crate_name(crate: Crate) -> str:
    """Name a crate, as far as anything in it does so in a lasting way."""
    root = crate.root
    return web_address(root) or f"{root.text('name')}@{root.text('datePublished')}"


def _hash_of(file: CrateFile, sums: Mapping[str, Checksums]) -> str | None:
    """Return the SHA-1 of a file, or what else a registry has for one."""
    if file.path is not None:
        return sums[file.path].sha1
    stated = file.entity.text("hash") or file.entity.text("sha1")
    return stated.lower() if stated and _SHA1.fullmatch(stated) else stated


def _place(file: CrateFile, hash_: str | None) -> Place | None:
    """Say where a file is; whether it is private is decided for all of them."""
    if file.path is not None and hash_ is not None:
        return Place(own_root(), hash_, hash_)
    if file.address is None or hash_ is None:
        return None
    return place_at(file.address, hash_, file.entity.text("storage_root"))


def place_at(
    address: str, hash_: str, root: str | None = None, *, public: bool = True
) -> Place:
    """Part an address into the root, which may be known, and the path below it."""
    path = path_below(root, address) if root is not None else None
    if root is None or path is None:
        match = _ROOT.match(address)
        root = match[0] if match else address
        path = path_below(root, address)
    return Place(root, path or "", hash_, public)


def _description(file: CrateFile, *, stated: bool) -> str | None:
    said = file.entity.text("description")
    if said is not None or stated:
        return said
    return file.entity.text("name") or file.path


def _ending_of(file: CrateFile) -> str | None:
    """Return the ending of a file's name, without the dot."""
    path = file.path if file.path is not None else urlsplit(file.address or "").path
    return PurePosixPath(path).suffix.lstrip(".") or None


def _file_type(
    file: CrateFile, crate: Crate, record: OnRecord
) -> tuple[str, str | None] | None:
    """Return the file type: as a registry has it, else by the ending of the name."""
    stated = _stated_type(file.entity, crate)
    if stated is not None:
        return stated
    ending = _ending_of(file)
    if ending is None or stated_uuid(file.entity) is not None:
        return None
    name = file.entity.text("encodingFormat") or f"{ending} file"
    return record.types.get(ending, name), ending


def _stated_type(entity: Entity, crate: Crate) -> tuple[str, str | None] | None:
    """Return the file type that a registry has for a thing."""
    for kind in crate.linked(entity, "encodingFormat"):
        name, ending = kind.text("name"), kind.text("extension")
        if name is not None and ending is not None:
            return name, ending
    return None


def _products(entity: Entity, crate: Crate) -> Iterator[Product]:
    """Yield the names that a file has as a data product of a registry."""
    for work in crate.linked(entity, "encodesCreativeWork"):
        values = values_of(graph.files.name, work, crate)
        if None in values.values():
            continue
        yield Product(
            work.id, work.where, **values, external=next(_externals(work, crate), None)
        )


def _externals(work: Entity, crate: Crate) -> Iterator[External]:
    """Yield what a data product came from."""
    for source in crate.linked(work, "isBasedOn"):
        if source.moment("datePublished") is None:
            continue
        hash_, address = source.text("hash"), source.text("contentUrl")
        root = source.text("storage_root")
        yield External(
            source.id,
            source.where,
            values_of(graph.files.origin, source, crate),
            place_at(address, hash_, root, public=not source.is_private)
            if address and hash_
            else None,
        )


def software_thing(entity: Entity, crate: Crate) -> Thing:
    """Return what a run was done with, which is no file of the crate."""
    uuid = stated_uuid(entity)
    release, facts = _release(entity, crate)
    name = entity.text("name") or entity.id
    hash_, repository = entity.text("hash"), entity.text("codeRepository")
    root, public = entity.text("storage_root"), not entity.is_private
    known_as = (name, _version(entity) or "", repository or entity.text("url") or "")
    return Thing(
        keys=(entity.id,),
        where=entity.where,
        uuid=uuid or derived_uuid(f"urn:software:{'@'.join(known_as)}"),
        # the name and the version of a release say what it is
        uuid_stated=uuid is not None and release is None,
        description=entity.text("description") or (None if release else name),
        file_type=_stated_type(entity, crate),
        authors=authors_of(entity, crate),
        place=(
            place_at(repository, hash_, root, public=public)
            if repository and hash_
            else None
        ),
        release=release,
        licences=licences_of(entity, crate),
        keywords=keywords_of(entity, crate),
        facts=facts,
    )


def _release(
    entity: Entity, crate: Crate
) -> tuple[Release | None, tuple[tuple[str, str], ...]]:
    """Return the release that software is, and what else is to be said of a thing.

    A version that is no semantic one cannot be that of a release, and is kept as it is.
    """
    facts = facts_of(entity, crate)
    version = _version(entity)
    if "SoftwareApplication" not in entity.types or version is None:
        return None, facts
    if not _is_semantic(version):
        return None, (*(one for one in facts if one[0] != VERSION), (VERSION, version))
    name, website = entity.text("name") or entity.id, entity.text("url")
    if website == entity.text("codeRepository"):
        # what a registry says where it knows of no page
        website = None
    key = f"{entity.id}#release"
    return Release(key, entity.where, name, version, website), facts


def _version(entity: Entity) -> str | None:
    return entity.text("softwareVersion") or entity.text("version")


def bare_thing(entity: Entity, crate: Crate) -> Thing:
    """Return something that a run read or wrote of which there is no file."""
    uuid = stated_uuid(entity)
    name = entity.id if entity.is_remote else f"{crate_name(crate)}#{entity.id}"
    facts = facts_of(entity, crate)
    if entity.is_remote and uuid is None:
        facts = (*facts, (ADDRESS, entity.id))
    value, called = entity.text("value"), entity.text("name") or entity.id
    usual = called if value is None else f"{called} = {value}"
    return Thing(
        keys=(entity.id,),
        where=entity.where,
        uuid=uuid or derived_uuid(name),
        uuid_stated=uuid is not None,
        description=entity.text("description") or (None if uuid is not None else usual),
        authors=authors_of(entity, crate),
        products=tuple(_products(entity, crate)),
        licences=licences_of(entity, crate),
        keywords=keywords_of(entity, crate),
        facts=facts,
    )


def _is_semantic(version: str) -> bool:
    try:
        validate_semantic_version(version)
    except ValidationError:
        return False
    return True
