"""Records of a newcomer's types are restored by their declaration alone."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from registry.core.models import Event
from registry.core.records import change_record, delete_record, lock_record
from tests.api.client import Api, data_of, path_of
from tests.newcomer.factories import GuidelineFactory, ReviewFactory
from tests.newcomer.reviews.models import Guideline, Review

pytestmark = pytest.mark.django_db


def test_a_deleted_review_comes_back() -> None:
    review = ReviewFactory()
    shown = data_of(Api().get(path_of(review)))
    delete_record(lock_record(Review, review.pk), by=review.registered_by)
    call_command("restore_record", "review", str(review.pk))
    restored = data_of(Api().get(path_of(review)))
    shown["last_updated"] = restored["last_updated"]
    assert restored == shown


def test_a_review_needs_its_guideline() -> None:
    review = ReviewFactory()
    for record in (review, review.guideline):
        delete_record(lock_record(type(record), record.pk), by=review.registered_by)
    with pytest.raises(CommandError, match=r"guideline: guideline .* not exist any"):
        call_command("restore_record", "review", str(review.pk))
    call_command("restore_record", "guideline", str(review.guideline_id))
    call_command("restore_record", "review", str(review.pk))


def test_a_change_of_a_guideline_is_undone() -> None:
    guideline = GuidelineFactory(title="the first")
    by = guideline.registered_by
    change_record(lock_record(Guideline, guideline.pk), {"title": "b"}, by=by)
    event = str(Event.objects.latest("pk").pk)
    taken = GuidelineFactory(title="the first")
    with pytest.raises(CommandError, match=rf"guideline {taken.pk} .* has the same"):
        call_command("restore_record", "guideline", str(guideline.pk), "--event", event)
    change_record(lock_record(Guideline, taken.pk), {"title": "c"}, by=by)
    call_command("restore_record", "guideline", str(guideline.pk), "--event", event)
    guideline.refresh_from_db()
    assert guideline.title == "the first"
