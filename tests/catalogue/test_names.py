"""Records are found by cited names and versions."""

from __future__ import annotations

import pytest

from registry.catalogue.models import ExternalObject
from registry.catalogue.names import find_external_object, find_product
from registry.core.errors import NotFound
from tests.factories import DataProductFactory, ExternalObjectFactory, NamespaceFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "name", ["growth", "human/mortality/by age", "a:b", "a@b", "@:", "Größe 100%"]
)
def test_a_product_with_special_characters_is_found(name: str) -> None:
    namespace = NamespaceFactory.create(name="ada")
    made = DataProductFactory.create(
        namespace=namespace, name=name, version="1.0.0-rc.1+b"
    )
    DataProductFactory.create(namespace=namespace, name=name, version="1.0.0")
    assert find_product(f"ada:{name}@1.0.0-rc.1+b") == made
    assert find_product(f"ada:{name}@1.0.0-rc.1+b/") == made


@pytest.mark.parametrize(
    "cited", ["ada:growth@1.0.1", "ada:Growth@1.0.0", "bob:growth@1.0.0", "ada:*@1.0.0"]
)
def test_another_name_or_version_is_not_found(cited: str) -> None:
    namespace = NamespaceFactory.create(name="ada")
    DataProductFactory.create(namespace=namespace, name="growth", version="1.0.0")
    with pytest.raises(NotFound, match="There is no data product"):
        find_product(cited)


@pytest.mark.parametrize(
    "cited", ["", "growth", "ada:growth", "growth@1.0.0", ":", "@"]
)
def test_an_incomplete_name_gets_the_expected_form(cited: str) -> None:
    with pytest.raises(NotFound, match="the form is <namespace>:<name>@<version>"):
        find_product(cited)
    with pytest.raises(NotFound, match="the form is <alternate identifier>:<title>"):
        find_external_object(cited)


def external(identifier: str, title: str, **given: str) -> ExternalObject:
    """Register an external object of version 1.0.0."""
    product = DataProductFactory.create(version="1.0.0")
    made: ExternalObject = ExternalObjectFactory.create(
        data_product=product, alternate_identifier=identifier, title=title, **given
    )
    return made


@pytest.mark.parametrize(
    "identifier,title",
    [
        ("bmj-1978-1-587", "Influenza in a boarding school"),
        ("bmj-1978-1-587", "Influenza: a boarding school @ night"),
        ("PMID:352261", "Influenza: part 1"),
        ("a:b:c", "d"),
    ],
)
def test_an_external_object_is_found_by_identifier_and_title(
    identifier: str, title: str
) -> None:
    made = external(identifier, title)
    external(identifier, f"{title}, another")
    assert find_external_object(f"{identifier}:{title}@1.0.0") == made
    with pytest.raises(NotFound, match="There is no external object"):
        find_external_object(f"{identifier}:{title}@2.0.0")


def test_the_first_matching_colon_separates_the_identifier() -> None:
    first = external("a", "b:d")
    second = external("a:b", "c")
    # as it was stored before such names were refused
    ExternalObject.objects.filter(pk=first.pk).update(title="b:c")
    assert find_external_object("a:b:c@1.0.0") == first
    ExternalObject.objects.filter(pk=first.pk).update(title="b:d")
    assert find_external_object("a:b:c@1.0.0") == second


def test_the_newest_of_several_identifier_types_is_returned() -> None:
    external("a", "b", alternate_identifier_type="one")
    newest = external("a", "b", alternate_identifier_type="two")
    assert find_external_object("a:b@1.0.0") == newest


def test_very_many_colons_are_handled() -> None:
    with pytest.raises(NotFound):
        find_external_object(f"{':' * 8000}@1.0.0")
