"""Who can do what with records, as record types declare it."""

from __future__ import annotations

import enum


class Who(enum.Enum):
    """Who can do something to a record; the value says it to people."""

    NOBODY = "nobody"
    ADMINISTRATORS = "administrators, in the administration"
    ADMINISTRATORS_ANYWHERE = "administrators"
    OWNERS = "its owner, co-owners, curators and administrators"
    OWNERS_OF_ITS_OBJECT = (
        "the owner of the object, its co-owners, curators and administrators"
    )
    OWNERS_OF_ITS_BACKEND = (
        "the owner of the backend, its co-owners, curators and administrators"
    )
    REQUESTERS = (
        "those who have the use of a backend: by a grant, as its owner or co-owner, "
        "and curators and administrators"
    )
    ONESELF = "the person whose account it is, curators and administrators"
    ANYBODY = "anybody with an account"
    MEMBERS = (
        "members of the namespace, curators and administrators; in an open namespace "
        "anybody with an account, but a further version of a data product only its "
        "owner and co-owners. The object has to be their own"
    )
    OWNERS_AND_THE_PERSON = (
        "who registered it, the person whose account it is, co-owners, curators and "
        "administrators"
    )
    OF_AN_OWN_AUTHOR = (
        "the person whose account is linked to the author, who registered the author, "
        "curators and administrators"
    )
    VIEWERS = "those who can see it"
    OWNERS_AND_THOSE_OF_ITS_OBJECT = (
        "who registered it, the owner of the object, co-owners, curators and "
        "administrators"
    )
