"""The pages for daily curation, at ``/admin/``.

They show every model and write by the services of the domains alone, so that what is
registered or changed here has the rules and the events of everything else. Opening
them takes a staff account; what an account may do there, its model permissions or the
role of an administrator. Who may change a record is the same rule as in the API: who
registered it, or an administrator.
"""

from registry.admin import (
    clients,
    guard,
    identity,
    labels,
    objects,
    people,
    places,
    products,
    quality,
    requests,
    runs,
    system,
)
from registry.admin.records import register_other_types

register_other_types()

__all__ = [
    "clients",
    "guard",
    "identity",
    "labels",
    "objects",
    "people",
    "places",
    "products",
    "quality",
    "requests",
    "runs",
    "system",
]
