"""Describe uploads in OpenAPI."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiRequest,
    extend_schema,
    inline_serializer,
)
from rest_framework import serializers

_SHA1 = r"^[0-9a-fA-F]{40}$"
_CHECKSUM = OpenApiParameter(
    "checksum",
    {"type": "string", "pattern": _SHA1},
    OpenApiParameter.PATH,
    description="SHA-1 of the file's bytes, in hexadecimal digits.",
)
_ADDRESS = inline_serializer(
    "UploadAddress",
    {
        "url": serializers.URLField(
            help_text="Where to PUT the bytes, within an hour and without credentials."
        )
    },
)
_STORED_FILE = inline_serializer(
    "KeptFile",
    {
        "checksum": serializers.CharField(help_text="SHA-1 of the bytes."),
        "sha256": serializers.CharField(help_text="SHA-256 of the bytes."),
        "size": serializers.IntegerField(help_text="Size in bytes."),
    },
)
_SIGNATURE = [
    OpenApiParameter(name, str, required=True, description="From the upload address.")
    for name in ("user", "expires", "signature")
]

describe_request = extend_schema(
    operation_id="data_create",
    request=inline_serializer(
        "FileToUpload",
        {
            "checksum": serializers.RegexField(
                _SHA1, help_text="SHA-1 of the file's bytes, in hexadecimal digits."
            )
        },
    ),
    responses=_ADDRESS,
)
describe_request_by_address = extend_schema(
    operation_id="data_create_by_address",
    parameters=[_CHECKSUM],
    request=None,
    responses=_ADDRESS,
)
describe_upload = extend_schema(
    operation_id="data_file_update",
    parameters=[_CHECKSUM, *_SIGNATURE],
    request={
        "application/octet-stream": OpenApiRequest(OpenApiTypes.BINARY),
    },
    responses={200: _STORED_FILE, 201: _STORED_FILE},
    auth=[],
)
