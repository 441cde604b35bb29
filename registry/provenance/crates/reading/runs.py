"""The actions of a crate, which are runs: what they read, wrote and ran with."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from registry.core.graph import Element, graph
from registry.core.validators import SHORT_LENGTH
from registry.provenance.crates.reading.context import Words
from registry.provenance.crates.reading.definitions import is_defined
from registry.provenance.crates.reading.files import FILE, FOLDER, folders_of
from registry.provenance.crates.reading.graph import Entity
from registry.provenance.crates.reading.labels import fits_key_value, stated_uuid
from registry.provenance.crates.reading.others import other_type_of
from registry.provenance.crates.reading.things import bare_thing, software_thing
from registry.provenance.crates.terms import ACTIONS, SOFTWARE, UNRECORDED_SOFTWARE
from registry.provenance.importing import Part, Run, Thing, derived_uuid

if TYPE_CHECKING:
    from collections.abc import Collection

    from registry.provenance.crates.reading.graph import Crate

_VALUE = "PropertyValue"
_COLLECTION = frozenset({"Collection", *FOLDER})


@dataclass
class Runs:
    """The runs of a crate, and the things that they name beside its files.

    ``things`` begins with those of the files, by the names of their entities;
    ``by_path`` has the names of the files that came with the crate.
    """

    crate: Crate
    things: dict[str, Thing]
    by_path: Mapping[str, str]
    runs: list[Run] = field(default_factory=list)

    def read(self) -> None:
        """Read all actions of the crate that are runs."""
        actions = self.crate.of_type(ACTIONS)
        self._results = {
            one.id for action in actions for one in self.crate.linked(action, "result")
        }
        self.runs = [
            self._run(action)
            for action in actions
            if other_type_of(action, Element.ACTIVITY) is None
        ]

    def key_of(self, entity: Entity) -> str:
        """Return the key of what an entity is: of another type, or a thing."""
        if other_type_of(entity, Element.ENTITY) is not None:
            return entity.id
        return self._thing(entity)

    def _run(self, action: Entity) -> Run:
        started, ended = action.moment("startTime"), action.moment("endTime")
        if started is None and ended is None:
            action.refuse("A run has a startTime, or an endTime at least.")
        outputs = self._parts(action, "result")
        software, script = self._instruments(action)
        script = self._named(action, "script") or script
        config = self._named(action, "configuration")
        inputs = self._parts(action, "object", {script, config})
        identity = stated_uuid(action) or self._identity(action, (*inputs, *outputs))
        if config is None:
            config = self._parameters(action, identity)
        named = {"instrument": software, "configuration": config, "script": script}
        links = {field: named.get(word) for word, field in _fields_by_word().items()}
        return Run(
            key=action.id,
            where=action.where,
            uuid=identity,
            description=_description(action),
            began=started or ended,
            ended=ended,
            has_failed=_has_failed(action),
            links={name: key for name, key in links.items() if key is not None},
            inputs=inputs,
            outputs=outputs,
        )

    def _identity(self, action: Entity, parts: Iterable[Part]) -> uuid.UUID:
        """Recognise a run without a UUID: by its address, else by all that it was."""
        if action.is_remote:
            return derived_uuid(action.id)
        said = [
            action.id,
            *(action.text(name) or "" for name in ("name", "startTime", "endTime")),
            *sorted(str(self.things[part.thing].uuid) for part in parts),
        ]
        digest = hashlib.sha256("\n".join(said).encode()).hexdigest()
        return derived_uuid(f"urn:run:{digest}")

    def _instruments(self, action: Entity) -> tuple[str | None, str | None]:
        """Return the software and the script that a run was done with."""
        tools = self.crate.linked(action, "instrument")
        if not any(tool.types & SOFTWARE for tool in tools):
            action.refuse(
                "A run has an instrument: an entity of type SoftwareApplication, "
                "SoftwareSourceCode or ComputationalWorkflow."
            )
        software = script = None
        for tool in tools:
            if UNRECORDED_SOFTWARE in tool.links("additionalType") or is_defined(tool):
                continue
            is_file = bool(tool.types & FILE)
            if "SoftwareApplication" not in tool.types and (
                is_file or stated_uuid(tool) is not None
            ):
                script = script or self._thing(tool)
            elif is_file:
                software = software or tool.id
            else:
                software = software or self._add(software_thing(tool, self.crate))
        return software, script

    def _named(self, action: Entity, role: str) -> str | None:
        """Return what the registry's own words name as configuration or script."""
        for entity in self.crate.linked(action, role):
            return self._thing(entity)
        return None

    def _parts(
        self, action: Entity, role: str, special: Collection[str | None] = ()
    ) -> tuple[Part, ...]:
        """Return what a run read or wrote.

        A file beside parts of it is named for readers who know no parts; so are the
        script and the configuration, which are ``special``.
        """
        parts: dict[Part, None] = {}
        beside, wholes = set(special), set()
        for entity in self._expanded(self.crate.linked(action, role), set()):
            is_other = other_type_of(entity, Element.ENTITY) is not None
            if is_other or is_defined(entity) or self._is_parameter(entity):
                continue
            part = self._part(entity)
            parts[part] = None
            if entity.text("component") is not None:
                beside.add(part.thing)
                wholes |= {part.thing} if part.component is None else set()
        unspoken = beside - wholes
        return tuple(
            part
            for part in parts
            if part.component is not None or part.thing not in unspoken
        )

    def _part(self, entity: Entity) -> Part:
        """Return the part of a file that an entity is; all of it, for most."""
        component = entity.text("component")
        for whole in self.crate.linked(entity, "isPartOf") if component else ():
            parts = graph.default_type(Element.ENTITY).parts
            is_whole = parts is not None and component == parts.whole_name
            return Part(self._thing(whole), None if is_whole else component)
        return Part(self._thing(entity))

    def _expanded(self, entities: Iterable[Entity], seen: set[str]) -> Iterator[Entity]:
        """Yield what there is in folders and collections, instead of these."""
        for entity in entities:
            if entity.id in seen:
                continue
            seen.add(entity.id)
            inside = list(self._inside(entity)) if entity.types & _COLLECTION else []
            if inside:
                yield from self._expanded(inside, seen)
            else:
                yield entity

    def _inside(self, entity: Entity) -> Iterator[Entity]:
        yield from self.crate.linked(entity, "hasPart", "mainEntity")
        folders = {path.rstrip("/") for path in entity.paths}
        for path, name in self.by_path.items():
            if folders.intersection(folders_of(path)):
                yield self.crate.get(name) or Entity(name, {"@type": "File"}, Words())

    def _is_parameter(self, entity: Entity) -> bool:
        """Tell whether this is a value that a run was given, rather than data."""
        return _VALUE in entity.types and entity.id not in self._results

    def _parameters(self, action: Entity, identity: uuid.UUID) -> str | None:
        """Return the values that a run was given, as a configuration without a file."""
        said = [
            (entity.text("name") or entity.id, entity.text("value") or "")
            for entity in self.crate.linked(action, "object")
            if self._is_parameter(entity) and not is_defined(entity)
        ]
        if not said:
            return None
        lines = [f"{name} = {value}" for name, value in said]
        return self._add(
            Thing(
                keys=(f"{action.id}#parameters",),
                where=action.where,
                uuid=derived_uuid(f"urn:uuid:{identity}#parameters"),
                description="\n".join(
                    [f"Parameters of {_description(action)}", *lines]
                ),
                facts=tuple(
                    fact for fact in dict(said).items() if fits_key_value(*fact)
                ),
            )
        )

    def _thing(self, entity: Entity) -> str:
        """Return the key of what an entity is, making a thing of it if need be."""
        if entity.id not in self.things:
            self._add(bare_thing(entity, self.crate))
        return entity.id

    def _add(self, thing: Thing) -> str:
        return self.things.setdefault(thing.keys[0], thing).keys[0]


def _fields_by_word() -> dict[str, str]:
    """Return the foreign keys of a run by the words of crates for what they lead to."""
    return {
        use.role.crate_word: use.name
        for use in graph.default_type(Element.ACTIVITY).uses
        if use.role is not None and use.role.crate_word
    }


def _has_failed(action: Entity) -> bool:
    """Return whether an action failed, by its status (schema.org, actionStatus)."""
    status = [*action.links("actionStatus"), *action.texts("actionStatus")]
    return any(one.endswith("FailedActionStatus") for one in status)


def _description(action: Entity) -> str:
    """Return what was run, in as many words as there is room for."""
    said = (action.text("description"), action.text("name"), action.id)
    return next(
        (text for text in said if text and len(text) <= SHORT_LENGTH),
        action.id[:SHORT_LENGTH],
    )
