"""The addresses below each record at which its owners look after it."""

from __future__ import annotations

from typing import Any

from django.urls import re_path

from registry.api.ownership.views import OwnershipViewSet
from registry.catalogue.record_types import NAMESPACE
from registry.core.record_types import RecordType, record_types

_PK = "(?P<pk>[0-9]{1,18})"
_ACCOUNT = "(?P<account>[0-9]{1,18})"


def ownership_urls() -> list[Any]:
    """Return the URL patterns, which are the same for all record types."""
    every = record_types()
    patterns = [
        _url(every, "withdraw", "withdraw", post="withdraw"),
        _url(every, "put_back", "put_back", post="put_back"),
        _url([NAMESPACE], "close", "close", post="close"),
        _url([NAMESPACE], "open", "open", post="open"),
    ]
    for sharing in dict.fromkeys(one.sharing for one in every):
        shared = [one for one in every if one.sharing is sharing]
        path = sharing.path
        patterns += [
            _url(shared, path, path, get="list_people", post="name_person"),
            _url(shared, f"{path}/{_ACCOUNT}", f"{path}-one", delete="remove_person"),
        ]
    return patterns


def _url(of: list[RecordType[Any]], path: str, name: str, **mapping: str) -> Any:
    actions: dict[str, Any] = dict(mapping)
    view = OwnershipViewSet.as_view(actions, detail=True)
    kinds = [one.kind for one in of]
    if len(kinds) == 1:
        options = {"kind": kinds[0]}
        return re_path(rf"^{kinds[0]}/{_PK}/{path}/$", view, options, name=name)
    kind = rf"(?P<kind>{'|'.join(kinds)})"
    return re_path(rf"^{kind}/{_PK}/{path}/$", view, name=name)
