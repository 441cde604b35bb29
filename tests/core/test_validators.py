"""Storage roots have no keys to their places, and times have come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from registry.core.validators import validate_past, validate_storage_root


@pytest.mark.parametrize(
    "root",
    [
        "https://x.blob.example.org/?sv=1&sig=AbC%3D",
        "s3://bucket/?AWSAccessKeyId=AKIA&Signature=zz",
        "https://h.example.org/?access_token=abc",
        "https://h.example.org/?X-Amz-Credential=abc",
        "https://h.example.org/f#frag/",
        "http:///x",
        "https://h.example.org:99999/",
    ],
)
def test_a_root_with_a_key_a_fragment_or_no_host_is_refused(root: str) -> None:
    with pytest.raises(ValidationError):
        validate_storage_root(root)


@pytest.mark.parametrize(
    "root", ["https://h.example.org/get?name=", "file:///home/me/my#data/", "gs://b/"]
)
def test_a_root_with_a_plain_query_or_an_odd_folder_is_valid(root: str) -> None:
    validate_storage_root(root)


def test_a_time_is_past_if_clocks_differ_by_less_than_a_day() -> None:
    now = timezone.now()
    validate_past(now + timedelta(hours=23))
    validate_past(datetime(1978, 3, 4, tzinfo=UTC))
    validate_past(datetime(1978, 3, 4))  # noqa: DTZ001
    with pytest.raises(ValidationError, match="has not come yet"):
        validate_past(now + timedelta(hours=25))
