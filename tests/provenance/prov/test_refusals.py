"""Broken and hostile documents: refused with the place, and nothing left."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from registry.catalogue.models import (
    Author,
    KeyValue,
    Object,
    ObjectComponent,
)
from registry.core.errors import Conflict, InvalidInput
from registry.identity.models import User
from registry.provenance.prov import reading
from tests import factories
from tests.provenance.prov.documents import (
    EX,
    FOREIGN,
    HERE,
    changed,
    counts,
    exported,
    take_in,
)

pytestmark = pytest.mark.django_db


def refused(document: Any, user: User) -> dict[str, list[str]]:
    before = counts()
    with pytest.raises(InvalidInput) as error:
        take_in(document, user)
    assert counts() == before
    return {where: list(messages) for where, messages in error.value.fields.items()}


BROKEN = [
    ("entity", [], "$.entity", "Give statements by their identifiers."),
    ("prefix", "x", "$.prefix", "Give prefixes with their namespaces."),
    ("prefix/ex", 5, "$.prefix.ex", "A namespace is a URI."),
    ("@graph", [], "$['@graph']", "PROV-JSON has nothing of this name"),
    ("entity/ex:in", 5, "$.entity['ex:in']", "Give attributes by their names."),
    ("entity/no:x", {}, "$.entity['no:x']", "The prefix of 'no:x' is not declared"),
    (
        "entity/ex:in/ex:a",
        {"x": 1},
        "$.entity['ex:in']['ex:a']",
        "Give a text, a number",
    ),
    (
        "entity/ex:in/ex:a",
        [1, None],
        "$.entity['ex:in']['ex:a'][1]",
        "Give a text, a number",
    ),
    ("entity/ex:in/no:a", "x", "$.entity['ex:in']['no:a']", "The prefix of 'no:a'"),
    (
        "entity/ex:in/ex:a",
        "a\0b",
        "$.entity['ex:in']['ex:a']",
        "Null characters are not allowed.",
    ),
    (
        "activity/ex:draw/prov:startTime",
        "yesterday",
        "$.activity['ex:draw']['prov:startTime']",
        "Give a time such as",
    ),
    ("activity/ex:draw", {}, "$.activity['ex:draw']", "When did this begin?"),
    (
        "activity/ex:draw/prov:endTime",
        "2020-01-01T00:00:00Z",
        "$.activity['ex:draw']",
        "end_date: A run cannot end before its run_date.",
    ),
    ("used/_:u", {}, "$.used['_:u']", "prov:activity is missing."),
    ("used/_:u", [{}], "$.used['_:u'][0]", "prov:activity is missing."),
    (
        "used/_:u/prov:entity",
        7,
        "$.used['_:u']['prov:entity']",
        "Give the identifier of an element.",
    ),
    (
        "wasAttributedTo/_:c/prov:agent",
        "https://ror.org/a b",
        "$.wasAttributedTo['_:c']",
        "identifier: ",
    ),
]


@pytest.mark.parametrize("path,value,where,message", BROKEN)
def test_a_broken_document_is_refused_with_the_place(
    user: User, path: str, value: Any, where: str, message: str
) -> None:
    said = refused(changed(path, value), user)
    assert said[where][0].startswith(message), said


@pytest.mark.parametrize("document", [None, [], "x", 5])
def test_what_is_no_document_is_refused(user: User, document: Any) -> None:
    assert refused(document, user) == {"$": ["A PROV-JSON document is a JSON object."]}


@pytest.mark.parametrize("document", [{}, {"prefix": {}}, {"entity": {}}])
def test_a_document_that_says_nothing_is_refused(user: User, document: Any) -> None:
    assert refused(document, user) == {"$": ["The document says nothing of its own."]}


def test_everything_that_is_wrong_is_said_at_once(user: User) -> None:
    document = changed("entity/no:x", {})
    document["used"]["_:u"] = {}
    assert set(refused(document, user)) == {"$.entity['no:x']", "$.used['_:u']"}


def test_a_place_outside_its_root_is_refused(user: User) -> None:
    fair = "https://data.fairdatapipeline.org/vocab/#"
    document = {
        "prefix": {"ex": EX, "fair": fair},
        "entity": {
            "ex:a": {
                "prov:atLocation": "https://data.example.org/a",
                "fair:storage_root": "https://else.example.org/",
                "fair:hash": factories.sha1(1),
            },
        },
    }
    [where] = refused(document, user)
    assert where == "$.entity['ex:a']['prov:atLocation']"


@pytest.mark.parametrize(
    "name,value",
    [
        ("fair:uuid", "nonsense"),
        ("fair:public", "perhaps"),
        ("fair:storage_root", "javascript:"),
        ("fair:storage_root", "https://user:secret@data.example.org/"),
        ("fair:namespace", "a*"),
        ("dcat:hasVersion", "first"),
        ("dcterms:title", "a[b]"),
    ],
)
def test_values_that_no_record_takes_are_refused(
    user: User, name: str, value: str
) -> None:
    entity = {
        "dcterms:title": "a/b",
        "fair:namespace": "n",
        "dcat:hasVersion": "1.0.0",
        "fair:hash": factories.sha1(1),
        "fair:storage_root": "https://data.example.org/",
        "prov:atLocation": "https://data.example.org/x",
        name: value,
    }
    if name == "fair:storage_root":
        entity["prov:atLocation"] = f"{value.removesuffix('/')}/x"
    document = {
        "prefix": {
            "ex": EX,
            "fair": "https://data.fairdatapipeline.org/vocab/#",
            "dcterms": "http://purl.org/dc/terms/",
            "dcat": "http://www.w3.org/ns/dcat#",
        },
        "entity": {"ex:a": entity},
    }
    [where] = refused(document, user)
    assert where.startswith("$.entity['ex:a']")


@pytest.mark.parametrize("kind", ["code_run", "author", "data_product"])
def test_addresses_here_of_what_is_not_here_are_refused(user: User, kind: str) -> None:
    entity = f"{HERE}/api/{kind}/987654"
    assert refused({"entity": {entity: {}}}, user) == {
        f"$.entity['{entity}']": [f"{kind} 987654 is not here."]
    }


def test_a_run_is_no_entity(user: User) -> None:
    run = factories.CodeRunFactory.create()
    [messages] = refused(
        {"entity": {f"{HERE}/api/code_run/{run.pk}": {}}}, user
    ).values()
    assert messages == ["A code_run is no entity."]


def test_other_bytes_of_a_known_product_are_a_conflict(user: User) -> None:
    document = exported()
    entity = next(
        one
        for one in document["entity"].values()
        if one.get("dcterms:title") == "influenza/rates"
    )
    entity["fair:hash"] = factories.sha1(77)
    before = counts()
    with pytest.raises(Conflict, match="has the hash"):
        take_in(document, user)
    assert counts() == before


def test_too_many_statements_are_refused(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_STATEMENTS", 10)
    [message] = refused(FOREIGN, user)["$"]
    assert message.startswith("A document has at most 10 statements; this one has ")


def test_nothing_is_left_when_the_last_record_is_refused(user: User) -> None:
    document = changed("activity/ex:draw/prov:label", "x" * 1025)
    assert list(refused(document, user)) == ["$.activity['ex:draw']"]
    for model in (Author, Object, ObjectComponent, KeyValue):
        assert not model._default_manager.exists()


_TEXTS = st.text(max_size=5) | st.sampled_from(
    ["ex:a", "ex:b", "prov:entity", "prov:activity", "2026-03-04T05:06:07Z", "_:x"]
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(_TEXTS | st.sampled_from(["$", "type"]), inner, max_size=3)
    ),
    max_leaves=6,
)
_DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "prefix": st.just({"ex": EX, "default": EX}) | _VALUES,
        "bundle": _VALUES,
        **{
            kind: st.dictionaries(_TEXTS, st.dictionaries(_TEXTS, _VALUES)) | _VALUES
            for kind in (*reading.ELEMENTS, *reading.RELATIONS)
        },
    },
)


@pytest.mark.slow
class TestAnyDocument(TestCase):
    """Whatever comes in, the answer is records or a refusal, never a failure."""

    @given(document=_DOCUMENTS)
    @settings(max_examples=150, suppress_health_check=list(HealthCheck))
    def test_any_document_is_taken_or_refused(self, document: Any) -> None:
        user = factories.registrar()
        before = counts()
        try:
            outcome = take_in(document, user)
        except (InvalidInput, Conflict):
            assert counts() == before
        else:
            assert sum(counts().values()) - sum(before.values()) >= 0
            assert take_in(document, user).registered == ()
            assert outcome.records or outcome.left_out
