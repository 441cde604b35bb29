"""Find data products and external objects by the names that people cite.

The names are ``<namespace>:<name>@<version>`` and
``<alternate identifier>:<title>@<version>``. They are split at the last at sign and at
the first colon that leads to a record, because names can contain both characters. No
two new records have the same address (``registry.catalogue.shared_addresses``). The
version ``latest`` of a
data product is whichever is the latest; no version is called that.

``<namespace>:<name>/`` is the page of a data product. If the name ends with an at sign
and a version, or ``latest``, this is that version of the shorter name instead.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from urllib.parse import quote

import semver
from django.db.models import Q

from registry.catalogue.models import DataProduct, ExternalObject
from registry.catalogue.querysets import DataProductQuerySet
from registry.core.errors import Gone, NotFound

#: What stands in place of a version for the latest one.
LATEST = "latest"
#: Identifiers such as PMID:352261 contain colons, but not many.
_MOST_COLONS = 20

_OBJECT = ("object__storage_location__storage_root", "object__file_type")


_PRODUCT_FORM = "<namespace>:<name>@<version>"


def find_product(cited: str) -> DataProduct:
    """Return the data product with a cited name, or raise ``NotFound``."""
    names, version = _split_version(cited, _PRODUCT_FORM)
    rows = _named(splits_of(names)).filter(version=version).select_related(*_OBJECT)
    found = min(rows, key=_namespace_length, default=None)
    if found is None:
        raise NotFound(f"There is no data product {cited}.")
    return found


def names_latest(cited: str) -> bool:
    """Return whether a cited name asks for the latest version."""
    return _version_in(cited) == LATEST


def names_page(cited: str) -> bool:
    """Return whether this is ``<namespace>:<name>/``, without a version."""
    if not cited.endswith("/") or ":" not in cited:
        return False
    version = _version_in(cited)
    return version != LATEST and not semver.Version.is_valid(version)


def find_latest(cited: str) -> DataProduct:
    """Return the latest version for ``<namespace>:<name>@latest``.

    Raises ``NotFound`` if there is no such name, ``Gone`` if all of it is withdrawn.
    """
    names, _ = _split_version(cited, _PRODUCT_FORM)
    versions = versions_named(*_split_names(names))
    latest = versions.with_data().latest_first().first()
    if latest is not None:
        return latest
    newest = versions.select_related("object").latest_first().first()
    if newest is None:
        raise NotFound(f"There is no data product {names}.")
    raise Gone(
        f"Every version of the data product {names} was withdrawn; version "
        f"{newest.version}: {newest.reason_withdrawn}"
    )


def find_page(cited: str) -> DataProduct:
    """Return the version whose page is that of ``<namespace>:<name>/``.

    It is the latest, or the newest if all are withdrawn. Raises ``NotFound``.
    """
    names = cited.removesuffix("/")
    versions = versions_named(*_split_names(names))
    found = (
        versions.with_data().latest_first().first() or versions.latest_first().first()
    )
    if found is None:
        raise NotFound(f"There is no data product {names}.")
    return found


def versions_named(namespace: str, name: str) -> DataProductQuerySet[DataProduct]:
    """Return all versions of a data product, each with its namespace."""
    products = DataProduct.objects.filter(namespace__name=namespace, name=name)
    return products.select_related("namespace")


def cited_version(product: DataProduct, version: str | None = None) -> str:
    """Return the name that people cite of a product, or of another version of it."""
    return f"{product.namespace.name}:{product.name}@{version or product.version}"


def path_of_cited(cited: str) -> str:
    """Return the path of a data product with a cited name, percent-encoded."""
    return f"/data_product/{quote(cited, safe='/:@')}"


def names_of_latest(product: DataProduct) -> tuple[str | None, str | None]:
    """Return the names of the latest file and of the page, None if there are none.

    There are none if they name another data product, which was registered before such
    names were refused.
    """
    names = (product.namespace.name, product.name)
    page = f"{':'.join(names)}/"
    if ":" in product.namespace.name and _split_names(page[:-1]) != names:
        return None, None
    return cited_version(product, LATEST), page if names_page(page) else None


def find_external_object(cited: str) -> ExternalObject:
    """Return the external object with a cited name.

    The first colon that leads to a record separates the identifier from the title. If
    several types of identifier have the same value, the newest record is returned.
    Raises ``NotFound`` if there is none.
    """
    names, version = _split_version(cited, "<alternate identifier>:<title>@<version>")
    rows = ExternalObject.objects.filter(
        reduce(or_, identified_as(names)), version=version
    ).select_related(
        "original_store__storage_root", *(f"data_product__{link}" for link in _OBJECT)
    )
    found = sorted(rows[:100], key=lambda row: (_identifier_length(row), -row.pk))
    if not found:
        raise NotFound(f"There is no external object {cited}.")
    return found[0]


def splits_of(names: str) -> list[tuple[str, str]]:
    """Return the pairs of names that a text with colons can stand for."""
    parts = names.split(":", _MOST_COLONS)
    return [(":".join(parts[:at]), ":".join(parts[at:])) for at in range(1, len(parts))]


def _named(pairs: list[tuple[str, str]]) -> DataProductQuerySet[DataProduct]:
    """Return the products with one of these namespaces and names."""
    pair_is = (Q(namespace__name=namespace, name=name) for namespace, name in pairs)
    products = DataProduct.objects.filter(reduce(or_, pair_is))
    return products.select_related("namespace")


def _namespace_length(product: DataProduct) -> int:
    return len(product.namespace.name)


def _split_names(names: str) -> tuple[str, str]:
    """Return the namespace and the name that a text without a version stands for."""
    pairs = splits_of(names)
    if len(pairs) == 1:
        return pairs[0]
    rows = _named(pairs).order_by().values_list("namespace__name", "name").distinct()
    return min(rows, key=lambda pair: len(pair[0]), default=pairs[0])


def _version_in(cited: str) -> str:
    return cited.rstrip("/").rpartition("@")[2] if "@" in cited else ""


def _split_version(cited: str, form: str) -> tuple[str, str]:
    """Return the two names and the version of a cited name."""
    names, at, version = cited.rstrip("/").rpartition("@")
    if not at or ":" not in names:
        raise NotFound(f"{cited} names nothing; the form is {form}.")
    return names, version


def identified_as(names: str) -> list[Q]:
    """Return the conditions of external objects for what a text can stand for."""
    return [
        Q(alternate_identifier=identifier, title=title)
        for identifier, title in splits_of(names)
    ]


def _identifier_length(row: ExternalObject) -> int:
    return len(row.alternate_identifier or "")
