"""Every cell of the table in the guide about file access holds at every address."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from django.conf import settings

from registry.identity.models import User
from registry.storage.signing import permit_upload
from tests.api.client import Api, content_of, data_of
from tests.clients.guide import GUIDE
from tests.factories import UserFactory
from tests.files import COUNTS, sha1_of
from tests.provenance.crates.made import file, metadata, zipped

SHA1 = sha1_of(COUNTS)
ELSEWHERE = "https://elsewhere.example.org/"
_ROW = re.compile(r"^\| (.+\.) \| (yes|no) \| (yes|no) \| (yes|no) \|$", re.MULTILINE)
_STEP = re.compile(
    r"(?P<who>Ada|Bob|An administrator) (?P<what>uploads|registers|imports|marks it)"
    r"(?: (?P<how>public|private))?(?P<refused>, which is refused)?"
)

pytestmark = pytest.mark.django_db

ROWS = _ROW.findall((GUIDE / "file-access.md").read_text(encoding="utf-8"))


@dataclass
class Story:
    """People, and the records that they registered about one file."""

    people: dict[str, User]
    apis: dict[str, Api] = field(init=False)
    products: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=lambda: [f"/data/{SHA1}"])
    is_stored: bool = False
    number: Any = field(default_factory=count)

    def __post_init__(self) -> None:
        self.apis = {name: Api(user) for name, user in self.people.items()}

    def happens(self, step: str) -> None:
        """Perform one sentence of the table."""
        match = _STEP.fullmatch(step)
        assert match is not None, step
        acts: dict[str, Callable[..., Any]] = {
            "uploads": self.upload,
            "registers": self.register,
            "imports": self.bring,
            "marks it": self.mark,
        }
        refused = {"refused": True} if match["refused"] else {}
        acts[match["what"]](match["who"], match["how"] == "public", **refused)

    def upload(self, who: str, _public: bool) -> None:
        """Upload the bytes."""
        query = permit_upload(SHA1, self.people[who].pk)
        pairs = "&".join(f"{name}={value}" for name, value in query.items())
        path = f"/api/data/{SHA1}/file?{pairs}"
        answer = Api().send("PUT", path, COUNTS, "application/octet-stream")
        assert answer.status_code == (200 if self.is_stored else 201)
        self.is_stored = True

    def register(self, who: str, public: bool) -> dict[str, Any]:
        """Register a location, an object there, and both names of the object."""
        root = f"{settings.REGISTRY_URL}/data/" if who == "Ada" else ELSEWHERE
        location = self._post(
            who,
            "storage_location",
            storage_root=self._post(who, "storage_root", root=root),
            path=SHA1,
            hash=SHA1,
            public=public,
        )
        namespace = who.lower().replace(" ", "-")
        name = f"counts-{next(self.number)}"
        thing = self._post(who, "object", storage_location=location)
        product = self._post(
            who,
            "data_product",
            namespace=self._post(who, "namespace", name=namespace),
            name=name,
            version="1.0.0",
            object=thing,
        )
        self._post(
            who,
            "external_object",
            data_product=product,
            alternate_identifier=name,
            alternate_identifier_type="name",
            release_date="2026-01-01T00:00:00Z",
            title="Counts",
            original_store=location,
        )
        self.paths += [
            f"/data_product/{namespace}:{name}@1.0.0",
            f"/data_product/{namespace}:{name}@1.0.0?original",
            f"/external_object/{name}:Counts@1.0.0",
        ]
        made = {"url": product, "object": thing}
        self.products.append(made)
        return made

    def mark(self, who: str, _public: bool) -> None:
        """Register an object that has the key value."""
        thing = self.register(who, public=True)["object"]
        self._post(who, "key_value", object=thing, key="accessibility", value="private")

    def bring(self, who: str, public: bool, *, refused: bool = False) -> None:
        """Send a crate with the file."""
        described = metadata(
            file("counts.csv", **({} if public else {"public": False}))
        )
        crate = zipped({"counts.csv": COUNTS}, described)
        answer = self.apis[who].send("POST", "/api/ro-crate/", crate, "application/zip")
        expected = {409} if refused else {200, 201}
        assert answer.status_code in expected, content_of(answer)
        self.is_stored = True

    def read_everywhere(self, reader: Api, *, may: bool) -> None:
        """Request the file at all its addresses; at two of them also in other ways."""
        for path in self.paths:
            downloads(reader, path, may=may, is_stored=self.is_stored)
        for path in {self.paths[0], self.paths[-1]}:
            downloads_parts(reader, path, may=may, is_stored=self.is_stored)
        for product in self.products:
            expected = self.is_stored and may
            assert is_packed(reader, product["url"]) == expected

    def read_first_and_last(self, reader: Api) -> None:
        """Request the file for a person who can read every file."""
        for path in {self.paths[0], self.paths[-1]}:
            downloads(reader, path, may=True, is_stored=self.is_stored)
        for product in self.products[:1]:
            assert is_packed(reader, product["url"]) == self.is_stored

    def _post(self, who: str, kind: str, **values: Any) -> str:
        answer = self.apis[who].post(f"/api/{kind}/", values)
        assert answer.status_code in {201, 409}, content_of(answer)
        url: str = json.loads(content_of(answer))["url"]
        return url


@pytest.fixture
def story(settings: Any, tmp_path: Any) -> Story:
    """Return people who have not done anything yet."""
    settings.STORE_DIR = tmp_path / "store"
    return Story(
        {
            "Ada": UserFactory.create(),
            "Bob": UserFactory.create(),
            "An administrator": UserFactory.create(roles=["sys-admin-admin"]),
        }
    )


def test_the_table_is_parsed() -> None:
    text = (GUIDE / "file-access.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    # all but the heading
    assert len(ROWS) == len(lines) - 1 > 30


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
@pytest.mark.slow
def test_a_row_of_the_table_holds(row: tuple[str, str, str, str], story: Story) -> None:
    happened, everybody, ada, bob = row
    for step in happened.removesuffix(".").split(". "):
        story.happens(step)
    story.read_everywhere(Api(), may=everybody == "yes")
    story.read_everywhere(story.apis["Ada"], may=ada == "yes")
    story.read_everywhere(story.apis["Bob"], may=bob == "yes")
    trusted = Api(UserFactory.create(roles=["private-data-read"]))
    for reader in (story.apis["An administrator"], trusted):
        story.read_first_and_last(reader)
    for product in story.products:
        is_private = everybody == "no"
        assert says_private(product["url"]) == is_private
        assert crate_says_private(product["url"]) == is_private


def downloads(reader: Api, path: str, *, may: bool, is_stored: bool) -> None:
    """Request a file."""
    whole = reader.get(path)
    if not may:
        assert whole.status_code == 403, path
        assert COUNTS not in content_of(whole)
    elif whole.status_code != 302:
        assert whole.status_code == (200 if is_stored else 404)
        assert not is_stored or content_of(whole) == COUNTS


def downloads_parts(reader: Api, path: str, *, may: bool, is_stored: bool) -> None:
    """Request a file with a range, with HEAD and with a condition."""
    part, head = reader.get(path, range="bytes=0-1"), reader.call("HEAD", path)
    known = reader.get(path, **{"if-none-match": "*"})
    statuses = [part.status_code, head.status_code, known.status_code]
    if not may:
        assert statuses == [403] * 3, path
    elif 302 in statuses:
        assert statuses == [302] * 3
    elif is_stored:
        assert statuses == [206, 200, 304]
        assert content_of(part) == COUNTS[:2]
    else:
        assert statuses == [404] * 3


def is_packed(reader: Api, product: str) -> bool:
    """Return whether the crate of a product contains the bytes."""
    number = product.rstrip("/").rpartition("/")[2]
    path = f"/api/ro-crate/data-product/{number}/"
    content = content_of(reader.get(path, {"format": "zip"}))
    with zipfile.ZipFile(io.BytesIO(content)) as crate:
        return any(crate.read(name) == COUNTS for name in crate.namelist())


def says_private(product: str) -> bool:
    """Return whether a PROV report marks the file of a product as private."""
    number = product.rstrip("/").rpartition("/")[2]
    report = data_of(Api().get(f"/api/prov-report/{number}/", {"format": "json"}))
    entities = report["entity"]
    said = {name: "fair:public" in one for name, one in entities.items()}
    # the product, and the external object that it came from
    assert len(said) == 2
    assert len(set(said.values())) == 1
    return all(said.values())


def crate_says_private(product: str) -> bool:
    """Return whether the metadata of a crate mark the file as private."""
    number = product.rstrip("/").rpartition("/")[2]
    path = f"/api/ro-crate/data-product/{number}/"
    graph = data_of(Api().get(path, {"format": "json"}))["@graph"]
    files = [one for one in graph if "File" in str(one["@type"])]
    said = {one.get("public", True) for one in files}
    assert len(said) == 1
    return said == {False}
