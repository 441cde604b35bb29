"""The record types of reviews; imported documents are registered by them."""

from __future__ import annotations

from registry.core.record_types import RecordType, Section, declare
from tests.newcomer.node_type.reviews.models import Guideline, Review

REVIEWS = Section("Reviews", 70)

GUIDELINE = RecordType(
    model=Guideline,
    description="What a review goes by.",
    summary="What reviews go by.",
    section=REVIEWS,
    rank=200,
    columns=(Guideline.title,),
)
REVIEW = RecordType(
    model=Review,
    description="A review of an object, by a guideline.",
    summary="Reviews of objects.",
    section=REVIEWS,
    rank=210,
    columns=(Review.verdict, Review.guideline, Review.began),
)

declare(GUIDELINE, REVIEW)
