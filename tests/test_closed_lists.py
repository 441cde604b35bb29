"""No list of record types stands outside the declarations of the domains.

A ``match`` over record types or their kinds, and a dictionary with these as keys, would
have to be extended for every new type. What a type is, its domain declares.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps

from registry.core.models import Record

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "registry"
#: The names of the record types' classes.
TYPES = frozenset(
    model.__name__
    for model in apps.get_app_config("registry").get_models()
    if issubclass(model, Record)
)
#: Where domains declare their types.
DECLARATIONS = (
    *("registry/catalogue/provenance/", "registry/runs/provenance/"),
    *("registry/catalogue/record_types/", "registry/runs/record_types.py"),
    "registry/execution/record_types.py",
)


def lists_in(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the ``match`` statements and dictionaries over record types."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Match):
            is_over_types = any(map(_is_case_of_type, node.cases))
        elif isinstance(node, ast.Dict):
            is_over_types = any(map(_names_type, node.keys))
        else:
            is_over_types = isinstance(node, ast.DictComp) and any(
                map(_is_over_types, node.generators)
            )
        if is_over_types:
            yield node


def _is_case_of_type(case: ast.match_case) -> bool:
    """Tell whether a case is about a record type, or the kind of one."""
    for pattern in ast.walk(case.pattern):
        if isinstance(pattern, ast.MatchClass) and _names_type(pattern.cls):
            return True
        if isinstance(pattern, ast.MatchValue) and _names_type(pattern.value):
            return True
    return False


def _is_over_types(loop: ast.comprehension) -> bool:
    """Tell whether a comprehension goes through a list of record types."""
    listed = loop.iter.elts if isinstance(loop.iter, ast.Tuple | ast.List) else []
    return any(map(_names_type, listed))


def _names_type(expression: ast.expr | None) -> bool:
    """Tell whether an expression is a record type or its kind."""
    if isinstance(expression, ast.Attribute):
        if expression.attr == "kind":
            return _names_type(expression.value)
        return expression.attr in TYPES
    return isinstance(expression, ast.Name) and expression.id in TYPES


def found_lists() -> dict[str, int]:
    """Count the lists of record types in each file outside the declarations."""
    found: dict[str, int] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith((*DECLARATIONS, "registry/migrations/")):
            count = sum(1 for _ in lists_in(ast.parse(path.read_text())))
            found |= {name: count} if count else {}
    return found


def test_no_list_of_record_types_stands_outside_the_declarations() -> None:
    assert found_lists() == {}


@pytest.mark.parametrize(
    "source",
    [
        "match one:\n case DataProduct(): pass",
        "match one:\n case models.Object() | None: pass",
        "match kind:\n case CodeRun.kind: pass",
        "x = {Author: 1}",
        "x = {one.kind: one for one in (Author, Object)}",
        "x = {models.Author.kind: 1, **y}",
    ],
)
def test_lists_of_record_types_are_recognised(source: str) -> None:
    assert list(lists_in(ast.parse(source)))


@pytest.mark.parametrize(
    "source",
    [
        "match one:\n case int(): pass",
        "x = {'a': Author}",
        "def f(x: dict[Author, int]): pass",
    ],
)
def test_other_code_is_not_taken_for_one(source: str) -> None:
    assert not list(lists_in(ast.parse(source)))
