"""A small piece of research to report on: everything that a report can tell of.

A paper's counts are fitted; the rates that come of it are drawn, twice. Names, times
and UUIDs are the same each time, ids are not.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from registry.catalogue.models import (
    Author,
    DataProduct,
    FileType,
    Object,
    ObjectComponent,
)
from registry.core.models import Record
from registry.identity.models import User
from registry.runs.models import CodeRun
from tests import factories
from tests.factories import sha1

BEGAN = datetime(2021, 7, 17, 18, 21, 11, tzinfo=UTC)
ORCID = "https://orcid.org/0000-0002-1825-0097"
#: A description with all that formats may stumble over.
ODD = 'Counts "per day" & <night>\nwith a \\ in it, \x01\x0b\x1f\x7f\ufffe and æøå €𝄞'
SHOWN = ODD.translate(dict.fromkeys((1, 0x0B, 0x1F, 0xFFFE), "\ufffd"))


@dataclass(frozen=True)
class World:
    """The records to report on."""

    runner: User
    paper: DataProduct
    rates: DataProduct
    figure: DataProduct
    log: Object
    fit: CodeRun
    drawings: tuple[CodeRun, CodeRun]


def _uuid(number: int) -> uuid.UUID:
    return uuid.UUID(int=number, version=4)


def whole(thing: Object) -> ObjectComponent:
    """Return the component that is all of an object."""
    return thing.components.get(whole_object=True)


def part(thing: Object, name: str) -> ObjectComponent:
    """Register a part of an object."""
    made: ObjectComponent = factories.ObjectComponentFactory.create(
        object=thing, name=name, issues=[]
    )
    return made


def make_world() -> World:
    """Register the research."""
    runner = factories.UserFactory.create(username="grace", full_name="Grace Hopper")
    ada, bob = _people()
    factories.UserAuthorFactory.create(user=runner, author=ada)
    csv = factories.FileTypeFactory.create(
        name="Comma-separated values", extension="csv"
    )
    root = factories.StorageRootFactory.create(root="https://data.example.org/store")
    thing = _Things(csv, root)
    counts = thing("counts.csv", 1, description=ODD, authors=[ada, bob])
    paper = _product(counts, "influenza/in-bed", "1.0.0")
    _external(paper, root)
    rates = _product(thing("rates.csv", 2, authors=[ada]), "influenza/rates", "0.2.0")
    log = thing("fit.log", 3, file_type=None, public=False)
    figure = _product(thing("figure.csv", 4), "influenza/figure", "1.0.0-rc.1")
    code = thing("model.zip", 5, authors=[bob])
    factories.CodeRepoReleaseFactory.create(
        object=code, name="org/model", version="1.2.3", website="https://example.org/m"
    )
    script, config = thing("run.sh", 6), thing("config.toml", 7)
    fit = _run(
        1,
        runner,
        code_repo=code,
        model_config=config,
        submission_script=script,
        inputs=[part(paper.object, "in_bed"), part(paper.object, "day")],
        outputs=[part(rates.object, "beta"), whole(rates.object), whole(log)],
    )
    bare = thing("draw.py", 8)
    drawings = tuple(
        _run(
            number,
            factories.UserFactory.create(username=f"clerk-{number}", full_name=""),
            code_repo=bare,
            model_config=None,
            submission_script=bare if number == 2 else None,
            inputs=[whole(rates.object), whole(log)],
            outputs=[whole(figure.object)],
            end_date=None,
        )
        for number in (2, 3)
    )
    _stop_the_clock()
    return World(runner, paper, rates, figure, log, fit, (drawings[0], drawings[1]))


def _people() -> tuple[Author, Author]:
    ada = factories.AuthorFactory.create(name="Ada Lovelace", identifier=ORCID)
    bob = factories.AuthorFactory.create(name="Bob", identifier=None, uuid=_uuid(99))
    return ada, bob


class _Things:
    """Makes objects, each with its place."""

    def __init__(self, file_type: FileType, root: Record) -> None:
        self.file_type, self.root = file_type, root

    def __call__(
        self, path: str, number: int, *, public: bool = True, **given: Any
    ) -> Object:
        location = factories.StorageLocationFactory.create(
            storage_root=self.root, path=f"/{path}", hash=sha1(number), public=public
        )
        values = {
            "storage_location": location,
            "file_type": self.file_type,
            "description": f"The file {path}",
            "authors": [],
            "uuid": _uuid(number),
        }
        made: Object = factories.ObjectFactory.create(**{**values, **given})
        return made


def _product(thing: Object, name: str, version: str) -> DataProduct:
    namespace = factories.NamespaceFactory._meta.model.objects.filter(
        name="flu"
    ).first()
    made: DataProduct = factories.DataProductFactory.create(
        namespace=namespace or factories.NamespaceFactory.create(name="flu"),
        name=name,
        version=version,
        object=thing,
    )
    return made


def _external(product: DataProduct, root: Record) -> None:
    factories.ExternalObjectFactory.create(
        data_product=product,
        identifier="https://doi.org/10.1136/bmj.1.6112.586",
        alternate_identifier="PMC1603269",
        alternate_identifier_type="PMCID",
        primary_not_supplement=False,
        release_date=datetime(1978, 3, 4, tzinfo=UTC),
        title="Influenza in a boarding school",
        description="A note",
        original_store=factories.StorageLocationFactory.create(
            storage_root=root, path="/original.pdf", hash=sha1(9)
        ),
    )


def _run(number: int, by: User, **given: Any) -> CodeRun:
    values = {
        "run_date": BEGAN + timedelta(hours=number),
        "end_date": BEGAN + timedelta(hours=number, minutes=30, microseconds=5),
        "description": f"Run number {number}",
        "uuid": _uuid(1000 + number),
        "by": by,
    }
    made: CodeRun = factories.CodeRunFactory.create(**{**values, **given})
    return made


def _stop_the_clock() -> None:
    """Give every object the same time of its last change."""
    Object.objects.update(last_updated=BEGAN)
