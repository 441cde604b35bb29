"""What the domain has in the provenance graph: all that a newcomer has to write."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from registry.catalogue.provenance import OBJECT
from registry.core.graph import (
    Caption,
    Direction,
    Element,
    LinkQuery,
    NodeType,
    Role,
    Term,
    TermKind,
    graph,
)
from registry.core.graph.mapping import (
    ActivityMap,
    Datatype,
    DocumentType,
    MappedField,
    Use,
)
from registry.core.graph.queries import select_referenced, select_referring
from registry.core.graph.terms import UUID
from tests.newcomer.reviews.models import Guideline, Review

REVIEWED = Role(
    "reviewed", "as what it reviewed", "What a review is about.", is_data=True
)
GUIDE = Role(
    "guide", "as its guideline", "What a review went by.", crate_word="guided_by"
)


def caption_guidelines(ids: Sequence[int]) -> dict[int, Caption]:
    """Caption guidelines by title."""
    rows: Any = Guideline._default_manager.filter(pk__in=ids)
    return {one.pk: Caption(one.title, None, one.last_updated) for one in rows}


def caption_reviews(ids: Sequence[int]) -> dict[int, Caption]:
    """Caption reviews by their verdict."""
    rows: Any = Review._default_manager.filter(pk__in=ids)
    return {one.pk: Caption(one.verdict, None, one.began) for one in rows}


GUIDELINE_DOCUMENT = DocumentType(
    model=Guideline,
    prov_class="fair:Guideline",
    own_term=Term("Guideline", TermKind.CLASS, "What a review goes by."),
    fields=(
        MappedField(field=Guideline.title, prov=("dcterms:title",), crate=("name",)),
        MappedField(field=Guideline.uuid, term=UUID, datatype=Datatype.UUID),
    ),
)
GUIDELINE = NodeType(
    model=Guideline,
    element=Element.ENTITY,
    captions=caption_guidelines,
    document=GUIDELINE_DOCUMENT,
)
REVIEW_DOCUMENT = DocumentType(
    model=Review,
    prov_class="fair:Review",
    own_term=Term("Review", TermKind.CLASS, "A review of a file."),
    crate_class="CreateAction",
    crate_name=lambda review: f"review {review.pk}",
    fields=(
        MappedField(
            field=Review.verdict,
            term=Term(
                "verdict", TermKind.PROPERTY, "What a review found.", in_crates=True
            ),
        ),
        MappedField(field=Review.began, crate=("startTime",), datatype=Datatype.MOMENT),
        MappedField(field=Review.uuid, term=UUID, datatype=Datatype.UUID),
    ),
    activity=ActivityMap(
        started=Review.began,
        uses=(
            Use(field=Review.reviewed, role=REVIEWED, target=OBJECT),
            Use(field=Review.guideline, role=GUIDE, target=GUIDELINE),
        ),
        generates=(Use(field=Review.report, role=None, target=OBJECT),),
    ),
)
REVIEW = NodeType(
    model=Review,
    element=Element.ACTIVITY,
    captions=caption_reviews,
    document=REVIEW_DOCUMENT,
)


def links(
    role: Role | None, target: NodeType, field: object
) -> tuple[LinkQuery, LinkQuery]:
    """Return the queries of a foreign key of reviews, in both directions."""
    of_review = partial(select_referenced, Review, [field])
    of_target = partial(select_referring, Review, field)
    up, down = Direction.UPSTREAM, Direction.DOWNSTREAM
    if role is None:
        up, down = down, up
    return (
        LinkQuery(up, REVIEW, target, (role,), of_review),
        LinkQuery(down, target, REVIEW, (role,), of_target),
    )


def register() -> None:
    """Register the domain."""
    graph.register(
        types=(GUIDELINE, REVIEW),
        queries=(
            *links(REVIEWED, OBJECT, Review.reviewed),
            *links(GUIDE, GUIDELINE, Review.guideline),
            *links(None, OBJECT, Review.report),
        ),
        documents=(GUIDELINE_DOCUMENT, REVIEW_DOCUMENT),
        terms=(
            Term(
                "guided_by",
                TermKind.PROPERTY,
                "The guideline of a review, as an action in a crate.",
                in_crates=True,
            ),
        ),
    )
