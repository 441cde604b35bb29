"""The links between code runs and objects, as queries in both directions."""

from __future__ import annotations

from functools import partial

from registry.catalogue.provenance import OBJECT
from registry.catalogue.provenance.queries import (
    select_linked_objects,
    select_linked_to_object,
)
from registry.core.graph import Direction, LinkQuery
from registry.core.graph.queries import select_referenced, select_referring
from registry.runs.models import CodeRun
from registry.runs.provenance.nodes import CODE_RUN
from registry.runs.provenance.roles import CONFIGURATION, INPUT, SCRIPT, SOFTWARE

#: The foreign keys of a run to what it ran with, each with its role.
RAN_WITH = (
    (CodeRun.code_repo, SOFTWARE),
    (CodeRun.model_config, CONFIGURATION),
    (CodeRun.submission_script, SCRIPT),
)
_UP, _DOWN = Direction.UPSTREAM, Direction.DOWNSTREAM

LINK_QUERIES = (
    LinkQuery(
        _UP,
        OBJECT,
        CODE_RUN,
        (None,),
        partial(select_linked_to_object, CodeRun.outputs),
    ),
    LinkQuery(
        _UP,
        CODE_RUN,
        OBJECT,
        (INPUT,),
        partial(select_linked_objects, CodeRun.inputs),
    ),
    LinkQuery(
        _UP,
        CODE_RUN,
        OBJECT,
        tuple(role for _, role in RAN_WITH),
        partial(select_referenced, CodeRun, [link for link, _ in RAN_WITH]),
    ),
    LinkQuery(
        _DOWN,
        OBJECT,
        CODE_RUN,
        (INPUT,),
        partial(select_linked_to_object, CodeRun.inputs),
    ),
    *(
        LinkQuery(
            _DOWN, OBJECT, CODE_RUN, (role,), partial(select_referring, CodeRun, link)
        )
        for link, role in RAN_WITH
    ),
    LinkQuery(
        _DOWN,
        CODE_RUN,
        OBJECT,
        (None,),
        partial(select_linked_objects, CodeRun.outputs),
    ),
)
