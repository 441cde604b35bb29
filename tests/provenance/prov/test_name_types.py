"""Names in PROV-JSON: written so that every reader knows them, and read in any form."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from prov.identifier import QualifiedName
from prov.model import ProvDocument

from registry.provenance.prov.document import report
from registry.provenance.prov.formats import as_json
from registry.provenance.prov.reading import read
from tests.provenance.world import make_world

#: The forms that are in use: of `prov` before 3.0, since 3.0, and of PROV-DM.
FORMS = ["prov:QUALIFIED_NAME", "xsd:QName", "prov:QualifiedName"]


def _typed_values(value: Any) -> Iterator[dict[str, str]]:
    if isinstance(value, dict) and "$" in value:
        yield value
        return
    inner = value.values() if isinstance(value, dict) else value
    for one in inner if isinstance(inner, list) or isinstance(value, dict) else ():
        yield from _typed_values(one)


@pytest.mark.django_db
def test_a_report_has_no_name_that_earlier_readers_take_for_a_literal() -> None:
    """Releases 1.5 and 2.x of `prov` know ``prov:QUALIFIED_NAME`` alone."""
    document = as_json(report(make_world().figure, depth=2, registry_url="https://x"))
    names = [one for one in _typed_values(document) if one["$"].startswith("fair:")]
    assert {one["type"] for one in names} == {"prov:QUALIFIED_NAME"}
    assert {one["$"] for one in names} >= {"fair:Run", "fair:code_runner"}
    assert "xsd:QName" not in json.dumps(document)
    read_back = ProvDocument.deserialize(content=json.dumps(document), format="json")
    said = [pair for record in read_back.get_records() for pair in record.attributes]
    types = [value for name, value in said if str(name) in {"rdf:type", "prov:role"}]
    assert types
    assert all(isinstance(one, QualifiedName) for one in types)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_name_is_read_as_a_name(form: str) -> None:
    document = read(
        {
            "prefix": {"ex": "https://example.org/"},
            "agent": {"ex:bot": {"prov:type": {"$": "ex:Robot", "type": form}}},
        }
    )
    [agent] = document.of("agent")
    [value] = agent.attributes["http://www.w3.org/ns/prov#type"]
    assert (value.text, value.is_name) == ("https://example.org/Robot", True)
