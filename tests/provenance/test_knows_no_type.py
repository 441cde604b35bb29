"""Provenance knows the record types of the domains by what these register alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.test_closed_lists import PACKAGE, ROOT

#: The packages that declare record types which documents tell of, and their models.
DOMAINS = ("registry.catalogue", "registry.runs", "registry.models")


def imports_of_domains(source: str) -> Iterator[str]:
    """Yield what a module imports of a domain, for type checkers too."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        package = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
        for one in node.names:
            if f"{package}{one.name}".startswith(DOMAINS):
                yield f"{package}{one.name}"


def test_provenance_imports_nothing_of_the_domains() -> None:
    found = {
        path.relative_to(ROOT).as_posix(): names
        for path in (PACKAGE / "provenance").rglob("*.py")
        if (names := list(imports_of_domains(path.read_text())))
    }
    assert found == {}


@pytest.mark.parametrize(
    "source",
    [
        "from registry.catalogue.models import Object",
        "from registry.runs.provenance import CODE_RUN",
        "from registry import catalogue",
        "import registry.catalogue.models",
        "from registry import models",
        "if TYPE_CHECKING:\n from registry.runs.models import CodeRun",
        "def f(x):\n from registry.catalogue import files",
    ],
)
def test_an_import_of_a_domain_is_recognised(source: str) -> None:
    assert list(imports_of_domains(source))


def test_other_imports_are_not_taken_for_one() -> None:
    source = "from registry.core.graph import graph\nimport registry.storage.models"
    assert list(imports_of_domains(source)) == []
