"""How to reach authors: who can register that, and who can see it.

A contact exists for three kinds of people only: the account that registered it, the
person, and administrators. The person is the account that is linked to the author. But
everybody can link their own account to any author, so a link that somebody made for
themselves does not count: links by curators and administrators do.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from registry.catalogue.models import Author, AuthorContact, UserAuthor
from registry.catalogue.services import require_unchanged
from registry.core.errors import Forbidden
from registry.core.lookups import IdIn
from registry.identity.ownership import change_own
from registry.identity.roles import is_administrator, is_curator

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from registry.core.errors import RegistryError
    from registry.core.records import Values
    from registry.identity.models import User


def visible_contacts(
    contacts: QuerySet[AuthorContact], viewer: Any
) -> QuerySet[AuthorContact]:
    """Return the contacts that a viewer can see."""
    if is_administrator(viewer):
        return contacts
    if not viewer.is_authenticated:
        return contacts.none()
    return contacts.filter(Q(registered_by=viewer) | _about(viewer))


def _about(person: User) -> Q:
    """Return the condition for contacts of the author that an account is linked to."""
    links = UserAuthor.objects.not_withdrawn().filter(user=person)
    link = links.exclude(registered_by=person).first()
    if link is None:
        return Q(pk__in=())
    return Q(author=link.author_id)


def refuse_contacts(
    contacts: Sequence[AuthorContact], by: User
) -> dict[int, RegistryError]:
    """Refuse contacts of authors who are neither this person nor theirs."""
    if is_curator(by):
        return {}
    own = _own_authors({one.author_id for one in contacts}, by)
    message = (
        "Only the person whose account is linked to the author, who registered the "
        "author, curators and administrators can say how to reach an author."
    )
    return {
        number: Forbidden(message)
        for number, one in enumerate(contacts)
        if one.author_id not in own
    }


def _own_authors(ids: Collection[int], by: User) -> set[int]:
    """Return the authors that a person registered or is linked to, in one statement."""
    links = UserAuthor.objects.not_withdrawn().filter(user=by)
    links = links.exclude(registered_by=by)
    is_own = Q(registered_by=by) | Q(pk__in=links.values("author"))
    authors = Author.objects.filter(is_own, IdIn("pk", ids)).order_by()
    return set(authors.values_list("pk", flat=True))


def change_contact(
    pk: int,
    values: Values,
    *,
    by: User,
    unless_changed: Collection[str] | None = None,
    validated: bool = False,
) -> AuthorContact:
    """Change a contact, for those who can see it; the author stays."""
    return change_own(
        AuthorContact,
        pk,
        values,
        by=by,
        unless_changed=unless_changed,
        validated=validated,
        guard=require_same_author,
    )


def require_same_author(contact: AuthorContact, values: Values) -> None:
    """Raise ``Conflict`` if a contact would become that of another author."""
    require_unchanged(contact, values, "author", "register another for another author")
