"""Lineage and impact in the API: shape, parameters, formats, limits and cost."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from pytest_django import DjangoAssertNumQueries, Settings

from registry.catalogue.models import DataProduct
from tests.api.client import HOST, Api, content_of, data_of, path_of, rows_of, url_of
from tests.factories import (
    CodeRepoReleaseFactory,
    CodeRunFactory,
    DataProductFactory,
    ExternalObjectFactory,
    IssueFactory,
    KeyValueFactory,
    ObjectComponentFactory,
    ObjectFactory,
    StorageLocationFactory,
)
from tests.provenance.graphs import chain, store
from tests.withdrawing import REASON, withdraw

pytestmark = pytest.mark.django_db

GOLDEN = Path(__file__).with_name("lineage.json")
needs_graphviz = pytest.mark.skipif(
    shutil.which("dot") is None, reason="Graphviz is not installed"
)


def _lineage(record: Any) -> str:
    return f"/api/lineage/{record.kind}/{record.pk}/"


def _impact(record: Any) -> str:
    return f"/api/impact/{record.kind}/{record.pk}/"


def _small_world() -> DataProduct:
    """Register a product of a run of everything that a run can have."""
    deaths = DataProductFactory(name="human/deaths", version="1.3.0")
    source = ExternalObjectFactory(title="The register", data_product=deaths)
    table = ObjectComponentFactory(
        object=source.data_product.object, name="table/deaths", issues=[]
    )
    IssueFactory(component_issues=[table], severity=3)
    product: DataProduct = DataProductFactory(name="human/rates", version="2.1.0")
    release = CodeRepoReleaseFactory(name="org/model", version="1.0.0")
    CodeRunFactory(
        description="Fit the rates",
        code_repo=release.object,
        model_config=ObjectFactory(description="Configuration"),
        submission_script=ObjectFactory(description="Script"),
        inputs=[table],
        outputs=[product.object.components.get()],
    )
    return product


def _spelt(shape: Any) -> Any:
    """Name ids and times by their order, so that they are the same in every run."""
    text = json.dumps(shape, indent=1)
    names: dict[str, str] = {}

    def numbered(found: re.Match[str]) -> str:
        return names.setdefault(found[0], f"{found[1]}#{len(names)}")

    text = re.sub(r"\b([a-z_]+)/\d+", numbered, text)
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "<time>", text)
    text = re.sub(r"group-\d+", "group", text)
    return json.loads(text)


def test_the_shape_is_that_of_the_golden_file() -> None:
    product = _small_world()
    query = {"direction": "both", "depth": "all"}
    shape = data_of(Api().get(_lineage(product), query))
    assert _spelt(shape) == json.loads(GOLDEN.read_text(encoding="utf-8"))


def test_withdrawn_records_are_marked_in_every_format() -> None:
    product = _small_world()
    [source] = DataProduct.objects.filter(name="human/deaths")
    withdraw(source.object)
    shape = data_of(Api().get(_lineage(product)))
    reasons = {node["id"]: node["withdrawn"] for node in shape["nodes"]}
    key = f"data_product/{source.pk}"
    assert reasons.pop(key) == REASON
    assert set(reasons.values()) == {None}
    linked = data_of(Api().get(_lineage(product), {"format": "node-link"}))
    assert linked["nodes"] == shape["nodes"]
    rows = rows_of(Api().get(_lineage(product), {"format": "csv"}))
    assert {row["target"]: row["target_withdrawn"] for row in rows}[key] == REASON
    assert {row["source_withdrawn"] for row in rows} == {""}


def test_impact_says_which_products_are_withdrawn() -> None:
    product = _small_world()
    withdraw(product)
    [source] = DataProduct.objects.filter(name="human/deaths")
    [affected] = data_of(Api().get(_impact(source)))["products"]
    assert (affected["withdrawn"], affected["newest"]) == (REASON, False)
    [row] = rows_of(Api().get(_impact(source), {"format": "csv"}))
    assert row["withdrawn"] == REASON


def test_nodes_and_edges_are_named_by_type_and_id() -> None:
    product = _small_world()
    shape = data_of(Api().get(_lineage(product)))
    assert shape["root"] == f"data_product/{product.pk}"
    nodes = {node["id"]: node for node in shape["nodes"]}
    assert len(nodes) == len(shape["nodes"]) == 6
    assert all(node["url"] == f"{HOST}/api/{key}/" for key, node in nodes.items())
    assert {edge["source"] for edge in shape["edges"]} <= nodes.keys()
    assert {edge["target"] for edge in shape["edges"]} <= nodes.keys()


def test_depth_is_one_run_and_upstream_unless_said_otherwise() -> None:
    stored = store(chain(5))
    shape = data_of(Api().get(_lineage(stored.objects[3])))
    assert (shape["direction"], shape["depth"]) == ("upstream", 1)
    assert [node["kind"] for node in shape["nodes"]] == [
        *("object", "code_run", "data_product")
    ]
    assert len(shape["edges"]) == 2


@pytest.mark.parametrize("kind", ["data_product", "object", "code_run"])
@pytest.mark.parametrize("direction", ["upstream", "downstream", "both"])
def test_every_kind_of_root_and_direction(kind: str, direction: str) -> None:
    stored = store(chain(6))
    roots: dict[str, Any] = {
        "data_product": DataProduct.objects.get(object=stored.objects[3]),
        "object": stored.objects[3],
        "code_run": stored.runs[3],
    }
    query = {"direction": direction, "depth": "2"}
    shape = data_of(Api().get(_lineage(roots[kind]), query))
    assert shape["root"] == f"{kind}/{roots[kind].pk}"
    runs = [node for node in shape["nodes"] if node["kind"] == "code_run"]
    both = 4 if kind != "code_run" else 3
    assert len(runs) == (both if direction == "both" else 2)


def test_an_external_object_has_the_lineage_of_its_product() -> None:
    source = ExternalObjectFactory()
    CodeRunFactory(inputs=[source.data_product.object.components.get()])
    shape = data_of(Api().get(_lineage(source), {"direction": "downstream"}))
    node = shape["nodes"][0]
    assert node["id"] == f"external_object/{source.pk}"
    assert node["label"] == source.title
    assert node["external_object"] == url_of(source)
    assert shape["edges"][0]["target"] == f"external_object/{source.pk}"


def test_a_private_file_has_a_public_lineage() -> None:
    place = StorageLocationFactory(public=False)
    thing = ObjectFactory(storage_location=place)
    KeyValueFactory(object=thing, key="accessibility", value="private")
    run = CodeRunFactory(outputs=[thing.components.get()])
    shape = data_of(Api().get(_lineage(thing)))
    assert f"code_run/{run.pk}" in [node["id"] for node in shape["nodes"]]


@pytest.mark.parametrize(
    "query, field",
    [
        ({"depth": "0"}, "depth"),
        ({"depth": "-1"}, "depth"),
        ({"depth": "1.5"}, "depth"),
        ({"depth": "some"}, "depth"),
        ({"depth": "1000001"}, "depth"),
        ({"depth": "9" * 5000}, "depth"),
        ({"depth": "١"}, "depth"),
        ({"direction": "sideways"}, "direction"),
    ],
)
@pytest.mark.parametrize("form", ["json", "csv", "svg", "node-link"])
def test_nonsense_is_refused_by_its_name(
    query: dict[str, str], field: str, form: str
) -> None:
    product = DataProductFactory()
    answer = Api().get(_lineage(product), {**query, "format": form})
    assert answer.status_code == 400
    assert field in content_of(answer).decode()
    if form != "csv":
        assert [*data_of(answer, 400)] == [field]


def test_an_empty_parameter_is_none() -> None:
    product = _small_world()
    usual = data_of(Api().get(_lineage(product)))
    assert (
        data_of(Api().get(_lineage(product), {"depth": "", "direction": ""})) == usual
    )


@pytest.mark.parametrize("address", [_lineage, _impact])
def test_an_unknown_parameter_is_refused(address: Any) -> None:
    answer = Api().get(address(DataProductFactory()), {"dept": "1"})
    assert "Invalid query arguments" in data_of(answer, 400)["detail"]


@pytest.mark.parametrize("what", ["lineage", "impact"])
@pytest.mark.parametrize(
    "place",
    [
        "data_product/987654",
        f"code_run/{2**63}",
        f"object/{'9' * 50}",
        "issue/1",
        "x/1",
    ],
)
def test_an_unknown_record_gets_404(what: str, place: str) -> None:
    answer = Api().get(f"/api/{what}/{place}/")
    assert "detail" in data_of(answer, 404)


@pytest.mark.parametrize("address", [_lineage, _impact])
def test_an_unknown_format_is_404_and_an_unacceptable_type_406(address: Any) -> None:
    product = DataProductFactory()
    assert Api().get(address(product), {"format": "docx"}).status_code == 404
    answer = Api().get(address(product), accept="application/msword")
    assert answer.status_code == 406


@pytest.mark.parametrize("address", [_lineage, _impact])
def test_there_is_nothing_to_write(address: Any) -> None:
    product = DataProductFactory()
    assert Api(product.registered_by).post(address(product), {}).status_code == 405


def test_a_missing_slash_is_redirected() -> None:
    product = DataProductFactory()
    answer = Api().get(_lineage(product)[:-1], {"depth": "all"})
    assert answer.status_code == 301
    assert answer["Location"] == f"{_lineage(product)}?depth=all"


def test_node_link_data_is_what_graph_libraries_read() -> None:
    product = _small_world()
    query = {"depth": "all"}
    plain = data_of(Api().get(_lineage(product), query))
    shape = data_of(Api().get(_lineage(product), {**query, "format": "node-link"}))
    assert shape["directed"] is shape["multigraph"] is True
    assert shape["nodes"] == plain["nodes"]
    assert shape["edges"] == plain["edges"]
    assert shape["graph"]["root"] == plain["root"]
    assert shape["graph"]["truncated"] is False


def test_csv_has_the_edges_with_the_labels_of_their_ends() -> None:
    product = _small_world()
    rows = rows_of(Api().get(_lineage(product), accept="text/csv"))
    shape = data_of(Api().get(_lineage(product)))
    names = ("source", "target", "type", "component", "role")
    assert [{name: row[name] for name in names} for row in rows] == [
        {name: edge[name] or "" for name in names} for edge in shape["edges"]
    ]
    [made] = [row for row in rows if row["type"] == "wasGeneratedBy"]
    assert made["source_label"].endswith(":human/rates")
    assert made["target_label"] == "Fit the rates"


@needs_graphviz
def test_the_picture_leads_to_the_pages_and_may_be_styled() -> None:
    product = _small_world()
    answer = Api().get(_lineage(product), accept="image/svg+xml")
    text = content_of(answer).decode()
    assert answer["Content-Type"] == "image/svg+xml; charset=utf-8"
    assert f'href="{HOST}/data_product/{product.pk}/"' in text
    assert "human/rates</title>" in text
    assert "style-src 'sha256-" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]


def test_without_graphviz_the_picture_is_406(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    answer = Api().get(_lineage(DataProductFactory()), {"format": "svg"})
    assert "Graphviz" in data_of(answer, 406)["detail"]


def test_it_is_shown_in_the_browsable_api() -> None:
    answer = Api().get(_lineage(DataProductFactory()), accept="text/html")
    assert answer["Content-Type"].startswith("text/html")
    assert "wasGeneratedBy" in content_of(answer).decode()


def test_what_is_beyond_the_limit_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "registry.provenance.lineage.lineage.__kwdefaults__", {"limit": 4}
    )
    stored = store(chain(5))
    shape = data_of(Api().get(_lineage(stored.runs[4]), {"depth": "all"}))
    assert shape["truncated"] is True
    assert len(shape["nodes"]) == 4
    assert shape["stopped_at"] == [shape["nodes"][-1]["id"]]


@pytest.mark.parametrize("address", [_lineage, _impact])
def test_it_counts_as_an_export(address: Any, settings: Settings) -> None:
    settings.THROTTLE_EXEMPT = []
    settings.THROTTLE_RATES = {**configured.THROTTLE_RATES, "export": (1, 3600)}
    product = DataProductFactory()
    api = Api()
    assert api.get(address(product)).status_code == 200
    assert api.get(address(product)).status_code == 429
    assert api.get(path_of(product)).status_code == 200


@pytest.mark.parametrize("length", [1, 40])
def test_the_number_of_queries_is_constant(
    length: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    stored = store(chain(length))
    product = DataProduct.objects.get(object=stored.objects[length])
    with django_assert_num_queries(1 + 3 + 3):
        data_of(Api().get(_lineage(product), {"depth": "all", "direction": "both"}))


def test_impact_marks_the_newest_and_names_the_issues() -> None:
    stored = store(chain(3))
    products = [
        DataProduct.objects.get(object=stored.objects[number]) for number in range(4)
    ]
    DataProductFactory(
        namespace=products[3].namespace, name=products[3].name, version="7.0.0"
    )
    behind, way = (
        IssueFactory(component_issues=[stored.components[number, 0]], severity=severity)
        for number, severity in ((0, 5), (2, 1))
    )
    shape = data_of(Api().get(_impact(products[1])))
    assert [
        (one["url"], one["newest"], one["issues"]) for one in shape["products"]
    ] == [
        (url_of(products[2]), True, [url_of(way)]),
        (url_of(products[3]), False, [url_of(way)]),
    ]
    assert shape["truncated"] is False
    assert shape["issues"] == [
        {
            "url": url_of(way),
            "severity": 1,
            "description": way.description,
            "nodes": [f"data_product/{products[2].pk}"],
        }
    ]
    assert [one["url"] for one in shape["upstream"]["issues"]] == [url_of(behind)]
    rows = rows_of(Api().get(_impact(products[1]), {"format": "csv"}))
    assert [(row["label"], row["newest"]) for row in rows] == [
        (f"{products[2].namespace.name}:thing/2", "true"),
        (f"{products[3].namespace.name}:thing/3", "false"),
    ]
