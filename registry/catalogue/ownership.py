"""Who can register what in the catalogue: the rules of its record types.

Labels of an object are registered by those who look after it. In a namespace its
members register data products; in an open namespace everybody can, but a further
version of a data product only its owner and co-owners. See ``registry.core.rules`` for
when a rule is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import OuterRef, Subquery

from registry.catalogue.models import DataProduct, Namespace, Object, UserAuthor
from registry.catalogue.shared_addresses import Cited, refuse_shared_products
from registry.core.errors import Forbidden
from registry.core.field_references import path_of
from registry.core.lookups import IdIn
from registry.core.models import Record
from registry.identity.models import CoOwner
from registry.identity.ownership import co_owned_among, look_after, people_of
from registry.identity.roles import is_curator

if TYPE_CHECKING:
    from registry.core.errors import RegistryError
    from registry.core.field_references import FieldReference
    from registry.core.rules import Rule
    from registry.identity.models import User

    Refusals = dict[int, RegistryError]


def by_owners_of(*links: FieldReference) -> Rule:
    """Return the rule that only those who look after an object can label it so.

    The links lead from a record to the object.
    """
    path = path_of(*links)

    def refuse(records: Sequence[Record], by: User) -> Refusals:
        rows = type(records[0])._default_manager.filter(
            IdIn("pk", [record.pk for record in records])
        )
        names = ("pk", f"{path}_id", f"{path}__registered_by")
        about = {pk: said for pk, *said in rows.order_by().values_list(*names)}
        others = _objects_of_others(dict(about.values()), by)
        return {
            number: _refuse_label(record, about[record.pk][0], others)
            for number, record in enumerate(records)
            if about[record.pk][0] in others
        }

    return refuse


def _objects_of_others(owners: Mapping[int, int], by: User) -> dict[int, str]:
    """Return who looks after the objects that are not this person's, by id.

    ``owners`` maps ids of objects to their owners.
    """
    others = owners.keys() - look_after(Object, owners, by)
    return people_of(Object, others) if others else {}


def _refuse_label(record: Record, thing: int, people: Mapping[int, str]) -> Forbidden:
    titles = record._meta.verbose_name_plural
    return Forbidden(
        f"Object {thing} belongs to {people[thing]}: only its owner, its co-owners, "
        f"curators and administrators can register {titles} for it."
    )


def refuse_other_accounts(links: Sequence[UserAuthor], by: User) -> Refusals:
    """Refuse to link an author to somebody else's account."""
    others = [n for n, link in enumerate(links) if link.user_id != by.pk]
    if not others or is_curator(by):
        return {}
    message = (
        "Only the person whose account it is, curators and administrators can say "
        "which author an account belongs to."
    )
    return {number: Forbidden(message) for number in others}


@dataclass(frozen=True)
class _Place:
    """The name of a data product in its namespace; the first version has an owner."""

    namespace: int
    member: int
    closed: bool
    withdrawn: str | None
    name: str
    first: int | None
    owner: int | None


@dataclass(frozen=True)
class _NewProduct:
    """A new data product: where it is, and whose its object is."""

    thing: int
    owner: int
    place: _Place
    space: str


def refuse_products(products: Sequence[DataProduct], by: User) -> Refusals:
    """Refuse products of others' objects, in closed namespaces, or others' names.

    A name that would have the address of another data product is refused too.
    """
    new = _new_products([product.pk for product in products])
    others = _objects_of_others({one.thing: one.owner for one in new.values()}, by)
    open_to = _open_to({one.place for one in new.values()}, by)
    refused: Refusals = {}
    places: dict[int, _Place] = {}
    for number, product in enumerate(products):
        one = new[product.pk]
        if one.thing in others:
            refused[number] = _refuse_label(product, one.thing, others)
        elif one.place not in open_to:
            places[number] = one.place
    names = {
        number: Cited(new[one.pk].space, one.name, one.version)
        for number, one in enumerate(products)
    }
    return refuse_shared_products(names) | refused | _refuse_places(places)


def _new_products(ids: Sequence[int]) -> dict[int, _NewProduct]:
    """Return what is known of each of these new products, in one statement."""
    versions = DataProduct.objects.filter(
        namespace=OuterRef("namespace"), name=OuterRef("name")
    )
    # of many, those before the first are the older ones; that takes less time
    older = (
        versions.exclude(pk=ids[0])
        if len(ids) == 1
        else versions.filter(pk__lt=min(ids))
    )
    first = older.order_by("pk")
    rows = DataProduct.objects.filter(IdIn("pk", ids)).order_by()
    return {
        pk: _NewProduct(thing, owner, _Place(*place), space)
        for pk, thing, owner, space, *place in rows.values_list(
            "pk",
            "object",
            "object__registered_by",
            "namespace__name",
            "namespace",
            "namespace__registered_by",
            "namespace__closed",
            "namespace__withdrawn",
            "name",
            Subquery(first.values("pk")[:1]),
            Subquery(first.values("registered_by")[:1]),
        )
    }


def _open_to(places: set[_Place], by: User) -> set[_Place]:
    """Return the places where a person can register products."""
    allowed = {one for one in places if _is_plainly_open_to(one, by)}
    if allowed == places or is_curator(by):
        return places
    places = {one for one in places if one.withdrawn is None}
    rest = places - allowed
    joined = co_owned_among(Namespace, {one.namespace for one in rest}, by)
    allowed |= {one for one in rest if one.namespace in joined}
    rest = {one for one in rest - allowed if not one.closed}
    co_owned = _co_owned_names(by) if rest else set()
    return allowed | {one for one in rest if (one.namespace, one.name) in co_owned}


def _is_plainly_open_to(place: _Place, by: User) -> bool:
    """Return whether ownership alone decides that a person can register there."""
    if place.withdrawn is not None:
        return False
    if place.member == by.pk:
        return True
    return not place.closed and (place.first is None or place.owner == by.pk)


def _co_owned_names(by: User) -> set[tuple[int, str]]:
    """Return namespace and name of the data products that a person co-owns."""
    named = CoOwner.objects.filter(kind=DataProduct.kind, user=by)
    versions = DataProduct.objects.filter(pk__in=named.values("record_id"))
    return set(versions.order_by().values_list("namespace", "name").distinct())


def _refuse_places(places: Mapping[int, _Place]) -> Refusals:
    """Return why products are refused, with whom to ask, by row number."""
    if not places:
        return {}
    spaces = {place.namespace for place in places.values()}
    names = dict(Namespace.objects.filter(pk__in=spaces).values_list("pk", "name"))
    members = people_of(Namespace, spaces)
    firsts = [place.first for place in places.values() if place.first is not None]
    owners = people_of(DataProduct, firsts)
    return {
        number: Forbidden(
            _why(place, names[place.namespace], members[place.namespace], owners)
        )
        for number, place in places.items()
    }


def _why(place: _Place, space: str, members: str, owners: Mapping[int, str]) -> str:
    if place.withdrawn is not None:
        return f"The namespace {space} was withdrawn: {place.withdrawn}"
    if place.closed:
        return (
            f"The namespace {space} is closed: only its members, curators and "
            f"administrators register data products in it. Ask one of them: {members}."
        )
    return (
        f"The data product {place.name} belongs to {owners[place.first or 0]}: only "
        "its owner, its co-owners, members of the namespace, curators and "
        "administrators register a further version of it. "
        f"Members of {space}: {members}."
    )


def require_product(product: DataProduct, by: User) -> None:
    """Raise ``Forbidden`` if a person cannot make this the name of this object."""
    for refused in refuse_products([product], by).values():
        raise refused
