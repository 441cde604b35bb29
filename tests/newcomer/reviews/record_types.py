"""The record types of the domain: all that a newcomer writes beside the models."""

from __future__ import annotations

from registry.core.record_types import RecordType, declare
from registry.core.traits import Section
from tests.newcomer.reviews.models import Guideline, Review

REVIEWS = Section("Reviews", 55)

GUIDELINE = RecordType(
    model=Guideline,
    description="The guideline of a review.",
    summary="What reviews go by.",
    section=REVIEWS,
    rank=86,
    columns=(Guideline.title, Guideline.last_updated),
    search_texts=(Guideline.title,),
    natural_key=Guideline.title,
)

REVIEW = RecordType(
    model=Review,
    description="A review of an object, by a guideline.",
    summary="Reviews of objects.",
    section=REVIEWS,
    rank=84,
    columns=(Review.verdict, Review.reviewed, Review.began),
    search_texts=(Review.verdict,),
)

declare(GUIDELINE, REVIEW)
