"""Rules about who can register a record.

A rule looks at rows that are stored already, in the transaction that a refusal rolls
back. So a record that is there already is a duplicate for everybody, whether or not
they could have registered it: clients rely on that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from registry.core.errors import RegistryError

if TYPE_CHECKING:
    from registry.core.models import Record

#: Takes the new rows and who registers them; returns the refusals by row number.
Rule: TypeAlias = Callable[[Sequence[Any], Any], Mapping[int, RegistryError]]

_RULES: dict[type[Record], Rule] = {}


def declare_rule(model: type[Record], rule: Rule) -> None:
    """Make a rule known, which every registration of the model follows."""
    _RULES[model] = rule


def refusals(instances: Sequence[Record], *, by: Any) -> Mapping[int, RegistryError]:
    """Return why new rows are refused, by row number."""
    rule = _RULES.get(type(instances[0]))
    return rule(instances, by) if rule is not None else {}
