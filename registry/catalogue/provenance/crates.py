"""What crates say of the catalogue beyond its fields: labels, software, the subject."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.conf import settings

from registry.catalogue.files import extension_of, media_type_of
from registry.catalogue.names import cited_version, path_of_cited
from registry.catalogue.provenance.rows import authors_of, name_of_object, release_of
from registry.core.graph.files import unique_links
from registry.core.texts import shorten_text

if TYPE_CHECKING:
    from registry.catalogue.models import (
        Author,
        DataProduct,
        KeyValue,
        Keyword,
        Licence,
        Object,
    )
    from registry.core.graph.files import CrateEntities, Link, Properties


def describe_labels(thing: Object, crate: CrateEntities, is_file: bool) -> Properties:
    """Return who made an object, its licences, keywords, format and key values."""
    return {
        "author": unique_links(_author(one, crate) for one in authors_of(thing))
        or None,
        "license": unique_links(_licence(one, crate) for one in thing.licences.all())
        or None,
        "keywords": [_keyword(one, crate) for one in thing.keywords.all()] or None,
        "encodingFormat": _formats(thing, crate, is_file=is_file) or None,
        "additionalProperty": [_fact(one, crate) for one in thing.key_values.all()]
        or None,
    }


def describe_all(
    things: Iterable[Object], crate: CrateEntities
) -> Mapping[str, list[Any]]:
    """Return who made these objects, their licences and their keywords."""
    things = list(things)
    return {
        "license": [
            _licence(one, crate) for thing in things for one in thing.licences.all()
        ],
        "author": [
            _author(one, crate) for thing in things for one in authors_of(thing)
        ],
        "keywords": [one.keyphrase for thing in things for one in thing.keywords.all()],
    }


def describe_software(thing: Object) -> Properties:
    """Return what an object is called as software: by its release, where it has one."""
    release = release_of(thing)
    versions = (fact.value for fact in thing.key_values.all() if fact.key == "version")
    return {
        "name": release.name if release else thing.description or name_of_object(thing),
        "version": release.version if release else next(versions, None),
        "url": release.website if release else None,
    }


def _author(author: Author, crate: CrateEntities) -> Link:
    return crate.add_record(author, author.identifier)


def _licence(licence: Licence, crate: CrateEntities) -> Link:
    name = shorten_text(licence.licence_info, 200)
    properties = {
        "@type": "CreativeWork",
        "name": name,
        "text": licence.licence_info if licence.licence_info != name else None,
    }
    return crate.add(licence.identifier or f"#licence-{licence.pk}", properties)


def _keyword(word: Keyword, crate: CrateEntities) -> Any:
    """Return a keyword: a text, or a link where it is defined somewhere."""
    if word.identifier is None:
        return word.keyphrase
    properties = {"@type": "DefinedTerm", "name": word.keyphrase}
    return crate.add(word.identifier, properties)


def _fact(fact: KeyValue, crate: CrateEntities) -> Link:
    properties = {
        "@type": "PropertyValue",
        "name": fact.key,
        "propertyID": fact.key,
        "value": fact.value,
    }
    return crate.add(f"#property-{fact.pk}", properties)


def _formats(thing: Object, crate: CrateEntities, *, is_file: bool) -> list[Any]:
    """Return the media type of a file, and its type on record where it has one."""
    formats: list[Any] = []
    if is_file:
        formats.append(media_type_of(extension_of(thing.file_type)))
    if thing.file_type is not None:
        formats.append(crate.add_record(thing.file_type))
    return formats


def describe_product(product: DataProduct) -> Properties:
    """Return what a crate about a data product says of itself."""
    cited = cited_version(product)
    return {
        "name": f"{product.name} {product.version}",
        "description": product.object.description or f"The data product {cited}.",
        "identifier": f"{settings.REGISTRY_URL}{path_of_cited(cited)}",
    }


def publish_product(product: DataProduct, crate: CrateEntities) -> Link:
    """Add the group or project whose namespace a data product is named in."""
    namespace = product.namespace
    properties = {
        "@type": "Organization",
        "name": namespace.full_name or namespace.name,
        "url": namespace.website,
    }
    return crate.add(crate.url_of(namespace), properties)
