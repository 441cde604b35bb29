"""What documents need of a lineage's records, in a constant number of queries."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.catalogue.provenance.rows import external_of
from registry.core.graph import Direction
from registry.provenance.lineage import Lineage, lineage
from registry.provenance.records import records_of
from tests.factories import (
    CodeRepoReleaseFactory,
    CodeRunFactory,
    ExternalObjectFactory,
    KeyValueFactory,
    KeywordFactory,
    LicenceFactory,
    ObjectFactory,
    StorageLocationFactory,
    UserAuthorFactory,
)
from tests.files import keep, place
from tests.provenance.graphs import chain, store

pytestmark = pytest.mark.django_db


def _of(root: object) -> Lineage:
    return lineage(root, direction=Direction.UPSTREAM, depth=None)  # type: ignore[arg-type]


def test_what_documents_say_is_there_without_further_queries() -> None:
    thing = ObjectFactory(storage_location=StorageLocationFactory())
    for label in (KeywordFactory, LicenceFactory, KeyValueFactory):
        label(object=thing)
    release = CodeRepoReleaseFactory(object=thing)
    account = UserAuthorFactory()
    username = account.user.username
    source = ExternalObjectFactory()
    namespace = source.data_product.namespace.name
    inputs = [source.data_product.object.components.get()]
    run = CodeRunFactory(code_repo=thing, inputs=inputs, by=account.user)
    records = records_of(_of(run))
    with CaptureQueriesContext(connection) as queries:
        shown = records.things[thing.pk]
        assert shown.storage_location is not None
        assert shown.storage_location.storage_root.root.startswith("https:")
        assert shown.file_type is not None
        assert shown.file_type.pk == thing.file_type_id
        assert shown.code_repo_release.name == release.name
        for name in ("authors", "licences", "keywords", "key_values"):
            assert len(getattr(shown, name).all()) == 1
        used = records.things[source.data_product.object_id]
        [product] = used.data_products.all()
        assert product.namespace.name == namespace
        found = external_of(product)
        assert found is not None
        assert found.original_store is not None
        assert found.original_store.storage_root.root.startswith("https:")
        assert records.runs[run.pk].registered_by.username == username
        assert records.people[account.user_id].pk == account.author_id
        assert set(records.components) == {inputs[0].pk}
        assert records.file_of(shown) is None
    assert queries.captured_queries == []


def test_a_file_in_the_store_is_known_by_its_hash() -> None:
    file = keep()
    thing = ObjectFactory(storage_location=place(file.sha1.upper()))
    records = records_of(_of(thing))
    assert records.file_of(records.things[thing.pk]) == file


def test_the_number_of_queries_is_constant() -> None:
    counts = []
    for length in (1, 30):
        stored = store(chain(length))
        found = _of(stored.objects[-1])
        with CaptureQueriesContext(connection) as queries:
            records_of(found)
        counts.append(len(queries))
    assert counts[0] == counts[1]
