"""A PROV document about a record: what made it, from what, when and by whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from prov.identifier import Namespace, QualifiedName
from prov.model import ProvDocument

from registry.catalogue.models import WHOLE_OBJECT, CodeRepoRelease, DataProduct, Object
from registry.provenance.prov import attributes
from registry.provenance.prov.attributes import Attribute, described, term
from registry.provenance.prov.records import Subject, load
from registry.provenance.vocabulary import NAMESPACES
from registry.runs.models import CodeRun

if TYPE_CHECKING:
    from registry.catalogue.models import Author, ExternalObject, ObjectComponent
    from registry.core.models import Record
    from registry.provenance.prov.records import Reported

    #: What an object appears as in a report.
    Name = DataProduct | Object | CodeRepoRelease


def report(
    subject: Subject,
    *,
    depth: int | None,
    registry_url: str,
    naming_accounts: bool = False,
) -> ProvDocument:
    """Tell how a data product, an object or the outputs of a run were made.

    ``depth`` counts code runs back from the subject, None for all. ``registry_url`` is
    what the identifiers begin with, without the last slash. Accounts that are no
    authors are named with ``naming_accounts`` alone. Takes a constant number of
    queries.
    """
    reported = load(subject, depth=depth)
    return _Report(reported, registry_url, naming_accounts=naming_accounts).document


class _Report:
    """A document while it is written: every record once, then its relations.

    The order is that of the runs, the nearest first, so that the same records are
    always told in the same order.
    """

    def __init__(
        self, reported: Reported, registry_url: str, *, naming_accounts: bool
    ) -> None:
        self.document = ProvDocument()
        for prefix, iri in NAMESPACES.items():
            self.document.add_namespace(prefix, iri)
        self._here = Namespace("lreg", f"{registry_url}/")
        self.document.add_namespace(self._here)
        self._reported = reported
        self._naming_accounts = naming_accounts
        self._told: set[tuple[str, int]] = set()
        self._derived: set[tuple[QualifiedName, QualifiedName]] = set()
        self._tell_subject()
        started = [self._tell_run(run) for run in reported.runs]
        for run, starter, script in started:
            self.document.association(
                run, starter, script, other_attributes=_role("fair:code_runner")
            )

    def _tell_subject(self) -> None:
        """Tell of the subject first, so that it is there also without any run."""
        match self._reported.subject:
            case DataProduct() as product:
                things = [product.object_id]
            case Object() as thing:
                things = [thing.pk]
            case CodeRun() as run:
                run = next(one for one in self._reported.runs if one == run)
                things = list(_parts_of(run.outputs.all()))
        for pk in things:
            self._names(self._reported.objects[pk])

    def _identify(self, record: Record) -> QualifiedName:
        return self._here[f"api/{record.kind}/{record.pk}"]

    def _tell_run(
        self, run: CodeRun
    ) -> tuple[QualifiedName, QualifiedName, QualifiedName | None]:
        """Tell of a run, what it used and what it generated."""
        activity = self._identify(run)
        self.document.activity(
            activity, run.run_date, run.end_date, attributes.of_run(run)
        )
        written = self._relate_outputs(run, activity)
        starter = self._starter(run)
        self.document.start(
            activity,
            starter,
            time=run.run_date,
            other_attributes=_role("fair:code_runner"),
        )
        script = self._relate_code(run, activity)
        self._relate_inputs(run, activity, written)
        return activity, starter, script

    def _relate_outputs(
        self, run: CodeRun, activity: QualifiedName
    ) -> list[QualifiedName]:
        """Say what a run generated; return the entities."""
        written = []
        for pk, parts in _parts_of(run.outputs.all()).items():
            for entity in self._names(self._reported.objects[pk]):
                self.document.generation(
                    entity, activity, other_attributes=_components(parts)
                )
                written.append(entity)
        return written

    def _relate_code(
        self, run: CodeRun, activity: QualifiedName
    ) -> QualifiedName | None:
        """Say what a run ran with; return the script."""
        script = None
        for pk, role in (
            (run.code_repo_id, "fair:software"),
            (run.model_config_id, "fair:model_configuration"),
            (run.submission_script_id, "fair:submission_script"),
        ):
            if pk is None:
                continue
            entity = self._used_with(self._reported.objects[pk], role)
            self.document.usage(activity, entity, other_attributes=_role(role))
            script = entity if role == "fair:submission_script" else script
        return script

    def _relate_inputs(
        self, run: CodeRun, activity: QualifiedName, written: list[QualifiedName]
    ) -> None:
        """Say what a run read, and what was therefore derived from that."""
        for pk, parts in _parts_of(run.inputs.all()).items():
            for entity in self._names(self._reported.objects[pk]):
                self.document.usage(
                    activity,
                    entity,
                    other_attributes=[
                        *_role("fair:input_data"),
                        *_components(parts),
                    ],
                )
                for output in written:
                    self._derive(output, entity)

    def _derive(self, output: QualifiedName, entity: QualifiedName) -> None:
        """Say that one came of the other, once, whichever runs made it so."""
        if output != entity and (output, entity) not in self._derived:
            self._derived.add((output, entity))
            self.document.derivation(output, entity)

    def _names(self, thing: Object) -> list[QualifiedName]:
        """Tell of an object as data, and return what it appears as."""
        return [self._tell(name, thing) for name in self._reported.names_of(thing)]

    def _used_with(self, thing: Object, role: str) -> QualifiedName:
        """Tell of an object as what a run ran with."""
        release = getattr(thing, "code_repo_release", None)
        if role == "fair:software" and release is not None:
            return self._tell(release, thing)
        is_software = role != "fair:model_configuration"
        return self._tell(thing, thing, is_software=is_software)

    def _tell(
        self, name: Name, thing: Object, *, is_software: bool = False
    ) -> QualifiedName:
        """Tell of an entity, unless that was done; return its identifier."""
        identifier = self._identify(name)
        software = described(("rdf:type", term("dcmitype:Software")))
        if (name.kind, name.pk) in self._told:
            if is_software:
                [entity] = self.document.get_record(identifier)
                entity.add_attributes(software)
            return identifier
        self._told.add((name.kind, name.pk))
        own = _own_attributes(name) or (software if is_software else [])
        self.document.entity(
            identifier, [*own, *attributes.of_file(thing, self._reported.private)]
        )
        for author in thing.authors.all():
            self.document.attribution(
                identifier,
                self._author(author),
                other_attributes=_role("dcterms:creator"),
            )
        external = getattr(name, "external_object", None)
        if external is not None:
            self._tell_external(external, identifier)
        return identifier

    def _tell_external(self, external: ExternalObject, product: QualifiedName) -> None:
        identifier = self._identify(external)
        self.document.entity(
            identifier, attributes.of_external(external, self._reported.private)
        )
        self.document.specialization(identifier, product)

    def _author(self, author: Author) -> QualifiedName:
        identifier = self._identify(author)
        if (author.kind, author.pk) not in self._told:
            self._told.add((author.kind, author.pk))
            self.document.agent(identifier, attributes.of_author(author))
        return identifier

    def _starter(self, run: CodeRun) -> QualifiedName:
        """Tell who started a run: the author whose account registered it, or that."""
        account = run.registered_by
        known = getattr(account, "user_author", None)
        if known is not None:
            return self._author(known.author)
        identifier = self._here[f"api/{account.kind}/{account.pk}"]
        if (account.kind, account.pk) not in self._told:
            self._told.add((account.kind, account.pk))
            name = account.full_name or account.username
            self.document.agent(
                identifier,
                described(
                    ("rdf:type", term("prov:Person")),
                    ("foaf:name", name if self._naming_accounts else None),
                ),
            )
        return identifier


def _own_attributes(name: Name) -> list[Attribute]:
    """Return the attributes that belong to a name of an object, not to the object."""
    match name:
        case DataProduct():
            return attributes.of_product(name)
        case CodeRepoRelease():
            return attributes.of_release(name)
    return []


def _parts_of(components: Iterable[ObjectComponent]) -> dict[int, list[str]]:
    """Return the names of parts by the ids of their objects."""
    parts: defaultdict[int, list[str]] = defaultdict(list)
    for component in components:
        parts[component.object_id].append(component.name)
    return parts


def _components(names: list[str]) -> list[Attribute]:
    """Name the parts that were read or written, unless it was the whole."""
    if names == [WHOLE_OBJECT]:
        return []
    return described(*(("fair:component", name) for name in names))


def _role(name: str) -> list[Attribute]:
    return described(("prov:role", term(name)))
