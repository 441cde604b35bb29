"""Authors, how to reach them, and which account is which author."""

from __future__ import annotations

from functools import partial

from registry.catalogue import authors, contacts, curation, models
from registry.catalogue.ownership import refuse_other_accounts
from registry.catalogue.record_types.sections import PEOPLE
from registry.core.field_references import path_of
from registry.core.permissions import Who
from registry.core.record_types import RecordType
from registry.core.traits import MergeRule, ReverseFilter, Suggestion
from registry.identity.ownership import delete_as_withdrawer


def _suggest_author(author: models.Author) -> str:
    """Return the name with the identifier, which tells namesakes apart."""
    if author.name and author.identifier:
        return f"{author.name} ({author.identifier})"
    return str(author)


AUTHOR = RecordType(
    model=models.Author,
    description="""
A person or organisation that made data or code, with or without an account.

Give a `name`, an `identifier` (a URL such as an ORCID iD) or both. With an identifier
the `uuid` is derived from it, so that registries agree.
""".strip(),
    summary="People and organisations that made data or code.",
    section=PEOPLE,
    rank=80,
    columns=(models.Author.name, models.Author.identifier, models.Author.uuid),
    search_texts=(models.Author.name, models.Author.identifier),
    natural_key=models.Author.identifier,
    suggestion=Suggestion(
        texts=(path_of(models.Author.name), path_of(models.Author.identifier)),
        label=_suggest_author,
    ),
    register=authors.register_authors,
    correct=curation.correct_author,
    merge=MergeRule(
        fills=(models.Author.name, models.Author.identifier),
        complete=authors.with_author_uuid,
    ),
)


USER_AUTHOR = RecordType(
    model=models.UserAuthor,
    description="Says that an account of this registry belongs to an author. The "
    "person whose account it is can take it away.",
    summary="Which account is which author.",
    section=PEOPLE,
    rank=120,
    columns=(models.UserAuthor.author, models.UserAuthor.user),
    reverse_filters=(ReverseFilter(name="userauthor", link=models.UserAuthor.author),),
    account=models.UserAuthor.user,
    registered_by=Who.ONESELF,
    delete=partial(delete_as_withdrawer, models.UserAuthor),
    rule=refuse_other_accounts,
    correct=partial(
        curation.correct_record, models.UserAuthor, check=curation.check_user_author
    ),
    guard=curation.check_user_author,
)


AUTHOR_CONTACT = RecordType(
    model=models.AuthorContact,
    description="""
How to reach an author. Private.

Only who registered it, the person whose account is linked to the author, and
administrators can see it; for everybody else it does not exist. A link that somebody
made for their own account does not count: ask a curator for it.
""".strip(),
    summary="How to reach authors, for those who may know it.",
    section=PEOPLE,
    rank=130,
    columns=(
        models.AuthorContact.author,
        models.AuthorContact.email,
        models.AuthorContact.given_name,
        models.AuthorContact.family_name,
    ),
    visible_to=contacts.visible_contacts,
    registered_by=Who.OF_AN_OWN_AUTHOR,
    rule=contacts.refuse_contacts,
    change=contacts.change_contact,
    delete=partial(delete_as_withdrawer, models.AuthorContact),
    guard=contacts.require_same_author,
)
