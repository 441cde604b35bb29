"""The OpenAPI description (version 3.0.3) of the native API.

drf-spectacular reads views, serializers and filters. This package describes what it
cannot find out. Importing the package registers the extensions.
"""

from registry.api.base.schema import fields, filters, security
from registry.api.base.schema.operations import RecordSchema

__all__ = ["RecordSchema", "fields", "filters", "security"]
