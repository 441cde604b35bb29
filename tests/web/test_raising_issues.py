"""Issues can be raised from the pages of records."""

from __future__ import annotations

import pytest
from django.test import Client

from registry.catalogue.models import Issue
from registry.identity.models import User
from tests.factories import (
    DataProductFactory,
    ObjectComponentFactory,
    ObjectFactory,
    UserFactory,
)
from tests.web.pages import (
    created_since,
    filled_form,
    last_event,
    link,
    main_of,
    words_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    user: User = UserFactory.create(username="rosalind")
    return user


@pytest.fixture
def signed_in(user: User) -> Client:
    client = Client(headers={"user-agent": "Firefox/140.0"})
    client.force_login(user)
    return client


@pytest.mark.parametrize("page", ["product", "object", "component"])
def test_an_issue_can_be_raised_in_two_clicks(
    page: str, signed_in: Client, user: User
) -> None:
    product = DataProductFactory.create(object=ObjectFactory.create())
    whole = product.object.components.get(whole_object=True)
    part = ObjectComponentFactory.create(object=product.object, issues=[])
    address, component = {
        "product": (f"/data_product/{product.pk}/", whole),
        "object": (f"/object/{product.object.pk}/", whole),
        "component": (f"/object_component/{part.pk}/", part),
    }[page]
    form = link(main_of(signed_in.get(address)), "Raise an issue")
    main = main_of(signed_in.get(form))
    assert words_of(main.select("h1")[0]) == "Raise an issue"
    sent = {**filled_form(main), "description": "Row 12 is missing", "severity": "7"}
    last = last_event()
    answer = signed_in.post(form, sent)
    assert answer["Location"] == f"/object_component/{component.pk}/"
    issue = Issue.objects.get()
    assert list(issue.component_issues.all()) == [component]
    assert (issue.description, issue.severity) == ("Row 12 is missing", 7)
    assert issue.registered_by == user
    assert created_since(last) == [("issue", "created")]
    said = words_of(main_of(signed_in.get(address)))
    assert "severity 7 Row 12 is missing" in said


def test_an_issue_without_a_description_is_refused(signed_in: Client) -> None:
    component = ObjectComponentFactory.create(issues=[])
    page = f"/object_component/{component.pk}/raise-issue/"
    main = main_of(signed_in.post(page, {"severity": "1"}), 400)
    assert words_of(main.select("h1")[0]) == "Raise an issue"
    assert not Issue.objects.exists()


@pytest.mark.parametrize("pk", [987_654, 2**63, 10**30])
def test_an_issue_requires_a_component(pk: int, signed_in: Client) -> None:
    main_of(signed_in.get(f"/object_component/{pk}/raise-issue/"), 404)


def test_several_components_can_have_an_issue(signed_in: Client) -> None:
    first, second = ObjectComponentFactory.create_batch(2, issues=[])
    page = f"/object_component/{first.pk}/raise-issue/"
    sent = {"description": "both", "component_issues": f"{first.pk} {second.pk}"}
    signed_in.post(page, {**sent, "severity": "1"})
    assert set(Issue.objects.get().component_issues.all()) == {first, second}
