"""Texts have maximum lengths in characters, and in bytes for an index."""

from __future__ import annotations

from typing import Any

import pytest

from tests import factories
from tests.api.client import Api, data_of
from tests.api.contract.base import as_json
from tests.factories import registrar, values_of

pytestmark = pytest.mark.django_db

SHORT_LENGTH = 1024
PATH_LENGTH = 8192
LONG_LENGTH = 2**20

#: Endpoint, factory, field, most characters, and what a value begins with.
TEXTS: tuple[tuple[str, Any, str, int, str], ...] = (
    ("file_type", factories.FileTypeFactory, "name", SHORT_LENGTH, ""),
    ("file_type", factories.FileTypeFactory, "extension", SHORT_LENGTH, ""),
    ("issue", factories.IssueFactory, "description", LONG_LENGTH, ""),
    ("author", factories.AuthorFactory, "name", SHORT_LENGTH, ""),
    (
        "author",
        factories.AuthorFactory,
        "identifier",
        SHORT_LENGTH,
        "https://example.org/",
    ),
    ("object", factories.ObjectFactory, "description", LONG_LENGTH, ""),
    ("object_component", factories.ObjectComponentFactory, "name", SHORT_LENGTH, ""),
    (
        "object_component",
        factories.ObjectComponentFactory,
        "description",
        LONG_LENGTH,
        "",
    ),
    ("code_run", factories.CodeRunFactory, "description", SHORT_LENGTH, ""),
    (
        "storage_root",
        factories.StorageRootFactory,
        "root",
        SHORT_LENGTH,
        "https://a.org/",
    ),
    ("storage_location", factories.StorageLocationFactory, "path", PATH_LENGTH, ""),
    ("storage_location", factories.StorageLocationFactory, "hash", SHORT_LENGTH, ""),
    ("namespace", factories.NamespaceFactory, "name", SHORT_LENGTH, ""),
    ("namespace", factories.NamespaceFactory, "full_name", SHORT_LENGTH, ""),
    (
        "namespace",
        factories.NamespaceFactory,
        "website",
        SHORT_LENGTH,
        "https://a.org/",
    ),
    ("data_product", factories.DataProductFactory, "name", SHORT_LENGTH, ""),
    ("data_product", factories.DataProductFactory, "version", SHORT_LENGTH, "1.0.0-"),
    (
        "external_object",
        factories.ExternalObjectFactory,
        "identifier",
        SHORT_LENGTH,
        "https://a.org/",
    ),
    (
        "external_object",
        factories.ExternalObjectFactory,
        "alternate_identifier",
        SHORT_LENGTH,
        "",
    ),
    (
        "external_object",
        factories.ExternalObjectFactory,
        "alternate_identifier_type",
        SHORT_LENGTH,
        "",
    ),
    ("external_object", factories.ExternalObjectFactory, "title", SHORT_LENGTH, ""),
    (
        "external_object",
        factories.ExternalObjectFactory,
        "description",
        LONG_LENGTH,
        "",
    ),
    ("keyword", factories.KeywordFactory, "keyphrase", SHORT_LENGTH, ""),
    ("keyword", factories.KeywordFactory, "identifier", SHORT_LENGTH, "https://a.org/"),
    ("licence", factories.LicenceFactory, "licence_info", LONG_LENGTH, ""),
    ("licence", factories.LicenceFactory, "identifier", SHORT_LENGTH, "https://a.org/"),
    ("code_repo_release", factories.CodeRepoReleaseFactory, "name", SHORT_LENGTH, ""),
    (
        "code_repo_release",
        factories.CodeRepoReleaseFactory,
        "version",
        SHORT_LENGTH,
        "1.0.0-",
    ),
    (
        "code_repo_release",
        factories.CodeRepoReleaseFactory,
        "website",
        SHORT_LENGTH,
        "https://a.org/",
    ),
    ("key_value", factories.KeyValueFactory, "key", SHORT_LENGTH, ""),
    ("key_value", factories.KeyValueFactory, "value", SHORT_LENGTH, ""),
)


def _text(size: int, start: str = "", of: str = "abcdefghij-klm") -> str:
    """Return a text that a database cannot compress much."""
    return (start + of * size)[:size]


def _body(factory: Any, **given: Any) -> dict[str, Any]:
    values = values_of(factory)
    return {name: as_json(value) for name, value in values.items()} | given


@pytest.mark.parametrize(
    "endpoint,factory,field,limit,start", TEXTS, ids=lambda case: str(case)[:40]
)
def test_texts_have_a_maximum_length(
    endpoint: str, factory: Any, field: str, limit: int, start: str
) -> None:
    api, path = Api(registrar()), f"/api/{endpoint}/"
    text = _text(limit, start)
    shown = data_of(api.post(path, _body(factory, **{field: text})), 201)
    assert shown[field] == text
    answer = api.post(path, _body(factory, **{field: _text(limit + 1, start)}))
    messages = data_of(answer, 400)
    assert list(messages) == [field]
    assert str(limit) in messages[field][0]


@pytest.mark.parametrize(
    "endpoint,factory,fields",
    [
        ("file_type", factories.FileTypeFactory, ("name", "extension")),
        ("data_product", factories.DataProductFactory, ("name", "version")),
        ("code_repo_release", factories.CodeRepoReleaseFactory, ("name", "version")),
        (
            "external_object",
            factories.ExternalObjectFactory,
            (
                "identifier",
                "alternate_identifier",
                "alternate_identifier_type",
                "title",
            ),
        ),
        ("key_value", factories.KeyValueFactory, ("key", "value")),
        ("keyword", factories.KeywordFactory, ("keyphrase", "identifier")),
        ("namespace", factories.NamespaceFactory, ("name", "full_name", "website")),
    ],
    ids=lambda case: str(case)[:40],
)
def test_unique_texts_can_all_have_the_maximum_length(
    endpoint: str, factory: Any, fields: tuple[str, ...]
) -> None:
    starts = {
        "version": "1.0.0-",
        "identifier": "https://a.org/",
        "website": "https://a.org/",
    }
    texts = {name: _random_text(SHORT_LENGTH, starts.get(name, "")) for name in fields}
    answer = Api(registrar()).post(f"/api/{endpoint}/", _body(factory, **texts))
    shown = data_of(answer, 201)
    assert {name: shown[name] for name in fields} == texts


def _random_text(size: int, start: str) -> str:
    """Return a text that cannot be compressed."""
    import random

    generator = random.Random(size)
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-0123456789"
    return (start + "".join(generator.choices(letters, k=size)))[:size]


@pytest.mark.parametrize("text", ["é" * 640, "数" * 426, "🐧" * 320])
def test_multibyte_characters_fit_the_index(text: str) -> None:
    api = Api(registrar())
    body = _body(factories.FileTypeFactory, name=text, extension=text)
    assert data_of(api.post("/api/file_type/", body), 201)["name"] == text
    longer = {**body, "name": text + text[0]}
    messages = data_of(api.post("/api/file_type/", longer), 400)
    assert "1280 bytes in UTF-8" in messages["name"][0]
