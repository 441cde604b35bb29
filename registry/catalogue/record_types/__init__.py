"""The record types of the catalogue, for every surface to read."""

from registry.catalogue.record_types.annotations import (
    CODE_REPO_RELEASE,
    KEY_VALUE,
    KEYWORD,
    LICENCE,
)
from registry.catalogue.record_types.modelling import MODEL, ORGANISATION, STUDY
from registry.catalogue.record_types.objects import (
    FILE_TYPE,
    OBJECT,
    OBJECT_COMPONENT,
    STORAGE_LOCATION,
    STORAGE_ROOT,
)
from registry.catalogue.record_types.people import (
    AUTHOR,
    AUTHOR_CONTACT,
    USER_AUTHOR,
)
from registry.catalogue.record_types.products import (
    DATA_PRODUCT,
    EXTERNAL_OBJECT,
    NAMESPACE,
)
from registry.catalogue.record_types.quality import ISSUE, QUALITY_CONTROLLED
from registry.catalogue.record_types.sections import MODELLING, PEOPLE
from registry.core.record_types import declare

__all__ = [
    "AUTHOR",
    "AUTHOR_CONTACT",
    "CODE_REPO_RELEASE",
    "DATA_PRODUCT",
    "EXTERNAL_OBJECT",
    "FILE_TYPE",
    "ISSUE",
    "KEYWORD",
    "KEY_VALUE",
    "LICENCE",
    "MODEL",
    "MODELLING",
    "NAMESPACE",
    "OBJECT",
    "OBJECT_COMPONENT",
    "ORGANISATION",
    "PEOPLE",
    "QUALITY_CONTROLLED",
    "STORAGE_LOCATION",
    "STORAGE_ROOT",
    "STUDY",
    "USER_AUTHOR",
]

# in the order in which the API lists them
declare(
    *(FILE_TYPE, ISSUE, AUTHOR, OBJECT, USER_AUTHOR, OBJECT_COMPONENT),
    *(STORAGE_ROOT, STORAGE_LOCATION, NAMESPACE, DATA_PRODUCT, EXTERNAL_OBJECT),
    *(QUALITY_CONTROLLED, KEYWORD, LICENCE, CODE_REPO_RELEASE, KEY_VALUE),
    *(ORGANISATION, MODEL, STUDY),
    AUTHOR_CONTACT,
)
