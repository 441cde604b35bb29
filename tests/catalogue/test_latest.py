"""Which version of a data product is the latest."""

from __future__ import annotations

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from registry.catalogue.models import DataProduct
from registry.catalogue.names import (
    find_latest,
    find_page,
    names_latest,
    names_of_latest,
    names_page,
)
from registry.core.errors import Gone, NotFound
from tests.factories import DataProductFactory, NamespaceFactory
from tests.plans import multiply, plan_of, query_plan_of, statements
from tests.withdrawing import withdraw

pytestmark = pytest.mark.django_db


def _versions(*versions: str, name: str = "growth") -> list[DataProduct]:
    """Register versions of one product, of which those with a `!` are withdrawn."""
    namespace = NamespaceFactory.create()
    made = [
        DataProductFactory.create(
            namespace=namespace, name=name, version=version.strip("!")
        )
        for version in versions
    ]
    for product, version in zip(made, versions, strict=True):
        if version.endswith("!"):
            withdraw(product)
    return made


@pytest.mark.parametrize(
    "versions, latest",
    [
        (["1.0.0"], "1.0.0"),
        (["1.0.0", "1.10.0", "1.9.0"], "1.10.0"),
        (["1.1.0", "2.0.0-rc.1"], "1.1.0"),
        (["2.0.0-rc.1", "2.0.0-rc.2"], "2.0.0-rc.2"),
        (["2.0.0-rc.1", "2.0.0-rc.2!"], "2.0.0-rc.1"),
        (["1.0.0", "1.1.0!", "2.0.0-rc.1"], "1.0.0"),
        (["1.0.0!", "2.0.0-rc.1"], "2.0.0-rc.1"),
        (["1.0.0+a-b", "0.9.0"], "1.0.0+a-b"),
        (["1.0.0-a+b", "0.9.0"], "0.9.0"),
        (["1.0.0+b", "1.0.0+a"], "1.0.0+a"),
        (["1.0.0!", "2.0.0!"], None),
    ],
)
def test_the_latest_is_the_newest_release_that_is_there(
    versions: list[str], latest: str | None
) -> None:
    made = _versions(*versions)
    others = _versions("7.0.0", name="other")
    found = DataProduct.objects.filter(pk__in=[one.pk for one in made])
    wanted = [] if latest is None else [latest]
    assert [one.version for one in found.latest_versions()] == wanted
    assert set(DataProduct.objects.latest_versions()) == {
        *(one for one in made if one.version == latest),
        *others,
    }
    # whatever is asked about, all versions count
    asked = DataProduct.objects.filter(pk__in=[made[0].pk])
    assert bool(asked.latest_versions()) == (made[0].version == latest)


def test_a_product_without_its_object_is_not_the_latest() -> None:
    old, new = _versions("1.0.0", "2.0.0")
    withdraw(new.object)
    assert list(DataProduct.objects.latest_versions()) == [old]
    cited = f"{old.namespace.name}:growth@latest"
    assert find_latest(cited) == old
    withdraw(old)
    with pytest.raises(Gone, match=r"version 2.0.0: The units were wrong\."):
        find_latest(cited)
    assert find_page(f"{old.namespace.name}:growth/") == new


@pytest.mark.parametrize("name", ["growth", "a/b:c@d", "a/", "x@latest", "x@1.0.0"])
def test_every_name_has_a_latest_version(name: str) -> None:
    _, latest, _ = _versions("1.0.0", "1.1.0", "2.0.0-rc.1", name=name)
    assert names_latest(f"{latest.namespace.name}:{name}@latest")
    assert find_latest(f"{latest.namespace.name}:{name}@latest") == latest


@pytest.mark.parametrize(
    "cited, is_latest, is_page",
    [
        ("ada:growth@latest", True, False),
        ("ada:growth@latest/", True, False),
        ("ada:a@b@latest", True, False),
        ("ada:growth@Latest", False, False),
        ("ada:growth/", False, True),
        ("ada:a@b/", False, True),
        ("ada:a//", False, True),
        ("ada:growth", False, False),
        ("ada:growth@1.0.0/", False, False),
        ("ada:growth@1.0.0", False, False),
        ("growth/", False, False),
    ],
)
def test_the_text_of_an_address_says_what_it_names(
    cited: str, is_latest: bool, is_page: bool
) -> None:
    assert (names_latest(cited), names_page(cited)) == (is_latest, is_page)


@pytest.mark.parametrize("cited", ["ada:growth@latest", "growth@latest", "ada:a@b/"])
def test_an_unknown_name_is_not_found(cited: str) -> None:
    find = find_page if names_page(cited) else find_latest
    with pytest.raises(NotFound):
        find(cited)


@pytest.mark.parametrize(
    "namespace, name, names",
    [
        ("ada", "a@b", ("ada:a@b@latest", "ada:a@b/")),
        # as a page this is a version of another name
        ("ada", "a@1.0.0", ("ada:a@1.0.0@latest", None)),
        ("a:b", "c", ("a:b:c@latest", "a:b:c/")),
    ],
)
def test_only_addresses_that_lead_to_a_product_are_named(
    namespace: str, name: str, names: tuple[str | None, str | None]
) -> None:
    space = NamespaceFactory.create(name=namespace)
    product = DataProductFactory.create(namespace=space, name=name)
    assert names_of_latest(product) == names


def test_the_latest_of_many_takes_one_query_by_the_index(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    """No version is compared with every other, and no whole table is read."""
    first, second = _versions("1.0.0", "2.0.0")
    multiply(DataProductFactory.create(version="3.0.0"), 3000)
    wanted = DataProduct.objects.filter(pk__in=[first.pk, second.pk])
    with statements() as seen, django_assert_num_queries(1):
        assert list(wanted.latest_versions()) == [second]
    [(sql, params)] = seen
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE registry_dataproduct")
        assert plan_of(sql, params).rows["registry_dataproduct"] < 50
    else:
        plan = query_plan_of(sql, params)
        assert not [step for step in plan if step.startswith("SCAN registry_")], plan
