"""Quality issues, and marks of quality control."""

from __future__ import annotations

from functools import partial

from registry.catalogue import curation, models, services
from registry.catalogue.ownership import by_owners_of
from registry.catalogue.record_types.sections import QUALITY
from registry.core.permissions import Who
from registry.core.record_types import RecordType
from registry.core.traits import ReverseFilter

ISSUE = RecordType(
    model=models.Issue,
    description="""
A quality issue with one or more components of objects.

`severity` 0 is a remark, larger is worse. Give at least one component in
`component_issues`; a change cannot take the last one away.
""".strip(),
    summary="What is known to be wrong with data.",
    section=QUALITY,
    rank=100,
    columns=(
        models.Issue.description,
        models.Issue.severity,
        models.Issue.last_updated,
    ),
    search_texts=(models.Issue.description,),
    register=services.register_issues,
    change=services.update_issue,
    guard=services.require_same_uuid,
)


QUALITY_CONTROLLED = RecordType(
    model=models.QualityControlled,
    description="Marks an object as quality controlled, with the document that says "
    "how.",
    summary="Objects whose quality was controlled, and the documents that say how.",
    section=QUALITY,
    rank=110,
    columns=(
        models.QualityControlled.object,
        models.QualityControlled.document,
        models.QualityControlled.last_updated,
    ),
    reverse_filters=(
        ReverseFilter(
            name="quality_control_document", link=models.QualityControlled.document
        ),
    ),
    describes=(models.QualityControlled.object,),
    registered_by=Who.OWNERS_OF_ITS_OBJECT,
    rule=by_owners_of(models.QualityControlled.object),
    correct=partial(
        curation.correct_record,
        models.QualityControlled,
        check=curation.check_annotation,
    ),
    guard=curation.check_annotation,
)
