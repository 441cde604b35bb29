"""The Django admin, for daily curation, at ``/admin/``.

It shows every model and writes only with the services of the domains, so its changes
follow the same rules and write the same events as all others. It requires a staff
account; model permissions or the role of an administrator decide what the account can
do. As in the API, only those who look after a record can change it.
"""

from registry.admin import (
    clients,
    execution,
    guard,
    identity,
    labels,
    objects,
    ownership,
    people,
    places,
    products,
    quality,
    requests,
    runs,
    system,
)
from registry.admin.records import register_default_pages

register_default_pages()

__all__ = [
    "clients",
    "execution",
    "guard",
    "identity",
    "labels",
    "objects",
    "ownership",
    "people",
    "places",
    "products",
    "quality",
    "requests",
    "runs",
    "system",
]
