"""The newcomer's factories."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import factory

from tests.factories import RecordFactory
from tests.newcomer.reviews.models import Guideline, Review


class GuidelineFactory(RecordFactory):
    """Guidelines."""

    class Meta:
        model = Guideline

    title = factory.Sequence("How to review, part {}".format)
    uuid = factory.Faker("uuid4", cast_to=None)


class ReviewFactory(RecordFactory):
    """Reviews of one object, by one guideline."""

    class Meta:
        model = Review

    reviewed = factory.SubFactory("tests.factories.ObjectFactory")
    guideline = factory.SubFactory(GuidelineFactory)
    report = factory.SubFactory("tests.factories.ObjectFactory")
    verdict = factory.Sequence("good, number {}".format)
    began = factory.Sequence(
        lambda number: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=number)
    )
    uuid = factory.Faker("uuid4", cast_to=None)
