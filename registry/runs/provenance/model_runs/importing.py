"""Definitions of a document: found by UUID, or registered, with their model runs.

Records that exist already are used as they are. Templates and model runs must be the
same, for a record of a run means what its template meant when it was made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn
from uuid import UUID

from registry.catalogue.models import Organisation
from registry.catalogue.provenance import modelling
from registry.catalogue.rors import canonical_ror
from registry.core.errors import Conflict, InvalidInput
from registry.runs.model_runs.importing import register_for_code_runs
from registry.runs.provenance.model_runs import types
from registry.runs.provenance.model_runs.defining import (
    DIRECTIONS,
    registered_definitions,
)
from registry.runs.templates import SLOTS

if TYPE_CHECKING:
    from registry.core.graph.companions import Known
    from registry.core.graph.definitions import DefinedType
    from registry.core.graph.described import Defined
    from registry.core.graph.ledger import Ledger
    from registry.core.models import Record
    from registry.core.records import Values

    Rows = list[tuple[str, Values]]

_PLAIN = (modelling.ORGANISATION, modelling.STUDY)
_TEMPLATES = (types.DATASET_TEMPLATE, types.WORKFLOW_TEMPLATE)


def register_definitions(
    defined: Sequence[Defined], known: Known, ledger: Ledger
) -> Mapping[str, Record]:
    """Find or register what a document defines; return the records by its keys.

    Raises ``InvalidInput`` with messages by place, and ``Conflict`` where a template or
    a model run exists with another content.
    """
    return _Importer(defined, known, ledger).register()


class _Importer:
    """Records of definitions, by their types and UUIDs, while they are registered."""

    def __init__(
        self, defined: Sequence[Defined], known: Known, ledger: Ledger
    ) -> None:
        self._known, self._ledger = known, ledger
        self._defined = {
            kind: _by_uuid(one for one in defined if one.type is kind)
            for kind in (*_PLAIN, modelling.MODEL, *_TEMPLATES, types.MODEL_RUN)
        }
        self._keys = {one.key: (one.type, one.values["uuid"]) for one in defined}
        self._records: dict[DefinedType, dict[str, Record]] = {}

    def register(self) -> dict[str, Record]:
        """Find or register everything."""
        for kind in _PLAIN:
            self._register(kind, lambda one: one.values)
        self._register(modelling.MODEL, self._model_row)
        self._register_templates(types.DATASET_TEMPLATE, self._template_row)
        self._register_templates(types.WORKFLOW_TEMPLATE, self._workflow_row)
        self._register_runs()
        return {
            key: self._records[kind][uuid] for key, (kind, uuid) in self._keys.items()
        }

    def _find(self, kind: DefinedType) -> dict[str, Record]:
        """Find the records that exist, of what is defined and of what that links to."""
        defined = self._defined[kind]
        found = self._records.setdefault(kind, {})
        wanted = {*defined, *self._linked(kind)}
        rows: Any = kind.model._default_manager
        for record in rows.filter(uuid__in=wanted):
            found[_uuid_of(record)] = record
        if kind is modelling.ORGANISATION:
            self._find_by_ror(found)
        return found

    def _find_by_ror(self, found: dict[str, Record]) -> None:
        """Find organisations by their ROR ids, whatever UUIDs they have here."""
        defined = self._defined[modelling.ORGANISATION].items()
        rors = {
            canonical_ror(one.values["ror"]): uuid
            for uuid, one in defined
            if one.values["ror"] and uuid not in found
        }
        for record in Organisation.objects.filter(ror__in=rors):
            found[rors[str(record.ror)]] = record

    def _linked(self, kind: DefinedType) -> Iterator[str]:
        """Yield the UUIDs of this type to which the definitions link."""
        for of, name in _links_to(kind):
            for one in self._defined[of].values():
                link = one.values[name]
                yield from link if isinstance(link, list) else filter(None, [link])
        if kind is types.DATASET_TEMPLATE:
            for run in self._defined[types.MODEL_RUN].values():
                yield from (one["dataset_template"] for one in _datasets_of(run))

    def _register(self, kind: DefinedType, row_of: Callable[[Defined], Values]) -> None:
        found = self._find(kind)
        new = {u: one for u, one in self._defined[kind].items() if u not in found}
        rows: Rows = [(one.where, row_of(one)) for one in new.values()]
        made = self._ledger.register(kind.model, rows)
        found |= dict(zip(new, made, strict=True))

    def _model_row(self, one: Defined) -> Values:
        named = [
            (release["name"], release["version"]) for release in one.values["releases"]
        ]
        missing = [of for of in named if of not in self._known.releases]
        if missing:
            name, version = missing[0]
            _refuse(one, "releases", f"The document has no release {name} {version}.")
        return {
            **one.values,
            "releases": [self._known.releases[of] for of in named],
        }

    def _register_templates(
        self, kind: DefinedType, row_of: Callable[[Defined], Values]
    ) -> None:
        """Register templates, each after the one that it replaces."""
        found = self._find(kind)
        values = {uuid: one.values for uuid, one in self._defined[kind].items()}
        _require_same(kind, values, self._defined[kind], found)
        waiting = {u: one for u, one in self._defined[kind].items() if u not in found}
        while waiting:
            ready = {
                uuid: one
                for uuid, one in waiting.items()
                if one.values["replaces"] not in waiting
            }
            if not ready:
                one = next(iter(waiting.values()))
                _refuse(one, "replaces", "These templates replace one another.")
            rows: Rows = [(one.where, row_of(one)) for one in ready.values()]
            made = self._ledger.register(kind.model, rows)
            _require_versions(ready.values(), made)
            found |= dict(zip(ready, made, strict=True))
            waiting = {u: one for u, one in waiting.items() if u not in ready}

    def _template_row(self, one: Defined) -> Values:
        values = {
            name: value for name, value in one.values.items() if name != "version"
        }
        return {**values, "replaces": self._link(one, "replaces", one.type)}

    def _workflow_row(self, one: Defined) -> Values:
        return {
            **self._template_row(one),
            "model": self._link(one, "model", modelling.MODEL),
            **{
                name: [
                    self._target(one, name, types.DATASET_TEMPLATE, uuid)
                    for uuid in one.values[name]
                ]
                for name in SLOTS
            },
        }

    def _link(self, one: Defined, name: str, kind: DefinedType) -> Record | None:
        """Return what a definition links to: in the document, or in the registry."""
        uuid = one.values[name]
        return None if uuid is None else self._target(one, name, kind, uuid)

    def _target(self, one: Defined, name: str, kind: DefinedType, uuid: str) -> Record:
        record = self._records[kind].get(uuid)
        if record is None:
            _refuse(one, name, _missing(kind.title, uuid))
        return record

    def _register_runs(self) -> None:
        kind = types.MODEL_RUN
        found = self._find(kind)
        values = {uuid: self._as_here(one) for uuid, one in self._defined[kind].items()}
        _require_same(kind, values, self._defined[kind], found)
        new = {u: one for u, one in self._defined[kind].items() if u not in found}
        rows: Rows = [(one.where, self._run_row(one)) for one in new.values()]
        made = self._ledger.register_by(register_for_code_runs, rows)
        found |= dict(zip(new, made, strict=True))

    def _as_here(self, one: Defined) -> Mapping[str, Any]:
        """Return the values of a run, with the UUIDs that its links have here."""
        links = self._links_of_run(one)
        uuids = {name: _uuid_of(record) for name, record in links.items() if record}
        return {**one.values, **uuids}

    def _links_of_run(self, one: Defined) -> dict[str, Record | None]:
        """Return what a run links to, as far as the document or the registry has it."""
        values, known = one.values, self._known
        of = dict.fromkeys(_THINGS, known.things) | {_MODELLER: known.people}
        links = {
            name: records.get(UUID(values[name])) if values[name] else None
            for name, records in of.items()
        }
        for name, kind in _LINKS[types.MODEL_RUN].items():
            links[name] = self._records[kind].get(values[name] or "")
        return links

    def _run_row(self, one: Defined) -> Values:
        run = self._known.activities.get(UUID(one.values["uuid"]))
        if run is None:
            _refuse(one, "uuid", "This is not the UUID of the run that it defines.")
        links = self._links_of_run(one)
        lost = next((n for n in links if not links[n] and one.values[n]), None)
        if lost is not None:
            _refuse(one, lost, _missing("record", one.values[lost]))
        datasets = {
            direction: [
                self._dataset(one, direction, item) for item in one.values[direction]
            ]
            for direction in DIRECTIONS
        }
        ids = {name: record and record.pk for name, record in links.items()}
        return {**one.values, **ids, **datasets, "code_run": run}

    def _dataset(
        self, one: Defined, direction: str, item: Mapping[str, Any]
    ) -> dict[str, Any]:
        template = self._target(
            one, direction, types.DATASET_TEMPLATE, item["dataset_template"]
        )
        named = item["dataset"]
        name = (named["namespace"], named["name"], named["version"])
        product = self._known.products.get(name)
        if product is None:
            text = " ".join(name)[:300]
            _refuse(one, direction, f"The document has no data product {text}.")
        return {
            "dataset_template": template.pk,
            "dataset": product.pk,
            "resources": item["resources"],
            "components": item["components"],
        }


#: The links of a run to what has no definition: objects, and a person.
_THINGS, _MODELLER = ("model_config", "submission_script"), "modeller"
#: The links of definitions to others, by field.
_LINKS: dict[DefinedType, dict[str, DefinedType]] = {
    types.DATASET_TEMPLATE: {"replaces": types.DATASET_TEMPLATE},
    types.WORKFLOW_TEMPLATE: {
        "replaces": types.WORKFLOW_TEMPLATE,
        "model": modelling.MODEL,
        **dict.fromkeys(SLOTS, types.DATASET_TEMPLATE),
    },
    types.MODEL_RUN: {
        "workflow_template": types.WORKFLOW_TEMPLATE,
        "study": modelling.STUDY,
        "requesting_organisation": modelling.ORGANISATION,
    },
}


def _links_to(kind: DefinedType) -> Iterator[tuple[DefinedType, str]]:
    """Yield which definitions link to this type, and in which field."""
    for of, links in _LINKS.items():
        yield from ((of, name) for name, target in links.items() if target is kind)


def _uuid_of(record: Any) -> str:
    return str(record.uuid)


def _refuse(one: Defined, name: str, message: str) -> NoReturn:
    raise InvalidInput({one.where: [f"{name}: {message}"]})


def _missing(title: str, uuid: str) -> str:
    return f"The document defines no {title} {uuid}, and none is registered."


def _datasets_of(run: Defined) -> Iterator[Mapping[str, Any]]:
    for direction in DIRECTIONS:
        yield from run.values[direction]


def _by_uuid(defined: Iterable[Defined]) -> dict[str, Defined]:
    """Return definitions by UUID; raise ``InvalidInput`` where two are not the same."""
    found: dict[str, Defined] = {}
    for one in defined:
        first = found.setdefault(one.values["uuid"], one)
        if first.values != one.values:
            _refuse(one, "uuid", f"{first.where} defines it in another way.")
    return found


def _require_versions(defined: Iterable[Defined], made: Iterable[Any]) -> None:
    for one, record in zip(defined, made, strict=True):
        if record.version != one.values["version"]:
            _refuse(
                one,
                "version",
                f"By what it replaces, this is version {record.version}.",
            )


def _require_same(
    kind: DefinedType,
    values: Mapping[str, Mapping[str, Any]],
    defined: Mapping[str, Defined],
    found: Mapping[str, Record],
) -> None:
    """Refuse a template or a model run that exists with another content."""
    both = [found[uuid].pk for uuid in defined if uuid in found]
    registered = registered_definitions(kind, both) if both else {}
    for uuid, present in registered.items():
        different = [
            name for name in kind.fields if values[uuid][name] != present[name]
        ]
        if different:
            raise Conflict(
                f"{defined[uuid].where}: {kind.title} {found[uuid].pk} of this "
                f"registry has another {', '.join(different)}."
            )
