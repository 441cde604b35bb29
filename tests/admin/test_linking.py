"""Autocomplete finds the targets of links."""

from __future__ import annotations

from django.test import Client

from registry.catalogue.models import (
    Issue,
    Namespace,
)
from tests import factories
from tests.admin.browsing import (
    add_path,
    page_of,
    visit,
)


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
