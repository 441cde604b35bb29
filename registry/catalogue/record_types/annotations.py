"""What is said about objects: keywords, licences, releases, keys with values."""

from __future__ import annotations

from functools import partial
from textwrap import fill

from registry.catalogue import curation, models
from registry.catalogue.keys import MEANINGFUL_KEYS
from registry.catalogue.ownership import by_owners_of
from registry.catalogue.record_types.sections import ANNOTATIONS
from registry.core.permissions import Who
from registry.core.record_types import RecordType
from registry.core.traits import Context, MergeRule, ReverseFilter
from registry.identity.ownership import delete_as_withdrawer

KEYWORD = RecordType(
    model=models.Keyword,
    description="A keyword or phrase that tells what an object is about. Who added it, "
    "and those who look after the object, can take it away.",
    summary="What objects are about.",
    section=ANNOTATIONS,
    rank=70,
    columns=(
        models.Keyword.keyphrase,
        models.Keyword.object,
        models.Keyword.identifier,
    ),
    search_texts=(models.Keyword.keyphrase,),
    context=Context(
        link=models.Keyword.object, describe=lambda keyword: f"of {keyword.object}"
    ),
    describes=(models.Keyword.object,),
    delete=partial(delete_as_withdrawer, models.Keyword),
    correct=partial(
        curation.correct_record, models.Keyword, check=curation.check_annotation
    ),
    guard=curation.check_annotation,
    merge=MergeRule(
        fills=(models.Keyword.identifier,), spelling=models.Keyword.keyphrase
    ),
)


LICENCE = RecordType(
    model=models.Licence,
    description="A licence under which an object may be used.",
    summary="The licences under which objects may be used.",
    section=ANNOTATIONS,
    rank=130,
    columns=(
        models.Licence.licence_info,
        models.Licence.identifier,
        models.Licence.object,
    ),
    search_texts=(models.Licence.licence_info, models.Licence.identifier),
    describes=(models.Licence.object,),
    registered_by=Who.OWNERS_OF_ITS_OBJECT,
    rule=by_owners_of(models.Licence.object),
    correct=partial(
        curation.correct_record, models.Licence, check=curation.check_annotation
    ),
    guard=curation.check_annotation,
)


CODE_REPO_RELEASE = RecordType(
    model=models.CodeRepoRelease,
    description="Marks an object as a released version of a code repository.",
    summary="Released versions of software.",
    section=ANNOTATIONS,
    rank=40,
    columns=(
        models.CodeRepoRelease.name,
        models.CodeRepoRelease.version,
        models.CodeRepoRelease.website,
        models.CodeRepoRelease.object,
    ),
    hidden=(models.CodeRepoRelease.version_key,),
    search_texts=(models.CodeRepoRelease.name,),
    describes=(models.CodeRepoRelease.object,),
    registered_by=Who.OWNERS_OF_ITS_OBJECT,
    rule=by_owners_of(models.CodeRepoRelease.object),
    correct=partial(
        curation.correct_record, models.CodeRepoRelease, check=curation.check_annotation
    ),
    guard=curation.check_annotation,
)


KEY_VALUE = RecordType(
    model=models.KeyValue,
    description="\n\n".join(
        (
            "A further fact about an object, as a key and its value.",
            *(fill(key.meaning, 88) for key in MEANINGFUL_KEYS.values()),
        )
    ),
    summary="Further facts about objects.",
    section=ANNOTATIONS,
    rank=140,
    columns=(models.KeyValue.key, models.KeyValue.value, models.KeyValue.object),
    reverse_filters=(ReverseFilter(name="metadata", link=models.KeyValue.object),),
    describes=(models.KeyValue.object,),
    registered_by=Who.OWNERS_OF_ITS_OBJECT,
    rule=by_owners_of(models.KeyValue.object),
    correct=partial(
        curation.correct_record, models.KeyValue, check=curation.check_annotation
    ),
    guard=curation.check_annotation,
)
