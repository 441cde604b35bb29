"""Fixtures of the tests of the native API."""

import pytest

# their assertions explain themselves like those in the tests that use them
pytest.register_assert_rewrite("tests.api.client", "tests.api.contract")
