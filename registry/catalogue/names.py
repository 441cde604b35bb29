"""Find data products and external objects by the names that people cite.

The names are ``<namespace>:<name>@<version>`` and
``<alternate identifier>:<title>@<version>``. They are split at the first colon and the
last at sign, because names can contain both characters.
"""

from __future__ import annotations

from functools import reduce
from operator import or_

from django.db.models import Q

from registry.catalogue.models import DataProduct, ExternalObject
from registry.core.errors import NotFound

#: Identifiers such as PMID:352261 contain colons, but not many.
_MOST_COLONS = 20

_OBJECT = ("object__storage_location__storage_root", "object__file_type")


def find_product(cited: str) -> DataProduct:
    """Return the data product with a cited name, or raise ``NotFound``."""
    names, version = _split_version(cited, "<namespace>:<name>@<version>")
    namespace, _, name = names.partition(":")
    product = (
        DataProduct.objects.filter(
            namespace__name=namespace, name=name, version=version
        )
        .select_related(*_OBJECT)
        .first()
    )
    if product is None:
        raise NotFound(f"There is no data product {cited}.")
    return product


def find_external_object(cited: str) -> ExternalObject:
    """Return the external object with a cited name.

    The first colon that leads to a record separates the identifier from the title. If
    several types of identifier have the same value, the newest record is returned.
    Raises ``NotFound`` if there is none.
    """
    names, version = _split_version(cited, "<alternate identifier>:<title>@<version>")
    rows = ExternalObject.objects.filter(
        reduce(or_, _split_conditions(names)), version=version
    ).select_related(
        "original_store__storage_root", *(f"data_product__{link}" for link in _OBJECT)
    )
    found = sorted(rows[:100], key=lambda row: (_identifier_length(row), -row.pk))
    if not found:
        raise NotFound(f"There is no external object {cited}.")
    return found[0]


def _split_version(cited: str, form: str) -> tuple[str, str]:
    """Return the two names and the version of a cited name."""
    names, at, version = cited.rstrip("/").rpartition("@")
    if not at or ":" not in names:
        raise NotFound(f"{cited} names nothing; the form is {form}.")
    return names, version


def _split_conditions(names: str) -> list[Q]:
    """Return a condition for each split of the text into identifier and title."""
    parts = names.split(":", _MOST_COLONS)
    return [
        Q(alternate_identifier=":".join(parts[:at]), title=":".join(parts[at:]))
        for at in range(1, len(parts))
    ]


def _identifier_length(row: ExternalObject) -> int:
    return len(row.alternate_identifier or "")
