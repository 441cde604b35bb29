"""Autocomplete finds the targets of links."""

from __future__ import annotations

import pytest
from django.test import Client

from registry.catalogue.models import Issue, Keyword, Namespace, StorageLocation
from registry.core.models import Record
from registry.runs.models import CodeRun
from tests import factories
from tests.admin.browsing import (
    add_path,
    list_path,
    page_of,
    visit,
)

#: What is sent for a link, but cannot be an id.
NOT_IDS = ("abc", "1.5", "-1", "9" * 30, "1 or 1=1")


def test_autocomplete_finds_link_targets(curator: Client) -> None:
    item = factories.ObjectFactory.create(description="Boys in bed")
    factories.ObjectFactory.create()
    query = {"app_label": "registry", "model_name": "keyword", "field_name": "object"}
    for term in ("in bed", str(item.uuid), f"/api/object/{item.pk}/"):
        answer = curator.get("/admin/autocomplete/", query | {"term": term})
        assert [one["id"] for one in answer.json()["results"]] == [str(item.pk)]
    answer = curator.get("/admin/autocomplete/", query | {"term": "in \0bed"})
    assert [one["id"] for one in answer.json()["results"]] == [str(item.pk)]


def test_autocomplete_finds_the_components_of_an_issue(curator: Client) -> None:
    component = factories.ObjectComponentFactory.create(name="table/deaths")
    [select] = visit(curator, add_path(Issue)).soup.select("#id_component_issues")
    query = {
        "app_label": select["data-app-label"],
        "model_name": select["data-model-name"],
        "field_name": select["data-field-name"],
        "term": "table/deaths",
    }
    found = curator.get("/admin/autocomplete/", query).json()["results"]
    assert found == [{"id": str(component.pk), "text": str(component)}]


def test_a_record_can_be_added_in_a_popup(curator: Client) -> None:
    path = add_path(Namespace)
    form = visit(curator, path, _popup=1).form | {"name": ["lab"], "_popup": ["1"]}
    page = page_of(curator.post(path, form))
    assert page.status == 200
    lab = Namespace.objects.get()
    assert f'"value": "{lab.pk}"' in page.html.replace("&quot;", '"')


@pytest.mark.parametrize("sent", NOT_IDS)
@pytest.mark.parametrize(
    "model, field",
    [
        (Keyword, "object"),
        (StorageLocation, "storage_root"),
        (CodeRun, "inputs"),
        (Issue, "component_issues"),
    ],
)
@pytest.mark.slow
def test_a_form_shows_a_link_that_is_not_an_id_as_an_error(
    curator: Client, model: type[Record], field: str, sent: str
) -> None:
    form = visit(curator, add_path(model)).form | {field: [sent]}
    page = page_of(curator.post(add_path(model), form))
    assert page.status == 200
    assert page.soup.select_one(f".field-{field} .errorlist") is not None
    assert not model._default_manager.exists()


@pytest.mark.parametrize("sent", NOT_IDS)
def test_a_filter_by_a_link_that_is_not_an_id_shows_the_whole_list(
    curator: Client, sent: str
) -> None:
    answer = curator.get(list_path(Keyword), {"object__id__exact": sent})
    assert answer.status_code == 302
    assert answer["Location"].endswith("?e=1")


@pytest.mark.parametrize(
    "model_name, field_name",
    [("issue", "component_issues"), ("object", "components"), ("object", "none")],
)
def test_autocomplete_refuses_fields_that_no_form_has(
    curator: Client, model_name: str, field_name: str
) -> None:
    query = {"app_label": "registry", "model_name": model_name, "term": "a"}
    answer = curator.get("/admin/autocomplete/", query | {"field_name": field_name})
    assert answer.status_code == 403
