"""Every format: as it was, and the same document when it is read back."""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree
from prov.model import ProvDocument

from registry.provenance.picture import is_available, render
from registry.provenance.prov import formats
from registry.provenance.prov.attributes import described, writable
from registry.provenance.prov.document import report
from registry.provenance.prov.drawing import Look, as_dot
from registry.provenance.prov.statements import Report, as_prov
from tests.provenance.world import ODD, make_world

GOLDEN = Path(__file__).parent / "golden"
HERE = "https://registry.example.org"


def _json(write: Callable[[Report], Any]) -> Callable[[Report], bytes]:
    return lambda document: orjson.dumps(
        write(document), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    )


#: How each format is written, by the name that the `prov` library has for it.
WRITERS: dict[str, Callable[[Report], bytes]] = {
    "json": _json(formats.as_json),
    "jsonld": _json(formats.as_json_ld),
    "xml": formats.as_xml,
    "provn": formats.as_provn,
}


def as_dot_text(document: Report) -> bytes:
    return as_dot(as_prov(document), Look(aspect_ratio=0.5, dpi=72)).encode()


def renumbered(text: str) -> str:
    """Give the records of each kind numbers in the order in which they are named."""
    numbers: dict[str, dict[str, int]] = {}

    def renumber(found: re.Match[str]) -> str:
        known = numbers.setdefault(found[1], {})
        return f"api/{found[1]}/{known.setdefault(found[2], len(known) + 1)}"

    return re.sub(r"api/([a-z_]+)/([0-9]+)", renumber, text)


@pytest.mark.django_db
@pytest.mark.parametrize("name", [*WRITERS, "dot"])
def test_a_report_is_as_it_was(name: str) -> None:
    """`UPDATE_GOLDEN=1` writes the files anew, for a review of what changes."""
    world = make_world()
    document = report(world.figure, depth=2, registry_url=HERE)
    text = renumbered({**WRITERS, "dot": as_dot_text}[name](document).decode())
    file = GOLDEN / f"report.{name}"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(text, encoding="utf-8", newline="")
    assert text == file.read_bytes().decode()


@pytest.mark.django_db
@pytest.mark.parametrize("name", WRITERS)
def test_a_report_reads_back_as_the_same(name: str) -> None:
    world = make_world()
    document = report(world.figure, depth=2, registry_url=HERE)
    assert read_back(name, document) == as_prov(document)


@pytest.mark.django_db
def test_reports_are_written_as_the_library_would_write_them() -> None:
    world = make_world()
    external = world.paper.external_object
    for subject in (world.figure, world.rates, world.log, world.fit, external):
        for naming in (False, True):
            document = report(
                subject, depth=9, registry_url=HERE, naming_accounts=naming
            )
            written = as_prov(document)
            by_library = json.loads(
                (written.serialize(format="json") or "").replace(
                    # which older releases of the library do not read as a name
                    '"xsd:QName"',
                    '"prov:QUALIFIED_NAME"',
                )
            )
            assert list(formats.as_json(document)) == list(by_library)
            assert formats.as_json(document) == by_library
            assert formats.as_json_ld(document) == json.loads(
                written.serialize(format="jsonld", context="embed") or ""
            )
            assert formats.as_provn(document).decode() == written.get_provn()


def read_back(name: str, document: Report) -> ProvDocument:
    written = io.BytesIO(WRITERS[name](document))
    return ProvDocument.deserialize(written, format=name)


@pytest.mark.once
@pytest.mark.parametrize("name", WRITERS)
@given(text=st.text(min_size=1))
@example(text=ODD)
@example(text="\r\n")
@example(text='"""')
@example(text="\\")
@example(text="]]>")
@example(text=" two  blanks ")
@example(text="\u0085\u2028")
def test_any_text_comes_back_as_it_was_written(name: str, text: str) -> None:
    document = Report(HERE)
    said = described(("dcterms:description", text))
    document.element("entity", "lreg:api/object/1", said=said)
    [entity] = read_back(name, document).get_records()
    [(_, back)] = entity.attributes
    assert str(back) == writable(text)


@pytest.mark.once
@given(text=st.text())
@example(text="\x00\x08\x0b\x1f\ufffe\uffff")
def test_what_is_writable_can_be_written_in_xml(text: str) -> None:
    element = etree.Element("text")
    element.text = writable(text)
    back = etree.fromstring(etree.tostring(element)).text
    assert (back or "") == writable(text)


@pytest.mark.once
@pytest.mark.skipif(not is_available(), reason="Graphviz is not installed")
@given(text=st.text(min_size=1))
@example(text=ODD)
@example(text='"; n0 -> n0; "')
@example(text="\\N \\l &lt; &#0;")
@pytest.mark.slow
def test_any_text_can_be_drawn_and_does_nothing_else(text: str) -> None:
    report = Report(HERE)
    said = described(("dcterms:title", text))
    report.element("entity", "lreg:api/object/1", said=said)
    document = as_prov(report)
    root = etree.fromstring(render(as_dot(document, Look()), "svg"))
    groups = root.findall(".//{http://www.w3.org/2000/svg}g[@class='node']")
    assert len(groups) == (2 if document.records[0].attributes else 1)


@pytest.mark.django_db
@pytest.mark.skipif(not is_available(), reason="Graphviz is not installed")
@pytest.mark.slow
def test_pictures_are_what_they_are_called_and_of_the_size_that_was_asked_for() -> None:
    world = make_world()
    document = as_prov(report(world.figure, depth=2, registry_url=HERE))
    small, large = (
        render(as_dot(document, Look(attributes=False, dpi=dpi)), "png")
        for dpi in (50, 100)
    )
    assert small.startswith(b"\x89PNG")
    assert _width(large) == pytest.approx(2 * _width(small), rel=0.02)
    assert render(as_dot(document, Look()), "jpg").startswith(b"\xff\xd8")
    huge = render(as_dot(document, Look(dpi=600)), "png")
    assert 2 * _width(small) < _width(huge) <= 8010


def _width(png: bytes) -> int:
    return int.from_bytes(png[16:20], "big")


@pytest.mark.django_db
def test_a_picture_leads_to_the_records_and_shows_attributes_if_wanted() -> None:
    world = make_world()
    document = as_prov(report(world.figure, depth=2, registry_url=HERE))
    text = as_dot(document, Look())
    assert f'URL="{HERE}/api/data_product/{world.figure.pk}"' in text
    assert "shape=note" in text
    assert "shape=note" not in as_dot(document, Look(attributes=False))
