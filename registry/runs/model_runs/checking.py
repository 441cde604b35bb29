"""Check records of model runs against the registry and against their templates.

The checks are those of the first registries of such records, without their laxities: an
entry has to be for a template of its own direction, and all errors of all records are
named together. Many records take as many statements as one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from registry.catalogue.models import Author, DataProduct, Object, Organisation, Study
from registry.core.links import LinkError, ResolvedLinks, resolve_links
from registry.core.lookups import IdIn
from registry.runs.model_runs.agreements import Agreement, Slot, fetch_agreements
from registry.runs.model_runs.given import DIRECTIONS, Given, GivenDataset, GivenLink
from registry.runs.models import DatasetTemplate, WorkflowTemplate

#: What the links of a record lead to.
TARGETS: tuple[tuple[str, type[Any]], ...] = (
    ("workflow_template", WorkflowTemplate),
    ("study", Study),
    ("modeller", Author),
    ("requesting_organisation", Organisation),
    ("model_config", Object),
    ("submission_script", Object),
)
#: At most so many names are in a message.
_MOST_NAMED = 20


@dataclass(frozen=True)
class Dataset:
    """A dataset of a run: the ids of its template and of its data product."""

    template: int
    product: int
    resources: Mapping[str, str]
    components: Sequence[str]

    def document(self) -> dict[str, Any]:
        """Return what the record of the run stores."""
        return {
            "dataset_template": self.template,
            "dataset": self.product,
            "resources": dict(self.resources),
            **({"components": list(self.components)} if self.components else {}),
        }


@dataclass
class Checked:
    """A record with the ids of what it links to; ``errors`` by their places.

    Without errors, the record can be registered.
    """

    given: Given
    links: dict[str, int | None] = field(default_factory=dict)
    datasets: dict[str, list[Dataset]] = field(default_factory=dict)
    agreement: Agreement | None = None
    #: The place and the message of why no new run can follow the template.
    refusal: tuple[str, str] | None = None

    @property
    def model(self) -> int:
        """The id of the model that a right record is about."""
        if self.agreement is None:
            raise ValueError("This record has no workflow template.")
        return self.agreement.model

    def refuse(self) -> None:
        """Add the error that no new run can follow the template, if none can."""
        if self.refusal is not None:
            self.given.add_error(*self.refusal)
            self.refusal = None

    @property
    def errors(self) -> dict[str, list[str]]:
        """The errors, by their places in what was sent."""
        return self.given.errors


def check_records(records: Sequence[Given], *, locked: bool = False) -> list[Checked]:
    """Check records; each has its errors with it.

    With ``locked``, their templates stay as they are until the end of the transaction.
    """
    links = resolve_links(_written(records))
    checked = [_check_links(given, links) for given in records]
    _check_components(records, links)
    templates = {one.links.get("workflow_template") for one in checked} - {None}
    agreements = fetch_agreements(
        {pk for pk in templates if pk is not None}, locked=locked
    )
    for one in checked:
        pk = one.links.get("workflow_template")
        if pk is not None:
            one.agreement = agreements[pk]
            _check_agreement(one, one.agreement, links)
        if one.errors:
            one.refuse()
    return checked


def _written(records: Sequence[Given]) -> Iterator[tuple[type[Any], Any]]:
    """Yield all links of all records, to look them up together."""
    for given in records:
        for model, link in chain(_links_of(given), _dataset_links_of(given)):
            if link is not None and isinstance(link.value, int | str):
                yield model, link.value


def _links_of(given: Given) -> Iterator[tuple[type[Any], GivenLink | None]]:
    for name, model in TARGETS:
        yield model, given.links.get(name)


def _dataset_links_of(given: Given) -> Iterator[tuple[type[Any], GivenLink | None]]:
    for one in chain.from_iterable(given.datasets.values()):
        yield DatasetTemplate, one.template
        yield DataProduct, one.dataset


def _check_links(given: Given, links: ResolvedLinks) -> Checked:
    checked = Checked(given)
    for name, model in TARGETS:
        checked.links[name] = _target(given, given.links.get(name), model, links)
    for direction in DIRECTIONS:
        checked.datasets[direction] = [
            Dataset(template, product, one.resources, one.components)
            for one in given.datasets.get(direction, ())
            for template in [_target(given, one.template, DatasetTemplate, links)]
            for product in [_target(given, one.dataset, DataProduct, links)]
            if template is not None and product is not None
        ]
    return checked


def _target(
    given: Given, link: GivenLink | None, model: type[Any], links: ResolvedLinks
) -> int | None:
    """Return the id of a link's target; None, with an error, where there is none."""
    if link is None:
        return None
    found = links.get(model, link.value)
    if isinstance(found, LinkError):
        given.add_error(link.place, str(found))
        return None
    return found


def _check_components(records: Sequence[Given], links: ResolvedLinks) -> None:
    """Check that data products have the components that are named."""
    named = [
        (given, one, links.get(DataProduct, one.dataset.value))
        for given in records
        for one in chain.from_iterable(given.datasets.values())
        if one.components and one.dataset is not None
    ]
    known = components_of({pk for _, _, pk in named if isinstance(pk, int)})
    for given, one, pk in named:
        if not isinstance(pk, int):
            continue
        for at, name in enumerate(one.components):
            if name not in known[pk]:
                given.add_error(
                    f"{one.place}.components[{at}]",
                    f"Data product {pk} has no component {name[:100]}; it has: "
                    f"{', '.join([*known[pk]][:_MOST_NAMED])}.",
                )


def components_of(products: Collection[int]) -> dict[int, dict[str, int]]:
    """Return the ids of the components of data products, by the products and names."""
    found: dict[int, dict[str, int]] = {pk: {} for pk in products}
    if products:
        rows = DataProduct.objects.filter(IdIn("pk", products)).order_by()
        paths = ("pk", "object__components__name", "object__components")
        for pk, name, component in rows.values_list(*paths):
            found[pk][name] = component
    return found


def _check_agreement(
    checked: Checked, agreement: Agreement, links: ResolvedLinks
) -> None:
    """Check a record against its workflow template."""
    given = checked.given
    if agreement.withdrawn is not None:
        place = given.links["workflow_template"].place
        message = f"Workflow template {agreement.pk} was withdrawn: "
        checked.refusal = (place, message + agreement.withdrawn)
    for direction in DIRECTIONS:
        _check_datasets(given, direction, agreement, links)
    for name in agreement.required_annotations:
        if name not in given.annotations and "annotations" not in given.errors:
            given.add_error(
                f"annotations.{name}",
                f"Required by workflow template {agreement.pk}.",
            )


def _check_datasets(
    given: Given, direction: str, agreement: Agreement, links: ResolvedLinks
) -> None:
    slots = agreement.slots[direction]
    present = [
        (one, links.get(DatasetTemplate, one.template.value) if one.template else None)
        for one in given.datasets.get(direction, ())
    ]
    for one, pk in present:
        if isinstance(pk, int) and pk in slots:
            _check_resources(given, one, slots[pk])
        elif isinstance(pk, int):
            _add_no_slot(given, one, pk, direction, agreement)
    if all(isinstance(pk, int) for _, pk in present):
        # otherwise one that cannot be read may be the one that is missing
        _add_missing(given, direction, {pk for _, pk in present}, agreement)


def _add_missing(
    given: Given, direction: str, present: Collection[Any], agreement: Agreement
) -> None:
    if direction in given.errors:
        # there is no list of datasets that could have one
        return
    for slot in agreement.slots[direction].values():
        if slot.pk not in present and not slot.optional:
            given.add_error(
                direction,
                f"Give a dataset for dataset template {slot}: required by workflow "
                f"template {agreement.pk}.",
            )


def _add_no_slot(
    given: Given, one: GivenDataset, pk: int, direction: str, agreement: Agreement
) -> None:
    """Add the error of a dataset for a template that this direction does not have."""
    slots = [str(slot) for slot in agreement.slots[direction].values()]
    allowed = ", ".join(slots[:_MOST_NAMED]) or "none"
    place = one.template.place if one.template else one.place
    given.add_error(
        place,
        f"Dataset template {pk} is not among the {direction} of workflow template "
        f"{agreement.pk}, which are: {allowed}.",
    )


def _check_resources(given: Given, one: GivenDataset, slot: Slot) -> None:
    """Check the paths of a dataset against the deferred resources of its template."""
    place = f"{one.place}.resources"
    for key, resource in slot.resources.items():
        if key not in one.resources and not resource.optional:
            given.add_error(
                f"{place}.{key}", f"Required by dataset template {slot.pk}."
            )
    for key in one.resources:
        if key not in slot.resources:
            allowed = ", ".join([*slot.resources][:_MOST_NAMED]) or "none"
            given.add_error(
                f"{place}.{key[:100]}",
                f"Dataset template {slot.pk} has no such deferred resource; it has: "
                f"{allowed}.",
            )
