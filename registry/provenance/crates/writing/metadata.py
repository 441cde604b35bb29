"""The metadata of a crate: which entities there are, and how they refer to each other.

What an entity says of itself is in ``entities``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from registry.core.graph import Element, graph
from registry.core.graph.files import unique_links
from registry.core.graph.mapping import is_private
from registry.core.graph.queries import field_of
from registry.provenance.crates.terms import (
    CC0,
    FAILED_STATUS,
    PREVIEW,
    PROCESS_RUN,
    VERSION,
)
from registry.provenance.crates.writing import entities
from registry.provenance.crates.writing.companions import (
    listed,
    values_of,
    with_companion,
    words_of,
)
from registry.provenance.crates.writing.fields import (
    compact,
    names_of_kinds,
    properties_of,
    withdrawal,
)

if TYPE_CHECKING:
    from rocrate.rocrate import ROCrate

    from registry.core.graph import NodeName, Role
    from registry.core.graph.files import Link
    from registry.core.graph.mapping import DocumentType, Location
    from registry.provenance.crates.writing.content import Content, Done, Other
    from registry.provenance.crates.writing.entities import UrlOf, Values

#: The word for what an action was done with, which every action has.
_INSTRUMENT = "instrument"


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
        self._runs = graph.default_type(Element.ACTIVITY)
        self._things = graph.default_type(Element.ENTITY)
        self.url_of = url_of
        self._paths = content.packed if packed else {}
        self._crate: ROCrate = ROCrate(version=VERSION)
        self._crate.metadata.extra_terms.update(words_of(content.companion_data))
        #: The names of entities by kind and id of their records.
        self._named: dict[tuple[str, int], str] = {}
        #: The names of entities that are no files; the crate looks them up slowly.
        self._added: set[str] = set()
        self._software = _in_role(content, _is_instrument)
        self._scripts = _in_role(content, _is_plan)
        self._describe_itself(packed=packed)
        for thing in content.things:
            self._thing(thing)
        for defined in content.companion_data.definitions:
            added = self.add(self.url_of(defined.record), values_of(defined))
            self._named[defined.record] = added["@id"]
        actions = [self._run(done) for done in content.runs]
        actions += [link for one in content.others if (link := self._other(one))]
        self._describe_root(actions)

    def generate(self) -> dict[str, Any]:
        """Return the document."""
        document: dict[str, Any] = self._crate.metadata.generate()
        described = [compact(entity) for entity in document["@graph"]]
        return {**document, "@graph": described}

    def _describe_itself(self, *, packed: bool) -> None:
        """Say of the crate's own files what they are."""
        self._crate.metadata["license"] = self.add(CC0, entities.CC0_VALUES)
        if packed:
            self.add(PREVIEW, entities.PREVIEW_VALUES)

    def _describe_root(self, actions: list[Link]) -> None:
        """Say of the crate as a whole what it is about."""
        content, root = self._content, self._crate.root_dataset
        values = entities.root_values(content)
        labels = graph.files.describe_all(content.results, self)
        values |= {
            "conformsTo": self.add(PROCESS_RUN, entities.PROFILE_VALUES),
            "license": unique_links(labels["license"]) or entities.NO_LICENCE,
            "author": unique_links(labels["author"]) or None,
            "publisher": self._publisher(),
            "keywords": list(dict.fromkeys(labels["keywords"])) or None,
            "mentions": actions or None,
            "mainEntity": [self._link(thing.pk) for thing in content.results] or None,
            **withdrawal(content.why_withdrawn, is_work=True),
        }
        for name, value in values.items():
            if value is not None:
                root[name] = value

    def _publisher(self) -> Link | None:
        """Refer to who published the subject, such as a group or project."""
        subject = self._content.subject
        document = graph.document_of(subject)
        declared = document.crate_subject if document else None
        if declared is None or declared.publish is None:
            return None
        return declared.publish(subject, self)

    def _thing(self, thing: Any) -> None:
        """Describe a file: one of the crate, one elsewhere, or none at all."""
        document = self._things.required_document
        location = document.location_of(thing)
        file = self._content.records.file_of(thing)
        is_software = thing.pk in self._software
        address = entities.address_of(location, file)
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
            **entities.file_values(
                document, thing, file, is_private=self._is_private(location)
            ),
            **(entities.software_values(thing, location, file) if is_software else {}),
            **graph.files.describe_labels(thing, self, place is not None),
        }
        if place is None:
            name = self.add(self.url_of(thing), values)["@id"]
        else:
            name = self._add_file(thing, place, address, values)
        self._named[thing.kind, thing.pk] = name
        names = [
            self._name(kind, one, thing, name)
            for kind in self._things.names
            if kind.appears and kind.of_node is not None
            for one in kind.of_node(thing)
        ]
        if names:
            self._crate.dereference(name)["encodesCreativeWork"] = names

    def _add_file(
        self, thing: Any, place: str, address: str | None, values: Values
    ) -> str:
        """Add a file at its path in the crate, or else at its address."""
        from rocrate.model.file import File  # noqa: PLC0415

        known = {name: value for name, value in values.items() if value is not None}
        if place != address:
            entity = File(self._crate, dest_path=place, properties=known)
        elif place in self._crate:
            # another file is at the same address
            known["contentUrl"] = place
            entity = File(self._crate, self.url_of(thing), properties=known)
        else:
            entity = File(self._crate, place, properties=known)
        self._crate.add(entity)
        return str(entity.id)

    def add(self, name: str, properties: Values) -> Link:
        """Add an entity that is no file, unless it is there; return a reference."""
        from rocrate.model.contextentity import ContextEntity  # noqa: PLC0415

        if name not in self._added and name not in self._crate:
            known = {
                key: value for key, value in properties.items() if value is not None
            }
            self._crate.add(ContextEntity(self._crate, name, properties=known))
        self._added.add(name)
        return {"@id": name}

    def extend(self, kind: str, pk: int, word: str, link: Link) -> None:
        """Add a reference to the entity of a node that is in the crate."""
        entity = self._crate.dereference(self._named[kind, pk])
        entity[word] = unique_links([*listed(entity.get(word)), link])

    def _is_private(self, location: Location | None) -> bool:
        return is_private(location, self._content.records.private)

    def add_record(self, record: Any, name: str | None = None) -> Link:
        """Add the entity of a record by its map, named as said, else by its address."""
        place = name or self.url_of(record)
        if place in self._added:
            # most people made many files
            return {"@id": place}
        document = graph.document_of(record)
        values = self._described(document, record) if document else {}
        return self.add(place, values)

    def _name(self, kind: NodeName, record: Any, thing: Any, file: str) -> Link:
        """Describe what names a file, and where the data came from."""
        values = properties_of(kind.required_document, record)
        # without the file, a name of it is withdrawn as well
        reasons = (record.withdrawn, thing.withdrawn)
        reason = next((one for one in reasons if one is not None), None)
        values |= withdrawal(reason, is_work=True)
        values["encoding"] = {"@id": file}
        origin = kind.origin(record) if kind.origin else None
        if origin is not None:
            values["isBasedOn"] = self.add_record(origin)
        return self.add(self.url_of(record), values)

    def _described(self, document: DocumentType, record: Any) -> Values:
        """Describe a record by its map, with names of other kinds beside it."""
        is_private = self._is_private(document.location_of(record))
        values = properties_of(document, record, is_private=is_private)
        for word, said in names_of_kinds(document, record):
            link = self.add(f"#{word}-{record.pk}", said)
            values[word] = [*values.get(word, ()), link]
        return values

    def _run(self, done: Done) -> Link:
        """Describe a run as an action."""
        run = done.run
        roles = {role: self._link(pk) for role, pk in done.roles.items()}
        software = [roles.pop(role) for role in list(roles) if _is_instrument(role)]
        scripts = [link for role, link in roles.items() if _is_plan(role)]
        instrument = [*software, *scripts]
        special = set(done.roles.values())
        objects = [*roles.values(), *self._parts(done.inputs, special)]
        values = {
            **properties_of(self._runs.required_document, run),
            # its place; the value is set below
            "agent": None,
            "instrument": instrument[0] if instrument else None,
            "object": unique_links(objects) or None,
            "result": unique_links(self._parts(done.outputs, set())) or None,
            "actionStatus": self._status(run),
        }
        for use in self._runs.uses:
            if use.role in roles and use.role.crate_word:
                values[use.role.crate_word] = roles[use.role]
        return self.add(self.url_of(run), self._with_companion(run, values))

    def _status(self, run: Any) -> Link | None:
        """Return the status of an action that failed (schema.org, actionStatus)."""
        activity = self._runs.required_document.activity
        has_failed = activity is not None and activity.has_failed(run)
        return {"@id": FAILED_STATUS} if has_failed else None

    def _with_companion(self, run: Any, values: Values) -> Values:
        """Return an action with its companion, or else with who did it."""
        data, declared = self._content.companion_data, self._runs.companion
        if declared is None or run.pk not in data.companions:
            instrument = values[_INSTRUMENT] or self._unrecorded(run)
            return {**values, "agent": self._agent(run), _INSTRUMENT: instrument}
        described = declared.describe(data, run.pk, self)
        return with_companion(values, values_of(data.companions[run.pk]), described)

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
            return self.add(self.url_of(record), values | self._links_of(other))
        link = self.add(self.url_of(record), values)
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
            "object": unique_links(link for found in links.values() for link in found)
            or None,
            "result": unique_links(results) or None,
            **words,
        }

    def _parts(self, parts: Mapping[int, list[str]], special: set[int]) -> list[Link]:
        """Refer to objects, and to the parts of them that were meant.

        That all of a file was meant is said where its name alone could mean less.
        """
        links = []
        whole = [self._things.parts.whole_name] if self._things.parts else []
        for pk, names in parts.items():
            links.append(self._link(pk))
            if names != whole or pk in special:
                links += [self._component(pk, name) for name in names]
        return links

    def _component(self, pk: int, name: str) -> Link:
        whole = self._link(pk)
        place = f"{whole['@id']}#{quote(name, safe='')}"
        return self.add(place, entities.component_values(name, whole))

    def _agent(self, record: Any) -> Link:
        """Refer to who did it: the person whose account registered it, or that."""
        person = self._content.records.people.get(record.registered_by_id)
        if person is not None:
            identifier = getattr(person, field_of(graph.people.identifier).name)
            return self.add_record(person, identifier)
        account = record.registered_by
        values = entities.account_values(account, is_named=self._content.is_named)
        return self.add(f"#account-{account.pk}", values)

    def _unrecorded(self, record: Any) -> Link:
        """Stand for software of which nothing is on record."""
        name = f"{self.url_of(record)}#software"
        return self.add(name, entities.UNRECORDED_VALUES)

    def _link(self, pk: int) -> Link:
        return {"@id": self._named[self._things.kind, pk]}


def _is_instrument(role: Role) -> bool:
    return role.crate_word == _INSTRUMENT


def _is_plan(role: Role) -> bool:
    return role.is_plan


def _in_role(content: Content, is_meant: Callable[[Role], bool]) -> set[int]:
    """Return the files that a run used in such a role."""
    return {
        pk for done in content.runs for role, pk in done.roles.items() if is_meant(role)
    }
