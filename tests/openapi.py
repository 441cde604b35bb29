"""The OpenAPI document of the API, as it is committed."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "openapi.yaml"


def load_yaml(content: bytes) -> Any:
    """Parse YAML with the loader in C; the one in Python takes seconds."""
    return yaml.load(content, Loader=yaml.CSafeLoader)


@functools.cache
def openapi_document() -> dict[str, Any]:
    """Return the document; do not change it, all tests share it."""
    return dict(load_yaml(FILE.read_bytes()))
