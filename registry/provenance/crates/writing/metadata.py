"""The metadata of a crate: which entities there are, and how they refer to each other.

What an entity says of itself is in ``entities``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from registry.catalogue.files import extension_of, media_type_of
from registry.catalogue.models import WHOLE_OBJECT, DataProduct, Object
from registry.catalogue.provenance.documents import (
    AUTHOR_DOCUMENT,
    DATA_PRODUCT_DOCUMENT,
    EXTERNAL_OBJECT_DOCUMENT,
    FILE_TYPE_DOCUMENT,
)
from registry.catalogue.provenance.privacy import is_private
from registry.catalogue.provenance.rows import external_of
from registry.core.graph import Element
from registry.provenance.crates.terms import (
    CC0,
    PREVIEW,
    PROCESS_RUN,
    VERSION,
    extra_terms,
)
from registry.provenance.crates.writing import entities
from registry.provenance.crates.writing.fields import (
    compact,
    location_of,
    names_of_kinds,
    properties_of,
)
from registry.runs.provenance.documents import CODE_RUN_DOCUMENT
from registry.runs.provenance.roles import CONFIGURATION, SCRIPT, SOFTWARE

if TYPE_CHECKING:
    from rocrate.rocrate import ROCrate

    from registry.catalogue.models import (
        Author,
        KeyValue,
        Keyword,
        Licence,
        StorageLocation,
    )
    from registry.core.graph import Role
    from registry.core.graph.mapping import DocumentType
    from registry.provenance.crates.writing.content import Content, Done, Other
    from registry.provenance.crates.writing.entities import UrlOf, Values

#: What a reference to an entity looks like.
Link = dict[str, str]


def metadata_of(content: Content, *, url_of: UrlOf, packed: bool) -> dict[str, Any]:
    """Return the metadata of a crate as JSON-LD.

    With ``packed`` the files have their paths in the zip, otherwise all are at their
    addresses. ``url_of`` names records, without a slash at the end.
    """
    return _Metadata(content, url_of, packed=packed).generate()


class _Metadata:
    """A crate while it is described: each record becomes one entity."""

    def __init__(self, content: Content, url_of: UrlOf, *, packed: bool) -> None:
        # it brings a template engine and a client for the web, which few requests need
        from rocrate.rocrate import ROCrate  # noqa: PLC0415

        self._content = content
        self._url_of = url_of
        self._paths = content.packed if packed else {}
        self._crate: ROCrate = ROCrate(version=VERSION)
        self._crate.metadata.extra_terms.update(extra_terms())
        #: The names of entities by kind and id of their records.
        self._named: dict[tuple[str, int], str] = {}
        self._software = _in_role(content, SOFTWARE)
        self._scripts = _in_role(content, SCRIPT)
        self._describe_itself(packed=packed)
        for thing in content.objects:
            self._thing(thing)
        actions = [self._run(done) for done in content.runs]
        actions += [link for one in content.others if (link := self._other(one))]
        self._describe_root(actions)

    def generate(self) -> dict[str, Any]:
        """Return the document."""
        document: dict[str, Any] = self._crate.metadata.generate()
        graph = [compact(entity) for entity in document["@graph"]]
        return {**document, "@graph": graph}

    def _describe_itself(self, *, packed: bool) -> None:
        """Say of the crate's own files what they are."""
        self._crate.metadata["license"] = self._add(CC0, entities.CC0_VALUES)
        if packed:
            self._add(PREVIEW, entities.PREVIEW_VALUES)

    def _describe_root(self, actions: list[Link]) -> None:
        """Say of the crate as a whole what it is about."""
        content, root = self._content, self._crate.root_dataset
        values = entities.root_values(content)
        people = {
            author.pk: author for one in content.results for author in one.authors.all()
        }
        licences = [
            self._licence(licence)
            for thing in content.results
            for licence in thing.licences.all()
        ]
        keywords = [
            word.keyphrase for thing in content.results for word in thing.keywords.all()
        ]
        values |= {
            "conformsTo": self._add(PROCESS_RUN, entities.PROFILE_VALUES),
            "license": _unique(licences) or entities.NO_LICENCE,
            "author": _unique(map(self._author, people.values())) or None,
            "publisher": self._publisher(),
            "keywords": list(dict.fromkeys(keywords)) or None,
            "mentions": actions or None,
            "mainEntity": [self._link(thing.pk) for thing in content.results] or None,
        }
        for name, value in values.items():
            if value is not None:
                root[name] = value

    def _publisher(self) -> Link | None:
        """Refer to the group whose namespace the subject is named in."""
        subject = self._content.subject
        if not isinstance(subject, DataProduct):
            return None
        name = self._url_of(subject.namespace)
        return self._add(name, entities.namespace_values(subject.namespace))

    def _thing(self, thing: Object) -> None:
        """Describe an object: a file of the crate, one elsewhere, or none at all."""
        file = self._content.records.file_of(thing)
        is_software = thing.pk in self._software
        address = entities.address_of(thing, file)
        if is_software and file is None:
            # a repository is no file
            address = None
        place = self._paths.get(thing.pk) or address
        values = {
            "@type": entities.types_of(
                is_file=place is not None,
                is_software=is_software,
                is_script=thing.pk in self._scripts,
            ),
            **entities.object_values(
                thing, file, is_private=self._is_private(thing.storage_location)
            ),
            **(entities.software_values(thing, file) if is_software else {}),
            "author": _unique(map(self._author, thing.authors.all())) or None,
            "license": _unique(map(self._licence, thing.licences.all())) or None,
            "keywords": [self._keyword(word) for word in thing.keywords.all()] or None,
            "encodingFormat": self._format(thing, is_file=place is not None),
            "additionalProperty": [self._fact(one) for one in thing.key_values.all()]
            or None,
        }
        if place is None:
            name = self._add(self._url_of(thing), values)["@id"]
        else:
            name = self._add_file(thing, place, address, values)
        self._named[thing.kind, thing.pk] = name
        products = [self._product(one, name) for one in thing.data_products.all()]
        if products:
            self._crate.dereference(name)["encodesCreativeWork"] = products

    def _add_file(
        self, thing: Object, place: str, address: str | None, values: Values
    ) -> str:
        """Add a file at its path in the crate, or else at its address."""
        from rocrate.model.file import File  # noqa: PLC0415

        known = {name: value for name, value in values.items() if value is not None}
        if place != address:
            entity = File(self._crate, dest_path=place, properties=known)
        elif place in self._crate:
            # another object is at the same address
            known["contentUrl"] = place
            entity = File(self._crate, self._url_of(thing), properties=known)
        else:
            entity = File(self._crate, place, properties=known)
        self._crate.add(entity)
        return str(entity.id)

    def _add(self, name: str, values: Values) -> Link:
        """Add an entity that is no file, unless it is there; return a reference."""
        from rocrate.model.contextentity import ContextEntity  # noqa: PLC0415

        if name not in self._crate:
            known = {key: value for key, value in values.items() if value is not None}
            self._crate.add(ContextEntity(self._crate, name, properties=known))
        return {"@id": name}

    def _is_private(self, location: StorageLocation | None) -> bool:
        return is_private(location, self._content.records.private)

    def _product(self, product: DataProduct, file: str) -> Link:
        """Describe what names a file as a data product, and where it came from."""
        values = properties_of(DATA_PRODUCT_DOCUMENT, product)
        values["encoding"] = {"@id": file}
        external = external_of(product)
        if external is not None:
            source = self._described(EXTERNAL_OBJECT_DOCUMENT, external)
            values["isBasedOn"] = self._add(self._url_of(external), source)
        return self._add(self._url_of(product), values)

    def _described(self, document: DocumentType, record: Any) -> Values:
        """Describe a record by its map, with names of other kinds beside it."""
        is_private = self._is_private(location_of(document, record))
        values = properties_of(document, record, is_private=is_private)
        for word, said in names_of_kinds(document, record):
            link = self._add(f"#{word}-{record.pk}", said)
            values[word] = [*values.get(word, ()), link]
        return values

    def _author(self, author: Author) -> Link:
        name = author.identifier or self._url_of(author)
        return self._add(name, properties_of(AUTHOR_DOCUMENT, author))

    def _licence(self, licence: Licence) -> Link:
        name = licence.identifier or f"#licence-{licence.pk}"
        return self._add(name, entities.licence_values(licence))

    def _keyword(self, word: Keyword) -> Any:
        if word.identifier is None:
            return word.keyphrase
        return self._add(word.identifier, entities.keyword_values(word))

    def _fact(self, fact: KeyValue) -> Link:
        return self._add(f"#property-{fact.pk}", entities.fact_values(fact))

    def _format(self, thing: Object, *, is_file: bool) -> Any:
        """Return the media type of a file, and its type on record where it has one."""
        formats: list[Any] = []
        if is_file:
            formats.append(media_type_of(extension_of(thing.file_type)))
        if thing.file_type is not None:
            name = self._url_of(thing.file_type)
            said = properties_of(FILE_TYPE_DOCUMENT, thing.file_type)
            formats.append(self._add(name, said))
        return formats or None

    def _run(self, done: Done) -> Link:
        """Describe a run as an action."""
        run = done.run
        roles = {role: self._link(pk) for role, pk in done.roles.items()}
        software = roles.pop(SOFTWARE, None)
        instrument = software or roles.get(SCRIPT) or self._unrecorded(run)
        special = set(done.roles.values())
        objects = [*roles.values(), *self._parts(done.inputs, special)]
        values = {
            **properties_of(CODE_RUN_DOCUMENT, run),
            "agent": self._agent(run),
            "instrument": instrument,
            "object": _unique(objects) or None,
            "result": _unique(self._parts(done.outputs, set())) or None,
            "configuration": roles.get(CONFIGURATION),
            "script": roles.get(SCRIPT),
        }
        return self._add(self._url_of(run), values)

    def _other(self, other: Other) -> Link | None:
        """Describe a record of another type; return the link to an activity."""
        document = other.node_type.document
        if document is None:
            return None
        record, term = other.record, document.own_term
        values = self._described(document, record)
        if term is not None:
            values["additionalType"] = {"@id": term.iri}
        if other.node_type.element is Element.ACTIVITY:
            return self._add(self._url_of(record), values | self._links_of(other))
        link = self._add(self._url_of(record), values)
        self._named[record.kind, record.pk] = link["@id"]
        return None

    def _links_of(self, other: Other) -> Values:
        """Refer to what an activity of another type used and generated, and by whom."""
        links = {
            role: [{"@id": self._named[key]} for key in keys if key in self._named]
            for role, keys in other.links.items()
        }
        results = links.pop(None, [])
        words = {
            role.crate_word: found
            for role, found in links.items()
            if role is not None and role.crate_word
        }
        return {
            "agent": self._agent(other.record),
            "instrument": self._unrecorded(other.record),
            "object": _unique(link for found in links.values() for link in found)
            or None,
            "result": _unique(results) or None,
            **words,
        }

    def _parts(self, parts: Mapping[int, list[str]], special: set[int]) -> list[Link]:
        """Refer to objects, and to the parts of them that were meant.

        That all of a file was meant is said where its name alone could mean less.
        """
        links = []
        for pk, names in parts.items():
            links.append(self._link(pk))
            if names != [WHOLE_OBJECT] or pk in special:
                links += [self._component(pk, name) for name in names]
        return links

    def _component(self, pk: int, name: str) -> Link:
        whole = self._link(pk)
        place = f"{whole['@id']}#{quote(name, safe='')}"
        return self._add(place, entities.component_values(name, whole))

    def _agent(self, record: Any) -> Link:
        """Refer to who did it: the author whose account registered it, or that."""
        author = self._content.records.authors.get(record.registered_by_id)
        if author is not None:
            return self._author(author)
        account = record.registered_by
        values = entities.account_values(account, is_named=self._content.is_named)
        return self._add(f"#account-{account.pk}", values)

    def _unrecorded(self, record: Any) -> Link:
        """Stand for software of which nothing is on record."""
        name = f"{self._url_of(record)}#software"
        return self._add(name, entities.UNRECORDED_VALUES)

    def _link(self, pk: int) -> Link:
        return {"@id": self._named[Object.kind, pk]}


def _in_role(content: Content, role: Role) -> set[int]:
    """Return the objects that a run used in a role."""
    return {done.roles[role] for done in content.runs if role in done.roles}


def _unique(links: Iterable[Link]) -> list[Link]:
    return list({link["@id"]: link for link in links}.values())
