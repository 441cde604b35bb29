"""PROV over HTTP: formats, parameters, refusals, and documents that come in."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from prov.model import ProvDocument
from pytest_django import DjangoAssertNumQueries

from registry.catalogue.models import DataProduct
from registry.core.models import Event
from registry.identity.models import User
from registry.provenance import picture
from registry.runs.models import CodeRun
from tests import factories
from tests.api.client import HOST, Api, content_of, data_of
from tests.provenance.world import World, make_world

pytestmark = pytest.mark.django_db

#: Each format with its media type, and the name that the `prov` library reads it by.
FORMATS = [
    ("json", "application/json", "json"),
    ("json-ld", "application/ld+json", "jsonld"),
    ("xml", "text/xml; charset=utf-8", "xml"),
    ("provn", "text/provenance-notation; charset=utf-8", "provn"),
]
PICTURES = [
    ("svg", "image/svg+xml", b"<?xml"),
    ("png", "image/png", b"\x89PNG"),
    ("jpg", "image/jpeg", b"\xff\xd8"),
]


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def user() -> User:
    made: User = factories.registrar()
    return made


def path_to(record: Any) -> str:
    """Return the address of a report."""
    kind = "" if isinstance(record, DataProduct) else f"{record.kind}/"
    return f"/api/prov-report/{kind}{record.pk}/"


@pytest.mark.parametrize("name,content_type,read_as", FORMATS)
def test_every_format_is_the_same_document(
    world: World, name: str, content_type: str, read_as: str
) -> None:
    path = path_to(world.figure)
    expected = ProvDocument.deserialize(
        content=content_of(Api().get(path)).decode(), format="json"
    )
    media_type = content_type.partition(";")[0]
    for answer in (
        Api().get(path, {"format": name}),
        Api().get(path, accept=media_type),
    ):
        assert answer.status_code == 200
        assert answer["Content-Type"] == content_type
        written = io.BytesIO(content_of(answer))
        assert ProvDocument.deserialize(written, format=read_as) == expected


@pytest.mark.skipif(not picture.is_available(), reason="Graphviz is not installed")
@pytest.mark.parametrize("name,content_type,beginning", PICTURES)
@pytest.mark.slow
def test_pictures_are_drawn(
    world: World, name: str, content_type: str, beginning: bytes
) -> None:
    for answer in (
        Api().get(path_to(world.figure), {"format": name, "depth": 2}),
        Api().get(path_to(world.figure), accept=content_type),
    ):
        assert answer.status_code == 200
        assert answer["Content-Type"] == content_type
        assert content_of(answer).startswith(beginning)


@pytest.mark.skipif(not picture.is_available(), reason="Graphviz is not installed")
def test_pictures_look_as_they_are_asked_to(world: World) -> None:
    def drawn(**query: Any) -> str:
        answer = Api().get(path_to(world.figure), {"format": "svg", **query})
        assert answer.status_code == 200
        return content_of(answer).decode()

    assert "dcterms:title" in drawn()
    assert "dcterms:title" not in drawn(attributes="false")
    [wide, high] = (
        _viewbox(drawn(attributes="false", aspect_ratio=ratio)) for ratio in (0.2, 2)
    )
    assert wide[1] / wide[0] == pytest.approx(0.2, rel=0.1)
    assert high[1] / high[0] == pytest.approx(2, rel=0.1)


def _viewbox(svg: str) -> tuple[float, float]:
    box = re.search(r'viewBox="\S+ \S+ (\S+) (\S+)"', svg)
    assert box is not None
    return float(box[1]), float(box[2])


@pytest.mark.parametrize("name", ["svg", "png", "jpg"])
def test_without_graphviz_pictures_are_406_and_the_rest_is_there(
    world: World, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    answer = Api().get(path_to(world.figure), {"format": name})
    assert "Graphviz" in data_of(answer, 406)["detail"]
    assert Api().get(path_to(world.figure)).status_code == 200


def test_a_browser_gets_a_page_and_everything_else_json(world: World) -> None:
    path = path_to(world.figure)
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    answer = Api().get(path, accept=browser)
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    page = BeautifulSoup(answer.content, "html.parser")
    assert "fair:Run" in page.text
    links = {str(link["href"]) for link in page.find_all("a")}
    assert f"{path}?format=provn" in links
    for accept in ("*/*", "", "application/json; version=1.0.0"):
        assert Api().get(path, accept=accept)["Content-Type"] == "application/json"


def test_identifiers_are_below_the_public_address_whoever_is_asked(
    world: World, settings: Any
) -> None:
    settings.REGISTRY_URL = "https://registry.example.org"
    document = data_of(Api().get(path_to(world.figure)))
    assert document["prefix"]["lreg"] == "https://registry.example.org/"


@pytest.mark.parametrize("name", ["turtle", "yaml", "csv", "JSON"])
def test_an_unknown_format_is_404(world: World, name: str) -> None:
    data_of(Api().get(path_to(world.figure), {"format": name}), 404)


def test_an_unknown_media_type_is_406(world: World) -> None:
    data_of(Api().get(path_to(world.figure), accept="text/turtle"), 406)


@pytest.mark.parametrize("kind", ["", "code_run/", "object/"])
@pytest.mark.parametrize("name", ["json", "json-ld", "xml", "svg"])
def test_what_is_not_there_is_404_in_json(kind: str, name: str) -> None:
    path = f"/api/prov-report/{kind}987654/"
    assert data_of(Api().get(path, {"format": name}), 404)["detail"]


@pytest.mark.parametrize(
    "name,value,message",
    [
        ("depth", "0", "Give a whole number of code runs from 1"),
        ("depth", "-1", "Give a whole number"),
        ("depth", "one", "Give a whole number"),
        ("depth", "1.5", "Give a whole number"),
        ("dpi", "9", "greater than or equal to 10"),
        ("dpi", "601", "less than or equal to 600"),
        ("dpi", "nan", "A valid number is required."),
        ("aspect_ratio", "0", "greater than or equal to 0.1"),
        ("aspect_ratio", "11", "less than or equal to 10"),
        ("aspect_ratio", "inf", "A valid number is required."),
        ("attributes", "perhaps", "Must be a valid boolean."),
    ],
)
@pytest.mark.parametrize("format_name", ["json", "svg"])
def test_nonsense_is_refused_by_parameter(
    world: World, name: str, value: str, message: str, format_name: str
) -> None:
    query = {name: value, "format": format_name}
    body = data_of(Api().get(path_to(world.figure), query), 400)
    assert list(body) == [name]
    assert message in body[name][0]


def test_a_parameter_that_is_none_is_refused_with_the_nearest(world: World) -> None:
    body = data_of(Api().get(path_to(world.figure), {"deep": 1}), 400)
    assert "Did you mean depth" in body["detail"]


def test_empty_parameters_are_as_if_left_out(world: World) -> None:
    path = path_to(world.figure)
    empty = {"depth": "", "attributes": "", "aspect_ratio": "", "dpi": ""}
    assert data_of(Api().get(path, empty)) == data_of(Api().get(path))


def test_depth_is_a_number_or_all(world: World) -> None:
    runs = [
        len(data_of(Api().get(path_to(world.figure), {"depth": depth}))["activity"])
        for depth in ("1", "2", "all")
    ]
    assert runs == [2, 3, 3]


def test_runs_and_objects_have_reports(world: World) -> None:
    for record in (world.fit, world.log):
        document = data_of(Api().get(path_to(record)))
        assert f"lreg:api/code_run/{world.fit.pk}" in document["activity"]


def test_the_records_lead_to_their_reports(world: World) -> None:
    shown = data_of(Api().get(f"/api/data_product/{world.figure.pk}/"))
    assert shown["prov_report"] == f"{HOST}{path_to(world.figure)}"
    data_of(Api().get(shown["prov_report"]))


def test_accounts_are_named_to_those_who_have_one(world: World, user: User) -> None:
    clerk = f"lreg:api/users/{world.drawings[0].registered_by_id}"
    anonymous = data_of(Api().get(path_to(world.figure)))["agent"][clerk]
    assert "foaf:name" not in anonymous
    known = data_of(Api(user).get(path_to(world.figure)))["agent"][clerk]
    assert known["foaf:name"] == "clerk-2"


def test_a_report_takes_as_many_queries_at_any_depth(
    world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for depth in (1, "all"):
        with django_assert_num_queries(1 + 15):
            data_of(Api().get(path_to(world.figure), {"depth": depth}))


def test_reports_are_counted_as_exports(world: World, settings: Any) -> None:
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "export": (2, 60)}
    statuses = [Api().get(path_to(world.figure)).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]


def test_a_report_cannot_be_written(world: World, user: User) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert Api(user).call(method, path_to(world.figure)).status_code == 405


# --- The way in --------------------------------------------------------------------

DOCUMENT: dict[str, Any] = {
    "prefix": {"ex": "http://example.org/"},
    "activity": {"ex:view": {"prov:startTime": "2026-05-04T05:06:07Z"}},
    "used": {"_:1": {"prov:activity": "ex:view", "prov:entity": "ex:in"}},
    "wasInformedBy": {"_:2": {"prov:informed": "ex:view", "prov:informant": "ex:x"}},
}


def test_a_document_is_registered(user: User) -> None:
    body = data_of(Api(user).post("/api/prov/", DOCUMENT), 201)
    run = CodeRun.objects.get()
    [read] = run.inputs.all()
    assert body["records"] == {
        "ex:view": f"{HOST}/api/code_run/{run.pk}/",
        "http://example.org/in": f"{HOST}/api/object/{read.object_id}/",
    }
    assert set(body["registered"]) == set(body["records"].values())
    [left_out] = body["left_out"]
    assert left_out["where"] == "$.wasInformedBy['_:2']"
    assert left_out["why"]
    told = Event.objects.filter(by=user, kind="code_run", record_id=run.pk)
    assert told.count() == 1


def test_the_same_document_again_is_200_and_registers_nothing(user: User) -> None:
    first = data_of(Api(user).post("/api/prov/", DOCUMENT), 201)
    again = data_of(Api(user).post("/api/prov/", DOCUMENT), 200)
    assert again == {**first, "registered": []}


def test_an_idempotency_key_repeats_the_answer(user: User) -> None:
    key = {"Idempotency-Key": "once"}
    first = data_of(Api(user).post("/api/prov/", DOCUMENT, **key), 201)
    answer = Api(user).post("/api/prov/", DOCUMENT, **key)
    assert data_of(answer, 201) == first
    assert answer["Idempotent-Replayed"] == "true"


def test_what_is_wrong_is_said_by_place(user: User) -> None:
    wrong = {**DOCUMENT, "entity": {"no:x": {}}}
    body = data_of(Api(user).post("/api/prov/", wrong), 400)
    assert list(body) == ["$.entity['no:x']"]
    assert not CodeRun.objects.exists()


def test_a_conflict_is_409(user: User) -> None:
    Api(user).post("/api/prov/", DOCUMENT)
    later = {"ex:view": {"prov:startTime": "2027-05-04T05:06:07Z"}}
    body = data_of(Api(user).post("/api/prov/", {**DOCUMENT, "activity": later}), 409)
    assert body["detail"].startswith("$.activity['ex:view']: code run ")


def test_another_persons_run_is_not_changed(user: User) -> None:
    Api(user).post("/api/prov/", DOCUMENT)
    more = {"_:1": {"prov:activity": "ex:view", "prov:entity": "ex:more"}}
    other = Api(factories.UserFactory.create())
    data_of(other.post("/api/prov/", {**DOCUMENT, "used": more}), 403)
    assert CodeRun.objects.get().inputs.count() == 1


def test_nobody_in_particular_may_not_write() -> None:
    data_of(Api().post("/api/prov/", DOCUMENT), 403)


def test_there_is_nothing_to_read(user: User) -> None:
    data_of(Api(user).get("/api/prov/"), 405)


def test_only_json_comes_in(user: User) -> None:
    for content_type in ("text/xml", "application/x-www-form-urlencoded"):
        answer = Api(user).send("POST", "/api/prov/", b"a=b", content_type)
        data_of(answer, 415)
    data_of(Api(user).send("POST", "/api/prov/", b"{", "application/json"), 400)


def test_a_document_that_is_too_large_is_refused_unread(user: User) -> None:
    content = b" " * (16 * 1024 * 1024 + 1)
    data_of(Api(user).send("POST", "/api/prov/", content, "application/json"), 413)


def test_a_refusal_is_a_page_for_a_browser(user: User) -> None:
    answer = Api(user, accept="text/html").post("/api/prov/", {})
    assert answer.status_code == 400
    assert "The document says nothing of its own." in answer.content.decode()


def test_a_report_of_this_registry_can_be_sent_back(world: World, user: User) -> None:
    answer = Api().get(path_to(world.figure), {"depth": "all"})
    document = json.loads(content_of(answer))
    assert document["prefix"]["lreg"] == f"{settings.REGISTRY_URL}/"
    body = data_of(Api(user).post("/api/prov/", document), 200)
    assert body["registered"] == []
