"""What the contract promises of every record type.

A resource's test is a subclass of `RecordContract` with its factory and its row of the
contract; the tests come from here. See `tests.api.contract.base` for the notation.
"""

from typing import Any

import pytest

from tests.api.contract.budget import Budget
from tests.api.contract.bulk import Bulk
from tests.api.contract.changing import Changing
from tests.api.contract.filtering import Filtering
from tests.api.contract.options import Options
from tests.api.contract.ordering import Ordering
from tests.api.contract.permissions import Permissions
from tests.api.contract.reading import Reading
from tests.api.contract.repeating import Repeating
from tests.api.contract.uniqueness import Uniqueness
from tests.api.contract.writing import Writing
from tests.every_type import QUICK


class ReadOnlyContract(Reading, Ordering, Filtering):
    """Resources that are only read."""


class RecordContract(
    Reading,
    Ordering,
    Filtering,
    Writing,
    Changing,
    Uniqueness,
    Bulk,
    Repeating,
    Permissions,
    Options,
    Budget,
):
    """Record types; quick runs leave some out."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if hasattr(cls, "factory") and cls.endpoint not in QUICK:
            # in addition to the marks of the base classes
            cls.pytestmark = pytest.mark.slow


__all__ = ["ReadOnlyContract", "RecordContract"]
