"""Rules about who can register a record.

A rule looks at rows that are stored already, in the transaction that a refusal rolls
back. So a record that is there already is a duplicate for everybody, whether or not
they could have registered it: clients rely on that. The rule of a private type is asked
before the rows are stored, so that nobody who is refused learns that there is one.
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
#: The rules that are asked before the rows are stored, by the models of private types.
RULES_OF_PRIVATE: dict[type[Record], Rule] = {}


def declare_rule(model: type[Record], rule: Rule, *, is_private: bool = False) -> None:
    """Make a rule known, which every registration of the model follows."""
    rules = RULES_OF_PRIVATE if is_private else _RULES
    rules[model] = rule


def refusals(instances: Sequence[Record], *, by: Any) -> Mapping[int, RegistryError]:
    """Return why new rows are refused, by row number."""
    rule = _RULES.get(type(instances[0]))
    return rule(instances, by) if rule is not None else {}
