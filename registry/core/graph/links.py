"""Links of the provenance graph: their directions, relations, roles and queries.

Every link is between an activity and an entity, and has PROV's direction: an activity
``used`` an entity, an entity ``wasGeneratedBy`` an activity
(https://www.w3.org/TR/prov-dm/). All links point upstream, into the past.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from registry.core.graph.terms import Term, TermKind

if TYPE_CHECKING:
    from registry.core.graph.nodes import NodeType


class Direction(enum.StrEnum):
    """Which way to follow the links: into the past, into what came of it, or both.

    *Both* is what is upstream and what is downstream, not what is downstream of
    something upstream.
    """

    UPSTREAM = "upstream"
    DOWNSTREAM = "downstream"
    BOTH = "both"


class EdgeType(enum.StrEnum):
    """A relation of PROV."""

    USED = "used"
    WAS_GENERATED_BY = "wasGeneratedBy"


@dataclass(frozen=True, eq=False)
class Role:
    """What an activity used an entity as, such as its input or its code.

    ``name`` is the role in the API and in the registry's own vocabulary, where
    ``definition`` defines it. ``phrase`` completes "the run used the file …". A
    ``crate_word`` is the property of a crate's action that names what was used in this
    role beside ``object``. Outputs derive from what is used as ``is_data``; a plan
    (``is_plan``) is named in the association with the agent; ``is_software`` marks
    entities as software. ``named_by`` returns the record that names an entity in this
    role, such as a release of code, None where it has no such name.
    """

    name: str
    phrase: str
    definition: str
    crate_word: str | None = None
    is_data: bool = False
    is_plan: bool = False
    is_software: bool = False
    named_by: Callable[[Any], Any] | None = None

    @property
    def term(self) -> Term:
        """Return the role as a term of the registry's vocabulary."""
        return Term(self.name, TermKind.ROLE, self.definition)


@dataclass(frozen=True, eq=False)
class LinkQuery:
    """Select what a node is linked to, in one direction.

    ``select`` writes the statement for the database in use: it yields ``id`` and
    ``component`` (or NULL) of what ``{node}`` is linked to, and ``nth``, the position
    in ``roles`` of the role that the link has; no more than ``{cap}`` rows, in an order
    that both databases keep. A role of None means that the entity was generated.
    """

    direction: Direction
    source: NodeType
    target: NodeType
    roles: tuple[Role | None, ...]
    select: Callable[[], str]

    def select_for(self, node: str, cap: int) -> str:
        """Write the statement for one node, given as an SQL expression."""
        return self.select().format(node=node, cap=cap)


def edge_type_of(role: Role | None) -> EdgeType:
    """Return the relation of a link with this role."""
    return EdgeType.WAS_GENERATED_BY if role is None else EdgeType.USED
