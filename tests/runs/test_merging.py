"""A model run is found by its content after what it links to was merged."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.core.errors import Conflict
from registry.core.moving import links_to
from registry.identity.merging import merge_records
from registry.runs.model_runs.content import fingerprint_of
from registry.runs.model_runs.correcting import body_of
from registry.runs.model_runs.registering import register_records
from registry.runs.models import ModelRun
from tests import factories

pytestmark = pytest.mark.django_db

#: The links that curators merge the targets of, and the factories of these.
MERGED = (
    ("modeller", factories.AuthorFactory),
    ("requesting_organisation", factories.OrganisationFactory),
)


def _curator() -> Any:
    return factories.UserFactory(roles=["curator"])


def _merge(kept: Any, *gone: Any) -> None:
    ids = [one.pk for one in gone]
    merge_records(type(kept), kept.pk, ids, by=_curator())


def _same(run: ModelRun, **other: Any) -> dict[str, Any]:
    """Return a run with the same content as another, except for this."""
    body = body_of(run) | other
    body.pop("uuid")
    return body


def test_a_record_has_the_fingerprint_of_what_was_sent() -> None:
    run = factories.ModelRunFactory()
    stored = ModelRun.objects.get(pk=run.pk)
    assert fingerprint_of(stored) == stored.fingerprint == run.fingerprint


@pytest.mark.parametrize("link, factory", MERGED, ids=["author", "organisation"])
def test_a_record_is_found_by_the_kept_and_by_the_merged_target(
    link: str, factory: Any
) -> None:
    gone, kept = factory(), factory()
    run = factories.ModelRunFactory(**{link: gone})
    _merge(kept, gone)
    for target in (kept.pk, gone.pk):
        [again] = register_records([_same(run, **{link: target})], by=_curator())
        assert (again.run.pk, again.is_new) == (run.pk, False)
    assert ModelRun.objects.count() == 1
    moved = ModelRun.objects.get()
    assert moved.fingerprint == fingerprint_of(moved) != run.fingerprint


@pytest.mark.parametrize("link, factory", MERGED, ids=["author", "organisation"])
def test_records_that_would_say_the_same_refuse_the_merge(
    link: str, factory: Any
) -> None:
    gone, kept, other = factory(), factory(), factory()
    first = factories.ModelRunFactory(**{link: gone})
    factories.ModelRunFactory(**{link: other})
    [second] = register_records(
        [_same(first, **{link: kept.pk})], by=first.registered_by
    )
    clash = f"model runs {first.pk} and {second.run.pk} would have the same content"
    clashes = [
        text
        for one in links_to(type(kept))
        for text in one.clashes([kept.pk, gone.pk, other.pk])
    ]
    assert clashes == [clash]
    with pytest.raises(Conflict, match=clash):
        _merge(kept, gone)
    assert {*type(kept).objects.all()} >= {kept, gone}
    assert ModelRun.objects.get(pk=first.pk).fingerprint == first.fingerprint
    _merge(kept, other)


def test_many_runs_move_by_as_many_statements_as_one() -> None:
    numbers = []
    # the first one looks up what later ones know
    for size in (1, 1, 12):
        gone, kept = (factories.AuthorFactory.create() for _ in range(2))
        for _ in range(size):
            factories.ModelRunFactory(modeller=gone)
        with CaptureQueriesContext(connection) as queries:
            _merge(kept, gone)
        numbers.append(len(queries))
        assert ModelRun.objects.filter(modeller=kept).count() == size
    assert numbers[1] == numbers[2]
